"""Following: what vendors have is looked at when its end is likely, and its end becomes the task's.

    sent, or taken over from a worker that is gone
      └─> watched ──due, or nudged──> looked at, alone or with many ──> ended (``work.endings``)
            └────────────────────────────────┘ still in the making

In memory, one entry for each film; the database hears of changes alone. A worker beats once a second for all that it
follows. One that does not is gone, and the others share what it had.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from filmgate.attempt import Attempt
from filmgate.dialects.client import Report
from filmgate.errors import Unavailable
from filmgate.ids import from_uuid_form
from filmgate.store.followers import Followed, Followers
from filmgate.store.listen import NUDGES_CHANNEL, keep_listening
from filmgate.task import Task
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.endings import Endings
from filmgate.work.kinds import KnownKinds
from filmgate.work.pump import MISS_SECONDS, Pump
from filmgate.work.repeat import keep_doing
from filmgate.work.steps import Steps
from filmgate.work.watch import Entry

_TAKEN_AT_ONCE = 500
_REFRESH_SECONDS = 30.0
_IDLE_BEAT_SECONDS = 10.0

_log = structlog.get_logger("filmgate.follow")


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """How long what is followed stays with a worker that is silent, and with a vendor that has lost it."""

    beat_seconds: float = 1.0
    gone_after: timedelta = timedelta(seconds=3)
    miss_seconds: float = MISS_SECONDS
    """Before a vendor that does not know a film is asked about it again."""
    stray_seconds: float = 30.0
    """How long what is this worker's by the database and is not watched may be on its way to be."""


class Follower:
    """One worker's part in following.

    Args:
        database_url: leads where the stores do, for a connection to listen on.
    """

    def __init__(
        self,
        *,
        worker_id: UUID,
        followers: Followers,
        steps: Steps,
        upstreams: Mapping[str, RemoteUpstream],
        endings: Endings,
        kinds: KnownKinds,
        database_url: str,
        lease: Lease,
    ) -> None:
        self._worker_id = worker_id
        self._followers = followers
        self._steps = steps
        self._upstreams = upstreams
        self._kinds = kinds
        self._database_url = database_url
        self._lease = lease
        self._pumps = {
            name: Pump(
                upstream,
                kinds,
                in_the_making=endings.in_the_making,
                ended=endings.ended,
                lost=endings.lost,
                miss_seconds=lease.miss_seconds,
            )
            for name, upstream in upstreams.items()
        }
        self._beaten_at = float("-inf")
        self._strays: set[UUID] | None = None

    async def run_until(self, stop: asyncio.Event) -> None:
        """Follow until ``stop`` is set or it is cancelled; then let go of everything, for other workers to take."""
        beat_seconds = self._lease.beat_seconds
        working = [
            asyncio.create_task(keep_listening(self._database_url, NUDGES_CHANNEL, self._nudged, stop)),
            asyncio.create_task(keep_doing("beat", self._beat, beat_seconds, _log)),
            asyncio.create_task(keep_doing("take_over", self._take_over, beat_seconds, _log)),
            asyncio.create_task(keep_doing("strays", self._give_back_strays, self._lease.stray_seconds, _log)),
            asyncio.create_task(keep_doing("refresh", self._kinds.refresh, _REFRESH_SECONDS, _log)),
            *(asyncio.create_task(pump.run()) for pump in self._pumps.values()),
        ]
        try:
            await stop.wait()
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            await self._leave()

    async def beat_until(self, stop: asyncio.Event) -> None:
        """Only say now and then that this worker is alive, where there is nothing to follow."""
        beating = asyncio.create_task(keep_doing("beat", self._say_alive, _IDLE_BEAT_SECONDS, _log))
        try:
            await stop.wait()
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await self._leave()

    async def begin(self, task: Task, attempt: Attempt, report: Report) -> None:
        """Follow what a vendor has taken.

        Raises:
            Unavailable: the database is away, and that the vendor has the order is not written: it is in doubt.
        """
        with self._answers_may_be_lost():
            is_ours = await self._steps.patiently(
                lambda: self._steps.attempts.submitted(
                    attempt, report.vendor_id, None, self._worker_id, self._steps.clock()
                )
            )
        await self._watch(task, attempt, report, is_ours=is_ours)

    async def begin_found(self, task: Task, attempt: Attempt, report: Report) -> None:
        """Follow what was in doubt, and was found at its vendor. Raises as ``begin``."""
        with self._answers_may_be_lost():
            is_ours = await self._steps.patiently(
                lambda: self._steps.attempts.adopted(attempt, report.vendor_id, self._worker_id, self._steps.clock())
            )
        await self._watch(task, attempt, report, is_ours=is_ours)

    async def _watch(self, task: Task, attempt: Attempt, report: Report, *, is_ours: bool) -> None:
        if not is_ours:
            # It ended while the vendor was asked, by its customer or by whoever settled its doubt; unless what the
            # vendor has is another order's.
            known = await self._steps.attempts.by_vendor_id(attempt.upstream, report.vendor_id)
            if known is None or known.ended_at is not None:
                await self._upstreams[attempt.upstream].call_off(report.vendor_id)
            return
        _log.info(
            "order.sent",
            task=str(task.id),
            upstream=attempt.upstream,
            attempt=attempt.number,
            vendor_id=report.vendor_id,
            reason=attempt.reason,
        )
        request = task.request
        entry = Entry(
            Followed(
                task_id=task.id,
                number=attempt.number,
                upstream=attempt.upstream,
                vendor_model=attempt.vendor_model or "",
                vendor_id=report.vendor_id,
                submitted_at=self._steps.clock(),
                looks=0,
                resolution=request.resolution or "",
                seconds=request.duration_seconds or 0,
            ),
            time.monotonic(),
        )
        pump = self._pumps[attempt.upstream]
        pump.add(entry, due_now=False)
        if report.state != "queued":
            pump.saw(entry, report)

    def entries(self) -> list[Entry]:
        """Everything that is watched here."""
        return [entry for pump in self._pumps.values() for entry in pump.list]

    async def _say_alive(self) -> None:
        await self._followers.beat(self._worker_id, self._said())

    async def _leave(self) -> None:
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(self._lease.beat_seconds):
                await self._followers.leave(self._worker_id)

    def _nudged(self, payload: str) -> None:
        for text in payload.split(","):
            task_id = from_uuid_form(text)
            if task_id is not None:
                for pump in self._pumps.values():
                    pump.nudge(task_id)

    async def _beat(self) -> None:
        was_silent_seconds = time.monotonic() - self._beaten_at
        await self._say_alive()
        self._beaten_at = time.monotonic()
        if was_silent_seconds > self._lease.gone_after.total_seconds():
            await self._keep_what_is_ours()
        await self._write_changes()

    async def _keep_what_is_ours(self) -> None:
        """After a silence, others may follow what was followed here."""
        # What comes in while the database answers is ours, and not yet in the answer.
        watched = [(pump, entry) for pump in self._pumps.values() for entry in pump.list]
        ours = await self._followers.of_worker(self._worker_id)
        for pump, entry in watched:
            if entry.followed.task_id not in ours:
                pump.list.remove(entry)

    @contextmanager
    def _answers_may_be_lost(self) -> Iterator[None]:
        """What a call was to make ours may be ours by the database all the same when its answer does not come."""
        try:
            yield
        except Unavailable:
            self._strays = self._strays or set()
            raise

    async def _give_back_strays(self) -> None:
        """Once an answer was lost: let whoever likes take over what is ours by the database and not watched here. Seen
        twice, so that it is not merely on its way.
        """
        if self._strays is None:
            return
        ours = await self._followers.of_worker(self._worker_id)
        unwatched = ours - {entry.followed.task_id for entry in self.entries()}
        lost = unwatched & self._strays
        if lost:
            await self._followers.give_back(self._worker_id, lost)
            _log.warning("follow.given_back", count=len(lost))
        self._strays = (unwatched - lost) or None

    async def _take_over(self) -> None:
        while True:
            with self._answers_may_be_lost():
                taken = await self._followers.take_over(
                    self._worker_id, list(self._pumps), self._lease.gone_after, _TAKEN_AT_ONCE
                )
            now, now_at = time.monotonic(), self._steps.clock()
            for followed in taken:
                submitted = now - (now_at - followed.submitted_at).total_seconds()
                self._pumps[followed.upstream].add(Entry(followed, submitted), due_now=True)
            if taken:
                _log.info("follow.taken_over", count=len(taken))
            if len(taken) < _TAKEN_AT_ONCE:
                return

    async def _write_changes(self) -> None:
        """What vendors' words have become since the last beat, for people; in one statement."""
        changed = [entry for entry in self.entries() if not entry.was_told]
        await self._steps.attempts.note_looks([entry.as_looks(self._steps.clock()) for entry in changed])
        for entry in changed:
            entry.was_told, entry.looks = True, 0

    def _said(self) -> dict[str, Any]:
        """For the metrics, as ``store.figures.WorkerSaid``: how much is followed, how old what is known of it is, and
        which upstreams are left alone."""
        now = time.monotonic()
        ages = [now - entry.last_open for entry in self.entries()]
        return {
            "followed": len(ages),
            "status_age_seconds_sum": round(sum(ages), 3),
            "status_age_seconds_max": round(max(ages, default=0.0), 3),
            "breakers": {name: upstream.breaker.state for name, upstream in self._upstreams.items()},
        }

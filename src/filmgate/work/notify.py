"""Telling news: deliveries that are due are claimed, sent and recorded, many at once, in every worker process.

    look ─> claim ─> write ─> post ─> judge ─> record
     ↑                                            │
     └── woken by new news, by a place that is free again, or by the clock

Nobody waits for a slow receiver but itself: so many are sent at once to one destination and for one account, the rest
of theirs waits in the database. What a worker had in hand when it died is sent again by another; receivers can tell by
the message id.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
import structlog

from filmgate.errors import AddressRefused, OutboundFailed, Unavailable
from filmgate.outbound import Outbound
from filmgate.store.claims import Claim, Claims, Room
from filmgate.store.deliveries import Deliveries
from filmgate.store.listen import DELIVERIES_CHANNEL, keep_listening
from filmgate.store.tasks import Tasks
from filmgate.store.webhooks import Webhooks
from filmgate.task import Task
from filmgate.webhook import Delivery, Heard, Secret, Verdict, asked_pause_seconds, judge
from filmgate.work.news import NewsWriter
from filmgate.work.pace import PATIENT, Pace

AT_ONCE = 256
PER_DESTINATION = 16
PER_ACCOUNT = 64
LOOK_SECONDS = 2.0

_LONGEST_REST_SECONDS = 0.5
# How long one may go on that is being sent when the worker stops.
_GRACE_SECONDS = 5.0
_GIVE_BACK_SECONDS = 2.0
# For a database that is away when there is something to record: within the claim, after which it is another's.
_PAUSES_SECONDS = (0.1, 0.3, 1, 2, 4, 8)
_REMOVED_AT_ONCE = 1000

_log = structlog.get_logger("filmgate.work")


class Notifier:
    """One worker process's part in telling news."""

    def __init__(
        self,
        *,
        claims: Claims,
        deliveries: Deliveries,
        webhooks: Webhooks,
        tasks: Tasks,
        writer: NewsWriter,
        outbound: Outbound,
        database_url: str,
        clock: Callable[[], datetime],
        luck: Callable[[], float] = random.random,
        pace: Pace = PATIENT,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """``database_url`` leads where the stores do, for a connection to listen on. ``luck``, from 0 to 1, is what
        spreads the retries.
        """
        self._claims = claims
        self._deliveries = deliveries
        self._webhooks = webhooks
        self._tasks = tasks
        self._writer = writer
        self._outbound = outbound
        self._database_url = database_url
        self._clock = clock
        self._luck = luck
        self._pace = pace
        self._look_seconds = look_seconds
        self._room = Room(
            at_once=AT_ONCE,
            per_destination=PER_DESTINATION,
            per_account=PER_ACCOUNT,
            by_destination=Counter(),
            by_account=Counter(),
        )
        self._sending: dict[asyncio.Task[None], Claim] = {}
        self._look = asyncio.Event()
        self._was_crowded = False

    async def run_until(self, stop: asyncio.Event) -> None:
        """Tell news until ``stop`` is set, whatever the database and the receivers do meanwhile.

        Then, and also when it is cancelled: take nothing new, let what is being sent come to its end for a moment, give
        back the rest, and return.
        """
        listening = asyncio.create_task(
            keep_listening(self._database_url, DELIVERIES_CHANNEL, lambda _words: self._look.set(), stop)
        )
        try:
            while not stop.is_set():
                self._look.clear()
                began = time.monotonic()
                await self._send_what_is_due_if_possible()
                # With very many receivers a look costs the database something, so there is a rest after each.
                await _first_of(stop, timeout_seconds=min(time.monotonic() - began, _LONGEST_REST_SECONDS))
                await _first_of(stop, self._look, timeout_seconds=self._look_seconds)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await self._come_to_an_end()

    async def sweep(self) -> None:
        """Remove what ended long ago.

        Raises:
            Unavailable: the database is away.
        """
        while await self._deliveries.remove_old(self._clock(), _REMOVED_AT_ONCE) == _REMOVED_AT_ONCE:
            pass

    async def _send_what_is_due_if_possible(self) -> None:
        try:
            await self._send_what_is_due()
        except Unavailable as exc:
            # What was claimed already comes back by itself.
            _log.warning("news.unavailable", reason=exc.message)
        except Exception:
            _log.exception("news.stumbled")

    async def _send_what_is_due(self) -> None:
        while self._room.left > 0:
            # Said before the look: what it does not see because there is no place waits for the next that gets free.
            self._was_crowded = self._room.is_crowded
            claims = await self._claims.claim(self._room, self._clock())
            if not claims:
                return
            tasks = await self._tasks.get_many(list({claim.delivery.task_id for claim in claims}))
            secrets = await self._webhooks.secrets_of({claim.delivery.account_id for claim in claims}, self._clock())
            for claim in claims:
                self._begin(claim, tasks.get(claim.delivery.task_id), secrets[claim.delivery.account_id])
        self._was_crowded = True

    def _begin(self, claim: Claim, task: Task | None, good: Sequence[Secret]) -> None:
        self._room.take(claim.delivery)
        sending = asyncio.create_task(self._deliver(claim, task, good))
        self._sending[sending] = claim
        sending.add_done_callback(self._ended)

    def _ended(self, sending: asyncio.Task[None]) -> None:
        self._room.leave(self._sending.pop(sending).delivery)
        if self._was_crowded:
            self._look.set()

    async def _deliver(self, claim: Claim, task: Task | None, good: Sequence[Secret]) -> None:
        """One attempt, from the letter to the record."""
        try:
            began = time.monotonic()
            heard = await self._send(claim.delivery, task, good, self._clock())
            heard = msgspec.structs.replace(heard, milliseconds=round((time.monotonic() - began) * 1000))
            verdict = judge(heard, claim.delivery.tries + 1, self._luck(), self._pace.news_pauses_seconds)
            await self._record(claim, heard, verdict)
        except Exception:
            # Nothing is recorded, and the claim comes back by itself.
            _log.exception("news.not_recorded", delivery=str(claim.delivery.id))

    async def _send(self, delivery: Delivery, task: Task | None, good: Sequence[Secret], now: datetime) -> Heard:
        if task is None:
            return Heard(started_at=now, error="its order is gone", is_hopeless=True)
        try:
            letter = self._writer.write(delivery, task, good, now)
            posted = await self._outbound.post(
                delivery.url, letter.body, letter.headers, timeout_seconds=self._pace.news_timeout_seconds
            )
        except AddressRefused as exc:
            return Heard(started_at=now, error=exc.message, is_hopeless=True)
        except OutboundFailed as exc:
            return Heard(started_at=now, error=exc.message)
        except Exception:
            # Recorded all the same, so that a fault of ours is tried again by the schedule and not for ever.
            _log.exception("news.stumbled", delivery=str(delivery.id), task=str(task.id))
            return Heard(started_at=now, error="an internal error")
        return Heard(
            started_at=now,
            http_status=posted.status,
            answer=posted.answer,
            asked_pause_seconds=asked_pause_seconds(posted.retry_after, self._clock()),
        )

    async def _record(self, claim: Claim, heard: Heard, verdict: Verdict) -> None:
        for pause_seconds in (*_PAUSES_SECONDS, None):
            try:
                was_held = await self._claims.record(claim, heard, verdict, self._clock())
                break
            except Unavailable:
                if pause_seconds is None:
                    raise
                await asyncio.sleep(pause_seconds)
        delivery = claim.delivery
        _log.info(
            "news.sent" if was_held else "news.sent_twice",
            delivery=str(delivery.id),
            task=str(delivery.task_id),
            account=str(delivery.account_id),
            news=delivery.event,
            destination=delivery.destination,
            state=verdict.state,
            http_status=heard.http_status,
            reason=verdict.error,
            milliseconds=heard.milliseconds,
        )

    async def _come_to_an_end(self) -> None:
        if not self._sending:
            return
        _, unfinished = await asyncio.wait(self._sending, timeout=_GRACE_SECONDS)
        claims = [self._sending[sending] for sending in unfinished]
        for sending in unfinished:
            sending.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        if claims:
            with suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(_GIVE_BACK_SECONDS):
                    await self._claims.give_back(claims, self._clock())


async def _first_of(*events: asyncio.Event, timeout_seconds: float) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

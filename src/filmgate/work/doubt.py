"""Doubt: an order was sent, and its answer was lost. Before anything is sent again, the vendor is asked what it has.

    in doubt ──sent again with the same idempotency key, where the vendor honours it──> its first answer
        │────── in the vendor's list, by what it repeats of the order ────────────────> followed
        │────── named by its callback (``work.callbacks``) ────────────────────────────> followed
        │────── not in a list that is young enough and reaches back far enough ──────> it never arrived: other routes
        └────── no way to ask, or none in time ──> the upstream's policy: fail, or send once more at its own risk

By hand: ``filmgate attempts adopt`` and ``abandon``.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from filmgate.attempt import GIVEN_UP, Attempt
from filmgate.dialects.client import Report
from filmgate.errors import MediaError, Unavailable, UpstreamFailed
from filmgate.task import Task, TaskError
from filmgate.upstreams.outgoing import CannotTake, NotYet, OutgoingMedia
from filmgate.upstreams.remote import Recent, RemoteUpstream
from filmgate.work.callbacks import CallbackLinks
from filmgate.work.follow import Follower
from filmgate.work.likeness import CLOCK_SKEW, is_certain, may_be
from filmgate.work.steps import Steps

NEVER_KNOWN = TaskError(
    "provider_error",
    "it is not known whether the vendor took the order; it was not sent again, and costs nothing",
)
"""What a customer is told of an order that was given up in doubt."""

_MOST_AT_ONCE = 200

_log = structlog.get_logger("filmgate.doubt")


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a doubt lasts at most."""

    list_after: timedelta = timedelta(seconds=30)
    """An order that a vendor has taken stands in its list by then."""
    give_up_after: timedelta = timedelta(minutes=10)
    """Then the policy decides."""
    clock_skew: timedelta = CLOCK_SKEW
    """How far a vendor's clock may be from ours."""


class Doubts:
    """Settles what is in doubt. Any number of workers may do it at the same time."""

    def __init__(
        self,
        *,
        steps: Steps,
        upstreams: Mapping[str, RemoteUpstream],
        outgoing: OutgoingMedia,
        follower: Follower,
        callbacks: CallbackLinks,
        patience: Patience,
    ) -> None:
        self._steps = steps
        self._upstreams = upstreams
        self._outgoing = outgoing
        self._follower = follower
        self._callbacks = callbacks
        self._patience = patience
        # When an attempt may be tried again, and how often it was.
        self._next: dict[tuple[str, int], tuple[datetime, int]] = {}

    async def settle(self) -> None:
        """Try to settle each doubt once, if it is time.

        Raises:
            Unavailable: the database or the object store is away.
        """
        doubtful = await self._steps.attempts.doubtful(_MOST_AT_ONCE)
        keys = {(str(attempt.task_id), attempt.number) for attempt in doubtful}
        self._next = {key: value for key, value in self._next.items() if key in keys}
        lists = _Lists(doubtful, self._steps.clock, self._patience.clock_skew)
        for attempt in doubtful:
            key = (str(attempt.task_id), attempt.number)
            due, tries = self._next.get(key, (self._steps.clock(), 0))
            if due <= self._steps.clock():
                self._next[key] = (self._steps.clock() + timedelta(seconds=min(2.0**tries, 60.0)), tries + 1)
                try:
                    await self._settle(attempt, lists)
                except Unavailable:
                    raise
                except Exception:
                    _log.exception("doubt.stumbled", task=str(attempt.task_id))

    async def _settle(self, attempt: Attempt, lists: "_Lists") -> None:
        task = await self._steps.tasks.get(attempt.task_id)
        upstream = self._upstreams.get(attempt.upstream)
        if task is None or task.is_terminal:
            detail = "its order ended while it was in doubt"
            await self._steps.attempts.end(attempt, "doubtful", detail, self._steps.clock(), only_without_id=True)
        elif upstream is None:
            # It may be set up again, or at another worker.
            if self._age(attempt) > self._patience.give_up_after:
                await self._decide(task, attempt, resubmits=False)
        elif not await self._ask(task, attempt, upstream, lists) and (
            not self._may_know(upstream, attempt) or self._age(attempt) > self._patience.give_up_after
        ):
            await self._decide(task, attempt, resubmits=upstream.resubmits_in_doubt)

    async def _ask(self, task: Task, attempt: Attempt, upstream: RemoteUpstream, lists: "_Lists") -> bool:
        """Whether the vendor's answer settled it."""
        try:
            return await self._ask_by_key(task, attempt, upstream) or await self._ask_by_list(
                task, attempt, upstream, lists
            )
        except UpstreamFailed as exc:
            _log.warning("doubt.still", task=str(task.id), upstream=upstream.name, reason=exc.message)
            return False

    def _may_know(self, upstream: RemoteUpstream, attempt: Attempt) -> bool:
        """Whether there is a way to find out: to ask the vendor, or to be told by its callback."""
        is_told = self._callbacks.link(upstream, attempt) is not None
        return is_told or upstream.honours_idempotency_key or upstream.client.list() is not None

    def _age(self, attempt: Attempt) -> timedelta:
        return self._steps.clock() - (attempt.doubt_since or attempt.started_at)

    async def _ask_by_key(self, task: Task, attempt: Attempt, upstream: RemoteUpstream) -> bool:
        """Send the very same call again: a vendor that honours its key answers with the first task."""
        if not upstream.honours_idempotency_key:
            return False
        try:
            vendor_model = attempt.vendor_model or task.request.model
            outgoing = await self._outgoing.prepare(task, upstream, vendor_model)
            if not outgoing.is_repeatable:
                return False
            report = await upstream.submit(outgoing.request, attempt, self._callbacks.link(upstream, attempt))
        except (CannotTake, NotYet, MediaError):
            return False
        except UpstreamFailed as exc:
            if exc.fault in ("unclear", "busy", "account"):
                _log.info("doubt.still", task=str(task.id), upstream=upstream.name, reason=exc.message)
                return False
            # The vendor knows the key, and says that it has made nothing by it.
            await self._never_arrived(attempt, exc.message, exc.fault)
            return True
        await self._found(task, attempt, report, "by its idempotency key")
        return True

    async def _ask_by_list(self, task: Task, attempt: Attempt, upstream: RemoteUpstream, lists: "_Lists") -> bool:
        """Look for the order in what the vendor made for us lately."""
        recent, asked_at = await lists.of(upstream)
        if recent is None:
            return False
        reports = recent.reports
        known = await self._steps.attempts.known_ids(upstream.name, [report.vendor_id for report in reports])
        strangers = [report for report in reports if report.vendor_id not in known]
        matching = [report for report in strangers if self._may_be(report, task, attempt)]
        certain = [report for report in matching if is_certain(report, attempt)]
        if len(certain) == 1 or (len(matching) == 1 and not await self._has_twins(matching[0], attempt)):
            await self._found(task, attempt, (certain or matching)[0], "in the vendor's list")
            return True
        age = asked_at - (attempt.doubt_since or attempt.started_at)
        if not matching and recent.reaches_back and age > self._patience.list_after:
            await self._never_arrived(attempt, "the vendor's list does not have it", "vendor")
            return True
        return False

    def _may_be(self, report: Report, task: Task, attempt: Attempt) -> bool:
        return may_be(report, task, attempt, self._patience.clock_skew)

    async def _has_twins(self, report: Report, attempt: Attempt) -> bool:
        """Whether another order whose answer is not there yet may be what was found."""
        waiting = await self._steps.attempts.without_id(attempt.upstream)
        others = {each.task_id: each for each in waiting if each.task_id != attempt.task_id}
        tasks = await self._steps.tasks.get_many(list(others))
        return any(self._may_be(report, task, others[task.id]) for task in tasks.values())

    async def _found(self, task: Task, attempt: Attempt, report: Report, how: str) -> None:
        _log.info("doubt.settled", task=str(task.id), upstream=attempt.upstream, vendor_id=report.vendor_id, how=how)
        await self._follower.begin_found(task, attempt, report)

    async def _never_arrived(self, attempt: Attempt, detail: str, fault: str) -> None:
        # Another worker may have found it a moment ago: then it is no stranger in the list any more, and not missing.
        if await self._steps.attempts.end(
            attempt, "failed", detail, self._steps.clock(), fault=fault, only_without_id=True
        ):
            how = f"never arrived: {detail}"
            _log.info("doubt.settled", task=str(attempt.task_id), upstream=attempt.upstream, how=how)
            await self._steps.tasks.requeue(attempt.task_id)

    async def _decide(self, task: Task, attempt: Attempt, *, resubmits: bool) -> None:
        """Nobody will ever know."""
        detail = attempt.detail or "the answer was lost"
        if await give_up(self._steps, task, attempt, detail, resubmits=resubmits):
            _log.warning(
                "doubt.given_up", task=str(task.id), upstream=attempt.upstream, resubmits=resubmits, reason=detail
            )


async def give_up(steps: Steps, task: Task, attempt: Attempt, detail: str, *, resubmits: bool) -> bool:
    """End an attempt of which nobody will ever know, and send its order once more or end it too.

    Whoever does it may die between the two: what was decided stands in the attempt's fault, and whoever comes next
    (``work.sending``) does the rest.

    Returns:
        False, and nothing is changed, where somebody else has settled the doubt meanwhile.

    Raises:
        Unavailable: the database is away.
    """
    fault = "unclear" if resubmits else GIVEN_UP
    ended = await steps.attempts.end(attempt, "doubtful", detail, steps.clock(), fault=fault, only_without_id=True)
    if ended and resubmits:
        await steps.tasks.requeue(task.id)
    elif ended:
        await steps.fail_task(task, NEVER_KNOWN)
    return ended


class _Lists:
    """One list of each vendor for all doubts of a round: it goes back to the first order of which there is one."""

    def __init__(self, doubtful: Sequence[Attempt], clock: Callable[[], datetime], clock_skew: timedelta) -> None:
        self._clock = clock
        self._since: dict[str, datetime] = {}
        for attempt in doubtful:
            first = min(self._since.get(attempt.upstream, attempt.started_at), attempt.started_at)
            self._since[attempt.upstream] = first
        self._clock_skew = clock_skew
        self._known: dict[str, tuple[Recent | None, datetime]] = {}

    async def of(self, upstream: RemoteUpstream) -> tuple[Recent | None, datetime]:
        """A vendor's list, and when it was asked for, which may be long ago in a round with many doubts."""
        if upstream.name not in self._known:
            asked_at = self._clock()
            recent = await upstream.recent(self._since[upstream.name] - self._clock_skew)
            self._known[upstream.name] = recent, asked_at
        return self._known[upstream.name]

"""Sending: an order goes to the first of its routes that takes it, and to no second one while that is not certain.

    room? ──> media made ready ──> attempt written ──> submit ──> followed
      │no            │no                                 ├── refused: the next route, or the end (``_judge``)
      └─ the next route, or later                        └── no answer: in doubt (``work.doubt``)

The attempt is written before its vendor hears of it. A worker that dies in between leaves an attempt without the
vendor's id: nobody knows then whether the order arrived, so whoever comes next takes it for in doubt.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import msgspec
import structlog

from filmgate.attempt import FIRST_CHOICE, GIVEN_UP, Attempt
from filmgate.catalogue.model import Route
from filmgate.catalogue.routes import in_order
from filmgate.errors import MediaError, UpstreamFailed
from filmgate.store.upstreams import UpstreamStates
from filmgate.task import LOCAL, Task, TaskError
from filmgate.upstreams.outgoing import CannotTake, NotYet, OutgoingMedia
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.video import VideoRequest
from filmgate.work.callbacks import CallbackLinks
from filmgate.work.doubt import NEVER_KNOWN
from filmgate.work.follow import Follower
from filmgate.work.room import Room
from filmgate.work.steps import Steps, TryAgain

# A vendor that breaks down twice over one order does so over this order.
_MOST_BREAKDOWNS_AT_ONE = 2
# Over all routes; then the order has waited long enough.
_MOST_BREAKDOWNS = 8
_PAUSE_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 60.0
_LARGEST_SEED = 2**31 - 1
_ANY_SEED = (None, -1)
# ``unclear`` comes back here only where the policy is to send once more.
_MAY_PASS = (None, "vendor", "busy", "account", "unclear")

_log = structlog.get_logger("filmgate.work")


class _Next(msgspec.Struct, frozen=True):
    """This route did not take the order."""

    reason: str
    """Continues a sentence that begins with its name."""
    error: TaskError | None = None
    """What the customer is told where no route is left; None: it may take the order later."""
    after_seconds: float = _PAUSE_SECONDS


class Sender:
    """Sends orders to vendors.

    Args:
        make_here: makes the film with the local engine, for routes that end there.
        chance: decides among routes of the same priority.
    """

    def __init__(
        self,
        *,
        steps: Steps,
        upstreams: Mapping[str, RemoteUpstream],
        states: UpstreamStates,
        room: Room,
        outgoing: OutgoingMedia,
        follower: Follower,
        callbacks: CallbackLinks,
        make_here: Callable[[Task], Awaitable[None]],
        chance: random.Random,
    ) -> None:
        self._steps = steps
        self._upstreams = upstreams
        self._states = states
        self._room = room
        self._outgoing = outgoing
        self._follower = follower
        self._callbacks = callbacks
        self._make_here = make_here
        self._chance = chance

    async def send(self, task: Task, routes: Sequence[Route]) -> None:
        """Send an open task's order.

        Raises:
            TryAgain: no route takes it now.
            Unavailable: the database or the object store is away.
        """
        attempts = await self._steps.patiently(lambda: self._steps.attempts.of_task(task.id))
        if attempts and attempts[-1].ended_at is None and attempts[-1].remote:
            await self._left_behind(attempts[-1])
            return
        if attempts and attempts[-1].fault == GIVEN_UP:
            # Whoever gave it up died before the order was ended.
            await self._give_up(task, NEVER_KNOWN)
            return
        reason, said, waits = FIRST_CHOICE, list[TaskError](), list[float]()
        for route in in_order(_worth_a_try(routes, attempts), self._chance):
            if route.upstream == LOCAL:
                await self._make_here(task)
                return
            found = await self._try(task, route, reason)
            if found is None:
                return
            reason = f"{route.upstream} {found.reason}"
            if found.error is None:
                waits.append(found.after_seconds)
            else:
                said.append(found.error)
        if waits and _breakdowns(attempts) < _MOST_BREAKDOWNS:
            raise TryAgain(reason, after_seconds=min(*waits, _LONGEST_WAIT_SECONDS))
        await self._give_up(task, said[-1] if said else _no_route(attempts))

    async def _try(self, task: Task, route: Route, reason: str) -> _Next | None:
        """Try one route. None: there is nothing more to do for now, whatever came of it."""
        upstream = self._upstreams.get(route.upstream)
        why_not = self._room.at(route.upstream)
        if upstream is None or why_not is not None:
            return _Next(why_not or "is not set up")
        try:
            outgoing = await self._outgoing.prepare(task, upstream, route.model or task.request.model)
        except CannotTake as exc:
            return _Next(f"cannot take {exc.field}", TaskError("media_error", str(exc)))
        except NotYet as exc:
            return _Next(str(exc), after_seconds=exc.after_seconds)
        except MediaError as exc:
            await self._give_up(task, TaskError("media_error", f"{exc.field}: {exc.message}"))
            return None
        except UpstreamFailed as exc:
            upstream.breaker.failed(exc.message)
            return _Next(f"took no upload: {exc.message}")
        if not upstream.breaker.allows():
            return _Next("is being tried by another order")
        try:
            attempt = await self._begin(task, route, upstream, reason)
        except BaseException:
            upstream.breaker.let_go()
            raise
        if not isinstance(attempt, Attempt):
            upstream.breaker.let_go()
            return attempt
        return await self._submit(task, attempt, upstream, outgoing.request)

    async def _begin(self, task: Task, route: Route, upstream: RemoteUpstream, reason: str) -> Attempt | _Next | None:
        is_marked_by_seed = upstream.client.repeats_seed and task.request.seed in _ANY_SEED
        begun = await self._steps.attempts.begin_remote(
            task.id,
            upstream=upstream.name,
            vendor_model=route.model or task.request.model,
            seed=self._chance.randrange(_LARGEST_SEED) if is_marked_by_seed else None,
            reason=reason,
            max_running=upstream.max_running,
            submits_per_minute=upstream.submits_per_minute,
            now=self._steps.clock(),
        )
        return _Next(f"has no room ({begun})") if isinstance(begun, str) else begun

    async def _submit(
        self, task: Task, attempt: Attempt, upstream: RemoteUpstream, request: VideoRequest
    ) -> _Next | None:
        try:
            report = await upstream.submit(request, attempt, self._callbacks.link(upstream, attempt))
        except ValueError as exc:
            upstream.breaker.let_go()
            await self._steps.end(attempt, "failed", str(exc), fault="order")
            return _Next(f"has no words for the order: {exc}", TaskError("provider_error", str(exc)))
        except UpstreamFailed as exc:
            return await self._judge(attempt, upstream, exc)
        except BaseException:
            # Let go in the middle of the call.
            await self._doubt(attempt, "its worker stopped before the answer came", None)
            raise
        upstream.breaker.went_well()
        await self._follower.begin(task, attempt, report)
        return None

    async def _judge(self, attempt: Attempt, upstream: RemoteUpstream, exc: UpstreamFailed) -> _Next | None:
        """What a vendor's refusal means."""
        _log.warning(
            "upstream.refused",
            task=str(attempt.task_id),
            upstream=upstream.name,
            attempt=attempt.number,
            fault=exc.fault,
            vendor_code=exc.vendor_code,
            http_status=exc.http_status,
            reason=exc.message,
        )
        pause_seconds = exc.retry_after_seconds or (_PAUSE_SECONDS if exc.fault == "busy" else 0.0)
        if pause_seconds:
            await self._states.pause(upstream.name, self._steps.clock() + timedelta(seconds=pause_seconds))
        if exc.fault == "unclear":
            upstream.breaker.failed(exc.message)
            await self._doubt(attempt, exc.message, exc.request_id)
            return None
        await self._steps.end(attempt, "failed", exc.message, fault=exc.fault)
        match exc.fault:
            case "order":
                upstream.breaker.went_well()
                await self._give_up_after(attempt, TaskError("provider_error", exc.message))
                return None
            case "content":
                upstream.breaker.went_well()
                error = TaskError("content_rejected", exc.message)
                if upstream.retries_rejected:
                    return _Next("rejects its content", error)
                await self._give_up_after(attempt, error)
                return None
            case "busy":
                upstream.breaker.let_go()
                return _Next("is busy", after_seconds=pause_seconds)
            case _:
                upstream.breaker.failed(exc.message, at_once=exc.fault == "account")
                return _Next(f"failed: {exc.message}")

    async def _left_behind(self, attempt: Attempt) -> None:
        """A job came again while its attempt is open. With the vendor's id it is followed, in doubt it is settled."""
        if attempt.vendor_id is None and attempt.doubt_since is None:
            await self._doubt(attempt, "its worker died before the answer was kept", None)

    async def _doubt(self, attempt: Attempt, detail: str, request_id: str | None) -> None:
        await asyncio.shield(
            self._steps.patiently(
                lambda: self._steps.attempts.doubted(attempt, detail, request_id, self._steps.clock())
            )
        )

    async def _give_up(self, task: Task, error: TaskError) -> None:
        """There will be no film; nothing is open anywhere."""
        await self._steps.fail_task(task, error)

    async def _give_up_after(self, attempt: Attempt, error: TaskError) -> None:
        task = await self._steps.patiently(lambda: self._steps.tasks.get(attempt.task_id))
        if task is not None and not task.is_terminal:
            await self._give_up(task, error)


def _worth_a_try(routes: Sequence[Route], attempts: Sequence[Attempt]) -> list[Route]:
    """Those that have not shown yet that they do not make this film."""
    spent = {attempt.upstream for attempt in attempts if attempt.remote and attempt.fault not in _MAY_PASS}
    breakdowns = Counter(attempt.upstream for attempt in attempts if attempt.fault in ("vendor", "unclear"))
    spent |= {name for name, count in breakdowns.items() if count >= _MOST_BREAKDOWNS_AT_ONE}
    return [route for route in routes if route.upstream not in spent]


def _breakdowns(attempts: Sequence[Attempt]) -> int:
    return sum(attempt.fault in ("vendor", "account", "unclear") for attempt in attempts)


def _no_route(attempts: Sequence[Attempt]) -> TaskError:
    last = next((attempt for attempt in reversed(attempts) if attempt.detail), None)
    return TaskError("provider_error", last.detail if last and last.detail else "no upstream could make the film")

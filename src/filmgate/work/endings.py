"""What a vendor's report about a film means for its task: it is being made, its film is there, or there will be none.

Every step may be taken twice, by this worker or by another: moves name the state they were decided on, saving a film
again overwrites the same names, and money moves only with the last move.
"""

from collections.abc import Mapping

import msgspec
import structlog

from filmgate.attempt import Attempt
from filmgate.dialects.client import Report
from filmgate.task import Task, TaskError, rendered, started, succeeded
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.bring import Bringer, NoFilm
from filmgate.work.cost import true_cost
from filmgate.work.kinds import KnownKinds, kind_of
from filmgate.work.steps import Overtaken, Steps
from filmgate.work.watch import Entry

_MOST_PERCENT = 99

_log = structlog.get_logger("filmgate.work")


class Endings:
    """Carries reports over into tasks. Every method raises Unavailable when the database or the object store is away;
    it is then to be called again.
    """

    def __init__(
        self, steps: Steps, upstreams: Mapping[str, RemoteUpstream], bringer: Bringer, kinds: KnownKinds
    ) -> None:
        self._steps = steps
        self._upstreams = upstreams
        self._bringer = bringer
        self._kinds = kinds

    async def in_the_making(self, entry: Entry, report: Report) -> None:
        """The film has not ended."""
        task_id = entry.followed.task_id
        if report.state == "running" and not entry.was_told:
            task = await self._steps.tasks.get(task_id)
            if task is not None and task.status == "queued":
                await self._steps.tasks.apply(started(task, self._steps.clock()))
        if report.progress:
            await self._steps.tasks.report_progress(task_id, min(report.progress, _MOST_PERCENT))

    async def ended(self, entry: Entry, report: Report, took_seconds: float) -> bool:
        """The film has ended, well or not.

        Returns:
            False where it is to be looked at again.
        """
        attempt = await self._open_attempt(entry)
        if attempt is None:
            return True
        task = await self._steps.tasks.get(entry.followed.task_id)
        if task is None or task.is_terminal:
            await self._end_after_its_task(attempt, task)
            return True
        await self._steps.attempts.note_looks([entry.as_looks(self._steps.clock())])
        entry.looks = 0
        try:
            if report.state == "succeeded":
                await self._succeed(task, attempt, report, entry, took_seconds)
            else:
                await self._go_on_elsewhere(attempt, *_why(report))
        except Overtaken:
            await self._end_after_its_task(attempt, await self._steps.tasks.get(attempt.task_id))
        return True

    async def lost(self, entry: Entry) -> None:
        """The vendor does not know the film any more. Whether it was made, and is billed, nobody can say."""
        attempt = await self._open_attempt(entry)
        if attempt is not None:
            upstream = self._upstreams[attempt.upstream]
            detail = "the vendor does not know the task any more"
            if upstream.resubmits_in_doubt:
                await self._go_on_elsewhere(attempt, "missing", detail)
            else:
                await self._steps.fail(attempt, TaskError("provider_error", detail), fault="missing")

    async def _end_after_its_task(self, attempt: Attempt, task: Task | None) -> None:
        """Another worker moved the task, and has not told of its attempt yet, or died before it could."""
        if task is not None and task.status == "succeeded":
            # There is no other open attempt, so this one's film came home.
            await self._steps.end(attempt, "ok", None)
        else:
            await self._steps.end(attempt, "cancelled", "its order ended before it")

    async def _open_attempt(self, entry: Entry) -> Attempt | None:
        attempt = await self._steps.attempts.open_of_task(entry.followed.task_id)
        followed = entry.followed
        # The id is another where a callback named a wrong one before the vendor's answer came.
        known = None if attempt is None else (attempt.number, attempt.vendor_id)
        return attempt if known == (followed.number, followed.vendor_id) else None

    async def _succeed(self, task: Task, attempt: Attempt, report: Report, entry: Entry, took_seconds: float) -> None:
        upstream, clock = self._upstreams[attempt.upstream], self._steps.clock
        if task.status == "queued":
            task = await self._steps.advance(task, started(task, clock()), attempt)
        if task.status == "running":
            task = await self._steps.advance(task, rendered(task, clock()), attempt)
        try:
            result = await self._bringer.bring(task, upstream, report)
        except NoFilm as exc:
            # The vendor may bill it all the same: no second vendor is asked.
            await self._steps.fail(attempt, TaskError("provider_error", str(exc)), fault="vendor")
            return
        usage = None if report.usage is None else msgspec.to_builtins(report.usage)
        cost_micros = true_cost(task.quote, report.usage)
        await self._steps.advance(task, succeeded(task, result, clock(), cost_micros=cost_micros), attempt)
        # After the move: an open attempt whose task has not ended is what another worker takes over.
        await self._steps.end(attempt, "ok", None, usage=usage)
        if took_seconds > 0:
            await self._kinds.learn(kind_of(entry.followed), took_seconds)

    async def _go_on_elsewhere(self, attempt: Attempt, fault: str, detail: str) -> None:
        """There is no film here, and nothing is in doubt: back into the queue, for the routes that are left."""
        if fault == "media_error":
            await self._steps.fail(attempt, TaskError("media_error", detail), fault=fault)
            return
        if fault == "content_rejected" and not self._upstreams[attempt.upstream].retries_rejected:
            await self._steps.fail(attempt, TaskError("content_rejected", detail), fault=fault)
            return
        await self._steps.end(attempt, "failed", detail, fault=fault)
        await self._steps.tasks.requeue(attempt.task_id)


def _why(report: Report) -> tuple[str, str]:
    """The fault of an attempt that ended without a film, and what people are told."""
    if report.failure is not None:
        said = f"{report.failure.code}: {report.failure.message}" if report.failure.code else report.failure.message
        return report.failure.reason, said
    return "provider_error", f"the vendor {report.state} the task"

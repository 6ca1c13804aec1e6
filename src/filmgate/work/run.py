"""The story of one task, from the queue to its end.

    load ─> attempt ─> running ─> (film) ─> saving ─> (objects) ─> succeeded
                │                                │
                └──────── anything wrong ────────┴──> failed, or another try

A worker may die between any two lines, and another begins again at the top. Three things make that harmless: making
and saving a film again overwrites the same names, every move names the state it was decided on, and money moves only
with the last move. Where two workers with the same task meet at a move, the one with the newest attempt goes on.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar, get_args
from uuid import UUID

import structlog

from filmgate.errors import EngineFailed, MediaError, Unavailable
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.store.tasks import Attempt, AttemptOutcome, Tasks
from filmgate.task import ErrorCode, Move, Task, TaskError, after, failed, rendered, started, succeeded
from filmgate.upstreams.base import Upstream
from filmgate.work.progress import reported_progress
from filmgate.work.save import save

Answer = TypeVar("Answer")

# How long a step waits for a database or object store that is away: a minute in all. The film is kept meanwhile.
_PAUSES_SECONDS = (0.1, 0.3, 1, 2, 4, 8, 15, 30)
_UNAVAILABLE_SECONDS = 5.0
_LONGEST_LAST_WORD_SECONDS = 1.0
_MOST_INTERNAL_ERRORS = 3
# A task whose worker died this often is what kills it.
_MOST_ABANDONED = 10

_INTERNAL = "internal error"

_log = structlog.get_logger("filmgate.work")


class TryAgain(Exception):
    """The task is left open; its job goes back to the queue, for this worker or another."""

    def __init__(self, reason: str, after_seconds: float) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class _Overtaken(Exception):
    """The task was ended, or taken over, by someone else: an ordinary end of this attempt."""


class _Hopeless(Exception):
    """The task kills its workers."""


class Runner:
    """Runs tasks. Knows no queue: ``work.worker`` says which task, and when."""

    def __init__(
        self,
        *,
        tasks: Tasks,
        choose_upstream: Callable[[Task], Upstream],
        objects: Objects,
        prober: Prober,
        folder: Path,
        clock: Callable[[], datetime],
        pauses_seconds: Sequence[float] = _PAUSES_SECONDS,
    ) -> None:
        """``folder`` holds the films being made, each in a folder ``<task id>/<attempt number>`` of its own."""
        self._tasks = tasks
        self._choose_upstream = choose_upstream
        self._objects = objects
        self._prober = prober
        self._folder = folder
        self._clock = clock
        self._pauses_seconds = pauses_seconds

    async def run(self, task_id: UUID) -> None:
        """Bring a task to its end, from whatever state it is in. Safe to call again at any point after a crash.

        Cancelling it ends the work at once and leaves the task open for the next attempt.

        Raises:
            TryAgain: the task is still open and someone should run it again.
        """
        try:
            task = await self._patiently(lambda: self._tasks.get(task_id))
            if task is None or task.is_terminal:
                return
            upstream = self._choose_upstream(task)
            attempt = await self._begin(task, upstream)
            await self._attempt(task, attempt, upstream)
        except Unavailable as exc:
            raise TryAgain(exc.message, _UNAVAILABLE_SECONDS) from exc

    async def _attempt(self, task: Task, attempt: Attempt, upstream: Upstream) -> None:
        """Make the film and judge what happened."""
        try:
            await self._give_up_if_hopeless(attempt)
            await self._make(task, attempt, upstream)
        except asyncio.CancelledError:
            await self._end(attempt, "cancelled", "let go")
            raise
        except _Overtaken:
            await self._end(attempt, "cancelled", "ended or taken over elsewhere")
        except _Hopeless:
            _log.error("task.hopeless", task=str(task.id), upstream=upstream.name, attempt=attempt.number)
            await self._fail(attempt, _internal_error())
        except MediaError as exc:
            await self._fail(attempt, TaskError("media_error", f"{exc.field}: {exc.message}"))
        except EngineFailed as exc:
            if exc.retry:
                await self._stumble(attempt, exc)
            else:
                await self._fail(attempt, TaskError(_error_code(exc.reason), exc.message))
        except Unavailable as exc:
            await self._end(attempt, "failed", f"unavailable: {exc.message}")
            raise
        except Exception as exc:
            _log.exception("task.internal_error", task=str(task.id), upstream=upstream.name, attempt=attempt.number)
            await self._stumble(attempt, exc)

    async def _make(self, task: Task, attempt: Attempt, upstream: Upstream) -> None:
        """The way of a task on which nothing goes wrong. One that was left halfway walks it again from the start."""
        task = await self._advance(task, started(task, self._clock()), attempt)
        with _own_folder(self._folder, attempt) as folder:
            async with reported_progress(self._tasks, task.id) as progress:
                film = await upstream.make(task, folder, progress)
            task = await self._advance(task, rendered(task, self._clock()), attempt)
            result = await self._patiently(lambda: save(task, film, self._objects, self._prober))
        # Before the last move, as in every other end: a task that has ended has no open attempt.
        await self._end(attempt, "ok", None)
        await self._advance(task, succeeded(task, result, self._clock()), attempt)

    async def _begin(self, task: Task, upstream: Upstream) -> Attempt:
        return await self._patiently(lambda: self._tasks.begin_attempt(task.id, upstream.name, self._clock()))

    async def _advance(self, task: Task, move: Move, attempt: Attempt) -> Task:
        """Apply a move, unless the task is past it already, and return the task as it is then.

        Raises:
            _Overtaken: someone else ended the task or has a newer attempt at it.
        """
        if await self._patiently(lambda: self._tasks.apply(move)):
            _log_move(task, move, attempt)
            return after(task, move)
        # Someone was first; perhaps ourselves, when the answer to the same move was lost.
        now = await self._patiently(lambda: self._tasks.get(task.id))
        if now is not None and now.is_terminal and now.status == move.to:
            return now
        return await self._still_ours(attempt)

    async def _still_ours(self, attempt: Attempt) -> Task:
        """The task as it is now, open and with this attempt as its newest.

        Raises:
            _Overtaken: it is not.
        """
        task = await self._patiently(lambda: self._tasks.get(attempt.task_id))
        attempts = await self._patiently(lambda: self._tasks.attempts(attempt.task_id))
        if task is None or task.is_terminal or max(each.number for each in attempts) > attempt.number:
            raise _Overtaken
        return task

    async def _fail(self, attempt: Attempt, error: TaskError) -> None:
        await self._end(attempt, "failed", f"{error.code}: {error.message}")
        with suppress(_Overtaken):
            task = await self._still_ours(attempt)
            await self._advance(task, failed(task, error, self._clock()), attempt)

    async def _stumble(self, attempt: Attempt, exc: Exception) -> None:
        """Something that is a bug, or the machine's trouble: worth a few tries, and never the customer's money."""
        await self._end(attempt, "failed", f"{_INTERNAL}: {type(exc).__name__}: {exc}")
        attempts = await self._patiently(lambda: self._tasks.attempts(attempt.task_id))
        stumbles = sum((each.detail or "").startswith(_INTERNAL) for each in attempts)
        if stumbles < _MOST_INTERNAL_ERRORS:
            raise TryAgain(_INTERNAL, after_seconds=2.0**stumbles)
        await self._fail(attempt, _internal_error())

    async def _give_up_if_hopeless(self, attempt: Attempt) -> None:
        if attempt.number <= _MOST_ABANDONED:
            return
        attempts = await self._patiently(lambda: self._tasks.attempts(attempt.task_id))
        if sum(each.outcome == "abandoned" for each in attempts) >= _MOST_ABANDONED:
            raise _Hopeless

    async def _end(self, attempt: Attempt, outcome: AttemptOutcome, detail: str | None) -> None:
        """Write down how the attempt ended. A trace for people: the task's fate never hangs on it."""
        try:
            async with asyncio.timeout(_LONGEST_LAST_WORD_SECONDS):
                await self._tasks.end_attempt(attempt, outcome, detail, self._clock())
        except (Unavailable, TimeoutError) as exc:
            _log.warning("attempt.not_closed", task=str(attempt.task_id), outcome=outcome, reason=str(exc))

    async def _patiently(self, step: Callable[[], Awaitable[Answer]]) -> Answer:
        """Take a step that may be taken twice, waiting for a database or an object store that is away."""
        for pause_seconds in self._pauses_seconds:
            try:
                return await step()
            except Unavailable as exc:
                _log.warning("step.unavailable", reason=exc.message, again_in_seconds=pause_seconds)
                await asyncio.sleep(pause_seconds)
        return await step()


@contextmanager
def _own_folder(work: Path, attempt: Attempt) -> Iterator[Path]:
    folder = work / str(attempt.task_id) / str(attempt.number)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()


def _log_move(task: Task, move: Move, attempt: Attempt) -> None:
    """``seconds`` counts from the order."""
    fields = {
        "task": str(task.id),
        "account": str(task.account_id),
        "upstream": attempt.upstream,
        "attempt": attempt.number,
        "from": move.seen,
        "to": move.to,
        "seconds": round((move.at - task.created_at).total_seconds(), 3),
    }
    if move.error is not None:
        fields |= {"error": move.error.code, "reason": move.error.message}
    _log.info("task.moved", **fields)


def _error_code(reason: str) -> ErrorCode:
    codes: dict[str, ErrorCode] = {code: code for code in get_args(ErrorCode)}
    return codes.get(reason, "provider_error")


def _internal_error() -> TaskError:
    return TaskError("internal_error", "an internal error; nothing was charged")

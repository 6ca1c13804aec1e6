"""The steps that every way to a film is made of: moves and ends of attempts, each safe to take twice.

A worker may die between any two of them, and another begins again at the top. Three things make that harmless: saving
a film again overwrites the same names, every move names the state it was decided on, and money moves only with the
last move. Where two workers with the same task meet at a move, the one with the newest attempt goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, get_args

import structlog

from filmgate.attempt import Attempt, AttemptOutcome, CalledOff
from filmgate.errors import Unavailable
from filmgate.store.attempts import Attempts
from filmgate.store.tasks import Tasks
from filmgate.task import ErrorCode, Move, Task, TaskError, after, failed

Answer = TypeVar("Answer")

# How long a step waits for a database or object store that is away: a minute in all. The film is kept meanwhile.
PAUSES_SECONDS = (0.1, 0.3, 1, 2, 4, 8, 15, 30)
_LONGEST_LAST_WORD_SECONDS = 1.0

_log = structlog.get_logger("filmgate.work")


class TryAgain(Exception):
    """The task is left open; its job goes back to the queue, for this worker or another."""

    def __init__(self, reason: str, after_seconds: float) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class Overtaken(Exception):
    """The task was ended, or taken over, by someone else: an ordinary end of this attempt."""


class Steps:
    """Takes steps with tasks and attempts, patiently."""

    def __init__(
        self,
        *,
        tasks: Tasks,
        attempts: Attempts,
        clock: Callable[[], datetime],
        pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self.tasks = tasks
        self.attempts = attempts
        self.clock = clock
        self._pauses_seconds = pauses_seconds

    async def patiently(self, step: Callable[[], Awaitable[Answer]]) -> Answer:
        """Take a step that may be taken twice, waiting for a database or an object store that is away."""
        for pause_seconds in self._pauses_seconds:
            try:
                return await step()
            except Unavailable as exc:
                _log.warning("step.unavailable", reason=exc.message, again_in_seconds=pause_seconds)
                await asyncio.sleep(pause_seconds)
        return await step()

    async def advance(self, task: Task, move: Move, attempt: Attempt) -> Task:
        """Apply a move, unless the task is past it already, and return the task as it is then.

        Raises:
            Overtaken: someone else ended the task or has a newer attempt at it.
        """
        if await self.patiently(lambda: self.tasks.apply(move)):
            _log_move(task, move, attempt)
            return after(task, move)
        # Someone was first; perhaps ourselves, when the answer to the same move was lost.
        now = await self.patiently(lambda: self.tasks.get(task.id))
        if now is not None and now.is_terminal and now.status == move.to:
            return now
        return await self.still_ours(attempt)

    async def still_ours(self, attempt: Attempt) -> Task:
        """The task as it is now, open and with this attempt as its newest.

        Raises:
            Overtaken: it is not.
        """
        task = await self.patiently(lambda: self.tasks.get(attempt.task_id))
        attempts = await self.patiently(lambda: self.attempts.of_task(attempt.task_id))
        if task is None or task.is_terminal or max(each.number for each in attempts) > attempt.number:
            raise Overtaken
        return task

    async def fail(self, attempt: Attempt, error: TaskError, fault: str | None = None) -> None:
        """There will be no film: end the attempt and the task, and give the money back."""
        await self.end(attempt, "failed", f"{error.code}: {error.message}", fault=fault)
        with suppress(Overtaken):
            task = await self.still_ours(attempt)
            await self.advance(task, failed(task, error, self.clock()), attempt)

    async def fail_task(self, task: Task, error: TaskError) -> None:
        """There will be no film, and no attempt is open: end the task and give the money back."""
        now: Task | None = task
        while now is not None and not now.is_terminal:
            move = failed(now, error, self.clock())
            if await self.patiently(partial(self.tasks.apply, move)):
                _log.info("task.moved", task=str(task.id), error=error.code, reason=error.message, to="failed")
                return
            now = await self.patiently(lambda: self.tasks.get(task.id))

    async def end(
        self,
        attempt: Attempt,
        outcome: AttemptOutcome,
        detail: str | None,
        *,
        fault: str | None = None,
        usage: dict[str, Any] | None = None,
        called_off: CalledOff | None = None,
    ) -> None:
        """Write down how the attempt ended. A trace for people: the task's fate never hangs on it."""
        try:
            async with asyncio.timeout(_LONGEST_LAST_WORD_SECONDS):
                await self.attempts.end(
                    attempt, outcome, detail, self.clock(), fault=fault, usage=usage, called_off=called_off
                )
        except (Unavailable, TimeoutError) as exc:
            _log.warning("attempt.not_closed", task=str(attempt.task_id), outcome=outcome, reason=str(exc))


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


def error_code(reason: str) -> ErrorCode:
    """The task's error code for an upstream's reason."""
    codes: dict[str, ErrorCode] = {code: code for code in get_args(ErrorCode)}
    return codes.get(reason, "provider_error")


def internal_error() -> TaskError:
    """What a customer is told of a fault of ours."""
    return TaskError("internal_error", "an internal error; nothing was charged")

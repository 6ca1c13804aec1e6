"""Orders that wait until somebody has read their prompts: a gate before the runner."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from filmgate.errors import Unavailable
from filmgate.store.queue import MAKE_FILM
from filmgate.store.reviews import Reviews
from filmgate.store.tasks import Tasks
from filmgate.task import TaskError, failed
from filmgate.work.steps import TryAgain

# A decision brings the next look forward.
_LOOK_SECONDS = 60.0
_UNAVAILABLE_SECONDS = 5.0

_log = structlog.get_logger("filmgate.work")


class Runs(Protocol):
    """Brings tasks to their ends: ``work.run.Runner``, or something around it."""

    async def run(self, task_id: UUID, lane: str = MAKE_FILM) -> None: ...


class GatedRunner:
    """Runs tasks whose prompts nobody need read, or somebody has."""

    def __init__(self, runner: Runs, *, reviews: Reviews, tasks: Tasks, clock: Callable[[], datetime]) -> None:
        self._runner = runner
        self._reviews = reviews
        self._tasks = tasks
        self._clock = clock

    async def run(self, task_id: UUID, lane: str = MAKE_FILM) -> None:
        """As ``Runner.run``. An order whose prompt was rejected ends without cost.

        Raises:
            TryAgain: also while the prompt is being read.
        """
        try:
            if await self._may_run(task_id):
                await self._runner.run(task_id, lane)
        except Unavailable as exc:
            raise TryAgain(exc.message, _UNAVAILABLE_SECONDS) from exc

    async def _may_run(self, task_id: UUID) -> bool:
        review = await self._reviews.of_task(task_id)
        if review is None or review.state == "approved":
            return True
        if review.state == "rejected":
            await self._reject(task_id, review.reason)
            return False
        task = await self._tasks.get(task_id)
        if task is not None and not task.is_terminal:
            raise TryAgain("its prompt is being read", _LOOK_SECONDS)
        return False

    async def _reject(self, task_id: UUID, reason: str) -> None:
        task = await self._tasks.get(task_id)
        if task is None or task.is_terminal:
            return
        error = TaskError("content_rejected", reason or "the prompt was refused by review")
        move = failed(task, error, self._clock())
        # Where someone was first, the next look sees what became of it.
        if not await self._tasks.apply(move):
            raise TryAgain("it has moved on", 0.0)
        _log.info("task.moved", task=str(task.id), account=str(task.account_id), **{"from": move.seen, "to": move.to})

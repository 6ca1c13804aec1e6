"""Deleting: a customer wants a task and its film out of sight. Its row and the ledger stay."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from filmgate.errors import WrongState
from filmgate.store.tasks import Tasks
from filmgate.task import Task
from filmgate.work.cancel import Canceller

_log = structlog.get_logger("filmgate.work")


class Deleter:
    """Deletes tasks, in whatever state they are."""

    def __init__(self, *, tasks: Tasks, canceller: Canceller, clock: Callable[[], datetime]) -> None:
        self._tasks = tasks
        self._canceller = canceller
        self._clock = clock

    async def delete(self, task: Task) -> None:
        """Cancel an open task; then it is found by no customer any more, and its film goes with the next sweep.

        Raises:
            Unavailable: the database is away; the task may have been cancelled, and deleted.
        """
        if not task.is_terminal:
            # One that ends by itself in this very moment is as good as one that had ended.
            with suppress(WrongState):
                await self._canceller.cancel(task)
        await self._tasks.delete(task.id, self._clock())
        _log.info("task.deleted", task=str(task.id), account=str(task.account_id))

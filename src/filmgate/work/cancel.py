"""Cancelling: a customer wants no film any more.

The move comes first and gives the money back; only then is whoever works on it told. So the answer is true whatever
happens to the message: a runner that did not hear finds the task ended at its next step.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog

from filmgate.errors import WrongState
from filmgate.store.tasks import Tasks
from filmgate.task import Task, cancelled

# A task moves at most three times on its own; whoever loses more races than that has met a bug.
_MOST_RACES = 5

_log = structlog.get_logger("filmgate.work")


class Canceller:
    """Cancels tasks, in whatever state they are."""

    def __init__(self, *, tasks: Tasks, clock: Callable[[], datetime]) -> None:
        self._tasks = tasks
        self._clock = clock

    async def cancel(self, task: Task) -> Task:
        """End an open task as cancelled and release its whole reserve. A task that is cancelled already stays so.

        Returns:
            The task as it is then.

        Raises:
            WrongState: it has ended otherwise.
            Unavailable: the database is away; the task may have been cancelled.
        """
        for _ in range(_MOST_RACES):
            if task.status == "cancelled":
                return task
            if task.is_terminal:
                raise WrongState(f"the task has already {task.status} and cannot be cancelled")
            move = cancelled(task, self._clock())
            if await self._tasks.apply(move):
                await self._tasks.withdraw(task.id)
                _log.info(
                    "task.moved", task=str(task.id), account=str(task.account_id), **{"from": move.seen, "to": move.to}
                )
                return msgspec.structs.replace(
                    task, status=move.to, error=move.error, cost_micros=move.cost_micros, completed_at=move.at
                )
            # It moved on between the look and the move; look again.
            task = await self._tasks.get(task.id) or task
        raise AssertionError(f"task {task.id} is never what it was a moment ago")

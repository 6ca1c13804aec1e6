"""Cancelling: a customer wants no film any more."""

from collections.abc import Callable, Container
from datetime import datetime

from filmgate.errors import WrongState
from filmgate.store.tasks import Tasks
from filmgate.task import OPEN, Status, Task, after, cancelled
from filmgate.work.ending import end_from_outside

# A task moves at most three times on its own; whoever loses more races than that has met a bug.
_MOST_RACES = 5


class Canceller:
    """Cancels tasks, in whatever state they are."""

    def __init__(self, *, tasks: Tasks, clock: Callable[[], datetime]) -> None:
        self._tasks = tasks
        self._clock = clock

    async def cancel(self, task: Task, *, while_in: Container[Status] = OPEN) -> Task:
        """End an open task as cancelled and release its whole reserve. A task that is cancelled already stays so.

        Args:
            while_in: the states in which it may still be cancelled.

        Returns:
            The task as it is then.

        Raises:
            WrongState: it has ended otherwise, or is past those states.
            Unavailable: the database is away; the task may have been cancelled.
        """
        for _ in range(_MOST_RACES):
            if task.status == "cancelled":
                return task
            if task.is_terminal:
                raise WrongState(f"the task has already {task.status} and cannot be cancelled")
            if task.status not in while_in:
                raise WrongState("the film is already being made, and the task cannot be cancelled any more")
            move = cancelled(task, self._clock())
            if await end_from_outside(self._tasks, task, move):
                return after(task, move)
            # It moved on between the look and the move; look again.
            task = await self._tasks.get(task.id) or task
        raise AssertionError(f"task {task.id} is never what it was a moment ago")

"""Cancelling: a customer wants no film any more.

The move comes first and gives the money back; then whoever makes the film is told. What a vendor really did about it is
written down with the attempt.
"""

from collections.abc import Callable, Container, Mapping
from datetime import datetime

from filmgate.errors import WrongState
from filmgate.store.attempts import Attempts
from filmgate.store.tasks import Tasks
from filmgate.task import OPEN, Status, Task, after, cancelled
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.ending import end_from_outside

# A task moves at most three times on its own; whoever loses more races than that has met a bug.
_MOST_RACES = 5


class Canceller:
    """Cancels tasks, in whatever state they are."""

    def __init__(
        self,
        *,
        tasks: Tasks,
        attempts: Attempts,
        upstreams: Mapping[str, RemoteUpstream],
        clock: Callable[[], datetime],
    ) -> None:
        self._tasks = tasks
        self._attempts = attempts
        self._upstreams = upstreams
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
                await self._tell_vendor(task)
                return after(task, move)
            # It moved on between the look and the move; look again.
            task = await self._tasks.get(task.id) or task
        raise AssertionError(f"task {task.id} is never what it was a moment ago")

    async def _tell_vendor(self, task: Task) -> None:
        attempt = await self._attempts.open_of_task(task.id)
        # One without the vendor's id is in doubt: whoever settles that finds the task ended.
        if attempt is None or attempt.vendor_id is None or attempt.upstream not in self._upstreams:
            return
        said = await self._upstreams[attempt.upstream].call_off(attempt.vendor_id)
        detail = f"cancelled by its customer; {said.words}"
        await self._attempts.end(attempt, "cancelled", detail, self._clock(), called_off=said.outcome)

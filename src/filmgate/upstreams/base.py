"""What every upstream is: someone who gets a film made, on this machine or elsewhere."""

from pathlib import Path
from typing import Protocol

from filmgate.engines.base import Film, Progress
from filmgate.task import Task

__all__ = ["Film", "Progress", "Upstream"]


class Upstream(Protocol):
    """Gets films made. Implementations: ``local`` (an engine), later ``remote`` (a vendor)."""

    name: str

    async def make(self, task: Task, folder: Path, progress: Progress) -> Film:
        """Get the task's film made and leave it in ``folder``.

        Cancelling the coroutine cancels the work. Making the same task again is harmless: a film is only paid
        for once, by the move that ends the task.

        Raises:
            EngineFailed: there will be no film from here; says whether trying elsewhere may help.
            MediaError: one of the order's media cannot be used.
        """
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...

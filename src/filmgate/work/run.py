"""The story of one task, as far as its job goes: who makes its film is decided here.

A job runs when its task's turn has come. Safe at any point after a crash: whatever state the task is in, it goes on
from there (``work.steps``).
"""

from collections.abc import Callable
from uuid import UUID

from filmgate.errors import Unavailable
from filmgate.store.queue import MAKE_FILM, is_for_vendors
from filmgate.task import Task
from filmgate.upstreams.base import Upstream
from filmgate.work.elsewhere import Elsewhere
from filmgate.work.make import FilmMaker
from filmgate.work.steps import Steps, TryAgain

_UNAVAILABLE_SECONDS = 5.0


class Runner:
    """Runs tasks. Knows no queue: ``work.worker`` says which task, and when."""

    def __init__(
        self,
        steps: Steps,
        maker: FilmMaker,
        choose_engine: Callable[[Task], Upstream],
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._steps = steps
        self._maker = maker
        self._choose_engine = choose_engine
        self._elsewhere = elsewhere

    async def run(self, task_id: UUID, lane: str = MAKE_FILM) -> None:
        """Bring a task to its end, or to a vendor, from whatever state it is in. Safe to call again at any point after
        a crash.

        Cancelling it ends the work at once and leaves the task open for the next attempt.

        Raises:
            TryAgain: the task is still open and someone should run it again.
        """
        try:
            task = await self._steps.patiently(lambda: self._steps.tasks.get(task_id))
            if task is None or task.is_terminal:
                return
            if self._elsewhere is not None and is_for_vendors(lane):
                await self._elsewhere.send(task, lane)
            else:
                await self.make_here(task)
        except Unavailable as exc:
            raise TryAgain(exc.message, _UNAVAILABLE_SECONDS) from exc

    async def make_here(self, task: Task) -> None:
        """Have an open task's film made by an engine on this machine. Raises as ``FilmMaker.make``."""
        await self._maker.make(task, self._choose_engine(task))

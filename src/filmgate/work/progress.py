"""Progress: what an upstream reports many times a second reaches the store at most twice, and never holds it up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import structlog

from filmgate.errors import Unavailable
from filmgate.store.tasks import Tasks
from filmgate.upstreams.base import Progress

_PAUSE_SECONDS = 0.5
# A hundred percent is said by the move to succeeded alone, when the film is there.
_MOST_PERCENT = 99

_log = structlog.get_logger("filmgate.work")


@asynccontextmanager
async def reported_progress(tasks: Tasks, task_id: UUID) -> AsyncIterator[Progress]:
    """A ``Progress`` to hand to an upstream. Writing ends with the block."""
    reporter = _Reporter(tasks, task_id)
    writing = asyncio.create_task(reporter.write())
    try:
        yield reporter.note
    finally:
        writing.cancel()
        await asyncio.wait({writing})


class _Reporter:
    def __init__(self, tasks: Tasks, task_id: UUID) -> None:
        self._tasks = tasks
        self._task_id = task_id
        self._latest_percent = 0
        self._changed = asyncio.Event()

    def note(self, percent: int) -> None:
        percent = min(percent, _MOST_PERCENT)
        if percent > self._latest_percent:
            self._latest_percent = percent
            self._changed.set()

    async def write(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            # Progress is a kindness; the film goes on without it.
            try:
                with suppress(Unavailable):
                    await self._tasks.report_progress(self._task_id, self._latest_percent)
            except Exception:
                _log.exception("progress.not_written", task=str(self._task_id))
            await asyncio.sleep(_PAUSE_SECONDS)

"""The sweep: open tasks that lost their job go back into the queue; what dead workers left on the disk goes away."""

import asyncio
import shutil
import time
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import structlog

from filmgate.ids import from_uuid_form
from filmgate.store.tasks import Tasks

_MOST_AT_ONCE = 1000
_STRAY_SECONDS = 3600.0

_log = structlog.get_logger("filmgate.work")


async def sweep(tasks: Tasks, folder: Path) -> list[UUID]:
    """Do it once. Any number of workers may do it at the same time.

    Args:
        folder: the work folder, with one folder for each task (``work.run``) and the accept path's own.

    Returns:
        The tasks that were put back into the queue.

    Raises:
        Unavailable: the database is away.
    """
    lost = await tasks.open_without_job(_MOST_AT_ONCE)
    for task_id in lost:
        await tasks.requeue(task_id)
        _log.warning("task.requeued", task=str(task_id))
    for leftover in await asyncio.to_thread(_entries, folder):
        if await _is_leftover(tasks, leftover):
            await asyncio.to_thread(shutil.rmtree, leftover, ignore_errors=True)
            _log.info("folder.removed", folder=leftover.name)
    return lost


async def _is_leftover(tasks: Tasks, folder: Path) -> bool:
    task_id = from_uuid_form(folder.name)
    if task_id is not None:
        task = await tasks.get(task_id)
        return task is None or task.is_terminal
    return await asyncio.to_thread(_age_seconds, folder) > _STRAY_SECONDS


def _entries(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return list(folder.iterdir())
    return []


def _age_seconds(path: Path) -> float:
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime
    return 0.0

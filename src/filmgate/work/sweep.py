"""The sweep: orders past their time limit end, open tasks that lost their job go back into the queue, and what dead
workers left on the disk goes away.
"""

import asyncio
import shutil
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from filmgate.ids import from_uuid_form
from filmgate.store.tasks import Tasks
from filmgate.task import expired
from filmgate.work.ending import end_from_outside

_MOST_AT_ONCE = 1000
_STRAY_SECONDS = 3600.0
# Longer than a worker is busy with a film before it notices that the order has ended meanwhile.
_LETTING_GO = timedelta(minutes=5)

_log = structlog.get_logger("filmgate.work")


async def sweep(tasks: Tasks, folder: Path, now: datetime) -> list[UUID]:
    """Do it once. Any number of workers may do it at the same time.

    Args:
        folder: the work folder, with one folder for each task (``work.run``) and the accept path's own.

    Returns:
        The tasks that were put back into the queue.

    Raises:
        Unavailable: the database is away.
    """
    for task_id in await tasks.overdue(now, _MOST_AT_ONCE):
        await _expire(tasks, task_id, now)
    lost = await tasks.open_without_job(_MOST_AT_ONCE)
    for task_id in lost:
        await tasks.requeue(task_id)
        _log.warning("task.requeued", task=str(task_id))
    for leftover in await asyncio.to_thread(_entries, folder):
        if await _is_leftover(tasks, leftover, now):
            await asyncio.to_thread(shutil.rmtree, leftover, ignore_errors=True)
            _log.info("folder.removed", folder=leftover.name)
    return lost


async def _expire(tasks: Tasks, task_id: UUID, now: datetime) -> None:
    task = await tasks.get(task_id)
    if task is not None and not task.is_terminal:
        # Whoever moves it in between is first; if it stays open all the same, the next sweep finds it.
        await end_from_outside(tasks, task, expired(task, now))


async def _is_leftover(tasks: Tasks, folder: Path, now: datetime) -> bool:
    task_id = from_uuid_form(folder.name)
    if task_id is not None:
        task = await tasks.get(task_id)
        return task is None or (task.completed_at is not None and task.completed_at < now - _LETTING_GO)
    return await asyncio.to_thread(_age_seconds, folder) > _STRAY_SECONDS


def _entries(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return list(folder.iterdir())
    return []


def _age_seconds(path: Path) -> float:
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime
    return 0.0

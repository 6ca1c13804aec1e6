"""Reading tasks for status queries: those that are asked for at the same time, with one SQL statement."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol
from uuid import UUID

from filmgate.task import Task

_MOST_IN_ONE_READ = 200
_MOST_READS_AT_ONCE = 2

_Waiting = dict[UUID, list[asyncio.Future[Task | None]]]


class TaskSource(Protocol):
    """Where tasks are read from: ``store.tasks.Tasks``."""

    async def get_many(self, task_ids: Sequence[UUID]) -> dict[UUID, Task]: ...


class TaskReader:
    """Collects the tasks asked for in one turn of the event loop, or while earlier reads are on their way.

    An idle server reads at once; a busy one reads many rows for the price of one round trip. A query never joins a
    read that has already been sent, so nobody sees a state older than their own question.
    """

    def __init__(self, tasks: TaskSource) -> None:
        self._tasks = tasks
        self._waiting: _Waiting = {}
        self._reads: set[asyncio.Task[None]] = set()
        self._is_scheduled = False

    async def read(self, task_id: UUID) -> Task | None:
        """The task, whoever it belongs to, or None.

        Raises:
            Unavailable: the database is away.
        """
        future: asyncio.Future[Task | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(task_id, []).append(future)
        self._schedule()
        return await future

    def _schedule(self) -> None:
        if self._waiting and not self._is_scheduled and len(self._reads) < _MOST_READS_AT_ONCE:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._is_scheduled = False
        batch: _Waiting = {
            task_id: self._waiting.pop(task_id) for task_id in list(islice(self._waiting, _MOST_IN_ONE_READ))
        }
        read = asyncio.get_running_loop().create_task(self._read(batch))
        self._reads.add(read)
        read.add_done_callback(self._finished)
        self._schedule()

    async def _read(self, batch: _Waiting) -> None:
        try:
            found = await self._tasks.get_many(list(batch))
        except asyncio.CancelledError:
            for future in _open(batch.values()):
                future.cancel()
            raise
        except Exception as exc:  # Whatever it is, it belongs to those who asked.
            for future in _open(batch.values()):
                future.set_exception(exc)
            return
        for task_id, futures in batch.items():
            for future in _open([futures]):
                future.set_result(found.get(task_id))

    def _finished(self, read: asyncio.Task[None]) -> None:
        self._reads.discard(read)
        self._schedule()


def _open(groups: Iterable[list[asyncio.Future[Task | None]]]) -> list[asyncio.Future[Task | None]]:
    # Who asked may have hung up meanwhile.
    return [future for futures in groups for future in futures if not future.done()]

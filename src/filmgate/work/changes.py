"""Changes of tasks, as they happen: what waits for one is woken by Postgres' notification, whoever made the change.

A notification only means "look now". A waiter also looks by itself every few seconds, so a lost one costs a moment
and never the news.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from filmgate.ids import from_uuid_form
from filmgate.store.listen import TASKS_CHANNEL, keep_listening
from filmgate.task import Status, Task

Read = Callable[[UUID], Awaitable[Task | None]]

LOOK_AGAIN_SECONDS = 5.0


class TaskChanges:
    """Listens, from the first waiter on, with one connection for all of them. For one event loop."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._waiting: dict[UUID, set[asyncio.Event]] = {}
        self._listening: asyncio.Task[None] | None = None

    @contextmanager
    def watching(self, task_id: UUID) -> Iterator["Watch"]:
        """A watch on one task. What changes after this line is not missed."""
        if self._listening is None:
            never = asyncio.Event()
            self._listening = asyncio.create_task(keep_listening(self._database_url, TASKS_CHANNEL, self._heard, never))
        changed = asyncio.Event()
        self._waiting.setdefault(task_id, set()).add(changed)
        try:
            yield Watch(changed)
        finally:
            waiting = self._waiting[task_id]
            waiting.discard(changed)
            if not waiting:
                del self._waiting[task_id]

    async def moved_on(
        self, read: Read, task: Task, seen: Status, wait_seconds: float, gone: "asyncio.Future[None]"
    ) -> Task:
        """The task once its status is another than ``seen``, or has no other to come, or time is up.

        Args:
            read: reads the task anew.
            gone: done when nobody waits any more.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + wait_seconds
        with self.watching(task.id) as watch:
            while True:
                task = await read(task.id) or task
                left_seconds = end - loop.time()
                if task.status != seen or task.is_terminal or left_seconds <= 0 or gone.done():
                    return task
                await watch.next(left_seconds, gone)

    @property
    def waiting(self) -> int:
        """How many tasks are being watched."""
        return len(self._waiting)

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    def _heard(self, payload: str) -> None:
        if not payload:
            # The connection is new: anything may have happened before.
            for waiting in self._waiting.values():
                _set(waiting)
        for text in payload.split(","):
            task_id = from_uuid_form(text)
            if task_id is not None:
                _set(self._waiting.get(task_id, ()))


class Watch:
    """Waits for the next change of one task. Made by ``TaskChanges.watching``."""

    def __init__(self, changed: asyncio.Event) -> None:
        self._changed = changed

    async def next(self, longest_seconds: float, gone: "asyncio.Future[None]") -> None:
        """Return when the task may have changed since the last call, or after a while, or when nobody waits."""
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            either: list[asyncio.Future[Any]] = [changed, gone]
            await asyncio.wait(
                either,
                timeout=min(longest_seconds, LOOK_AGAIN_SECONDS),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            changed.cancel()
        self._changed.clear()


def _set(events: "set[asyncio.Event] | tuple[()]") -> None:
    for event in events:
        event.set()

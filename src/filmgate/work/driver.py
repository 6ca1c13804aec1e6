"""PgQueuer's way to the database, which outlives the database's absence.

PgQueuer's own drivers raise when a connection is lost, and its loop then ends. This one waits and asks again, and
listens on a connection of its own that is opened again whenever it breaks. While that one is away nothing is lost:
the queue is also looked at once a second.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self, TypeVar

import structlog
from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import NotifyCallback

from filmgate.errors import Unavailable
from filmgate.store.db import Database
from filmgate.store.listen import keep_listening
from filmgate.store.queue import WAKE_WORKERS

Answer = TypeVar("Answer")

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0

_log = structlog.get_logger("filmgate.work")


class PatientDriver:
    """Implements PgQueuer's ``Driver``. For one event loop and one queue manager."""

    def __init__(self, db: Database, url: str, stopping: asyncio.Event) -> None:
        """``url`` leads to the same database as ``db``. Once ``stopping`` is set, trouble is raised at once."""
        self._db = db
        self._url = url
        self._stopping = stopping
        self._listening: list[asyncio.Task[None]] = []
        self._heard: list[NotifyCallback] = []
        self._task_manager = TaskManager()
        self._away = False

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """All rows of a statement."""
        return [dict(row) for row in await self._patiently(lambda: self._db.rows(query, *args))]

    async def execute(self, query: str, *args: object) -> str:
        """A statement without an answer; the status that the protocol asks for is not used by anyone."""
        await self._patiently(lambda: self._db.run(query, *args))
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        """Send a notification."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Pass the channel's notifications on from now on, whatever becomes of the connection."""

        def heard(payload: str) -> None:
            if payload:
                callback(payload)

        self._heard.append(callback)
        self._listening.append(asyncio.create_task(keep_listening(self._url, channel, heard, self._stopping)))

    def wake(self) -> None:
        """Have the listeners here, and nobody else, look into the queue."""
        for callback in self._heard:
            callback(WAKE_WORKERS)

    @property
    def shutdown(self) -> asyncio.Event:
        """Part of the protocol."""
        return self._stopping

    @property
    def tm(self) -> TaskManager:
        """Part of the protocol."""
        return self._task_manager

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        listening, self._listening = self._listening, []
        self._heard.clear()
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)

    async def _patiently(self, step: Callable[[], Awaitable[Answer]]) -> Answer:
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            try:
                answer = await step()
            except Unavailable as exc:
                if self._stopping.is_set():
                    raise
                self._notice(away=True, reason=exc.message)
            else:
                self._notice(away=False)
                return answer
            await self._pause(pause_seconds)
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _notice(self, *, away: bool, reason: str | None = None) -> None:
        """Say once that the queue has gone, though many steps find it so, and once that it is back."""
        if away and not self._away:
            _log.warning("queue.unavailable", reason=reason)
        elif self._away and not away:
            _log.info("queue.available")
        self._away = away

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

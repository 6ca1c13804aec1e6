"""Orders whose customers want to hear of every change at once: what ``lag`` measures.

Moments are those of ``time.monotonic``, which all processes of a machine share.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
import msgspec
from aiohttp import web

from filmgate.dialects import build_dialects
from filmgate.store.tasks import Tasks
from filmgate.task import TERMINAL, Result, Status, Task, after, rendered, started, succeeded

_WAIT_SECONDS = 60
_PAUSE_SECONDS = (0.4, 1.0)
_PATIENCE_SECONDS = 30.0
_ORDER = {"model": "seedance-2.0", "prompt": "A paper boat on a river", "duration_seconds": 4, "resolution": "480p"}
# No film is made, and nobody looks at it.
_RESULT = Result(
    film="films/a.mp4",
    poster="films/a.jpg",
    last_frame="films/a.png",
    width=864,
    height=496,
    seconds=4,
    size_bytes=1,
    sha256="0" * 64,
)

Times = dict[tuple[str, Status], float]
"""When an order, by its native id, came to a status."""


class _Shown(msgspec.Struct):
    """As much of an order as is looked at."""

    id: str
    status: Status


class _News(msgspec.Struct):
    data: _Shown


class Notes(msgspec.Struct):
    """What happened, and who heard of it when."""

    committed: Times = {}
    events: Times = {}
    answers: Times = {}
    webhooks: Times = {}

    def hear(self, _request: web.BaseRequest, body: bytes) -> None:
        """Note a webhook."""
        now = time.monotonic()
        told = msgspec.json.decode(body, type=_News).data
        self.webhooks.setdefault((told.id, told.status), now)

    def clear(self) -> None:
        """Forget all of it."""
        for times in (self.committed, self.events, self.answers, self.webhooks):
            times.clear()


class WatchedOrders:
    """Orders, moves them through their lives, and has each of them watched from two API processes."""

    def __init__(
        self, session: aiohttp.ClientSession, addresses: Sequence[str], receiver: str, tasks: Tasks, notes: Notes
    ) -> None:
        self._session = session
        self._addresses = addresses
        self._receiver = receiver
        self._tasks = tasks
        self._notes = notes
        self._native = build_dialects().native

    async def order(self, count: int, per_second: float) -> None:
        """Order so many, evenly spread; return when everybody has heard of every change.

        Raises:
            TimeoutError: somebody has not.
        """
        async with asyncio.timeout(count / per_second + _PATIENCE_SECONDS), asyncio.TaskGroup() as lives:
            for number in range(count):
                lives.create_task(self._live(number))
                await asyncio.sleep(1 / per_second)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(self._notes.webhooks) < count:
                await asyncio.sleep(0.05)

    async def _live(self, number: int) -> None:
        """One order, from its create to its end."""
        here, there = (self._addresses[(number + step) % len(self._addresses)] for step in (0, 1))
        order = _ORDER | {"webhook_url": self._receiver}
        async with self._session.post(f"{here}/filmgate/v1/tasks", json=order) as answer:
            shown = msgspec.json.decode(await answer.read(), type=_Shown)
        async with asyncio.TaskGroup() as watching:
            watching.create_task(self._watch_events(f"{here}/filmgate/v1/tasks/{shown.id}/events"))
            watching.create_task(self._watch_by_waiting(f"{there}/filmgate/v1/tasks/{shown.id}"))
            task = await self._tasks.get(self._native.read_id(shown.id) or UUID(int=0))
            if task is None:
                raise RuntimeError(f"order {shown.id} is not there")
            await self._move(task, shown.id)

    async def _move(self, task: Task, shown_id: str) -> None:
        for decide in (started, rendered, lambda task, now: succeeded(task, _RESULT, now)):
            await asyncio.sleep(random.uniform(*_PAUSE_SECONDS))
            move = decide(task, datetime.now(UTC))
            if not await self._tasks.apply(move):
                raise RuntimeError(f"order {shown_id} has moved by itself")
            self._notes.committed[shown_id, move.to] = time.monotonic()
            task = after(task, move)

    async def _watch_events(self, url: str) -> None:
        """Until the stream ends, which it does with the order."""
        async with self._session.get(url) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    _note(self._notes.events, line.removeprefix(b"data: "))

    async def _watch_by_waiting(self, url: str) -> None:
        """Each request is sent when the one before is answered."""
        seen: Status = "queued"
        while seen not in TERMINAL:
            async with self._session.get(url, params={"wait": _WAIT_SECONDS, "seen": seen}) as answer:
                seen = _note(self._notes.answers, await answer.read())


def _note(times: Times, body: bytes) -> Status:
    now = time.monotonic()
    shown = msgspec.json.decode(body, type=_Shown)
    if shown.status != "queued":
        times.setdefault((shown.id, shown.status), now)
    return shown.status

"""A workshop: an account with money, a key, orders, and a runner on the real store with an upstream that is quick.

The fixtures are in ``conftest.py``.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import av
import msgspec
import numpy as np
from PIL import Image
from tests.conftest import Clock

from filmgate.engines.base import Film, Progress
from filmgate.ids import new_id
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.store.accept import NewTask
from filmgate.store.accounts import Account, Accounts, Key
from filmgate.store.attempts import Attempts
from filmgate.store.db import Database
from filmgate.store.ledger import Ledger
from filmgate.store.requests import RequestCounts
from filmgate.store.retention import Retention
from filmgate.store.tasks import Tasks
from filmgate.task import Quote, Task
from filmgate.video import FRAMES_PER_SECOND, VideoRequest, frame_size
from filmgate.work.cancel import Canceller
from filmgate.work.forget import Forgetter
from filmgate.work.make import FilmMaker
from filmgate.work.run import Runner
from filmgate.work.steps import Steps
from filmgate.work.worker import Worker

PRICE_MICROS = 250_000
SECONDS = 1

_CUT = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_LISTENERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND query ILIKE 'LISTEN%' AND pid <> pg_backend_pid()
"""


class CopyingUpstream:
    """Gets every film made by copying the same one."""

    name = "copying"

    def __init__(self, film: Film) -> None:
        self._film = film
        self.made = 0
        self.progress_percent: tuple[int, ...] = (50, 100)
        self.before: Callable[[Task, Path], Any] | None = None
        """Awaited, or raising, before the film is there."""

    async def make(self, task: Task, folder: Path, progress: Progress) -> Film:
        if self.before is not None:
            await self.before(task, folder)
        for percent in self.progress_percent:
            progress(percent)
            await asyncio.sleep(0)
        self.made += 1
        return msgspec.structs.replace(
            self._film,
            film=Path(shutil.copy(self._film.film, folder)),
            poster=Path(shutil.copy(self._film.poster, folder)),
            last_frame=Path(shutil.copy(self._film.last_frame, folder)),
        )

    async def close(self) -> None:
        pass


class Workshop(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What a test of the work needs."""

    db: Database
    accounts: Accounts
    tasks: Tasks
    ledger: Ledger
    objects: Objects
    prober: Prober
    upstream: CopyingUpstream
    clock: Clock
    folder: Path
    account: Account
    key: Key

    @property
    def attempts(self) -> Attempts:
        return Attempts(self.db)

    def steps(self, **changes: Any) -> Steps:
        parts: dict[str, Any] = {"tasks": self.tasks, "attempts": self.attempts, "clock": self.clock}
        return Steps(pauses_seconds=(0, 0, 0), **(parts | changes))

    def runner(self, **changes: Any) -> Runner:
        parts: dict[str, Any] = {
            "tasks": self.tasks,
            "attempts": self.attempts,
            "choose_upstream": lambda _task: self.upstream,
            "objects": self.objects,
            "prober": self.prober,
            "labeller": None,
        }
        parts |= changes
        steps = self.steps(tasks=parts["tasks"], attempts=parts["attempts"])
        maker = FilmMaker(steps, parts["objects"], parts["prober"], self.folder, parts["labeller"])
        return Runner(steps, maker, parts["choose_upstream"])

    def canceller(self, **changes: Any) -> Canceller:
        parts: dict[str, Any] = {"tasks": self.tasks, "attempts": self.attempts, "upstreams": {}, "clock": self.clock}
        return Canceller(**(parts | changes))

    def forgetter(self, **changes: Any) -> Forgetter:
        parts: dict[str, Any] = {
            "tasks": self.tasks,
            "retention": Retention(self.db),
            "counts": RequestCounts(self.db),
            "objects": self.objects,
        }
        return Forgetter(**(parts | changes))

    async def order(self, **changes: Any) -> UUID:
        """Accept an order for a film such as the upstream makes."""
        request = VideoRequest(
            model="seedance2.0-md", prompt="a kite", duration_seconds=SECONDS, resolution="480p", ratio="16:9"
        )
        quote = Quote(
            price_micros=PRICE_MICROS,
            billing_name="test",
            unit="task",
            units="1",
            unit_price_micros=PRICE_MICROS,
            price_version="1",
        )
        new = NewTask(
            id=new_id(),
            account_id=self.account.id,
            key_id=self.key.id,
            test=False,
            dialect="jimmy",
            request=msgspec.structs.replace(request, **changes),
            quote=quote,
            created_at=self.clock(),
        )
        await self.tasks.accept(new)
        return new.id

    async def task(self, task_id: UUID) -> Task:
        task = await self.tasks.get(task_id)
        assert task is not None
        return task

    async def kinds(self, task_id: UUID) -> list[str]:
        """The kinds of the task's ledger entries, in their order."""
        return [entry.kind for entry in await self.ledger.entries_of_task(task_id)]

    async def outcomes(self, task_id: UUID) -> list[str | None]:
        return [attempt.outcome for attempt in await self.attempts.of_task(task_id)]

    async def jobs(self) -> dict[UUID, str]:
        """What lies in the queue, by task: ``queued`` or ``picked``."""
        rows = await self.db.rows("SELECT dedupe_key, status::text FROM pgqueuer")
        return {UUID(row["dedupe_key"]): row["status"] for row in rows}

    async def is_idle(self) -> bool:
        """Whether the queue is empty: every job is done and put away."""
        return await self.jobs() == {}

    def has_status(self, task_id: UUID, status: str) -> Callable[[], Awaitable[bool]]:
        """Whether it has, to be asked again and again."""

        async def look() -> bool:
            return (await self.task(task_id)).status == status

        return look

    async def cut_connections(self, database_url: str) -> None:
        """End every connection to the database but one's own, as a restart of the server does."""
        connection = await asyncpg.connect(database_url)
        await connection.execute(_CUT)
        await connection.close()

    async def is_listened_to(self) -> bool:
        """Whether both lanes of a worker hear what is notified."""
        return bool(await self.db.value(_LISTENERS) == 2)


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run_until(stop))
    try:
        yield stop
    finally:
        stop.set()
        await running


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await true():
            await asyncio.sleep(0.01)


def make_film(folder: Path) -> Film:
    """A small real film of one second, its poster and its last frame."""
    width, height = frame_size("480p", "16:9")
    with av.open(str(folder / "film.mp4"), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(SECONDS * FRAMES_PER_SECOND):
            pixels = np.full((height, width, 3), number * 4, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    picture = Image.new("RGB", (width, height), "teal")
    picture.save(folder / "poster.jpg")
    picture.save(folder / "last.png")
    return Film(
        film=folder / "film.mp4",
        poster=folder / "poster.jpg",
        last_frame=folder / "last.png",
        width=width,
        height=height,
        frames=SECONDS * FRAMES_PER_SECOND,
    )

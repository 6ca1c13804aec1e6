"""Spritesheets of finished films: each is made when it is first asked for, and kept beside its film."""

import asyncio
import tempfile
from pathlib import Path
from uuid import UUID

from filmgate.errors import NotFound
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.task import Task, film_name, spritesheet_name

_GONE = "the film is gone"


class Spritesheets:
    """Makes each sheet once, however many ask for it at the same time."""

    def __init__(self, *, objects: Objects, prober: Prober, folder: Path) -> None:
        """``folder`` takes films while their pictures are drawn."""
        self._objects = objects
        self._prober = prober
        self._folder = folder
        self._making: dict[UUID, asyncio.Task[None]] = {}

    async def name_of(self, task: Task) -> str:
        """The object name of a finished film's sheet, which is there when this returns.

        Raises:
            NotFound: the film is gone.
            EngineFailed: it does not decode.
            Unavailable: the object store is away, or no process can be started.
        """
        name = spritesheet_name(task.id)
        if await self._objects.head(name) is None:
            making = self._making.get(task.id)
            if making is None:
                making = self._making[task.id] = asyncio.create_task(self._make(task, name))
                making.add_done_callback(lambda done: self._finished(task.id, done))
            # It outlives those who wait for it: they may hang up, and others may come.
            await asyncio.shield(making)
        return name

    async def close(self) -> None:
        """Leave what is being made."""
        making = list(self._making.values())
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    async def _make(self, task: Task, name: str) -> None:
        film = task.result.film if task.result else film_name(task.id)
        with tempfile.TemporaryDirectory(prefix="spritesheet-", dir=self._folder) as folder:
            path = Path(folder) / "film"
            try:
                await self._objects.fetch_to(film, path)
            except NotFound as exc:
                raise NotFound(_GONE) from exc
            sheet = await self._prober.draw_spritesheet(path)
        await self._objects.put_bytes(name, sheet, "image/jpeg")
        if await self._objects.head(film) is None:
            # Who removed the film in the meantime knew of no sheet.
            await self._objects.delete(name)
            raise NotFound(_GONE)

    def _finished(self, task_id: UUID, making: asyncio.Task[None]) -> None:
        del self._making[task_id]
        if not making.cancelled():
            # Nobody may be left to hear of a failure.
            making.exception()

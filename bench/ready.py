"""An engine that hands out films which are ready: of each shape the first one is made, and every order gets that.

The films are real: they decode from beginning to end and are what was ordered. So everything after the engine is in
earnest, and nothing of what it costs to draw is measured.
"""

import asyncio
import os
from pathlib import Path

import msgspec

from filmgate.engines.base import Engine, EngineJob, Film, Progress
from filmgate.simulator.encode import make_film, make_picture
from filmgate.simulator.films import labelled
from filmgate.video import FRAMES_PER_SECOND, frame_size

FILM_BYTES = 1_000_000

_Shape = tuple[str | None, str | None, int | None]


class Ready:
    """Hands out what another engine has made. A film is a name more for the same file; nobody changes it."""

    name = "ready"

    def __init__(self, inner: Engine, folder: Path) -> None:
        self._inner = inner
        self._folder = folder
        self._made: dict[_Shape, asyncio.Task[Film]] = {}

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        """As ``Engine.make``."""
        request = job.request
        shape = (request.resolution, request.ratio, request.duration_seconds)
        if shape not in self._made:
            folder = self._folder / str(len(self._made))
            folder.mkdir(parents=True)
            self._made[shape] = asyncio.create_task(
                self._inner.make(msgspec.structs.replace(job, folder=folder), progress)
            )
        film = await asyncio.shield(self._made[shape])
        names = {name: job.folder / getattr(film, name).name for name in ("film", "poster", "last_frame")}
        for name, path in names.items():
            os.link(getattr(film, name), path)
        return msgspec.structs.replace(film, **names)

    async def close(self) -> None:
        """As ``Engine.close``."""
        await self._inner.close()


class Plain:
    """Makes films of hardly any content, which decode about as quickly as films can, padded to ``FILM_BYTES``."""

    name = "plain"

    async def make(self, job: EngineJob, _progress: Progress) -> Film:
        """As ``Engine.make``, for orders with a resolution, a ratio and a duration."""
        return await asyncio.to_thread(_plain_film, job)

    async def close(self) -> None:
        """As ``Engine.close``."""


def _plain_film(job: EngineJob) -> Film:
    request = job.request
    if request.resolution is None or request.ratio is None or request.duration_seconds is None:
        raise ValueError("the order says too little")
    size = frame_size(request.resolution, request.ratio)
    reel = labelled(make_film(size, request.duration_seconds, sound=bool(request.audio)), job.task_id, FILM_BYTES)
    film, poster, last_frame = (job.folder / name for name in ("film.mp4", "poster.jpg", "last.png"))
    film.write_bytes(b"".join(reel.pieces(0, reel.size_bytes)))
    poster.write_bytes(make_picture(size, "JPEG"))
    last_frame.write_bytes(make_picture(size, "PNG"))
    return Film(
        film=film,
        poster=poster,
        last_frame=last_frame,
        width=size[0],
        height=size[1],
        frames=request.duration_seconds * FRAMES_PER_SECOND,
    )

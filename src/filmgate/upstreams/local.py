"""The local upstream: gives a task to an engine on this machine."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from filmgate.engines.base import Engine, EngineJob, Film, LocalMedia, Progress
from filmgate.media.fetch import MediaFetcher
from filmgate.task import Task
from filmgate.video import Media, VideoRequest

_DOWNLOADS_AT_ONCE = 4


class LocalUpstream:
    """Brings the order's media onto this machine and has an engine make the film."""

    def __init__(self, name: str, engine: Engine, fetcher: MediaFetcher) -> None:
        self.name = name
        self._engine = engine
        self._fetcher = fetcher

    async def make(self, task: Task, folder: Path, progress: Progress) -> Film:
        """As ``Upstream.make``."""
        media = await self._bring_all(task.request.media, _new_folder(folder, "media"))
        job = EngineJob(
            task_id=str(task.id),
            request=task.request,
            media=media,
            seed=await asyncio.to_thread(_seed, task.request, media),
            folder=_new_folder(folder, "film"),
        )
        return await self._engine.make(job, progress)

    async def close(self) -> None:
        """As ``Upstream.close``: the engine's work and processes end."""
        await self._engine.close()

    async def _bring_all(self, ordered: Sequence[Media], folder: Path) -> tuple[LocalMedia, ...]:
        slots = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)

        async def bring(number: int, media: Media) -> LocalMedia:
            path = folder / f"{number}-{media.kind}"
            async with slots:
                await self._fetcher.bring(media, path)
            return LocalMedia(kind=media.kind, role=media.role, path=path, field=media.field)

        brought = await asyncio.gather(*map(bring, range(len(ordered)), ordered), return_exceptions=True)
        for outcome in brought:
            # The first in the caller's order is the one that is told.
            if isinstance(outcome, BaseException):
                raise outcome
        return tuple(outcome for outcome in brought if not isinstance(outcome, BaseException))


def _new_folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir(parents=True)
    return folder


def _seed(request: VideoRequest, media: Sequence[LocalMedia]) -> int:
    """The order's seed, or one derived from what was ordered, so that the same order makes the same film.

    The bytes of the media count and not their links: the same picture comes under a new signed link each time.
    """
    if request.seed is not None and request.seed >= 0:
        return request.seed
    digest = hashlib.sha256(
        msgspec.json.encode(
            [
                request.model,
                request.prompt,
                request.duration_seconds,
                request.resolution,
                request.ratio,
                request.camera,
                request.audio,
            ]
        )
    )
    for item in media:
        digest.update(f"{item.kind} {item.role} ".encode())
        with item.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return int.from_bytes(digest.digest()[:4], "big")

"""The local upstream: gives a task to an engine on this machine."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from filmgate.catalogue.load import Catalogue
from filmgate.catalogue.media_rules import broken_media, largest_bytes
from filmgate.dialects import Dialects
from filmgate.engines.base import Engine, EngineJob, Film, LocalMedia, Progress
from filmgate.errors import MediaError, MediaRefused
from filmgate.facts import Probe
from filmgate.media.fetch import MediaFetcher
from filmgate.task import Task
from filmgate.video import Media, VideoRequest, link_scheme

_DOWNLOADS_AT_ONCE = 4


class LocalUpstream:
    """Brings the order's media onto this machine, holds them against the rules of its model where nobody has yet, and
    has an engine make the film.
    """

    def __init__(
        self, name: str, engine: Engine, *, fetcher: MediaFetcher, catalogue: Catalogue, dialects: Dialects
    ) -> None:
        self.name = name
        self._engine = engine
        self._fetcher = fetcher
        self._catalogue = catalogue
        self._dialects = dialects

    async def make(self, task: Task, folder: Path, progress: Progress) -> Film:
        """As ``Upstream.make``."""
        media = await self._bring_all(task, _new_folder(folder, "media"))
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

    async def _bring_all(self, task: Task, folder: Path) -> tuple[LocalMedia, ...]:
        """The order's media as files.

        Raises:
            MediaRefused: some of them cannot be used, or break rules of the model; all of it is listed.
        """
        # What was found to be right before the order was accepted is not judged again: the rules may have changed.
        offer = self._catalogue.find(task.request.model, task.dialect)
        is_checked = offer is None or self._dialects.named(task.dialect).checks_media_at_create
        slots = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)

        async def bring(media: Media, path: Path) -> Probe | MediaError | None:
            async with slots:
                try:
                    limit_bytes = None if offer is None else largest_bytes(offer, media.kind)
                    # Objects passed their review before the order was accepted, and do not change. Links may.
                    account_id = None if link_scheme(media.url) == "object" else task.account_id
                    await self._fetcher.bring(media, path, limit_bytes=limit_bytes, account_id=account_id)
                    return None if is_checked else await self._fetcher.look(media, path)
                except MediaError as exc:
                    return exc

        ordered = task.request.media
        paths = [folder / f"{number}-{media.kind}" for number, media in enumerate(ordered)]
        brought = await asyncio.gather(*map(bring, ordered, paths), return_exceptions=True)
        found: dict[str, Probe | MediaError] = {}
        for media, outcome in zip(ordered, brought, strict=True):
            if isinstance(outcome, Probe | MediaError):
                found[media.field] = outcome
            elif outcome is not None:
                raise outcome
        if broken := broken_media(None if is_checked else offer, task.request, found):
            kinds = {media.field: media.kind for media in ordered}
            raise MediaRefused(broken, kind=kinds[broken[0].field])
        return tuple(
            LocalMedia(kind=media.kind, role=media.role, path=path, field=media.field)
            for media, path in zip(ordered, paths, strict=True)
        )


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

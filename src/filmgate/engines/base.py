"""What every engine is: something on this machine that makes a film file from an order."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from filmgate.label import Source
from filmgate.video import MediaKind, MediaRole, VideoRequest

Progress = Callable[[int], None]
"""Called with the percentage of the film that is done, 0 to 100, never falling."""


class LocalMedia(msgspec.Struct, frozen=True, kw_only=True):
    """One picture, clip or sound of the order, brought onto this machine. Untrusted bytes."""

    kind: MediaKind
    role: MediaRole
    path: Path
    field: str
    """As in ``Media.field``, for errors."""


class EngineJob(msgspec.Struct, frozen=True, kw_only=True):
    """One film to make. Built by ``upstreams.local``."""

    task_id: str
    request: VideoRequest
    """Complete: duration, resolution and ratio are set, ``media`` is as ordered."""
    media: tuple[LocalMedia, ...]
    """The same media in the same order, as files."""
    seed: int
    """The order's seed, or one derived from the order. Same order and seed, same pictures."""
    folder: Path
    """An empty folder of the job's own; the engine writes only here, the caller removes it."""


class Film(msgspec.Struct, frozen=True, kw_only=True):
    """A finished film and its two pictures, in the job's folder."""

    film: Path
    """MP4: H.264, AAC 48 kHz, 24 frames per second, faststart."""
    poster: Path
    """JPEG: a telling frame of the film, at the film's size."""
    last_frame: Path
    """PNG: the very last frame, without the watermark."""
    width: int
    height: int
    frames: int
    source: Source = "trained"
    """How its pictures came about."""
    marked: bool = False
    """Words in its pictures say already that they are generated."""


class Engine(Protocol):
    """Local generation. Implementations: ``animatic``, ``scripted``."""

    name: str

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        """Make the film.

        Cancelling the coroutine ends the work at once and frees what it used.

        Raises:
            EngineFailed: the film could not be made.
            MediaError: one of the job's files cannot be used; its ``field`` says which.
        """
        ...

    async def close(self) -> None:
        """End all work and all processes of the engine."""
        ...

"""Bringing home: a vendor's film becomes ours: fetched, decoded, measured, labelled, laid into the store.

What a vendor says about its film is believed only as far as decoding shows it:

    no link, a dead link, not a film, a film that does not decode ──> a fresh link, some times over, then no film
    a film that is none of what was ordered ────────────────────────> no film
"""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import structlog

from filmgate.dialects.client import Report
from filmgate.errors import EngineFailed, OutboundError, UpstreamFailed
from filmgate.media.probe import Prober, Watched
from filmgate.objects import Objects
from filmgate.outbound import AnswerTooLarge
from filmgate.task import Result, Task
from filmgate.upstreams.base import Film
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.video import ADAPTIVE, frame_size
from filmgate.work.label import Labeller, labelled
from filmgate.work.save import save
from filmgate.work.steps import Steps

LARGEST_FILM_BYTES = 4 << 30
_LONGEST_DOWNLOAD_SECONDS = 1800.0
# Vendors' encoders add or drop some frames; their lengths are whole seconds all the same.
_LENGTH_TOLERANCE_SECONDS = 0.6
# Of the ordered pixels, or of the film's; a neighbouring resolution has half as many, or twice.
_LEAST_SHARE = 0.6
_FORMATS = ("mp4", "mov", "m4v")

_log = structlog.get_logger("filmgate.work")


class NoFilm(Exception):
    """The vendor's film cannot be had, or is none of what was ordered. The message is for the customer."""


class Bringer:
    """Brings films home, each by way of a folder of its own below ``folder``."""

    def __init__(
        self,
        steps: Steps,
        objects: Objects,
        prober: Prober,
        folder: Path,
        pauses_seconds: Sequence[float],
        labeller: Labeller | None = None,
    ) -> None:
        """``pauses_seconds`` go before each further try; ``labeller``: None leaves films as they come."""
        self._steps = steps
        self._objects = objects
        self._prober = prober
        self._folder = folder
        self._pauses_seconds = pauses_seconds
        self._labeller = labeller

    async def bring(self, task: Task, upstream: RemoteUpstream, report: Report) -> Result:
        """Bring a finished film home. Doing it again writes the same objects again.

        Raises:
            NoFilm: there is none to be had.
            Unavailable: the object store, or this machine's disk, is away.
        """
        folder = self._folder / str(task.id) / f"bring-{uuid4().hex}"
        folder.mkdir(parents=True)
        try:
            return await self._bring(task, upstream, report, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _bring(self, task: Task, upstream: RemoteUpstream, report: Report, folder: Path) -> Result:
        for pause_seconds in (*self._pauses_seconds, None):
            try:
                watched = await self._fetch(upstream, report, folder / "film.mp4")
                break
            except (OutboundError, EngineFailed) as exc:
                _log.warning("film.not_brought", task=str(task.id), upstream=upstream.name, reason=exc.message)
                if pause_seconds is None or isinstance(exc, AnswerTooLarge):
                    raise NoFilm(f"the film could not be fetched from its vendor: {exc.message}") from exc
            await asyncio.sleep(pause_seconds)
            report = await self._fresh(upstream, report)
        _check(task, watched)
        is_marked = task.request.watermark is True and upstream.draws_watermark
        made = await asyncio.to_thread(_as_film, watched, folder, is_marked=is_marked)
        film, labels = await labelled(self._labeller, task, made)
        seconds = watched.probe.seconds or 0.0
        return await self._steps.patiently(lambda: save(task, film, seconds, self._objects, labels))

    async def _fetch(self, upstream: RemoteUpstream, report: Report, path: Path) -> Watched:
        if report.film_url is None:
            raise EngineFailed("the vendor names no link to it")
        await upstream.download(
            report.film_url, path, limit_bytes=LARGEST_FILM_BYTES, timeout_seconds=_LONGEST_DOWNLOAD_SECONDS
        )
        return await self._prober.watch_film(path)

    async def _fresh(self, upstream: RemoteUpstream, report: Report) -> Report:
        """The same film with a link of now, where the vendor gives one."""
        try:
            again = await upstream.look(report.vendor_id)
        except UpstreamFailed:
            return report
        return again if again.state == "succeeded" else report


def _check(task: Task, watched: Watched) -> None:
    """Whether the film is what was ordered, as far as every vendor keeps to it: a film, and of the ordered length.

    Vendors have pixel tables of their own, so of its size only the number of pixels counts, and that roughly.

    Raises:
        NoFilm: it is not.
    """
    probe, ordered_seconds = watched.probe, task.request.duration_seconds
    if probe.format not in _FORMATS:
        raise NoFilm(f"the vendor's film is in the format {probe.format}")
    if ordered_seconds and abs((probe.seconds or 0) - ordered_seconds) > _LENGTH_TOLERANCE_SECONDS:
        raise NoFilm(f"the vendor's film lasts {probe.seconds} s instead of {ordered_seconds} s")
    width, height = probe.width or 0, probe.height or 0
    ordered = frame_size(task.request.resolution, ADAPTIVE) if task.request.resolution else (width, height)
    if not _LEAST_SHARE <= width * height / (ordered[0] * ordered[1]) <= 1 / _LEAST_SHARE:
        raise NoFilm(f"the vendor's film is {width}x{height}, which is not {task.request.resolution}")


def _as_film(watched: Watched, folder: Path, *, is_marked: bool) -> Film:
    poster, last_frame = folder / "poster.jpg", folder / "last.png"
    poster.write_bytes(watched.poster)
    last_frame.write_bytes(watched.last_frame)
    probe = watched.probe
    return Film(
        film=folder / "film.mp4",
        poster=poster,
        last_frame=last_frame,
        width=probe.width or 0,
        height=probe.height or 0,
        frames=probe.frames or 0,
        marked=is_marked,
    )

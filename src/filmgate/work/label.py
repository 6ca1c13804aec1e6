"""Labelling: what is put onto a film, on its way home, that says where it came from.

    the film as it came ─> words in its pictures ─> AIGC entry ─> signed manifest
                           where they are asked      (metadata)     (full)
                           for and not there yet

No film is lost for a label: what cannot be done, after a second try, is left out, written into the log as
``film.not_labelled``, and missing among the labels of the result.

A manifest is never the same twice: it holds random numbers and a time. So that a film that is saved again, by a worker
that was thought dead, has the same bytes again, the first manifest of a task is kept beside the film, and every later
one of the same film makes way for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, Protocol, TypeVar, get_args

import anyio
import msgspec
import structlog

from filmgate.errors import EngineFailed, Unavailable
from filmgate.label import IS_GENERATED, AigcEntry, Label
from filmgate.media.label import LabelWriter, NotLabelled
from filmgate.media.label_facts import Labelled
from filmgate.media.manifest import FilmFacts
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.task import Task, manifest_name
from filmgate.upstreams.base import Film
from filmgate.work.steps import Steps

Extent = Literal["full", "metadata", "off"]

_LONGEST_MARKING_SECONDS = 1800.0
_TRIES = 2
_MANIFEST_TYPE = "application/c2pa"
_ORDER: tuple[Label, ...] = get_args(Label)

_log = structlog.get_logger("filmgate.work")

Done = TypeVar("Done")


class Marker(Protocol):
    """Draws words into the pictures of films: ``engines.burn``."""

    async def burn(self, film: Path, poster: Path, marked_film: Path, marked_poster: Path, *, task_id: str) -> int:
        """Write a marked film and a marked poster; returns how many pictures the film has.

        Raises:
            EngineFailed: it cannot be marked.
        """
        ...


async def labelled(labeller: "Labeller | None", task: Task, film: Film) -> tuple[Film, tuple[Label, ...]]:
    """The film with its labels, and which they are; without a labeller it stays as it is."""
    return (film, ()) if labeller is None else await labeller.label(task, film)


class Labeller:
    """Labels finished films.

    Args:
        extent: ``full`` is an entry and a manifest, ``metadata`` an entry, ``off`` neither. Words are drawn where the
            order asks for them, whatever it is.
        producer: who generates the films, for their entries; likewise ``propagator``, who passes them on, or empty.
    """

    def __init__(
        self,
        *,
        extent: Extent,
        writer: LabelWriter,
        marker: Marker,
        prober: Prober,
        objects: Objects,
        steps: Steps,
        producer: str,
        propagator: str = "",
    ) -> None:
        self._extent = extent
        self._writer = writer
        self._marker = marker
        self._prober = prober
        self._objects = objects
        self._steps = steps
        self._producer = producer
        self._propagator = propagator

    async def label(self, task: Task, film: Film) -> tuple[Film, tuple[Label, ...]]:
        """The film with its labels, in its own folder, and which they are. Doing it again gives the same bytes again.

        No trouble with a label is raised: the film then does without.

        Raises:
            Unavailable: the object store is away, and stays away.
        """
        folder = film.film.parent / "labels"
        await anyio.Path(folder).mkdir(exist_ok=True)
        shown = await self._marked(task, film, folder)
        labels: set[Label] = {"visible"} if shown.marked else set()
        if self._extent != "off":
            labelled = await self._attempt(task, "c2pa, aigc", lambda: self._labelled(task, film, shown, folder))
            if labelled is not None:
                await self._take_first_manifest(task, labelled)
                shown = msgspec.structs.replace(shown, film=Path(labelled.path))
                labels.update(labelled.labels)
                for problem in labelled.problems:
                    _log.error("film.not_labelled", task=str(task.id), reason=problem)
        return shown, tuple(label for label in _ORDER if label in labels)

    async def _marked(self, task: Task, film: Film, folder: Path) -> Film:
        """The film with words in its pictures, where they are asked for and its maker did not draw any."""
        if not task.request.watermark or film.marked:
            return film
        return await self._attempt(task, "visible", lambda: self._burn(task, film, folder)) or film

    async def _burn(self, task: Task, film: Film, folder: Path) -> Film:
        marked_film, marked_poster = folder / "marked.mp4", folder / "marked.jpg"
        try:
            async with asyncio.timeout(_LONGEST_MARKING_SECONDS):
                await self._marker.burn(film.film, film.poster, marked_film, marked_poster, task_id=str(task.id))
        except TimeoutError as exc:
            raise EngineFailed(f"it cannot be marked within {_LONGEST_MARKING_SECONDS:g} seconds") from exc
        probe = await self._prober.check_film(marked_film)
        if (probe.width, probe.height, probe.frames) != (film.width, film.height, film.frames):
            raise EngineFailed(f"marked it is {probe.width}x{probe.height} with {probe.frames} frames")
        return msgspec.structs.replace(film, film=marked_film, poster=marked_poster, marked=True)

    async def _labelled(self, task: Task, film: Film, shown: Film, folder: Path) -> Labelled:
        entry = AigcEntry(
            label=IS_GENERATED,
            content_producer=self._producer,
            produce_id=str(task.id),
            content_propagator=self._propagator,
            propagate_id=str(task.id) if self._propagator else "",
        )
        facts = self._facts(task, film, is_marked_here=shown.film != film.film)
        return await self._writer.label(shown.film, film.film, folder, entry, facts)

    async def _take_first_manifest(self, task: Task, labelled: Labelled) -> None:
        """Give the film the manifest that it was given first, if it is the same film."""
        own, name = labelled.manifest, manifest_name(task.id)
        if not own:
            return
        first = await self._steps.patiently(lambda: self._objects.put_first(name, own, _MANIFEST_TYPE))
        if first == own or await self._is_put(Path(labelled.path), own, first):
            return
        # It is another film than the first time, of another maker perhaps: what was kept is of no use any more.
        await self._steps.patiently(lambda: self._objects.put_bytes(name, own, _MANIFEST_TYPE))

    async def _is_put(self, path: Path, own: bytes, first: bytes) -> bool:
        try:
            return await self._writer.put(path, own, first)
        except (NotLabelled, Unavailable):
            return False

    def _facts(self, task: Task, film: Film, *, is_marked_here: bool) -> FilmFacts:
        request = task.request
        return FilmFacts(
            task_id=str(task.id),
            model=request.model,
            mode=request.mode,
            duration_seconds=request.duration_seconds,
            resolution=request.resolution,
            ratio=request.ratio,
            audio=request.audio,
            source=film.source,
            marked=is_marked_here,
            made_at=self._steps.clock(),
        )

    async def _attempt(self, task: Task, label: str, step: Callable[[], Awaitable[Done]]) -> Done | None:
        """Take a step, twice where another try may help; None where it cannot be taken."""
        reason = ""
        for _ in range(_TRIES):
            try:
                return await step()
            except EngineFailed as exc:
                reason = exc.message
                if not exc.retry:
                    break
            except (NotLabelled, Unavailable) as exc:
                reason = str(exc)
        _log.error("film.not_labelled", task=str(task.id), label=label, reason=reason)
        return None

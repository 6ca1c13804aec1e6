"""Films with their labels on their way home: what is stored is what is told, and no film is lost for a label."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conftest import Clock
from tests.media.box_samples import decoded_frames, metadata, packets, top_boxes
from tests.work.workshop import Workshop

from filmgate.engines.base import Film
from filmgate.engines.burn import Burner
from filmgate.errors import EngineFailed, Unavailable
from filmgate.label import read_entry
from filmgate.media.credentials import development_credentials, trust_in
from filmgate.media.label import LabelReader, LabelWriter, NotLabelled
from filmgate.objects import Objects
from filmgate.task import Task, film_name, manifest_name
from filmgate.work.label import Extent, Labeller, labelled
from filmgate.work.save import save


class OtherMarker:
    """Draws nothing: writes another film in the place of the marked one."""

    def __init__(self, film: Path | None = None, retry: bool = False) -> None:
        """``film``: None fails, as ``retry`` says."""
        self._film = film
        self._retry = retry
        self.asked = 0

    async def burn(self, film: Path, poster: Path, marked_film: Path, marked_poster: Path, *, task_id: str) -> int:
        self.asked += 1
        if self._film is None:
            raise EngineFailed("no ink is left", retryable=self._retry)
        await asyncio.to_thread(shutil.copy, self._film, marked_film)
        await asyncio.to_thread(shutil.copy, poster, marked_poster)
        return 24


class BrokenWriter(LabelWriter):
    """Labels nothing."""

    def __init__(self) -> None:
        super().__init__(None, trust_in([]))
        self.asked = 0

    async def label(self, *parts: Any) -> Any:
        self.asked += 1
        raise NotLabelled("not today")


class AwayObjects(Objects):
    """Takes no manifest for a while."""

    times = 2

    async def put_first(self, name: str, data: bytes, content_type: str) -> bytes:
        self.times -= 1
        if self.times >= 0:
            raise Unavailable("the object store is away")
        return await super().put_first(name, data, content_type)


@pytest.fixture(scope="session")
async def writer() -> AsyncIterator[LabelWriter]:
    credentials = development_credentials(Clock()())
    writer = LabelWriter(credentials, trust_in([credentials.chain]))
    yield writer
    await writer.close()


@pytest.fixture
async def burner() -> AsyncIterator[Burner]:
    burner = Burner(1)
    yield burner
    await burner.close()


@pytest.fixture
def own_film(film: Film, tmp_path: Path) -> Film:
    """The film in a folder of this test."""
    folder = tmp_path / "made"
    folder.mkdir()
    files = {name: Path(shutil.copy(getattr(film, name), folder)) for name in ("film", "poster", "last_frame")}
    return msgspec.structs.replace(film, **files)


def labeller(
    workshop: Workshop, writer: LabelWriter, marker: Any = None, extent: Extent = "full", **parts: Any
) -> Labeller:
    known: dict[str, Any] = {
        "extent": extent,
        "writer": writer,
        "marker": marker or OtherMarker(),
        "prober": workshop.prober,
        "objects": workshop.objects,
        "steps": workshop.steps(),
        "producer": "影门",
    }
    return Labeller(**(known | parts))


async def ordered(workshop: Workshop, **changes: Any) -> Task:
    return await workshop.task(await workshop.order(**changes))


async def stored(workshop: Workshop, task: Task) -> bytes:
    return b"".join([piece async for piece in workshop.objects.stream(film_name(task.id))])


def again(film: Film, folder: Path) -> Film:
    """The same film, made once more."""
    folder.mkdir()
    return msgspec.structs.replace(film, film=Path(shutil.copy(film.film, folder)))


async def test_what_is_stored_is_the_labelled_film_and_what_is_told_of_it(
    workshop: Workshop, writer: LabelWriter, own_film: Film, tmp_path: Path
) -> None:
    task = await ordered(workshop)
    shown, labels = await labelled(labeller(workshop, writer), task, own_film)
    result = await save(task, shown, 1.0, workshop.objects, labels)
    film = await stored(workshop, task)
    assert result.labels == ("c2pa", "aigc")
    assert (result.size_bytes, result.sha256) == (len(film), hashlib.sha256(film).hexdigest())
    assert film != own_film.film.read_bytes()
    path = tmp_path / "stored.mp4"
    path.write_bytes(film)
    assert packets(path) == packets(own_film.film)
    assert decoded_frames(path) == 24
    assert top_boxes(path).index("moov") < top_boxes(path).index("mdat")
    entry = read_entry(metadata(path)["AIGC"])
    assert entry is not None
    assert (entry.label, entry.content_producer, entry.produce_id) == ("1", "影门", str(task.id))


async def test_a_task_that_is_run_ends_with_its_labels(workshop: Workshop, writer: LabelWriter) -> None:
    task_id = await workshop.order()
    await workshop.runner(labeller=labeller(workshop, writer)).run(task_id)
    task = await workshop.task(task_id)
    assert task.result is not None
    assert task.result.labels == ("c2pa", "aigc")
    assert hashlib.sha256(await stored(workshop, task)).hexdigest() == task.result.sha256


async def test_a_film_that_is_made_again_has_the_same_bytes_again(
    workshop: Workshop, writer: LabelWriter, own_film: Film, tmp_path: Path
) -> None:
    task, second = await ordered(workshop), again(own_film, tmp_path / "second")
    here = labeller(workshop, writer)
    films = [(await here.label(task, film))[0].film.read_bytes() for film in (own_film, second)]
    assert films[0] == films[1]


async def test_another_film_than_the_first_time_gets_a_manifest_of_its_own(
    workshop: Workshop, writer: LabelWriter, own_film: Film, tmp_path: Path
) -> None:
    task, other = await ordered(workshop), again(own_film, tmp_path / "second")
    here = labeller(workshop, writer)
    await here.label(task, own_film)
    first = [piece async for piece in workshop.objects.stream(manifest_name(task.id))]
    changed = bytearray(other.film.read_bytes())
    changed[-20] ^= 1
    other.film.write_bytes(changed)
    shown, labels = await here.label(task, other)
    assert labels == ("c2pa", "aigc")
    assert [piece async for piece in workshop.objects.stream(manifest_name(task.id))] != first
    reader = LabelReader()
    try:
        found = await reader.read(shown.film, trust_in([]))
    finally:
        await reader.close()
    assert found.manifest is not None
    assert found.manifest.state == "valid"


async def test_a_store_that_is_away_is_waited_for(
    workshop: Workshop, writer: LabelWriter, own_film: Film, tmp_path: Path
) -> None:
    objects = AwayObjects.open(tmp_path / "away")
    here, task = labeller(workshop, writer, objects=objects), await ordered(workshop)
    _, labels = await here.label(task, own_film)
    assert labels == ("c2pa", "aigc")
    assert await objects.head(manifest_name(task.id)) is not None


async def test_a_store_that_stays_away_is_no_trouble_of_the_label(
    workshop: Workshop, writer: LabelWriter, own_film: Film, tmp_path: Path
) -> None:
    objects = AwayObjects.open(tmp_path / "away")
    objects.times = 100
    with pytest.raises(Unavailable):
        await labeller(workshop, writer, objects=objects).label(await ordered(workshop), own_film)


async def test_without_labels_a_film_stays_byte_for_byte(
    workshop: Workshop, writer: LabelWriter, own_film: Film
) -> None:
    shown, labels = await labeller(workshop, writer, extent="off").label(await ordered(workshop), own_film)
    assert (shown, labels) == (own_film, ())


async def test_a_film_that_cannot_be_labelled_is_saved_without(workshop: Workshop, own_film: Film) -> None:
    broken = BrokenWriter()
    task_id = await workshop.order()
    await workshop.runner(labeller=labeller(workshop, broken)).run(task_id)
    task = await workshop.task(task_id)
    assert task.result is not None
    assert (task.status, task.result.labels, broken.asked) == ("succeeded", (), 2)
    assert await stored(workshop, task) == own_film.film.read_bytes()
    assert await workshop.kinds(task_id) == ["reserve", "settle"]


async def test_words_are_drawn_where_they_are_ordered_and_not_there_yet(
    workshop: Workshop, writer: LabelWriter, burner: Burner, own_film: Film
) -> None:
    task = await ordered(workshop, watermark=True)
    shown, labels = await labeller(workshop, writer, burner).label(task, own_film)
    assert labels == ("c2pa", "aigc", "visible")
    assert packets(shown.film) != packets(own_film.film)
    assert decoded_frames(shown.film) == 24
    assert shown.poster.read_bytes() != own_film.poster.read_bytes()
    assert shown.last_frame == own_film.last_frame


async def test_words_are_drawn_whatever_else_a_film_carries(
    workshop: Workshop, writer: LabelWriter, burner: Burner, own_film: Film
) -> None:
    task = await ordered(workshop, watermark=True)
    _, labels = await labeller(workshop, writer, burner, extent="off").label(task, own_film)
    assert labels == ("visible",)


@pytest.mark.parametrize(("watermark", "is_marked"), [(True, True), (False, False), (None, False)])
async def test_no_film_is_encoded_anew_for_nothing(
    workshop: Workshop, writer: LabelWriter, own_film: Film, watermark: bool | None, is_marked: bool
) -> None:
    marker = OtherMarker()
    film = msgspec.structs.replace(own_film, marked=is_marked)
    shown, labels = await labeller(workshop, writer, marker).label(await ordered(workshop, watermark=watermark), film)
    assert marker.asked == 0
    assert packets(shown.film) == packets(own_film.film)
    assert ("visible" in labels) is is_marked


async def test_a_film_of_another_gate_is_passed_on_byte_for_byte(
    workshop: Workshop, writer: LabelWriter, own_film: Film
) -> None:
    inner, _ = await labeller(workshop, writer).label(await ordered(workshop), own_film)
    made = inner.film.read_bytes()
    other = development_credentials(workshop.clock())
    outer = LabelWriter(other, trust_in([other.chain]))
    try:
        shown, labels = await labeller(workshop, outer, producer="another").label(await ordered(workshop), inner)
    finally:
        await outer.close()
    assert labels == ("c2pa", "aigc")
    assert shown.film.read_bytes() == made


@pytest.mark.parametrize(("retry", "asked"), [(True, 2), (False, 1)])
async def test_a_film_that_cannot_be_marked_keeps_its_other_labels(
    workshop: Workshop, writer: LabelWriter, own_film: Film, retry: bool, asked: int
) -> None:
    marker = OtherMarker(retry=retry)
    shown, labels = await labeller(workshop, writer, marker).label(await ordered(workshop, watermark=True), own_film)
    assert (labels, marker.asked) == (("c2pa", "aigc"), asked)
    assert packets(shown.film) == packets(own_film.film)


async def test_a_marked_film_that_is_another_is_not_taken(
    workshop: Workshop, writer: LabelWriter, own_film: Film
) -> None:
    # Of another number of frames than it is said to have.
    film = msgspec.structs.replace(own_film, frames=48)
    marker = OtherMarker(own_film.film)
    shown, labels = await labeller(workshop, writer, marker).label(await ordered(workshop, watermark=True), film)
    assert (labels, marker.asked) == (("c2pa", "aigc"), 1)
    assert shown.poster == own_film.poster

"""Bringing a film home: only what was ordered, and whole."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.work.workshop import Workshop

from filmgate.engines.base import Film
from filmgate.errors import EngineFailed, Unavailable
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.task import Result, Task
from filmgate.work.save import checked_length_seconds, save


async def _ordered(workshop: Workshop, **changes: Any) -> Task:
    return await workshop.task(await workshop.order(**changes))


async def checked_and_saved(task: Task, film: Film, objects: Objects, prober: Prober) -> Result:
    return await save(task, film, await checked_length_seconds(task.request, film, prober), objects)


async def test_a_film_lies_beside_its_two_pictures_under_the_tasks_id(workshop: Workshop, film: Film) -> None:
    task = await _ordered(workshop)
    result = await checked_and_saved(task, film, workshop.objects, workshop.prober)
    assert (result.film, result.poster, result.last_frame) == tuple(
        f"films/{task.id}.{suffix}" for suffix in ("mp4", "jpg", "png")
    )
    made = {result.film: film.film, result.poster: film.poster, result.last_frame: film.last_frame}
    for name, path in made.items():
        assert b"".join([piece async for piece in workshop.objects.stream(name)]) == path.read_bytes()


async def test_saving_again_gives_the_same_result(workshop: Workshop, film: Film) -> None:
    task = await _ordered(workshop)
    first = await checked_and_saved(task, film, workshop.objects, workshop.prober)
    assert await checked_and_saved(task, film, workshop.objects, workshop.prober) == first


@pytest.mark.parametrize(
    "ordered",
    [{"duration_seconds": 2}, {"resolution": "720p"}, {"ratio": "9:16"}, {"ratio": "adaptive", "resolution": "1080p"}],
)
async def test_a_film_that_was_not_ordered_is_refused(workshop: Workshop, film: Film, ordered: dict[str, Any]) -> None:
    task = await _ordered(workshop, **ordered)
    with pytest.raises(EngineFailed, match="not what was ordered"):
        await checked_and_saved(task, film, workshop.objects, workshop.prober)
    assert await workshop.objects.head(f"films/{task.id}.mp4") is None


async def test_an_adaptive_film_may_have_any_shape_of_its_resolution(workshop: Workshop, film: Film) -> None:
    task = await _ordered(workshop, ratio="adaptive")
    assert (await checked_and_saved(task, film, workshop.objects, workshop.prober)).size == (864, 496)


async def test_a_film_of_another_size_than_its_upstream_says_is_refused(workshop: Workshop, film: Film) -> None:
    task = await _ordered(workshop, resolution="720p")
    lying = msgspec.structs.replace(film, width=1280, height=720)
    with pytest.raises(EngineFailed, match="said to be"):
        await checked_and_saved(task, lying, workshop.objects, workshop.prober)


async def test_a_film_that_breaks_off_is_refused(workshop: Workshop, film: Film, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    whole = film.film.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    task = await _ordered(workshop)
    with pytest.raises(EngineFailed):
        await checked_and_saved(task, msgspec.structs.replace(film, film=broken), workshop.objects, workshop.prober)


async def test_an_object_store_that_is_away_says_so(workshop: Workshop, film: Film, tmp_path: Path) -> None:
    objects = Objects.open(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    (tmp_path / "gone").write_text("a file where the folder was")
    with pytest.raises(Unavailable):
        await checked_and_saved(await _ordered(workshop), film, objects, workshop.prober)

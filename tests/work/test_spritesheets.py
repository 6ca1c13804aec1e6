"""Spritesheets: made once, kept beside the film, gone with it."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.work.workshop import Workshop

from filmgate.errors import EngineFailed, NotFound
from filmgate.task import Task, film_name, spritesheet_name
from filmgate.work.spritesheet import Spritesheets


@pytest.fixture
async def spritesheets(workshop: Workshop) -> AsyncIterator[Spritesheets]:
    workshop.folder.mkdir()
    opened = Spritesheets(objects=workshop.objects, prober=workshop.prober, folder=workshop.folder)
    yield opened
    await opened.close()


async def _filmed(workshop: Workshop) -> Task:
    task_id = await workshop.order()
    await workshop.runner().run(task_id)
    task = await workshop.task(task_id)
    assert task.status == "succeeded"
    return task


async def _bytes(workshop: Workshop, name: str) -> bytes:
    return b"".join([piece async for piece in workshop.objects.stream(name)])


async def test_a_sheet_is_made_when_it_is_asked_for_and_then_kept(
    workshop: Workshop, spritesheets: Spritesheets, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await _filmed(workshop)
    assert await workshop.objects.head(spritesheet_name(task.id)) is None
    name = await spritesheets.name_of(task)
    assert name == spritesheet_name(task.id)
    assert Image.open(BytesIO(await _bytes(workshop, name))).size == (1600, 5 * 184)
    assert list(workshop.folder.iterdir()) == []
    monkeypatch.setattr(workshop.prober, "draw_spritesheet", None)
    assert await spritesheets.name_of(task) == name


async def test_many_who_ask_at_once_cause_one_drawing(
    workshop: Workshop, spritesheets: Spritesheets, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, drawn, go_on = await _filmed(workshop), 0, asyncio.Event()

    async def draw(path: Path) -> bytes:
        nonlocal drawn
        drawn += 1
        await go_on.wait()
        return path.read_bytes()[:10]

    monkeypatch.setattr(workshop.prober, "draw_spritesheet", draw)
    asking = [asyncio.create_task(spritesheets.name_of(task)) for _ in range(5)]
    await asyncio.sleep(0.1)
    asking[0].cancel()
    go_on.set()
    answers: list[Any] = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [spritesheet_name(task.id)] * 4
    assert drawn == 1


async def test_a_film_that_is_gone_has_no_sheet(workshop: Workshop, spritesheets: Spritesheets) -> None:
    task = await _filmed(workshop)
    await workshop.objects.delete(film_name(task.id))
    with pytest.raises(NotFound):
        await spritesheets.name_of(task)


async def test_a_film_that_goes_while_its_sheet_is_drawn_leaves_none_behind(
    workshop: Workshop, spritesheets: Spritesheets, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await _filmed(workshop)

    async def draw(_path: Path) -> bytes:
        await workshop.objects.delete(film_name(task.id))
        return b"a sheet"

    monkeypatch.setattr(workshop.prober, "draw_spritesheet", draw)
    with pytest.raises(NotFound):
        await spritesheets.name_of(task)
    assert await workshop.objects.head(spritesheet_name(task.id)) is None


async def test_what_does_not_decode_is_tried_again_by_the_next(workshop: Workshop, spritesheets: Spritesheets) -> None:
    task = await _filmed(workshop)
    film = await _bytes(workshop, film_name(task.id))
    await workshop.objects.put_bytes(film_name(task.id), b"no film", "video/mp4")
    with pytest.raises(EngineFailed):
        await spritesheets.name_of(task)
    await workshop.objects.put_bytes(film_name(task.id), film, "video/mp4")
    assert await spritesheets.name_of(task)


async def test_closing_leaves_what_is_being_made(
    workshop: Workshop, spritesheets: Spritesheets, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await _filmed(workshop)

    async def forever(_path: Path) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(workshop.prober, "draw_spritesheet", forever)
    asking = asyncio.create_task(spritesheets.name_of(task))
    await asyncio.sleep(0.1)
    await spritesheets.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert list(workshop.folder.iterdir()) == []

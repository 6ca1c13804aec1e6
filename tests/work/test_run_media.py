"""Orders whose media nobody looked at when they were accepted: the task fails with every reason, and costs nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.media_site import make_files, serving
from tests.work.workshop import PRICE_MICROS, Workshop

from filmgate.catalogue.load import load_catalogue
from filmgate.dialects import build_dialects
from filmgate.engines.base import EngineJob, Film, Progress
from filmgate.media.fetch import MediaFetcher
from filmgate.outbound import Outbound
from filmgate.task import Task
from filmgate.upstreams.local import LocalUpstream
from filmgate.video import Media, MediaKind
from filmgate.work.run import Runner


class NotedEngine:
    """Makes no film, and keeps the jobs it was given."""

    name = "noted"

    def __init__(self) -> None:
        self.jobs: list[EngineJob] = []

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        self.jobs.append(job)
        raise AssertionError("no film is made in these tests")

    async def close(self) -> None:
        pass


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("site")
    make_files(folder)
    async with serving(folder) as address:
        yield address


@pytest.fixture
def engine() -> NotedEngine:
    return NotedEngine()


@pytest.fixture
async def runner(workshop: Workshop, engine: NotedEngine) -> AsyncIterator[Runner]:
    outbound = Outbound(allow_private_networks=True)
    fetcher = MediaFetcher(outbound, workshop.objects, workshop.prober)
    upstream = LocalUpstream("local", engine, fetcher=fetcher, catalogue=load_catalogue(), dialects=build_dialects())
    yield workshop.runner(choose_upstream=lambda _task: upstream)
    await outbound.close()


def _media(*links: tuple[MediaKind, str, str]) -> tuple[Media, ...]:
    return tuple(Media(kind=kind, role="reference", url=url, field=field) for kind, field, url in links)


async def _failed(workshop: Workshop, runner: Runner, **order: Any) -> Task:
    task_id = await workshop.order(**order)
    await runner.run(task_id)
    task = await workshop.task(task_id)
    assert (task.status, task.cost_micros) == ("failed", 0)
    assert await workshop.kinds(task_id) == ["reserve", "release"]
    balance = await workshop.accounts.balance(workshop.account.id)
    assert (balance.available, balance.held) == (10 * PRICE_MICROS, 0)
    return task


async def test_every_reason_is_told_in_the_order_of_the_media(
    workshop: Workshop, runner: Runner, engine: NotedEngine, site: str, tmp_path: Path
) -> None:
    media = _media(
        ("image", "images[0]", f"{site}/a.png"),
        ("image", "images[1]", f"{site}/a.gif"),
        ("image", "images[2]", f"{site}/none.png"),
        ("image", "images[3]", f"{site}/page.png"),
        ("video", "reference_videos[0]", f"{site}/slow.mp4"),
    )
    task = await _failed(workshop, runner, media=media)
    assert task.error is not None
    assert task.error.code == "media_error"
    assert task.error.message.split("; ") == [
        "images[1]: must be jpeg, png, webp, bmp or tiff, not gif",
        "images[2]: the link given as image cannot be fetched: the link answers with status 404",
        "images[3]: the file given as image is in none of the formats jpeg, png, webp, bmp, tiff, gif",
        "reference_videos[0]: must have a shorter side of 720 to 2160 pixels, not 640",
        "reference_videos[0]: must have 24 to 60 frames per second, not 12",
        "reference_videos[0]: must be 2 to 15 seconds long, not 0.5",
    ]
    assert engine.jobs == []
    assert list(workshop.folder.rglob("*")) == []


async def test_a_picture_among_the_clips_fails_the_order(workshop: Workshop, runner: Runner, site: str) -> None:
    """What STD says of its reference videos (spec jimmy 4.10)."""
    media = _media(("video", "reference_videos[0]", f"{site}/a.png"))
    task = await _failed(workshop, runner, model="seedance2.0-std", media=media)
    assert task.error is not None
    assert task.error.message == "reference_videos[0]: the file given as video is an image (png)"


async def test_right_media_go_to_the_engine(workshop: Workshop, runner: Runner, engine: NotedEngine, site: str) -> None:
    media = _media(("image", "images[0]", f"{site}/a.png"), ("video", "reference_videos[0]", f"{site}/a.mp4"))
    task_id = await workshop.order(media=media)
    with pytest.raises(Exception, match="internal error"):
        await runner.run(task_id)
    (job,) = engine.jobs
    assert [item.field for item in job.media] == ["images[0]", "reference_videos[0]"]

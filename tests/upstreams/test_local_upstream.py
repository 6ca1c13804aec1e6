"""The local upstream: brings media, derives the seed, and gives the job to the engine."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import Clock

from filmgate.catalogue.load import load_catalogue
from filmgate.dialects import build_dialects
from filmgate.engines.base import EngineJob, Film, Progress
from filmgate.errors import MediaRefused, MediaUnreachable
from filmgate.facts import Probe
from filmgate.task import Quote, Task
from filmgate.upstreams.local import LocalUpstream
from filmgate.video import Media, VideoRequest


class NotingEngine:
    """Keeps the jobs it is given."""

    name = "noting"

    def __init__(self) -> None:
        self.jobs: list[EngineJob] = []
        self.closed = False

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        assert list(job.folder.iterdir()) == []
        self.jobs.append(job)
        return Film(
            film=job.folder / "a", poster=job.folder / "b", last_frame=job.folder / "c", width=2, height=2, frames=1
        )

    async def close(self) -> None:
        self.closed = True


class StubFetcher:
    """Every link is its own content; one that says ``bad`` cannot be fetched, and one that says ``low`` is a picture
    that is too low.
    """

    def __init__(self) -> None:
        self.limits_bytes: list[int | None] = []
        self.account_ids: list[UUID | None] = []

    async def bring(self, media: Media, path: Path, *, limit_bytes: int | None, account_id: UUID | None) -> None:
        self.limits_bytes.append(limit_bytes)
        self.account_ids.append(account_id)
        if "bad" in media.url:
            raise MediaUnreachable("cannot be fetched", kind=media.kind, field=media.field)
        path.write_text(media.url.partition("?")[0])

    async def look(self, media: Media, path: Path) -> Probe:
        height = 158 if "low" in media.url else 400
        return Probe(kind="image", format="png", size_bytes=1, width=379, height=height)


def _task(clock: Clock, dialect: str = "ink", **request: Any) -> Task:
    ordered: dict[str, Any] = {"model": "seedance-2.0", "prompt": "a kite", "duration_seconds": 5, "resolution": "480p"}
    return Task(
        id=UUID(int=1),
        account_id=UUID(int=2),
        key_id=UUID(int=3),
        test=False,
        dialect=dialect,
        request=VideoRequest(**(ordered | request)),
        status="running",
        progress=0,
        quote=Quote(price_micros=0, billing_name="m", unit="task", units="1", unit_price_micros=0, price_version="1"),
        cost_micros=None,
        error=None,
        result=None,
        created_at=clock(),
        started_at=None,
        completed_at=None,
    )


def _pictures(*urls: str) -> tuple[Media, ...]:
    return tuple(
        Media(kind="image", role="reference", url=url, field=f"images[{number}]") for number, url in enumerate(urls)
    )


@pytest.fixture
def engine() -> NotingEngine:
    return NotingEngine()


@pytest.fixture
def fetcher() -> StubFetcher:
    return StubFetcher()


@pytest.fixture
def upstream(engine: NotingEngine, fetcher: Any) -> LocalUpstream:
    return LocalUpstream("local", engine, fetcher=fetcher, catalogue=load_catalogue(), dialects=build_dialects())


async def _seed(upstream: LocalUpstream, engine: NotingEngine, folder: Path, task: Task) -> int:
    job_folder = folder / str(len(engine.jobs))
    await upstream.make(task, job_folder, lambda _percent: None)
    return engine.jobs[-1].seed


async def test_the_engine_gets_the_media_as_files_in_the_callers_order(
    upstream: LocalUpstream, engine: NotingEngine, clock: Clock, tmp_path: Path
) -> None:
    task = _task(clock, media=_pictures("https://a/1", "https://a/2"))
    await upstream.make(task, tmp_path / "job", lambda _percent: None)
    [job] = engine.jobs
    assert [(media.field, media.path.read_text()) for media in job.media] == [
        ("images[0]", "https://a/1"),
        ("images[1]", "https://a/2"),
    ]
    assert job.request == task.request


async def test_all_media_that_cannot_be_fetched_are_told_in_the_callers_order(
    upstream: LocalUpstream, engine: NotingEngine, clock: Clock, tmp_path: Path
) -> None:
    task = _task(clock, media=_pictures("https://a/1", "https://bad/2", "https://bad/3"))
    with pytest.raises(MediaRefused) as raised:
        await upstream.make(task, tmp_path / "job", lambda _percent: None)
    assert (raised.value.field, raised.value.kind) == ("images[1]", "image")
    assert raised.value.message == "cannot be fetched; images[2]: cannot be fetched"
    assert engine.jobs == []


async def test_media_that_nobody_has_held_against_the_rules_yet_are(
    upstream: LocalUpstream, engine: NotingEngine, clock: Clock, tmp_path: Path
) -> None:
    """At Jimmy, where media are not looked at before the order is accepted."""
    media = _pictures("https://a/1", "https://bad/2", "https://low/3")
    task = _task(clock, "jimmy", model="seedance2.0-md", media=media)
    with pytest.raises(MediaRefused) as raised:
        await upstream.make(task, tmp_path / "job", lambda _percent: None)
    assert [(violation.field, violation.rule) for violation in raised.value.violations] == [
        ("images[1]", "media_unreachable"),
        ("images[2]", "media_height"),
    ]
    assert engine.jobs == []


@pytest.mark.parametrize(
    ("dialect", "model"), [("ink", "seedance-2.0"), ("senseaudio", "seedance2.0-md"), ("jimmy", "a model that is gone")]
)
async def test_an_order_that_was_found_to_be_right_is_not_judged_again(
    upstream: LocalUpstream, engine: NotingEngine, clock: Clock, tmp_path: Path, dialect: str, model: str
) -> None:
    task = _task(clock, dialect, model=model, media=_pictures("https://low/1"))
    await upstream.make(task, tmp_path / "job", lambda _percent: None)
    assert len(engine.jobs) == 1


async def test_no_more_is_fetched_than_the_model_allows(
    upstream: LocalUpstream, fetcher: StubFetcher, clock: Clock, tmp_path: Path
) -> None:
    for number, model in enumerate(("seedance-2.0", "a model that is gone")):
        task = _task(clock, model=model, media=_pictures("https://a/1"))
        await upstream.make(task, tmp_path / str(number), lambda _percent: None)
    assert fetcher.limits_bytes == [30 * 1024**2, None]


async def test_what_comes_from_a_link_passes_the_review_once_more_and_objects_do_not(
    upstream: LocalUpstream, fetcher: StubFetcher, clock: Clock, tmp_path: Path
) -> None:
    task = _task(clock, media=_pictures("https://a/1", "object://inputs/1/0", "http://a/2"))
    await upstream.make(task, tmp_path / "job", lambda _percent: None)
    assert fetcher.account_ids == [task.account_id, None, task.account_id]


async def test_the_orders_own_seed_counts(
    upstream: LocalUpstream, engine: NotingEngine, clock: Clock, tmp_path: Path
) -> None:
    assert await _seed(upstream, engine, tmp_path, _task(clock, seed=7)) == 7
    assert await _seed(upstream, engine, tmp_path, _task(clock, seed=0)) == 0


async def test_the_same_order_has_the_same_seed_and_another_has_another(
    upstream: LocalUpstream, engine: NotingEngine, clock: Clock, tmp_path: Path
) -> None:
    async def seed(**request: Any) -> int:
        return await _seed(upstream, engine, tmp_path, _task(clock, **request))

    plain = await seed()
    assert plain == await seed() == await seed(seed=-1)
    with_picture = await seed(media=_pictures("https://a/1?signature=old"))
    assert with_picture == await seed(media=_pictures("https://a/1?signature=new"))
    others = [await seed(prompt="a boat"), await seed(duration_seconds=6), await seed(media=_pictures("https://a/2"))]
    assert len({plain, with_picture, *others}) == 5


async def test_closing_closes_the_engine(upstream: LocalUpstream, engine: NotingEngine) -> None:
    await upstream.close()
    assert engine.closed

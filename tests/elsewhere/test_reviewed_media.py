"""Media that are reviewed, on their way from links to whoever makes the film."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.api_helpers import House, open_house, picture
from tests.api.media_site import serving
from tests.elsewhere.station import PACE, NoEngine, Station, station
from tests.work.workshop import working

from filmgate.app.worker import open_worker
from filmgate.settings import ReviewRule, UpstreamSettings
from filmgate.task import Task, input_name
from filmgate.video import OBJECT_SCHEME, Media

PUBLIC_URL = "http://films.example"
RULE = ReviewRule(verdict="reject", reason="a banner", over_side_pixels=1000)
GOOD, BAD = picture((640, 480)), picture((1200, 600))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the site serves: ``a.png``, which the rule lets pass."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "a.png").write_bytes(GOOD)
    return folder


@pytest.fixture
async def site(folder: Path) -> AsyncIterator[str]:
    async with serving(folder) as address:
        yield address


@pytest.fixture
async def vendor(
    postgres_url: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """Another filmgate, at which we have an account."""
    async with open_house(postgres_url, template, tmp_path / "there", allow_private_networks=True) as house:
        monkeypatch.setenv("KEY_AT_THE_OTHER_FILMGATE", (await house.customer(10**6)).secret)
        yield house


def north(vendor: House, dialect: Any) -> UpstreamSettings:
    """Another filmgate."""
    base_url = f"http://127.0.0.1:{vendor.port}{'/api/v3' if dialect == 'ark' else ''}"
    return UpstreamSettings(
        name="north", dialect=dialect, base_url=base_url, key_env="KEY_AT_THE_OTHER_FILMGATE", models={"*": "*"}
    )


async def ordered(here: Station, url: str, dialect: str, model: str) -> Task:
    media = Media(kind="image", role="reference", url=url, field="images[0]")
    return await here.order(model=model, media=(media,), dialect=dialect, resolution="480p")


async def the_one_order(vendor: House) -> Task:
    """As the vendor has it, once it is there."""
    async with asyncio.timeout(30):
        while not (rows := await vendor.services.db.rows("SELECT id FROM tasks")):
            await asyncio.sleep(0.05)
    (row,) = rows
    return await vendor.task(row["id"])


async def content(services: Any, name: str) -> bytes:
    return b"".join([piece async for piece in services.objects.stream(name)])


@pytest.mark.parametrize("is_reviewed", [True, False])
async def test_a_vendor_that_takes_links_gets_one_to_the_bytes_that_were_reviewed(
    database_url: str, tmp_path: Path, folder: Path, site: str, vendor: House, is_reviewed: bool
) -> None:
    settings: dict[str, Any] = {"review_media": is_reviewed, "review_rule": (RULE,), "public_url": PUBLIC_URL}
    async with station(database_url, tmp_path / "here", north(vendor, "jimmy"), **settings) as here:
        task = await ordered(here, f"{site}/a.png", "jimmy", "seedance2.0-md")
        (media,) = (await the_one_order(vendor)).request.media
        if not is_reviewed:
            assert media.url == f"{site}/a.png"
            return
        assert media.url.startswith(f"{PUBLIC_URL}/files/{input_name(task.id, 0)}")
        (folder / "a.png").write_bytes(BAD)
        assert await content(here.services, input_name(task.id, 0)) == GOOD


async def test_a_vendor_that_cannot_reach_us_gets_the_bytes_that_were_reviewed(
    database_url: str, tmp_path: Path, folder: Path, site: str, vendor: House
) -> None:
    settings: dict[str, Any] = {"review_media": True, "review_rule": (RULE,)}
    async with station(database_url, tmp_path / "here", north(vendor, "ark"), **settings) as here:
        await ordered(here, f"{site}/a.png", "ark", "doubao-seedance-2-0-260128")
        (media,) = (await the_one_order(vendor)).request.media
        assert media.url.startswith(OBJECT_SCHEME)
        assert await content(vendor.services, media.url.removeprefix(OBJECT_SCHEME)) == GOOD


async def spoilt(here: Station, folder: Path, site: str, dialect: str, model: str) -> None:
    """An order is accepted, and its link leads to other bytes when a worker comes."""
    task = await ordered(here, f"{site}/a.png", dialect, model)
    (folder / "a.png").write_bytes(BAD)
    async with working(await open_worker(here.services, NoEngine(), PACE)):
        (ended,) = await here.ended(task)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == ("failed", "media_error")
    assert ended.error.message == "images[0]: the file given as image is refused by review: a banner"
    assert await here.cost(task) == (["reserve", "release"], 0)
    # Neither was kept.
    assert await here.services.objects.head(input_name(task.id, 0)) is None
    assert await here.services.ledger.audit() == []


@pytest.mark.parametrize(("dialect", "model"), [("jimmy", "seedance2.0-md"), ("ink", "seedance-2.0")])
async def test_other_bytes_behind_a_link_end_an_order_before_the_engine_has_them(
    database_url: str, tmp_path: Path, folder: Path, site: str, dialect: str, model: str
) -> None:
    settings: dict[str, Any] = {"review_media": True, "review_rule": (RULE,)}
    async with station(database_url, tmp_path / "here", workers=0, **settings) as here:
        await spoilt(here, folder, site, dialect, model)


async def test_other_bytes_behind_a_link_end_an_order_before_a_vendor_has_them(
    database_url: str, tmp_path: Path, folder: Path, site: str, vendor: House
) -> None:
    settings: dict[str, Any] = {"review_media": True, "review_rule": (RULE,), "public_url": PUBLIC_URL, "workers": 0}
    async with station(database_url, tmp_path / "here", north(vendor, "jimmy"), **settings) as here:
        await spoilt(here, folder, site, "jimmy", "seedance2.0-md")
    assert await vendor.services.db.rows("SELECT id FROM tasks") == []

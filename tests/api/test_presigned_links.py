"""Links to films that a bucket gives out itself: where they lead, for how long, and what still goes through us."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.api.api_helpers import LINKING, Customer, House, film_link, open_house
from tests.s3_server import S3Server

from filmgate.errors import SetupError, Unavailable
from filmgate.settings import load_settings
from filmgate.task import Task

FILM = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def bucket_url(s3_server: S3Server) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        yield s3_server.new_bucket(patch)


@pytest.fixture(scope="module")
async def house(
    postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory, bucket_url: str
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("presigned")
    async with open_house(
        postgres_url, template, folder, object_store_url=bucket_url, presigned_links=True, allow_private_networks=True
    ) as house:
        yield house


@pytest.fixture(scope="module")
async def customer(house: House) -> Customer:
    return await house.customer()


@pytest.fixture(scope="module")
async def task(house: House, customer: Customer) -> Task:
    return await house.finished(await house.ordered(customer, "jimmy"), FILM)


def _link(house: House, name: str, lasts: timedelta) -> str:
    return house.services.links.path(name, file_name="film.mp4", expires_at=datetime.now(UTC) + lasts)


@pytest.mark.parametrize("dialect", LINKING)
async def test_the_link_in_the_answer_leads_over_the_bucket_to_the_film(
    house: House, customer: Customer, dialect: str, s3_server: S3Server
) -> None:
    task = await house.finished(await house.ordered(customer, dialect), FILM)
    link = film_link(dialect, await house.query(customer, task))
    answer = await house.client.get(link)
    assert (answer.status_code, answer.content) == (302, b"")
    assert answer.headers["location"].startswith(f"{s3_server.url}/films-")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    film = await house.client.get(link, follow_redirects=True)
    assert (film.status_code, film.content) == (200, FILM + b"mp4")
    assert film.headers["content-type"] == "video/mp4"


async def test_a_range_and_a_head_are_answered_by_the_bucket(house: House, task: Task) -> None:
    link = _link(house, f"films/{task.id}.mp4", timedelta(hours=1))
    part = await house.client.get(link, headers={"Range": "bytes=1000-700000"}, follow_redirects=True)
    assert (part.status_code, part.content) == (206, FILM[1000:700_001])
    head = await house.client.head(link, follow_redirects=True)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(FILM) + 3))
    location = (await house.client.head(link)).headers["location"]
    assert location != (await house.client.get(link)).headers["location"], "one signature is for one method"


@pytest.mark.parametrize(
    ("lasts", "signed_seconds"),
    [
        (timedelta(hours=2), 7200),
        (timedelta(days=30), 7 * 24 * 3600),
    ],
)
async def test_the_bucket_s_url_ends_with_the_link(
    house: House, task: Task, lasts: timedelta, signed_seconds: int
) -> None:
    answer = await house.client.get(_link(house, f"films/{task.id}.mp4", lasts))
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert signed_seconds - 10 <= int(query["X-Amz-Expires"][0]) <= signed_seconds


async def test_a_link_in_its_last_second_is_signed_for_one(house: House, task: Task) -> None:
    url = await house.services.objects.presigned_url(f"films/{task.id}.mp4", "GET", timedelta(milliseconds=3))
    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == ["1"]


async def test_dead_and_forged_links_lead_to_no_bucket(house: House, task: Task) -> None:
    name, hour = f"films/{task.id}.mp4", timedelta(hours=1)
    good = _link(house, name, hour)
    for link in (
        _link(house, name, -hour),
        _link(house, "films/gone.mp4", hour),
        good.replace("film.mp4", "film.exe"),
        good[:-1] + ("0" if good[-1] != "0" else "1"),
    ):
        for answer in (await house.client.get(link), await house.client.head(link)):
            assert answer.status_code == 404, link
            assert "location" not in answer.headers


async def test_a_customer_s_own_file_keeps_our_headers(house: House) -> None:
    await house.services.objects.put_bytes("assets/one.svg", b"<svg/>", "image/svg+xml")
    answer = await house.client.get(_link(house, "assets/one.svg", timedelta(hours=1)))
    assert (answer.status_code, answer.content) == (200, b"<svg/>")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_a_bucket_that_is_away_is_503(house: House, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(name: str) -> None:
        raise Unavailable("no answer from s3://secret-bucket")

    monkeypatch.setattr(house.services.objects, "head", away)
    answer = await house.client.get(_link(house, f"films/{task.id}.mp4", timedelta(hours=1)))
    assert answer.status_code == 503
    assert "location" not in answer.headers
    assert "secret" not in answer.text


@pytest.mark.parametrize("store", [None, "/srv/films"])
def test_a_folder_cannot_give_out_links(tmp_path: Path, store: str | None) -> None:
    with pytest.raises(SetupError, match="presigned_links needs a bucket"):
        load_settings(tmp_path, presigned_links=True, object_store_url=store)

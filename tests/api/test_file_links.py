"""Films behind signed links: whole, in parts, not again, and not without a good link; from a folder and a bucket."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.api.api_helpers import LINKING, House, film_link, open_house
from tests.s3_server import S3Server

from filmgate.errors import Unavailable
from filmgate.task import Task

FILM = bytes(range(256)) * 4096
"""One megabyte, so that it is sent in several pieces."""


@pytest.fixture(scope="module", params=["folder", "s3"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "folder":
        yield None
        return
    server: S3Server = request.getfixturevalue("s3_server")
    with pytest.MonkeyPatch.context() as patch:
        yield server.new_bucket(patch)


@pytest.fixture(scope="module")
async def house(
    postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory, store_url: str | None
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("files")
    async with open_house(postgres_url, template, folder, object_store_url=store_url) as house:
        yield house


@pytest.fixture(scope="module")
async def task(house: House) -> Task:
    return await house.finished(await house.ordered(await house.customer(), "jimmy"), FILM)


@pytest.fixture(scope="module")
def film() -> bytes:
    return FILM + b"mp4"


@pytest.fixture(scope="module")
def link(house: House, task: Task) -> str:
    return house.services.links.path(
        f"films/{task.id}.mp4", file_name="film.mp4", expires_at=datetime.now(UTC) + timedelta(hours=1)
    )


async def _get(house: House, link: str, **headers: str) -> httpx.Response:
    return await house.client.get(link, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("dialect", LINKING)
async def test_the_link_in_the_answer_leads_to_the_film(house: House, dialect: str) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, dialect), FILM)
    link = film_link(dialect, await house.query(customer, task))
    assert link == film_link(dialect, await house.query(customer, task))
    shown = house.dialect(dialect).show_id(task.id)
    assert urlsplit(link).path.endswith(f"/{shown}.mp4")
    answer = await house.client.get(link)
    assert (answer.status_code, answer.content) == (200, FILM + b"mp4")
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"] == f'inline; filename="{shown}.mp4"'


async def test_a_link_is_good_for_the_promised_time(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "ink"))
    assert task.completed_at is not None
    (expires,) = parse_qs(urlsplit(film_link("ink", await house.query(customer, task))).query)["expires"]
    assert int(expires) == int((task.completed_at + timedelta(hours=72)).timestamp())


async def test_a_link_goes_where_the_caller_came_from(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "ink"))
    path = "/api/open/v1/video/generations/" + house.dialect("ink").show_id(task.id)
    for host, base in [
        ("films.example.org", "http://films.example.org/"),
        ("films.example.org:8443", "http://films.example.org:8443/"),
        ("[::1]:80", "http://[::1]:80/"),
    ]:
        answer = await house.client.get(path, headers={**customer.headers, "Host": host})
        assert film_link("ink", answer).startswith(base)


async def test_a_link_can_be_followed_without_a_key_by_head_and_get(house: House, link: str, film: bytes) -> None:
    head = await house.client.head(link)
    get = await house.client.get(link)
    assert (head.status_code, head.content) == (200, b"")
    assert get.content == film
    for answer in (head, get):
        assert set(answer.headers) - {"date", "server"} == {
            *("content-length", "content-type", "content-disposition", "accept-ranges", "etag", "last-modified"),
            *("cache-control", "access-control-allow-origin", "x-content-type-options", "x-request-id"),
            *("content-security-policy", "cross-origin-resource-policy"),
        }
        assert answer.headers["content-length"] == str(len(film))
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"].startswith("private")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert head.headers["etag"] == get.headers["etag"]
    assert head.headers["last-modified"] == get.headers["last-modified"]


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-700000", 1000, 700_001),
        ("bytes=-3", -3, None),
        ("bytes=1048570-", 1048570, None),
    ],
)
async def test_a_range_is_a_part(
    house: House, link: str, film: bytes, header: str, start: int, end: int | None
) -> None:
    answer = await _get(house, link, Range=header)
    assert (answer.status_code, answer.content) == (206, film[start:end])
    first = start % len(film)
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(film)}"
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=x", "lines=1-2"])
async def test_several_ranges_and_nonsense_get_the_whole(house: House, link: str, film: bytes, header: str) -> None:
    answer = await _get(house, link, Range=header)
    assert (answer.status_code, len(answer.content)) == (200, len(film))


async def test_a_range_past_the_end_is_told_the_size(house: House, link: str, film: bytes) -> None:
    answer = await _get(house, link, Range=f"bytes={len(film)}-")
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(film)}"


async def test_a_range_of_another_file_gets_the_whole(house: House, link: str, film: bytes) -> None:
    etag = (await house.client.head(link)).headers["etag"]
    assert (await _get(house, link, Range="bytes=0-9", If_Range=etag)).status_code == 206
    assert (await _get(house, link, Range="bytes=0-9", If_Range='"other"')).content == film


async def test_who_has_the_file_does_not_get_it_again(house: House, link: str) -> None:
    head = await house.client.head(link)
    for headers in (
        {"If_None_Match": head.headers["etag"]},
        {"If_None_Match": f'"other", W/{head.headers["etag"]}'},
        {"If_Modified_Since": head.headers["last-modified"]},
    ):
        answer = await _get(house, link, **headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == head.headers["etag"]
    assert (await _get(house, link, If_None_Match='"other"')).status_code == 200


async def test_a_forged_link_leads_nowhere(house: House, task: Task, link: str) -> None:
    other = await house.finished(await house.ordered(await house.customer(), "ink"))
    path, _, query = link.partition("?")
    forgeries = [
        path,
        f"{path}?",
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace(str(task.id), str(other.id)),
        link.replace("film.mp4", "film.exe"),
        link.replace("expires=", "expires=9"),
        f"{path}?{query.replace('signature=', 'signature=%ff')}",
        f"/files/films/{task.id}.mp4",
        f"/files/../objects/films/{task.id}.mp4?{query}",
        "/files/",
    ]
    for forged in forgeries:
        answer = await house.client.get(forged)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8"), forged


async def test_a_link_past_its_time_and_a_film_that_is_gone_are_404(house: House, task: Task) -> None:
    def link_to(name: str, hours: int) -> str:
        until = datetime.now(UTC) + timedelta(hours=hours)
        return house.services.links.path(name, file_name="film.mp4", expires_at=until)

    for dead in (link_to(f"films/{task.id}.mp4", -1), link_to("films/gone.mp4", 1)):
        for answer in (await house.client.get(dead), await house.client.head(dead)):
            assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")


async def test_who_hangs_up_in_the_middle_of_a_film_stops_the_reading(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, stopped, read = "films/endless.mp4", asyncio.Event(), 0

    async def endless(name: str, start: int, length: int, *, size_bytes: int) -> AsyncIterator[bytes]:
        nonlocal read
        try:
            while True:
                read += 1
                yield b"\0" * 65_536
                await asyncio.sleep(0)
        finally:
            stopped.set()

    await house.services.objects.put_bytes(name, b"\0" * 1000, "video/mp4")
    monkeypatch.setattr(house.services.objects, "stream", endless)
    link = house.services.links.path(name, file_name="a.mp4", expires_at=datetime.now(UTC) + timedelta(hours=1))
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(f"GET {link} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    await asyncio.wait_for(stopped.wait(), 10)
    assert read > 0


async def test_a_store_that_is_away_is_503_and_not_told_in_detail(
    house: House, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(name: str) -> None:
        raise Unavailable("no answer from s3://secret-bucket")

    monkeypatch.setattr(house.services.objects, "head", away)
    answer = await house.client.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain; charset=utf-8")
    assert "secret" not in answer.text
    assert answer.headers["retry-after"]

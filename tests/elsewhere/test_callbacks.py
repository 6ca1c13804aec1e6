"""Vendors call, truly or not, and all that comes of it is a look."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs
from tests.api.api_helpers import answering, free_listener
from tests.elsewhere.station import Station, station, upstream
from tests.elsewhere.vendor_orders import begun, ordered
from tests.simulator.simulating import Simulated, simulating

from filmgate.app import utc_now
from filmgate.attempt import Attempt
from filmgate.errors import Unavailable
from filmgate.settings import UpstreamSettings
from filmgate.simulator.options import DialectName
from filmgate.store.film_times import FilmKind, FilmTimes
from filmgate.task import Task

pytestmark = pytest.mark.long

TELLING: list[DialectName] = ["ink", "ark", "openai"]
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>",
    "no UTF-8": b'{"id": "\xff"}',
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "nested without end": b'{"a":' + b"[" * 200_000,
    "an id that is a number": b'{"id": 7, "status": "succeeded", "model": "m"}',
    "an id that is an object": b'{"id": {"a": 1}, "status": "succeeded", "model": "m"}',
    "an id with a slash": b'{"id": "../../secrets", "status": "succeeded", "model": "m"}',
    "an id without end": json.dumps({"id": "x" * 500_000, "status": "succeeded", "model": "m"}).encode(),
    "an id with a NUL": b'{"id": "a\\u0000b", "status": "succeeded", "model": "m"}',
    "half a surrogate": b'{"id": "\\ud800", "status": "succeeded", "model": "m"}',
    "an emoji": '{"id": "🎬", "status": "succeeded", "model": "m"}'.encode(),
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with free_listener() as listener:
        yield listener


@asynccontextmanager
async def called(
    listener: socket.socket, database_url: str, folder: Path, *upstreams: UpstreamSettings, workers: int = 1
) -> AsyncIterator[tuple[Station, httpx.AsyncClient]]:
    """A station that vendors can call."""
    public_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with (
        station(database_url, folder, *upstreams, workers=workers, public_url=public_url) as here,
        answering(here.services, listener) as client,
    ):
        yield here, client


def telling(vendor: Simulated, **changes: Any) -> UpstreamSettings:
    return upstream(vendor, callbacks=True, **changes)


async def slow(here: Station, vendor: UpstreamSettings) -> None:
    """Films of this vendor usually take so long that nobody looks within the test."""
    kind = FilmKind(vendor.name, vendor.models["*"], "480p", 4)
    for _ in range(20):
        await FilmTimes(here.services.db).add(kind, 3000.0, 20)


def address(here: Station, vendor: UpstreamSettings, task: Task, number: int = 1) -> str:
    """Where the vendor is told to call about an attempt."""
    attempt = Attempt(task_id=task.id, number=number, upstream=vendor.name, started_at=utc_now())
    link = here.services.callback_links.link(here.services.upstreams[vendor.name], attempt)
    assert link is not None
    return link


@pytest.mark.parametrize("dialect", TELLING)
async def test_a_call_brings_the_look_forward(
    dialect: DialectName, listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating(dialect, median=4.0, sigma=0.01) as vendor:
        settings = telling(vendor)
        async with called(listener, database_url, tmp_path, settings) as (here, _):
            # By itself it would be looked at once at the beginning, and then for the rest of an hour not.
            await slow(here, settings)
            [task] = await here.ended(await here.order(), seconds=30)
            [attempt] = await here.attempts(task)
            assert (task.status, attempt.outcome) == ("succeeded", "ok")
            assert attempt.looks <= 4


@pytest.mark.parametrize("dialect", TELLING)
async def test_no_lie_in_a_call_changes_what_is_made(
    dialect: DialectName, listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    lies = ("early-callback", "double-callback", "forged-callback", "lost-callback")
    with simulating(dialect, median=2.0, sigma=0.1) as vendor:
        async with called(listener, database_url, tmp_path, telling(vendor)) as (here, _):
            for task in await here.ended(*[await here.order(f"a kite [[lie:{lie}]]") for lie in lies]):
                [attempt] = await here.attempts(task)
                assert (task.status, attempt.outcome) == ("succeeded", "ok"), task.request.prompt
                assert attempt.vendor_id is not None
                # The simulator writes the id of its job into each film.
                assert attempt.vendor_id.encode() in await here.film(task)
                assert await here.cost(task) == (["reserve", "settle"], task.quote.price_micros)
            assert vendor.most_jobs() == 1
            told = vendor.control("/calls")["callback"]
            # Twice from the doubled, and once each from the two others that call.
            assert told.keys() == {"204"}
            assert told["204"] >= 4


async def test_a_call_that_comes_before_the_answer_adopts_the_order(
    listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating("ark", median=2.0, sigma=0.1, queue=0.5) as vendor:
        # The vendor calls as soon as it has the order, and never answers.
        settings = telling(vendor, answer_seconds=3.0)
        async with called(listener, database_url, tmp_path, settings) as (here, _):
            task = await here.order("a kite [[lie:timeout]]")
            async with asyncio.timeout(2.5):
                while not any(attempt.vendor_id for attempt in await here.attempts(task)):
                    await asyncio.sleep(0.05)
            [task] = await here.ended(task)
            [attempt] = await here.attempts(task)
            assert (task.status, attempt.outcome, attempt.doubt_since) == ("succeeded", "ok", None)
            assert vendor.most_jobs("prompt") == 1


async def test_where_nobody_can_be_asked_a_call_is_waited_for(
    listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating("ink", median=2.0, sigma=0.1) as vendor:
        async with called(listener, database_url, tmp_path, telling(vendor)) as (here, _):
            [task] = await here.ended(await here.order("a kite [[lie:lost-answer]]"))
            [attempt] = await here.attempts(task)
            assert (task.status, attempt.outcome, attempt.doubt_since) == ("succeeded", "ok", None)
            assert vendor.most_jobs("prompt") == 1


async def test_a_call_adopts_only_what_the_vendor_has_and_nothing_speaks_against(
    listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    # A seed is told once a film has ended.
    with simulating("ark", median=0.05, sigma=0.1) as vendor:
        settings = telling(vendor)
        async with called(listener, database_url, tmp_path, settings, workers=0) as (here, client):
            task, other = await here.order("ours", seed=1234), await here.order("another", seed=5)
            await begun(here, task, settings)
            taken = await begun(here, other, settings)
            theirs, ours = ordered(vendor, "another", 5), ordered(vendor, "ours", 1234)
            unlike, strange = ordered(vendor, "ours", 99), "cgt-20260101000000-aaaaa"
            assert await here.services.attempts.submitted(taken, theirs, None, None, utc_now())
            await asyncio.sleep(0.5)

            async def tell(vendor_id: str) -> str | None:
                said = {"id": vendor_id, "model": "m", "status": "succeeded", "content": {"video_url": "https://evil"}}
                assert (await client.post(address(here, settings, task), json=said)).status_code == 204
                [now] = await here.attempts(task)
                return now.vendor_id

            assert await tell(strange) is None
            assert await tell(theirs) is None
            assert await tell(unlike) is None, "it was ordered with another seed"
            assert await tell(ours) == ours
            assert (await here.task(task.id)).status == "queued"


@pytest.mark.parametrize("dialect", ["ark", "ink", "openai", "jimmy", "senseaudio"])
async def test_no_body_is_too_strange(
    dialect: DialectName, listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating(dialect, median=60.0) as vendor:
        settings = telling(vendor)
        async with called(listener, database_url, tmp_path, settings, workers=0) as (here, client):
            task = await here.order()
            await begun(here, task, settings)
            token = address(here, settings, task).rpartition("/")[2] if dialect in TELLING else _token(here, task)
            path = f"/filmgate/callbacks/north/{token}"
            for name, body in BODIES.items():
                answer = await client.post(path, content=body, headers={b"Content-Type": "text/plain; x=🎬".encode()})
                assert (answer.status_code, answer.content) == (204, b""), name
            huge = await client.post(path, content=b"[" * (2 << 20))
            assert huge.status_code == 413
            [attempt] = await here.attempts(task)
            assert (attempt.vendor_id, attempt.ended_at) == (None, None)


def _token(here: Station, task: Task) -> str:
    """A good one for a vendor that is never told any."""
    links: Any = here.services.callback_links
    return str(links._serializer.dumps([str(task.id), 1]))


async def test_an_address_that_is_none_of_ours_is_not_found(
    listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating("ark", median=60.0) as vendor:
        north, south = telling(vendor), telling(vendor, name="south")
        async with called(listener, database_url, tmp_path, north, south, workers=0) as (here, client):
            task = await here.order()
            await begun(here, task, north)
            good = address(here, north, task)
            token = good.rpartition("/")[2]
            for path in (
                f"/filmgate/callbacks/south/{token}",
                f"/filmgate/callbacks/nobody/{token}",
                f"/filmgate/callbacks/north/{token[:-1]}",
                f"/filmgate/callbacks/north/{token}x",
                f"/filmgate/callbacks/north/{task.id}",
                "/filmgate/callbacks/north/%00",
                "/filmgate/callbacks/north/" + "a" * 5000,
                "/filmgate/callbacks/🎬/" + token,
                address(here, north, task, number=2),
            ):
                assert (await client.post(path, json={})).status_code == 404, path
            assert (await client.get(good)).status_code == 405
            assert (await client.post(good, json={})).status_code == 204


async def test_a_call_about_what_has_ended_is_thanked_for_and_changes_nothing(
    listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating("ark", median=60.0) as vendor:
        settings = telling(vendor)
        async with called(listener, database_url, tmp_path, settings, workers=0) as (here, client):
            task = await here.order()
            attempt = await begun(here, task, settings)
            await here.services.attempts.end(attempt, "doubtful", "nobody knows", utc_now(), fault="unclear")
            before = await here.attempts(task)
            said = {"id": ordered(vendor, task.request.prompt, 7), "model": "m", "status": "running"}
            assert (await client.post(address(here, settings, task), json=said)).status_code == 204
            assert await here.attempts(task) == before


async def test_while_the_database_is_away_the_vendor_is_told_to_call_again_and_no_log_has_the_address(
    listener: socket.socket, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with simulating("ark", median=60.0) as vendor:
        settings = telling(vendor)
        async with called(listener, database_url, tmp_path, settings, workers=0) as (here, client):
            task = await here.order()

            async def away(*_: object) -> None:
                raise Unavailable("the database is away")

            monkeypatch.setattr(here.services.attempts, "of_task", away)
            link = address(here, settings, task)
            with capture_logs() as logs:
                answer = await client.post(link, json={})
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
            assert link.rpartition("/")[2] not in json.dumps(logs)


async def test_calls_about_many_films_at_once_are_all_heard(
    listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating("ark", median=3.0, sigma=0.01) as vendor:
        settings = telling(vendor)
        async with called(listener, database_url, tmp_path, settings) as (here, _):
            await slow(here, settings)
            tasks = [await here.order(f"film {uuid4()}") for _ in range(20)]
            ended = await here.ended(*tasks, seconds=40)
            assert {task.status for task in ended} == {"succeeded"}
            late = max(ended, key=lambda task: task.completed_at or utc_now())
            assert late.completed_at is not None
            assert late.completed_at - late.created_at < timedelta(seconds=30)

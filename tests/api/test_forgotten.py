"""Films that have had their time: their links are dead in the form of the API they were given by."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from tests.api.api_helpers import DIALECTS, LINKING, House, assert_refused, film_link, open_house

from filmgate.errors import Unavailable
from filmgate.store.requests import RequestCounts
from filmgate.store.retention import Retention
from filmgate.store.tasks import Tasks
from filmgate.task import Task, spritesheet_name
from filmgate.work.forget import Forgetter


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("forgotten")) as house:
        yield house


async def forget(house: House, task: Task) -> None:
    """Let the task's time be over."""
    assert task.kept_until is not None
    db = house.services.db
    await db.run("UPDATE tasks SET kept_until = now() - interval '1 second' WHERE id = $1", task.id)
    forgetter = Forgetter(
        tasks=Tasks(db), retention=Retention(db), counts=RequestCounts(db), objects=house.services.objects
    )
    await forgetter.forget(datetime.now(UTC))
    assert (await house.task(task.id)).forgotten_at is not None


def assert_dead(dialect: str, answer: httpx.Response) -> None:
    """404, whatever the dialect, with a body of its own form."""
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    match dialect:
        case "jimmy":
            assert (list(body), body["code"], body["data"]) == (["code", "msg", "data"], 20002, None)
        case "senseaudio":
            assert (body["code"], body["ref_code"]) == ("notfound", 404000)
        case "ink":
            assert (body["success"], body["error"]["code"]) == (False, "not_found")
        case "ark":
            assert (body["error"]["code"], body["error"]["type"]) == ("ResourceNotFound", "NotFound")
        case _:
            assert body["error"]["code"] == "no_such_address"


@pytest.mark.parametrize("dialect", LINKING)
async def test_the_link_to_a_forgotten_film_is_dead_in_its_dialect(house: House, dialect: str) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, dialect))
    link = film_link(dialect, await house.query(customer, task))
    assert (await house.client.get(link)).status_code == 200
    await forget(house, task)
    for headers in ({}, {"Range": "bytes=0-9"}, {"Authorization": "Bearer wrong"}):
        assert_dead(dialect, await house.client.get(link, headers=headers))
    head = await house.client.head(link)
    assert (head.status_code, head.content) == (404, b"")


@pytest.mark.parametrize("dialect", [*DIALECTS, "native"])
@pytest.mark.parametrize("ending", [".mp4", ".jpg", "-last-frame.png", "-input-3"])
async def test_a_link_past_its_time_is_dead_in_its_dialect(house: House, dialect: str, ending: str) -> None:
    task = await house.finished(await house.ordered(await house.customer(), "ink"))
    name = house.dialect(dialect).show_id(task.id) + ending
    link = house.services.links.path(
        f"films/{task.id}.mp4", file_name=name, expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    assert_dead(dialect, await house.client.get(link))


async def test_a_forged_link_is_plainly_dead_whatever_its_name(house: House) -> None:
    task = await house.finished(await house.ordered(await house.customer(), "ink"))
    name = house.dialect("ink").show_id(task.id) + ".mp4"
    for query in ("", "?expires=1&signature=00", "?expires=99999999999&signature=00"):
        answer = await house.client.get(f"/files/films/{task.id}.mp4/{name}{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")


async def test_a_store_that_is_away_is_told_by_status_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(name: str) -> None:
        raise Unavailable("no answer")

    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "jimmy"))
    link = film_link("jimmy", await house.query(customer, task))
    monkeypatch.setattr(house.services.objects, "head", away)
    answer = await house.client.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain; charset=utf-8")


async def test_jimmy_and_ink_still_tell_of_a_forgotten_order(house: House) -> None:
    customer = await house.customer()
    for dialect in ("jimmy", "ink"):
        task = await house.finished(await house.ordered(customer, dialect))
        before = await house.query(customer, task)
        await forget(house, task)
        after = await house.query(customer, task)
        assert after.status_code == 200
        assert urlsplit(film_link(dialect, after)).path == urlsplit(film_link(dialect, before)).path


async def test_openai_tells_of_a_forgotten_video_and_has_no_content_of_it(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "openai"))
    await house.services.objects.put_bytes(spritesheet_name(task.id), b"a sheet", "image/jpeg")
    link = film_link("openai", await house.query(customer, task))
    await forget(house, task)
    assert (await house.query(customer, task)).json()["status"] == "completed"
    for variant in ("video", "thumbnail", "spritesheet"):
        answer = await house.client.get(link, params={"variant": variant}, headers=customer.headers)
        assert_refused("openai", answer, status=404, says="gone")
    assert await house.services.objects.head(spritesheet_name(task.id)) is None


async def test_senseaudio_has_never_heard_of_a_forgotten_order(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "senseaudio"))
    await forget(house, task)
    assert_refused("senseaudio", await house.query(customer, task), status=404)

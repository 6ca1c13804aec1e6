"""The doors that say whether a file came from here."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.api.api_helpers import Customer, House, open_house
from tests.work.workshop import make_film

from filmgate.api import verify as verify_module
from filmgate.task import Task

PATH = "/filmgate/v1/verify"


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("verify")) as house:
        yield house


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_film(tmp_path_factory.mktemp("film")).film.read_bytes()


async def made(house: House, customer: Customer, film: bytes) -> Task:
    """An order that ended with these bytes."""
    task = await house.finished(await house.ordered(customer, "ink"))
    assert task.result is not None
    result = msgspec.structs.replace(task.result, sha256=hashlib.sha256(film).hexdigest())
    text = msgspec.json.encode(result).decode()
    await house.services.db.run("UPDATE tasks SET result = $2::text::jsonb WHERE id = $1", task.id, text)
    return await house.task(task.id)


async def asked(house: House, customer: Customer, body: bytes) -> dict[str, Any]:
    answer = await house.client.post(PATH, content=body, headers=customer.headers)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    assert said["sha256"] == hashlib.sha256(body).hexdigest()
    return said


async def test_owners_are_told_their_order_and_others_that_it_came_from_here(house: House, film: bytes) -> None:
    owner, stranger = await house.customer(), await house.customer()
    task = await made(house, owner, film)
    said = await asked(house, owner, film)
    shown = house.dialect("native").show_id(task.id)
    assert (said["object"], said["verdict"], said["task_id"]) == ("verification", "made_here", shown)
    said = await asked(house, stranger, film)
    assert (said["verdict"], said["task_id"], said["aigc"]) == ("made_here", None, None)
    by_hash = await house.client.get(f"{PATH}/{said['sha256'].upper()}", headers=stranger.headers)
    assert by_hash.json() == said


async def test_a_hash_that_nobody_knows_is_unknown(house: House) -> None:
    customer = await house.customer()
    answer = await house.client.get(f"{PATH}/{'ef' * 32}", headers=customer.headers)
    assert (answer.status_code, answer.json()["verdict"], answer.json()["task_id"]) == (200, "unknown", None)


@pytest.mark.parametrize("sha256", ["x", "ef" * 31, "ef" * 33, "eg" * 32, "%00" * 64, "é" * 64, "٣" * 64])
async def test_what_is_no_hash_is_refused(house: House, sha256: str) -> None:
    customer = await house.customer()
    answer = await house.client.get(f"{PATH}/{sha256}", headers=customer.headers)
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("body", [b"x", b"no film" * 1000, b"\0\0\0\x18ftypmp42" + bytes(50), bytes(200_000)])
async def test_what_is_no_film_is_unknown(house: House, body: bytes) -> None:
    said = await asked(house, await house.customer(), body)
    assert (said["verdict"], said["manifest"], said["aigc"]) == ("unknown", None, None)


async def test_no_file_is_kept(house: House, film: bytes) -> None:
    await asked(house, await house.customer(), film)
    assert list((house.services.settings.data / "work").glob("verify-*")) == []


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        ({}, b"", "empty"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", "not a form"),
        ({"Content-Encoding": "gzip"}, b"film", "Content-Encoding"),
    ],
)
async def test_a_body_that_is_no_file_is_refused(house: House, headers: dict[str, str], body: bytes, says: str) -> None:
    customer = await house.customer()
    answer = await house.client.post(PATH, content=body, headers={**customer.headers, **headers})
    assert answer.status_code == 400
    assert says in answer.text


@pytest.mark.parametrize("query", ["?sha256=1", "?x"])
async def test_a_question_with_more_than_a_file_is_refused(house: House, query: str) -> None:
    customer = await house.customer()
    answer = await house.client.post(PATH + query, content=b"film", headers=customer.headers)
    assert answer.status_code == 400


async def test_nobody_is_told_anything_without_a_key(house: House) -> None:
    assert (await house.client.post(PATH, content=b"film")).status_code == 401
    assert (await house.client.get(f"{PATH}/{'ef' * 32}")).status_code == 401


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(verify_module, "LARGEST_FILE_BYTES", 1000)
    return 1000


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_file_that_is_too_large_is_refused(house: House, small_limit: int, is_announced: bool) -> None:
    customer = await house.customer()

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield bytes(100)

    body: Any = bytes(small_limit + 100) if is_announced else pieces()
    answer = await house.client.post(PATH, content=body, headers=customer.headers)
    assert answer.status_code == 413
    assert (await house.client.post(PATH, content=bytes(small_limit), headers=customer.headers)).status_code == 200


async def test_a_file_that_does_not_arrive_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(verify_module, "_LONGEST_SECONDS", 0.2)
    customer = await house.customer()
    key = customer.headers["Authorization"].encode()
    answer = await house.raw(
        f"POST {PATH} HTTP/1.1".encode(), b"Host: here", b"Authorization: " + key, b"Content-Length: 1000", body=b"film"
    )
    assert b" 400 " in answer.splitlines()[0]
    assert b"did not arrive" in answer

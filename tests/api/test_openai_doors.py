"""The doors of the OpenAI dialect: orders as JSON and as forms, lists, deletions."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.api_helpers import CREATE_PATHS, Customer, House, assert_refused, open_house, picture

from filmgate.task import Task, TaskError, failed, rendered, started

VIDEOS = CREATE_PATHS["openai"]
FIELDS = {"model": "seedance-2.0", "prompt": "A paper boat", "seconds": "4", "size": "864x496"}


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("openai")) as house:
        yield house


async def get(house: House, customer: Customer, path: str = "", **fields: Any) -> httpx.Response:
    return await house.client.get(VIDEOS + path, params=fields, headers=customer.headers)


async def post_form(house: House, customer: Customer, fields: dict[str, Any], **files: Any) -> httpx.Response:
    """A form as the official SDK writes it, even where there is no file in it."""
    parts = {**{name: (None, value) for name, value in fields.items()}, **files}
    return await house.client.post(VIDEOS, files=parts, headers=customer.headers)


async def accepted(house: House, answer: httpx.Response) -> Task:
    assert answer.status_code == 200, answer.text
    return await house.task(house.dialect("openai").read_id(answer.json()["id"]))  # type: ignore[arg-type]


def shown(house: House, task: Task) -> str:
    return house.dialect("openai").show_id(task.id)


# --- orders -------------------------------------------------------------------------------------------------------


async def test_a_form_and_its_json_are_the_same_order(house: House) -> None:
    customer = await house.customer()
    in_json = await accepted(house, await house.client.post(VIDEOS, json=FIELDS, headers=customer.headers))
    in_form = await accepted(house, await post_form(house, customer, FIELDS))
    assert in_form.request == in_json.request
    assert (in_form.request.resolution, in_form.request.ratio, in_form.request.duration_seconds) == ("480p", "16:9", 4)


async def test_the_answer_is_a_whole_video_object(house: House) -> None:
    answer = await post_form(house, await house.customer(), FIELDS)
    assert list(answer.json()) == [
        "id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at", "prompt", "size",
        "seconds", "remixed_from_video_id", "error",
    ]  # fmt: skip
    assert (answer.json()["status"], answer.json()["size"], answer.json()["seconds"]) == ("queued", "864x496", "4")


@pytest.mark.parametrize("model", ["seedance-2.0", "doubao-seedance-2-0-260128", "sd2_mx_720p"])
async def test_an_uploaded_picture_reaches_any_model(house: House, model: str) -> None:
    customer, png = await house.customer(5000), picture()
    # A file from bytes has this name and this type in the official SDK: only its content tells what it is.
    upload = ("upload", png, "application/octet-stream")
    fields = {name: value for name, value in FIELDS.items() if name != "size"} | {"model": model}
    task = await accepted(house, await post_form(house, customer, fields, input_reference=upload))
    (media,) = task.request.media
    assert (media.kind, media.role, media.url) == ("image", "first_frame", f"object://inputs/{task.id}/0")
    assert b"".join([piece async for piece in house.services.objects.stream(f"inputs/{task.id}/0")]) == png


async def test_a_data_url_is_an_upload_too(house: House) -> None:
    customer, url = await house.customer(), "data:image/png;base64," + base64.b64encode(picture()).decode()
    in_json = await house.order(customer, "openai", input_reference={"image_url": url})
    flattened = await post_form(house, customer, {**FIELDS, "input_reference[image_url]": url})
    for answer in (in_json, flattened):
        (media,) = (await accepted(house, answer)).request.media
        assert media.url.startswith("object://inputs/")
    assert (await house.order(customer, "ink", mediaUrls=[url])).status_code == 400


async def test_a_large_upload_is_read_like_a_small_one(house: House) -> None:
    noise = picture() + bytes(4 << 20)
    task = await accepted(
        house, await post_form(house, await house.customer(), FIELDS, input_reference=("a.png", noise, "image/png"))
    )
    info = await house.services.objects.head(f"inputs/{task.id}/0")
    assert info is not None
    assert info.size_bytes == len(noise)


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(100), b"%PDF-1.7", bytes(1000)]
)
async def test_a_file_that_is_no_picture_is_refused_without_a_trace(house: House, content: bytes) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    answer = await post_form(house, customer, FIELDS, input_reference=("a.png", content, "image/png"))
    assert_refused("openai", answer)
    assert answer.json()["error"]["param"] == "input_reference"
    assert await house.traces(customer) == before


async def test_a_form_is_sent_again_with_its_idempotency_key_and_finds_itself(house: House) -> None:
    customer = await house.customer()
    customer_headers = {**customer.headers, "Idempotency-Key": "shot-3"}
    upload = {"input_reference": ("upload", picture(), "application/octet-stream")}
    answers = [await house.client.post(VIDEOS, data=FIELDS, files=upload, headers=customer_headers) for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await house.client.post(VIDEOS, data={**FIELDS, "seconds": "5"}, files=upload, headers=customer_headers)
    assert_refused("openai", other, status=409)


BOUNDARY = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (BOUNDARY, b""),
        (BOUNDARY, b"{}"),
        (BOUNDARY, PART + b"a boat"),
        (BOUNDARY, PART + b"a boat\r\n--x"),
        (BOUNDARY, PART + b"\xff\xfe\r\n--x--\r\n"),
        (BOUNDARY, PART + b"a\0b\r\n--x--\r\n"),
        (BOUNDARY, b"--x\r\n\r\n\r\n--x--\r\n"),
        (BOUNDARY, b"--x--\r\n"),
        (BOUNDARY, (PART + b"a\r\n") * 1500 + b"--x--\r\n"),
        (BOUNDARY, PART + b"a boat\r\n" + PART + b"two boats\r\n--x--\r\n"),
        ("multipart/form-data", PART + b"a boat\r\n--x--\r\n"),
        ("multipart/form-data; boundary=", PART + b"a boat\r\n--x--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 300, PART + b"a boat\r\n--x--\r\n"),
        ("multipart/mixed; boundary=x", PART + b"a boat\r\n--x--\r\n"),
    ],
)
async def test_a_broken_form_is_refused(house: House, content_type: str, body: bytes) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    headers = {**customer.headers, "Content-Type": content_type}
    assert_refused("openai", await house.client.post(VIDEOS, content=body, headers=headers))
    assert await house.traces(customer) == before


async def test_a_form_over_the_limit_is_refused_however_it_comes(house: House) -> None:
    customer = await house.customer()
    limit_bytes = house.dialect("openai").body_limit_bytes

    async def pieces() -> AsyncIterator[bytes]:
        yield PART
        for _ in range(limit_bytes // (1 << 20) + 1):
            yield b" " * (1 << 20)

    headers = {**customer.headers, "Content-Type": BOUNDARY}
    assert_refused("openai", await house.client.post(VIDEOS, content=pieces(), headers=headers), status=413)


async def test_a_form_in_an_encoding_is_refused(house: House) -> None:
    customer = await house.customer()
    headers = {**customer.headers, "Content-Type": BOUNDARY, "Content-Encoding": "gzip"}
    answer = await house.client.post(VIDEOS, content=PART + b"a boat\r\n--x--\r\n", headers=headers)
    assert_refused("openai", answer, says="Content-Encoding")


async def test_an_order_without_a_model_gets_the_servers_own(house: House) -> None:
    task = await accepted(house, await post_form(house, await house.customer(), {"prompt": "A paper boat"}))
    assert task.request.model == "seedance-2.0"


async def test_a_server_may_have_another_model_of_its_own_or_none(
    postgres_url: str, template: str, tmp_path: Path
) -> None:
    other = {"openai_default_model": "dreamina-seedance-2-0-260128"}
    async with open_house(postgres_url, template, tmp_path / "other", **other) as house:
        answer = await post_form(house, await house.customer(), {"prompt": "A paper boat"})
        assert answer.json()["model"] == "doubao-seedance-2-0-260128"
    async with open_house(postgres_url, template, tmp_path / "none", openai_default_model="") as house:
        answer = await post_form(house, await house.customer(), {"prompt": "A paper boat"})
        assert_refused("openai", answer, says="model is missing")


async def test_a_callback_is_told_of_the_end(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "openai", callback_url="https://hooks.example.org/openai")
    events = await house.services.db.value("SELECT webhook_events FROM tasks WHERE id = $1", task.id)
    assert set(events) == {"succeeded", "failed", "cancelled", "expired"}


async def test_who_asks_is_told_when_to_ask_again_until_the_end(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "openai")
    waiting = await get(house, customer, f"/{shown(house, task)}")
    assert waiting.headers["openai-poll-after-ms"] == "1000"
    done = await get(house, customer, f"/{shown(house, await house.finished(task))}")
    assert (done.json()["status"], done.json()["progress"], done.json()["error"]) == ("completed", 100, None)
    assert done.json()["expires_at"] > done.json()["completed_at"]
    assert "openai-poll-after-ms" not in done.headers


async def test_there_are_no_characters(house: House) -> None:
    customer = await house.customer(0)
    files = {"video": ("a.mp4", b"video", "video/mp4")}
    made = await house.client.post(f"{VIDEOS}/characters", data={"name": "Ada"}, files=files, headers=customer.headers)
    assert_refused("openai", made, says="no characters")
    assert made.json()["error"]["code"] == "unsupported_operation"
    assert_refused("openai", await get(house, customer, "/characters/char_1"), status=404)
    for path in ("/characters", "/characters/char_1"):
        method = "POST" if path == "/characters" else "GET"
        assert_refused("openai", await house.client.request(method, VIDEOS + path), status=401)


# --- lists --------------------------------------------------------------------------------------------------------


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    found = [video["id"] for video in answer.json()["data"]]
    assert (answer.json()["first_id"], answer.json()["last_id"]) == ((found[0], found[-1]) if found else (None, None))
    return found


async def everything(house: House, customer: Customer, **fields: Any) -> list[str]:
    """All pages, one after the other, as the official SDK turns them."""
    found: list[str] = []
    while True:
        page = await get(house, customer, **fields)
        found += ids(page)
        if not page.json()["has_more"] or page.json()["last_id"] is None:
            return found
        fields["after"] = page.json()["last_id"]


async def test_a_list_is_turned_page_by_page_in_both_directions(house: House) -> None:
    customer = await house.customer(5000)
    names = [shown(house, await house.ordered(customer, "openai")) for _ in range(5)]
    assert ids(await get(house, customer)) == names[::-1]
    for limit in (1, 2, 5, 100):
        assert await everything(house, customer, limit=limit) == names[::-1]
        assert await everything(house, customer, limit=limit, order="asc") == names
    none = (await get(house, customer, limit=0)).json()
    assert none == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


async def test_a_list_has_the_callers_videos_of_this_dialect_alone(house: House) -> None:
    customer, stranger = await house.customer(5000), await house.customer()
    await house.ordered(customer, "ark")
    await house.ordered(stranger, "openai")
    mine = await house.ordered(customer, "openai")
    assert ids(await get(house, customer)) == [shown(house, mine)]


async def test_who_deletes_while_turning_pages_loses_none(house: House) -> None:
    customer = await house.customer(5000)
    names = [shown(house, await house.ordered(customer, "openai")) for _ in range(4)]
    first = await get(house, customer, limit=2)
    for name in ids(first):
        await house.client.delete(f"{VIDEOS}/{name}", headers=customer.headers)
    assert ids(await get(house, customer, limit=2, after=first.json()["last_id"])) == names[1::-1]
    assert ids(await get(house, customer)) == names[1::-1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "101"), ("limit", "-1"), ("limit", "many"), ("order", "newest"), ("after", "cgt-1"), ("after", "\0"),
        ("after", "video_00ooKlYDK8GjUr5LX2kMhG"), ("limit", "9" * 4000),
    ],
)  # fmt: skip
async def test_a_list_that_makes_no_sense_is_refused(house: House, field: str, value: str) -> None:
    answer = await get(house, await house.customer(0), **{field: value})
    assert_refused("openai", answer, says=field)
    assert answer.json()["error"]["param"] == field


async def test_no_page_begins_behind_anothers_video(house: House) -> None:
    customer, stranger = await house.customer(), await house.customer()
    theirs = shown(house, await house.ordered(stranger, "openai"))
    in_ark = shown(house, await house.ordered(customer, "ark"))
    for name in (theirs, in_ark):
        assert_refused("openai", await get(house, customer, after=name), says="after is no video of yours")


# --- deletions ----------------------------------------------------------------------------------------------------


async def delete(house: House, customer: Customer, task: Task) -> httpx.Response:
    return await house.client.delete(f"{VIDEOS}/{shown(house, task)}", headers=customer.headers)


@pytest.mark.parametrize("way", [(), (started,), (started, rendered)], ids=["queued", "running", "saving"])
async def test_an_open_video_is_cancelled_and_deleted(house: House, way: tuple[Any, ...]) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "openai")
    for move in way:
        assert await house.services.tasks.apply(move(await house.task(task.id), datetime.now(UTC)))
    answer = await delete(house, customer, task)
    assert answer.json() == {"id": shown(house, task), "object": "video.deleted", "deleted": True}
    kept = await house.task(task.id)
    assert (kept.status, kept.deleted_at is None) == ("cancelled", False)
    assert (await house.services.accounts.balance(customer.account.id)).held == 0


async def test_a_deleted_video_is_nowhere_any_more(house: House) -> None:
    customer = await house.customer(5000)
    done = await house.finished(await house.ordered(customer, "openai"))
    lost = await house.ordered(customer, "openai")
    assert await house.services.tasks.apply(failed(lost, TaskError("provider_error", "no"), datetime.now(UTC)))
    for task in (done, lost):
        assert (await delete(house, customer, task)).status_code == 200
        for path in ("", "/content", "/content?variant=thumbnail"):
            assert_refused("openai", await get(house, customer, f"/{shown(house, task)}{path}"), status=404)
        assert_refused("openai", await delete(house, customer, task), status=404)
    assert ids(await get(house, customer)) == []
    assert [entry.kind for entry in await house.services.ledger.entries_of_task(done.id)] == ["reserve", "settle"]


async def test_nobody_deletes_what_is_not_theirs(house: House) -> None:
    task = await house.ordered(await house.customer(), "openai")
    assert_refused("openai", await delete(house, await house.customer(), task), status=404)
    assert_refused("openai", await house.client.delete(f"{VIDEOS}/{shown(house, task)}"), status=401)
    assert (await house.task(task.id)).status == "queued"

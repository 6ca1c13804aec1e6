"""Everything that is wrong with a request is told in the caller's own dialect, and leaves no trace."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from tests.api.api_helpers import (
    CREATE_PATHS,
    DIALECTS,
    LENGTHS,
    ORDERS,
    QUERY_PATHS,
    House,
    assert_refused,
    open_house,
)

from filmgate.api import bodies
from filmgate.errors import Unavailable

LINK = "https://media.example.org/a.png"

NOT_AN_ORDER = {
    "nothing": b"",
    "half an object": b'{"model": ',
    "a list": b"[]",
    "a text": b'"order"',
    "null": b"null",
    "no UTF-8": b'{"model": "\xff\xfe"}',
    "a NUL between": b'{"model"\x00: 1}',
    "nested without end": b'{"a":' + b"[" * 200_000,
    "a number beyond all": b'{"duration": 1e999999}',
    "two objects": b"{}{}",
}

# What is changed in a good order, by dialect, and a word that the refusal must hold ("" where the vendor has none).
BROKEN_ORDERS: dict[str, dict[str, tuple[dict[str, Any], str]]] = {
    "jimmy": {
        "no model": ({"model": None}, "model"),
        "model is a number": ({"model": 7}, "model"),
        "unknown model": ({"model": "seedance-99"}, "model"),
        "no prompt": ({"prompt": None}, "prompt"),
        "empty prompt": ({"prompt": "  "}, "prompt"),
        "NUL in the prompt": ({"prompt": "a\0b"}, "prompt"),
        "prompt of a megabyte": ({"prompt": "x" * 900_000}, "prompt"),
        "too long": ({"duration": 16}, "duration"),
        "too short": ({"duration": 0}, "duration"),
        "half a second": ({"duration": 4.5}, "duration"),
        "duration is true": ({"duration": True}, "duration"),
        "odd resolution": ({"resolution": "8k"}, "resolution"),
        "odd ratio": ({"ratio": "2:1"}, "ratio"),
        "a hundred images": ({"images": [LINK] * 100}, "images"),
        "images is an object": ({"images": {"a": 1}}, "images"),
        "mixed modes": ({"images": [LINK], "first_image": LINK}, "images"),
        "audio alone": ({"reference_audios": ["https://media.example.org/a.mp3"]}, "audio"),
        "no model at all": ({"model": ""}, "model"),
        "seconds as an object": ({"duration": {"seconds": 5}}, "duration"),
        "prompt is a list": ({"prompt": ["a"]}, "prompt"),
        "a file link": ({"first_image": "file:///etc/passwd"}, "first_image"),
        "an object of ours": ({"images": ["object://films/a.mp4"]}, "images[0]"),
        "an empty link": ({"first_image": " "}, "first_image"),
    },
    "senseaudio": {
        "no model": ({"model": None}, ""),
        "no content": ({"content": []}, "内容不能为空"),
        "content is a text": ({"content": "x"}, "content"),
        "two texts": ({"content": [{"type": "text", "text": "a"}] * 2}, "content"),
        "odd element": ({"content": [{"type": "smell"}]}, "content"),
        "NUL in the text": ({"content": [{"type": "text", "text": "a\0b"}]}, "content"),
        "too long": ({"duration": 16}, "不支持的视频时长"),
        "no duration": ({"duration": None}, ""),
        "duration is a text": ({"duration": "5"}, ""),
        "odd resolution": ({"resolution": "360p"}, "参数错误：resolution"),
        "odd ratio": ({"ratio": "auto"}, "参数错误：ratio"),
        "short timeout": ({"timeout": 3599}, "不支持的超时时间"),
        "a hundred images": ({"content": [{"type": "image", "url": LINK, "role": "reference"}] * 100}, "content"),
        "mixed modes": (
            {
                "content": [
                    {"type": "image", "url": LINK, "role": "reference"},
                    {"type": "image", "url": LINK, "role": "first_frame"},
                ]
            },
            "content",
        ),
        "audio alone": ({"content": [{"type": "audio", "audio_url": LINK}]}, "content"),
        "empty resolution": ({"resolution": ""}, "参数错误：resolution"),
        "half a second": ({"duration": 4.5}, ""),
        "prompt of a megabyte": ({"content": [{"type": "text", "text": "x" * 1_000_000}]}, "content"),
        "an empty link": ({"content": [{"type": "image", "url": ""}]}, "图片链接无效"),
        "a file link": ({"content": [{"type": "image", "url": "file:///etc/passwd"}]}, "图片链接无效"),
        "an object of ours": ({"content": [{"type": "image", "url": "object://films/a.jpg"}]}, "图片链接无效"),
        "an image that is none": (
            {"content": [{"type": "image", "url": "data:image/png;base64,AAAA", "role": "reference"}]},
            "",
        ),
        "a private address": (
            {"content": [{"type": "image", "url": "https://127.0.0.1/a.png", "role": "reference"}]},
            "图片链接无效",
        ),
    },
    "ink": {
        "no model": ({"model": None}, "model"),
        "unknown model": ({"model": "seedance-99"}, "model"),
        "no prompt": ({"prompt": None}, "prompt"),
        "empty prompt": ({"prompt": ""}, "prompt"),
        "NUL in the prompt": ({"prompt": "a\0b"}, "prompt"),
        "prompt of a megabyte": ({"prompt": "x" * 900_000}, "prompt"),
        "empty ratio": ({"aspectRatio": ""}, "aspectRatio"),
        "an empty link": ({"mediaUrls": [""]}, "mediaUrls[0]"),
        "a file link": ({"mediaUrls": ["file:///etc/a.png"]}, "mediaUrls[0]"),
        "an object of ours": ({"mediaUrls": ["object://films/a.png"]}, "mediaUrls[0]"),
        "too long": ({"duration": 16}, "duration"),
        "float duration": ({"duration": 5.0}, "duration"),
        "ratio auto": ({"aspectRatio": "auto"}, "aspectRatio"),
        "odd resolution": ({"resolution": "4k"}, "resolution"),
        "a hundred images": ({"mediaUrls": [LINK] * 100}, "mediaUrls"),
        "media is a text": ({"mediaUrls": LINK}, "mediaUrls"),
        "audio alone": ({"mediaUrls": ["https://media.example.org/a.mp3"]}, "mediaUrls"),
        "plain http": ({"mediaUrls": ["http://media.example.org/a.png"]}, "mediaUrls[0]"),
        "no extension": ({"mediaUrls": ["https://media.example.org/a"]}, "mediaUrls[0]"),
        "a private address": ({"mediaUrls": ["https://127.0.0.1/a.png"]}, "mediaUrls[0]"),
        "huge metadata": ({"metadata": {"a": "x" * 20_000}}, "metadata"),
        "metadata is a list": ({"metadata": []}, "metadata"),
        "webhook is a file": ({"webhookUrl": "file:///etc/passwd"}, "webhookUrl"),
    },
    "ark": {
        "no model": ({"model": None}, "model"),
        "no content": ({"content": None}, "content"),
        "empty content": ({"content": []}, "content"),
        "content is a text": ({"content": "x"}, "content"),
        "content is an object": ({"content": {"type": "text", "text": "a"}}, "content"),
        "two texts": ({"content": [{"type": "text", "text": "a"}] * 2}, "content[1]"),
        "odd item": ({"content": [{"type": "smell"}]}, "content[0].type"),
        "NUL in the text": ({"content": [{"type": "text", "text": "a\0b"}]}, "content[0].text"),
        "text of a megabyte": ({"content": [{"type": "text", "text": "x" * 1_000_000}]}, "content"),
        "too long": ({"duration": 16}, "duration"),
        "duration is a text": ({"duration": "5"}, "duration"),
        "half a second": ({"duration": 4.5}, "duration"),
        "odd resolution": ({"resolution": "360p"}, "resolution"),
        "odd ratio": ({"ratio": "2:3"}, "ratio"),
        "frames at a model that has none": ({"frames": 121}, "frames"),
        "a draft at a model that has none": ({"draft": True}, "draft"),
        "a draft that is none": ({"content": [{"type": "draft_task", "draft_task": {"id": "cgt-1"}}]}, "content"),
        "an odd tier": ({"service_tier": "best"}, "service_tier"),
        "a last frame alone": (
            {"content": [{"type": "image_url", "role": "last_frame", "image_url": {"url": LINK}}]},
            "content[0].image_url",
        ),
        "two pictures without roles": (
            {"content": [{"type": "image_url", "image_url": {"url": LINK}}] * 2},
            "content[0].role",
        ),
        "a clip inside the body": (
            {
                "content": [
                    {"type": "video_url", "role": "reference_video", "video_url": {"url": "data:video/mp4;base64,AAAA"}}
                ]
            },
            "content[0].video_url",
        ),
        "a file link": (
            {"content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]},
            "content[0].image_url",
        ),
        "an object of ours": (
            {"content": [{"type": "image_url", "image_url": {"url": "object://films/a.jpg"}}]},
            "content[0].image_url",
        ),
        "an asset that nobody knows": (
            {"content": [{"type": "image_url", "image_url": {"url": "asset://asset-1"}}]},
            "content[0].image_url",
        ),
        "an image that is none": (
            {"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
            "content[0].image_url",
        ),
        "a private address": (
            {"content": [{"type": "image_url", "image_url": {"url": "https://127.0.0.1/a.png"}}]},
            "content[0].image_url",
        ),
        "callback is a file": ({"callback_url": "file:///etc/passwd"}, "callback_url"),
        "callback into the house": ({"callback_url": "https://127.0.0.1/hook"}, "callback_url"),
        "a long name of the end user": ({"safety_identifier": "x" * 65}, "safety_identifier"),
    },
    "openai": {
        "no prompt": ({"prompt": None}, "prompt"),
        "empty prompt": ({"prompt": " "}, "prompt"),
        "prompt is a list": ({"prompt": ["a"]}, "prompt"),
        "NUL in the prompt": ({"prompt": "a\0b"}, "prompt"),
        "prompt of a megabyte": ({"prompt": "x" * 1_000_000}, "prompt"),
        "model is a number": ({"model": 7}, "model"),
        "too long": ({"seconds": "16"}, "seconds"),
        "half a second": ({"seconds": 4.5}, "seconds"),
        "seconds is a word": ({"seconds": "four"}, "seconds"),
        "odd size": ({"size": "13x7", "resolution": None}, "size"),
        "size of two minds": ({"size": "1280x720", "resolution": "480p"}, "resolution"),
        "odd resolution": ({"resolution": "360p"}, "resolution"),
        "characters": ({"characters": [{"id": "char_1"}]}, "characters"),
        "a picture that is text": ({"input_reference": "data:text/plain,hello"}, "input_reference"),
        "an image that is none": ({"input_reference": "data:image/png;base64,AAAA"}, "input_reference"),
        "two forms of a picture": (
            {"input_reference": {"image_url": LINK, "file_id": "file-1"}},
            "input_reference",
        ),
        "half an object in text": ({"input_reference": '{"image_url": '}, "input_reference"),
        "a file that nobody knows": ({"input_reference": {"file_id": "file-1"}}, "input_reference"),
        "a hundred references": ({"input_references": [{"image_url": LINK}] * 100}, "input_references"),
        "a file link": ({"input_reference": {"image_url": "file:///etc/passwd"}}, "input_reference"),
        "an object of ours": ({"input_reference": {"image_url": "object://films/a.jpg"}}, "input_reference"),
        "a private address": ({"input_reference": {"image_url": "https://127.0.0.1/a.png"}}, "input_reference"),
        "callback is a file": ({"callback_url": "file:///etc/passwd"}, "callback_url"),
    },
}


_EACH_BROKEN_ORDER = [
    pytest.param(dialect, changes, says, id=f"{dialect}: {name}")
    for dialect, cases in BROKEN_ORDERS.items()
    for name, (changes, says) in cases.items()
]


VENDORS_DIALECTS = tuple(name for name in DIALECTS if name != "native")


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("bad")) as house:
        yield house


async def _post(house: House, dialect: str, content: Any, headers: dict[str, str]) -> Any:
    headers = {"Content-Type": "application/json", **headers}
    return await house.client.post(CREATE_PATHS[dialect], content=content, headers=headers)


@pytest.mark.parametrize(("dialect", "changes", "says"), _EACH_BROKEN_ORDER)
async def test_a_broken_order_is_refused_with_its_field_and_without_a_trace(
    house: House, dialect: str, changes: dict[str, Any], says: str
) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    order = {key: value for key, value in {**ORDERS[dialect], **changes}.items() if value is not None}
    assert_refused(dialect, await _post(house, dialect, json.dumps(order), customer.headers), says=says)
    assert await house.traces(customer) == before


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("body", list(NOT_AN_ORDER.values()), ids=list(NOT_AN_ORDER))
async def test_what_is_no_order_is_refused(house: House, dialect: str, body: bytes) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    assert_refused(dialect, await _post(house, dialect, body, customer.headers))
    assert await house.traces(customer) == before


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_all_that_is_wrong_is_told_at_once(house: House, dialect: str) -> None:
    customer = await house.customer()
    length = LENGTHS.get(dialect, "duration")
    answer = await house.order(customer, dialect, **{length: 99, "resolution": "8k"})
    if dialect == "senseaudio":  # One text for one fault is the vendor's form; the first counts.
        assert_refused(dialect, answer)
    else:
        assert_refused(dialect, answer, says=length)
        assert_refused(dialect, answer, says="resolution")


async def test_an_unknown_model_is_a_fault_of_the_server_at_senseaudio_alone(house: House) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    answer = await house.order(customer, "senseaudio", model="seedance-99")
    assert (answer.status_code, answer.json()["code"], answer.json()["ref_code"]) == (500, "internal", 500000)
    assert await house.traces(customer) == before


@pytest.mark.parametrize("dialect", VENDORS_DIALECTS)
async def test_unknown_members_are_no_fault(house: House, dialect: str) -> None:
    customer = await house.customer()
    assert await house.ordered(customer, dialect, seed_of_doubt={"a": [1, None]}, tier_of_doubt="best")


async def test_unknown_members_are_told_at_our_own_door(house: House) -> None:
    answer = await house.order(await house.customer(), "native", duration=4, seed_of_doubt=1)
    assert_refused("native", answer, says="seed_of_doubt")
    broken = answer.json()["error"]["violations"]
    assert [violation["field"] for violation in broken] == ["duration", "seed_of_doubt"]
    assert "duration_seconds" in broken[0]["allowed"]


@pytest.mark.parametrize(
    ("dialect", "code"), [("ark", "InvalidEndpointOrModel.NotFound"), ("openai", "model_not_found")]
)
async def test_an_unknown_model_is_not_found_where_the_vendor_says_so(house: House, dialect: str, code: str) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    answer = await house.order(customer, dialect, model="seedance-99")
    assert_refused(dialect, answer, status=404, says="seedance-99")
    assert answer.json()["error"]["code"] == code
    assert await house.traces(customer) == before


async def test_ratio_auto_is_no_ratio_at_jimmy(house: House) -> None:
    task = await house.ordered(await house.customer(), "jimmy", ratio="auto")
    assert task.request.ratio == "16:9"


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_body_of_twenty_megabytes_is_refused(house: House, dialect: str) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    order = json.dumps(
        {**ORDERS[dialect], "prompt": "x" * (20 << 20), "content": [{"type": "text", "text": "x" * 100}]}
    )
    if dialect in ("senseaudio", "ark"):  # Their limit is 64 MB; what is in these 20 they ignore.
        assert (await _post(house, dialect, order, customer.headers)).status_code == 200
        return
    # Some take as much, but no prompt of that length.
    status = 400 if dialect in ("native", "openai") else 413
    assert_refused(dialect, await _post(house, dialect, order, customer.headers), status=status)
    assert await house.traces(customer) == before


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_body_over_the_limit_is_refused_however_it_comes(house: House, dialect: str) -> None:
    customer = await house.customer()
    limit_bytes = house.dialect(dialect).body_limit_bytes

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(limit_bytes // (1 << 20) + 1):
            yield b" " * (1 << 20)

    assert_refused(dialect, await _post(house, dialect, pieces(), customer.headers), status=413)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=gbk"},
        {"Content-Type": "?"},
        {"Content-Encoding": "gzip"},
    ],
    ids=str,
)
async def test_a_body_that_says_it_is_something_else_is_refused(
    house: House, dialect: str, headers: dict[str, str]
) -> None:
    customer = await house.customer()
    answer = await _post(house, dialect, json.dumps(ORDERS[dialect]), {**customer.headers, **headers})
    assert_refused(dialect, answer)


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "Application/JSON", "application/a+json"])
async def test_json_by_another_name_is_json(house: House, content_type: str) -> None:
    customer = await house.customer()
    headers = {**customer.headers, "Content-Type": content_type}
    assert (await _post(house, "ink", json.dumps(ORDERS["ink"]), headers)).status_code == 200


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("jimmy", "/api/open-api/v1/nowhere"),
        ("jimmy", "/api/open-api/v1/videos"),
        ("jimmy", "/api/openapi/x"),
        ("senseaudio", "/v1/nowhere"),
        ("senseaudio", "/v1"),
        ("ink", "/api/open/v1/nowhere"),
        ("ink", "/api/open/v1/video/generations/a/b"),
        ("ink", "/api/open/v1/video/generationsx"),
        ("ark", "/api/v3/nowhere"),
        ("ark", "/api/v3"),
        ("ark", "/api/v3/contents/generations/tasks/a/cancel"),
        ("ark", "/api/v3/contents/generations/tasksx"),
        ("openai", "/v1/videos/a/b"),
        ("openai", "/v1/videos/a/content/b"),
        ("openai", "/v1/videos/characters/a/b"),
        ("senseaudio", "/v1/videosx"),
    ],
)
async def test_an_address_that_is_none_is_404_in_the_dialect_of_its_beginning(
    house: House, dialect: str, path: str
) -> None:
    answer = await house.client.get(path)
    assert answer.status_code == 404
    _assert_form(dialect, answer.json())


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
async def test_a_method_that_is_none_is_405_and_told_which_are(house: House, dialect: str, method: str) -> None:
    answer = await house.client.request(method, CREATE_PATHS[dialect])
    allowed = "POST, GET, HEAD, OPTIONS" if dialect in ("native", "ark", "openai") else "POST, OPTIONS"
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    _assert_form(dialect, answer.json())


async def test_options_are_told(house: House) -> None:
    answer = await house.client.options("/v1/video/create", headers={"Origin": "https://a.example"})
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "POST, OPTIONS", b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in answer.headers["access-control-allow-headers"]


async def test_outside_all_dialects_an_error_is_one_plain_line(house: House) -> None:
    for path in ("/nowhere", "/files", "/docs/nowhere.js", "/docsx", "/healthz/x"):
        answer = await house.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")
        assert answer.text.count("\n") == 1
    assert (await house.client.post("/healthz")).status_code == 405


@pytest.mark.parametrize(
    "lines",
    [
        [b"GET /v1/models HTTP/1.1", b"Host: x", b"Authorization: Bearer \xff\xfe"],
        [b"GET /v1/models HTTP/1.1", b"Host: x", b"Authorization: Bearer a\x00b"],
        [b"GET /v1/models HTTP/1.1", b"Host: x", b"Authorization: Bearer " + b"k" * 60_000],
        [b"GET /v1/models HTTP/1.1", b"Host: \xff\xfe"],
        [b"GET /v1/models HTTP/1.1", b"Host: a b"],
        [b"GET /v1/models?mode=\xff HTTP/1.1", b"Host: x"],
        [b"GET /v1/%zz%\xc3\xa9 HTTP/1.1", b"Host: x"],
        [b"GET /v1/video/status?id=%zz&id=%00&" + b"a=1&" * 500 + b" HTTP/1.1", b"Host: x"],
        [b"BREW /v1/models HTTP/1.1", b"Host: x"],
        [b"GET /v1/models HTTP/1.1", b"Host: x", b"X-Request-Id: \xff" + b"x" * 5000],
        [b"POST /v1/video/create HTTP/1.1", b"Host: x", b"Content-Length: -5"],
        [b"POST /v1/video/create HTTP/1.1", b"Host: x", b"Content-Length: \xb2"],
        [b"GET /files/%ff%00/..%2f..%2fetc/passwd?expires=1&signature=\xff HTTP/1.1", b"Host: x"],
    ],
)
async def test_no_bytes_make_the_server_stumble(house: House, lines: list[bytes]) -> None:
    with capture_logs() as logs:
        answer = await house.raw(*lines)
    assert answer.startswith(b"HTTP/1.1 4")
    assert [line for line in logs if line["event"] == "request_crashed"] == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_order_of_which_no_more_comes_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    monkeypatch.setattr(bodies, "_LONGEST_SILENCE_SECONDS", 0.2)
    customer = await house.customer()
    before = await house.traces(customer)
    answer = await house.raw(
        f"POST {CREATE_PATHS[dialect]} HTTP/1.1".encode(),
        b"Host: x",
        b"Authorization: Bearer " + customer.secret.encode(),
        b"Content-Type: application/json",
        b"Content-Length: 1000",
        body=b'{"model": ',
    )
    head, _, content = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    refusal = httpx.Response(int(status.split()[1]), headers=headers, content=content)
    assert_refused(dialect, refusal, says="no more of the body came for 0.2 seconds" if dialect != "senseaudio" else "")
    assert await house.traces(customer) == before


async def test_a_query_of_more_fields_than_anybody_means_is_refused_and_not_ignored(house: House) -> None:
    customer = await house.customer()
    fields = "&".join(["status=failed"] * 2001)
    answer = await house.client.get(f"/filmgate/v1/tasks?{fields}", headers=customer.headers)
    assert_refused("native", answer, says="the query has more than 2000 fields")


async def test_who_hangs_up_in_the_middle_of_an_order_leaves_no_trace(house: House) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    head = (
        b"POST /v1/video/create HTTP/1.1",
        b"Host: x",
        b"Authorization: Bearer " + customer.secret.encode(),
        b"Content-Type: application/json",
        b"Content-Length: 1000",
    )
    _, writer = await asyncio.open_connection("127.0.0.1", house.port)
    with capture_logs() as logs:
        writer.write(b"\r\n".join((*head, b"", b'{"model"')))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await house.client.get("/healthz")).status_code == 200
    assert await house.traces(customer) == before
    assert logs == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_fault_of_ours_is_told_without_its_secrets_and_logged_with_them(
    house: House, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, dialect)

    async def stumble(ids: object) -> None:
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(house.services.tasks, "get_many", stumble)
    with capture_logs() as logs:
        answer = await house.query(customer, task)
    assert_refused(dialect, answer, status=500)
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    (line,) = [line for line in logs if line["event"] == "request_crashed"]
    assert isinstance(line["exc_info"], ZeroDivisionError)
    assert line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_database_that_is_away_is_told_as_a_thing_that_passes(
    house: House, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, dialect)

    async def away(ids: object) -> None:
        raise Unavailable("the database is away (at 10.0.0.7)")

    monkeypatch.setattr(house.services.tasks, "get_many", away)
    answer = await house.query(customer, task)
    assert_refused(dialect, answer, status=503)
    assert answer.headers["retry-after"]
    assert "10.0.0.7" not in answer.text


async def test_a_query_of_an_order_ignores_a_body(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "ink")
    path = QUERY_PATHS["ink"] + house.dialect("ink").show_id(task.id)
    answer = await house.client.request("GET", path, content=b"{" * 1000, headers=customer.headers)
    assert answer.status_code == 200


def _assert_form(dialect: str, body: dict[str, Any]) -> None:
    match dialect:
        case "jimmy":
            assert list(body) == ["code", "msg", "data"]
            assert body["code"] == 20002
        case "senseaudio":
            assert body["code"] == "notfound"
        case "ark":
            assert body["error"]["type"] in ("NotFound", "MethodNotAllowed")
        case "openai" | "native":
            assert body["error"]["code"] in ("no_such_address", "no_such_method")
        case _:
            assert body["error"]["code"] == "not_found"

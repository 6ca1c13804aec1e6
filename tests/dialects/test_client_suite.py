"""What every client half keeps to, whichever it is and whatever it is answered: ``dialects/client.py`` says it."""

import json
import re
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dialects.client_samples import (
    CLIENTS,
    INSIDE,
    SERVERS,
    asked,
    each_client,
    fault_of,
    film_without_link,
    server_of,
    success_of,
)
from tests.dialects.dialect_samples import FILM_LINK, answered, encode
from tests.dialects.test_dialect_suite import JSON
from tests.dialects.test_reading import HOSTILE

from filmgate.dialects.base import Reply
from filmgate.dialects.client import ENDS, Call, ClientDialect, Page, Report
from filmgate.errors import Fault, UpstreamFailed

# Where each vendor answers queries, below its host.
SPECS = {
    "jimmy": "/api/open-api/v1/videos/",
    "senseaudio": "/v1/video/status",
    "ink": "/api/open/v1/video/generations/",
    "ark": "/api/v3/contents/generations/tasks/",
    "openai": "/v1/videos/",
}


def test_every_dialect_of_a_vendor_has_both_halves() -> None:
    assert [*CLIENTS, "native"] == list(SERVERS.names)
    assert [client.name for client in CLIENTS.values()] == list(CLIENTS)


@each_client
def test_both_halves_have_one_name(client: ClientDialect) -> None:
    assert server_of(client).name == client.name
    assert client.honours_idempotency_key is False


@each_client
def test_operators_are_told_what_the_base_url_is(client: ClientDialect) -> None:
    said = type(client).__doc__ or ""
    assert "Base URL of a route:" in said
    (example, *_) = re.findall(r"``(https?://\S+?)``", said)
    query = client.query("vid_1").path
    # Together they are the path of the spec: no part of it is missing, and none is there twice.
    assert SPECS[client.name] in example + query
    assert not set(example.split("/")[3:]) & set(query.split("/"))


@each_client
def test_ids_of_a_vendor_stay_inside_their_place(client: ClientDialect) -> None:
    odd = "a/../b?c=d&e#f %视"
    calls = [client.query(odd), client.cancel(odd), client.list([odd])]
    for call in calls:
        if call is None:
            continue
        said = call.path + "".join(value for _, value in call.query)
        assert call.path.isascii()
        assert not set(call.path) & set("?# ")
        assert "a/../b?c=d&e#f %视" in said or "a%2F..%2Fb%3Fc%3Dd%26e%23f%20%25%E8%A7%86" in said
        assert call.body in (b"", b"{}")


@each_client
def test_what_the_wire_does_not_have_is_never_asked_and_never_understood(client: ClientDialect) -> None:
    if client.list() is None:
        assert client.list(["vid_1"]) is None
    assert fault_of(client.listed, answered(success_of(client))) == "unclear"
    if client.cancel("vid_1") is None:
        assert fault_of(lambda reply: client.cancelled("vid_1", reply), answered(success_of(client))) == "unclear"
    if client.upload("a.png", "image/png", b"a picture") is None:
        assert client.name != "jimmy"
        assert fault_of(client.uploaded, answered({"code": 20000, "data": {"url": FILM_LINK}})) == "unclear"


# --- answers of anybody ----------------------------------------------------------------


@each_client
@pytest.mark.parametrize(
    "reply",
    [
        answered(b"<html>502 Bad Gateway</html>", 502),
        answered(b"", 500),
        answered(b"", 503, {"Retry-After": "30"}),
        answered(b"error code: 504", 504),
        answered({"message": "try again"}, 500),
        answered(b"", 408),
        answered(b"", 409),
        answered(b"", 303),
        answered(b"", 200),
        answered(b"OK", 200),
        answered(b"<html></html>", 200),
        answered(b"null", 200),
        answered([], 201),
        answered({}, 200),
        answered({"code": 20000, "msg": "ok", "data": {}}, 200),
        answered({"code": 20000, "msg": "ok", "data": None}, 200),
        answered({"code": 0, "data": {"task_id": None, "requestId": None}, "task_id": "", "requestId": ""}, 200),
        answered({"task_id": "..", "requestId": ".", "data": {"task_id": ".."}}, 200),
        answered({"success": True, "requestId": {"id": 1}, "task_id": [], "status": "queued"}, 200),
    ],
    ids=lambda reply: f"{reply.status} {reply.body.decode()[:30]}",
)
def test_an_order_whose_answer_proves_nothing_is_in_doubt(client: ClientDialect, reply: Reply) -> None:
    assert fault_of(client.created, reply) == "unclear"


# A page with 400 is no word of Ark's, whose refusals have codes (spec ark 7). OpenAI's engines move a request so where
# the route's address has a slash too much (spec openai_videos 9).
DECIDED_BY_SPECS: dict[tuple[str, int], Fault] = {("ark", 400): "vendor", ("openai", 307): "account"}


@each_client
@pytest.mark.parametrize(
    ("status", "fault"),
    [
        *((status, "order") for status in (400, 413, 422)),
        *((status, "account") for status in (401, 402, 403, 404, 405, 410)),
        *((status, "unclear") for status in (307, 425)),
        (429, "busy"),
    ],
)
def test_a_bare_status_says_whose_fault_it_was(client: ClientDialect, status: int, fault: Fault) -> None:
    expected = DECIDED_BY_SPECS.get((client.name, status), fault)
    assert fault_of(client.created, answered(b"<html></html>", status)) == expected


@each_client
@pytest.mark.parametrize(
    ("status", "fault"),
    [
        *((status, "unclear") for status in (200, 302, 400, 404, 410, 500, 502, 504)),
        *((status, "account") for status in (401, 403)),
        (429, "busy"),
    ],
)
def test_a_question_that_fails_says_nothing_about_the_task(client: ClientDialect, status: int, fault: Fault) -> None:
    page = answered(b"<html></html>", status)
    assert fault_of(asked(client), page) == fault
    if client.cancel("vid_1") is not None:
        assert fault_of(lambda reply: client.cancelled("vid_1", reply), page) == fault
    if client.list() is not None:
        assert fault_of(client.listed, page) == fault


@each_client
@pytest.mark.parametrize("body", [b"", b"<html>404</html>", {}, {"message": "no route"}, {"detail": "Not Found"}, []])
def test_a_task_is_missing_in_the_vendors_own_words_alone(client: ClientDialect, body: object) -> None:
    for status in (404, 410):
        assert fault_of(asked(client), answered(body, status)) == "unclear"
        assert fault_of(lambda reply: client.cancelled("vid_1", reply), answered(body, status)) == "unclear"


@each_client
def test_an_error_carries_what_the_vendor_said_about_the_call(client: ClientDialect) -> None:
    headers = {"retry-after": "Tue, 30 Jun 2026 12:01:30 GMT", "Date": "Tue, 30 Jun 2026 12:00:00 GMT"}
    for understand in (client.created, asked(client)):
        with pytest.raises(UpstreamFailed) as raised:
            understand(answered(b"slow down", 429, headers | {"X-Request-Id": "r-77"}))
        error = raised.value
        assert (error.fault, error.http_status, error.retry_after_seconds) == ("busy", 429, 90)
        assert error.request_id == "r-77"
        assert "429" in error.message


@each_client
def test_a_film_without_a_link_has_succeeded(client: ClientDialect) -> None:
    found = client.queried("vid_1", answered(success_of(client)))
    assert (found.state, found.film_url, found.failure) == ("succeeded", film_without_link(client, "vid_1"), None)


@each_client
def test_done_with_an_error_is_no_success(client: ClientDialect) -> None:
    name = INSIDE[client.name][2]
    said: Any = "the film was lost"
    if name == "error":
        said = {"code": "provider_error", "message": said}
    links: dict[str, Any] = {"video_url": FILM_LINK, "url": FILM_LINK}
    links |= {"result": {"video_url": FILM_LINK}, "output": {"url": FILM_LINK}, "content": {"video_url": FILM_LINK}}
    assert client.queried("vid_1", answered(success_of(client, **links))).film_url == FILM_LINK
    found = client.queried("vid_1", answered(success_of(client, **links, **{name: said})))
    assert (found.state, found.film_url) == ("failed", None)
    assert found.failure is not None
    assert (found.failure.reason, found.failure.message) == ("provider_error", "the film was lost")


@each_client
@pytest.mark.parametrize("word", ["paused", "COMPLETED?", "排队中", "done", "7", "null"])
def test_an_unknown_word_is_an_alarm_and_no_end(client: ClientDialect, word: str) -> None:
    found = client.queried("vid_1", answered(success_of(client, status=word, video_url=FILM_LINK)))
    assert (found.state, found.word, found.film_url, found.failure) == ("unknown", word, None, None)


@each_client
@pytest.mark.parametrize("status", [..., None, {}, [], True])
def test_an_answer_without_a_state_is_none(client: ClientDialect, status: object) -> None:
    assert fault_of(asked(client), answered(success_of(client, status=status))) == "unclear"


@each_client
def test_an_empty_word_is_no_state(client: ClientDialect) -> None:
    empty = answered(success_of(client, status=""))
    if client.name in ("ark", "openai"):
        # A text is there, so it is a word that nobody knows.
        assert client.queried("vid_1", empty).state == "unknown"
    else:
        assert fault_of(asked(client), empty) == "unclear"


@each_client
def test_words_are_read_in_any_case(client: ClientDialect) -> None:
    word = "Succeeded" if client.name in ("ink", "ark") else "Completed"
    found = client.queried("vid_1", answered(success_of(client, status=f" {word} ")))
    # Ark's words are exactly those of its documents (spec ark 4).
    assert (found.state, found.word) == ("unknown" if client.name == "ark" else "succeeded", word)


@each_client
def test_an_answer_about_another_task_is_none(client: ClientDialect) -> None:
    name = INSIDE[client.name][1]
    assert fault_of(asked(client), answered(success_of(client, **{name: "vid_2"}))) == "unclear"
    assert client.queried("vid_1", answered(success_of(client, **{name: ...}))).vendor_id == "vid_1"


@each_client
def test_numbers_of_a_vendor_are_kept_within_reason(client: ClientDialect) -> None:
    odd = {"progress": 10**300, "cost": -5, "creditsCharged": -5, "usage": {"total_tokens": 2.5}}
    found = client.queried("vid_1", answered(success_of(client, **odd)))
    assert found.progress in (None, 100)
    assert found.usage is None


@each_client
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bodies_prove_nothing(client: ClientDialect, body: bytes) -> None:
    assert fault_of(client.created, answered(body)) == "unclear"
    assert fault_of(asked(client), answered(body)) == "unclear"
    assert client.callback({}, body) is None


WORDS = ["queued", "pending", "processing", "completed", "succeeded", "failed", "canceled", "deleted", "expired", "odd"]
WORD = st.sampled_from([*WORDS, "0"])
SECONDS = st.sampled_from([0, 1783000000, 1783000184, 1783000184.5, 1783000000000]) | JSON
REFUSALS = ["invalid", "invalid_request", "invalid_state", "not_found", "unauthorized", "internal", "400000"]
CODE = st.sampled_from([0, "0", 20000, "20000", -1, 20001, 20002, 400000, True, 5.0, *REFUSALS])
SAID = st.sampled_from(["task not found", "余额不足", "moderation", "Read timed out", "model x", "too many", FILM_LINK])
ERROR = st.fixed_dictionaries({}, optional={"code": CODE | JSON, "message": SAID | JSON})
TASK = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("vid_1") | JSON,
        "model": SAID | JSON,
        "prompt": SAID | st.just("nul \0") | JSON,
        "seed": JSON,
        "metadata": st.fixed_dictionaries({}, optional={"filmgate_attempt": JSON}) | JSON,
        "content": st.lists(st.fixed_dictionaries({"type": st.just("text")}, optional={"text": SAID | JSON})) | JSON,
        "created_at": SECONDS,
        "completed_at": SECONDS,
        "updated_at": SECONDS,
        "deleted": JSON,
        "detail": st.lists(st.fixed_dictionaries({}, optional={"loc": JSON, "msg": SAID | JSON})) | SAID | JSON,
        "task_id": st.just("vid_1") | JSON,
        "requestId": st.just("vid_1") | JSON,
        "status": WORD | JSON,
        "progress": JSON,
        "video_url": SAID | JSON,
        "result": st.fixed_dictionaries({}, optional={"video_url": SAID | JSON}) | JSON,
        "output": st.fixed_dictionaries({}, optional={"url": SAID | JSON}) | JSON,
        "error": ERROR | JSON,
        "error_message": SAID | JSON,
        "usage": st.fixed_dictionaries({}, optional={"total_tokens": JSON}) | JSON,
        "cost": JSON,
        "creditsCharged": JSON,
        "success": st.booleans() | JSON,
        "code": CODE | JSON,
        "ref_code": st.sampled_from([400000, 400001, 400015, 404000, 429000, 500000, 502101]) | JSON,
        "msg": SAID | JSON,
        "message": SAID | JSON,
    },
)
DONE = {"id": "vid_1", "task_id": "vid_1", "requestId": "vid_1", "status": "completed", "output": {"url": FILM_LINK}}
LIKELY = TASK.map(lambda changes: DONE | changes)
ENVELOPE = st.builds(
    lambda code, data: {"code": code, "data": data}, st.sampled_from([0, "20000", None]), LIKELY | JSON
)
LIST = st.builds(
    lambda name, tasks, more: {name: tasks} | more,
    st.sampled_from(["data", "items"]),
    st.lists(LIKELY | TASK | JSON, max_size=4),
    st.fixed_dictionaries({}, optional={"has_more": JSON, "last_id": JSON}),
)
ANSWER = st.builds(lambda outer, inner: outer | {"data": inner}, TASK, TASK) | TASK | JSON | LIKELY | ENVELOPE | LIST
BODY = ANSWER.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=100)
HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "Date", "X-Request-Id", "traceparent"]), st.text(max_size=30), max_size=4
)
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 409, 429, 500, 502, 503, 504])
ANY_STATUS = STATUSES | st.integers(100, 599)
REPLY = st.builds(
    lambda status, body, headers: Reply(status=status, body=body, headers=headers), ANY_STATUS, BODY, HEADERS
)


def check_error(error: UpstreamFailed) -> None:
    assert error.fault in get_args(Fault)
    assert error.retry_after_seconds is None or error.retry_after_seconds >= 0
    msgspec.json.encode([error.message, error.vendor_code, error.request_id])


def understood_or_not(understand: Callable[[Reply], Report | Page], reply: Reply) -> None:
    """A report that fits together, or an error that can be kept; never anything else."""
    try:
        found = understand(reply)
    except UpstreamFailed as failure:
        check_error(failure)
        return
    if isinstance(found, Page):
        assert found.next is None or found.next.path.startswith("/")
    for one in found.reports if isinstance(found, Page) else [found]:
        check_report(one)


def check_report(found: Report) -> None:
    assert found.vendor_id
    assert (found.state == "succeeded") or found.film_url is None
    assert (found.failure is not None) == (found.state == "failed") or found.state in ("cancelled", "expired")
    assert found.progress is None or 0 <= found.progress <= 100
    assert found.took_seconds is None or (found.took_seconds >= 0 and found.state in ENDS)
    assert b"\\u0000" not in msgspec.json.encode(found)


@each_client
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reply=REPLY)
def test_any_answer_is_a_report_or_an_error_of_ours(client: ClientDialect, reply: Reply) -> None:
    understood_or_not(client.created, reply)
    understood_or_not(asked(client), reply)
    understood_or_not(lambda reply: client.cancelled("vid_1", reply), reply)
    understood_or_not(client.listed, reply)
    try:
        assert client.uploaded(reply).startswith("http")
    except UpstreamFailed as failure:
        check_error(failure)
    found = client.callback({name.lower(): value for name, value in reply.headers.items()}, reply.body)
    assert found is None or found.vendor_id


@each_client
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_damaged_answer_is_a_report_or_an_error_of_ours(client: ClientDialect, data: st.DataObject) -> None:
    body = bytearray(encode(success_of(client, video_url=FILM_LINK, cost=0.9)))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    understood_or_not(client.created, answered(bytes(body)))
    understood_or_not(asked(client), answered(bytes(body)))


@each_client
@settings(max_examples=200, deadline=None)
@given(reply=REPLY)
def test_no_order_is_lost_where_a_server_broke_down(client: ClientDialect, reply: Reply) -> None:
    """Whatever stands in the body: a breakdown never says that the order was wrong."""
    broken_down = msgspec.structs.replace(reply, status=502)
    fault = fault_of(client.created, broken_down)
    assert fault not in ("order", "missing")


def test_calls_are_all_of_the_paths_of_the_specs() -> None:
    paths = {
        (call.method, call.path)
        for client in CLIENTS.values()
        for call in (client.query("id-1"), client.cancel("id-1"), client.list(), client.upload("a.png", "a/b", b"a"))
        if isinstance(call, Call)
    }
    assert paths == {
        ("GET", "/api/open-api/v1/videos/id-1"),
        ("GET", "/v1/video/status"),
        ("GET", "/api/open/v1/video/generations/id-1"),
        ("POST", "/api/open/v1/video/generations/id-1/cancel"),
        ("POST", "/api/open-api/v1/files/upload"),
        *((method, "/contents/generations/tasks/id-1") for method in ("GET", "DELETE")),
        ("GET", "/contents/generations/tasks"),
        *((method, "/videos/id-1") for method in ("GET", "DELETE")),
        ("GET", "/videos"),
    }

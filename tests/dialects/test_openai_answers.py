"""What the OpenAI dialect answers (spec openai_videos 2.4 to 8)."""

import json
from typing import Any

import pytest
from tests.dialects.dialect_samples import (
    LINKS,
    TASK_ID,
    TASK_ID_SHORT,
    broken,
    encode,
    finished,
    make_task,
    moment,
    offer,
)

from filmgate import errors
from filmgate.catalogue.choose import plan
from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.dialects.base import Reply
from filmgate.dialects.openai import OpenAIServer
from filmgate.task import Task, TaskError
from filmgate.video import VideoRequest

OPENAI = OpenAIServer(default_model="seedance-2.0")
NAME = f"video_{TASK_ID_SHORT}"
PROMPT = "A red paper boat on a calm pond"
REQUEST = VideoRequest(
    model="seedance-2.0", prompt=PROMPT, duration_seconds=5, resolution="480p", ratio="16:9", extras={"size": "864x496"}
)
KEYS = [
    "id",
    "object",
    "model",
    "status",
    "progress",
    "created_at",
    "completed_at",
    "expires_at",
    "prompt",
    "size",
    "seconds",
    "remixed_from_video_id",
    "error",
]


def decoded(reply: Reply) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reply.body)
    return found


def answer(task: Task) -> dict[str, Any]:
    return decoded(OPENAI.phrase_task(task, LINKS))


# --- the video object ---------------------------------------------------------------------------------------------


def test_an_accepted_order_is_a_queued_video() -> None:
    reply = OPENAI.phrase_created(make_task(REQUEST), LINKS)
    assert (reply.status, reply.body.decode()) == (
        200,
        f'{{"id":"{NAME}","object":"video","model":"seedance-2.0","status":"queued","progress":0,'
        f'"created_at":1783000000,"completed_at":null,"expires_at":null,"prompt":"{PROMPT}","size":"864x496",'
        '"seconds":"5","remixed_from_video_id":null,"error":null}',
    )


def test_a_finished_video() -> None:
    found = answer(finished(REQUEST))
    assert list(found) == KEYS
    assert (found["status"], found["progress"], found["error"]) == ("completed", 100, None)
    assert (found["completed_at"], found["expires_at"]) == (1783000184, 1783000184 + 72 * 3600)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("queued", "queued"),
        ("running", "in_progress"),
        ("saving", "in_progress"),
        ("succeeded", "completed"),
        ("failed", "failed"),
        ("cancelled", "failed"),
        ("expired", "failed"),
    ],
)
def test_there_are_four_words_for_states_and_always_all_members(status: str, word: str) -> None:
    found = answer(make_task(REQUEST, status=status, error=TaskError("cancelled", "why")))
    assert (list(found), found["status"]) == (KEYS, word)
    assert type(found["seconds"]) is str


@pytest.mark.parametrize(
    ("status", "error", "code", "message"),
    [
        ("failed", TaskError("provider_error", "it broke"), "provider_error", "it broke"),
        ("failed", TaskError("content_rejected", "brand"), "moderation_blocked", "brand"),
        ("failed", TaskError("media_error", "gone"), "media_error", "gone"),
        ("failed", TaskError("timeout", "slow"), "timeout", "slow"),
        ("failed", None, "provider_error", "the generation failed"),
        ("cancelled", TaskError("cancelled", "cancelled by the customer"), "cancelled", "cancelled by the customer"),
        ("expired", TaskError("timeout", "too long"), "expired", "too long"),
    ],
)
def test_a_failed_video_says_why(status: str, error: TaskError | None, code: str, message: str) -> None:
    reply = OPENAI.phrase_task(make_task(REQUEST, status=status, error=error), LINKS)
    assert reply.status == 200
    assert decoded(reply)["error"] == {"code": code, "message": message}


def test_progress_never_falls_on_the_way_to_any_end() -> None:
    steps = [("queued", 0), ("running", 3), ("running", 99), ("running", 100), ("saving", 100)]
    for end in ("succeeded", "failed", "cancelled", "expired"):
        seen = [
            answer(make_task(REQUEST, status=status, progress=at))["progress"] for status, at in [*steps, (end, 100)]
        ]
        assert seen == sorted(seen)
        assert seen[-2] == 99
        assert all(type(progress) is int for progress in seen)


@pytest.mark.parametrize(
    ("changes", "open_size", "finished_size"),
    [
        ({}, "864x496", "864x496"),
        ({"resolution": "1080p", "extras": {"size": "1792x1024"}}, "1792x1024", "1792x1024"),
        ({"extras": {}}, "864x496", "1280x720"),
        ({"ratio": "adaptive", "extras": {}}, "864x496", "1280x720"),
        ({"resolution": None, "ratio": None, "extras": {}}, "1280x720", "1280x720"),
        # The model makes one resolution, whatever is ordered.
        ({"resolution": "1080p"}, "1920x1080", "1280x720"),
        ({"extras": {"size": ["864x496"]}}, "864x496", "1280x720"),
    ],
)
def test_the_size_is_the_asked_one_or_the_true_one(changes: dict[str, Any], open_size: str, finished_size: str) -> None:
    values = {"model": "m", "prompt": "p", "resolution": "480p", "ratio": "16:9", "extras": {"size": "864x496"}}
    request = VideoRequest(**(values | changes))
    assert answer(make_task(request))["size"] == open_size
    assert answer(finished(request))["size"] == finished_size


def test_the_length_is_the_ordered_one_or_the_true_one() -> None:
    request = VideoRequest(model="m", prompt="p")
    assert answer(make_task(REQUEST))["seconds"] == "5"
    assert answer(make_task(request))["seconds"] == "5"
    assert answer(finished(request, seconds=7.96))["seconds"] == "8"


@pytest.mark.parametrize(
    ("expected_seconds", "milliseconds"), [(None, "1000"), (0, "500"), (-3, "500"), (30, "3000"), (3600, "10000")]
)
def test_an_open_video_says_when_to_ask_again(expected_seconds: float | None, milliseconds: str) -> None:
    for status in ("queued", "running", "saving"):
        reply = OPENAI.phrase_task(make_task(REQUEST, status=status), LINKS, expected_seconds)
        assert reply.headers == {"openai-poll-after-ms": milliseconds}
    assert OPENAI.phrase_task(finished(REQUEST), LINKS, expected_seconds).headers == {}


# --- lists, deletes, files ----------------------------------------------------------------------------------------


def test_a_list_names_its_ends() -> None:
    tasks = [make_task(REQUEST), finished(REQUEST)]
    found = decoded(OPENAI.phrase_list(tasks, has_more=True))
    assert list(found) == ["object", "data", "first_id", "last_id", "has_more"]
    assert (found["object"], found["first_id"], found["last_id"], found["has_more"]) == ("list", NAME, NAME, True)
    assert [video["status"] for video in found["data"]] == ["queued", "completed"]


def test_an_empty_list_has_no_more() -> None:
    reply = OPENAI.phrase_list([], has_more=True)
    assert reply.body == b'{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}'


@pytest.mark.parametrize(
    ("after", "limit", "order", "expected"),
    [
        (None, None, None, (None, 20, True)),
        ("", "", "", (None, 20, True)),
        (NAME, "5", "asc", (TASK_ID, 5, False)),
        (None, "0", "desc", (None, 0, True)),
        (None, "100", None, (None, 100, True)),
    ],
)
def test_what_a_list_may_be_asked(after: Any, limit: Any, order: Any, expected: tuple[Any, int, bool]) -> None:
    query = OPENAI.read_list_query(after, limit, order)
    assert (query.after, query.limit, query.newest_first) == expected


@pytest.mark.parametrize(
    ("after", "limit", "order", "fields"),
    [
        ("video_1", None, None, ["after"]),
        (str(TASK_ID), None, None, ["after"]),
        (None, "101", None, ["limit"]),
        (None, "-1", None, ["limit"]),
        (None, "many", None, ["limit"]),
        (None, "2.5", None, ["limit"]),
        (None, "9" * 400, None, ["limit"]),
        (None, None, "DESC", ["order"]),
        ("\0", "x", "newest", ["after", "limit", "order"]),
    ],
)
def test_what_a_list_may_not_be_asked_is_told_at_once(after: Any, limit: Any, order: Any, fields: list[str]) -> None:
    with pytest.raises(errors.RulesBroken) as raised:
        OPENAI.read_list_query(after, limit, order)
    assert [violation.field for violation in raised.value.violations] == fields
    reply = OPENAI.phrase_error(raised.value)
    assert (reply.status, decoded(reply)["error"]["param"]) == (400, fields[0])


def test_a_deleted_video() -> None:
    reply = OPENAI.phrase_deleted(make_task(REQUEST))
    assert (reply.status, decoded(reply)) == (200, {"id": NAME, "object": "video.deleted", "deleted": True})


@pytest.mark.parametrize(
    ("text", "variant"), [(None, "video"), ("", "video"), ("video", "video"), ("thumbnail", "thumbnail")]
)
def test_the_files_of_a_video(text: str | None, variant: str) -> None:
    assert OPENAI.read_variant(text) == variant


@pytest.mark.parametrize("text", ["sprites", "Video", "0", "\0" * 500])
def test_files_that_a_video_does_not_have(text: str) -> None:
    with pytest.raises(errors.RulesBroken) as raised:
        OPENAI.read_variant(text)
    reply = OPENAI.phrase_error(raised.value)
    assert (reply.status, decoded(reply)["error"]["param"]) == (400, "variant")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("queued", "video_not_ready"),
        ("running", "video_not_ready"),
        ("saving", "video_not_ready"),
        ("failed", "video_failed"),
        ("cancelled", "video_failed"),
        ("expired", "video_failed"),
    ],
)
def test_a_film_that_is_not_there_is_not_found(status: str, code: str) -> None:
    reply = OPENAI.phrase_no_content(make_task(REQUEST, status=status))
    assert (reply.status, decoded(reply)["error"]["code"]) == (404, code)


def test_the_models() -> None:
    assert decoded(OPENAI.phrase_models([offer("seedance-2.0")])) == {
        "object": "list",
        "data": [{"id": "seedance-2.0", "object": "model", "created": 1769558400, "owned_by": "volcengine"}],
    }


def test_ids_go_and_come_back() -> None:
    assert OPENAI.show_id(TASK_ID) == NAME
    assert OPENAI.read_id(NAME) == TASK_ID
    for other in ("", "video_", NAME[:-1], "vid_" + NAME[6:], str(TASK_ID), "video_" + "z" * 22, "characters"):
        assert OPENAI.read_id(other) is None


# --- webhooks -----------------------------------------------------------------------------------------------------


def told(task: Task) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(OPENAI.phrase_webhook(task, LINKS))
    return found


def test_a_finished_video_is_told() -> None:
    event = told(finished(REQUEST))
    assert event.pop("id").startswith("evt_")
    assert event == {
        "object": "event",
        "created_at": 1783000184,
        "type": "video.completed",
        "data": {"id": NAME},
    }


def test_every_other_end_is_told_as_a_failure() -> None:
    assert OPENAI.webhook_events == {"succeeded", "failed", "cancelled", "expired"}
    for status in ("failed", "cancelled", "expired"):
        assert told(make_task(REQUEST, status=status, completed_at=moment(1783000200)))["type"] == "video.failed"


def test_an_event_keeps_its_id_however_often_it_is_told() -> None:
    first, second = told(finished(REQUEST)), told(finished(REQUEST))
    assert first == second
    assert first["id"] != told(make_task(REQUEST, status="failed"))["id"]


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "type_", "code", "param", "message"),
    [
        (
            errors.Unauthenticated("x", missing=True),
            401,
            "invalid_request_error",
            "invalid_api_key",
            None,
            "the API key is missing or not valid",
        ),
        (errors.BadRequest("not JSON"), 400, "invalid_request_error", "invalid_value", None, "not JSON"),
        (errors.BadRequest("is odd", field="n"), 400, "invalid_request_error", "invalid_value", "n", "n: is odd"),
        (
            errors.MediaUnreadable("is no picture", kind="image", field="input_reference"),
            400,
            "invalid_request_error",
            "media_unreadable",
            "input_reference",
            "input_reference: is no picture",
        ),
        (
            errors.Unsupported("m cannot remix a video", field="model"),
            400,
            "invalid_request_error",
            "unsupported_operation",
            "model",
            "m cannot remix a video",
        ),
        (
            errors.InsufficientFunds(40_000_000, 1_500_000),
            429,
            "insufficient_quota",
            "insufficient_quota",
            None,
            "the account's balance does not cover this order: it costs 40 credits and 1.5 are left",
        ),
        (errors.NotFound("no such video"), 404, "invalid_request_error", "not_found", None, "no such video"),
        (errors.NoSuchMethod("not that"), 405, "invalid_request_error", "no_such_method", None, "not that"),
        (errors.WrongState("it runs"), 409, "invalid_request_error", "wrong_state", None, "it runs"),
        (
            errors.BodyTooLarge(9),
            413,
            "invalid_request_error",
            "body_too_large",
            None,
            "the body is larger than 9 bytes",
        ),
        (errors.RateLimited("slow down", 3), 429, "rate_limit_error", "rate_limit_exceeded", None, "slow down"),
        (
            errors.Unavailable("secret"),
            503,
            "server_error",
            "unavailable",
            None,
            "the service is not available right now, please try again",
        ),
        (errors.OutboundFailed("secret"), 500, "server_error", "internal_error", None, "an unexpected error happened"),
    ],
)
def test_the_table_of_errors(
    error: errors.FilmgateError, status: int, type_: str, code: str, param: str | None, message: str
) -> None:
    reply = OPENAI.phrase_error(error)
    assert reply.status == status
    assert decoded(reply) == {"error": {"message": message, "type": type_, "param": param, "code": code}}


@pytest.mark.parametrize(
    ("violation", "status", "code", "param"),
    [
        (broken("model", "unknown"), 404, "model_not_found", "model"),
        (broken("model", "missing"), 400, "missing_required_parameter", "model"),
        (broken("prompt", "missing"), 400, "missing_required_parameter", "prompt"),
        (broken("duration_seconds", "type"), 400, "invalid_type", "seconds"),
        (broken("duration_seconds", "range"), 400, "invalid_value", "seconds"),
        (broken("resolution", "choice"), 400, "invalid_value", "size"),
        (broken("ratio", "choice"), 400, "invalid_value", "size"),
        (broken("size", "choice"), 400, "invalid_value", "size"),
        (broken("media", "missing"), 400, "missing_required_parameter", "input_reference"),
        (broken("webhook_url", "scheme"), 400, "invalid_value", "callback_url"),
        (broken("input_references[2].video_url", "count"), 400, "invalid_value", "input_references[2].video_url"),
    ],
)
def test_a_broken_rule_names_its_parameter(violation: errors.Violation, status: int, code: str, param: str) -> None:
    reply = OPENAI.phrase_error(errors.RulesBroken([violation, broken("seed", "range")]))
    fault = decoded(reply)["error"]
    assert (reply.status, fault["code"], fault["param"]) == (status, code, param)
    assert fault["message"].endswith("; seed is wrong")


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (errors.WrongState("x"), {"x-should-retry": "false"}),
        (errors.InsufficientFunds(1, 0), {"x-should-retry": "false"}),
        (errors.QuotaExhausted(1, 0), {"x-should-retry": "false"}),
        (errors.RateLimited("x", 7), {"Retry-After": "7"}),
        (errors.Unavailable("x"), {}),
        (errors.Unconfirmed("x"), {"x-should-retry": "false"}),
    ],
)
def test_the_sdk_is_kept_from_useless_tries(error: errors.FilmgateError, headers: dict[str, str]) -> None:
    assert OPENAI.phrase_error(error).headers == headers


# --- over the shipped catalogue -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.mark.parametrize(
    ("members", "resolution", "ratio", "seconds"),
    [
        ({}, "720p", "16:9", 5),
        ({"seconds": "8", "size": "720x1280"}, "720p", "9:16", 8),
        ({"seconds": 15, "size": "1024x1792"}, "1080p", "9:16", 15),
        ({"model": "doubao-seedance-2-0-260128", "size": "864x496"}, "480p", "16:9", 5),
    ],
)
def test_orders_are_completed(
    catalogue: Catalogue, members: dict[str, Any], resolution: str, ratio: str, seconds: int
) -> None:
    request = plan(catalogue, OPENAI.read_create(encode({"prompt": "A boat"} | members)), "openai").request
    assert (request.resolution, request.ratio, request.duration_seconds) == (resolution, ratio, seconds)


@pytest.mark.parametrize(
    ("members", "status", "code", "param", "told"),
    [
        ({"model": "sora-2"}, 404, "model_not_found", "model", "'sora-2'"),
        ({"size": "3840x2160"}, 400, "invalid_value", "size", "size (resolution) must be 480p, 720p or 1080p"),
        ({"size": "1470x630"}, 400, "invalid_value", "size", "size (ratio) must be 16:9, 9:16 or 1:1"),
        ({"size": "13x7"}, 400, "invalid_value", "size", "864x496"),
        ({"seconds": "3"}, 400, "invalid_value", "seconds", "must be from 4 to 15 seconds"),
        ({"prompt": ""}, 400, "missing_required_parameter", "prompt", "prompt is missing"),
        ({"seconds": "3", "size": "4398x1886"}, 400, "invalid_value", "seconds", "size (ratio)"),
        ({"input_reference": {"file_id": "f"}}, 400, "invalid_value", "input_reference.file_id", "https://"),
        ({"callback_url": "ftp://h/x"}, 400, "invalid_value", "callback_url", "callback_url must be"),
    ],
)
def test_wrong_orders_are_refused_in_openais_words(
    catalogue: Catalogue, members: dict[str, Any], status: int, code: str, param: str, told: str
) -> None:
    with pytest.raises(errors.RulesBroken) as raised:
        plan(catalogue, OPENAI.read_create(encode({"prompt": "A boat"} | members)), "openai")
    reply = OPENAI.phrase_error(raised.value)
    fault = decoded(reply)["error"]
    assert (reply.status, fault["code"], fault["param"]) == (status, code, param)
    assert told in fault["message"]

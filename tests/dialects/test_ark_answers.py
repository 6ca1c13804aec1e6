"""What the Ark dialect answers, byte for byte as in the spec's samples (spec ark 2.4, 4 to 8)."""

import json
from typing import Any, get_args

import msgspec
import pytest
from tests.dialects.ark_samples import ARK, V10, V20
from tests.dialects.dialect_samples import FILM_LINK, LINKS, TASK_ID, broken, finished, make_task, moment

from filmgate import errors
from filmgate.catalogue.choose import plan
from filmgate.catalogue.load import load_catalogue
from filmgate.task import Quote, Result, Status, Task, TaskError
from filmgate.video import VideoRequest

REQUEST = VideoRequest(
    model=V20,
    prompt="A red paper boat on a calm pond",
    duration_seconds=6,
    resolution="720p",
    ratio="16:9",
    audio=True,
    watermark=False,
    timeout_seconds=172_800,
)
NAME = ARK.show_id(TASK_ID)
LAST_FRAME_LINK = FILM_LINK.replace(".mp4", ".png")
TOKENS = Quote(
    price_micros=6_026_000,
    billing_name="row",
    unit="million_tokens",
    units="0.131",
    unit_price_micros=46_000_000,
    price_version="v1",
)


def with_own(**extras: Any) -> VideoRequest:
    return msgspec.structs.replace(REQUEST, extras=extras)


def answer(task: Task) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(ARK.phrase_task(task, LINKS).body)
    return body


def changed(task: Task, **changes: Any) -> Task:
    return msgspec.structs.replace(task, **changes)


def film(width: int, height: int, seconds: float) -> Result:
    made = finished(REQUEST).result
    assert made is not None
    return msgspec.structs.replace(made, width=width, height=height, seconds=seconds)


def test_an_accepted_order_is_its_id() -> None:
    reply = ARK.phrase_created(make_task(REQUEST), LINKS)
    assert (reply.status, reply.body.decode()) == (200, f'{{"id":"{NAME}"}}')


def test_an_accepted_order_tells_the_end_user_that_was_named() -> None:
    reply = ARK.phrase_created(make_task(with_own(safety_identifier="5f2c")), LINKS)
    assert reply.body.decode() == f'{{"id":"{NAME}","safety_identifier":"5f2c"}}'


@pytest.mark.parametrize(("status", "word"), [("queued", "queued"), ("running", "running"), ("saving", "running")])
def test_an_open_task_is_five_members(status: str, word: str) -> None:
    begun = moment(1783000003) if status != "queued" else None
    reply = ARK.phrase_task(make_task(with_own(priority=3), status=status, started_at=begun), LINKS)
    updated = 1783000000 if status == "queued" else 1783000003
    assert (reply.status, reply.body.decode()) == (
        200,
        f'{{"id":"{NAME}","model":"{V20}","status":"{word}","created_at":1783000000,"updated_at":{updated}}}',
    )


def test_a_finished_task() -> None:
    request = msgspec.structs.replace(REQUEST, seed=58291, last_frame=True)
    reply = ARK.phrase_task(changed(finished(request), quote=TOKENS, cost_micros=TOKENS.price_micros), LINKS)
    assert (reply.status, reply.body.decode()) == (
        200,
        f'{{"id":"{NAME}","model":"{V20}","status":"succeeded","error":null,'
        f'"content":{{"video_url":"{FILM_LINK}","last_frame_url":"{LAST_FRAME_LINK}"}},'
        '"usage":{"completion_tokens":131000,"total_tokens":131000},'
        '"created_at":1783000000,"updated_at":1783000184,"seed":58291,"resolution":"720p","ratio":"16:9",'
        '"duration":6,"framespersecond":24,"service_tier":"default","execution_expires_after":172800,'
        '"generate_audio":true,"draft":false,"priority":0,"output_format":"mp4"}',
    )


def test_the_last_frame_is_told_only_where_it_was_ordered() -> None:
    assert answer(finished(REQUEST))["content"] == {"video_url": FILM_LINK}


def test_what_only_ark_has_is_told_back() -> None:
    own = {
        "safety_identifier": "5f2c",
        "service_tier": "flex",
        "priority": 7,
        "draft": True,
        "draft_task": "cgt-1",
        "camera_fixed": True,
        "tools": [{"type": "web_search"}],
        "output_format": "mov",
        "omni_reference_task_type": "auto",
    }
    found = answer(finished(with_own(**own)))
    assert {name: found[name] for name in own if name != "draft_task"} == {
        name: value for name, value in own.items() if name != "draft_task"
    }
    assert found["draft_task_id"] == "cgt-1"


@pytest.mark.parametrize("status", ["failed", "cancelled", "expired"])
def test_an_end_without_a_film_has_no_content_and_no_usage(status: str) -> None:
    task = make_task(REQUEST, status=status, error=TaskError("timeout", "late"), completed_at=moment(1783000061))
    found = answer(task)
    assert (found["status"], found["updated_at"]) == (status, 1783000061)
    assert not {"content", "usage"} & found.keys()
    assert "://" not in json.dumps(found)
    assert (found["duration"], found["ratio"], found["resolution"]) == (6, "16:9", "720p")
    assert (found["error"] is None) == (status != "failed")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (TaskError("content_rejected", "TRADEMARK"), "SensitiveContentDetected", "TRADEMARK"),
        (TaskError("media_error", "content[1].image_url: gone"), "InvalidParameter.TosURLInvalid", "content[1]"),
        (TaskError("provider_error", "it stopped"), "InternalServiceError", "it stopped"),
        (TaskError("timeout", "too late"), "InternalServiceError", "too late"),
        (TaskError("internal_error", "sorry"), "InternalServiceError", "sorry"),
        (None, "InternalServiceError", "the generation failed"),
    ],
)
def test_a_failed_task_says_why(error: TaskError | None, code: str, message: str) -> None:
    fault = answer(make_task(REQUEST, status="failed", error=error))["error"]
    assert fault.keys() == {"code", "message"}
    assert fault["code"] == code
    assert fault["message"].startswith(message)


@pytest.mark.parametrize(
    ("size", "ratio"),
    [
        ((864, 496), "16:9"),
        ((992, 432), "21:9"),
        ((752, 560), "4:3"),
        ((960, 960), "1:1"),
        ((834, 1112), "3:4"),
        ((496, 864), "9:16"),
        ((1176, 784), "4:3"),
        ((300, 3000), "9:16"),
        ((3000, 300), "21:9"),
    ],
)
def test_an_adaptive_film_tells_the_nearest_ratio_that_has_a_name(size: tuple[int, int], ratio: str) -> None:
    adaptive = msgspec.structs.replace(REQUEST, ratio="adaptive")
    assert answer(changed(finished(adaptive), result=film(*size, 6.0)))["ratio"] == ratio
    assert answer(make_task(adaptive, status="failed"))["ratio"] == "adaptive"


@pytest.mark.parametrize(("seconds", "shown"), [(5.0, 5), (121 / 24, 5), (4.999, 5), (143 / 24, 5), (12.04, 12)])
def test_the_duration_is_the_films_own_in_whole_seconds(seconds: float, shown: int) -> None:
    found = answer(changed(finished(REQUEST), result=film(1280, 720, seconds)))
    assert found["duration"] == shown
    assert type(found["duration"]) is int
    assert "frames" not in found


def test_frames_are_told_where_frames_were_ordered() -> None:
    request = msgspec.structs.replace(REQUEST, model=V10, duration_seconds=3, extras={"frames": 57})
    found = answer(changed(finished(request), result=film(1248, 704, 57 / 24)))
    assert (found["frames"], "duration" in found) == (57, False)
    found = answer(changed(finished(request), result=film(1248, 704, 3.0)))
    assert found["frames"] == 72
    assert answer(make_task(request, status="failed"))["frames"] == 57


@pytest.mark.parametrize(
    ("model", "members", "tokens"),
    [
        (V20, {"resolution": "720p", "duration_seconds": 5}, 108_900),
        (V20, {"resolution": "720p", "duration_seconds": 4}, 87_300),
        (V20, {"resolution": "1080p", "duration_seconds": 4}, 196_425),
        (V20, {"resolution": "480p", "duration_seconds": 5}, 50_638),
    ],
)
def test_the_usage_is_what_the_catalogue_bills(model: str, members: dict[str, Any], tokens: int) -> None:
    planned = plan(load_catalogue(), VideoRequest(model=model, prompt="A boat", ratio="16:9", **members), "ark")
    task = changed(finished(planned.request), quote=planned.quote, cost_micros=planned.quote.price_micros)
    assert answer(task)["usage"] == {"completion_tokens": tokens, "total_tokens": tokens}


def test_the_usage_follows_the_true_cost() -> None:
    task = changed(finished(REQUEST), quote=TOKENS, cost_micros=46 * 50_638)
    assert answer(task)["usage"]["total_tokens"] == 50_638


def test_a_free_film_still_tells_its_tokens() -> None:
    free = msgspec.structs.replace(TOKENS, price_micros=0)
    assert answer(changed(finished(REQUEST), quote=free, cost_micros=0))["usage"]["total_tokens"] == 131_000


def test_a_film_billed_otherwise_tells_the_tokens_of_its_size() -> None:
    # 1280 x 720 and 145 frames.
    assert answer(finished(REQUEST))["usage"]["total_tokens"] == 1280 * 720 * 145 // 1024


def test_a_list_is_its_items_and_a_total() -> None:
    failed = make_task(REQUEST, status="failed", error=TaskError("provider_error", "it stopped"))
    reply = ARK.phrase_list([(finished(REQUEST), LINKS), (failed, LINKS), (make_task(REQUEST), LINKS)], 41)
    found = json.loads(reply.body)
    assert (reply.status, found["total"]) == (200, 41)
    assert [item["status"] for item in found["items"]] == ["succeeded", "failed", "queued"]
    assert found["items"][0] == answer(finished(REQUEST))
    assert found["items"][1]["failure_reason"] == found["items"][1]["error"]
    assert "failure_reason" not in answer(failed)


def test_an_empty_page() -> None:
    assert ARK.phrase_list([], 41).body == b'{"items":[],"total":41}'


def test_a_deletion_answers_an_empty_object() -> None:
    reply = ARK.phrase_deleted()
    assert (reply.status, reply.body) == (200, b"{}")


def test_what_a_deletion_does_depends_on_the_state() -> None:
    assert {status: ARK.effect_of_delete(status) for status in get_args(Status)} == {
        "queued": "cancel",
        "running": "refuse",
        "saving": "refuse",
        "succeeded": "forget",
        "failed": "forget",
        "cancelled": "refuse",
        "expired": "forget",
    }


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("running", "InvalidAction.RunningTaskDeletion"),
        ("saving", "InvalidAction.RunningTaskDeletion"),
        ("cancelled", "InvalidAction.CancelledTaskDeletion"),
    ],
)
def test_a_deletion_that_is_refused_is_not_to_be_tried_again(status: Status, code: str) -> None:
    reply = ARK.phrase_kept(status)
    assert (reply.status, reply.headers) == (409, {"x-should-retry": "false"})
    fault = json.loads(reply.body)["error"]
    assert (fault["code"], fault["param"], fault["type"]) == (code, "id", "Conflict")


def test_every_change_but_cancelling_is_told_to_the_callback() -> None:
    assert ARK.webhook_events == {"queued", "running", "succeeded", "failed", "expired"}


# --- errors -------------------------------------------------------------------------------------------------------

UNAVAILABLE = "the service is not available right now, please try again"


@pytest.mark.parametrize(
    ("error", "status", "code", "message", "param", "kind"),
    [
        (
            errors.Unauthenticated("x", missing=True),
            401,
            "AuthenticationError",
            "the API key is missing",
            "",
            "Unauthorized",
        ),
        (
            errors.Unauthenticated("x", missing=False),
            401,
            "AuthenticationError",
            "the API key is not known or no longer valid",
            "",
            "Unauthorized",
        ),
        (
            errors.BadRequest("the body must be a JSON object"),
            400,
            "InvalidParameter",
            "the body must be a JSON object",
            "",
            "BadRequest",
        ),
        (
            errors.MediaUnreachable("cannot be fetched", kind="video", field="content[1].video_url"),
            400,
            "InvalidParameter",
            "content[1].video_url: cannot be fetched",
            "content[1].video_url",
            "BadRequest",
        ),
        (
            errors.MediaUnreadable("does not decode", kind="image", field="content[1].image_url"),
            400,
            "InvalidImageURL.InvalidFormat",
            "content[1].image_url: does not decode",
            "content[1].image_url",
            "BadRequest",
        ),
        (
            errors.InsufficientFunds(40_000_000, 1_500_000),
            403,
            "AccountOverdueError",
            "the account's balance does not cover this order: it costs 40 credits and 1.5 are left",
            "",
            "Forbidden",
        ),
        (
            errors.QuotaExhausted(40_000_000, 0),
            429,
            "QuotaExceeded",
            "the key's quota does not cover this order: it costs 40 credits and 0 are left",
            "",
            "TooManyRequests",
        ),
        (errors.NotFound("task not found"), 404, "ResourceNotFound", "task not found", "id", "NotFound"),
        (errors.NoSuchAddress("nothing here"), 404, "ResourceNotFound", "nothing here", "", "NotFound"),
        (errors.NoSuchMethod("not so"), 405, "InvalidParameter", "not so", "", "MethodNotAllowed"),
        (errors.WrongState("it runs"), 409, "InvalidAction.RunningTaskDeletion", "it runs", "id", "Conflict"),
        (
            errors.BodyTooLarge(9),
            413,
            "InvalidParameter",
            "the body is larger than 9 bytes",
            "",
            "RequestEntityTooLarge",
        ),
        (errors.RateLimited("slow down", 3), 429, "AccountRateLimitExceeded", "slow down", "", "TooManyRequests"),
        (errors.Unavailable("secret"), 503, "InternalServiceError", UNAVAILABLE, "", "ServiceUnavailable"),
        (
            errors.FilmgateError("secret"),
            500,
            "InternalServiceError",
            "an unexpected error happened",
            "",
            "InternalServerError",
        ),
    ],
)
def test_the_table_of_errors(
    error: errors.FilmgateError, status: int, code: str, message: str, param: str, kind: str
) -> None:
    reply = ARK.phrase_error(error)
    assert reply.status == status
    assert json.loads(reply.body) == {"error": {"code": code, "message": message, "param": param, "type": kind}}


@pytest.mark.parametrize(
    ("violation", "status", "code", "param"),
    [
        (broken("model", "unknown"), 404, "InvalidEndpointOrModel.NotFound", "model"),
        (broken("model", "missing"), 400, "MissingParameter", "model"),
        (broken("content", "missing"), 400, "MissingParameter", "content"),
        (broken("prompt", "missing"), 400, "MissingParameter", "content"),
        (broken("audio", "unsupported"), 400, "InvalidParameter.UnsupportedParameter", "generate_audio"),
        (broken("frames", "unsupported"), 400, "InvalidParameter.UnsupportedParameter", "frames"),
        (broken("duration_seconds", "range"), 400, "InvalidParameter", "duration"),
        (broken("timeout_seconds", "range"), 400, "InvalidParameter", "execution_expires_after"),
        (broken("webhook_url", "scheme"), 400, "InvalidParameter", "callback_url"),
        (broken("last_frame", "type"), 400, "InvalidParameter", "return_last_frame"),
        (broken("content[2].image_url", "exclusive"), 400, "InvalidParameter", "content[2].image_url"),
    ],
)
def test_a_broken_rule_has_the_code_of_its_kind(
    violation: errors.Violation, status: int, code: str, param: str
) -> None:
    reply = ARK.phrase_error(errors.RulesBroken([violation]))
    fault = json.loads(reply.body)["error"]
    assert (reply.status, fault["code"], fault["param"]) == (status, code, param)


def test_all_broken_rules_are_told_with_what_is_allowed() -> None:
    error = errors.RulesBroken(
        [
            broken("duration_seconds", "range", "must be from 4 to 15 seconds, or -1, not 3"),
            broken("ratio", "choice", "is not a ratio of this model", "2:1", ["16:9", "9:16"]),
            broken("audio", "unsupported", "is not supported by m in t2v"),
        ]
    )
    assert json.loads(ARK.phrase_error(error).body)["error"] == {
        "code": "InvalidParameter",
        "message": "duration must be from 4 to 15 seconds, or -1, not 3; "
        "ratio is not a ratio of this model (one of 16:9, 9:16); generate_audio is not supported by m in t2v",
        "param": "duration",
        "type": "BadRequest",
    }


def test_an_unknown_model_is_not_found_whatever_else_is_wrong() -> None:
    error = errors.RulesBroken([broken("ratio", "choice"), broken("model", "unknown")])
    assert ARK.phrase_error(error).status == 404


def test_messages_end_with_the_name_of_the_call() -> None:
    told = json.loads(ARK.phrase_error(errors.NotFound("task not found"), "0217").body)["error"]["message"]
    assert told == "task not found. Request id: 0217"
    kept = ARK.phrase_kept("running", "0217")
    assert json.loads(kept.body)["error"]["message"] == "a running task cannot be deleted. Request id: 0217"
    assert (kept.status, kept.headers) == (409, {"x-should-retry": "false"})


def test_only_what_may_succeed_later_is_tried_again() -> None:
    assert ARK.phrase_error(errors.RateLimited("slow down", 3)).headers == {"Retry-After": "3"}
    assert ARK.phrase_error(errors.Unavailable("away")).headers == {}
    for error in (errors.WrongState("it runs"), errors.QuotaExhausted(2, 1), errors.Unconfirmed("away")):
        assert ARK.phrase_error(error).headers == {"x-should-retry": "false"}


def test_ids_go_and_come_back() -> None:
    assert NAME.startswith("cgt-202607")
    assert ARK.read_id(NAME) == TASK_ID
    for other in ("", "cgt-", NAME[:-1], NAME.upper(), NAME.removeprefix("cgt-"), str(TASK_ID), f" {NAME}"):
        assert ARK.read_id(other) is None

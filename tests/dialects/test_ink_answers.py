"""What the Ink dialect answers, byte for byte as in the spec's samples (spec ink 3.5, 4.4, 5, 6, 8)."""

import json
from typing import Any

import msgspec
import pytest
from tests.dialects.dialect_samples import FILM_LINK, LINKS, TASK_ID, TASK_ID_SHORT, broken, finished, make_task, offer

from filmgate import errors
from filmgate.dialects import build_dialects
from filmgate.task import Quote, Task, TaskError
from filmgate.video import VideoRequest

INK = build_dialects().ink
NAME = f"req_{TASK_ID_SHORT}"
PROMPT = "A lighthouse keeper climbs a spiral stair with a lantern"
REQUEST = VideoRequest(
    model="seedance-2.0-fast", prompt=PROMPT, duration_seconds=7, resolution="480p", ratio="9:16", metadata={"a": 1}
)


def answer(task: Task) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(INK.phrase_task(task, LINKS).body)
    return found


def state(status: str, output: str = "null", error: str = "null") -> bytes:
    return (
        f'{{"success":true,"requestId":"{NAME}","status":"{status}","model":"seedance-2.0-fast","prompt":"{PROMPT}",'
        f'"duration":7,"aspectRatio":"9:16","output":{output},"error":{error}}}'
    ).encode()


def test_an_accepted_order_is_four_members() -> None:
    quote = Quote(
        price_micros=40_000_000, billing_name="x", unit="second", units="5", unit_price_micros=8, price_version="v"
    )
    reply = INK.phrase_created(make_task(REQUEST, quote=quote), LINKS)
    assert (reply.status, reply.body.decode()) == (
        200,
        f'{{"success":true,"requestId":"{NAME}","status":"queued","creditsCharged":40}}',
    )


@pytest.mark.parametrize(
    ("status", "word"),
    [("queued", "queued"), ("running", "processing"), ("saving", "processing"), ("cancelled", "cancelled")],
)
def test_nine_members_with_nulls(status: str, word: str) -> None:
    error = TaskError("cancelled", "cancelled by the customer") if status == "cancelled" else None
    reply = INK.phrase_task(make_task(REQUEST, status=status, error=error), LINKS)
    assert (reply.status, reply.body) == (200, state(word))


def test_a_finished_order() -> None:
    output = f'{{"type":"video","url":"{FILM_LINK}"}}'
    assert INK.phrase_task(finished(REQUEST), LINKS).body == state("succeeded", output=output)


@pytest.mark.parametrize(
    ("status", "error", "code", "message"),
    [
        (
            "failed",
            TaskError("provider_error", "The generation backend stopped"),
            "provider_error",
            "The generation backend stopped",
        ),
        ("failed", TaskError("content_rejected", "brand"), "content_rejected", "brand"),
        ("failed", TaskError("media_error", "mediaUrls[0]: gone"), "provider_error", "mediaUrls[0]: gone"),
        ("failed", TaskError("internal_error", "sorry"), "provider_error", "sorry"),
        ("failed", None, "provider_error", "the generation failed"),
        ("expired", TaskError("timeout", "too long"), "timeout", "too long"),
    ],
)
def test_a_failed_order_is_a_successful_call(status: str, error: TaskError | None, code: str, message: str) -> None:
    reply = INK.phrase_task(make_task(REQUEST, status=status, error=error), LINKS)
    assert reply.status == 200
    assert reply.body == state("failed", error=f'{{"code":"{code}","message":"{message}"}}')


def test_what_was_left_open_is_shown_as_the_defaults() -> None:
    found = answer(make_task(VideoRequest(model="m", prompt="p")))
    assert (found["duration"], found["aspectRatio"]) == (5, "16:9")


def test_a_cancel_is_three_members() -> None:
    reply = INK.phrase_cancelled(make_task(REQUEST, status="cancelled"))
    assert reply.body.decode() == f'{{"success":true,"requestId":"{NAME}","status":"cancelled"}}'


def test_the_models_with_their_prices() -> None:
    reply = INK.phrase_models([offer("seedance-2.0")])
    assert json.loads(reply.body) == {
        "success": True,
        "data": [
            {
                "id": "seedance-2.0",
                "name": "Seedance 2.0",
                "durations": [4, 5, 6],
                "aspectRatios": ["16:9", "9:16", "1:1"],
                "resolutions": ["720p", "1080p"],
                "maxMediaUrls": 5,
                "pricing": {
                    "unit": "credits_per_second",
                    "textToVideo": {"720p": 8, "1080p": 16},
                    "mediaToVideo": {"720p": 12.8, "1080p": 20},
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("error", "status", "code", "message"),
    [
        (errors.Unauthenticated("x", missing=True), 401, "unauthorized", "Invalid API key"),
        (errors.Unauthenticated("x", missing=False), 401, "unauthorized", "Invalid API key"),
        (errors.BadRequest("the body must be a JSON object"), 400, "invalid_request", "the body must be a JSON object"),
        (
            errors.MediaUnreachable("cannot be fetched", kind="image", field="mediaUrls[0]"),
            400,
            "invalid_request",
            "mediaUrls[0]: cannot be fetched",
        ),
        (
            errors.InsufficientFunds(40_000_000, 1_500_000),
            402,
            "insufficient_credits",
            "the account's balance does not cover this order: it costs 40 credits and 1.5 are left",
        ),
        (
            errors.QuotaExhausted(40_000_000, 0),
            402,
            "insufficient_credits",
            "the key's quota does not cover this order: it costs 40 credits and 0 are left",
        ),
        (errors.NotFound("there is no such order"), 404, "not_found", "there is no such order"),
        (errors.WrongState("the order is over"), 409, "invalid_state", "the order is over"),
        (errors.BodyTooLarge(9), 413, "payload_too_large", "the body is larger than 9 bytes"),
        (errors.RateLimited("slow down", 3), 429, "rate_limited", "slow down"),
        (
            errors.Unavailable("secret"),
            503,
            "internal_error",
            "the service is not available right now, please try again",
        ),
        (errors.FilmgateError("secret"), 500, "internal_error", "an unexpected error happened"),
        (errors.OutboundFailed("secret"), 500, "internal_error", "an unexpected error happened"),
    ],
)
def test_the_table_of_errors(error: errors.FilmgateError, status: int, code: str, message: str) -> None:
    reply = INK.phrase_error(error)
    assert reply.status == status
    assert json.loads(reply.body) == {"success": False, "error": {"code": code, "message": message}}


def test_a_wrong_key_gives_the_exact_body() -> None:
    reply = INK.phrase_error(errors.Unauthenticated("x", missing=False))
    assert reply.body == b'{"success":false,"error":{"code":"unauthorized","message":"Invalid API key"}}'


def test_too_many_requests_say_when_to_come_back() -> None:
    assert INK.phrase_error(errors.RateLimited("slow down", 3)).headers == {"Retry-After": "3"}


def test_all_broken_rules_are_told_with_what_is_allowed() -> None:
    error = errors.RulesBroken(
        [
            broken("duration_seconds", "range", "must be from 4 to 15 seconds, not 3"),
            broken("ratio", "choice", "is not a ratio of this model", "2:1", ["16:9", "9:16"]),
            broken("mediaUrls[5]", "count", "is one too many"),
        ]
    )
    assert json.loads(INK.phrase_error(error).body)["error"] == {
        "code": "invalid_request",
        "message": "duration must be from 4 to 15 seconds, not 3; "
        "aspectRatio is not a ratio of this model (one of 16:9, 9:16); mediaUrls[5] is one too many",
    }


def test_a_flood_of_broken_rules_is_told_in_part() -> None:
    error = errors.RulesBroken([broken(f"mediaUrls[{index}]", "type", "must be text") for index in range(900)])
    message = msgspec.json.decode(INK.phrase_error(error).body)["error"]["message"]
    assert message.endswith("mediaUrls[49] must be text; and 850 more")


def test_ids_go_and_come_back() -> None:
    assert INK.show_id(TASK_ID) == NAME
    assert INK.read_id(NAME) == TASK_ID
    for other in ("", "req_", NAME[:-1], "vid_" + NAME[4:], str(TASK_ID), "req_" + "z" * 22):
        assert INK.read_id(other) is None


def test_a_webhook_carries_the_metadata_and_what_was_charged_after_the_nine_members() -> None:
    request = msgspec.structs.replace(REQUEST, metadata={"order": "A-77", "shot": 3})
    body = json.loads(INK.phrase_webhook(finished(request), LINKS))
    assert list(body)[-2:] == ["metadata", "creditsCharged"]
    assert (len(body), body["metadata"], body["creditsCharged"]) == (11, {"order": "A-77", "shot": 3}, 0.9)


def test_an_order_that_gave_its_money_back_says_so_in_its_webhook() -> None:
    request = msgspec.structs.replace(REQUEST, metadata=None)
    task = make_task(request, status="failed", cost_micros=0, error=TaskError("provider_error", "no"))
    body = json.loads(INK.phrase_webhook(task, LINKS))
    assert (body["status"], body["metadata"], body["creditsCharged"]) == ("failed", None, 0)

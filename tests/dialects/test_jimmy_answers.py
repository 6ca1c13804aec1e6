"""What the Jimmy dialect answers, byte for byte as in the spec's samples (spec jimmy 2, 4.2, 5, 10, 11)."""

import json
from typing import Any

import pytest
from tests.dialects.dialect_samples import (
    FILM_LINK,
    LINKS,
    TASK_ID,
    TASK_ID_SHORT,
    broken,
    finished,
    make_task,
    moment,
    offer,
)

from filmgate import errors
from filmgate.dialects import build_dialects
from filmgate.dialects.base import Reply
from filmgate.ledger import Balance
from filmgate.task import Quote, TaskError
from filmgate.video import VideoRequest

JIMMY = build_dialects().jimmy
REQUEST = VideoRequest(model="seedance2.0-of-sp", prompt="A boat", duration_seconds=6, resolution="720p", ratio="16:9")
NAME = f"vid_{TASK_ID_SHORT}"


def in_envelope(data: str) -> bytes:
    return ('{"code":20000,"msg":"ok","data":' + data + "}").encode()


def data_of(reply: Reply) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(reply.body)["data"]
    return answer


def test_an_accepted_order() -> None:
    reply = JIMMY.phrase_created(make_task(REQUEST), LINKS)
    assert (reply.status, reply.body) == (
        200,
        in_envelope(
            f'{{"task_id":"{NAME}","status":"queued","model":"seedance2.0-of-sp","created_at":1783000000,"cost":0.9}}'
        ),
    )


@pytest.mark.parametrize(("form", "code"), [("number", 20000), ("20000", "20000"), ("zero", 0)])
def test_the_success_code_has_three_forms(form: Any, code: object) -> None:
    reply = build_dialects(jimmy_success_code=form).jimmy.phrase_created(make_task(REQUEST), LINKS)
    assert json.loads(reply.body)["code"] == code
    assert type(json.loads(reply.body)["code"]) is type(code)


def test_a_running_order() -> None:
    for status in ("running", "saving"):
        reply = JIMMY.phrase_task(make_task(REQUEST, status=status, progress=42), LINKS)
        assert reply.body == in_envelope(
            f'{{"task_id":"{NAME}","status":"processing","progress":42,"model":"seedance2.0-of-sp",'
            '"created_at":1783000000,"cost":0.9}'
        )


def test_a_finished_order() -> None:
    assert JIMMY.phrase_task(finished(REQUEST), LINKS).body == in_envelope(
        f'{{"task_id":"{NAME}","status":"completed","progress":100,"model":"seedance2.0-of-sp",'
        f'"created_at":1783000000,"completed_at":1783000184,"result":{{"video_url":"{FILM_LINK}"}},'
        '"error_message":"","cost":0.9}'
    )


def test_an_order_refused_by_content_review() -> None:
    task = make_task(
        REQUEST,
        status="failed",
        progress=61,
        cost_micros=0,
        error=TaskError("content_rejected", "TRADEMARK"),
        completed_at=moment(1783000061),
    )
    reply = JIMMY.phrase_task(task, LINKS)
    assert reply.status == 200
    assert reply.body == in_envelope(
        f'{{"task_id":"{NAME}","status":"failed","progress":0,"model":"seedance2.0-of-sp","created_at":1783000000,'
        '"completed_at":1783000061,"error_message":"PROVIDER_MODERATION_ERROR: TRADEMARK","cost":0}'
    )


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        ("failed", TaskError("content_rejected", ""), "PROVIDER_MODERATION_ERROR"),
        ("failed", TaskError("media_error", "images[1]: cannot be fetched"), "images[1]: cannot be fetched"),
        ("expired", TaskError("timeout", "the task exceeded its time limit"), "the task exceeded its time limit"),
        ("cancelled", TaskError("cancelled", "cancelled by the customer"), "cancelled by the customer"),
        ("failed", None, "the generation failed"),
    ],
)
def test_every_end_without_a_film_is_failed(status: str, error: TaskError | None, text: str) -> None:
    data = data_of(JIMMY.phrase_task(make_task(REQUEST, status=status, error=error, cost_micros=0), LINKS))
    assert (data["status"], data["progress"], data["error_message"], data["cost"]) == ("failed", 0, text, 0)


@pytest.mark.parametrize(("status", "percent", "shown"), [("queued", 30, 0), ("running", 0, 1), ("saving", 100, 99)])
def test_progress_keeps_to_the_table(status: str, percent: int, shown: int) -> None:
    assert data_of(JIMMY.phrase_task(make_task(REQUEST, status=status, progress=percent), LINKS))["progress"] == shown


@pytest.mark.parametrize("status", ["queued", "running", "saving", "failed", "cancelled", "expired"])
def test_nothing_that_looks_like_a_link_before_the_film_is_there(status: str) -> None:
    body = JIMMY.phrase_task(make_task(REQUEST, status=status), LINKS).body.decode()
    assert "://" not in body
    assert "url" not in body


def test_a_token_billed_film_tells_its_tokens() -> None:
    quote = Quote(
        price_micros=900_000,
        billing_name="gz",
        unit="million_tokens",
        units="0.1089",
        unit_price_micros=8_264_463,
        price_version="v",
    )
    assert data_of(JIMMY.phrase_task(make_task(REQUEST, quote=quote), LINKS)).get("usage") is None
    task = finished(REQUEST)
    done = make_task(REQUEST, status="succeeded", quote=quote, result=task.result, completed_at=task.completed_at)
    assert data_of(JIMMY.phrase_task(done, LINKS))["usage"] == {"completion_tokens": 108900, "total_tokens": 108900}


def test_the_balances() -> None:
    balance = Balance(funded=250_000_000, available=212_250_000, held=7_750_000, spent=30_000_000)
    assert JIMMY.phrase_user_balance(balance).body == in_envelope(
        '{"balance":250,"used_coin":37.75,"available":212.25}'
    )
    assert JIMMY.phrase_key_balance("studio", 0, 12_500_000).body == in_envelope(
        '{"name":"studio","total_quota":0,"used_quota":12.5,"available_quota":0,"unlimited":true}'
    )
    assert JIMMY.phrase_key_balance("studio", 20_000_000, 12_500_000).body == in_envelope(
        '{"name":"studio","total_quota":20,"used_quota":12.5,"available_quota":7.5,"unlimited":false}'
    )


def test_the_price_list_and_its_search() -> None:
    offers = [offer("seedance2.0-mini", display_name="Mini"), offer("sd2_mx_720p", display_name="Full", group="")]
    rows = data_of(JIMMY.phrase_catalogue(offers, None))["list"]
    assert {row["model_name"] for row in rows} == {"seedance2.0-mini", "sd2_mx_720p"}
    assert rows[0] == {
        "model_name": "seedance2.0-mini",
        "display_name": "Mini 720p",
        "model_type": "video",
        "price_mode": "per_second",
        "unit_price": 8,
        "remark": "",
        "group": "Seedance",
    }
    assert "group" not in rows[-1]
    found = data_of(JIMMY.phrase_catalogue(offers, " MINI "))["list"]
    assert {row["model_name"] for row in found} == {"seedance2.0-mini"}
    assert data_of(JIMMY.phrase_catalogue(offers, "no such thing"))["list"] == []
    assert data_of(JIMMY.phrase_catalogue([], None)) == {"list": []}


def refusal(code: int, message: str) -> bytes:
    return json.dumps({"code": code, "msg": message, "data": None}, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (errors.Unauthenticated("no key", missing=True), 20001, "invalid api key"),
        (errors.Unauthenticated("bad key", missing=False), 20001, "invalid api key"),
        (errors.BadRequest("the body must be a JSON object"), 20002, "the body must be a JSON object"),
        (errors.NotFound("whatever"), 20002, "task not found"),
        (errors.InsufficientFunds(900_000, 250_000), -1, "insufficient balance: 0.9 needed, 0.25 available"),
        (errors.QuotaExhausted(900_000, 0), -1, "key quota exhausted: 0.9 needed, 0 available"),
        (errors.BodyTooLarge(1024), 20002, "the body is larger than 1024 bytes"),
        (
            errors.MediaUnreachable("cannot be fetched", kind="image", field="images[1]"),
            20002,
            "images[1]: cannot be fetched",
        ),
        (errors.Unavailable("password=secret"), -1, "the service is not available right now, please try again"),
        (errors.FilmgateError("secret"), -1, "internal error"),
        (errors.EngineFailed("secret"), -1, "internal error"),
        (errors.AddressRefused("10.0.0.1"), 20002, "a link leads to an address that is not allowed"),
        (errors.WrongState("is over"), 20002, "is over"),
    ],
)
def test_refusals_are_envelopes_with_http_200(error: errors.FilmgateError, code: int, message: str) -> None:
    reply = JIMMY.phrase_error(error)
    assert (reply.status, reply.body) == (200, refusal(code, message))


def test_all_broken_rules_are_told_in_the_callers_words() -> None:
    error = errors.RulesBroken(
        [
            broken("duration_seconds", "range", "must be from 4 to 15 seconds, not 3"),
            broken("images[2]", "scheme", "must be a link of the form https://…"),
            broken("audio", "type", "must be true or false"),
        ]
    )
    assert JIMMY.phrase_error(error).body == refusal(
        20002,
        "duration must be from 4 to 15 seconds, not 3; images[2] must be a link of the form https://…; "
        "generate_audio must be true or false",
    )


def test_an_unknown_model_has_the_vendors_words() -> None:
    message = JIMMY.phrase_error(
        errors.RulesBroken([broken("model", "unknown", "is not known", allowed=["seedance2.0-sp"])])
    ).body.decode()
    assert "不支持的模型参数: model is not known (one of seedance2.0-sp)" in message


def test_our_own_rate_limit_is_the_one_other_status() -> None:
    reply = JIMMY.phrase_error(errors.RateLimited("slow down", 7))
    assert (reply.status, reply.headers, reply.body) == (429, {"Retry-After": "7"}, refusal(-1, "slow down"))


def test_an_address_that_is_none_is_told_in_words_and_status() -> None:
    reply = JIMMY.phrase_error(errors.NoSuchAddress("there is no such path"))
    assert (reply.status, reply.body) == (404, refusal(20002, "there is no such path"))


def test_ids_go_and_come_back() -> None:
    assert JIMMY.show_id(TASK_ID) == NAME
    assert JIMMY.read_id(NAME) == TASK_ID
    for other in ("", "vid_", NAME[:-1], NAME + "0", "req_" + NAME[4:], str(TASK_ID), "vid_" + "z" * 22, NAME + "\0"):
        assert JIMMY.read_id(other) is None

"""The two halves of the Ark dialect talk to each other."""

from typing import get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from tests.dialects.ark_samples import ARK, CLIENT, REQUEST, V10, V15, V20, V25, of_create, of_query
from tests.dialects.dialect_samples import FILM_LINK, LINKS, TASK_ID, finished, make_task, moment
from tests.dialects.test_dialect_suite import ARK_ORDERS, EVERY_ERROR

from filmgate import errors
from filmgate.task import ErrorCode, Status, TaskError
from filmgate.video import VideoRequest


def same_but_private(request: VideoRequest) -> VideoRequest:
    media = tuple(msgspec.structs.replace(one, field="") for one in request.media)
    return msgspec.structs.replace(request, media=media, webhook_url=None)


VENDOR_ORDERS = ARK_ORDERS.map(
    lambda order: msgspec.structs.replace(
        order, timeout_seconds=None if order.timeout_seconds is None else 3600 + order.timeout_seconds % 250_000
    )
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=VENDOR_ORDERS)
def test_an_order_that_one_half_writes_the_other_reads(order: VideoRequest) -> None:
    call = CLIENT.create(order, order.model, "key-1")
    assert same_but_private(ARK.read_create(call.body)) == same_but_private(order)


OWN = {
    V10: {"frames": 121, "camera_fixed": True, "service_tier": "flex"},
    V15: {"draft": False, "camera_fixed": False, "service_tier": "default"},
    V20: {"priority": 9, "tools": [{"type": "web_search"}], "safety_identifier": "5f2c"},
    V25: {"draft": True, "output_format": "mov", "omni_reference_task_type": "auto", "priority": 0},
}


@pytest.mark.parametrize("model", OWN)
def test_options_that_one_half_writes_the_other_reads(model: str) -> None:
    order = ARK.read_create(
        msgspec.json.encode({"model": model, "content": [{"type": "text", "text": "A boat"}]} | OWN[model])
    )
    assert order.extras == OWN[model]
    assert ARK.read_create(CLIENT.create(order, model, "key-1").body) == order


@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("code", get_args(ErrorCode))
def test_every_state_that_one_half_tells_the_other_understands(status: Status, code: ErrorCode) -> None:
    request = msgspec.structs.replace(REQUEST, last_frame=True)
    task = make_task(request, status=status, error=TaskError(code, "why"), completed_at=moment(1783000184))
    if status == "succeeded":
        task = finished(request)
    reply = ARK.phrase_task(task, LINKS)
    report = CLIENT.queried(ARK.show_id(TASK_ID), reply)
    assert report.state == ("running" if status == "saving" else status)
    assert (report.film_url == FILM_LINK) == (status == "succeeded")
    assert (report.failure is not None) == (status in ("failed", "expired"))
    if status == "failed" and report.failure is not None:
        same = {"content_rejected": "content_rejected", "media_error": "media_error"}
        assert (report.failure.reason, report.failure.message) == (same.get(code, "provider_error"), "why")
    assert CLIENT.callback({}, reply.body) == report
    listed = CLIENT.listed(ARK.phrase_list([(task, LINKS)], 1)).reports
    assert list(listed) == [report]


def test_an_accepted_order_and_its_cancelling_are_understood() -> None:
    task = make_task(REQUEST)
    vendor_id = CLIENT.created(ARK.phrase_created(task, LINKS)).vendor_id
    assert ARK.read_id(vendor_id) == task.id
    assert CLIENT.cancelled(vendor_id, ARK.phrase_deleted()).state == "cancelled"
    assert CLIENT.cancelled(vendor_id, ARK.phrase_kept("running")).state == "running"
    assert CLIENT.cancelled(vendor_id, ARK.phrase_kept("cancelled")).state == "cancelled"


def test_a_list_that_one_half_asks_for_the_other_reads() -> None:
    call = CLIENT.list([ARK.show_id(TASK_ID), "cgt-unknown"])
    assert call is not None
    wanted = ARK.read_list_query(call.query)
    assert (wanted.task_ids, wanted.page, wanted.page_size) == ((TASK_ID,), 1, 500)


EXPECTED: dict[type[errors.FilmgateError], str] = {
    errors.Unauthenticated: "account",
    errors.InsufficientFunds: "account",
    errors.QuotaExhausted: "busy",
    errors.RateLimited: "busy",
    errors.TooManyOrders: "busy",
    errors.DayExhausted: "busy",
    errors.KeyReused: "unclear",
    errors.WrongState: "unclear",
    errors.NoSuchMethod: "order",
    errors.BodyTooLarge: "order",
    errors.BadRequest: "order",
    errors.RulesBroken: "order",
    errors.MediaUnreachable: "order",
    errors.MediaTooLarge: "order",
    errors.MediaUnreadable: "order",
    errors.AddressRefused: "order",
    errors.Unavailable: "unclear",
    errors.Unconfirmed: "unclear",
    errors.FilmgateError: "unclear",
}


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_every_error_that_one_half_phrases_the_other_understands(error: errors.FilmgateError) -> None:
    reply = ARK.phrase_error(error)
    failed = of_create(reply)
    assert failed.vendor_code
    assert failed.message
    assert failed.fault == EXPECTED.get(type(error), "order" if reply.status < 500 else "unclear")
    if isinstance(error, errors.RateLimited):
        assert failed.retry_after_seconds == error.retry_after_seconds
    asked = of_query(reply)
    assert (asked.fault == "missing") == (reply.status == 404)


def test_an_unknown_model_is_the_routes_matter() -> None:
    violation = errors.Violation(field="model", rule="unknown", message="is not a model that can be ordered here")
    assert of_create(ARK.phrase_error(errors.RulesBroken([violation]))).fault == "account"

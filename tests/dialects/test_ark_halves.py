"""The two halves of the Ark dialect talk to each other: what is Ark's own (``test_client_halves.py`` has the rest)."""

from typing import get_args

import msgspec
import pytest
from tests.dialects.ark_samples import ARK, CLIENT, REQUEST, V10, V15, V20, V25, of_create, of_query
from tests.dialects.dialect_samples import LINKS, TASK_ID, finished, make_task, moment
from tests.dialects.test_dialect_suite import EVERY_ERROR

from filmgate import errors
from filmgate.task import ErrorCode, Status, TaskError

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
def test_a_query_a_callback_and_a_list_tell_the_same(status: Status) -> None:
    request = msgspec.structs.replace(REQUEST, last_frame=True)
    task = make_task(request, status=status, error=TaskError("provider_error", "why"), completed_at=moment(1783000184))
    if status == "succeeded":
        task = finished(request)
    reply = ARK.phrase_task(task, LINKS)
    report = CLIENT.queried(ARK.show_id(TASK_ID), reply)
    assert (report.last_frame_url is not None) == (status == "succeeded")
    assert CLIENT.callback({}, reply.body) == report
    assert list(CLIENT.listed(ARK.phrase_list([(task, LINKS)], 1)).reports) == [report]


@pytest.mark.parametrize("code", get_args(ErrorCode))
def test_why_a_task_failed_is_told_by_the_code(code: ErrorCode) -> None:
    task = make_task(REQUEST, status="failed", error=TaskError(code, "why"), completed_at=moment(1783000184))
    failure = CLIENT.queried(ARK.show_id(TASK_ID), ARK.phrase_task(task, LINKS)).failure
    assert failure is not None
    same = {"content_rejected": "content_rejected", "media_error": "media_error"}
    assert (failure.reason, failure.message) == (same.get(code, "provider_error"), "why")


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


@pytest.mark.parametrize("error", [errors.KeyReused("told"), errors.WrongState("told")])
def test_a_conflict_leaves_an_order_in_doubt(error: errors.FilmgateError) -> None:
    assert of_create(ARK.phrase_error(error)).fault == "unclear"


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_what_is_not_found_is_missing(error: errors.FilmgateError) -> None:
    reply = ARK.phrase_error(error)
    assert (of_query(reply).fault == "missing") == (reply.status == 404)

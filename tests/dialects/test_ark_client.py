"""Speaking Ark to a vendor: what is sent, and what its answers mean (spec ark 2 to 8)."""

import json
from typing import Any

import msgspec
import pytest
from tests.dialects.ark_samples import (
    CLIENT,
    ID,
    MP3,
    MP4,
    PNG,
    REQUEST,
    V10,
    V20,
    V25,
    answered,
    refused,
)
from tests.dialects.dialect_samples import moment

from filmgate.dialects.base import Reply
from filmgate.dialects.client import ENDS, Call, Failure, Marks, Report, Usage
from filmgate.errors import UpstreamFailed
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest


def body_of(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(call.body)
    return body


def told(request: VideoRequest, vendor_model: str = V20) -> dict[str, Any]:
    return body_of(CLIENT.create(request, vendor_model, "key-1"))


def a_medium(kind: MediaKind, url: str, role: MediaRole = "reference") -> Media:
    return Media(kind=kind, role=role, url=url, field="content[1]")


# --- orders -------------------------------------------------------------------------------------------------------


def test_an_order_as_the_vendor_reads_it() -> None:
    call = CLIENT.create(msgspec.structs.replace(REQUEST, model="house-name"), V20, "key-1")
    assert call == Call(
        method="POST",
        path="/contents/generations/tasks",
        headers={"Idempotency-Key": "key-1"},
        body=call.body,
        content_type="application/json",
    )
    assert body_of(call) == {
        "model": V20,
        "content": [{"type": "text", "text": "A boat"}],
        "resolution": "480p",
        "ratio": "16:9",
        "duration": 5,
    }


def test_media_go_along_with_their_roles() -> None:
    media = (a_medium("image", PNG), a_medium("video", MP4), a_medium("audio", "asset://a-1"))
    assert told(msgspec.structs.replace(REQUEST, media=media))["content"][1:] == [
        {"type": "image_url", "image_url": {"url": PNG}, "role": "reference_image"},
        {"type": "video_url", "video_url": {"url": MP4}, "role": "reference_video"},
        {"type": "audio_url", "audio_url": {"url": "asset://a-1"}, "role": "reference_audio"},
    ]


def test_the_customers_webhook_and_notes_stay_here() -> None:
    private = msgspec.structs.replace(
        REQUEST, webhook_url="https://hooks.example/x", metadata={"project": "p"}, extras={"text_at": 1}
    )
    assert told(private) == told(REQUEST)


def test_what_only_ark_has_goes_along() -> None:
    own = {"safety_identifier": "5f2c", "priority": 3, "tools": [{"type": "web_search"}]}
    assert own.items() <= told(msgspec.structs.replace(REQUEST, extras=own)).items()
    fixed = msgspec.structs.replace(
        REQUEST, model=V10, duration_seconds=3, extras={"frames": 57, "camera_fixed": True, "service_tier": "flex"}
    )
    body = told(fixed, V10)
    assert (body["frames"], body["camera_fixed"], body["service_tier"]) == (57, True, "flex")
    assert "duration" not in body


def test_a_silent_model_is_told_nothing_of_sound() -> None:
    silent = msgspec.structs.replace(REQUEST, model=V10, audio=False)
    assert "generate_audio" not in told(silent, V10)
    assert "generate_audio" not in told(silent, "ep-20260901-abcde")
    assert "generate_audio" not in told(msgspec.structs.replace(silent, model="house-name"), V10)
    assert told(msgspec.structs.replace(REQUEST, audio=False), V20)["generate_audio"] is False


@pytest.mark.parametrize(("ordered", "sent"), [(60, 3600), (7200, 7200), (259_200, 259_200), (1_000_000, 259_200)])
def test_the_vendor_is_given_a_time_limit_that_it_takes(ordered: int, sent: int) -> None:
    assert told(msgspec.structs.replace(REQUEST, timeout_seconds=ordered))["execution_expires_after"] == sent


def test_an_edited_clip_keeps_its_length() -> None:
    edit = VideoRequest(
        model=V25,
        media=(a_medium("video", MP4),),
        duration_seconds=5,
        ratio="adaptive",
        extras={"omni_reference_task_type": "edit"},
    )
    assert told(edit, V25)["duration"] == -1


@pytest.mark.parametrize(
    ("order", "vendor_model"),
    [
        (msgspec.structs.replace(REQUEST, camera="orbit"), V20),
        (msgspec.structs.replace(REQUEST, audio=True), V10),
        (msgspec.structs.replace(REQUEST, extras={"frames": 121}), V20),
        (msgspec.structs.replace(REQUEST, extras={"output_format": "mov"}), V20),
        (msgspec.structs.replace(REQUEST, extras={"priority": "high"}), V20),
        (msgspec.structs.replace(REQUEST, extras={"draft_task": "cgt-1"}), V20),
        (msgspec.structs.replace(REQUEST, prompt="A boat --dur 9"), V10),
        (msgspec.structs.replace(REQUEST, media=(a_medium("image", "object://inputs/1"),)), V20),
        (msgspec.structs.replace(REQUEST, media=(a_medium("video", "data:video/mp4;base64,AA"),)), V20),
        (VideoRequest(model=V20), V20),
    ],
)
def test_what_the_wire_has_no_words_for_is_not_sent(order: VideoRequest, vendor_model: str) -> None:
    with pytest.raises(ValueError, match=r"wire|express"):
        CLIENT.create(order, vendor_model, "key-1")


@pytest.mark.parametrize(
    ("medium", "taken"),
    [
        (a_medium("image", PNG), True),
        (a_medium("image", PNG, "first_frame"), True),
        (a_medium("image", "http://m.example/a.png", "last_frame"), True),
        (a_medium("image", "asset://a-1"), True),
        (a_medium("image", "data:image/png;base64,AA"), True),
        (a_medium("image", "data:image/PNG;base64,AA"), False),
        (a_medium("image", "data:text/plain;base64,AA"), False),
        (a_medium("image", "data:image/png,raw"), False),
        (a_medium("image", "object://inputs/1"), False),
        (a_medium("image", "ftp://m.example/a.png"), False),
        (a_medium("image", ""), False),
        (a_medium("video", MP4), True),
        (a_medium("video", "data:video/mp4;base64,AA"), False),
        (a_medium("video", MP4, "first_frame"), False),
        (a_medium("audio", MP3), True),
        (a_medium("audio", "data:audio/wav;base64,AA"), True),
        (a_medium("audio", MP3, "last_frame"), False),
    ],
)
def test_which_links_the_wire_carries(medium: Media, taken: bool) -> None:
    assert CLIENT.takes(medium) is taken


def test_calls_for_a_task_name_it_in_the_path() -> None:
    path = f"/contents/generations/tasks/{ID}"
    assert CLIENT.query(ID) == Call(method="GET", path=path)
    cancel = CLIENT.cancel(ID)
    assert cancel is not None
    assert (cancel.method, cancel.path, cancel.body) == ("DELETE", path, b"{}")
    assert CLIENT.query("../a b/ü?").path == "/contents/generations/tasks/..%2Fa%20b%2F%C3%BC%3F"


def test_a_list_names_its_tasks_and_asks_for_the_largest_page() -> None:
    whole, named = CLIENT.list(), CLIENT.list(["cgt-a", "cgt-b"])
    assert whole is not None
    assert named is not None
    assert (whole.path, whole.query) == ("/contents/generations/tasks", (("page_num", "1"), ("page_size", "500")))
    assert named.query == (*whole.query, ("filter.task_ids", "cgt-a"), ("filter.task_ids", "cgt-b"))
    assert CLIENT.list([f"cgt-{number}" for number in range(500)]) is not None
    with pytest.raises(ValueError, match="500"):
        CLIENT.list([f"cgt-{number}" for number in range(501)])


def test_a_list_of_offline_tasks_asks_for_their_tier() -> None:
    flex = ("filter.service_tier", "flex")
    for ids, asked in ((["cgt-batch-1"], True), (["cgt-batch-1", "cgt-2"], False), ([], False)):
        call = CLIENT.list(ids)
        assert call is not None
        assert (flex in call.query) is asked


# --- what vendors answer, composed from the documents ---------------------------------------------------------------

FINISHED = {
    "id": ID,
    "model": V20,
    "status": "succeeded",
    "error": None,
    "content": {
        "video_url": "https://files.example.com/v/k3m9q.mp4?sig=x",
        "last_frame_url": "https://files.example.com/v/k3m9q.png?sig=x",
    },
    "usage": {"completion_tokens": 50638, "total_tokens": 50638},
    "created_at": 1788235200,
    "updated_at": 1788235291,
    "seed": 58291,
    "resolution": "480p",
    "ratio": "16:9",
    "duration": 5,
    "framespersecond": 24,
    "service_tier": "default",
    "execution_expires_after": 172800,
    "generate_audio": True,
    "draft": False,
    "priority": 0,
    "output_format": "mp4",
}
SHORT = {"id": ID, "model": V20, "status": "queued", "created_at": 1788235200, "updated_at": 1788235200}
CONTENT_FAILURE = {"code": "OutputVideoSensitiveContentDetected", "message": "The film may be sensitive."}


MARKS = Marks(created_at=moment(1788235200), model=V20)


def a_report(state: Any, **changes: Any) -> Report:
    usual = {"word": state, "took_seconds": 0 if state in ENDS else None, "marks": MARKS}
    return Report(vendor_id=ID, state=state, **(usual | changes))


def a_film(**changes: Any) -> Report:
    return a_report("succeeded", took_seconds=91, marks=msgspec.structs.replace(MARKS, seed=58291), **changes)


FILM = a_film(
    film_url="https://files.example.com/v/k3m9q.mp4?sig=x",
    last_frame_url="https://files.example.com/v/k3m9q.png?sig=x",
    usage=Usage(total_tokens=50638),
)

ANSWERS = [
    (SHORT, a_report("queued")),
    (SHORT | {"status": "running"}, a_report("running")),
    (FINISHED, FILM),
    (FINISHED | {"content": {"video_url": ""}}, a_film(usage=Usage(total_tokens=50638))),
    (FINISHED | {"content": None, "usage": None}, a_film()),
    (
        SHORT | {"status": "failed", "error": CONTENT_FAILURE},
        a_report(
            "failed",
            failure=Failure(
                reason="content_rejected",
                code="OutputVideoSensitiveContentDetected",
                message="The film may be sensitive.",
            ),
        ),
    ),
    (
        SHORT
        | {"status": "failed", "error": {"code": "InvalidParameter.TaskTypeConstraint", "message": "It is an edit."}},
        a_report(
            "failed",
            failure=Failure(
                reason="provider_error", code="InvalidParameter.TaskTypeConstraint", message="It is an edit."
            ),
        ),
    ),
    (
        SHORT | {"status": "failed", "failure_reason": {"code": "InternalServiceError", "message": "Sorry."}},
        a_report("failed", failure=Failure(reason="provider_error", code="InternalServiceError", message="Sorry.")),
    ),
    (
        SHORT | {"status": "failed", "error": {"code": "InvalidImageURL.InvalidFormat", "message": "No image."}},
        a_report(
            "failed", failure=Failure(reason="media_error", code="InvalidImageURL.InvalidFormat", message="No image.")
        ),
    ),
    (
        SHORT | {"status": "failed"},
        a_report("failed", failure=Failure(reason="provider_error", code="", message="the vendor gave no reason")),
    ),
    (
        SHORT | {"status": "failed", "error": {"code": "InternalServiceError"}},
        a_report(
            "failed",
            failure=Failure(reason="provider_error", code="InternalServiceError", message="InternalServiceError"),
        ),
    ),
    (SHORT | {"status": "cancelled"}, a_report("cancelled")),
    (
        SHORT | {"status": "expired"},
        a_report("expired", failure=Failure(reason="timeout", code="", message="the vendor's time limit has passed")),
    ),
    (SHORT | {"status": "paused"}, a_report("unknown", word="paused")),
    (SHORT | {"status": "Succeeded"}, a_report("unknown", word="Succeeded")),
    (SHORT | {"status": ""}, a_report("unknown", word="")),
]


@pytest.mark.parametrize(("body", "report"), ANSWERS, ids=lambda value: getattr(value, "state", ""))
def test_a_query_and_a_callback_are_understood_alike(body: dict[str, Any], report: Report) -> None:
    assert CLIENT.queried(ID, answered(body)) == report
    assert CLIENT.callback({}, msgspec.json.encode(body)) == report


def test_an_accepted_order_is_queued_under_the_vendors_id() -> None:
    assert CLIENT.created(answered({"id": ID})) == a_report("queued", word="", marks=Marks())
    assert CLIENT.created(answered({"id": ID, "safety_identifier": "5f2c"}, 201)).vendor_id == ID


def test_a_list_is_read_task_by_task() -> None:
    items = [FINISHED, SHORT | {"id": "cgt-b", "status": "odd"}, None, 5, {"status": "queued"}, {"id": 7}]
    page = CLIENT.listed(answered({"items": items, "total": 41}))
    assert list(page.reports) == [FILM, Report(vendor_id="cgt-b", state="unknown", word="odd", marks=MARKS)]
    assert page.next is None
    assert list(CLIENT.listed(answered({"items": [], "total": 0})).reports) == []


@pytest.mark.parametrize(
    ("count", "total", "numbers"),
    [
        (2, 2, ["1"]),
        (2, 5, ["1", "2", "3"]),
        # Smaller pages than were asked for, and no total: what was asked for decides.
        (3, None, ["1"]),
        (500, None, ["1", "2", "3"]),
        (0, 9, ["1"]),
    ],
)
def test_a_list_is_read_page_by_page(count: int, total: int | None, numbers: list[str]) -> None:
    call: Call | None = CLIENT.list()
    asked: list[str] = []
    while call is not None and len(asked) < 3:
        fields = dict(call.query)
        asked.append(fields["page_num"])
        assert fields["page_size"] == "500"
        body = {"items": [SHORT] * count} | ({} if total is None else {"total": total})
        call = CLIENT.listed(answered(body), call).next
    assert asked == numbers


def test_the_last_page_that_can_be_asked_for_is_the_last() -> None:
    call = CLIENT.list()
    assert call is not None
    last = msgspec.structs.replace(call, query=(("page_num", "500"), ("page_size", "500")))
    assert CLIENT.listed(answered({"items": [SHORT], "total": 10**9}), last).next is None


@pytest.mark.parametrize("body", [b"", b"[]", {"items": None}, {"total": 3}, {"items": {"a": 1}}])
def test_what_is_no_list_is_nonsense(body: Any) -> None:
    with pytest.raises(UpstreamFailed) as raised:
        CLIENT.listed(answered(body))
    assert raised.value.fault == "unclear"


def test_a_cancel_that_worked_and_those_that_did_not() -> None:
    assert CLIENT.cancelled(ID, answered({})).state == "cancelled"
    assert CLIENT.cancelled(ID, answered(b"", 204)).state == "cancelled"
    assert CLIENT.cancelled(ID, refused("InvalidAction.RunningTaskDeletion", 409)).state == "running"
    assert CLIENT.cancelled(ID, answered(b"<html>", 409)).state == "running"
    assert CLIENT.cancelled(ID, answered(SHORT)).state == "queued"


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (refused("ResourceNotFound", 404), "missing"),
        (answered(b"<html>", 404), "unclear"),
        (answered(b"<html>", 200), "unclear"),
        (answered(b"[]", 200), "unclear"),
        (refused("SomethingNew", 200), "unclear"),
        (answered(SHORT | {"id": "cgt-other"}), "unclear"),
        (refused("InternalServiceError", 500), "unclear"),
        (refused("AuthenticationError", 401), "account"),
    ],
)
def test_a_cancel_that_came_to_nothing(reply: Reply, fault: str) -> None:
    with pytest.raises(UpstreamFailed) as raised:
        CLIENT.cancelled(ID, reply)
    assert raised.value.fault == fault


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"status": "queued"}',
        b'{"id": "cgt-1", "status": "queued"}',
        b'{"id": "video_1", "object": "video", "status": "queued", "model": 5}',
        b'{"id": "", "model": "m", "status": "queued"}',
        b'{"id": "cgt\\u00001", "model": "m", "status": "queued"}',
        b'{"success": true, "requestId": "req_1", "status": "queued"}',
        b'{"code": 20000, "data": {"task_id": "vid_1", "status": "queued"}}',
    ],
)
def test_a_callback_of_another_wire_is_none(body: bytes) -> None:
    assert CLIENT.callback({"content-type": "application/json"}, body) is None


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ({}, 91),
        ({"updated_at": 1788235200}, 0),
        ({"updated_at": 1788235291.5}, 91.5),
        ({"updated_at": 1788235199}, None),
        ({"updated_at": 1788235200 + 30 * 86_400}, None),
        ({"updated_at": 1788235291000}, None),
        ({"updated_at": "1788235291"}, None),
        ({"created_at": 0}, None),
        ({"created_at": None}, None),
        ({"status": "running"}, None),
    ],
)
def test_how_long_a_film_took_is_told_where_the_times_make_sense(times: dict[str, Any], seconds: float | None) -> None:
    assert CLIENT.queried(ID, answered(FINISHED | times)).took_seconds == seconds


@pytest.mark.parametrize("seed", [-1, "58291", True, None, 1.5])
def test_a_seed_that_is_none_marks_nothing(seed: object) -> None:
    assert CLIENT.queried(ID, answered(FINISHED | {"seed": seed})).marks == MARKS


def test_the_vendor_is_told_where_to_call_us_and_not_the_customer() -> None:
    order = msgspec.structs.replace(REQUEST, webhook_url="https://hooks.example/x")
    called = body_of(CLIENT.create(order, V20, "key-1", "https://gate.example/callbacks/1"))
    assert called == told(REQUEST) | {"callback_url": "https://gate.example/callbacks/1"}


def test_what_a_stranger_says_can_be_kept() -> None:
    nul = SHORT | {"status": "failed", "error": {"code": "a\0b", "message": "x" * 9000 + "\0"}}
    failure = CLIENT.queried(ID, answered(nul)).failure
    assert failure is not None
    assert (failure.code, len(failure.message)) == ("a b", 1001)
    assert CLIENT.queried(ID, answered(FINISHED | {"content": {"video_url": "https://a/\0"}})).film_url is None
    for count in (True, -1, 1.5, "5", 1 << 60):
        assert CLIENT.queried(ID, answered(FINISHED | {"usage": {"total_tokens": count}})).usage is None
    assert CLIENT.queried(ID, answered(FINISHED | {"usage": {"completion_tokens": 7}})).usage == Usage(total_tokens=7)

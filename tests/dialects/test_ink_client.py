"""What the Ink client half says and understands: exchanges as in the spec's samples (spec ink 3 to 5, 8, 10)."""

from typing import Any

import msgspec
import pytest
from tests.dialects.client_samples import KEY, fault_of
from tests.dialects.dialect_samples import answered, body_of, encode, medium

from filmgate.catalogue.rules import LARGEST_METADATA_BYTES
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Failure, Marks, Report, Usage, VendorState
from filmgate.dialects.ink import InkClient
from filmgate.dialects.ink.client import ATTEMPT_MEMBER
from filmgate.errors import Fault, UpstreamFailed
from filmgate.video import Media, VideoRequest

INK = InkClient()
PATH = "/api/open/v1/video/generations"
TASK = "req_8Qm2r5TzK1"
MARKS = Marks(model="seedance-2.0", prompt="Fog lifts from the valley")
FILM = "https://files.gateway.example/open-api-results/req_8Qm2r5TzK1.mp4"
ORDER = VideoRequest(
    model="ours",
    prompt="Fog lifts from the valley",
    duration_seconds=6,
    resolution="720p",
    ratio="16:9",
    audio=True,
    watermark=False,
)
FIRST = medium("image", "first_frame", "https://media.example.org/a.png")
LAST = medium("image", "last_frame", "https://media.example.org/b.png")
PICTURE = medium("image", "reference", "https://media.example.org/hero.webp")
CLIP = medium("video", "reference", "https://media.example.org/move.mp4?sig=a.png")
SOUND = medium("audio", "reference", "https://media.example.org/beat.MP3")


def ordered(*media: Media, **changes: Any) -> dict[str, Any]:
    return body_of(INK.create(msgspec.structs.replace(ORDER, media=media, **changes), "seedance-2.0", KEY))


def refusal(code: str, message: str = "", status: int = 200) -> Reply:
    return answered({"success": False, "error": {"code": code, "message": message}}, status)


def state(status: str, **members: Any) -> dict[str, Any]:
    answer = {
        "success": True,
        "requestId": TASK,
        "status": status,
        "model": "seedance-2.0",
        "prompt": "Fog lifts from the valley",
        "duration": 6,
        "aspectRatio": "16:9",
        "output": None,
        "error": None,
    }
    return answer | members


def queried(status: str, **members: Any) -> Report:
    return INK.queried(TASK, answered(state(status, **members)))


# --- orders -------------------------------------------------------------------------------------------------------


def test_the_order_of_the_documents() -> None:
    call = INK.create(msgspec.structs.replace(ORDER, media=(FIRST, LAST)), "seedance-2.0", KEY)
    assert (call.path, body_of(call)) == (
        PATH,
        {
            "model": "seedance-2.0",
            "prompt": "Fog lifts from the valley",
            "mediaUrls": [FIRST.url, LAST.url],
            "aspectRatio": "16:9",
            "duration": 6,
            "resolution": "720p",
            "metadata": {ATTEMPT_MEMBER: KEY},
        },
    )


@pytest.mark.parametrize(
    "media",
    [(), (FIRST,), (FIRST, LAST), (PICTURE, CLIP), (CLIP,), (CLIP, PICTURE, SOUND), (PICTURE, PICTURE, PICTURE)],
)
def test_shapes_that_say_what_the_media_are_for(media: tuple[Media, ...]) -> None:
    assert ordered(*media).get("mediaUrls", []) == [one.url for one in media]


def test_the_first_frame_goes_first() -> None:
    assert ordered(LAST, FIRST)["mediaUrls"] == [FIRST.url, LAST.url]


@pytest.mark.parametrize(
    "media",
    [(PICTURE,), (PICTURE, PICTURE), (LAST,), (FIRST, PICTURE), (FIRST, CLIP), (FIRST, FIRST), (FIRST, LAST, SOUND)],
)
def test_shapes_that_would_be_taken_for_others_are_not_ordered(media: tuple[Media, ...]) -> None:
    with pytest.raises(ValueError, match="media"):
        ordered(*media)


@pytest.mark.parametrize(("changes", "named"), [({"audio": False}, "audio"), ({"watermark": True}, "watermark")])
def test_what_has_no_switch_cannot_be_ordered_otherwise(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        ordered(**changes)
    assert ordered(audio=None, watermark=None) == ordered()


def test_the_callers_metadata_go_untouched_with_our_key_beside_them() -> None:
    mine = {"order": "A-77", "shot": 3, "nested": {"a": [None, True]}}
    assert ordered(metadata=mine)["metadata"] == {ATTEMPT_MEMBER: KEY, **mine}
    assert ordered(metadata={})["metadata"] == {ATTEMPT_MEMBER: KEY}
    assert mine == {"order": "A-77", "shot": 3, "nested": {"a": [None, True]}}


def test_a_member_of_the_callers_with_our_name_stays_the_callers() -> None:
    assert ordered(metadata={ATTEMPT_MEMBER: "theirs"})["metadata"] == {ATTEMPT_MEMBER: "theirs"}


def test_metadata_that_leave_no_room_go_alone() -> None:
    full = {"a": "x" * (LARGEST_METADATA_BYTES - len(encode({"a": ""})))}
    assert len(encode(full)) == LARGEST_METADATA_BYTES
    assert ordered(metadata=full)["metadata"] == full


@pytest.mark.parametrize(
    ("media", "taken"),
    [
        (FIRST, True),
        (CLIP, True),
        (SOUND, True),
        (medium("image", "reference", "https://media.example.org/a.JPG#part"), True),
        (medium("video", "reference", "https://media.example.org/a.m4v"), True),
        (medium("image", "reference", "https://media.example.org/a"), False),
        (medium("image", "reference", "https://media.example.org/?name=a.png"), False),
        (medium("image", "reference", "https://media.example.org/a.mp4"), False),
        (medium("video", "reference", "https://media.example.org/a.png"), False),
        (medium("image", "reference", "https://media.example.org/a.tiff"), False),
        (medium("image", "reference", "https://media.example.org/.png"), False),
        (medium("video", "last_frame", CLIP.url), False),
        (medium("image", "reference", "http://media.example.org/a.png"), False),
        (medium("image", "reference", "data:image/png;base64,AA/a.png"), False),
    ],
)
def test_links_that_say_what_they_lead_to_are_taken(media: Media, taken: bool) -> None:
    assert INK.takes(media) is taken


def test_plain_http_is_for_closed_networks() -> None:
    plain = medium("image", "first_frame", "http://10.0.0.7/a.png")
    assert InkClient(plain_http_allowed=True).takes(plain)
    assert not InkClient(plain_http_allowed=True).takes(medium("image", "first_frame", "http://10.0.0.7/a"))


# --- creates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_new_task(status: int) -> None:
    answer = {"success": True, "requestId": TASK, "status": "queued", "creditsCharged": 42}
    assert INK.created(answered(answer, status)) == Report(
        vendor_id=TASK, state="queued", word="queued", usage=Usage(credits=42)
    )


def test_a_new_task_may_say_little() -> None:
    assert INK.created(answered({"requestId": TASK})) == Report(vendor_id=TASK, state="queued", word="")


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        # The table (spec ink 8): the statuses are not the vendor's word, so the codes tell in any of them.
        (refusal("unauthorized", "Invalid API key", 401), "account"),
        (refusal("unauthorized", "Invalid API key", 200), "account"),
        (refusal("invalid_request", "prompt is missing", 400), "order"),
        (refusal("invalid_request", "prompt is missing", 200), "order"),
        (refusal("insufficient_credits", "x", 402), "account"),
        (refusal("insufficient_credits", "x", 500), "account"),
        (refusal("not_found", "x", 404), "account"),
        (refusal("invalid_state", "x", 409), "unclear"),
        (refusal("payload_too_large", "x", 413), "order"),
        (refusal("rate_limited", "x", 429), "busy"),
        (refusal("rate_limited", "x", 200), "busy"),
        (refusal("internal_error", "x", 500), "unclear"),
        (refusal("internal_error", "x", 400), "unclear"),
        (refusal("provider_error", "Video generation failed upstream", 400), "unclear"),
        (refusal("content_rejected", "x", 400), "content"),
        (refusal("timeout", "x", 400), "unclear"),
        # Codes that nobody knows: the message or the status tells.
        (refusal("invalid_request", "model 'x' is not a model that can be ordered here", 400), "account"),
        (refusal("bad_model", "Unsupported model: x", 422), "account"),
        (refusal("policy", "blocked by content policy", 422), "content"),
        (refusal("policy", "blocked by content policy", 500), "unclear"),
        (refusal("odd", "x", 422), "order"),
        (refusal("invalid_request", "x", 502), "unclear"),
        (refusal("odd", "x", 200), "unclear"),
        (answered({"success": False, "error": "Invalid API key"}, 401), "account"),
        (answered({"success": False, "requestId": TASK, "status": "queued"}), "unclear"),
        (answered({"success": True, "status": "queued", "creditsCharged": 42}), "unclear"),
        (answered({"success": True, "requestId": TASK, "status": "queued"}, 500), "unclear"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.status} {value.body.decode()[16:80]}",
)
def test_every_row_of_the_error_table_has_a_fault(reply: Reply, fault: Fault) -> None:
    assert fault_of(INK.created, reply) == fault


def test_an_error_has_the_vendors_code_and_text() -> None:
    with pytest.raises(UpstreamFailed, match="the vendor refused: prompt is missing") as raised:
        INK.created(refusal("invalid_request", "prompt is missing", 400))
    assert raised.value.vendor_code == "invalid_request"
    with pytest.raises(UpstreamFailed, match="not clear whether the vendor took the order: boom"):
        INK.created(answered({"success": False, "error": "boom"}, 500))


# --- questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("queued", "queued"),
        ("processing", "running"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("canceled", "cancelled"),
        ("completed", "unknown"),
        ("expired", "unknown"),
    ],
)
def test_every_word_has_its_place(word: str, expected: VendorState) -> None:
    found = queried(word)
    assert (found.state, found.word, found.progress) == (expected, word, None)


def test_a_finished_task() -> None:
    assert queried("succeeded", output={"type": "video", "url": FILM}) == Report(
        vendor_id=TASK, state="succeeded", word="succeeded", film_url=FILM, marks=MARKS
    )


@pytest.mark.parametrize("output", [None, {}, {"url": None}, {"url": "a.mp4"}, [FILM], FILM])
def test_a_film_without_a_link_has_succeeded(output: object) -> None:
    found = queried("succeeded", output=output)
    assert (found.state, found.film_url) == ("succeeded", None)


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        ("provider_error", "Video generation failed upstream", "provider_error"),
        ("content_rejected", "TRADEMARK", "content_rejected"),
        ("timeout", "x", "timeout"),
        ("provider_error", "the prompt was blocked by content policy", "content_rejected"),
        ("provider_error", "mediaUrls[0]: cannot be fetched", "media_error"),
        ("provider_error", "the task exceeded its time limit", "timeout"),
        ("odd", "x", "provider_error"),
        ("", "x", "provider_error"),
    ],
)
def test_every_failure_has_a_reason(code: str, message: str, reason: Any) -> None:
    found = queried("failed", error={"code": code, "message": message})
    assert found.failure == Failure(reason=reason, code=code, message=message)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ("boom", "", "boom"),
        ({"code": "timeout"}, "timeout", "timeout"),
        (None, "", "the vendor gave no reason"),
        ({}, "", "the vendor gave no reason"),
        ([1], "", "the vendor gave no reason"),
    ],
)
def test_errors_of_other_shapes_are_told_too(error: object, code: str, message: str) -> None:
    failure = queried("failed", error=error).failure
    assert failure is not None
    assert (failure.code, failure.message) == (code, message)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (refusal("not_found", "x", 404), "missing"),
        (refusal("not_found", "x", 200), "missing"),
        (refusal("request_not_found", "x", 404), "missing"),
        (refusal("gone", "x", 410), "missing"),
        (answered(b"404 page not found", 404), "unclear"),
        (answered({"message": "no route"}, 404), "unclear"),
        (refusal("unauthorized", "Invalid API key", 401), "account"),
        (refusal("unauthorized", "Invalid API key", 200), "account"),
        (refusal("rate_limited", "x", 429), "busy"),
        (refusal("invalid_request", "x", 400), "unclear"),
        (refusal("internal_error", "x", 500), "unclear"),
        (refusal("insufficient_credits", "x", 402), "account"),
        (answered(state("succeeded", success=False)), "unclear"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.status} {value.body.decode()[:60]}",
)
def test_every_refusal_of_a_question_has_a_fault(reply: Reply, fault: Fault) -> None:
    assert fault_of(lambda reply: INK.queried(TASK, reply), reply) == fault
    if reply.status != 409:
        assert fault_of(lambda reply: INK.cancelled(TASK, reply), reply) == fault


# --- cancels and callbacks ----------------------------------------------------------------------------------------


def test_a_cancel_has_no_body() -> None:
    assert INK.cancel(TASK) == Call(method="POST", path=f"{PATH}/{TASK}/cancel")


def test_a_cancelled_task() -> None:
    reply = answered({"success": True, "requestId": TASK, "status": "cancelled"})
    assert INK.cancelled(TASK, reply) == Report(vendor_id=TASK, state="cancelled", word="cancelled")


@pytest.mark.parametrize("reply", [refusal("invalid_state", "x", 409), refusal("invalid_state"), answered(b"", 409)])
def test_a_task_that_has_ended_is_not_cancelled_and_to_be_asked_about(reply: Reply) -> None:
    assert INK.cancelled(TASK, reply).state == "unknown"


def test_a_cancel_that_came_too_late_says_the_end() -> None:
    reply = answered(state("succeeded", output={"type": "video", "url": FILM}))
    assert INK.cancelled(TASK, reply).film_url == FILM


def test_a_callback_is_the_answer_to_a_query_with_two_more_members() -> None:
    body = state("succeeded", output={"type": "video", "url": FILM}, metadata={"order": "A-77"}, creditsCharged=42)
    assert INK.callback({"x-webhook-id": "1"}, encode(body)) == Report(
        vendor_id=TASK, state="succeeded", word="succeeded", film_url=FILM, usage=Usage(credits=42), marks=MARKS
    )
    failed = INK.callback({}, encode(state("failed", error={"code": "timeout", "message": "x"}, metadata=None)))
    assert failed is not None
    assert failed.failure == Failure(reason="timeout", code="timeout", message="x")


def test_a_callback_brings_our_key_back() -> None:
    metadata = ordered(metadata={"order": "A-77"})["metadata"]
    found = INK.callback({}, encode(state("failed", metadata=metadata)))
    assert found is not None
    assert found.marks == msgspec.structs.replace(MARKS, key=KEY)


@pytest.mark.parametrize("metadata", [None, [], "x", {}, {ATTEMPT_MEMBER: 7}, {ATTEMPT_MEMBER: ["x"]}, {KEY: KEY}])
def test_metadata_without_our_key_bring_none(metadata: object) -> None:
    found = INK.callback({}, encode(state("failed", metadata=metadata)))
    assert found is not None
    assert found.marks == MARKS


def test_a_vendor_is_told_where_to_call_us() -> None:
    url = "https://gate.example.org/callbacks/1"
    order = msgspec.structs.replace(ORDER, webhook_url="https://customer.example.org/hook")
    assert body_of(INK.create(order, "seedance-2.0", KEY, url)) == ordered() | {"webhookUrl": url}
    with pytest.raises(ValueError, match="webhook_url"):
        INK.create(order, "seedance-2.0", KEY, "https://gate.example.org/" + "x" * 2048)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requestId": TASK},
        {"status": "succeeded"},
        {"requestId": 5.5, "status": "succeeded"},
        {"requestId": TASK, "status": {"a": 1}},
        {"id": "cgt-1", "status": "succeeded", "content": {"video_url": FILM}},
        [state("succeeded")],
    ],
)
def test_other_callbacks_are_none_of_this_wires(body: object) -> None:
    assert INK.callback({}, encode(body)) is None

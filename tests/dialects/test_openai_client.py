"""What the OpenAI client half says and understands (spec openai_videos 2, 3, 8, 9)."""

from typing import Any

import pytest
from tests.dialects.dialect_samples import encode, moment
from tests.dialects.openai_samples import MP4_URL, PNG, PNG_URL, WAV_URL, first_frame, job, medium

from filmgate import errors
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, ClientDialect, Failure, Marks, Report
from filmgate.dialects.openai import OpenAIClient, OpenAIServer
from filmgate.video import Media, VideoRequest

CLIENT: ClientDialect = OpenAIClient()
SERVER = OpenAIServer()
KEY = "attempt-1"
NAME = "video_7f3c2a9e41"
CONTENT = f"/videos/{NAME}/content"
ORDER = VideoRequest(model="ours", prompt="A boat", duration_seconds=5, resolution="480p", ratio="16:9")


def answered(value: Any, status: int = 200, **headers: str) -> Reply:
    body = value if isinstance(value, bytes) else encode(value)
    return Reply(status=status, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def ordered(order: VideoRequest) -> VideoRequest:
    """What a server of ours reads out of the call."""
    call = CLIENT.create(order, "theirs", KEY)
    return SERVER.read_form(call.body, call.content_type or "")


def refused(reply: Reply) -> errors.UpstreamFailed:
    with pytest.raises(errors.UpstreamFailed) as raised:
        CLIENT.created(reply)
    return raised.value


# --- what is said -------------------------------------------------------------------------------------------------


def test_a_create_is_a_form_that_carries_our_key() -> None:
    call = CLIENT.create(ORDER, "wan-2.2", KEY)
    boundary = (call.content_type or "").removeprefix("multipart/form-data; boundary=")
    assert (call.method, call.path, call.query, call.headers) == ("POST", "/videos", (), {"Idempotency-Key": KEY})
    assert boundary.isalnum()
    texts = {"model": "wan-2.2", "prompt": "A boat", "seconds": "5", "size": "864x496"}
    expected = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in texts.items()
    )
    assert call.body.decode() == f"{expected}--{boundary}--\r\n"


def test_the_same_attempt_is_the_same_bytes() -> None:
    order = VideoRequest(model="m", prompt="p", media=first_frame(PNG_URL, ""))
    assert CLIENT.create(order, "v", KEY) == CLIENT.create(order, "v", KEY)
    assert CLIENT.create(order, "v", KEY).content_type != CLIENT.create(order, "v", "attempt-2").content_type


def test_a_picture_goes_as_a_file_with_the_name_and_type_of_its_content() -> None:
    order = VideoRequest(model="m", prompt="p", media=first_frame(PNG_URL.replace("png", "jpeg"), ""))
    body = CLIENT.create(order, "v", KEY).body
    assert b'name="input_reference"; filename="input_reference.png"\r\nContent-Type: image/png\r\n\r\n' + PNG in body


def test_a_linked_picture_goes_under_every_name_that_is_known() -> None:
    link = "https://m.example/a.png"
    body = CLIENT.create(VideoRequest(model="m", prompt="p", media=first_frame(link, "")), "v", KEY).body.decode()
    assert f'name="input_reference[image_url]"\r\n\r\n{link}\r\n' in body
    assert f'name="image_reference"\r\n\r\n{{"image_url":"{link}"}}\r\n' in body
    assert f'name="reference_url"\r\n\r\n{link}\r\n' in body


def test_single_linked_references_have_the_form_of_vllm_omni() -> None:
    media = (medium("video", "reference", "https://m/v", ""), medium("audio", "reference", "https://m/a", ""))
    body = CLIENT.create(VideoRequest(model="m", prompt="p", media=media), "v", KEY).body.decode()
    assert 'name="video_reference"\r\n\r\n{"video_url":"https://m/v"}\r\n' in body
    assert 'name="audio_reference"\r\n\r\n{"audio_url":"https://m/a"}\r\n' in body


def test_options_go_under_our_names_and_those_of_the_engines() -> None:
    order = VideoRequest(
        model="m", prompt="p", seed=0, audio=False, watermark=True, resolution="720p", ratio="adaptive"
    )
    body = CLIENT.create(order, "v", KEY).body.decode()
    for name, text in {
        "seed": "0",
        "generate_audio": "false",
        "generate_sound": "false",
        "watermark": "true",
        "resolution": "720p",
        "ratio": "adaptive",
    }.items():
        assert f'name="{name}"\r\n\r\n{text}\r\n' in body
    assert 'name="size"' not in body


def test_what_is_the_gateways_own_matter_is_not_told_to_the_vendor() -> None:
    order = VideoRequest(
        model="secret-name",
        prompt="p",
        last_frame=True,
        timeout_seconds=3600,
        webhook_url="https://customer.example/hook",
        metadata={"secret": 1},
        extras={"secret": 2, "size": "9x9"},
    )
    body = CLIENT.create(order, "v", KEY).body
    assert not any(word in body for word in (b"secret", b"customer", b"3600", b"9x9"))


def test_a_gateway_is_told_where_to_call_us() -> None:
    order = VideoRequest(model="m", prompt="p", webhook_url="https://customer.example/hook")
    call = CLIENT.create(order, "v", KEY, "https://gate.example/callbacks/1")
    assert b'name="callback_url"\r\n\r\nhttps://gate.example/callbacks/1\r\n' in call.body
    assert b"customer" not in call.body
    assert b"callback_url" not in CLIENT.create(order, "v", KEY).body


def test_the_size_as_it_was_asked_goes_on() -> None:
    order = VideoRequest(model="m", prompt="p", resolution="1080p", ratio="16:9", extras={"size": "1792x1024"})
    assert ordered(order).extras == {"size": "1792x1024"}


@pytest.mark.parametrize(
    ("media", "answer"),
    [
        (medium("image", "first_frame", PNG_URL, ""), True),
        (medium("image", "first_frame", "https://m/a", ""), True),
        (medium("video", "reference", "http://m/a", ""), True),
        (medium("audio", "reference", WAV_URL, ""), True),
        (medium("image", "reference", "https://m/a", ""), True),
        (medium("image", "last_frame", PNG_URL, ""), False),
        (medium("image", "first_frame", "asset://a", ""), False),
        (medium("video", "reference", "object://inputs/a/0", ""), False),
        (medium("video", "reference", "", ""), False),
        (medium("video", "first_frame", MP4_URL, ""), False),
        (medium("image", "first_frame", "https:///a", ""), False),
    ],
)
def test_which_links_the_wire_can_carry(media: Media, answer: bool) -> None:
    assert CLIENT.takes(media) is answer


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"prompt": " "}, "a prompt"),
        ({"camera": "pan left"}, "a camera move"),
        ({"media": (medium("image", "last_frame", PNG_URL, ""),)}, "last_frame"),
        ({"media": (medium("image", "first_frame", "asset://a", ""),)}, "asset: link"),
        ({"media": first_frame(PNG_URL, "") * 2}, "one first frame"),
        ({"media": (medium("video", "first_frame", MP4_URL, ""),)}, "it is a picture"),
        ({"media": first_frame("https:///a.png", "")}, "cannot carry"),
        ({"prompt": "nul \0"}, "NUL"),
        ({"resolution": "720P"}, "resolution"),
        ({"duration_seconds": 2**40}, "duration"),
        ({"media": first_frame("data:image/png;base64,*", "")}, "not base64"),
        ({"media": first_frame("data:image/png\r\nX: y,aaaa", "")}, "no format that is known"),
        (
            {"media": (medium("image", "reference", PNG_URL, ""), medium("video", "reference", "https://m/a", ""))},
            "some are links and some are files",
        ),
        (
            {
                "media": (
                    *first_frame("https://m.example.org/a", ""),
                    medium("image", "reference", "https://m.example.org/b", ""),
                )
            },
            "where both are links",
        ),
    ],
)
def test_what_the_wire_has_no_words_for_is_not_written(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        CLIENT.create(VideoRequest(**({"model": "m", "prompt": "p"} | changes)), "v", KEY)


def test_calls_about_a_task_name_it_in_their_path() -> None:
    assert CLIENT.query("a/b c?") == Call(method="GET", path="/videos/a%2Fb%20c%3F")
    assert CLIENT.cancel(NAME) == Call(method="DELETE", path=f"/videos/{NAME}")


def test_a_list_cannot_name_tasks() -> None:
    assert CLIENT.list() == Call(method="GET", path="/videos", query=(("limit", "100"), ("order", "desc")))
    assert CLIENT.list([NAME]) is None


# --- recorded exchanges -------------------------------------------------------------------------------------------

SGLANG = job(
    "queued", id="0e6e7a34-5a0a-4b0e-9f5e-3f0f2f1f0a11", url=None, file_path="outputs/a.mp4", quality="standard"
)
VLLM = job("in_progress", id="video_gen_5d8f3a", progress=40, media_type="video/mp4", stage_durations={})


@pytest.mark.parametrize(
    ("body", "vendor_id", "state", "word"),
    [
        (job("queued"), NAME, "queued", "queued"),
        (SGLANG, "0e6e7a34-5a0a-4b0e-9f5e-3f0f2f1f0a11", "queued", "queued"),
        (VLLM, "video_gen_5d8f3a", "running", "in_progress"),
        ({"id": "x"}, "x", "unknown", ""),
        (job("rendering"), NAME, "unknown", "rendering"),
    ],
)
def test_a_created_task_has_an_id(body: dict[str, Any], vendor_id: str, state: str, word: str) -> None:
    for status in (200, 201, 202):
        report = CLIENT.created(answered(body, status))
        assert (report.vendor_id, report.state, report.word) == (vendor_id, state, word)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (answered(b""), "unclear"),
        (answered(b"<html>"), "unclear"),
        (answered(b"[]"), "unclear"),
        (answered({}), "unclear"),
        (answered(job("queued", id=None)), "unclear"),
        (answered(job("queued", id="")), "unclear"),
        (answered(job("queued", id=7)), "unclear"),
        (answered(job("queued", id="..")), "unclear"),
        (answered(job("queued", id="x" * 501)), "unclear"),
        (answered({"error": {"message": "told", "code": "moderation_blocked"}}), "unclear"),
        (answered(b"", 204), "unclear"),
        (answered(b"", 302), "unclear"),
        (answered(b"", 307), "account"),
        (answered(job("failed"), 500), "unclear"),
        (answered({"detail": "told"}, 500), "unclear"),
        (answered(b"Bad Gateway", 502), "unclear"),
        (answered(b"", 504), "unclear"),
        (answered({"error": {"message": "told"}}, 408), "unclear"),
        (answered({"error": {"message": "told", "code": "invalid_value"}}, 400), "order"),
        (answered({"detail": [{"loc": ["body", "seconds"], "msg": "told", "type": "int_parsing"}]}, 422), "order"),
        (answered(b"", 413), "order"),
        (answered({"error": {"message": "told", "code": "moderation_blocked"}}, 400), "content"),
        (answered({"error": {"message": "told", "code": "content_policy_violation"}}, 403), "content"),
        (answered({"error": {"message": "told", "code": None, "type": "safety_error"}}, 400), "content"),
        (answered({"error": {"message": "told", "code": "invalid_api_key"}}, 401), "account"),
        (answered({"detail": "told"}, 403), "account"),
        (answered({"error": {"message": "told", "code": "insufficient_quota"}}, 429), "account"),
        (answered({"error": {"message": "told", "code": "rate_limit_exceeded"}}, 429), "busy"),
        (answered(b"", 429), "busy"),
        (answered({"error": {"message": "told", "code": "conflict"}}, 409), "unclear"),
        (answered({"error": {"message": "told", "code": "model_not_found"}}, 404), "order"),
        (answered({"error": {"message": "The model `x` does not exist", "code": None}}, 404), "order"),
        (answered({"detail": "Not Found"}, 404), "account"),
        (answered(b"", 404), "account"),
        (answered({"detail": "Method Not Allowed"}, 405), "account"),
    ],
)
def test_whose_fault_it_was_that_nothing_was_created(reply: Reply, fault: str) -> None:
    failure = refused(reply)
    assert (failure.fault, failure.http_status) == (fault, reply.status)
    if b"told" in reply.body:
        assert "told" in failure.message
    else:
        assert failure.message


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": {"message": "m", "type": "t", "param": "p", "code": "c"}}, "c", "m"),
        ({"error": {"message": "m", "type": "BadRequestError", "param": None, "code": 400}}, "BadRequestError", "m"),
        ({"error": {"message": "m", "code": 400}}, "400", "m"),
        ({"error": "m"}, "", "m"),
        ({"detail": "m"}, "", "m"),
        ({"detail": {"code": "c", "message": "m"}}, "c", "m"),
        ({"code": "c", "message": "m"}, "c", "m"),
        (
            {"detail": [{"loc": ["body", "size"], "msg": "bad", "type": "x"}, {"loc": ["body"], "msg": "worse"}]},
            "x",
            "size: bad; body: worse",
        ),
        ({"detail": [1, None]}, "", "status 400"),
        ({"detail": [{"loc": 5}]}, "", "status 400"),
        ({"error": {"message": ["m"], "code": {"a": 1}}}, "", "status 400"),
        ({"error": {"message": "m" * 9000, "code": "c" * 9000}}, "c" * 200, "m" * 1000 + "…"),
        ({"error": None}, "", "status 400"),
        ([], "", "status 400"),
        (b"\xff\xfe", "", "status 400"),
        (b"[" * 100_000, "", "status 400"),
    ],
)
def test_refusals_of_every_shape_are_read(body: Any, code: str, message: str) -> None:
    failure = refused(answered(body, 400))
    assert (failure.vendor_code, failure.message) == (code, f"the vendor refused: {message}")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry_After": "7"}, 7),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry_after": "-1"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "nan"}, None),
    ],
)
def test_a_vendor_says_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    failure = refused(answered(b"", 429, X_Request_Id="req-1", **headers))
    assert (failure.retry_after_seconds, failure.request_id) == (seconds, "req-1")


MARKS = Marks(created_at=moment(1788235200), model="sora-2", prompt="A red paper boat on a calm pond")


def a_report(**members: Any) -> Report:
    return Report(vendor_id=NAME, **({"marks": MARKS} | members))


@pytest.mark.parametrize(
    ("body", "status", "report"),
    [
        (
            job("in_progress", progress=33.9),
            200,
            a_report(state="running", word="in_progress", progress=33),
        ),
        (
            job("completed", progress=100),
            200,
            a_report(state="succeeded", word="completed", progress=100, film_url=CONTENT),
        ),
        (
            job("completed", progress=250, url="https://store.example/a.mp4?sig=1"),
            200,
            a_report(
                state="succeeded",
                word="completed",
                progress=100,
                film_url="https://store.example/a.mp4?sig=1",
            ),
        ),
        (
            job("completed", progress=None, url="outputs/a.mp4"),
            200,
            a_report(state="succeeded", word="completed", film_url=CONTENT),
        ),
        # SGLang: a message and no code.
        (
            job("failed", progress=40, error={"message": "CUDA out of memory"}),
            200,
            a_report(
                state="failed",
                word="failed",
                progress=40,
                failure=Failure(reason="provider_error", code="", message="CUDA out of memory"),
            ),
        ),
        # vLLM-Omni: the status of the call fails with the job.
        (
            job("failed", error={"code": 500, "message": "the worker died"}),
            500,
            a_report(
                state="failed",
                word="failed",
                progress=0,
                failure=Failure(reason="provider_error", code="500", message="the worker died"),
            ),
        ),
        (
            job("failed", error={"code": "moderation_blocked", "message": "no"}),
            400,
            a_report(
                state="failed",
                word="failed",
                progress=0,
                failure=Failure(reason="content_rejected", code="moderation_blocked", message="no"),
            ),
        ),
        (
            job("failed", error="odd", progress=True),
            200,
            a_report(
                state="failed",
                word="failed",
                failure=Failure(reason="provider_error", code="", message="odd"),
            ),
        ),
        (job("deleted"), 200, a_report(state="cancelled", word="deleted", progress=0)),
        (job("paused", progress=-5), 200, a_report(state="unknown", word="paused", progress=0)),
        ({"status": "queued"}, 200, a_report(state="queued", word="queued", marks=Marks())),
    ],
)
def test_how_a_task_is_doing(body: dict[str, Any], status: int, report: Report) -> None:
    assert CLIENT.queried(NAME, answered(body, status)) == report


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (answered({"detail": "Video not found"}, 404), "missing"),
        (answered({"error": {"message": "x", "code": "not_found"}}, 410), "missing"),
        (answered({"error": {"message": "Not Found", "code": "video_not_found"}}, 404), "missing"),
        # There is no such path, or somebody before the vendor says so.
        (answered({"detail": "Not Found"}, 404), "unclear"),
        (answered({"message": "no Route matched with those values"}, 404), "unclear"),
        (answered(b"<html>404 Not Found</html>", 404), "unclear"),
        (answered(b"", 410), "unclear"),
        (answered({"error": {"message": "x"}}, 401), "account"),
        (answered(b"", 403), "account"),
        (answered(b"", 429), "busy"),
        (answered({"detail": "x"}, 500), "unclear"),
        (answered(b"", 503), "unclear"),
        (answered({"status": "failed"}, 503), "unclear"),
        (answered({"detail": "x"}, 422), "unclear"),
        (answered(b"<html>"), "unclear"),
        (answered(b"null"), "unclear"),
        (answered({"id": NAME}), "unclear"),
        (answered({"id": NAME, "status": 5}), "unclear"),
        (answered(job("completed", id="video_other")), "unclear"),
    ],
)
def test_whose_fault_it_was_that_nothing_was_told(reply: Reply, fault: str) -> None:
    with pytest.raises(errors.UpstreamFailed) as raised:
        CLIENT.queried(NAME, reply)
    assert raised.value.fault == fault


@pytest.mark.parametrize(
    ("status", "completed_at", "seconds"),
    [
        ("completed", 1788235291, 91),
        ("failed", 1788235291, 91),
        ("completed", None, None),
        ("completed", 1788235199, None),
        ("in_progress", 1788235291, None),
    ],
)
def test_how_long_a_task_took(status: str, completed_at: int | None, seconds: float | None) -> None:
    assert CLIENT.queried(NAME, answered(job(status, completed_at=completed_at))).took_seconds == seconds


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (answered({"id": NAME, "object": "video.deleted", "deleted": True}), "cancelled"),
        (answered(job("deleted")), "cancelled"),
        (answered(job("failed", error={"code": "x", "message": "y"})), "failed"),
        (answered(b"", 204), "cancelled"),
        (answered({"id": NAME, "deleted": False}), "unknown"),
        (answered(job("in_progress")), "running"),
        (answered({"error": {"message": "an output is pending"}}, 409), "running"),
        (answered({"error": {"message": "only completed or failed videos"}}, 400), "running"),
    ],
)
def test_what_became_of_a_cancel(reply: Reply, state: str) -> None:
    report = CLIENT.cancelled(NAME, reply)
    assert (report.vendor_id, report.state) == (NAME, state)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (answered({"detail": "x"}, 404), "missing"),
        (answered({"detail": "x"}, 401), "account"),
        (answered({"detail": "x"}, 405), "unclear"),
        (answered({"detail": "x"}, 500), "unclear"),
        (answered(b"<html>", 404), "unclear"),
        (answered(b"<html>", 400), "unclear"),
        (answered(b"<html>", 200), "unclear"),
        (answered({"error": {"message": "x"}}, 200), "unclear"),
        (answered({"id": "video_other", "deleted": True}, 200), "unclear"),
        (answered(job("deleted", id="video_other"), 200), "unclear"),
    ],
)
def test_a_cancel_that_came_to_nothing(reply: Reply, fault: str) -> None:
    with pytest.raises(errors.UpstreamFailed) as raised:
        CLIENT.cancelled(NAME, reply)
    assert raised.value.fault == fault


@pytest.mark.parametrize(
    ("body", "ids", "after"),
    [
        ({"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}, [], None),
        (
            {"data": [job("queued", id="a"), job("completed", id="b")], "has_more": True, "last_id": "b"},
            ["a", "b"],
            "b",
        ),
        ({"data": [job("queued", id="a")], "has_more": True}, ["a"], "a"),
        ({"data": [], "has_more": True}, [], None),
        # SGLang answers no more than the data.
        ({"data": [job("queued", id="a")], "object": "list"}, ["a"], None),
        ({"data": [job("queued", id=f"v{n}") for n in range(100)]}, [f"v{n}" for n in range(100)], "v99"),
        ({"data": [job("queued", id=None), None, 5, job("queued", id="a")], "has_more": "yes"}, ["a"], None),
    ],
)
def test_a_page_of_tasks_leads_to_the_next(body: dict[str, Any], ids: list[str], after: str | None) -> None:
    page = CLIENT.listed(answered(body))
    assert [report.vendor_id for report in page.reports] == ids
    first = CLIENT.list()
    assert first is not None
    assert page.next == (
        None if after is None else Call(method="GET", path="/videos", query=(*first.query, ("after", after)))
    )


@pytest.mark.parametrize("reply", [answered(b"[]"), answered({"data": None}), answered({"data": []}, 500)])
def test_what_is_no_page_is_a_fault(reply: Reply) -> None:
    with pytest.raises(errors.UpstreamFailed):
        CLIENT.listed(reply)


@pytest.mark.parametrize(
    ("body", "report"),
    [
        (
            {"id": "evt_1", "object": "event", "type": "video.completed", "data": {"id": NAME}},
            Report(vendor_id=NAME, state="succeeded", word="video.completed", film_url=CONTENT),
        ),
        (
            {"type": "video.failed", "data": {"id": NAME}},
            Report(vendor_id=NAME, state="failed", word="video.failed"),
        ),
        ({"type": "batch.completed", "data": {"id": NAME}}, None),
        ({"type": "video.completed", "data": {}}, None),
        ({"type": "video.completed", "data": NAME}, None),
        ({"type": ["video.completed"], "data": {"id": NAME}}, None),
        ([], None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_a_callback_is_an_event_about_a_video(body: Any, report: Report | None) -> None:
    assert CLIENT.callback({"webhook-id": "evt_1"}, body if isinstance(body, bytes) else encode(body)) == report

"""What the Jimmy client half says and understands: exchanges as in the spec's samples (spec jimmy 2, 4, 5, 14)."""

from typing import Any

import msgspec
import pytest
from tests.dialects.client_samples import KEY, fault_of
from tests.dialects.dialect_samples import answered, body_of, medium, moment

from filmgate.dialects.base import Reply
from filmgate.dialects.client import ClientDialect, Failure, Marks, Report, Usage, VendorState
from filmgate.dialects.jimmy import JimmyClient
from filmgate.errors import Fault, UpstreamFailed
from filmgate.video import Media, VideoRequest

JIMMY = JimmyClient()
VIDEOS, VIDEOS_25 = "/api/open-api/v1/seedance/videos", "/api/open-api/v1/seedance25/videos"
TASK = "video_5f0c7c0e-2f1b-4a55-9b43-0b8f4f3e7a10"
FILM = "https://cdn.example.org/out/5f0c7c0e.mp4?sig=abc"
MARKS = Marks(created_at=moment(1783000000), model="m")
ORDER = VideoRequest(
    model="ours",
    prompt="A paper boat",
    duration_seconds=6,
    resolution="1080p",
    ratio="9:16",
    audio=True,
    watermark=False,
)
FIRST = medium("image", "first_frame", "https://media.example.org/l0.png")
LAST = medium("image", "last_frame", "https://media.example.org/l1.png")
PICTURE = medium("image", "reference", "https://media.example.org/kite.webp")
CLIP = medium("video", "reference", "https://media.example.org/dance.mp4")
SOUND = medium("audio", "reference", "https://media.example.org/beat.wav")


def ordered(model: str, *media: Media, **changes: Any) -> dict[str, Any]:
    order = msgspec.structs.replace(ORDER, media=media, **changes)
    return body_of(JIMMY.create(order, model, KEY))


def in_envelope(code: object, msg: str, data: dict[str, Any] | None = None, status: int = 200) -> Reply:
    return answered({"code": code, "msg": msg, "data": data}, status)


def queried(**data: Any) -> Report:
    return JIMMY.queried(TASK, in_envelope(20000, "ok", {"task_id": TASK, **data}))


# --- orders -------------------------------------------------------------------------------------------------------


def test_the_order_of_the_documents() -> None:
    call = JIMMY.create(msgspec.structs.replace(ORDER, media=(FIRST,)), "seedance2.0-of-sp", KEY)
    assert (call.path, body_of(call)) == (
        VIDEOS,
        {
            "model": "seedance2.0-of-sp",
            "prompt": "A paper boat",
            "duration": 6,
            "resolution": "1080p",
            "ratio": "9:16",
            "first_image": FIRST.url,
        },
    )


@pytest.mark.parametrize(
    ("model", "path"),
    [
        *((model, VIDEOS_25) for model in ("seedance-2.5", "seedance2.5", "seedance_2.5", "seedance25")),
        *((model, VIDEOS_25) for model in ("seedance-2.5-720p", "seedance-2.5-sp", "seedance2.5-gz", "seedance25-gz")),
        *((model, VIDEOS_25) for model in ("seedance2.5-md", "seedance-2.5-30s", "sd2.5-720p-ac", "sd2.5-30s")),
        *((model, VIDEOS) for model in ("seedance2.0-sp", "seedance2.0-of-fast-sp", "seedance2.0-mini-video")),
        *((model, VIDEOS) for model in ("sd2-933-720p", "seedance20933", "seedance2.0-gz-fast", "seedance2.0-std")),
        *((model, VIDEOS) for model in ("sd2_mx_1080p", "seedance-2.0-1080p", "seedance20-720p", "anything else")),
    ],
)
def test_the_name_of_the_model_says_the_path(model: str, path: str) -> None:
    order = VideoRequest(model="ours", prompt="A boat", duration_seconds=15)
    assert JIMMY.create(order, model, KEY).path == path


def test_media_stand_in_their_groups_and_in_their_order() -> None:
    other = medium("image", "reference", "https://media.example.org/b.webp")
    body = ordered("seedance2.0-std", CLIP, PICTURE, SOUND, other)
    assert (body["images"], body["reference_videos"]) == ([PICTURE.url, other.url], [CLIP.url])
    assert body["reference_audios"] == [SOUND.url]
    body = ordered("seedance2.0-md", LAST, FIRST)
    assert (body["first_image"], body["last_image"]) == (FIRST.url, LAST.url)


def test_frames_of_933_models_are_images_in_frame_mode() -> None:
    body = ordered("seedance2.0-933", FIRST, LAST)
    assert (body["images"], body["reference_mode"]) == ([FIRST.url, LAST.url], "frame")
    assert ordered("sd2-933-720p", PICTURE)["reference_mode"] == "media"
    with pytest.raises(ValueError, match="media"):
        ordered("seedance2.0-933", LAST)


@pytest.mark.parametrize("model", ["seedance2.0-933", "sd2-adb-720p", "seedance2.0-gz-720p", "seedance25-gz"])
def test_sound_is_said_where_the_model_has_a_switch(model: str) -> None:
    assert ordered(model, audio=False)["generate_audio"] is False
    assert ordered(model, audio=True)["generate_audio"] is True
    assert "generate_audio" not in ordered(model, audio=None)


@pytest.mark.parametrize("model", ["seedance2.0-sp", "seedance2.0-md", "seedance-2.5", "seedance2.0-mini"])
def test_silence_cannot_be_ordered_elsewhere(model: str) -> None:
    assert "generate_audio" not in ordered(model, audio=True)
    assert "generate_audio" not in ordered(model, audio=None)
    with pytest.raises(ValueError, match="audio"):
        ordered(model, audio=False)


@pytest.mark.parametrize(
    ("model", "resolution", "said"),
    [
        ("sd2_mx_2k", "2k", None),
        ("sd2_mx_video_fast_1080p", "1080p", None),
        ("seedance-2.0-4k", "4k", None),
        ("seedance20-720p", "720p", None),
        ("sd2_mx_720p", None, None),
        ("seedance2.0-mini-480p", "1080p", "1080p"),
        ("seedance-2.5-720p", "480p", "480p"),
        ("seedance2.0-sp", "480p", "480p"),
        ("seedance2.0-sp", None, None),
    ],
)
def test_the_resolution_is_said_once(model: str, resolution: str | None, said: str | None) -> None:
    assert ordered(model, resolution=resolution).get("resolution") == said


@pytest.mark.parametrize(("model", "resolution"), [("sd2_mx_720p", "1080p"), ("seedance-2.0-4k", "2k")])
def test_a_model_whose_name_says_another_resolution_is_not_ordered(model: str, resolution: str) -> None:
    with pytest.raises(ValueError, match=f"resolution {resolution}"):
        ordered(model, resolution=resolution)


def test_adaptive_is_spelled_as_each_model_has_it() -> None:
    assert ordered("sd2_mx_1080p", ratio="adaptive")["ratio"] == "Adaptive"
    assert ordered("seedance2.0-gz", ratio="adaptive")["ratio"] == "adaptive"


def test_face_processing_is_said_to_933_models() -> None:
    extras = {"face_processing": False}
    assert ordered("seedance2.0-933", extras=extras)["face_processing"] is False
    with pytest.raises(ValueError, match="face_processing"):
        ordered("seedance2.0-sp", extras=extras)
    assert "face_processing" not in ordered("seedance2.0-sp", extras={"face_processing": True})
    assert "face_processing" not in ordered("seedance2.0-933", extras={"face_processing": "yes"})


def test_full_models_take_no_links() -> None:
    with pytest.raises(ValueError, match="sd2_mx_720p takes media only as assets"):
        ordered("sd2_mx_720p", PICTURE, resolution="720p")


def test_a_watermark_cannot_be_ordered() -> None:
    with pytest.raises(ValueError, match="watermark"):
        ordered("seedance2.0-gz", watermark=True)


def test_plain_http_is_for_closed_networks() -> None:
    plain = medium("image", "first_frame", "http://10.0.0.7/a.png")
    assert not JIMMY.takes(plain)
    assert JimmyClient(plain_http_allowed=True).takes(plain)
    assert not JIMMY.takes(medium("image", "first_frame", "data:image/png;base64,AAAA"))
    assert not JimmyClient(plain_http_allowed=True).takes(medium("image", "first_frame", "asset://a-7d31"))
    assert JIMMY.takes(CLIP)
    assert JIMMY.takes(SOUND)


# --- creates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, "0", 20000, "20000", " 20000 ", None, ...])
def test_success_has_many_codes(code: object) -> None:
    answer: dict[str, Any] = {
        "code": code,
        "msg": "ok",
        "data": {"task_id": TASK, "status": "queued", "model": "m", "created_at": 1783000000, "cost": 0.9},
    }
    if code is ...:
        del answer["code"]
    found = JIMMY.created(answered(answer))
    assert found == Report(vendor_id=TASK, state="queued", word="queued", usage=Usage(credits=0.9), marks=MARKS)


def test_the_earliest_pages_have_no_envelope() -> None:
    flat = {"task_id": TASK, "status": "processing", "progress": 42}
    assert JIMMY.created(answered(flat, 201)).vendor_id == TASK
    assert JIMMY.queried(TASK, answered(flat)).state == "running"


def test_the_fixed_tier_answers_without_a_message_or_a_state() -> None:
    data = {"task_id": 812345678901234567, "cost": 2, "model": "m", "created_at": 1783000000}
    found = JIMMY.created(answered({"code": 0, "data": data}))
    assert (found.vendor_id, found.state, found.usage) == ("812345678901234567", "queued", Usage(credits=2))
    assert found.marks == MARKS


@pytest.mark.parametrize("code", [False, True, 200.5, [], {}, "ok", -1, 20002])
def test_another_code_is_no_success_even_with_a_task(code: object) -> None:
    with pytest.raises(UpstreamFailed):
        JIMMY.created(in_envelope(code, "", {"task_id": TASK, "status": "queued"}))


@pytest.mark.parametrize(
    ("code", "message", "fault"),
    [
        # The codes (spec jimmy 2.1).
        (20001, "", "account"),
        ("20001", "invalid api key", "account"),
        (20002, "images and first_image/last_image are mutually exclusive", "order"),
        (20002, "", "order"),
        (-1, "", "unclear"),
        ("-1", "system error", "unclear"),
        (-1, "internal error", "unclear"),
        # The known texts (spec jimmy 2.3).
        (20002, "不支持的模型参数", "account"),
        (-1, "不支持的模型参数", "account"),
        (20002, "model seedance-2.5 请改用 POST /seedance25/videos，勿使用 /seedance/videos", "account"),
        (-1, "配置不存在", "account"),
        (-1, "PROVIDER_MODERATION_ERROR: TRADEMARK", "content"),
        (-1, "PROVIDER_MODERATION_ERROR", "content"),
        (20002, "prompt contains sensitive content", "content"),
        (-1, "提示词包含敏感内容", "content"),
        (-1, "Read timed out", "unclear"),
        (-1, "moderation service: Read timed out", "unclear"),
        (-1, "s3 upload failed", "unclear"),
        (-1, "connection reset by peer", "unclear"),
        (20002, "video_reference 1 DURATION_TOO_LONG", "order"),
        # Money and limits have no codes of their own (spec jimmy 2.1).
        (-1, "insufficient balance: 0.9 needed, 0.25 available", "account"),
        (-1, "余额不足", "account"),
        (-1, "key quota exhausted: 0.9 needed, 0 available", "account"),
        (-1, "too many requests", "busy"),
        (-1, "请求过于频繁", "busy"),
        (-1, "rate limit exceeded", "busy"),
        (-1, "当前并发已达上限", "busy"),
        # No code that anybody knows.
        (50000, "what now", "unclear"),
        (20000, "ok", "unclear"),
    ],
)
def test_every_refusal_of_an_order_has_a_fault(code: object, message: str, fault: Fault) -> None:
    with pytest.raises(UpstreamFailed) as raised:
        JIMMY.created(in_envelope(code, message))
    error = raised.value
    assert (error.fault, error.vendor_code, error.http_status) == (fault, str(code), 200)
    assert message in error.message


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (429, {"code": -1, "msg": "slow down"}, "busy"),
        (401, {"code": 20002, "msg": "?"}, "account"),
        (403, b"<html>blocked</html>", "account"),
        (404, {"code": 20002, "msg": "there is no such path"}, "account"),
        (400, {"code": 20002, "msg": "ratio"}, "order"),
        (400, {"code": -1, "msg": "?"}, "unclear"),
        (400, {"detail": "余额不足"}, "account"),
        (422, {"error": "model not supported here"}, "account"),
        (422, {"error": {"message": "x"}, "reason": "ratio"}, "order"),
        (500, {"code": 20002, "msg": "images"}, "unclear"),
        (500, {"code": 20001, "msg": "moderation"}, "unclear"),
        (504, b"error code: 504", "unclear"),
    ],
)
def test_other_statuses_are_understood_too(status: int, body: Any, fault: Fault) -> None:
    assert fault_of(JIMMY.created, answered(body, status)) == fault


# --- questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", "queued"),
        ("pending", "queued"),
        ("submitted", "queued"),
        ("processing", "running"),
        ("completed", "succeeded"),
        ("success", "succeeded"),
        ("failed", "failed"),
        ("canceled", "cancelled"),
        ("cancelled", "cancelled"),
        ("succeeded", "unknown"),
        ("expired", "unknown"),
    ],
)
def test_every_word_has_its_place(word: str, state: VendorState) -> None:
    found = queried(status=word, progress=0)
    assert (found.state, found.word, found.progress) == (state, word, 0)


def test_a_running_task() -> None:
    found = queried(status="processing", progress=42, model="m", created_at=1783000000, cost=0.9)
    assert found == Report(
        vendor_id=TASK, state="running", word="processing", progress=42, usage=Usage(credits=0.9), marks=MARKS
    )


def test_a_finished_task() -> None:
    found = queried(
        status="completed",
        progress=100,
        result={"video_url": FILM},
        error_message="",
        model="m",
        created_at=1783000000,
        completed_at=1783000184,
        cost=0.9,
        usage={"completion_tokens": 108900, "total_tokens": 108900},
    )
    assert found == Report(
        vendor_id=TASK,
        state="succeeded",
        word="completed",
        progress=100,
        film_url=FILM,
        usage=Usage(total_tokens=108900, credits=0.9),
        took_seconds=184,
        marks=MARKS,
    )


@pytest.mark.parametrize(
    "members",
    [
        {"video_url": FILM},
        {"url": FILM, "result": None},
        {"mediaUrl": FILM, "result": {"video_url": "out/5f0c7c0e.mp4"}},
        {"result": {"video_url": FILM}, "video_url": "https://other.example.org/"},
    ],
)
def test_the_link_may_stand_elsewhere(members: dict[str, Any]) -> None:
    assert queried(status="completed", **members).film_url == FILM


@pytest.mark.parametrize("link", ["out/5f0c7c0e.mp4", "", None, 5, {"url": FILM}, "//cdn/x", "file:///a"])
def test_a_bare_storage_key_is_no_link(link: object) -> None:
    found = queried(status="completed", result={"video_url": link})
    assert (found.state, found.film_url) == ("succeeded", None)


def test_a_link_before_the_film_is_done_is_no_film() -> None:
    assert queried(status="processing", result={"video_url": FILM}).film_url is None
    assert queried(status="failed", result={"video_url": FILM}).film_url is None


@pytest.mark.parametrize(
    ("said", "reason", "code"),
    [
        ("PROVIDER_MODERATION_ERROR: TRADEMARK", "content_rejected", "PROVIDER_MODERATION_ERROR"),
        ("PROVIDER_MODERATION_ERROR", "content_rejected", "PROVIDER_MODERATION_ERROR"),
        ("OutputVideoSensitiveContentDetected.PolicyViolation", "content_rejected", ""),
        ("内容审核未通过", "content_rejected", ""),
        # To be ordered again, as its notes say: the picture is not at fault, and no time limit passed.
        ("Read timed out", "provider_error", ""),
        ("s3 upload failed", "provider_error", ""),
        ("connection reset by peer", "provider_error", ""),
        ("video_reference 1 DURATION_TOO_LONG", "media_error", "DURATION_TOO_LONG"),
        ("reference_videos[0]: cannot be fetched", "media_error", ""),
        ("the task exceeded its time limit", "timeout", ""),
        ("任务超时", "timeout", ""),
        ("生成失败", "provider_error", ""),
    ],
)
def test_every_failure_has_a_reason(said: str, reason: Any, code: str) -> None:
    found = queried(status="failed", progress=0, error_message=said, cost=0)
    assert found.state == "failed"
    assert found.failure == Failure(reason=reason, code=code, message=said)
    assert found.usage == Usage(credits=0)


@pytest.mark.parametrize("name", ["error_message", "error_msg", "reason"])
def test_the_reason_has_many_names(name: str) -> None:
    failure = queried(status="failed", **{name: "no capacity"}).failure
    assert failure is not None
    assert failure.message == "no capacity"


@pytest.mark.parametrize("said", ["", None, 5, {"a": 1}])
def test_a_failure_without_a_reason_is_one(said: object) -> None:
    found = queried(status="failed", error_message=said)
    assert found.failure == Failure(reason="provider_error", code="", message="the vendor gave no reason")


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (in_envelope(20002, "task not found"), "missing"),
        (in_envelope(20002, "参数错误"), "missing"),
        (in_envelope(-1, "任务不存在"), "missing"),
        (in_envelope(-1, "record not found"), "missing"),
        (in_envelope(-1, "task video_1 does not exist"), "missing"),
        (in_envelope(20002, "task not found", status=404), "missing"),
        (in_envelope(20002, "there is no such path", status=404), "unclear"),
        (in_envelope(20001, "invalid api key"), "account"),
        (in_envelope(-1, "system error"), "unclear"),
        (in_envelope(-1, "Read timed out"), "unclear"),
        (in_envelope(-1, "请求过于频繁"), "busy"),
        (in_envelope(-1, "slow down", status=429), "busy"),
        (in_envelope(20000, "ok"), "unclear"),
        (in_envelope(-1, "task not found", status=502), "unclear"),
        (answered({"code": -1, "data": {"task_id": TASK, "status": "completed"}}), "unclear"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.body.decode()[:40],
)
def test_every_refusal_of_a_question_has_a_fault(reply: Reply, fault: Fault) -> None:
    assert fault_of(lambda reply: JIMMY.queried(TASK, reply), reply) == fault


def test_its_callbacks_are_about_money_and_no_task() -> None:
    client: ClientDialect = JIMMY
    body = b'{"event": "balance.insufficient", "user_id": 7, "available": 0.1, "task_id": "vid_1", "status": "failed"}'
    assert client.callback({"x-viraltok-event": "balance.insufficient"}, body) is None

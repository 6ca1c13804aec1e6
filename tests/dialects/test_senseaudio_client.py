"""What the SenseAudio client half says and understands: exchanges as in the spec's samples (spec senseaudio 3 to 5)."""

from typing import Any

import msgspec
import pytest
from tests.dialects.client_samples import KEY, fault_of
from tests.dialects.dialect_samples import answered, body_of, medium, moment

from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Failure, Marks, Report, VendorState
from filmgate.dialects.senseaudio import SenseAudioClient
from filmgate.errors import Fault, UpstreamFailed
from filmgate.video import Media, VideoRequest

SENSEAUDIO = SenseAudioClient()
MODEL = "doubao-seedance-2-0-260128"
TASK = "6d1f0f0e-3c52-4c0e-9a55-0f6f2a1f7b11"
FILM = "https://cdn.gateway.example/video/2f0b8a52-8f3d-4f43-a4c1-0b8b5b5dd0a4"
ORDER = VideoRequest(
    model="ours",
    prompt="A paper boat drifts",
    duration_seconds=6,
    resolution="720p",
    ratio="9:16",
    audio=False,
    watermark=False,
)
MARKS = Marks(created_at=moment(1790600000), model=MODEL, prompt="A paper boat drifts")
PICTURE = medium("image", "reference", "data:image/png;base64,AAAA")
CLIP = medium("video", "reference", "https://media.example.org/move.mp4")
SOUND = medium("audio", "reference", "https://media.example.org/beat.mp3")


def ordered(*media: Media, **changes: Any) -> dict[str, Any]:
    return body_of(SENSEAUDIO.create(msgspec.structs.replace(ORDER, media=media, **changes), MODEL, KEY))


def refusal(code: str, message: str | None = None, ref_code: int | None = None, status: int = 400) -> Reply:
    """An error body with the members that are there (spec senseaudio 5.1)."""
    body: dict[str, Any] = {"code": code}
    body |= {} if message is None else {"message": message}
    body |= {} if ref_code is None else {"ref_code": ref_code, "ref_scope": "common"}
    return answered(body, status)


def queried(**members: Any) -> Report:
    answer = {
        "id": "0b6e4f3a-52f4-4a7b-8a51-3f5b1d0c9e77",
        "model": MODEL,
        "task_id": TASK,
        "duration": 6,
        "is_new": True,
        "created_at": 1790600000,
        "prompt": "",
        "content": [{"type": "text", "text": "A paper boat drifts"}],
        "provider_specific": {"generate_audio": False, "watermark_url": "https://cdn.gateway.example/mark.png"},
    }
    return SENSEAUDIO.queried(TASK, answered(answer | members))


# --- orders -------------------------------------------------------------------------------------------------------


def test_the_order_of_the_documents() -> None:
    call = SENSEAUDIO.create(ORDER, MODEL, KEY)
    assert (call.path, body_of(call)) == (
        "/v1/video/create",
        {
            "model": MODEL,
            "content": [{"type": "text", "text": "A paper boat drifts"}],
            "duration": 6,
            "resolution": "720p",
            "ratio": "9:16",
            "watermark": False,
            "provider_specific": {"generate_audio": False},
        },
    )


def test_media_keep_their_order_and_have_roles() -> None:
    assert ordered(PICTURE, CLIP, SOUND)["content"] == [
        {"type": "text", "text": "A paper boat drifts"},
        {"type": "image", "url": PICTURE.url, "role": "reference"},
        {"type": "video", "video_url": CLIP.url},
        {"type": "audio", "audio_url": SOUND.url},
    ]


def test_the_text_stands_where_it_stood_and_no_image_goes_without_a_role() -> None:
    content = ordered(PICTURE, CLIP, extras={"text_at": 1, "unlabelled": [0]})["content"]
    assert [element["type"] for element in content] == ["image", "text", "video"]
    assert content[0]["role"] == "reference"


@pytest.mark.parametrize("text_at", [7, -1, "1", None, [], {}])
def test_a_place_that_is_none_is_the_first(text_at: object) -> None:
    assert ordered(PICTURE, extras={"text_at": text_at})["content"][0]["type"] == "text"


def test_a_prompt_that_is_empty_is_no_element() -> None:
    assert [element["type"] for element in ordered(CLIP, prompt="", extras={"text_at": 0})["content"]] == ["video"]


@pytest.mark.parametrize(
    ("extras", "audio", "said"),
    [
        ({}, True, {"generate_audio": True}),
        ({}, None, None),
        ({"provider_specific": {"camera_fixed": True}}, False, {"camera_fixed": True, "generate_audio": False}),
        ({"provider_specific": {"generate_audio": True}}, False, {"generate_audio": False}),
        ({"provider_specific": {}}, True, {"generate_audio": True}),
        ({"provider_specific": "nonsense"}, True, {"generate_audio": True}),
    ],
)
def test_the_vendors_own_switches_go_along(extras: dict[str, Any], audio: bool | None, said: Any) -> None:
    assert ordered(extras=extras, audio=audio).get("provider_specific") == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, None), (60, 3600), (3600, 3600), (7200, 7200), (172800, 172800), (10**6, 172800)]
)
def test_the_time_limit_is_the_nearest_that_the_vendor_takes(seconds: int | None, said: int | None) -> None:
    assert ordered(timeout_seconds=seconds).get("timeout") == said


@pytest.mark.parametrize("watermark", [True, False])
def test_a_watermark_is_said_either_way(watermark: bool) -> None:
    assert ordered(watermark=watermark)["watermark"] is watermark


@pytest.mark.parametrize("member", ["duration_seconds", "resolution", "ratio"])
def test_what_the_wire_demands_must_be_there(member: str) -> None:
    with pytest.raises(ValueError, match="demands a duration, a resolution and a ratio"):
        ordered(**{member: None})


def test_metadata_stay_with_us() -> None:
    assert "metadata" not in ordered(metadata={"order": "A-77"})


@pytest.mark.parametrize(
    ("media", "taken"),
    [
        (PICTURE, True),
        (CLIP, True),
        (SOUND, True),
        (medium("image", "last_frame", "http://media.example.org/a"), True),
        (medium("audio", "reference", "data:audio/mpeg;base64,AAAA"), True),
        (medium("image", "first_frame", "DATA:image/png;base64,AAAA"), True),
        (medium("video", "reference", "data:video/mp4;base64,AAAA"), False),
        (medium("video", "first_frame", CLIP.url), False),
        (medium("image", "reference", "asset://a"), False),
    ],
)
def test_links_and_what_stands_in_the_body_are_taken(media: Media, taken: bool) -> None:
    assert SENSEAUDIO.takes(media) is taken


# --- creates ------------------------------------------------------------------------------------------------------


def test_a_new_task() -> None:
    assert SENSEAUDIO.created(answered({"task_id": TASK})) == Report(vendor_id=TASK, state="queued", word="")


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        # Measured (spec senseaudio 1.1, 5.2).
        (refusal("authentication_error", "invalid authorization", status=401), "account"),
        (refusal("authentication_error", "incorrect API key provided", status=401), "account"),
        (refusal("不支持的视频时长", "不支持的视频时长", 400000), "order"),
        (refusal("invalid", "参数错误：resolution", 400000), "order"),
        (refusal("invalid", "参数错误：ratio", 400000), "order"),
        (refusal("不支持的超时时间", "不支持的超时时间", 400000), "order"),
        (refusal("内容不能为空", "内容不能为空", 400000), "order"),
        (refusal("图片链接无效", "图片链接无效", 400000), "order"),
        (refusal("图片高度不符合要求", "图片高度不符合要求", 400000), "order"),
        (refusal("internal", "服务繁忙，请稍后再试", 500000, status=500), "unclear"),
        (refusal("notfound", "未找到资源", 404000, status=404), "account"),
        (refusal("invalid"), "order"),
        (refusal("invalid", "模型未找到", 400033), "account"),
        # The table (spec senseaudio 5.3).
        (refusal("余额不足", "余额不足", 400001), "account"),
        (refusal("busy", "已达最大并发", 400015), "busy"),
        (refusal("invalid", "文本不合法", 400021), "content"),
        (refusal("invalid", "x", 400034), "account"),
        (refusal("invalid", "x", 400035), "account"),
        (refusal("invalid", "x", 400038), "account"),
        (refusal("图片包含敏感内容", "图片包含敏感内容", 400501), "content"),
        (refusal("x", "x", 400900), "account"),
        (refusal("x", "x", 400901), "account"),
        (refusal("x", "x", 400902), "account"),
        (answered(b"", 403), "account"),
        (refusal("x", "请求过于频繁", 429000, status=429), "busy"),
        (refusal("x", "用量已达上限", 429002, status=429), "busy"),
        (refusal("rate_limit_error", "slow down", status=429), "busy"),
        (answered({"message": "quota exhausted"}, 429), "busy"),
        (refusal("internal_error", status=500), "unclear"),
        (refusal("internal", "model not found", 502101, status=502), "account"),
        # The text alone tells.
        (refusal("余额不足"), "account"),
        (refusal("模型不存在", "模型不存在", 400000), "account"),
        (refusal("提示词包含违规内容", "提示词包含违规内容", 400000), "content"),
        # Numbers as text, and refusals in the coat of a success.
        (answered({"code": "x", "ref_code": "400015"}, 400), "busy"),
        (refusal("余额不足", "余额不足", 400001, status=200), "account"),
        (refusal("不支持的视频时长", "不支持的视频时长", 400000, status=200), "order"),
        (refusal("invalid", status=200), "order"),
        (refusal("rate_limit_error", status=200), "busy"),
        (refusal("odd", "odd", status=200), "unclear"),
        (refusal("odd", "余额不足", status=500), "unclear"),
        (refusal("invalid", "参数错误", 400000, status=500), "unclear"),
        (refusal("余额不足", "余额不足", 400001, status=500), "account"),
        (refusal("不支持的视频时长", "x", 399999), "order"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.status} {value.body.decode()[:60]}",
)
def test_every_row_of_the_error_tables_has_a_fault(reply: Reply, fault: Fault) -> None:
    assert fault_of(SENSEAUDIO.created, reply) == fault


def test_an_error_has_the_vendors_code_and_text() -> None:
    with pytest.raises(UpstreamFailed) as raised:
        SENSEAUDIO.created(refusal("不支持的视频时长", "不支持的视频时长", 400000))
    error = raised.value
    assert (error.vendor_code, error.http_status) == ("400000", 400)
    assert error.message == "the vendor refused: 不支持的视频时长"
    with pytest.raises(UpstreamFailed, match="the vendor refused: invalid") as raised:
        SENSEAUDIO.created(refusal("invalid"))
    assert raised.value.vendor_code == "invalid"


def test_the_trace_of_a_call_is_its_name() -> None:
    reply = answered({"code": "invalid"}, 400, {"Traceparent": "00-4bf92f3577b34da6-01"})
    with pytest.raises(UpstreamFailed) as raised:
        SENSEAUDIO.created(reply)
    assert raised.value.request_id == "00-4bf92f3577b34da6-01"


# --- questions ----------------------------------------------------------------------------------------------------


def test_a_question_goes_by_the_task_id() -> None:
    assert SENSEAUDIO.query(TASK) == Call(
        method="GET", path="/v1/video/status", query=(("id", TASK),), content_type="application/json"
    )


@pytest.mark.parametrize(
    ("word", "progress", "state"),
    [
        ("pending", 0, "queued"),
        ("pending", 50, "queued"),
        ("processing", 60, "running"),
        ("completed", 100, "succeeded"),
        ("failed", 100, "failed"),
        ("cancelled", 0, "unknown"),
        ("expired", 0, "unknown"),
    ],
)
def test_every_word_has_its_place(word: str, progress: int, state: VendorState) -> None:
    found = queried(status=word, progress=progress)
    assert (found.state, found.word, found.progress) == (state, word, progress)


def test_a_finished_task() -> None:
    assert queried(status="completed", progress=100, video_url=FILM) == Report(
        vendor_id=TASK, state="succeeded", word="completed", progress=100, film_url=FILM, marks=MARKS
    )


def test_a_finished_task_tells_how_long_it_took() -> None:
    assert queried(status="completed", completed_at=1790600131).took_seconds == 131
    assert queried(status="failed", completed_at=1790600044).took_seconds == 44
    assert queried(status="completed", completed_at=1790599999).took_seconds is None
    assert queried(status="processing", completed_at=1790600131).took_seconds is None


@pytest.mark.parametrize(
    ("content", "prompt"),
    [
        ([{"type": "image", "url": FILM, "text": "no"}, {"type": "text", "text": " a\nb "}], " a\nb "),
        ([{"type": "text", "text": ""}, {"type": "text", "text": "b"}], "b"),
        ([{"type": "text", "text": 5}, None, "text"], None),
        ({"type": "text", "text": "a"}, None),
        ([], None),
        (None, None),
    ],
)
def test_the_prompt_is_the_text_in_the_content(content: object, prompt: str | None) -> None:
    assert queried(status="pending", content=content).marks == msgspec.structs.replace(MARKS, prompt=prompt)


def test_the_link_of_the_watermark_is_no_film() -> None:
    assert queried(status="completed", progress=100).film_url is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("input content was rejected", "content_rejected"),
        ("图片包含敏感信息", "content_rejected"),
        ("the task exceeded its timeout of 3600 seconds", "timeout"),
        ("图片链接无效", "media_error"),
        ("音频时长不符合要求", "media_error"),
        ("content[1].url: cannot be fetched", "media_error"),
        ("服务繁忙，请稍后再试", "provider_error"),
        ("Read timed out", "provider_error"),
    ],
)
def test_every_failure_has_a_reason(said: str, reason: Any) -> None:
    found = queried(status="failed", progress=100, error_message=said)
    assert found.failure == Failure(reason=reason, code="", message=said)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (refusal("notfound", "未找到资源", 404000, status=404), "missing"),
        (refusal("notfound", status=404), "missing"),
        (answered({"code": "x", "ref_code": 404000}, 404), "missing"),
        (answered(b"404 page not found", 404), "unclear"),
        (refusal("invalid"), "unclear"),
        (refusal("authentication_error", "incorrect API key provided", status=401), "account"),
        (refusal("x", "x", 429000, status=429), "busy"),
        (refusal("x", "x", 400015), "busy"),
        (refusal("x", "x", 400901), "account"),
        (refusal("internal", "服务繁忙，请稍后再试", 500000, status=500), "unclear"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.status} {value.body.decode()[:60]}",
)
def test_every_refusal_of_a_question_has_a_fault(reply: Reply, fault: Fault) -> None:
    assert fault_of(lambda reply: SENSEAUDIO.queried(TASK, reply), reply) == fault

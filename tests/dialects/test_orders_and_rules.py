"""From a body to the refusal or the order, over the shipped catalogue: the vectors of the specs in their own bytes."""

import json
from typing import Any

import pytest
from tests.dialects.dialect_samples import encode

from filmgate.catalogue.choose import plan
from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.dialects import build_dialects
from filmgate.dialects.ark import EXAMPLES as ARK_EXAMPLES
from filmgate.dialects.ark import ArkServer
from filmgate.dialects.base import Reply, ServerDialect
from filmgate.dialects.example import Example
from filmgate.errors import RulesBroken
from filmgate.video import VideoRequest

DIALECTS = build_dialects()
ARK = ArkServer()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def ordered(catalogue: Catalogue, dialect: ServerDialect, body: dict[str, Any]) -> VideoRequest:
    return plan(catalogue, dialect.read_create(encode(body)), dialect.name).request


def refused(catalogue: Catalogue, dialect: ServerDialect, body: dict[str, Any]) -> Reply:
    with pytest.raises(RulesBroken) as raised:
        ordered(catalogue, dialect, body)
    return dialect.phrase_error(raised.value)


PNG, MP4, MP3 = "https://m/a.png", "https://m/a.mp4", "https://m/a.mp3"


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"model": "sd2_mx_720p", "images": [PNG]}, "images[0]"),
        ({"model": "sd2_mx_720p", "reference_videos": ["asset://a"]}, "reference_videos[0]"),
        ({"model": "seedance2.0-md", "first_image": PNG}, "first_image"),
        ({"model": "seedance2.0-md", "images": [PNG] * 5}, "images[4]"),
        ({"model": "seedance2.0-sp", "images": [PNG], "first_image": PNG}, "images[0]"),
        ({"model": "seedance2.0-sp", "reference_audios": [MP3]}, "reference_audios[0]"),
        ({"model": "seedance2.0-mini", "reference_videos": [MP4]}, "reference_videos[0]"),
        ({"model": "seedance2.0-mini-sp", "resolution": "1080p"}, "resolution"),
        ({"model": "seedance2.0-fast-i2v", "images": [PNG] * 8, "first_image": PNG, "last_image": PNG}, "images"),
        ({"model": "seedance2.0-std", "first_image": PNG, "reference_audios": [MP3]}, "reference_audios[0]"),
        ({"model": "seedance2.0-std", "ratio": "Adaptive"}, "ratio"),
        ({"model": "seedance-2.5"}, "/seedance25/videos"),
    ],
)
def test_jimmy_refuses_with_20002_and_the_members_name(
    catalogue: Catalogue, members: dict[str, Any], names: str
) -> None:
    reply = refused(catalogue, DIALECTS.jimmy, {"prompt": "A boat", "duration": 5} | members)
    answer = json.loads(reply.body)
    assert (reply.status, answer["code"], answer["data"]) == (200, 20002, None)
    assert names in answer["msg"]


@pytest.mark.parametrize(
    ("members", "resolution", "ratio"),
    [
        (
            {"model": "seedance2.0-md", "first_image": PNG, "last_image": PNG, "resolution": "1080p"},
            "720p",
            "16:9",
        ),
        ({"model": "seedance2.0-mini-720p"}, "720p", "16:9"),
        ({"model": "seedance2.0-sp", "orientation": "portrait"}, "720p", "9:16"),
        ({"model": "seedance2.0-sp", "ratio": "16:9", "orientation": "portrait"}, "720p", "16:9"),
        ({"model": "seedance2.0-sp", "images": [PNG], "last_image": "", "ratio": "auto"}, "720p", "16:9"),
    ],
)
def test_jimmy_accepts(catalogue: Catalogue, members: dict[str, Any], resolution: str, ratio: str) -> None:
    request = ordered(catalogue, DIALECTS.jimmy, {"prompt": "A boat"} | members)
    assert (request.duration_seconds, request.resolution, request.ratio) == (5, resolution, ratio)


SENSEAUDIO_BODY = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A boat"}],
    "duration": 6,
    "resolution": "720p",
    "ratio": "9:16",
}
FIRST_FRAME = {"type": "image", "url": PNG, "role": "first_frame"}
LAST_FRAME = {"type": "image", "url": PNG, "role": "last_frame"}
VIDEO = {"type": "video", "video_url": MP4}
AUDIO = {"type": "audio", "audio_url": MP3}


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"duration": 3}, "不支持的视频时长", "不支持的视频时长"),
        ({"duration": 16}, "不支持的视频时长", "不支持的视频时长"),
        ({"resolution": "360p"}, "invalid", "参数错误：resolution"),
        ({"ratio": "2:1"}, "invalid", "参数错误：ratio"),
        ({"timeout": 3599}, "不支持的超时时间", "不支持的超时时间"),
        ({"content": []}, "内容不能为空", "内容不能为空"),
        ({"content": [FIRST_FRAME, VIDEO]}, "invalid", "参数错误：content"),
        ({"content": [LAST_FRAME]}, "invalid", "参数错误：content"),
        ({"content": [FIRST_FRAME, FIRST_FRAME]}, "invalid", "参数错误：content"),
        ({"content": [AUDIO]}, "invalid", "参数错误：content"),
        ({"content": [VIDEO] * 4}, "invalid", "参数错误：content"),
        ({"content": [FIRST_FRAME | {"url": "ftp://m/a.png"}]}, "图片链接无效", "图片链接无效"),
    ],
)
def test_senseaudio_refuses_as_measured(catalogue: Catalogue, members: dict[str, Any], code: str, message: str) -> None:
    reply = refused(catalogue, DIALECTS.senseaudio, SENSEAUDIO_BODY | members)
    expected = {"code": code, "message": message, "ref_code": 400000, "ref_scope": "common"}
    assert (reply.status, json.loads(reply.body)) == (400, expected)


def test_senseaudio_is_busy_for_an_unknown_model(catalogue: Catalogue) -> None:
    reply = refused(catalogue, DIALECTS.senseaudio, SENSEAUDIO_BODY | {"model": "nonsense"})
    assert (reply.status, json.loads(reply.body)["ref_code"]) == (500, 500000)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"model": "nonsense"}, "(one of seedance-2.0, seedance-2.0-fast, seedance-1.5-pro)"),
        ({"model": "seedance-1.5-pro", "duration": 6}, "duration must be 5 or 10 seconds"),
        ({"aspectRatio": "21:9"}, "aspectRatio must be 16:9, 9:16 or 1:1"),
        ({"mediaUrls": [PNG] * 6}, "mediaUrls[5]"),
        ({"mediaUrls": [MP3]}, "mediaUrls[0]"),
        ({"mediaUrls": ["http://m/a.png"]}, "mediaUrls[0]"),
        ({"model": "seedance-1.5-pro", "mediaUrls": [MP4]}, "mediaUrls[0]"),
    ],
)
def test_ink_refuses_with_400_and_says_what_is_right(catalogue: Catalogue, members: dict[str, Any], told: str) -> None:
    reply = refused(catalogue, DIALECTS.ink, {"model": "seedance-2.0", "prompt": "A boat"} | members)
    fault = json.loads(reply.body)["error"]
    assert (reply.status, fault["code"]) == (400, "invalid_request")
    assert told in fault["message"]


ARK_MODELS = {
    "1.0": "doubao-seedance-1-0-pro-250528",
    "1.0 fast": "doubao-seedance-1-0-pro-fast-251015",
    "1.5": "doubao-seedance-1-5-pro-251215",
    "2.0": "doubao-seedance-2-0-260128",
    "2.0 fast": "doubao-seedance-2-0-fast-260128",
    "2.5": "doubao-seedance-2-5-260628",
}
ARK_TEXT = {"type": "text", "text": "A boat"}


def ark_body(model: str, members: dict[str, Any]) -> dict[str, Any]:
    return {"model": ARK_MODELS[model], "content": [ARK_TEXT]} | members


def ark_image(role: str, url: str = PNG) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def ark_video(url: str = MP4) -> dict[str, Any]:
    return {"type": "video_url", "video_url": {"url": url}, "role": "reference_video"}


ARK_AUDIO = {"type": "audio_url", "audio_url": {"url": MP3}, "role": "reference_audio"}


@pytest.mark.parametrize(
    ("model", "members", "param"),
    [
        ("2.0", {"duration": 3}, "duration"),
        ("2.0", {"duration": 16}, "duration"),
        ("2.5", {"duration": 31}, "duration"),
        ("1.0", {"duration": -1}, "duration"),
        ("1.0", {"duration": 1}, "duration"),
        ("1.5", {"duration": 3}, "duration"),
        ("2.0", {"resolution": "360p"}, "resolution"),
        ("2.0 fast", {"resolution": "1080p"}, "resolution"),
        ("2.5", {"resolution": "4k"}, "resolution"),
        ("1.0", {"content": [{"type": "text", "text": "A boat --rs 2k"}]}, "resolution"),
        ("2.0", {"ratio": "2:3"}, "ratio"),
        ("1.0", {"ratio": "adaptive"}, "ratio"),
        ("2.5", {"content": [ark_image("first_frame")], "ratio": "16:9"}, "ratio"),
        ("2.0", {"seed": -2}, "seed"),
        ("2.0", {"execution_expires_after": 3599}, "execution_expires_after"),
        ("2.0", {"execution_expires_after": 259201}, "execution_expires_after"),
        ("2.0", {"callback_url": "ftp://hooks.example"}, "callback_url"),
        ("2.0", {"content": [{"type": "text", "text": " "}]}, "content"),
        ("2.0", {"content": [ark_image("last_frame")]}, "content[0].image_url"),
        ("2.0", {"content": [ark_image("first_frame")] * 2}, "content[1].image_url"),
        ("2.0", {"content": [ark_image("first_frame"), ark_image("reference_image")]}, "content[1].image_url"),
        ("2.0", {"content": [ark_image("first_frame"), ark_video()]}, "content[1].video_url"),
        ("2.0", {"content": [ARK_AUDIO]}, "content[0].audio_url"),
        ("2.0", {"content": [ark_image("reference_image")] * 10}, "content[9].image_url"),
        ("2.0", {"content": [ark_video()] * 4}, "content[3].video_url"),
        ("2.5", {"content": [ark_video()] * 11}, "content[10].video_url"),
        ("2.0", {"content": [ark_video("data:video/mp4;base64,AA")]}, "content[0].video_url"),
        ("1.0", {"content": [ark_image("reference_image")]}, "content[0].image_url"),
        ("1.5", {"content": [ark_video()]}, "content[0].video_url"),
        ("1.0 fast", {"content": [ark_image("first_frame"), ark_image("last_frame")]}, "content[1].image_url"),
        ("2.0", {"camera_fixed": True}, "camera_fixed"),
        ("2.5", {"content": [{"type": "draft_task", "draft_task": {"id": "cgt-1"}}]}, "content"),
    ],
)
def test_ark_refuses_with_400_and_the_members_name(
    catalogue: Catalogue, model: str, members: dict[str, Any], param: str
) -> None:
    reply = refused(catalogue, ARK, ark_body(model, members))
    fault = json.loads(reply.body)["error"]
    assert (reply.status, fault["param"], fault["type"]) == (400, param, "BadRequest")
    assert fault["code"].partition(".")[0] in ("InvalidParameter", "MissingParameter")


@pytest.mark.parametrize(
    ("model", "members", "made"),
    [
        ("2.0", {}, (5, "720p", "adaptive", True)),
        ("2.0", {"duration": -1, "resolution": "4K", "ratio": "21:9"}, (5, "4k", "21:9", True)),
        ("2.5", {"duration": 30, "generate_audio": False}, (30, "720p", "adaptive", False)),
        ("2.5", {"draft": True, "resolution": "1080p"}, (5, "480p", "adaptive", True)),
        ("2.5", {"content": [ARK_AUDIO]}, (5, "720p", "adaptive", True)),
        ("2.5", {"content": [ark_image("reference_image")] * 30}, (5, "720p", "adaptive", True)),
        (
            "2.5",
            {"content": [ark_video()], "omni_reference_task_type": "edit", "duration": -1},
            (5, "720p", "adaptive", True),
        ),
        ("1.5", {"duration": 12, "resolution": "1080p"}, (12, "1080p", "adaptive", True)),
        ("1.0", {}, (5, "1080p", "16:9", False)),
        ("1.0", {"frames": 29}, (2, "1080p", "16:9", False)),
        ("1.0", {"frames": 289}, (12, "1080p", "16:9", False)),
        (
            "1.0",
            {"content": [{"type": "text", "text": "A boat --rs 480p --rt 9:16 --dur 3"}]},
            (3, "480p", "9:16", False),
        ),
        ("1.0", {"content": [ark_image("first_frame"), ark_image("last_frame")]}, (5, "1080p", "adaptive", False)),
        ("1.0 fast", {"content": [ark_image("first_frame")]}, (5, "1080p", "adaptive", False)),
    ],
)
def test_ark_accepts(
    catalogue: Catalogue, model: str, members: dict[str, Any], made: tuple[int, str, str, bool]
) -> None:
    request = ordered(catalogue, ARK, ark_body(model, members))
    assert (request.duration_seconds, request.resolution, request.ratio, request.audio) == made
    assert request.timeout_seconds == 172_800


@pytest.mark.parametrize("example", ARK_EXAMPLES, ids=lambda example: example.title)
def test_the_examples_of_ark_can_be_ordered(catalogue: Catalogue, example: Example) -> None:
    assert ordered(catalogue, ARK, example.body).model == example.body["model"]


def test_ark_knows_its_models_by_the_names_of_both_of_its_vendors(catalogue: Catalogue) -> None:
    for name in ("dreamina-seedance-2-0-260128", "seedance-2-0-260128"):
        assert ordered(catalogue, ARK, {"model": name, "content": [ARK_TEXT]}).model == ARK_MODELS["2.0"]


def test_ark_does_not_find_an_unknown_model(catalogue: Catalogue) -> None:
    reply = refused(catalogue, ARK, {"model": "doubao-seedance-9-9", "content": [ARK_TEXT], "ratio": "2:3"})
    fault = json.loads(reply.body)["error"]
    assert (reply.status, fault["code"], fault["type"]) == (404, "InvalidEndpointOrModel.NotFound", "NotFound")


def test_any_model_can_be_ordered_in_any_dialect(catalogue: Catalogue) -> None:
    assert ordered(catalogue, DIALECTS.jimmy, {"model": "doubao-seedance-2-0-260128", "prompt": "A boat"})
    assert ordered(catalogue, DIALECTS.ink, {"model": "seedance2.0-md", "prompt": "A boat"}).resolution == "720p"
    assert ordered(catalogue, DIALECTS.ink, {"model": "sd2_mx_1080p", "prompt": "A boat"}).resolution == "1080p"
    assert ordered(catalogue, DIALECTS.senseaudio, SENSEAUDIO_BODY | {"model": "seedance2.0-md"}).watermark is True
    assert ordered(catalogue, ARK, {"model": "seedance2.0-md", "content": [ARK_TEXT]}).ratio == "16:9"


def test_the_shipped_models_fill_the_lists_of_their_dialects(catalogue: Catalogue) -> None:
    rows = json.loads(DIALECTS.jimmy.phrase_catalogue(catalogue.sold_in("jimmy"), "mini").body)["data"]["list"]
    assert "seedance2.0-mini-720p" in {row["model_name"] for row in rows}
    models = json.loads(DIALECTS.senseaudio.phrase_models(catalogue.sold_in("senseaudio"), "video").body)
    assert [model["id"] for model in models["data"]] == ["doubao-seedance-2-0-260128"]
    models = json.loads(DIALECTS.ink.phrase_models(catalogue.sold_in("ink")).body)
    assert [model["id"] for model in models["data"]] == ["seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"]
    assert models["data"][0]["pricing"]["textToVideo"]["720p"] == 8
    assert models["data"][0]["pricing"]["mediaToVideo"]["720p"] == 12.8

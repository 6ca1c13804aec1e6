"""From a body to the refusal or the order, over the shipped catalogue: the vectors of the specs in their own bytes."""

import json
from typing import Any

import pytest
from tests.dialects.dialect_samples import encode

from filmgate.catalogue.choose import plan
from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.dialects import build_dialects
from filmgate.dialects.base import Reply, ServerDialect
from filmgate.errors import RulesBroken
from filmgate.video import VideoRequest

DIALECTS = build_dialects()


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


def test_any_model_can_be_ordered_in_any_dialect(catalogue: Catalogue) -> None:
    assert ordered(catalogue, DIALECTS.jimmy, {"model": "doubao-seedance-2-0-260128", "prompt": "A boat"})
    assert ordered(catalogue, DIALECTS.ink, {"model": "seedance2.0-md", "prompt": "A boat"}).resolution == "720p"
    assert ordered(catalogue, DIALECTS.ink, {"model": "sd2_mx_1080p", "prompt": "A boat"}).resolution == "1080p"
    assert ordered(catalogue, DIALECTS.senseaudio, SENSEAUDIO_BODY | {"model": "seedance2.0-md"}).watermark is True


def test_the_shipped_models_fill_the_lists_of_their_dialects(catalogue: Catalogue) -> None:
    rows = json.loads(DIALECTS.jimmy.phrase_catalogue(catalogue.sold_in("jimmy"), "mini").body)["data"]["list"]
    assert "seedance2.0-mini-720p" in {row["model_name"] for row in rows}
    models = json.loads(DIALECTS.senseaudio.phrase_models(catalogue.sold_in("senseaudio"), "video").body)
    assert [model["id"] for model in models["data"]] == ["doubao-seedance-2-0-260128"]
    models = json.loads(DIALECTS.ink.phrase_models(catalogue.sold_in("ink")).body)
    assert [model["id"] for model in models["data"]] == ["seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"]
    assert models["data"][0]["pricing"]["textToVideo"]["720p"] == 8
    assert models["data"][0]["pricing"]["mediaToVideo"]["720p"] == 12.8

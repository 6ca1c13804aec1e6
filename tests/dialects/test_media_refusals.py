"""How each dialect says what is wrong with media, alone and with everything else that is wrong with an order."""

import json

import pytest
from tests.dialects.dialect_samples import broken

from filmgate.dialects import build_dialects
from filmgate.dialects.ark import ArkServer
from filmgate.dialects.senseaudio.errors import DETAILS_HEADER
from filmgate.errors import RulesBroken

DIALECTS = build_dialects()
SENSEAUDIO, ARK = DIALECTS.senseaudio, ArkServer()
UNREACHABLE = "the link given as image cannot be fetched: the link answers with status 404"


@pytest.mark.parametrize(
    ("field", "rule", "text"),
    [
        # Measured (spec senseaudio 5.2).
        ("content[1].url", "media_unreachable", "图片链接无效"),
        ("content[1].url", "media_height", "图片高度不符合要求"),
        # In the style of those (spec senseaudio 11, Q5).
        ("content[1].url", "media_width", "图片宽度不符合要求"),
        ("content[1].url", "media_unreadable", "图片链接无效"),
        ("content[1].url", "media_too_large", "图片大小不符合要求"),
        ("content[1].url", "media_bytes", "图片大小不符合要求"),
        ("content[1].url", "media_format", "图片格式不符合要求"),
        ("content[1].url", "media_shape", "图片宽高比不符合要求"),
        ("content[1].url", "media_closed", "图片未通过审核"),
        ("content[2].video_url", "media_unreachable", "视频链接无效"),
        ("content[2].video_url", "media_pixels", "视频总像素不符合要求"),
        ("content[2].video_url", "media_side", "视频短边不符合要求"),
        ("content[2].video_url", "media_frame_rate", "视频帧率不符合要求"),
        ("content[2].video_url", "media_codec", "视频编码不符合要求"),
        ("content[2].video_url", "media_total_bytes", "视频总大小不符合要求"),
        ("content[3].audio_url", "media_unreadable", "音频链接无效"),
        ("content[3].audio_url", "media_seconds", "音频时长不符合要求"),
        ("content[3].audio_url", "media_total_seconds", "音频总时长不符合要求"),
    ],
)
def test_senseaudio_has_a_text_for_each_rule(field: str, rule: str, text: str) -> None:
    reply = SENSEAUDIO.phrase_error(RulesBroken([broken(field, rule)]))
    body = f'{{"code":"{text}","message":"{text}","ref_code":400000,"ref_scope":"common"}}'
    assert (reply.status, reply.body.decode()) == (400, body)


def test_senseaudio_tells_all_texts_once_and_lists_the_rest_in_its_header() -> None:
    rules = [
        broken("duration_seconds", "range"),
        broken("content[1].url", "media_height", "must be more than 300 and less than 6000 pixels high, not 158", 158),
        broken("content[2].url", "media_height"),
        broken("content[3].url", "media_unreachable", UNREACHABLE),
    ]
    reply = SENSEAUDIO.phrase_error(RulesBroken(rules))
    assert json.loads(reply.body) == {
        "code": "不支持的视频时长",
        "message": "不支持的视频时长；图片高度不符合要求；图片链接无效",
        "ref_code": 400000,
        "ref_scope": "common",
    }
    told = json.loads(reply.headers[DETAILS_HEADER])
    assert [entry["rule"] for entry in told] == ["range", "media_height", "media_height", "media_unreachable"]
    assert told[1]["value"] == 158


def test_a_media_error_among_violations_is_a_sentence_of_its_own() -> None:
    rules = [broken("mediaUrls[0]", "media_unreachable", UNREACHABLE), broken("mediaUrls[1]", "media_width", "must be")]
    for dialect, member in ((DIALECTS.ink, "message"), (ARK, "message")):
        message = json.loads(dialect.phrase_error(RulesBroken(rules)).body)["error"][member]
        assert message.startswith(f"mediaUrls[0]: {UNREACHABLE}; mediaUrls[1] must be")
    assert json.loads(DIALECTS.jimmy.phrase_error(RulesBroken(rules)).body)["msg"] == (
        f"mediaUrls[0]: {UNREACHABLE}; mediaUrls[1] must be"
    )


@pytest.mark.parametrize(
    ("field", "rule", "code"),
    [
        ("content[1].image_url", "media_unreadable", "InvalidImageURL.InvalidFormat"),
        ("content[1].image_url", "media_unreachable", "InvalidParameter"),
        ("content[1].video_url", "media_unreadable", "InvalidParameter"),
        ("content[1].image_url", "media_width", "InvalidParameter"),
        ("content[1].image_url", "media_closed", "InvalidParameter"),
    ],
)
def test_ark_has_the_code_of_the_first(field: str, rule: str, code: str) -> None:
    fault = json.loads(ARK.phrase_error(RulesBroken([broken(field, rule), broken("ratio", "choice")])).body)["error"]
    assert (fault["code"], fault["param"]) == (code, field)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("media_unreadable", "media_unreadable"),
        ("media_closed", "media_closed"),
        ("media_width", "invalid_value"),
    ],
)
def test_openai_has_the_code_of_the_first(rule: str, code: str) -> None:
    reply = DIALECTS.openai.phrase_error(RulesBroken([broken("input_reference", rule)]))
    fault = json.loads(reply.body)["error"]
    assert (reply.status, fault["code"], fault["param"]) == (400, code, "input_reference")


def test_the_native_api_lists_each_with_its_value_and_what_is_allowed() -> None:
    rule = broken("media[0].url", "media_seconds", "must be 2 to 15 seconds long, not 1", 1, [2, 15])
    error = json.loads(DIALECTS.native.phrase_error(RulesBroken([rule])).body)["error"]
    assert error["violations"] == [
        {
            "field": "media[0].url",
            "rule": "media_seconds",
            "message": "must be 2 to 15 seconds long, not 1",
            "value": 1,
            "allowed": [2, 15],
        }
    ]

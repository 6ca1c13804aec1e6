"""How the SenseAudio dialect refuses, byte for byte as measured (spec senseaudio 1.1, 5.2, 10, 11)."""

import json

import pytest
from tests.dialects.dialect_samples import broken

from filmgate import errors
from filmgate.dialects import build_dialects
from filmgate.dialects.senseaudio.errors import DETAILS_HEADER, DETAILS_LIMIT_BYTES
from filmgate.errors import RulesBroken, Violation

SENSEAUDIO = build_dialects().senseaudio

MEASURED = [
    (broken("duration_seconds", "range"), '{"code":"不支持的视频时长","message":"不支持的视频时长"'),
    (broken("duration_seconds", "choice"), '{"code":"不支持的视频时长","message":"不支持的视频时长"'),
    (broken("resolution", "choice"), '{"code":"invalid","message":"参数错误：resolution"'),
    (broken("ratio", "choice"), '{"code":"invalid","message":"参数错误：ratio"'),
    (broken("timeout_seconds", "range"), '{"code":"不支持的超时时间","message":"不支持的超时时间"'),
    (broken("content", "count", value=0), '{"code":"内容不能为空","message":"内容不能为空"'),
    (broken("content[1].url", "scheme"), '{"code":"图片链接无效","message":"图片链接无效"'),
    (broken("content[1].audio_url", "scheme"), '{"code":"音频链接无效","message":"音频链接无效"'),
    (broken("content[1].video_url", "format"), '{"code":"视频链接无效","message":"视频链接无效"'),
    (broken("content[1].url", "exclusive"), '{"code":"invalid","message":"参数错误：content"'),
    (broken("content[9].url", "count"), '{"code":"invalid","message":"参数错误：content"'),
    (broken("content[0].audio_url", "needs"), '{"code":"invalid","message":"参数错误：content"'),
    (broken("prompt", "length"), '{"code":"invalid","message":"参数错误：content"'),
    (broken("content[2].role", "choice"), '{"code":"invalid","message":"参数错误：content"'),
]


@pytest.mark.parametrize(("violation", "body"), MEASURED, ids=[f"{one.field} {one.rule}" for one, _ in MEASURED])
def test_one_broken_rule_has_its_measured_body(violation: Violation, body: str) -> None:
    reply = SENSEAUDIO.phrase_error(RulesBroken([violation]))
    assert (reply.status, reply.body.decode()) == (400, body + ',"ref_code":400000,"ref_scope":"common"}')


def test_a_missing_or_mistyped_member_is_invalid_without_a_reference_code() -> None:
    for rule in ("missing", "type"):
        reply = SENSEAUDIO.phrase_error(RulesBroken([broken("duration_seconds", rule)]))
        assert (reply.status, reply.body.decode()) == (400, '{"code":"invalid","message":"参数错误：duration"}')


def test_several_broken_rules_have_the_code_of_the_first_and_all_texts() -> None:
    rules = [broken("duration_seconds", "range"), broken("ratio", "choice"), broken("duration_seconds", "range")]
    reply = SENSEAUDIO.phrase_error(RulesBroken(rules))
    assert reply.status == 400
    assert json.loads(reply.body) == {
        "code": "不支持的视频时长",
        "message": "不支持的视频时长；参数错误：ratio",
        "ref_code": 400000,
        "ref_scope": "common",
    }


def test_an_unknown_model_is_busy_as_measured_or_refused_as_set() -> None:
    error = RulesBroken([broken("model", "unknown"), broken("ratio", "choice")])
    reply = SENSEAUDIO.phrase_error(error)
    busy = '{"code":"internal","message":"服务繁忙，请稍后再试","ref_code":500000,"ref_scope":"common"}'
    assert (reply.status, reply.body.decode()) == (500, busy)
    reply = build_dialects(senseaudio_unknown_model_status=400).senseaudio.phrase_error(error)
    refused = '{"code":"invalid","message":"模型未找到","ref_code":400033,"ref_scope":"common"}'
    assert (reply.status, reply.body.decode()) == (400, refused)


def test_a_missing_model_is_a_missing_member() -> None:
    reply = SENSEAUDIO.phrase_error(RulesBroken([broken("model", "missing")]))
    assert (reply.status, reply.body.decode()) == (400, '{"code":"invalid","message":"参数错误：model"}')


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            errors.Unauthenticated("x", missing=True),
            401,
            '{"code":"authentication_error","message":"invalid authorization"}',
        ),
        (
            errors.Unauthenticated("x", missing=False),
            401,
            '{"code":"authentication_error","message":"incorrect API key provided"}',
        ),
        (
            errors.NotFound("x"),
            404,
            '{"code":"notfound","message":"未找到资源","ref_code":404000,"ref_scope":"common"}',
        ),
        (
            errors.InsufficientFunds(2, 1),
            400,
            '{"code":"余额不足","message":"余额不足","ref_code":400001,"ref_scope":"common"}',
        ),
        (
            errors.QuotaExhausted(2, 1),
            400,
            '{"code":"用量已达上限","message":"用量已达上限","ref_code":400001,"ref_scope":"common"}',
        ),
        (
            errors.MediaUnreachable("x", kind="image", field="content[1].url"),
            400,
            '{"code":"图片链接无效","message":"图片链接无效","ref_code":400000,"ref_scope":"common"}',
        ),
        (
            errors.MediaUnreadable("x", kind="audio", field="content[1].audio_url"),
            400,
            '{"code":"音频链接无效","message":"音频链接无效","ref_code":400000,"ref_scope":"common"}',
        ),
        (
            errors.MediaTooLarge("x", kind="video", field="content[1].video_url"),
            400,
            '{"code":"视频大小不符合要求","message":"视频大小不符合要求","ref_code":400000,"ref_scope":"common"}',
        ),
        (errors.BadRequest("not JSON"), 400, '{"code":"invalid","message":"参数错误：body"}'),
        (
            errors.BodyTooLarge(5),
            413,
            '{"code":"请求体过大","message":"请求体过大","ref_code":400000,"ref_scope":"common"}',
        ),
        (
            errors.Unavailable("secret"),
            500,
            '{"code":"internal","message":"服务繁忙，请稍后再试","ref_code":500000,"ref_scope":"common"}',
        ),
        (
            errors.FilmgateError("secret"),
            500,
            '{"code":"internal","message":"服务繁忙，请稍后再试","ref_code":500000,"ref_scope":"common"}',
        ),
    ],
)
def test_other_refusals(error: errors.FilmgateError, status: int, body: str) -> None:
    reply = SENSEAUDIO.phrase_error(error)
    assert (reply.status, reply.body.decode()) == (status, body)


def test_too_many_requests_say_when_to_come_back() -> None:
    reply = SENSEAUDIO.phrase_error(errors.RateLimited("slow down", 3))
    assert (reply.status, reply.headers["Retry-After"]) == (429, "3")
    assert json.loads(reply.body) == {
        "code": "rate_limit_error",
        "message": "请求过于频繁，请稍后再试",
        "ref_code": 429000,
        "ref_scope": "common",
    }


def test_a_wrong_method_is_not_found_with_its_own_status() -> None:
    reply = SENSEAUDIO.phrase_error(errors.NoSuchMethod("there is no such method"))
    assert (reply.status, json.loads(reply.body)["code"]) == (405, "notfound")


def test_the_header_tells_what_the_body_has_no_room_for() -> None:
    rules = [
        broken("duration_seconds", "range", "must be from 4 to 15 seconds, not 3", 3, [4, 15]),
        broken("content[1].url", "scheme", "must be a link of the form https://…"),
    ]
    header = SENSEAUDIO.phrase_error(RulesBroken(rules)).headers[DETAILS_HEADER]
    assert header.isascii()
    assert json.loads(header) == [
        {
            "field": "duration",
            "rule": "range",
            "message": "must be from 4 to 15 seconds, not 3",
            "value": 3,
            "allowed": [4, 15],
        },
        {"field": "content[1].url", "rule": "scheme", "message": "must be a link of the form https://…"},
    ]


def test_the_header_stays_small_and_says_how_much_is_left_out() -> None:
    rules = [broken(f"content[{index}].url", "scheme", "must be a link\r\n…", "图" * 100) for index in range(900)]
    header = SENSEAUDIO.phrase_error(RulesBroken(rules)).headers[DETAILS_HEADER]
    assert len(header) <= DETAILS_LIMIT_BYTES
    assert header.isascii()
    assert header.isprintable()
    told = json.loads(header)
    assert told[-1] == {"more": 900 - (len(told) - 1)}
    assert len(told) > 2


def test_a_refused_medium_is_named_in_the_header() -> None:
    error = errors.MediaUnreachable("cannot be fetched", kind="image", field="content[1].url")
    assert json.loads(SENSEAUDIO.phrase_error(error).headers[DETAILS_HEADER]) == [
        {"field": "content[1].url", "rule": "media_unreachable", "message": "cannot be fetched"}
    ]


def test_a_medium_that_did_not_pass_the_review_alone_says_so() -> None:
    error = errors.MediaClosed("is refused by review", kind="video", field="content[1].video_url")
    assert json.loads(SENSEAUDIO.phrase_error(error).body)["message"] == "视频未通过审核"

"""How the SenseAudio dialect refuses: the measured bodies where there is one, the same style elsewhere (spec
senseaudio 5, 10, 11).

The measured bodies have no room for which element was wrong and what would have been right. That is told beside them,
in the response header ``X-Filmgate-Violations``: a JSON list in ASCII of at most 4 KB, each entry with ``field`` (the
caller's own path), ``rule``, ``message`` and, where there are any, ``value`` and ``allowed``. Entries that no longer
fit are counted by a last entry ``{"more": 3}``.
"""

import json
from typing import Any

from msgspec import UNSET

from filmgate import errors
from filmgate.dialects.base import Reply
from filmgate.dialects.phrasing import in_callers_words, printable, reply
from filmgate.dialects.senseaudio.wire import ErrorAnswer

DETAILS_HEADER = "X-Filmgate-Violations"
DETAILS_LIMIT_BYTES = 4096

# How the neutral fields are called here.
_WORDS = {
    "prompt": "content",
    "media": "content",
    "duration_seconds": "duration",
    "timeout_seconds": "timeout",
    "audio": "provider_specific.generate_audio",
}

# A broken rule of these fields is told by its text alone (spec senseaudio 5.2).
_TEXTS = {"duration_seconds": "不支持的视频时长", "timeout_seconds": "不支持的超时时间"}
_EMPTY_CONTENT = "内容不能为空"
# A medium is named by the member that carries its link, and what is wrong with it by the rest of the sentence. Those of
# a picture whose link is no good and of one that is too low are measured, the others are in their style (spec
# senseaudio 5.2, Q5).
_SUBJECTS = {"url": "图片", "audio_url": "音频", "video_url": "视频"}
_KINDS = {"image": "图片", "audio": "音频", "video": "视频"}
_BAD_LINK = "链接无效"
_BAD_SIZE = "大小不符合要求"
_CLOSED = "未通过审核"
_PREDICATES = {
    **dict.fromkeys(("scheme", "format", "length", "media_unreachable", "media_unreadable"), _BAD_LINK),
    **dict.fromkeys(("media_too_large", "media_bytes"), _BAD_SIZE),
    "media_closed": _CLOSED,
    "media_format": "格式不符合要求",
    "media_codec": "编码不符合要求",
    "media_width": "宽度不符合要求",
    "media_height": "高度不符合要求",
    "media_side": "短边不符合要求",
    "media_pixels": "总像素不符合要求",
    "media_shape": "宽高比不符合要求",
    "media_frame_rate": "帧率不符合要求",
    "media_seconds": "时长不符合要求",
    "media_total_seconds": "总时长不符合要求",
    "media_total_bytes": "总大小不符合要求",
}
_BUSY = "服务繁忙，请稍后再试"

_Answer = tuple[int, ErrorAnswer]
"""HTTP status and body."""


def phrase_error(error: errors.FilmgateError, unknown_model_status: int) -> Reply:
    """Any error of ours in this dialect."""
    status, answer = _answer(error, unknown_model_status)
    headers = {}
    details = _details(error)
    if details:
        headers[DETAILS_HEADER] = _as_header(details)
    if isinstance(error, errors.RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    return reply(answer, status=status, headers=headers)


def _answer(error: errors.FilmgateError, unknown_model_status: int) -> _Answer:
    match error:
        case errors.Unauthenticated():
            message = "invalid authorization" if error.missing else "incorrect API key provided"
            return 401, ErrorAnswer(code="authentication_error", message=message)
        case errors.RulesBroken():
            return _rules_broken(error.violations, unknown_model_status)
        case errors.BadRequest():
            return 400, _invalid(error.field or "body")
        case errors.MediaTooLarge():
            return 400, _said(_KINDS.get(error.kind, _KINDS["image"]) + _BAD_SIZE)
        case errors.MediaClosed():
            return 400, _said(_KINDS.get(error.kind, _KINDS["image"]) + _CLOSED)
        case errors.MediaError():
            return 400, _said(_KINDS.get(error.kind, _KINDS["image"]) + _BAD_LINK)
        case errors.AddressRefused():
            return 400, _said(_KINDS["image"] + _BAD_LINK)
        case errors.NotFound() | errors.NoSuchAddress() | errors.NoSuchMethod():
            return error.status, _coded("notfound", "未找到资源", 404000)
        case errors.InsufficientFunds():
            return 400, _said("余额不足", 400001)
        case errors.QuotaExhausted():
            return 400, _said("用量已达上限", 400001)
        case errors.TooManyOrders():
            # With 400, whatever the rest of the world does (spec senseaudio 5.3).
            return 400, _said("已达到最大并发数，请稍后再试", 400015)
        case errors.DayExhausted():
            return 429, _coded("rate_limit_error", "今日用量已达上限", 429002)
        case errors.RateLimited():
            return 429, _coded("rate_limit_error", "请求过于频繁，请稍后再试", 429000)
        case errors.BodyTooLarge():
            return 413, _said("请求体过大")
        case errors.Refused():
            return error.status, _coded("invalid", printable(error.message), 400000)
        case _:
            return 500, _coded("internal", _BUSY, 500000)


def _rules_broken(violations: list[errors.Violation], unknown_model_status: int) -> _Answer:
    """The body of the first broken rule; where several have something to say, its message says all of it (Q4)."""
    if any(violation.field == "model" and violation.rule in ("unknown", "choice") for violation in violations):
        return _unknown_model(unknown_model_status)
    answers = [_broken(violation) for violation in violations]
    messages = dict.fromkeys(answer.message for answer in answers if answer.message is not UNSET)
    first = answers[0]
    if len(messages) < 2:
        return 400, first
    message = "；".join(str(message) for message in messages)
    return 400, ErrorAnswer(code=first.code, message=message, ref_code=first.ref_code, ref_scope=first.ref_scope)


def _unknown_model(status: int) -> _Answer:
    """As measured, or the form of the chat endpoint, which spares clients useless retries (spec senseaudio 10, X8)."""
    if status == 500:
        return 500, _coded("internal", _BUSY, 500000)
    return 400, _coded("invalid", "模型未找到", 400033)


def _broken(violation: errors.Violation) -> ErrorAnswer:
    field, rule = violation.field, violation.rule
    if field == "content" and violation.value == 0:
        return _said(_EMPTY_CONTENT)
    member = field.rpartition(".")[2]
    if field.startswith("content[") and member in _SUBJECTS and rule in _PREDICATES:
        return _said(_SUBJECTS[member] + _PREDICATES[rule])
    word = _WORDS.get(field, field)
    if rule in ("type", "missing"):
        return _invalid(word)
    if field in _TEXTS:
        return _said(_TEXTS[field])
    top = word.partition("[")[0].partition(".")[0]
    return _coded("invalid", f"参数错误：{top}", 400000)


def _invalid(field: str) -> ErrorAnswer:
    """A wrong type or a missing member (Q6): measured without a reference code; the message is ours."""
    return ErrorAnswer(code="invalid", message=f"参数错误：{field}")


def _said(text: str, ref_code: int = 400000) -> ErrorAnswer:
    """A refusal whose code is its own text."""
    return _coded(text, text, ref_code)


def _coded(code: str, message: str, ref_code: int) -> ErrorAnswer:
    return ErrorAnswer(code=code, message=message, ref_code=ref_code, ref_scope="common")


def _details(error: errors.FilmgateError) -> list[dict[str, Any]]:
    match error:
        case errors.RulesBroken():
            return [_detail(in_callers_words(violation, _WORDS)) for violation in error.violations]
        case errors.MediaError():
            return [{"field": error.field, "rule": error.code, "message": error.message}]
        case errors.BadRequest():
            return [{"field": error.field or "body", "rule": error.code, "message": error.message}]
        case _:
            return []


def _detail(violation: errors.Violation) -> dict[str, Any]:
    detail = {"field": violation.field, "rule": violation.rule, "message": violation.message}
    if violation.value is not None:
        detail["value"] = violation.value
    if violation.allowed is not None:
        detail["allowed"] = violation.allowed
    return detail


def _as_header(details: list[dict[str, Any]]) -> str:
    texts: list[str] = []
    room = DETAILS_LIMIT_BYTES - len('[, {"more": 1000000}]')
    for detail in details:
        text = json.dumps(detail, ensure_ascii=True, default=str)
        if len(text) + len(", ") > room:
            texts.append(json.dumps({"more": len(details) - len(texts)}))
            break
        texts.append(text)
        room -= len(text) + len(", ")
    return f"[{', '.join(texts)}]"

"""What a vendor's answers say about tasks, and whose fault it is when they do not (spec jimmy 2, 5)."""

import re

from filmgate.dialects.answer import NOTHING, Answer, read_answer
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Failure, Marks, Reason, Report, VendorState
from filmgate.dialects.understanding import (
    REJECTED,
    Words,
    accepted,
    fault_of_create,
    fault_of_question,
    meaning,
    not_uploaded,
    reason_of,
    refused,
    report,
    state_of,
    succeeded,
    unanswered,
    usage_of,
)
from filmgate.errors import Fault, UpstreamFailed

_UNAUTHENTICATED, _INVALID, _OTHER = "20001", "20002", "-1"
# The pages print all four; the live service most likely sends the number 20000 (spec jimmy 2.2).
_SUCCESS_CODES = frozenset({"0", "20000"})

# Spec jimmy 5. A cancelled task is known to clients, though nothing on this wire makes one (3); "success" stands in
# the vendor's FAQ only.
_STATES: dict[str, VendorState] = {
    "queued": "queued",
    "pending": "queued",
    "submitted": "queued",
    "processing": "running",
    "completed": "succeeded",
    "success": "succeeded",
    "failed": "failed",
    "canceled": "cancelled",
    "cancelled": "cancelled",
}

_ABOUT_THE_MODEL = re.compile(r"^model\b|不支持的模型|配置不存在|请改用|勿使用", re.IGNORECASE)
_ABOUT_MONEY = re.compile(r"insufficient (balance|credit|fund|quota)|quota|余额|额度|欠费", re.IGNORECASE)
# What a refusal is about (spec jimmy 2.3). The name of the model is the route's, and not in the order.
_REFUSALS: Words[Fault] = (
    (_ABOUT_THE_MODEL, "account"),
    (_ABOUT_MONEY, "account"),
    (REJECTED, "content"),
)
_TOO_MUCH = re.compile(r"rate limit|too many|too frequent|concurren|频繁|并发|限流", re.IGNORECASE)
# What may keep any call from being carried out.
_LIMITS: Words[Fault] = ((_ABOUT_MONEY, "account"), (_TOO_MUCH, "busy"))
_OUT_OF_TOUCH = re.compile(r"timed? ?out|timeout|connection|超时", re.IGNORECASE)
_NO_SUCH_TASK = re.compile(
    r"(task|record)\b.{0,80}?(not found|not exist)|任务.{0,80}?(不存在|未找到|找不到)", re.IGNORECASE
)

# Why a task failed (spec jimmy 2.3). Our own sentences about media begin with their member. "Read timed out",
# "s3 upload failed" and "connection reset" are nobody's fault but the vendor's: it could not fetch a picture just then,
# and its own notes say to order again.
_FAILURES: Words[Reason] = (
    (re.compile(r"DURATION_TOO_LONG|^(images|first_image|last_image|video_reference|reference_)"), "media_error"),
)
_CODE_IN_TEXT = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", re.ASCII)
# Where an answer may have its sentence (spec jimmy 16).
_SENTENCES = ("msg", "message", "error", "reason", "detail", "error_message")


def data_in(reply: Reply) -> Answer:
    """What is in the envelope of a success, and nothing where it is none. The earliest pages have no envelope (spec
    jimmy 0.2)."""
    answer = read_answer(reply.body) if succeeded(reply) else NOTHING
    if answer.has("code") and answer.word("code") not in _SUCCESS_CODES:
        return NOTHING
    return answer.inner("data") if answer.has("code") or answer.has("data") else answer


def report_of(vendor_id: str, data: Answer) -> Report:
    """What is said about a task. An order that was taken may have no state yet (spec jimmy 4.2)."""
    usage = usage_of(total_tokens=data.inner("usage").count("total_tokens"), credits_charged=data.amount("cost"))
    marks = Marks(created_at=data.moment("created_at"), model=data.text("model"))
    if not data.word("status"):
        return accepted(vendor_id, usage, marks)
    said = data.sentence("error_message", "error_msg", "reason")
    return report(
        vendor_id,
        data.word("status"),
        state_of(data.word("status"), _STATES),
        failure=_failure(said) if said else None,
        film_url=data.inner("result").link("video_url") or data.link("video_url", "mediaUrl", "url"),
        progress=data.percent("progress"),
        usage=usage,
        marks=marks,
        ended_at=data.moment("completed_at"),
    )


def why_not_ordered(reply: Reply) -> UpstreamFailed:
    """Why a create made no task, or may have made one."""
    code, said = _code_and_sentence(reply)
    return refused(reply, _fault_of_order(reply.status, code, said), said, vendor_code=code)


def why_not_told(reply: Reply) -> UpstreamFailed:
    """Why a query brought nothing."""
    code, said = _code_and_sentence(reply)
    return unanswered(reply, _fault_of_question(reply.status, code, said), said, vendor_code=code)


def why_not_uploaded(reply: Reply) -> UpstreamFailed:
    """Why a file has no link."""
    code, said = _code_and_sentence(reply)
    by_code = "account" if code == _UNAUTHENTICATED else meaning(said, _LIMITS)
    return not_uploaded(reply, said, vendor_code=code, by_code=by_code)


def why_not_taken(reply: Reply) -> UpstreamFailed:
    """Why an asset is not in the library: what is wrong with the call can only be wrong with the asset."""
    code, said = _code_and_sentence(reply)
    by_code: Fault | None = "account" if code == _UNAUTHENTICATED else meaning(said, _LIMITS)
    if by_code is None and code == _INVALID and succeeded(reply):
        return UpstreamFailed(said or "the vendor does not take it", fault="content", vendor_code=code)
    return not_uploaded(reply, said, vendor_code=code, by_code=by_code)


def _fault_of_order(status: int, code: str, said: str) -> Fault:
    """Whose fault it is that there is no task.

    -1 is what other APIs call 500: the pages have it for breakdowns of the platform and of its upstream alike, so it
    proves nothing by itself (spec jimmy 2.1). Only its words may.
    """
    by_status = fault_of_create(status)
    if status >= 500 or by_status in ("busy", "account"):
        return by_status
    if code == _UNAUTHENTICATED:
        return "account"
    if code == _INVALID:
        return meaning(said, _REFUSALS) or "order"
    if code in _SUCCESS_CODES or _OUT_OF_TOUCH.search(said):
        return "unclear"
    return meaning(said, (*_REFUSALS, (_TOO_MUCH, "busy"))) or ("unclear" if code == _OTHER else by_status)


def _fault_of_question(status: int, code: str, said: str) -> Fault:
    """An unknown id is told inside an envelope, so a bare 404 is about the address (spec jimmy 5, X24)."""
    if status < 500 and _NO_SUCH_TASK.search(said):
        return "missing"
    if 200 <= status < 300:
        if code == _UNAUTHENTICATED:
            return "account"
        if code == _INVALID:
            return "missing"  # The id is all there is to be wrong.
        if _TOO_MUCH.search(said):
            return "busy"
    return fault_of_question(status)


def _code_and_sentence(reply: Reply) -> tuple[str, str]:
    answer = read_answer(reply.body)
    return answer.word("code"), answer.sentence(*_SENTENCES)


def _failure(said: str) -> Failure:
    code = _CODE_IN_TEXT.search(said)
    return Failure(reason=reason_of(said, _FAILURES), code=code[0] if code else "", message=said)

"""What a vendor's answers say. Everything in them is a stranger's: of any type, of any length, or not there."""

import math
from typing import Any, Literal

from filmgate.dialects.ark.faults import Fault, fault_of, is_content_code, is_media_code
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Failure, Report, Usage, VendorState
from filmgate.dialects.reading import read_object
from filmgate.errors import BadRequest, UpstreamFailed

Answer = dict[str, Any]

_STATES: dict[str, VendorState] = {
    "queued": "queued",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
_LONGEST_WORD_CHARACTERS = 200
_LONGEST_MESSAGE_CHARACTERS = 2000
_LONGEST_LINK_CHARACTERS = 8192
_MOST_TOKENS = 1 << 53
# Nobody can know what became of an order whose answer is one of these, or any 5xx: a proxy may have given up on a
# vendor that had not, and a conflict may be with the same order on its way.
_UNCLEAR_STATUSES = (408, 409)


def answer_in(reply: Reply) -> Answer | None:
    """The JSON object in a reply, or None."""
    try:
        return read_object(reply.body)
    except BadRequest:
        return None


def text_in(value: Any, most: int = _LONGEST_WORD_CHARACTERS) -> str:
    """Text of a stranger's, as it can be kept; empty where it is none."""
    return value.replace("\0", "")[:most] if isinstance(value, str) else ""


def id_in(answer: Answer | None) -> str:
    """The task's id in an answer, whole or not at all."""
    value = None if answer is None else answer.get("id")
    text = text_in(value)
    return text if text == value else ""


def report_of(vendor_id: str, answer: Answer) -> Report:
    """What an answer says about a task (spec ark 4). A word for a state that is not known is no state."""
    word = text_in(answer.get("status"))
    state = _STATES.get(word, "unknown")
    content = answer.get("content") if state == "succeeded" else None
    return Report(
        vendor_id=vendor_id,
        state=state,
        word=word,
        film_url=_link(content, "video_url"),
        last_frame_url=_link(content, "last_frame_url"),
        failure=_failure(state, answer),
        usage=_usage(answer),
    )


def refusal_of(reply: Reply, call: Literal["create", "other"]) -> UpstreamFailed:
    """The error that a reply other than 2xx is (spec ark 7)."""
    answer = answer_in(reply)
    code, message = _code_and_message((answer or {}).get("error") or answer)
    return UpstreamFailed(
        message or f"the vendor answered HTTP {reply.status}",
        fault=_fault_of_create(reply.status, code) if call == "create" else _fault_of_other(reply.status, code, answer),
        vendor_code=code,
        http_status=reply.status,
        retry_after_seconds=_retry_after_seconds(reply),
        request_id=_header(reply, "x-request-id"),
    )


def nonsense(reply: Reply, message: str, fault: Literal["vendor", "unclear"]) -> UpstreamFailed:
    """The error that a 2xx reply is which does not say what it should."""
    request_id = _header(reply, "x-request-id")
    return UpstreamFailed(message, fault=fault, http_status=reply.status, request_id=request_id)


def is_cancelled_code(reply: Reply) -> bool:
    """Whether a 409 says that the task has been cancelled before."""
    code, _ = _code_and_message((answer_in(reply) or {}).get("error"))
    return "Cancelled" in code


def _link(content: Any, name: str) -> str | None:
    value = content.get(name) if isinstance(content, dict) else None
    text = text_in(value, _LONGEST_LINK_CHARACTERS)
    return text if text and text == value else None


def _failure(state: VendorState, answer: Answer) -> Failure | None:
    if state not in ("failed", "expired"):
        return None
    # The vendor's Go SDK reads a list item's error under another name (spec ark 5).
    code, message = _code_and_message(answer.get("error") or answer.get("failure_reason"))
    if state == "expired":
        return Failure(reason="timeout", code=code, message=message or "the vendor's time limit has passed")
    reason: Literal["content_rejected", "media_error", "provider_error"] = "provider_error"
    if is_content_code(code):
        reason = "content_rejected"
    elif is_media_code(code):
        reason = "media_error"
    return Failure(reason=reason, code=code, message=message)


def _code_and_message(error: Any) -> tuple[str, str]:
    if not isinstance(error, dict):
        return "", text_in(error, _LONGEST_MESSAGE_CHARACTERS)
    return text_in(error.get("code")), text_in(error.get("message"), _LONGEST_MESSAGE_CHARACTERS)


def _usage(answer: Answer) -> Usage | None:
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        return None
    # The two are equal (spec ark 4); gateways may know only one.
    for name in ("total_tokens", "completion_tokens"):
        count = usage.get(name)
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= _MOST_TOKENS:
            return Usage(total_tokens=count)
    return None


def _fault_of_create(status: int, code: str) -> Fault:
    if status >= 500 or status in _UNCLEAR_STATUSES:
        return "unclear"
    return fault_of(status, code)


def _fault_of_other(status: int, code: str, answer: Answer | None) -> Fault:
    """Of a call that orders nothing: it can be missing its task, but not be a wrong order."""
    if status == 404:
        # A page of a proxy's says nothing about the task.
        return "vendor" if answer is None else "missing"
    fault = fault_of(status, code)
    return "vendor" if status >= 500 or fault in ("order", "content") else fault


def _retry_after_seconds(reply: Reply) -> float | None:
    try:
        seconds = float(_header(reply, "retry-after") or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _header(reply: Reply, name: str) -> str | None:
    return next((value for key, value in reply.headers.items() if key.lower() == name), None)

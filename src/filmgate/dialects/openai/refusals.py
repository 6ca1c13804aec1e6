"""What a vendor's refusal means: OpenAI's envelope, and what engines and proxies send in its place (spec
openai_videos 8, 9)."""

from typing import Any, Literal

import msgspec

from filmgate.dialects.base import Reply
from filmgate.dialects.phrasing import printable
from filmgate.errors import UpstreamFailed

Fault = Literal["order", "content", "busy", "account", "missing", "vendor", "unclear"]

_LONGEST_MESSAGE_CHARACTERS = 500

# Parts of the codes with which reviews refuse, at OpenAI, at gateways such as ours and at other vendors behind a proxy.
_REVIEW_WORDS = ("moderation", "content_policy", "content_filter", "content_rejected", "safety", "sensitive")
_ACCOUNT_WORDS = ("quota", "billing", "api_key", "account", "balance", "permission")
_MODEL_CODE = "model_not_found"
# The request is to be sent elsewhere, and was not looked at: the route's address is wrong.
_MOVED = (301, 307, 308)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a refusal says, whatever its shape. What it does not say is empty."""

    code: str = ""
    message: str = ""
    param: str = ""


def why_not_created(reply: Reply) -> UpstreamFailed:
    """Why a create made no task, or may have made one."""
    said = read_refusal(reply.body)
    return _failed(reply, said, _fault_of_create(reply.status, said))


def why_not_told(reply: Reply) -> UpstreamFailed:
    """Why any other call brought nothing. None of them makes a task, so another try never harms."""
    said = read_refusal(reply.body)
    match reply.status:
        case 404 | 410:
            fault: Fault = "missing"
        case 401 | 402 | 403:
            fault = "account"
        case 429:
            fault = "busy"
        case _:
            fault = "vendor"
    return _failed(reply, said, fault)


def read_refusal(body: bytes) -> Said:
    """The code, the message and the field of a refusal."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Said()
    if not isinstance(value, dict):
        return Said()
    return read_fault(next((value[name] for name in ("error", "detail") if value.get(name)), value))


def read_fault(value: Any) -> Said:
    """What stands in an envelope, or in the ``error`` of a job: an object, a text, or FastAPI's list of faults."""
    match value:
        case str():
            return Said(message=_shown(value))
        case dict():
            # Some write the HTTP status where the code belongs; the type then says more.
            words = [word for word in (value.get("code"), value.get("type")) if isinstance(word, str) and word]
            code = words[0] if words else value.get("code")
            return Said(code=_word(code), message=_shown(value.get("message")), param=_word(value.get("param")))
        case [*items]:
            faults = [item for item in items if isinstance(item, dict)]
            texts = [f"{_path(item.get('loc'))}: {item.get('msg')}" for item in faults]
            param = _path(faults[0].get("loc")) if faults else ""
            return Said(
                code=_word(faults[0].get("type")) if faults else "", message=_shown("; ".join(texts)), param=param
            )
        case _:
            return Said()


def is_review(code: str) -> bool:
    """Whether a code is one with which a review refuses."""
    return any(word in code.lower() for word in _REVIEW_WORDS)


def _fault_of_create(status: int, said: Said) -> Fault:
    # A 2xx comes here too, where it names no task.
    if status < 300 or status >= 500 or status == 408:
        return "unclear"
    if is_review(said.code):
        return "content"
    match status:
        case 401 | 402 | 403 | 405:
            return "account"
        case 404:
            return "order" if _is_about_model(said) else "account"
        case 409:
            # The key of this create is known there: the first try may have made the film.
            return "unclear"
        case 425:
            return "busy"
        case 429:
            return "account" if any(word in said.code for word in _ACCOUNT_WORDS) else "busy"
        case _ if status < 400:
            return "account" if status in _MOVED else "unclear"
        case _:
            return "order"


def _is_about_model(said: Said) -> bool:
    # Where there is no such path at all, the message is a plain "Not Found".
    return said.code == _MODEL_CODE or said.param == "model" or "model" in said.message.lower()


def _failed(reply: Reply, said: Said, fault: Fault) -> UpstreamFailed:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return UpstreamFailed(
        said.message or f"the vendor answered with status {reply.status}",
        fault=fault,
        vendor_code=said.code,
        http_status=reply.status,
        retry_after_seconds=_retry_after_seconds(headers),
        request_id=headers.get("x-request-id"),
    )


def _retry_after_seconds(headers: dict[str, str]) -> float | None:
    for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / divisor
        except ValueError:
            continue  # Absent, or a date.
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def _path(location: Any) -> str:
    """FastAPI's ``["body", "seconds"]``, without where the field was looked for."""
    parts = [str(part) for part in location] if isinstance(location, list) else []
    return ".".join(parts[1:] if len(parts) > 1 else parts)


def _word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return _shown(str(value))


def _shown(value: Any) -> str:
    return printable(value[:_LONGEST_MESSAGE_CHARACTERS]) if isinstance(value, str) else ""

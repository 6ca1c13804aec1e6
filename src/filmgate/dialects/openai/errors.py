"""How the OpenAI dialect refuses: statuses by which the official SDK picks its exception, and one envelope (spec
openai_videos 8).

The SDK repeats 408, 409, 429 and every 5xx by itself. Where that can only give the same answer again, or may
make a second video, the header ``x-should-retry: false`` keeps it from doing so.
"""

from typing import Literal

from filmgate import errors
from filmgate.dialects.base import Reply
from filmgate.dialects.openai.wire import ErrorAnswer, Fault
from filmgate.dialects.phrasing import explain, printable, reply
from filmgate.money import as_number

# How the neutral fields are called here. A size is both a resolution and a ratio to a model.
_WORDS = {
    "duration_seconds": "seconds",
    "resolution": "size (resolution)",
    "ratio": "size (ratio)",
    "audio": "generate_audio",
    "last_frame": "return_last_frame",
    "timeout_seconds": "execution_expires_after",
    "webhook_url": "callback_url",
    "media": "input_reference",
}

_CODES = {"missing": "missing_required_parameter", "type": "invalid_type"}
_INVALID_VALUE = "invalid_value"

_Type = Literal["invalid_request_error", "insufficient_quota", "rate_limit_error", "server_error"]
_INVALID: _Type = "invalid_request_error"

_DO_NOT_RETRY = {"x-should-retry": "false"}


def phrase_error(error: errors.FilmgateError) -> Reply:
    """Any error of ours in this dialect."""
    status, fault = _refusal(error)
    return reply(ErrorAnswer(error=fault), status=status, headers=_headers(error))


def phrase_fault(status: int, message: str, code: str) -> Reply:
    """A refusal that is this dialect's own."""
    return reply(ErrorAnswer(error=_fault(message, code)), status=status)


def _headers(error: errors.FilmgateError) -> dict[str, str]:
    match error:
        case errors.RateLimited():
            return {"Retry-After": str(error.retry_after_seconds)}
        case errors.WrongState() | errors.InsufficientFunds() | errors.QuotaExhausted() | errors.Unconfirmed():
            return _DO_NOT_RETRY
        case _:
            return {}


def _refusal(error: errors.FilmgateError) -> tuple[int, Fault]:
    """HTTP status and what stands in the envelope."""
    match error:
        case errors.Unauthenticated():
            return 401, _fault("the API key is missing or not valid", "invalid_api_key")
        case errors.RulesBroken():
            return _rules_broken(error)
        case errors.BadRequest():
            return 400, _fault(explain(error, _WORDS), _INVALID_VALUE, error.field)
        case errors.MediaError():
            return 400, _fault(explain(error, _WORDS), error.code, error.field)
        case errors.AddressRefused():
            return 400, _fault("a link leads to an address that is not allowed", _INVALID_VALUE)
        case errors.Unsupported():
            return 400, _fault(error.message, "unsupported_operation", error.field)
        case errors.InsufficientFunds() | errors.QuotaExhausted():
            # As OpenAI refuses an account without credit; the SDK has no exception of its own for 402.
            return 429, _fault(_too_little(error), "insufficient_quota", type_="insufficient_quota")
        case errors.RateLimited():
            return 429, _fault(error.message, "rate_limit_exceeded", type_="rate_limit_error")
        case errors.Refused():
            return error.status, _fault(error.message, error.code)
        case errors.Unconfirmed():
            message = "the service is not available right now; the order may have been accepted, so look for it first"
            return 503, _fault(message, error.code, type_="server_error")
        case errors.Unavailable():
            message = "the service is not available right now, please try again"
            return 503, _fault(message, "unavailable", type_="server_error")
        case _:
            return 500, _fault("an unexpected error happened", "internal_error", type_="server_error")


def _rules_broken(error: errors.RulesBroken) -> tuple[int, Fault]:
    """The first violation decides what the machine reads; the message tells all."""
    first = error.violations[0]
    message = explain(error, _WORDS)
    if first.field == "model" and first.rule == "unknown":
        return 404, _fault(message, "model_not_found", "model")
    param = _WORDS.get(first.field, first.field).partition(" ")[0]
    code = first.rule if first.rule in errors.MEDIA_CODES else _CODES.get(first.rule, _INVALID_VALUE)
    return 400, _fault(message, code, param)


def _fault(message: str, code: str, param: str | None = None, type_: _Type = _INVALID) -> Fault:
    return Fault(message=printable(message), type=type_, param=None if param is None else printable(param), code=code)


def _too_little(error: errors.InsufficientFunds | errors.QuotaExhausted) -> str:
    needed, available = as_number(error.needed_micros), as_number(error.available_micros)
    return f"{error.message}: it costs {needed} credits and {available} are left"

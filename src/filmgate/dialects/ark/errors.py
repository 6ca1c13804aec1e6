"""How the Ark dialect refuses: one envelope, in which the code says what, ``param`` where, and ``type`` repeats the
HTTP status (spec ark 7).

The vendor's SDK chooses its exception by the HTTP status alone, and sends a call again after 408, 409, 429 and 5xx.
Where that is useless, or may make a second task, ``x-should-retry: false`` stops it (spec ark 1).
"""

from filmgate import errors
from filmgate.dialects.ark import wire
from filmgate.dialects.base import Reply
from filmgate.dialects.phrasing import explain, in_callers_words, printable, reply
from filmgate.money import as_number
from filmgate.task import ErrorCode, Status, Task

# How the neutral fields are called here.
_WORDS = {
    "prompt": "content",
    "media": "content",
    "duration_seconds": "duration",
    "audio": "generate_audio",
    "last_frame": "return_last_frame",
    "timeout_seconds": "execution_expires_after",
    "webhook_url": "callback_url",
}

_TYPES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    413: "RequestEntityTooLarge",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}

# A broken rule has the code of its kind; any other kind is a wrong value.
_RULE_CODES = {"missing": "MissingParameter", "unsupported": "InvalidParameter.UnsupportedParameter"}
_INVALID = "InvalidParameter"

# The vendor's checks of a film name themselves; ours do not say what they found where, so the word is the general one.
_TASK_CODES: dict[ErrorCode, str] = {
    "content_rejected": "SensitiveContentDetected",
    "media_error": "InvalidParameter.TosURLInvalid",
}
_TASK_FAILED = "InternalServiceError"

_RUNNING_DELETION = "InvalidAction.RunningTaskDeletion"
_CANCELLED_DELETION = "InvalidAction.CancelledTaskDeletion"
_NO_RETRY = {"x-should-retry": "false"}

_Refusal = tuple[int, str, str, str]
"""HTTP status, code, message and ``param``."""


def phrase_error(error: errors.FilmgateError, request_id: str = "") -> Reply:
    """Any error of ours in this dialect. Its message ends with the name of the call, where that is given."""
    headers = {}
    if isinstance(error, errors.RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif isinstance(error, errors.WrongState | errors.QuotaExhausted | errors.Unconfirmed):
        headers = dict(_NO_RETRY)
    return _phrased(_refusal(error), headers, request_id)


def phrase_kept(status: Status, request_id: str = "") -> Reply:
    """The refusal to delete a task that is open and no longer queued, or cancelled (spec ark 6, 14)."""
    refusal = (409, _RUNNING_DELETION, "a running task cannot be deleted", "id")
    if status == "cancelled":
        refusal = (409, _CANCELLED_DELETION, "a cancelled task cannot be deleted", "id")
    return _phrased(refusal, dict(_NO_RETRY), request_id)


def task_fault(task: Task) -> wire.TaskFault:
    """Why a task has failed."""
    if task.error is None:
        return wire.TaskFault(code=_TASK_FAILED, message="the generation failed")
    return wire.TaskFault(code=_TASK_CODES.get(task.error.code, _TASK_FAILED), message=task.error.message)


def _phrased(refusal: _Refusal, headers: dict[str, str], request_id: str) -> Reply:
    status, code, message, param = refusal
    if request_id:
        message = f"{message}. Request id: {request_id}"
    fault = wire.Fault(
        code=code, message=printable(message), param=printable(param), type=_TYPES.get(status, _TYPES[400])
    )
    return reply(wire.ErrorAnswer(error=fault), status=status, headers=headers)


def _refusal(error: errors.FilmgateError) -> _Refusal:
    match error:
        case errors.Unauthenticated():
            said = "is missing" if error.missing else "is not known or no longer valid"
            return 401, "AuthenticationError", f"the API key {said}", ""
        case errors.RulesBroken():
            return _rules_broken(error)
        case errors.BadRequest():
            return 400, _INVALID, explain(error, _WORDS), error.field or ""
        case errors.MediaError():
            code = _media_code(error.code, is_image=error.kind == "image")
            return 400, code, explain(error, _WORDS), error.field
        case errors.AddressRefused():
            return 400, _INVALID, "a link leads to an address that is not allowed", "content"
        case errors.InsufficientFunds():
            return 403, "AccountOverdueError", _too_little(error), ""
        case errors.QuotaExhausted():
            return 429, "QuotaExceeded", _too_little(error), ""
        case errors.NotFound():
            return 404, "ResourceNotFound", error.message, "id"
        case errors.WrongState():
            return 409, _RUNNING_DELETION, error.message, "id"
        case errors.NoSuchAddress():
            return error.status, "ResourceNotFound", error.message, ""
        case errors.RateLimited():
            return 429, "AccountRateLimitExceeded", error.message, ""
        case errors.Refused():
            return error.status, _INVALID, error.message, ""
        case errors.Unconfirmed():
            message = "the service is not available right now; the task may have been created, so look for it first"
            return 503, "InternalServiceError", message, ""
        case errors.Unavailable():
            return 503, "InternalServiceError", "the service is not available right now, please try again", ""
        case _:
            return 500, "InternalServiceError", "an unexpected error happened", ""


def _rules_broken(error: errors.RulesBroken) -> _Refusal:
    """All broken rules in the message; the code and the place are those of the first."""
    message = explain(error, _WORDS)
    if any(violation.field == "model" and violation.rule == "unknown" for violation in error.violations):
        return 404, "InvalidEndpointOrModel.NotFound", message, "model"
    first = in_callers_words(error.violations[0], _WORDS)
    if first.rule in errors.MEDIA_CODES:
        return 400, _media_code(first.rule, is_image=first.field.endswith("image_url")), message, first.field
    return 400, _RULE_CODES.get(first.rule, _INVALID), message, first.field


def _media_code(code: str, *, is_image: bool) -> str:
    return "InvalidImageURL.InvalidFormat" if is_image and code == errors.MediaUnreadable.code else _INVALID


def _too_little(error: errors.InsufficientFunds | errors.QuotaExhausted) -> str:
    needed, available = as_number(error.needed_micros), as_number(error.available_micros)
    return f"{error.message}: it costs {needed} credits and {available} are left"

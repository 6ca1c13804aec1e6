"""Every refusal and every fault as an answer in the caller's own dialect. This is the only place that does it.

Which dialect that is, the path says. Outside all dialects (files, docs, operations) an error is one plain line.
"""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import ClientException, MethodNotAllowedException, NotFoundException

from filmgate.api.answers import DIALECT_HEADERS
from filmgate.api.bodies import ClientGone
from filmgate.api.calls import request_id
from filmgate.dialects import Dialects
from filmgate.errors import (
    BadHttp,
    FilmgateError,
    MediaError,
    NoSuchAddress,
    NoSuchMethod,
    RateLimited,
    Refused,
    Unavailable,
)

# Below these paths a dialect is spoken, whatever is asked there.
_DIALECT_OF_PREFIX = (
    ("/api/open-api/", "jimmy"),
    ("/api/openapi/", "jimmy"),
    ("/v1/", "senseaudio"),
    ("/api/open/", "ink"),
    ("/filmgate/", "native"),
)
_UNAVAILABLE_RETRY_SECONDS = 2

AnyRequest = Request[Any, Any, Any]

_log = structlog.get_logger(__name__)


class ErrorAnswers:
    """Phrases whatever a door raised; given to Litestar as the handler of every exception."""

    def __init__(self, dialects: Dialects) -> None:
        self._dialects = dialects

    def __call__(self, request: AnyRequest, exc: Exception) -> Response[bytes]:
        """The answer to a request that ended in ``exc``."""
        error = _as_error_of_ours(exc)
        _note(request, exc, error)
        dialect_name = _dialect_at(request.scope["path"])
        if dialect_name is None:
            content, content_type = f"{_plain_words(error)}\n".encode(), "text/plain"
            status, headers = error.status, dict[str, str]()
        else:
            reply = self._dialects.named(dialect_name).phrase_error(error)
            content, content_type = reply.body, "application/json"
            status = reply.status
            headers = {name.lower(): value for name, value in reply.headers.items()}
            headers |= {name.decode(): value.decode() for name, value in DIALECT_HEADERS[dialect_name]}
        headers |= _more_headers(exc, error)
        headers["x-request-id"] = request_id(request.scope).decode()
        return Response(content, status_code=status, media_type=content_type, headers=headers)


def _as_error_of_ours(exc: Exception) -> FilmgateError:
    match exc:
        case FilmgateError():
            return exc
        case NotFoundException():
            return NoSuchAddress("there is nothing at this address")
        case MethodNotAllowedException():
            return NoSuchMethod("this address does not know this method")
        case ClientException() | ClientGone():
            return BadHttp("the request is not proper HTTP")
        case _:
            return FilmgateError("something went wrong on our side")


def _plain_words(error: FilmgateError) -> str:
    # What a fault was is for the log alone.
    return error.message if isinstance(error, Refused) else "this does not work right now, please try again"


def _note(request: AnyRequest, exc: Exception, error: FilmgateError) -> None:
    # A refusal is ordinary. The path stays, the query does not: it may carry what is not ours to write down.
    if isinstance(error, Refused | MediaError):
        return
    event = {
        "request_id": request_id(request.scope).decode(),
        "method": request.scope["method"],
        "path": request.scope["path"],
        "error": type(exc).__name__,
    }
    if isinstance(exc, FilmgateError) and exc.status != FilmgateError.status:
        _log.warning("request_failed", **event, reason=exc.message)
    else:
        _log.error("request_crashed", **event, exc_info=exc)


def _more_headers(exc: Exception, error: FilmgateError) -> dict[str, str]:
    match exc, error:
        case MethodNotAllowedException(), _:
            return dict(exc.headers or {})
        case _, RateLimited(retry_after_seconds=seconds):
            return {"retry-after": str(seconds)}
        case _, Unavailable():
            return {"retry-after": str(_UNAVAILABLE_RETRY_SECONDS)}
        case _:
            return {}


def _dialect_at(path: str) -> str | None:
    return next((name for prefix, name in _DIALECT_OF_PREFIX if f"{path}/".startswith(prefix)), None)

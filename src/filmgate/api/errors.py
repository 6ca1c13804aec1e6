"""Every refusal and every fault as an answer in the caller's own dialect. This is the only place that does it.

Which dialect that is, the door says; of a request that found no door, the path, and of a link to a file that is gone
the id in its file name. Outside all dialects (other links, docs, operations) an error is one plain line.
"""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import ClientException, MethodNotAllowedException, NotFoundException

from filmgate.api.answers import dialect_headers
from filmgate.api.bodies import ClientGone
from filmgate.api.calls import noted_dialect, request_id
from filmgate.dialects import Dialects
from filmgate.dialects.base import ServerDialect
from filmgate.errors import (
    BadHttp,
    FilmgateError,
    MediaError,
    NoSuchAddress,
    NoSuchMethod,
    RateLimited,
    Refused,
    Unavailable,
    Unconfirmed,
)
from filmgate.links import PREFIX
from filmgate.work.callbacks import PREFIX as CALLBACKS_PREFIX
from filmgate.work.links import shown_id_in

# Below these paths a dialect is spoken, whatever is asked there.
_DIALECT_OF_PREFIX = (
    ("/api/open-api/", "jimmy"),
    ("/api/openapi/", "jimmy"),
    ("/api/v3/", "ark"),
    ("/v1/videos/", "openai"),
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
        dialect = self._dialect_of(request, error)
        name_of_request = request_id(request.scope).decode()
        if dialect is None:
            content, content_type = f"{_plain_words(error)}\n".encode(), "text/plain"
            status, headers = error.status, dict[str, str]()
        else:
            reply = dialect.phrase_error(error, name_of_request)
            content, content_type = reply.body, "application/json"
            status = reply.status
            headers = {name.lower(): value for name, value in reply.headers.items()}
            headers |= {name.decode(): value.decode() for name, value in dialect_headers(request.scope, dialect.name)}
        headers |= _more_headers(exc, error)
        headers["x-request-id"] = name_of_request
        return Response(content, status_code=status, media_type=content_type, headers=headers)

    def _dialect_of(self, request: AnyRequest, error: FilmgateError) -> ServerDialect | None:
        path = request.scope["path"]
        if path.startswith(PREFIX):
            # Any other trouble with a file is told by its status, which some dialects do not have.
            is_dead = isinstance(error, NoSuchAddress)
            return self._dialects.that_shows(shown_id_in(path.rpartition("/")[2])) if is_dead else None
        name = noted_dialect(request.scope) or _dialect_at(path)
        return None if name is None else self._dialects.named(name)


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
    path = request.scope["path"]
    event = {
        "request_id": request_id(request.scope).decode(),
        "method": request.scope["method"],
        # Whoever knows a callback's address may call there.
        "path": path.rpartition("/")[0] if path.startswith(CALLBACKS_PREFIX) else path,
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
        case _, Unconfirmed():
            # Whoever sends it again may get two films.
            return {}
        case _, Unavailable():
            return {"retry-after": str(_UNAVAILABLE_RETRY_SECONDS)}
        case _:
            return {}


def _dialect_at(path: str) -> str | None:
    return next((name for prefix, name in _DIALECT_OF_PREFIX if f"{path}/".startswith(prefix)), None)

"""Sending what was said: the one place where an answer of a door becomes HTTP."""

from collections.abc import Iterable
from typing import cast

from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Scope, Send

from filmgate.api.calls import CLIENT_REQUEST_ID, given_name, request_id
from filmgate.dialects.base import Reply

RawHeaders = Iterable[tuple[bytes, bytes]]

JSON_TYPE = b"application/json"
OPEN_TO_ALL_ORIGINS = ((b"access-control-allow-origin", b"*"),)
_DIALECT_HEADERS: dict[str, tuple[tuple[bytes, bytes], ...]] = {
    "jimmy": (),
    "senseaudio": OPEN_TO_ALL_ORIGINS,  # As measured (spec senseaudio 1).
    "ink": (),
    "ark": (),
    "openai": (),
    "native": OPEN_TO_ALL_ORIGINS,
}
# The request headers that a dialect's answers repeat: the vendor's SDK reports the name that it gave itself.
_ECHOED: dict[str, tuple[bytes, ...]] = {"ark": (CLIENT_REQUEST_ID,)}


def dialect_headers(scope: Scope, dialect: str) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer of a dialect carries, errors too."""
    headers = _DIALECT_HEADERS[dialect]
    for name in _ECHOED.get(dialect, ()):
        given = given_name(scope, name)
        if given is not None:
            headers = (*headers, (name, given))
    return headers


async def send_reply(scope: Scope, send: Send, reply: Reply, headers: RawHeaders = ()) -> None:
    """Send a dialect's reply, with the headers that every answer of that dialect has."""
    await send_bytes(
        scope,
        send,
        reply.status,
        reply.body,
        JSON_TYPE,
        (*headers, *raw_headers(reply.headers)) if reply.headers else headers,
    )


async def send_bytes(
    scope: Scope, send: Send, status: int, body: bytes, content_type: bytes, headers: RawHeaders = ()
) -> None:
    """Send a whole small body. The server leaves the body away where the method is HEAD."""
    await start(
        scope,
        send,
        status,
        [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *headers],
    )
    await send_chunk(send, body, more=False)


async def send_empty(scope: Scope, send: Send, status: int, headers: RawHeaders) -> None:
    """Send an answer that is all headers."""
    await start(scope, send, status, list(headers))
    await send_chunk(send, b"", more=False)


async def send_chunk(send: Send, chunk: bytes, *, more: bool) -> None:
    """Send a piece of the body; returns when the server has room for the next."""
    await send(cast("HTTPResponseBodyEvent", {"type": "http.response.body", "body": chunk, "more_body": more}))


async def start(scope: Scope, send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    """Begin an answer. Every answer names its request."""
    headers.append((b"x-request-id", request_id(scope)))
    await send(cast("HTTPResponseStartEvent", {"type": "http.response.start", "status": status, "headers": headers}))


def raw_headers(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI wants them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

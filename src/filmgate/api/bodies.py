"""Reading the body of a request, never more of it than its dialect allows."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from filmgate.api.calls import Call
from filmgate.errors import BadRequest, BodyTooLarge

_JSON_TYPE = re.compile(r'application/(?:[\w.!#$&^-]+\+)?json\s*(?:;\s*charset="?utf-?8"?\s*)?;?', re.IGNORECASE)

Read = TypeVar("Read")

# From here on reading a body takes a noticeable part of a second.
_LARGE_BODY_BYTES = 1 << 20
_LONGEST_SILENCE_SECONDS = 60.0
# Digits of a length in bytes that anyone could mean.
_LONGEST_LENGTH = 18


class ClientGone(Exception):
    """The caller hung up before the request was whole. There is no one left to answer."""


async def read_json_body(call: Call, limit_bytes: int) -> bytes:
    """The whole body, not yet parsed.

    Raises:
        BadRequest: the caller says that it is something else than plain UTF-8 JSON, or no more of it comes.
        BodyTooLarge: it is over the limit; the rest is not kept.
        ClientGone: the connection ended in the middle.
    """
    _refuse_other_types(call)
    return await _whole(call, limit_bytes)


async def read_form_body(call: Call, limit_bytes: int) -> bytes:
    """As ``read_json_body``, where the caller has said that it is a form."""
    _refuse_encodings(call)
    return await _whole(call, limit_bytes)


async def read_any_body(call: Call, limit_bytes: int) -> bytes:
    """As ``read_json_body``, whatever the caller says that it is."""
    return await _whole(call, limit_bytes)


async def apart(size_bytes: int, read: Callable[[], Read]) -> Read:
    """Read what a body says: that of a large one in a thread, so that other callers need not wait for it."""
    return read() if size_bytes < _LARGE_BODY_BYTES else await asyncio.to_thread(read)


async def body_chunks(call: Call, limit_bytes: int) -> AsyncIterator[bytes]:
    """The body as it comes.

    Raises:
        BadRequest: no more of it comes.
        BodyTooLarge: it is over the limit, or says so; the rest is not read.
        ClientGone: the connection ended in the middle.
    """
    announced = call.headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:_LONGEST_LENGTH]) > limit_bytes:
        raise BodyTooLarge(limit_bytes)
    size_bytes, has_more = 0, True
    while has_more:
        try:
            # Else a caller who stops in the middle keeps the connection, and what came so far, as long as they like.
            async with asyncio.timeout(_LONGEST_SILENCE_SECONDS):
                event = await call.receive()
        except TimeoutError as exc:
            raise BadRequest(f"no more of the body came for {_LONGEST_SILENCE_SECONDS:g} seconds") from exc
        if event["type"] != "http.request":
            raise ClientGone
        chunk = event.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise BodyTooLarge(limit_bytes)
        has_more = event.get("more_body", False)
        yield chunk


async def _whole(call: Call, limit_bytes: int) -> bytes:
    chunks = [chunk async for chunk in body_chunks(call, limit_bytes)]
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _refuse_other_types(call: Call) -> None:
    # A caller who names no type is believed to send JSON; the parser decides.
    given = call.headers.get(b"content-type")
    if given is not None and given != b"application/json" and not _JSON_TYPE.fullmatch(given.decode("latin-1").strip()):
        raise BadRequest("the Content-Type must be application/json in UTF-8")
    _refuse_encodings(call)


def _refuse_encodings(call: Call) -> None:
    encoding = call.headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"", b"identity"):
        raise BadRequest("a Content-Encoding is not understood here; send the body as it is")

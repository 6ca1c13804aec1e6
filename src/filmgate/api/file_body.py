"""Reading a file that is the body of a request: into a file of ours as it comes, never in memory whole."""

import asyncio
import hashlib
from pathlib import Path

import anyio

from filmgate.api.bodies import body_chunks
from filmgate.api.calls import Call
from filmgate.errors import BadRequest, Unavailable


async def receive_file(call: Call, path: Path, *, limit_bytes: int, limit_seconds: float) -> str:
    """Write the body into a file and return its hash: SHA-256 in lower-case hex.

    Raises:
        BadRequest: there is none, it is wrapped in something else, or it does not arrive in time.
        BodyTooLarge: it is over the limit; the rest is not read.
        ClientGone: the connection ended in the middle.
        Unavailable: this machine's disk takes it no more.
    """
    _refuse_wrappings(call)
    try:
        async with asyncio.timeout(limit_seconds):
            return await _receive(call, path, limit_bytes)
    except TimeoutError as exc:
        raise BadRequest(f"the file did not arrive within {limit_seconds:g} seconds") from exc
    except OSError as exc:
        raise Unavailable("the file cannot be written to this machine's disk") from exc


async def _receive(call: Call, path: Path, limit_bytes: int) -> str:
    digest, is_empty = hashlib.sha256(), True
    async with await anyio.open_file(path, "wb") as file:
        async for chunk in body_chunks(call, limit_bytes):
            digest.update(chunk)
            await file.write(chunk)
            is_empty = is_empty and not chunk
    if is_empty:
        raise BadRequest("the body is empty; send the file itself")
    return digest.hexdigest()


def _refuse_wrappings(call: Call) -> None:
    if call.headers.get(b"content-type", b"").strip().lower().startswith(b"multipart/"):
        raise BadRequest("send the file itself as the body, not a form")
    if call.headers.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity"):
        raise BadRequest("a Content-Encoding is not understood here; send the file as it is")

"""Heads of requests that never end, that grow without end, and that are as they should be."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from typing import Any, ClassVar

import uvicorn

from filmgate.api.connection import Connection

_REQUEST = b"POST /path HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello"


class _Impatient(Connection):
    slowest_head_seconds: ClassVar[float] = 0.05


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


class _Caller:
    """A connection as a caller holds it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Send pieces that arrive apart, unless the server has hung up."""
        for piece in pieces:
            self.writer.write(piece)
            try:
                await self.writer.drain()
            except ConnectionError:
                return
            await asyncio.sleep(0.001)

    async def status(self) -> int:
        """The status of the next answer; its body is read past."""
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            await self.reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r", 1)[0]))
        return int(head.split()[1])

    async def until_the_end(self) -> None:
        """Wait for the server to hang up, with or without last words."""
        async with asyncio.timeout(10):
            with suppress(ConnectionError):
                await self.reader.read()


async def _say_hello(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads the body and answers with its size."""
    size_bytes, more = 0, True
    while more:
        event = await receive()
        size_bytes, more = size_bytes + len(event.get("body", b"")), event.get("more_body", False)
    body = str(size_bytes).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def _calling(protocol: type[Connection]) -> AsyncIterator[_Caller]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(uvicorn.Config(_say_hello, http=protocol, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            yield _Caller(reader, writer)
        finally:
            writer.close()
            server.should_exit = True
            await serving


async def test_a_head_that_grows_without_end_is_refused() -> None:
    async with _calling(Connection) as caller:
        await caller.send(b"GET / HTTP/1.1\r\nHost: here\r\nX: ", *[b"x" * 65_536] * 40)
        await caller.until_the_end()


async def test_an_address_that_grows_without_end_is_refused() -> None:
    async with _calling(Connection) as caller:
        await caller.send(b"GET /", *[b"x" * 65_536] * 40)
        await caller.until_the_end()


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with _calling(_Impatient) as caller:
        await caller.until_the_end()


async def test_a_head_that_is_never_finished_is_given_up() -> None:
    async with _calling(_Impatient) as caller:
        await caller.send(b"GET / HTTP/1.1\r\n", b"Host: here\r\n")
        await caller.until_the_end()


async def test_a_second_head_that_is_never_finished_is_given_up() -> None:
    async with _calling(_Impatient) as caller:
        await caller.send(_REQUEST)
        assert await caller.status() == 200
        await caller.send(b"GET / HTTP/1.1\r\n")
        await caller.until_the_end()


async def test_a_body_may_be_larger_and_slower_than_a_head() -> None:
    body = [b"x" * 65_536] * 4
    async with _calling(_Impatient) as caller:
        await caller.send(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % sum(map(len, body)), *body[:3])
        await asyncio.sleep(4 * _Impatient.slowest_head_seconds)
        await caller.send(body[3])
        assert await caller.status() == 200


async def test_many_requests_on_one_connection_are_each_a_head_of_their_own() -> None:
    head = b"GET / HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 40_000
    async with _calling(Connection) as caller:
        for _ in range(5):
            await caller.send(head, b"\r\n\r\n")
            assert await caller.status() == 200


async def test_requests_may_come_all_at_once() -> None:
    async with _calling(Connection) as caller:
        await caller.send(_REQUEST * 3)
        assert [await caller.status() for _ in range(3)] == [200, 200, 200]

"""A small HTTP/1.1 load: N connections, each sending the next request when the last answer is complete.

It is written on bare asyncio protocols because a full client library costs more than the server it would measure.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import cast

import msgspec

from bench.figures import Spread, spread


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What a load measured."""

    answers: int
    seconds: float
    times: Spread
    failures: int
    """Answers whose status was not 200."""

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


def request_bytes(method: str, path: str, host: str, key: str, body: bytes = b"") -> bytes:
    """One whole request, ready to be sent."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


async def run_load(host: str, port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Send the requests in turn over all connections for so many seconds."""
    return await _send(host, port, _until(asyncio.get_running_loop().time() + seconds, requests), connections)


async def send_all(host: str, port: int, requests: Sequence[bytes], *, connections: int) -> Load:
    """Send each of the requests once, over all connections."""
    return await _send(host, port, iter(requests), connections)


def _until(end: float, requests: Sequence[bytes]) -> Iterator[bytes]:
    loop = asyncio.get_running_loop()
    for request in cycle(requests):
        if loop.time() >= end:
            return
        yield request


async def _send(host: str, port: int, requests: Iterator[bytes], connections: int) -> Load:
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: _Client(requests), host, port)
        clients.append(client)
    began = time.perf_counter()
    for client in clients:
        client.send()
    await asyncio.gather(*(client.done for client in clients))
    took = time.perf_counter() - began
    times = [duration for client in clients for duration in client.times]
    return Load(
        answers=len(times),
        seconds=took,
        times=spread(times),
        failures=sum(client.failures for client in clients),
    )


class _Client(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.times: list[float] = []
        self.failures = 0
        self._requests = requests
        self._buffer, self._sent_at = b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are transports in all but their base class.
        self._transport = cast("asyncio.Transport", transport)

    def send(self) -> None:
        """Send the next request, if there is one."""
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        mark = self._buffer.lower().index(b"content-length:", 0, head) + 15
        length = int(self._buffer[mark : self._buffer.index(b"\r\n", mark)])
        if len(self._buffer) < head + 4 + length:
            return
        self.times.append(time.perf_counter() - self._sent_at)
        self.failures += not self._buffer.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))

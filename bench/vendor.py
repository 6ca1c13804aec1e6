"""A vendor for measurements: it knows every task, and a task's name says when its film is there.

It speaks Ark's wire, with a list, and SenseAudio's, which has none (spec ark 4, 5; spec senseaudio 4). On bare asyncio,
so that it costs less than whoever asks it. ``python -m bench.vendor PORT`` runs it alone; GET /asked says how often it
was asked.
"""

import asyncio
import sys
import time
from typing import cast

import msgspec
import uvloop

_TASKS = "/contents/generations/tasks"
_STATUS = "/v1/video/status?id="
_ID_FIELD = "filter.task_ids="
_TOOK_SECONDS = 120


def task_name(ends_at: float, number: int) -> str:
    """The name of a task whose film is there at a moment of ``time.time``; ``number`` tells it from others."""
    return f"cgt-{round(ends_at * 1000)}-{number}"


def ends_at(name: str) -> float:
    """The moment that a name says."""
    return int(name.split("-")[1]) / 1000


class Vendor:
    """Answers for any task."""

    def __init__(self) -> None:
        self.calls = 0
        """How often it was asked, about however many tasks."""

    async def listen(self, port: int = 0) -> asyncio.Server:
        """Begin to answer on a port of this machine."""
        return await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", port)

    def answer(self, target: str) -> bytes:
        """The body for the target of a GET."""
        if target == "/asked":
            return msgspec.json.encode(self.calls)
        self.calls += 1
        if target.startswith(_STATUS):
            return msgspec.json.encode(_at_senseaudio(target.removeprefix(_STATUS)))
        path, _, query = target.partition("?")
        if path != _TASKS:
            return msgspec.json.encode(_at_ark(path.rpartition("/")[2]))
        names = [field.removeprefix(_ID_FIELD) for field in query.split("&") if field.startswith(_ID_FIELD)]
        return msgspec.json.encode({"items": [_at_ark(name) for name in names], "total": len(names)})


def _at_ark(name: str) -> dict[str, object]:
    """A task as Ark tells of it (spec ark 4)."""
    end = ends_at(name)
    is_over = time.time() >= end
    told: dict[str, object] = {
        "id": name,
        "model": "doubao-seedance-2-0-260128",
        "status": "succeeded" if is_over else "running",
        "created_at": int(end) - _TOOK_SECONDS,
        "updated_at": int(min(end, time.time())),
    }
    return told | {"content": {"video_url": f"https://films.example/{name}.mp4"}} if is_over else told


def _at_senseaudio(name: str) -> dict[str, object]:
    """A task as SenseAudio tells of it (spec senseaudio 4)."""
    if time.time() >= ends_at(name):
        return {"task_id": name, "status": "completed", "video_url": f"https://films.example/{name}.mp4"}
    return {"task_id": name, "status": "processing"}


class _Connection(asyncio.Protocol):
    """Requests without a body, one after the other."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are transports in all but their base class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            body = self._vendor.answer(head.split(b" ", 2)[1].decode())
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )


async def _serve(port: int) -> None:
    async with await Vendor().listen(port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))

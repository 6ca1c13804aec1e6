"""The events of an order, as server-sent events: every status it comes to, and its progress in between.

An event's id says how far the order was: the place of its status on the way, and the percentage (``2.45``). So a
client that was away is told exactly what it missed, and nothing about events needs to be stored.
"""

import asyncio
import re
from contextlib import suppress
from typing import cast

import msgspec
from litestar.types import Send

from filmgate.api.answers import OPEN_TO_ALL_ORIGINS, send_chunk, send_empty, start
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.native import own_task, shown_id
from filmgate.errors import BadRequest, Unavailable
from filmgate.task import ORDINALS, Task, as_of, been_through

_PATIENCE_SECONDS = 15.0
_RECONNECT_MILLISECONDS = 2000
_EVENT_ID = re.compile(rb"([1-4])\.(0|[1-9][0-9]?|100)")
_HEADERS = (
    *OPEN_TO_ALL_ORIGINS,
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # Some proxies keep back what is small.
    (b"x-accel-buffering", b"no"),
)

Place = tuple[int, int]
"""How far an order is: the ordinal of its status, and its progress in percent."""

_NOWHERE: Place = (0, 0)


async def events(desk: Desk, call: Call, send: Send) -> None:
    """Stream an order's events until it has ended; with ``Last-Event-ID``, those after that one.

    Raises:
        BadRequest: the ``Last-Event-ID`` is none of this order's.
    """
    task = await own_task(desk, call)
    seen = _seen_before(call, task)
    if seen >= _place(task) and task.is_terminal:
        # There is nothing more to tell: a browser that hears 204 does not come back.
        await send_empty(call.scope, send, 204, OPEN_TO_ALL_ORIGINS)
        return
    await start(call.scope, send, 200, list(_HEADERS))
    await send_chunk(send, f"retry: {_RECONNECT_MILLISECONDS}\n\n".encode(), more=True)
    async with call.gone() as gone:
        await _stream(desk, call, send, task, seen, gone)
    if not gone.done():
        await send_chunk(send, b"", more=False)


async def _stream(desk: Desk, call: Call, send: Send, task: Task, seen: Place, gone: "asyncio.Future[None]") -> None:
    loop = asyncio.get_running_loop()
    said_at = loop.time()
    with desk.services.changes.watching(task.id) as watch:
        while not gone.done():
            # While the database is away there is nothing new to tell, and the next look comes by itself.
            with suppress(Unavailable):
                task = await desk.reader.read(task.id) or task
            for was in _not_yet_seen(task, seen):
                await send_chunk(send, _event(desk, call, was), more=True)
                seen, said_at = _place(was), loop.time()
            if task.is_terminal:
                return
            if loop.time() - said_at >= _PATIENCE_SECONDS:
                # So that nobody on the way takes the connection for dead.
                await send_chunk(send, b": still here\n\n", more=True)
                said_at = loop.time()
            await watch.next(said_at + _PATIENCE_SECONDS - loop.time(), gone)


def _seen_before(call: Call, task: Task) -> Place:
    given = call.headers.get(b"last-event-id")
    if given is None:
        return _NOWHERE
    match = _EVENT_ID.fullmatch(given)
    place = (int(match[1]), int(match[2])) if match else None
    if place is None or place > _place(task):
        raise BadRequest("is not the id of an event of this order", field="Last-Event-ID")
    return place


def _place(task: Task) -> Place:
    return ORDINALS[task.status], task.progress


def _not_yet_seen(task: Task, seen: Place) -> list[Task]:
    """The order as it was at each status that was not seen yet, and as it is."""
    before = [as_of(task, status) for status in been_through(task) if ORDINALS[status] > seen[0]]
    if not before and _place(task) > seen:
        return [task]
    return before


def _event(desk: Desk, call: Call, task: Task) -> bytes:
    ordinal, progress = _place(task)
    answer = desk.services.dialects.native.say(task, desk.links(call, task), shown_id(desk, task))
    # JSON has no line break in it, so the data is one line.
    data = msgspec.json.encode(cast("object", answer))
    return b"event: task\nid: %d.%d\ndata: %s\n\n" % (ordinal, progress, data)

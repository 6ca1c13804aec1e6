"""The simulator as an ASGI application: finds the door, asks for the key, sends the answer, counts it."""

import asyncio
import re
from typing import TYPE_CHECKING, cast

import structlog

from filmgate.dialects.base import Reply
from filmgate.errors import FilmgateError, NoSuchAddress, NoSuchMethod, Unauthenticated
from filmgate.ids import new_id
from filmgate.simulator import control, downloads, orders
from filmgate.simulator.call import Answer, Call, ClientGone, Download, Silence
from filmgate.simulator.connection import hang_up
from filmgate.simulator.studio import Door, Studio

if TYPE_CHECKING:
    from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, HTTPScope, Receive, Scope, Send

FILMS = Door("GET", "/films/{id}", "film", downloads.by_link, "no")

_BEARER = re.compile(r"Bearer +([\x21-\x7e]+)", re.IGNORECASE)
_ID = "{id}"

_log = structlog.get_logger(__name__)


class Simulator:
    """Answers the calls to one studio."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._doors: dict[str, dict[str, Door]] = {}
        for door in (*studio.vendor.doors, FILMS, *control.DOORS):
            methods = ("GET", "HEAD") if door.method == "GET" else (door.method,)
            self._doors.setdefault(door.path, {}).update(dict.fromkeys(methods, door))

    @property
    def base_path(self) -> str:
        """What clients of the vendor put behind the host into their base URL."""
        return self._studio.vendor.base_path

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer one request."""
        if str(scope["type"]) != "http":
            return
        place, id_in_path = self._place(scope["path"])
        call = Call(cast("HTTPScope", scope), receive, id_in_path)
        door = place.get(call.method)
        try:
            answer = await self._say(place, door, call)
        except ClientGone:
            return
        except FilmgateError as error:
            answer = self._phrased(error, call)
        except Exception:
            _log.exception("request_crashed", method=call.method, path=scope["path"])
            answer = self._phrased(FilmgateError("something went wrong in the simulator"), call)
        self._studio.count(door.name if door else "unknown", _outcome(answer))
        await _send(answer, call, send)

    def _place(self, path: str) -> tuple[dict[str, Door], str]:
        """The doors at a path by their methods, and the id that stands in it."""
        exact = self._doors.get(path)
        if exact is not None:
            return exact, ""
        head, _, last = path.rpartition("/")
        found = self._doors.get(f"{head}/{_ID}")
        if found is not None:
            return found, last
        head, _, before = head.rpartition("/")
        return self._doors.get(f"{head}/{_ID}/{last}", {}), before

    async def _say(self, place: dict[str, Door], door: Door | None, call: Call) -> Answer:
        if not place:
            raise NoSuchAddress("there is nothing at this address")
        if door is None:
            raise NoSuchMethod("this address does not know this method")
        if call.scope["path"].startswith(control.BASE):
            return await door.say(self._studio, call)
        now = self._studio.clock()
        self._studio.book.slots.advance(now)
        self._check_key(door, call)
        if door is not FILMS:
            orders.storm(self._studio, now)
        return await door.say(self._studio, call)

    def _check_key(self, door: Door, call: Call) -> None:
        header = call.header(b"authorization")
        if door.key == "no" or (door.key == "optional" and header is None):
            return
        match = _BEARER.fullmatch(header or "")
        if match is None:
            raise Unauthenticated("the Authorization header must be: Bearer <key>", missing=True)
        if self._studio.options.key not in (None, match[1]):
            raise Unauthenticated("the API key is not valid", missing=False)

    def _phrased(self, error: FilmgateError, call: Call) -> Reply:
        if call.scope["path"].startswith(control.BASE):
            return control.phrase_error(error)
        reply = self._studio.vendor.dialect.phrase_error(error)
        if not isinstance(error, orders.BareStorm):
            return reply
        headers = {name: value for name, value in reply.headers.items() if name.lower() != "retry-after"}
        return Reply(status=reply.status, body=reply.body, headers=headers)


def _outcome(answer: Answer) -> str:
    match answer:
        case Reply():
            return str(answer.status)
        case Silence():
            return "none"
        case Download():
            return str(answer.status) if answer.cut_after_bytes is None else "cut"


async def _send(answer: Answer, call: Call, send: "Send") -> None:
    match answer:
        case Reply():
            headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body)), **answer.headers}
            await _start(send, answer.status, headers)
            await _piece(send, answer.body, more=False)
        case Silence(hang_up=hangs_up):
            if hangs_up:
                hang_up(call.scope)
            await call.gone()
        case Download():
            await _start(send, answer.status, answer.headers)
            await _send_pieces(answer, call, send)


async def _send_pieces(answer: Download, call: Call, send: "Send") -> None:
    """Send a file as fast as the caller takes it, and no further than it is to come."""
    if call.method == "HEAD":
        await _piece(send, b"", more=False)
        return
    left_bytes = answer.cut_after_bytes
    gone = asyncio.create_task(call.gone())
    try:
        for piece in answer.pieces:
            await _piece(send, piece[:left_bytes], more=True)
            # What is sent to a caller who has gone returns at once, without giving anybody else a turn.
            await asyncio.sleep(0)
            if left_bytes is not None:
                left_bytes -= min(len(piece), left_bytes)
            if left_bytes == 0:
                hang_up(call.scope)
                await gone
            if gone.done():
                return
        await _piece(send, b"", more=False)
    finally:
        gone.cancel()


async def _start(send: "Send", status: int, headers: dict[str, str]) -> None:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    raw.append((b"x-request-id", new_id().hex.encode()))
    await send(cast("HTTPResponseStartEvent", {"type": "http.response.start", "status": status, "headers": raw}))


async def _piece(send: "Send", body: bytes, *, more: bool) -> None:
    await send(cast("HTTPResponseBodyEvent", {"type": "http.response.body", "body": body, "more_body": more}))

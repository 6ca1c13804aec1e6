"""One HTTP request to the simulator, and the kinds of answers it may get."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from filmgate.dialects.base import Reply
from filmgate.errors import BodyTooLarge

if TYPE_CHECKING:
    # The web framework takes a while to import, and is not used here.
    from litestar.types import HTTPScope, Receive


class ClientGone(Exception):
    """The caller hung up before the request was whole. There is no one left to answer."""


class Call:
    """One request."""

    __slots__ = ("_receive", "headers", "id", "scope")

    def __init__(self, scope: "HTTPScope", receive: "Receive", id_in_path: str) -> None:
        self.scope = scope
        self._receive = receive
        self.id = id_in_path
        """What stands in the path where the door says ``{id}``; empty where it says no such thing."""
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        """By lower-case name."""

    @property
    def method(self) -> str:
        return self.scope["method"]

    def header(self, name: bytes) -> str | None:
        """A header's value, whatever its bytes."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def query_fields(self) -> list[tuple[str, str]]:
        """All query fields in their order."""
        return parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)

    def query(self, name: str) -> str | None:
        """The first value of a query field, or None."""
        return next((value for key, value in self.query_fields() if key == name), None)

    def base_url(self) -> str:
        """Scheme and host as the caller addressed us."""
        host = self.header(b"host") or ":".join(map(str, self.scope["server"] or ("localhost",)))
        return f"{self.scope['scheme']}://{host}"

    async def body(self, limit_bytes: int) -> bytes:
        """The whole body.

        Raises:
            BodyTooLarge: it is over the limit; the rest is not kept.
            ClientGone: the connection ended in the middle.
        """
        chunks: list[bytes] = []
        size_bytes = 0
        while True:
            event = await self._receive()
            if event["type"] != "http.request":
                raise ClientGone
            chunks.append(event.get("body", b""))
            size_bytes += len(chunks[-1])
            if size_bytes > limit_bytes:
                raise BodyTooLarge(limit_bytes)
            if not event.get("more_body", False):
                return b"".join(chunks)

    async def gone(self) -> None:
        """Wait until the caller hangs up. The body must have been read, or be of no use."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


class Silence(msgspec.Struct, frozen=True):
    """No answer: the connection is closed at once, or kept until the caller loses patience."""

    hang_up: bool


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file, piece by piece."""

    status: int
    headers: dict[str, str]
    pieces: Iterator[bytes]
    cut_after_bytes: int | None = None
    """The connection ends after so many bytes of it."""


Answer = Reply | Silence | Download

HTML = b"<!doctype html><html><head><title>Please wait</title></head><body><h1>One moment</h1></body></html>"


def html(status: int) -> Reply:
    """A page where something else should be."""
    return Reply(status=status, body=HTML, headers={"Content-Type": "text/html; charset=utf-8"})

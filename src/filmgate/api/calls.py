"""One HTTP request at a door, before anyone has believed a word of it."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast
from urllib.parse import parse_qsl

from litestar.types import HTTPScope, Receive, Scope

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_LONGEST_HOST = 260
_MOST_QUERY_FIELDS = 100


class Call:
    """One request. Nothing is read or parsed before a door asks for it."""

    __slots__ = ("headers", "path_values", "receive", "scope")

    def __init__(self, scope: HTTPScope, receive: Receive, path_values: dict[str, str]) -> None:
        self.scope = scope
        self.receive = receive
        self.path_values = path_values
        """What stands in the path where the door says ``{name}``."""
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        """By lower-case name; of several with the same name, the last."""

    @property
    def method(self) -> str:
        return self.scope["method"]

    @property
    def path(self) -> str:
        return self.scope["path"]

    @property
    def request_id(self) -> bytes:
        return request_id(self.scope)

    def query(self, name: str) -> str | None:
        """The first value of a query field, or None. Bytes that are not UTF-8 become replacement characters."""
        return next((value for key, value in self.query_fields() if key == name), None)

    def query_fields(self) -> list[tuple[str, str]]:
        """All query fields in their order; none of them where there are more than anybody means."""
        text = self.scope["query_string"].decode("latin-1")
        if not text:
            return []
        try:
            return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_QUERY_FIELDS)
        except ValueError:
            return []

    @asynccontextmanager
    async def gone(self) -> AsyncIterator["asyncio.Future[None]"]:
        """A future that is done when the caller hangs up. The request's body must have been read, or be of no use."""
        watching = asyncio.create_task(_until_gone(self.receive))
        try:
            yield watching
        finally:
            watching.cancel()

    def base_url(self) -> str:
        """Scheme and host as the caller addressed us; the server's own address where the Host header is no host."""
        host = self.headers.get(b"host", b"").decode("latin-1")
        if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
            name, port = self.scope["server"] or ("localhost", None)
            host = f"{name}:{port}" if port else name
        return f"{self.scope['scheme']}://{host}"


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def request_id(scope: Scope) -> bytes:
    """The name of this request in answers and logs: the caller's own where it is sane, else a fresh one."""
    state = scope["state"]
    known = state.get("request_id")
    if known is None:
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        known = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(12).encode()
        state["request_id"] = known
    return cast("bytes", known)

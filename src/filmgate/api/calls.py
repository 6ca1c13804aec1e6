"""One HTTP request at a door, before anyone has believed a word of it."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast
from urllib.parse import parse_qsl

from litestar.types import HTTPScope, Receive, Scope

from filmgate.errors import BadRequest

CLIENT_REQUEST_ID = b"x-client-request-id"
"""Where some SDKs send the name that they gave a request. They report it, and never one of ours (spec ark 1)."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_LONGEST_HOST = 260
# More names of tasks in one list than a head has room for.
_MOST_QUERY_FIELDS = 2000


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
        """All query fields in their order.

        Raises:
            BadRequest: there are more than anybody means.
        """
        text = self.scope["query_string"].decode("latin-1")
        if not text:
            return []
        try:
            return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_QUERY_FIELDS)
        except ValueError as exc:
            raise BadRequest(f"the query has more than {_MOST_QUERY_FIELDS} fields") from exc

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
        known = given_name(scope, b"x-request-id") or given_name(scope, CLIENT_REQUEST_ID)
        known = state["request_id"] = known or secrets.token_hex(12).encode()
    return cast("bytes", known)


def given_name(scope: Scope, header: bytes) -> bytes | None:
    """The caller's own name for this request in a header, where it is sane."""
    given = next((value for name, value in scope["headers"] if name == header), b"")
    return given if _REQUEST_ID.fullmatch(given) else None


def note_dialect(scope: Scope, dialect: str) -> None:
    """Remember which dialect a door speaks to this request, for what may go wrong behind it."""
    scope["state"]["dialect"] = dialect


def noted_dialect(scope: Scope) -> str | None:
    """The dialect that was noted, if the request has come to a door that speaks one."""
    return cast("str | None", scope["state"].get("dialect"))

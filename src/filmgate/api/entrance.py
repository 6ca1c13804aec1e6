"""How a request finds its door: by path and method, and in Litestar's own terms.

Doors are plain ASGI handlers, which cost less at each request than Litestar's own kind. Litestar knows no parameters
in the paths of such handlers, so doors whose paths begin the same are mounted there together and told apart here.
"""

import re
from collections.abc import Awaitable, Callable, Iterable

import msgspec
from litestar.enums import ScopeType
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import HTTPScope, Receive, Scope, Send

from filmgate.api.answers import OPEN_TO_ALL_ORIGINS, send_empty
from filmgate.api.calls import Call
from filmgate.api.measure import note_operation

Enter = Callable[[Call, Send], Awaitable[None]]
"""Answers a call."""

_READING = ("GET", "HEAD")
_PREFLIGHT_HEADERS = (
    *OPEN_TO_ALL_ORIGINS,
    (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Range"),
    (b"access-control-max-age", b"600"),
)


class Door(msgspec.Struct, frozen=True):
    """One line of the list of doors."""

    method: str
    """``GET`` also takes HEAD."""
    path: str
    """``{name}`` stands for one part of the path, ``{name...}`` for all the rest; both only after a fixed beginning."""
    enter: Enter

    @property
    def methods(self) -> tuple[str, ...]:
        return _READING if self.method == "GET" else (self.method,)

    @property
    def name(self) -> str:
        """For the metrics."""
        return f"{self.method} {self.path}"

    def pattern(self) -> re.Pattern[str]:
        """What a path must be like to lead here, with a group for each name."""
        pieces = re.split(r"\{(\w+)(\.\.\.)?\}", self.path)
        text = re.escape(pieces[0])
        for name, rest, fixed in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            text += f"(?P<{name}>{'.+' if rest else '[^/]+'}){re.escape(fixed)}"
        return re.compile(text, re.DOTALL)


def as_handlers(doors: Iterable[Door]) -> list[ASGIRouteHandler]:
    """The doors as handlers that Litestar can be built with."""
    places: dict[str, list[Door]] = {}
    for door in doors:
        places.setdefault(door.path.partition("/{")[0], []).append(door)
    mounts = [beginning for beginning, group in places.items() if any(door.path != beginning for door in group)]
    for beginning in mounts:
        # Litestar leads all that lies below a mount there, even where another one begins.
        above = min((mount for mount in mounts if beginning.startswith(f"{mount}/")), key=len, default=None)
        if above is not None:
            places[above] = places.pop(beginning) + places[above]
    return [_handler(beginning, group) for beginning, group in places.items()]


def _handler(beginning: str, doors: list[Door]) -> ASGIRouteHandler:
    is_mount = any(door.path != beginning for door in doors)
    patterns = [(door.pattern(), door) for door in doors]

    async def lead_to_door(scope: Scope, receive: Receive, send: Send) -> None:
        if is_mount:
            # Litestar has taken the beginning away and put a slash at the end.
            scope["path"] = (beginning + scope["path"]).rstrip("/")
        if scope["type"] != ScopeType.HTTP:
            raise NotFoundException
        found = [(match, door) for pattern, door in patterns if (match := pattern.fullmatch(scope["path"]))]
        if not found:
            raise NotFoundException
        for match, door in found:
            if scope["method"] in door.methods:
                note_operation(scope, door.name)
                await door.enter(Call(scope, receive, match.groupdict()), send)
                return
        await _refuse_method(scope, send, [method for _, door in found for method in door.methods])

    return asgi(beginning, is_mount=is_mount, copy_scope=False)(lead_to_door)


async def _refuse_method(scope: HTTPScope, send: Send, methods: list[str]) -> None:
    """OPTIONS is told which methods there are, browsers too; any other is refused with the same list.

    Raises:
        MethodNotAllowedException: it is not OPTIONS.
    """
    allow = ", ".join([*methods, "OPTIONS"])
    if scope["method"] != "OPTIONS":
        raise MethodNotAllowedException(headers={"allow": allow})
    headers = ((b"allow", allow.encode()), (b"access-control-allow-methods", allow.encode()), *_PREFLIGHT_HEADERS)
    await send_empty(scope, send, 204, headers)

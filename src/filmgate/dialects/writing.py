"""What all write_create methods share: an order that was written is read back, so a loss is never silent."""

from collections.abc import Callable
from typing import Any

import msgspec

from filmgate.errors import Refused
from filmgate.video import VideoRequest


def proven(body: msgspec.Struct, request: VideoRequest, read: Callable[[bytes], VideoRequest]) -> dict[str, Any]:
    """The body as plain values, once reading it has given ``request`` again.

    What the request leaves open (None, or no extras) may come back as the dialect reads it, and ``Media.field`` as
    the path in this body.

    Raises:
        ValueError: it reads as another order, or not at all: the dialect cannot express the request.
    """
    try:
        back = read(msgspec.json.encode(body))
    except Refused as exc:
        raise ValueError(f"this dialect cannot express the order: {exc}") from exc
    lost = [name for name in VideoRequest.__struct_fields__ if not _same(name, request, back)]
    if lost:
        raise ValueError(f"this dialect cannot express the order's {', '.join(lost)}")
    plain: dict[str, Any] = msgspec.to_builtins(body)
    return plain


def _same(name: str, request: VideoRequest, back: VideoRequest) -> bool:
    if name == "media":
        return _without_paths(request) == _without_paths(back)
    if name == "extras":
        return all(name in back.extras and back.extras[name] == value for name, value in request.extras.items())
    said = getattr(request, name)
    return said is None or said == getattr(back, name)


def _without_paths(request: VideoRequest) -> list[tuple[str, str, str]]:
    return [(media.kind, media.role, media.url) for media in request.media]

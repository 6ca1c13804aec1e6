"""From a SenseAudio create body to a neutral order, and back (spec senseaudio 3, 11)."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET, Struct

from filmgate.dialects.reading import MOST_LINKS, Members, read_object
from filmgate.dialects.senseaudio import wire
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest

PROVIDER_SPECIFIC_LIMIT_BYTES = 16 * 1024

# What the status answer needs beyond the neutral request, as names in VideoRequest.extras.
TEXT_AT = "text_at"
"""Where the text element stood in ``content``, if not first."""
UNLABELLED = "unlabelled"
"""Which of the media, counted from 0, were images without a role."""
PROVIDER_SPECIFIC = "provider_specific"
"""The member as it was sent."""

_ROLES: dict[str, MediaRole] = {"first_frame": "first_frame", "last_frame": "last_frame", "reference": "reference"}
_FRAMES: tuple[MediaRole, ...] = ("first_frame", "last_frame")
_REFERENCE: tuple[MediaRole, ...] = ("reference",)
_TYPES = ("text", "image", "audio", "video")


def read_create(body: bytes) -> VideoRequest:
    """Read a create body.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    members = Members(read_object(body))
    # In the order of the documents, which is the order in which violations are told.
    model = members.text("model", required=True)
    content = _read_content(members)
    media = _media(members, content.items)
    duration = members.whole_number("duration", "duration_seconds", floats=True, required=True)
    resolution = members.text("resolution", required=True)
    ratio = members.text("ratio", required=True)
    timeout = members.whole_number("timeout", "timeout_seconds", floats=True)
    watermark = members.switch("watermark")
    provider_specific, audio = _provider_specific(members)
    request = VideoRequest(
        model=model or "",
        prompt=content.prompt,
        media=media,
        duration_seconds=duration,
        resolution=_lower(resolution),
        ratio=_lower(ratio),
        audio=audio,
        watermark=True if watermark is None else watermark,
        timeout_seconds=timeout,
        extras=content.extras() | provider_specific,
    )
    members.finish(request)
    return request


def as_body(request: VideoRequest) -> wire.CreateRequest:
    """The body that orders ``request``, as far as this dialect has words for it.

    Raises:
        ValueError: a member that this dialect demands is open.
    """
    if request.duration_seconds is None or request.resolution is None or request.ratio is None:
        raise ValueError("SenseAudio demands a duration, a resolution and a ratio")
    provider_specific = request.extras.get(PROVIDER_SPECIFIC)
    if provider_specific is None and request.audio is not None:
        provider_specific = {"generate_audio": request.audio}
    return wire.CreateRequest(
        model=request.model,
        content=content_of(request, lambda media: media.url),
        duration=request.duration_seconds,
        resolution=request.resolution,
        ratio=request.ratio,
        timeout=UNSET if request.timeout_seconds is None else request.timeout_seconds,
        watermark=UNSET if request.watermark is None else request.watermark,
        provider_specific=UNSET if provider_specific is None else provider_specific,
    )


def content_of(request: VideoRequest, link: Callable[[Media], str]) -> list[wire.Element]:
    """The ``content`` of an order, rebuilt in its old order and flat shape.

    Args:
        request: as it was read; the media may have been moved into our store.
        link: gives the link that is shown for a medium.
    """
    unlabelled = request.extras.get(UNLABELLED, ())
    elements = [_element(media, link(media), index in unlabelled) for index, media in enumerate(request.media)]
    if request.prompt or TEXT_AT in request.extras:
        elements.insert(request.extras.get(TEXT_AT, 0), wire.TextElement(text=request.prompt))
    return elements


def _element(media: Media, link: str, unlabelled: bool) -> wire.Element:
    match media.kind:
        case "image":
            return wire.ImageElement(url=link, role=UNSET if unlabelled else media.role)
        case "audio":
            return wire.AudioElement(audio_url=link)
        case "video":
            return wire.VideoElement(video_url=link)


class _Item(Struct, frozen=True, kw_only=True):
    """One medium as it was sent."""

    kind: MediaKind
    role: MediaRole | None
    """None: an image that was sent without one."""
    url: str
    field: str


class _Content(Struct, kw_only=True):
    """What was found in ``content`` so far."""

    prompt: str = ""
    text_at: int | None = None
    items: list[_Item] = []

    def extras(self) -> dict[str, Any]:
        """What ``content_of`` needs to rebuild the elements."""
        extras: dict[str, Any] = {}
        if self.text_at is not None and (self.text_at > 0 or not self.prompt):
            extras[TEXT_AT] = self.text_at
        unlabelled = [index for index, item in enumerate(self.items) if item.role is None]
        return extras | {UNLABELLED: unlabelled} if unlabelled else extras


def _read_content(members: Members) -> _Content:
    content = _Content()
    for index, element in enumerate(_elements(members)):
        path = f"content[{index}]"
        if isinstance(element, dict):
            inner = Members(element, path=f"{path}.", violations=members.violations)
            _read_element(content, index, inner)
        else:
            members.broken(path, "type", "must be an object", element)
    return content


def _elements(members: Members) -> list[Any]:
    elements = members.array("content", required=True)
    if elements is None:
        return []
    if not elements:
        members.broken("content", "count", "must not be empty", 0, [1, MOST_LINKS])
    elif len(elements) > MOST_LINKS:
        message = f"must hold at most {MOST_LINKS} elements"
        members.broken("content", "count", message, len(elements), [1, MOST_LINKS])
        return []
    return elements


def _read_element(content: _Content, index: int, element: Members) -> None:
    path = f"content[{index}]"
    match element.text("type", required=True):
        case None:
            pass
        case "text":
            text = element.text("text", required=True)
            if content.text_at is not None:
                element.broken(path, "count", "must be the only text element", allowed=1)
            elif text is not None:
                content.text_at, content.prompt = index, text
        case "image":
            _add(content, element, "image", _role(element, path), "url", path)
        case "audio":
            _add(content, element, "audio", "reference", "audio_url", path)
        case "video":
            _add(content, element, "video", "reference", "video_url", path)
        case other:
            message = f"must be {', '.join(_TYPES[:-1])} or {_TYPES[-1]}"
            element.broken(f"{path}.type", "choice", message, other, list(_TYPES))


def _role(element: Members, path: str) -> MediaRole | None:
    word = element.text("role")
    if not word:
        return None
    if word not in _ROLES:
        message = "must be first_frame, last_frame or reference"
        element.broken(f"{path}.role", "choice", message, word, list(_ROLES))
    return _ROLES.get(word, "reference")


def _add(content: _Content, element: Members, kind: MediaKind, role: MediaRole | None, name: str, path: str) -> None:
    url = element.link(name, required=True)
    if url is not None:
        content.items.append(_Item(kind=kind, role=role, url=url, field=f"{path}.{name}"))


def _media(members: Members, items: list[_Item]) -> tuple[Media, ...]:
    """The media in the caller's order; images without a role are given one (spec senseaudio 11, Q3)."""
    unlabelled = [item for item in items if item.role is None]
    roles = _FRAMES
    if any(item.role == "reference" for item in items):
        roles = _REFERENCE * len(unlabelled)
    elif len(unlabelled) > 2 or 0 < len(unlabelled) < len(items):
        for item in unlabelled:
            path = item.field.removesuffix("url") + "role"
            message = "must be first_frame, last_frame or reference: it cannot be told what the image is for"
            members.broken(path, "missing", message, allowed=list(_ROLES))
        return ()
    given = iter(roles)
    return tuple(
        Media(kind=item.kind, role=next(given) if item.role is None else item.role, url=item.url, field=item.field)
        for item in items
    )


def _provider_specific(members: Members) -> tuple[dict[str, Any], bool | None]:
    """What to keep of the member for its echo, and the one switch it may hold (spec senseaudio 3.5, X12)."""
    value = members.free_object("provider_specific", limit_bytes=PROVIDER_SPECIFIC_LIMIT_BYTES)
    if value is None:
        return {}, None
    inner = Members(value, path="provider_specific.", violations=members.violations)
    kept = {name: inner_value for name, inner_value in value.items() if name != "watermark_url"}
    return {PROVIDER_SPECIFIC: kept}, inner.switch("generate_audio")


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()

"""The content of an order: its text, its media with their roles, or a draft (spec ark 3)."""

from typing import Any

from msgspec import Struct

from filmgate.dialects.ark import wire
from filmgate.dialects.reading import MOST_LINKS, Members
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest

DRAFT_TASK = "draft_task"
"""In ``VideoRequest.extras``: the id of the draft whose full film is ordered, as the caller wrote it."""

_KINDS: dict[str, MediaKind] = {"image_url": "image", "video_url": "video", "audio_url": "audio"}
_LONGEST_ID_CHARACTERS = 100
_TYPES = ("text", *_KINDS, DRAFT_TASK)
_ROLES: dict[MediaKind, dict[str, MediaRole]] = {
    "image": {"first_frame": "first_frame", "last_frame": "last_frame", "reference_image": "reference"},
    "video": {"reference_video": "reference"},
    "audio": {"reference_audio": "reference"},
}
_IMAGE_ROLES: dict[MediaRole, wire.ImageRole] = {
    "first_frame": "first_frame",
    "last_frame": "last_frame",
    "reference": "reference_image",
}


class Content(Struct, kw_only=True):
    """What was found in ``content``."""

    prompt: str = ""
    text_at: int | None = None
    """Where the text stood."""
    media: tuple[Media, ...] = ()
    draft_id: str | None = None


class _Item(Struct, frozen=True, kw_only=True):
    """One medium as it was sent."""

    kind: MediaKind
    role: MediaRole | None
    url: str
    field: str


def read_content(members: Members) -> Content:
    """Read the items, in the caller's order. What is wrong is noted in ``members``."""
    content = Content()
    found: list[_Item] = []
    elements = _elements(members)
    for index, element in enumerate(elements):
        path = f"content[{index}]"
        if isinstance(element, dict):
            item = _read_item(content, index, Members(element, path=f"{path}.", violations=members.violations))
            if item is not None:
                found.append(item)
        else:
            members.broken(path, "type", "must be an object", element)
    if content.draft_id is not None and len(elements) > 1:
        members.broken("content", "exclusive", "must hold nothing beside a draft_task")
    content.media = _with_roles(members, found, alone=len(found) == 1)
    return content


def items_of(request: VideoRequest) -> list[wire.Item]:
    """The items that order ``request``: the text first."""
    if DRAFT_TASK in request.extras and not (request.prompt or request.media):
        return [wire.DraftItem(draft_task=wire.DraftTask(id=request.extras[DRAFT_TASK]))]
    items: list[wire.Item] = [wire.TextItem(text=request.prompt)] if request.prompt else []
    return [*items, *map(_item, request.media)]


def _item(media: Media) -> wire.Item:
    link = wire.Link(url=media.url)
    match media.kind:
        case "image":
            return wire.ImageItem(image_url=link, role=_IMAGE_ROLES[media.role])
        case "video":
            return wire.VideoItem(video_url=link, role="reference_video")
        case "audio":
            return wire.AudioItem(audio_url=link, role="reference_audio")


def _elements(members: Members) -> list[Any]:
    elements = members.array("content", required=True)
    if elements is None:
        return []
    if not elements:
        members.broken("content", "missing", "must not be empty", 0)
    elif len(elements) > MOST_LINKS:
        message = f"must hold at most {MOST_LINKS} items"
        members.broken("content", "count", message, len(elements), MOST_LINKS)
        return []
    return elements


def _read_item(content: Content, index: int, element: Members) -> _Item | None:
    path = f"content[{index}]"
    word = element.text("type", required=True)
    if word == "text":
        text = element.text("text", required=True)
        if content.text_at is not None:
            element.broken(path, "count", "must be the only text", allowed=1)
        elif text is not None:
            content.text_at, content.prompt = index, text
    elif word == DRAFT_TASK:
        content.draft_id = _draft_id(element, f"{path}.{word}.id")
    elif word in _KINDS:
        return _read_medium(element, path, word)
    elif word is not None:
        message = f"must be {', '.join(_TYPES[:-1])} or {_TYPES[-1]}"
        element.broken(f"{path}.type", "choice", message, word, list(_TYPES))
    return None


def _draft_id(element: Members, path: str) -> str | None:
    draft = element.object(DRAFT_TASK, required=True)
    text = None if draft is None else draft.text("id", required=True)
    if text is not None and not 0 < len(text) <= _LONGEST_ID_CHARACTERS:
        element.broken(path, "unknown", "names no draft", text)
        return None
    return text


def _read_medium(element: Members, path: str, word: str) -> _Item | None:
    kind = _KINDS[word]
    link = element.object(word, required=True)
    url = None if link is None else link.link("url", required=True)
    role = _role(element, path, kind)
    return None if url is None else _Item(kind=kind, role=role, url=url, field=f"{path}.{word}")


def _role(element: Members, path: str, kind: MediaKind) -> MediaRole | None:
    word = element.text("role")
    roles = _ROLES[kind]
    if word is not None and word not in roles:
        names = list(roles)
        message = f"must be {', '.join(names[:-1])} or {names[-1]}" if names[1:] else f"must be {names[0]}"
        element.broken(f"{path}.role", "choice", message, word, names)
        return "reference"
    return None if word is None else roles[word]


def _with_roles(members: Members, items: list[_Item], *, alone: bool) -> tuple[Media, ...]:
    """The media with their roles. Only a single image may be without: it is the first frame (spec ark 3)."""
    media = []
    for item in items:
        role = item.role
        if role is None and alone and item.kind == "image":
            role = "first_frame"
        if role is None:
            path = item.field.rpartition(".")[0] + ".role"
            names = list(_ROLES[item.kind])
            members.broken(path, "missing", "must be given: only a single image may be without", allowed=names)
            role = "reference"
        media.append(Media(kind=item.kind, role=role, url=item.url, field=item.field))
    return tuple(media)

"""From an Ink create body to a neutral order, and back (spec ink 3)."""

from urllib.parse import urlsplit

from msgspec import UNSET

from filmgate.catalogue.rules import LARGEST_METADATA_BYTES
from filmgate.dialects.ink.wire import CreateRequest
from filmgate.dialects.reading import Members, read_object
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest

WEBHOOK_LIMIT_CHARACTERS = 2048

# Spec ink 3.3. The order is that of the message that lists them.
_KINDS: dict[str, MediaKind] = {
    ".jpg": "image",
    ".jpeg": "image",
    ".png": "image",
    ".webp": "image",
    ".gif": "image",
    ".bmp": "image",
    ".mp4": "video",
    ".mov": "video",
    ".m4v": "video",
    ".mp3": "audio",
    ".wav": "audio",
}


def read_create(body: bytes) -> VideoRequest:
    """Read a create body.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    members = Members(read_object(body))
    request = VideoRequest(
        model=members.text("model", required=True) or "",
        prompt=members.prompt("prompt"),
        media=_media(members),
        duration_seconds=members.whole_number("duration", "duration_seconds", floats=False),
        resolution=members.text("resolution"),
        ratio=members.text("aspectRatio", "ratio"),
        webhook_url=_webhook(members),
        metadata=members.free_object("metadata", limit_bytes=LARGEST_METADATA_BYTES),
    )
    members.finish(request)
    return request


def as_body(request: VideoRequest) -> CreateRequest:
    """The body that orders ``request``, as far as this dialect has words for it."""
    return CreateRequest(
        model=request.model,
        prompt=request.prompt,
        media_urls=[media.url for media in request.media] or UNSET,
        aspect_ratio=UNSET if request.ratio is None else request.ratio,
        duration=UNSET if request.duration_seconds is None else request.duration_seconds,
        resolution=UNSET if request.resolution is None else request.resolution,
        webhook_url=UNSET if request.webhook_url is None else request.webhook_url,
        metadata=UNSET if request.metadata is None else request.metadata,
    )


def _media(members: Members) -> tuple[Media, ...]:
    """The media with the roles that their number and kinds give them (spec ink 3.2)."""
    links = members.links("mediaUrls")
    kinds = [kind_of_link(url) for _, url in links]
    for (path, _), kind in zip(links, kinds, strict=True):
        if kind is None:
            message = f"must end in a file extension that says what it is: {', '.join(_KINDS)}"
            members.broken(path, "format", message, allowed=list(_KINDS))
    roles: list[MediaRole] = ["reference"] * len(links)
    if kinds in (["image"], ["image", "image"]):
        roles = ["first_frame", "last_frame"]
    return tuple(
        Media(kind=kind, role=role, url=url, field=path)
        for (path, url), kind, role in zip(links, kinds, roles, strict=False)
        if kind is not None
    )


def kind_of_link(url: str) -> MediaKind | None:
    """What a link leads to, by the extension of its path (spec ink 13, Q6)."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    name = path.rpartition("/")[2].lower()
    dot = name.rfind(".")
    return _KINDS.get(name[dot:]) if dot > 0 else None


def _webhook(members: Members) -> str | None:
    url = members.text("webhookUrl", "webhook_url")
    if url is None:
        return None
    if len(url) > WEBHOOK_LIMIT_CHARACTERS:
        message = f"must be at most {WEBHOOK_LIMIT_CHARACTERS} characters long"
        members.broken("webhook_url", "length", message, len(url), WEBHOOK_LIMIT_CHARACTERS)
    elif not _is_web_link(url):
        members.broken("webhook_url", "scheme", "must be an http or https link", url, ["https", "http"])
    return url


def _is_web_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False

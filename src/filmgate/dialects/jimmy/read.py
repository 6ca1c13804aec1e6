"""From a Jimmy create body to a neutral order, and back (spec jimmy 4)."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from filmgate.dialects.jimmy.wire import CreateRequest
from filmgate.dialects.reading import Members, read_object
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest

_ORIENTATIONS = {"landscape": "16:9", "portrait": "9:16"}
_REFERENCE_MODES = ("image", "media", "frame")

# What is not given: the vendor's own command line sends "auto" for every model (spec jimmy 4.6).
_AUTO = "auto"

_FRAMES: tuple[MediaRole, ...] = ("first_frame", "last_frame")
_REFERENCE: tuple[MediaRole, ...] = ("reference",)

# The spellings of the one model whose images are frames unless the order says otherwise (spec jimmy 4.1, 4.3).
_FRAMES_BY_DEFAULT = frozenset({"sd2-933-720p", "sd2_933_720p", "sd2-933720p", "sd2-adb-720p"})


def read_create(body: bytes) -> VideoRequest:
    """Read a create body.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    members = Members(read_object(body), lenient=True)
    model = members.text("model", required=True) or ""
    request = VideoRequest(
        model=model,
        prompt=members.prompt("prompt"),
        media=_media(members, model),
        duration_seconds=members.whole_number("duration", "duration_seconds", floats=True, texts=True),
        resolution=_lower(members.text("resolution")),
        ratio=_ratio(members),
        audio=members.switch("generate_audio", "audio"),
        extras=_extras(members, model),
    )
    members.finish(request)
    return request


def as_body(request: VideoRequest) -> CreateRequest:
    """The body that orders ``request``, as far as this dialect has words for it."""
    first, last = request.of_kind("image", "first_frame"), request.of_kind("image", "last_frame")
    images = _urls(request.of_kind("image", "reference"))
    mode: Literal["media", "frame"] | UnsetType = UNSET
    if is_933(request.model) and (first or last) and not images:
        # These models know frames only in this form (spec jimmy 4.4).
        images, first, last, mode = _urls((*first, *last)), (), (), "frame"
    elif images and _has_frames_by_default(request.model):
        mode = "media"
    return CreateRequest(
        model=request.model,
        prompt=request.prompt,
        duration=UNSET if request.duration_seconds is None else request.duration_seconds,
        resolution=UNSET if request.resolution is None else request.resolution,
        ratio=UNSET if request.ratio is None else request.ratio,
        images=images or UNSET,
        first_image=first[0].url if first else UNSET,
        last_image=last[0].url if last else UNSET,
        reference_videos=_urls(request.of_kind("video")) or UNSET,
        reference_audios=_urls(request.of_kind("audio")) or UNSET,
        face_processing=request.extras.get("face_processing", UNSET),
        generate_audio=UNSET if request.audio is None else request.audio,
        reference_mode=mode,
    )


def _urls(media: tuple[Media, ...]) -> list[str]:
    return [one.url for one in media]


def _ratio(members: Members) -> str | None:
    """The ratio by its two names, or what the orientation means; the documents write "Adaptive" (spec jimmy 4.6)."""
    for ratio in (_lower(members.text("aspect_ratio")), _lower(members.text("ratio"))):
        if ratio not in (None, _AUTO):
            return ratio
    orientation = _lower(members.text("orientation"))
    if orientation is None or orientation in _ORIENTATIONS:
        return _ORIENTATIONS.get(orientation or "")
    allowed = list(_ORIENTATIONS)
    members.broken("orientation", "choice", "must be landscape or portrait", orientation, allowed)
    return None


def _lower(text: str | None) -> str | None:
    return None if text is None else text.strip().lower() or None


def _media(members: Members, model: str) -> tuple[Media, ...]:
    images = _links(members, "images") or _links(members, "reference_images")
    first = _single(members, "first_image", "first_frame")
    last = _single(members, "last_image", "last_frame")
    videos = _links(members, "reference_videos") or _links(members, "videos")
    audios = _links(members, "reference_audios") or _links(members, "audios")
    roles = _image_roles(members, model, len(images), alone=not (first or last or videos or audios))
    pictures = [
        Media(kind="image", role=role, url=url, field=path) for (path, url), role in zip(images, roles, strict=True)
    ]
    return (*pictures, *first, *last, *_references("video", videos), *_references("audio", audios))


def _single(members: Members, name: str, role: MediaRole) -> tuple[Media, ...]:
    url = members.link(name)
    return () if url is None else (Media(kind="image", role=role, url=_plain(url), field=name),)


def _links(members: Members, name: str) -> list[tuple[str, str]]:
    return [(path, _plain(url)) for path, url in members.links(name)]


def _plain(url: str) -> str:
    """A link to an asset is also spelled ``assetId://`` (spec jimmy 4.9)."""
    scheme, mark, name = url.partition("://")
    return f"asset://{name}" if mark and scheme.lower() == "assetid" else url


def _references(kind: MediaKind, links: list[tuple[str, str]]) -> list[Media]:
    return [Media(kind=kind, role="reference", url=url, field=path) for path, url in links]


def _image_roles(members: Members, model: str, count: int, *, alone: bool) -> tuple[MediaRole, ...]:
    """What the images are for. Only 933 models have ``reference_mode``; elsewhere it is an unknown member."""
    references = _REFERENCE * count
    if not is_933(model):
        return references
    mode = _lower(members.text("reference_mode"))
    if mode is None:
        # The default is only taken at its word where the order can be meant that way.
        frames = _has_frames_by_default(model) and alone and count <= 2
        return _FRAMES[:count] if frames else references
    if mode not in _REFERENCE_MODES:
        allowed = list(_REFERENCE_MODES)
        members.broken("reference_mode", "choice", "must be image, media or frame", mode, allowed)
    elif mode == "frame":
        if count <= 2:
            return _FRAMES[:count]
        members.broken("images", "count", "must hold one or two frames in reference_mode frame", count, 2)
    return references


def is_933(model: str) -> bool:
    """Whether a model is one of those with ``reference_mode`` and ``face_processing``, by any of its names."""
    return "933" in model or _has_frames_by_default(model)


def _has_frames_by_default(model: str) -> bool:
    return model.lower() in _FRAMES_BY_DEFAULT


def _extras(members: Members, model: str) -> dict[str, Any]:
    face_processing = members.switch("face_processing") if is_933(model) else None
    return {} if face_processing is None else {"face_processing": face_processing}

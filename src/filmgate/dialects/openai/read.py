"""From an OpenAI create body to a neutral order, and back (spec openai_videos 2, 11)."""

from msgspec import UNSET

from filmgate.dialects.openai.forms import read_form
from filmgate.dialects.openai.media import FILE_FIELDS, read_media
from filmgate.dialects.openai.sizes import SIZE, SIZES, asked_size, read_size
from filmgate.dialects.openai.wire import CreateRequest, ImageReference, Reference
from filmgate.dialects.reading import Members, read_object
from filmgate.video import Media, VideoRequest


def json_members(body: bytes) -> Members:
    """The members of a JSON body.

    Raises:
        BadRequest: it is not a JSON object.
    """
    return Members(read_object(body), lenient=True)


def form_members(body: bytes, content_type: str) -> Members:
    """The fields of a form, as members of the same shape.

    Raises:
        BadRequest: as ``forms.read_form``.
    """
    return Members(read_form(body, content_type, FILE_FIELDS), lenient=True)


def read_create(members: Members, default_model: str | None) -> VideoRequest:
    """Read a create.

    Raises:
        RulesBroken: everything that is wrong with it.
    """
    request = read_settings(members, default_model, media=read_media(members))
    if members.value("characters"):
        members.broken("characters", "choice", "must not be given: there are no characters here")
    members.finish(request)
    return request


def read_settings(members: Members, default_model: str | None, media: tuple[Media, ...]) -> VideoRequest:
    """What a create has in common with edits and extensions. What is wrong is noted in ``members``."""
    model = members.text("model") or default_model
    if model is None:
        members.broken("model", "missing", "is missing")
    prompt = members.prompt("prompt")
    duration = members.whole_number("seconds", "duration_seconds", floats=True, texts=True)
    size, resolution, ratio = _size(members)
    return VideoRequest(
        model=model or "",
        prompt=prompt,
        media=media,
        duration_seconds=duration,
        resolution=resolution,
        ratio=ratio,
        # Options of Ark, because OpenAI has none (spec openai_videos 11).
        audio=members.switch("generate_audio", "audio", texts=True),
        watermark=members.switch("watermark", texts=True),
        seed=members.whole_number("seed", floats=True, texts=True),
        last_frame=members.switch("return_last_frame", "last_frame", texts=True) or False,
        timeout_seconds=members.whole_number("execution_expires_after", "timeout_seconds", floats=True, texts=True),
        webhook_url=members.link("callback_url"),
        extras={} if size is None else {SIZE: size},
    )


def as_body(request: VideoRequest) -> CreateRequest:
    """The JSON body that orders ``request``, as far as this dialect has words for it."""
    first = request.of_kind("image", "first_frame")
    references: list[Reference | str] = [_as_reference(media) for media in request.media if media.role == "reference"]
    size = asked_size(request)
    return CreateRequest(
        model=request.model,
        prompt=request.prompt,
        seconds=UNSET if request.duration_seconds is None else str(request.duration_seconds),
        size=UNSET if size is None else size,
        input_reference=ImageReference(image_url=first[0].url) if first else UNSET,
        input_references=references or UNSET,
        resolution=UNSET if request.resolution is None or size else request.resolution,
        ratio=UNSET if request.ratio is None or size else request.ratio,
        seed=UNSET if request.seed is None else request.seed,
        generate_audio=UNSET if request.audio is None else request.audio,
        watermark=UNSET if request.watermark is None else request.watermark,
        return_last_frame=request.last_frame or UNSET,
        execution_expires_after=UNSET if request.timeout_seconds is None else request.timeout_seconds,
        callback_url=UNSET if request.webhook_url is None else request.webhook_url,
    )


def _as_reference(media: Media) -> Reference:
    match media.kind:
        case "image":
            return Reference(image_url=media.url)
        case "video":
            return Reference(video_url=media.url)
        case "audio":
            return Reference(audio_url=media.url)


def _size(members: Members) -> tuple[str | None, str | None, str | None]:
    """The size as it was asked, the resolution and the ratio."""
    text = members.text("size")
    resolution, ratio = _lower(members.text("resolution")), _lower(members.text("ratio"))
    if text is None:
        return None, resolution, ratio
    size = read_size(text)
    if size is None:
        members.broken(SIZE, "choice", "is not a size that can be ordered here", text, list(SIZES))
        return None, resolution, ratio
    meant = SIZES[size]
    for name, value, of_size in (("resolution", resolution, meant[0]), ("ratio", ratio, meant[1])):
        if value not in (None, of_size):
            members.broken(name, "exclusive", f"must be {of_size} beside a size of {size}, or absent", value, of_size)
    return size, *meant


def _lower(text: str | None) -> str | None:
    return None if text is None else text.strip().lower()

"""How an order is written to a vendor: a form, because vLLM-Omni refuses JSON (spec openai_videos 9).

The fields are OpenAI's, and for what OpenAI has no word those of the engines and of gateways such as ours. Whoever does
not know a field ignores it.

    first frame    a data URL: the file ``input_reference``
                   a link: ``input_reference[image_url]`` for OpenAI, ``image_reference`` for vLLM-Omni and
                   ``reference_url`` for SGLang
    references     data URLs: the files ``input_references``, in order
                   links: ``image_reference``, ``video_reference`` and ``audio_reference``, as vLLM-Omni has them
"""

from io import BytesIO

import msgspec
from msgspec.structs import replace

from filmgate.data_url import parse_data_url
from filmgate.dialects.describing import File, check_media, is_web_link
from filmgate.dialects.openai.read import as_body, json_members, read_create
from filmgate.dialects.openai.sizes import size_of
from filmgate.dialects.writing import proven
from filmgate.sniff import CONTENT_TYPES, sniff
from filmgate.video import Media, MediaKind, VideoRequest, link_scheme

_KINDS: tuple[MediaKind, ...] = ("image", "video", "audio")

_Fields = list[tuple[str, str | File]]


def takes(media: Media) -> bool:
    """Whether the wire can carry this link as it is. It has no last frame, in any form."""
    if media.role == "last_frame" or (media.role == "first_frame" and media.kind != "image"):
        return False
    return link_scheme(media.url) == "data" or is_web_link(media.url)


def write_order(request: VideoRequest) -> _Fields:
    """The fields of the form that orders ``request``, as far as it is a vendor's matter.

    Raises:
        ValueError: this wire has no words for something in the order.
    """
    _check(request)
    settings = {
        "model": request.model,
        "prompt": request.prompt,
        "seconds": request.duration_seconds,
        **_size(request),
        "seed": request.seed,
        "watermark": request.watermark,
        "generate_audio": request.audio,
        # vLLM-Omni's word.
        "generate_sound": request.audio,
        "callback_url": request.webhook_url,
    }
    fields: _Fields = [(name, _text(value)) for name, value in settings.items() if value is not None]
    return fields + _first_frame(request) + _references(request)


def _check(request: VideoRequest) -> None:
    if not request.prompt.strip():
        raise ValueError("OpenAI Videos demands a prompt")
    if request.camera is not None:
        raise ValueError("OpenAI Videos has no words for a camera move")
    frames = [media for media in request.media if media.role == "first_frame"]
    odd = frames[1:] or [media for media in frames if media.kind != "image"]
    if odd:
        raise ValueError(
            f"OpenAI Videos has one first frame, and it is a picture: there is no place for {odd[0].field}"
        )
    check_media(request.media, takes)
    linked = [media for media in request.media if media.kind == "image" and link_scheme(media.url) != "data"]
    if len({media.role for media in linked}) > 1:
        # For vLLM-Omni each would be image_reference, and only one of them can.
        raise ValueError("OpenAI Videos cannot carry a first frame and references of pictures where both are links")
    # A gateway such as ours must read the same again. Media are looked at as they are written: they may be large.
    plain = replace(request, media=(), extras={})
    proven(as_body(plain), plain, lambda body: read_create(json_members(body), None))


def _size(request: VideoRequest) -> dict[str, str | None]:
    size = size_of(request)
    if size is not None:
        return {"size": size}
    # An adaptive ratio has no size. An engine then follows the picture, or takes the size it was set up with.
    return {"resolution": request.resolution, "ratio": request.ratio}


def _text(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _first_frame(request: VideoRequest) -> _Fields:
    frames = [media for media in request.media if media.role == "first_frame"]
    if not frames:
        return []
    (frame,) = frames
    if link_scheme(frame.url) == "data":
        return [("input_reference", _file("input_reference", frame))]
    return [
        ("input_reference[image_url]", frame.url),
        ("image_reference", _json({"image_url": frame.url})),
        ("reference_url", frame.url),
    ]


def _references(request: VideoRequest) -> _Fields:
    media = [one for one in request.media if one.role == "reference"]
    files: _Fields = [
        ("input_references", _file(f"reference-{number}", one))
        for number, one in enumerate(media, start=1)
        if link_scheme(one.url) == "data"
    ]
    if not files:
        return [field for kind in _KINDS for field in _links(kind, [one.url for one in media if one.kind == kind])]
    if len(files) < len(media):
        # vLLM-Omni refuses the two together, and the order of the references would be lost.
        raise ValueError("OpenAI Videos cannot carry references of which some are links and some are files")
    return files


def _links(kind: MediaKind, urls: list[str]) -> _Fields:
    if not urls:
        return []
    items = [{f"{kind}_url": url} for url in urls]
    # A single picture would be a first frame, so pictures always come as a list.
    alone = len(items) == 1 and kind != "image"
    return [(f"{kind}_reference", _json(items[0] if alone else items))]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _file(name: str, media: Media) -> File:
    """A data URL as a file. Engines go by the ending of its name or by its type, so both are what the content is."""
    parsed = parse_data_url(media.url)
    format_name = sniff(BytesIO(parsed.data))
    if format_name is None:
        raise ValueError(f"the file given as {media.kind} is in no format that is known here")
    return File(name=f"{name}.{format_name}", content_type=CONTENT_TYPES[format_name], data=parsed.data)

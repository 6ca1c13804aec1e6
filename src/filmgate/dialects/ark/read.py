"""From an Ark create body to a neutral order, and back (spec ark 2, 3)."""

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from filmgate.catalogue.limits import AUTO
from filmgate.catalogue.rules import LARGEST_SEED
from filmgate.dialects.ark.commands import number_in, split_commands
from filmgate.dialects.ark.content import DRAFT_TASK, items_of, read_content
from filmgate.dialects.ark.generations import knows, reads_commands
from filmgate.dialects.ark.options import OWN_MEMBERS, check_options, checked_frames, read_options, settled
from filmgate.dialects.ark.wire import CreateRequest
from filmgate.dialects.reading import Members, read_object
from filmgate.video import RATIOS, VideoRequest

_SWITCHES = {"true": True, "false": False}


def read_create(body: bytes) -> VideoRequest:
    """Read a create body. A member that is null counts as absent.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    members = Members(read_object(body))
    model = members.text("model", required=True)
    content = read_content(members)
    extras = read_options(members)
    if content.draft_id is not None:
        extras[DRAFT_TASK] = content.draft_id
    request = VideoRequest(
        model=model or "",
        prompt=content.prompt,
        media=content.media,
        duration_seconds=members.whole_number("duration", "duration_seconds", floats=False),
        resolution=_lower(members.text("resolution")),
        ratio=_lower(members.text("ratio")),
        audio=members.switch("generate_audio", "audio"),
        watermark=members.switch("watermark"),
        seed=members.whole_number("seed", floats=False),
        last_frame=bool(members.switch("return_last_frame", "last_frame")),
        timeout_seconds=members.whole_number("execution_expires_after", "timeout_seconds", floats=False),
        webhook_url=members.text("callback_url", "webhook_url"),
        extras=extras,
    )
    if reads_commands(request.model):
        request = _with_commands(members, request, f"contents[{content.text_at}].text")
    check_options(members, request)
    members.finish(request)
    return settled(request)


def as_body(request: VideoRequest) -> CreateRequest:
    """The body that orders ``request``, as far as this dialect has words for it."""
    own = {name: request.extras[name] for name in OWN_MEMBERS if name in request.extras}
    length = UNSET if request.duration_seconds is None or "frames" in own else request.duration_seconds
    return CreateRequest(
        model=request.model,
        content=items_of(request),
        callback_url=UNSET if request.webhook_url is None else request.webhook_url,
        return_last_frame=request.last_frame or UNSET,
        execution_expires_after=UNSET if request.timeout_seconds is None else request.timeout_seconds,
        generate_audio=UNSET if request.audio is None else request.audio,
        watermark=UNSET if request.watermark is None else request.watermark,
        seed=UNSET if request.seed is None else request.seed,
        resolution=UNSET if request.resolution is None else request.resolution,
        ratio=UNSET if request.ratio is None else request.ratio,
        duration=length,
        **own,
    )


def without_the_obvious(request: VideoRequest) -> VideoRequest:
    """The order without the word that its model does not know although it is meant: a silent one is told nothing of
    sound."""
    if request.audio is False and not knows(request.model, "generate_audio"):
        return replace(request, audio=None)
    return request


def _with_commands(members: Members, request: VideoRequest, path: str) -> VideoRequest:
    """The order with what the end of its prompt says, where the body's own members say nothing.

    A length or a resolution that is wrong is refused, anything else that is wrong is ignored (spec ark 2.3).
    """
    prompt, said = split_commands(request.prompt)
    if request.duration_seconds is not None or "frames" in request.extras:
        said = {name: text for name, text in said.items() if name not in ("duration", "frames")}
    extras = dict(request.extras)
    changes: dict[str, Any] = {"prompt": prompt}
    for name, text in said.items():
        match name:
            case "resolution" if request.resolution is None:
                changes["resolution"] = text.lower()
            case "ratio" if request.ratio is None and text.lower() in RATIOS:
                changes["ratio"] = text.lower()
            case "duration":
                changes["duration_seconds"] = _length(members, f"{path}.duration", text)
            case "frames" if knows(request.model, "frames"):
                extras["frames"] = _frames(members, f"{path}.frames", text)
            case "seed" if request.seed is None:
                changes["seed"] = _seed(text)
            case "watermark" if request.watermark is None:
                changes["watermark"] = _SWITCHES.get(text.lower())
            case "camera_fixed" if "camera_fixed" not in extras and text.lower() in _SWITCHES:
                extras["camera_fixed"] = _SWITCHES[text.lower()]
    return replace(request, **changes, extras={name: value for name, value in extras.items() if value is not None})


def _length(members: Members, path: str, text: str) -> int | None:
    number = number_in(text)
    if number is None:
        members.broken(path, "type", "must be a whole number", text)
    return number


def _frames(members: Members, path: str, text: str) -> int | None:
    count = _length(members, path, text)
    return None if count is None else checked_frames(members, path, count)


def _seed(text: str) -> int | None:
    number = number_in(text)
    return number if number is not None and AUTO <= number <= LARGEST_SEED else None


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()

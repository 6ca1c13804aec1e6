"""The members of an order that only Ark has, and the rules between members (spec ark 2.2).

They are kept in ``VideoRequest.extras`` under their wire names, for the answers and for a vendor that speaks Ark.
"""

from typing import Any, get_args

from msgspec.structs import replace

from filmgate.catalogue.rules import shortened
from filmgate.dialects.ark.content import DRAFT_TASK
from filmgate.dialects.ark.generations import generation_of, input_mode, knows, knows_flex
from filmgate.dialects.ark.wire import OutputFormat, ServiceTier, TaskType
from filmgate.dialects.reading import Members
from filmgate.video import ADAPTIVE, FRAMES_PER_SECOND, VideoRequest

OWN_MEMBERS = (
    "safety_identifier",
    "service_tier",
    "priority",
    "draft",
    "camera_fixed",
    "frames",
    "tools",
    "output_format",
    "omni_reference_task_type",
)

FEWEST_FRAMES, MOST_FRAMES = 29, 289
LONGEST_SAFETY_IDENTIFIER_CHARACTERS = 64
HIGHEST_PRIORITY = 9

DRAFT_RESOLUTION = "480p"
AUTO_SECONDS = -1

_WEB_SEARCH = "web_search"
# What a full film takes from its draft. Its prompt and media cannot even be written beside one.
_TAKEN_FROM_DRAFT = ("duration_seconds", "ratio", "seed", "audio")
_TAKEN_FROM_DRAFT_OWN = ("frames", "omni_reference_task_type")


def read_options(members: Members) -> dict[str, Any]:
    """The members that only Ark has, as far as they are there."""
    said = {
        "safety_identifier": _safety_identifier(members),
        "service_tier": _word(members, "service_tier", get_args(ServiceTier)),
        "priority": _priority(members),
        "draft": members.switch("draft"),
        "camera_fixed": members.switch("camera_fixed"),
        "frames": _frames(members),
        "tools": _tools(members),
        "output_format": _word(members, "output_format", get_args(OutputFormat)),
        "omni_reference_task_type": _word(members, "omni_reference_task_type", get_args(TaskType)),
    }
    return {name: value for name, value in said.items() if value is not None}


def checked_frames(members: Members, field: str, count: int) -> int | None:
    """The count, if a film can have so many frames: 25 and a multiple of 4."""
    if FEWEST_FRAMES <= count <= MOST_FRAMES and (count - 25) % 4 == 0:
        return count
    message = f"must be 25 and a multiple of 4, from {FEWEST_FRAMES} to {MOST_FRAMES}, not {count}"
    members.broken(field, "range", message, count, [FEWEST_FRAMES, MOST_FRAMES])
    return None


def seconds_of_frames(count: int) -> int:
    """The whole seconds that hold so many frames. The frame beyond a whole second is none (spec ark 9)."""
    return -((1 - count) // FRAMES_PER_SECOND)


def check_options(members: Members, request: VideoRequest) -> None:
    """Note members that the model does not know, and those that do not go together."""
    _check_known(members, request)
    if request.extras.get("service_tier") == "flex":
        if not knows_flex(request.model):
            members.broken("service_tier", "unsupported", _not_known(request), "flex", ["default"])
        elif "priority" in request.extras:
            members.broken("priority", "exclusive", "must not be given beside service_tier flex")
    _check_draft(members, request)
    _check_task_type(members, request)


def settled(request: VideoRequest) -> VideoRequest:
    """The order with what its options decide: frames its length, a draft its resolution."""
    if "frames" in request.extras:
        request = replace(request, duration_seconds=seconds_of_frames(request.extras["frames"]))
    if request.extras.get("draft"):
        request = replace(request, resolution=DRAFT_RESOLUTION)
    return request


def _safety_identifier(members: Members) -> str | None:
    text = members.text("safety_identifier")
    most = LONGEST_SAFETY_IDENTIFIER_CHARACTERS
    if text is not None and len(text) > most:
        members.broken("safety_identifier", "length", f"must have at most {most} characters", len(text), most)
    return text


def _priority(members: Members) -> int | None:
    number = members.whole_number("priority", floats=False)
    if number is not None and not 0 <= number <= HIGHEST_PRIORITY:
        message = f"must be from 0 to {HIGHEST_PRIORITY}, not {number}"
        members.broken("priority", "range", message, number, [0, HIGHEST_PRIORITY])
    return number


def _frames(members: Members) -> int | None:
    count = members.whole_number("frames", floats=False)
    return None if count is None else checked_frames(members, "frames", count)


def _word(members: Members, name: str, words: tuple[str, ...]) -> str | None:
    word = members.text(name)
    if word is not None and word not in words:
        message = f"must be {', '.join(words[:-1])} or {words[-1]}"
        members.broken(name, "choice", message, word, list(words))
    return word


def _tools(members: Members) -> list[dict[str, str]] | None:
    """There is one tool, so naming it twice says nothing more; an empty list says nothing at all."""
    tools = members.array("tools")
    for index, tool in enumerate(tools or []):
        if not isinstance(tool, dict):
            members.broken(f"tools[{index}]", "type", "must be an object", tool)
        elif tool.get("type") != _WEB_SEARCH:
            allowed = [_WEB_SEARCH]
            members.broken(f"tools[{index}].type", "choice", f"must be {_WEB_SEARCH}", tool.get("type"), allowed)
    return [{"type": _WEB_SEARCH}] if tools else None


def _check_known(members: Members, request: VideoRequest) -> None:
    for member in (*OWN_MEMBERS, DRAFT_TASK):
        if member in request.extras and not knows(request.model, member):
            field = "content" if member == DRAFT_TASK else member
            members.broken(field, "unsupported", _not_known(request))
    if request.audio is not None and not knows(request.model, "generate_audio"):
        members.broken("audio", "unsupported", _not_known(request))
    # Searching belongs to a film that is made from text alone.
    of_text = request.mode == "text" or generation_of(request.model) is None
    if "tools" in request.extras and knows(request.model, "tools") and not of_text:
        members.broken("tools", "unsupported", _not_known(request))


def _not_known(request: VideoRequest) -> str:
    return f"is not supported by {shortened(request.model)} in {input_mode(request)}"


def _check_draft(members: Members, request: VideoRequest) -> None:
    if DRAFT_TASK not in request.extras:
        return
    said = [name for name in _TAKEN_FROM_DRAFT if getattr(request, name) is not None]
    said += [name for name in _TAKEN_FROM_DRAFT_OWN if name in request.extras]
    for name in said:
        members.broken(name, "exclusive", "must not be given beside a draft_task: it is taken from the draft")
    if request.extras.get("draft"):
        members.broken("draft", "exclusive", "must not be given beside a draft_task: its film is no draft")


def _check_task_type(members: Members, request: VideoRequest) -> None:
    """What editing and extending a clip need (spec ark 2.2)."""
    task_type = request.extras.get("omni_reference_task_type")
    if task_type not in ("edit", "extend"):
        return
    if not request.of_kind("video", "reference"):
        field = "omni_reference_task_type"
        members.broken(field, "needs", "needs a reference_video beside it", task_type)
    if request.ratio not in (None, ADAPTIVE):
        message = f"must be {ADAPTIVE} for omni_reference_task_type {task_type}, not {shortened(request.ratio)!r}"
        members.broken("ratio", "choice", message, request.ratio, [ADAPTIVE])
    if task_type == "edit" and request.duration_seconds not in (None, AUTO_SECONDS):
        message = f"must be {AUTO_SECONDS} for omni_reference_task_type edit, not {request.duration_seconds}"
        members.broken("duration_seconds", "choice", message, request.duration_seconds, [AUTO_SECONDS])

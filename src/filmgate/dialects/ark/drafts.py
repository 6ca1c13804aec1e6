"""From a draft to the order of its full film (spec ark 2.2)."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from filmgate.dialects.ark.generations import generation_of
from filmgate.errors import RulesBroken, Violation
from filmgate.task import Task
from filmgate.video import Resolution, VideoRequest

USABLE_FOR = timedelta(days=7)

# The one generation whose full films have a fixed resolution; those of others are ordered with one.
_ALWAYS_FULL = "2.5"
_FULL_RESOLUTION: Resolution = "1080p"
_TAKEN_OPTIONS = ("frames", "omni_reference_task_type")


def final_order(request: VideoRequest, draft: Task | None, now: datetime) -> VideoRequest:
    """The order of the full film: what it shows from the draft, everything else from ``request``.

    Args:
        request: as it was read; names the draft and has neither prompt nor media.
        draft: the caller's task of that id; None if there is none.

    Raises:
        RulesBroken: the draft cannot be used, or the model or the resolution is not the draft's.
    """
    source = _usable(request, draft, now).request
    taken = {name: source.extras[name] for name in _TAKEN_OPTIONS if name in source.extras}
    always_full = generation_of(source.model) == _ALWAYS_FULL
    return replace(
        request,
        prompt=source.prompt,
        media=source.media,
        duration_seconds=source.duration_seconds,
        resolution=_FULL_RESOLUTION if always_full else request.resolution,
        ratio=source.ratio,
        audio=source.audio,
        seed=source.seed,
        extras=taken | request.extras,
    )


def _usable(request: VideoRequest, draft: Task | None, now: datetime) -> Task:
    if draft is None:
        raise _refused("names no draft of yours")
    if not draft.request.extras.get("draft"):
        raise _refused("names a task that is no draft")
    if draft.status != "succeeded" or draft.completed_at is None:
        raise _refused("names a draft that has not succeeded")
    if now - draft.completed_at > USABLE_FOR:
        raise _refused(f"names a draft that is older than {USABLE_FOR.days} days")
    model, generation = draft.request.model, generation_of(draft.request.model)
    if request.model != model and (generation is None or generation_of(request.model) != generation):
        raise _refused(f"must be the draft's own, {model}", field="model", rule="choice")
    if generation == _ALWAYS_FULL and request.resolution not in (None, _FULL_RESOLUTION):
        raise _refused(f"must be {_FULL_RESOLUTION} for the full film of a draft", field="resolution", rule="choice")
    return draft


def _refused(message: str, *, field: str = "content[0].draft_task.id", rule: str = "unknown") -> RulesBroken:
    return RulesBroken([Violation(field=field, rule=rule, message=message)])

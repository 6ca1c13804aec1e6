"""Remixes, edits and extensions: orders that begin with a video that is there already (spec openai_videos 7).

A model with reference videos can make them: the source becomes a reference video, and the prompt says what is to be
done with it, because a neutral order has no other word for that. Everything a caller leaves open is as it was in the
source. An extension is the new part as a film of its own; nothing is joined.
"""

from typing import Any, Literal

import msgspec

from filmgate.catalogue.model import Offer
from filmgate.dialects.openai.media import FILE_ID_SCHEME, is_data_of, opened
from filmgate.dialects.openai.read import read_settings
from filmgate.dialects.openai.sizes import SIZE
from filmgate.dialects.reading import Members
from filmgate.errors import RulesBroken, Unsupported, Violation
from filmgate.task import Task
from filmgate.video import Media, VideoRequest, link_scheme

ChangeKind = Literal["remix", "edit", "extension"]

PROMPT = "prompt"
"""The prompt as the caller wrote it, as a name in VideoRequest.extras."""
SOURCE_ID = "source_id"
"""The id of the source as the caller wrote it, as a name in VideoRequest.extras. An extension has none."""

_FIELD = "video"
_KEPT = ("duration_seconds", "resolution", "ratio", "audio", "watermark")
_VERBS: dict[ChangeKind, str] = {"remix": "remix", "edit": "edit", "extension": "extend"}
_INSTRUCTIONS: dict[ChangeKind, str] = {
    "remix": "Make video 1 anew, with this change: ",
    "edit": "Edit video 1, and keep everything else of it as it is: ",
    "extension": "Continue video 1 without a cut, from its last frame on: ",
}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller wants to be made of a video, as it was read. ``order_change`` makes it an order."""

    kind: ChangeKind
    request: VideoRequest
    """Without the source, unless that came with the body. The model is empty where the caller named none."""
    source_id: str | None
    """The id of the source, as the caller wrote it; None where the video itself came with the body."""


def read_change(kind: ChangeKind, members: Members, default_model: str | None, video_id: str | None) -> Change:
    """Read a remix, an edit or an extension.

    Args:
        default_model: takes the place of an absent model where there is no source to ask.
        video_id: of a remix, from its path. The other two name their video in the body.

    Raises:
        RulesBroken: everything that is wrong with it.
    """
    media, source_id = ((), video_id) if kind == "remix" else _video(members)
    request = read_settings(members, "" if source_id is not None else default_model, media)
    if kind == "extension" and members.value("seconds") is None:
        members.broken("duration_seconds", "missing", "is missing")
    members.finish()
    return Change(kind=kind, request=request, source_id=source_id)


def order_change(change: Change, offer: Offer | None, source: Task | None, film_url: str) -> VideoRequest:
    """The order that carries out a change.

    Args:
        offer: of the model that is to make it, ``model_of``; None if there is no such model, which is told later.
        source: the task behind ``change.source_id``, if there is one.
        film_url: a link to the source's film.

    Raises:
        Unsupported: the model takes no reference videos.
        RulesBroken: the source is no finished video.
    """
    if offer is not None and offer.video.max_count == 0:
        verb = _VERBS[change.kind]
        raise Unsupported(f"{offer.id} cannot {verb} a video: it takes no reference videos", field="model")
    request = change.request if source is None else _with_source(change, source, film_url)
    extras = {**request.extras, PROMPT: request.prompt}
    if change.source_id is not None and change.kind != "extension":
        extras[SOURCE_ID] = change.source_id
    return msgspec.structs.replace(request, prompt=_INSTRUCTIONS[change.kind] + request.prompt, extras=extras)


def model_of(change: Change, source: Task | None) -> str:
    """The model that is to make it."""
    return change.request.model or ("" if source is None else source.request.model)


def _with_source(change: Change, source: Task, film_url: str) -> VideoRequest:
    if source.status != "succeeded":
        message = "must be a completed video"
        raise RulesBroken([Violation(field=_FIELD, rule="needs", message=message, value=change.source_id)])
    request, before = change.request, source.request
    open_names = [name for name in _KEPT if getattr(request, name) is None]
    as_before: dict[str, Any] = {name: getattr(before, name) for name in open_names}
    if {"resolution", "ratio"} <= as_before.keys() and SIZE in before.extras:
        as_before["extras"] = {**request.extras, SIZE: before.extras[SIZE]}
    media = Media(kind="video", role="reference", url=film_url, field=_FIELD)
    return msgspec.structs.replace(request, model=model_of(change, source), media=(media,), **as_before)


def _video(members: Members) -> tuple[tuple[Media, ...], str | None]:
    """The source: as media where it came with the body or as a link, else its id."""
    value = opened(members, members.value(_FIELD), _FIELD)
    if value is None and members.value(_FIELD) is not None:
        return (), None
    if isinstance(value, dict):
        inner = Members(value, lenient=True, path=f"{_FIELD}.", violations=members.violations)
        return (), inner.text("id", required=True)
    text = Members({_FIELD: value}, violations=members.violations).text(_FIELD, required=True)
    if text is None:
        return (), None
    if link_scheme(text) not in ("https", "http", "data", FILE_ID_SCHEME.rstrip(":/")):
        return (), text
    if not is_data_of("video", text):
        members.broken(_FIELD, "format", "must be a video")
    return (Media(kind="video", role="reference", url=text, field=_FIELD),), None

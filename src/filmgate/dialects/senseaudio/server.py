"""The SenseAudio dialect's server half (spec senseaudio)."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from filmgate.asset import as_ordered
from filmgate.catalogue.model import Offer
from filmgate.dialects.base import Links, Reply
from filmgate.dialects.phrasing import reply, unix_seconds
from filmgate.dialects.senseaudio import wire
from filmgate.dialects.senseaudio.errors import phrase_error
from filmgate.dialects.senseaudio.read import PROVIDER_SPECIFIC, as_body, content_of, read_create
from filmgate.dialects.writing import proven
from filmgate.errors import FilmgateError, NotFound
from filmgate.ids import companion, from_uuid_form
from filmgate.money import whole_seconds
from filmgate.task import Status, Task
from filmgate.video import OBJECT_SCHEME, Media, VideoRequest

# No other word exists here (spec senseaudio 4.3).
_STATUS: dict[Status, wire.Status] = {
    "queued": "pending",
    "running": "processing",
    "saving": "processing",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "failed",
    "expired": "failed",
}


class SenseAudioServer:
    """Speaks SenseAudio to customers. The contract of the shared methods is ``base.ServerDialect``."""

    name = "senseaudio"
    title = "SenseAudio video API"
    body_limit_bytes = 64 * 1024 * 1024
    # An image that cannot be fetched or used is refused before there is an order (spec senseaudio 3.4).
    checks_media_at_create = True
    # Orders have no webhook of their own here; the account\'s endpoints are told in the native form.
    webhook_events: frozenset[Status] = frozenset()
    hex_signature = False

    def __init__(self, *, unknown_model_status: Literal[500, 400] = 500) -> None:
        """
        Args:
            unknown_model_status: 500 as measured, or 400, which spares clients useless retries (spec X8).
        """
        self._unknown_model_status = unknown_model_status

    def read_create(self, body: bytes) -> VideoRequest:
        return read_create(body)

    def write_create(self, request: VideoRequest) -> dict[str, Any]:
        return proven(as_body(request), request, self.read_create)

    def phrase_created(self, task: Task, links: Links) -> Reply:  # noqa: ARG002
        """Exactly one member (spec senseaudio 3.6)."""
        return reply(wire.Created(task_id=self.show_id(task.id)))

    def phrase_task(self, task: Task, links: Links) -> Reply:
        """The order's state (spec senseaudio 4.2); of one whose film is gone nothing is known any more (Q10)."""
        if task.forgotten_at is not None:
            return self.phrase_error(NotFound("the task was removed"))
        return reply(self._say(task, links))

    def phrase_models(self, offers: Sequence[Offer], mode: str | None) -> Reply:
        """The models of one mode, or all; an unknown mode gives an empty list (spec senseaudio 6)."""
        wanted = (mode or "").strip().lower()
        models = [_model(offer) for offer in offers] if wanted in ("", "video") else []
        first, last = (models[0].id, models[-1].id) if models else ("", "")
        return reply(wire.ModelList(data=models, first_id=first, last_id=last))

    def phrase_error(self, error: FilmgateError, request_id: str = "") -> Reply:  # noqa: ARG002
        """``errors.py`` says how, and what the header ``X-Filmgate-Violations`` tells beside the body."""
        return phrase_error(error, self._unknown_model_status)

    def phrase_webhook(self, task: Task, links: Links) -> bytes:
        return reply(self._say(task, links)).body

    def show_id(self, task_id: UUID) -> str:
        return str(task_id)

    def read_id(self, text: str) -> UUID | None:
        return from_uuid_form(text)

    def _say(self, task: Task, links: Links) -> wire.TaskAnswer:
        status = _STATUS[task.status]
        request = task.request
        return wire.TaskAnswer(
            id=str(companion(task.id, "senseaudio record")),
            model=request.model,
            task_id=self.show_id(task.id),
            status=status,
            progress=_progress(task, status),
            video_url=links.film(task) if status == "completed" else UNSET,
            error_message=_error_message(task) if status == "failed" else UNSET,
            duration=whole_seconds(task.result.seconds) if task.result else request.duration_seconds or 0,
            created_at=unix_seconds(task.created_at),
            completed_at=unix_seconds(task.completed_at) if task.completed_at else UNSET,
            resolution=request.resolution or "",
            content=content_of(request, lambda media: _shown_link(media, links)),
            ratio=request.ratio or "",
            provider_specific=_provider_specific(task, links, status),
        )


def _progress(task: Task, status: wire.Status) -> int:
    """Percent; 100 at every end, as the failed sample has it (spec senseaudio 4.5, Q12)."""
    match status:
        case "pending":
            return 0
        case "processing":
            return min(max(task.progress, 1), 99)
        case "completed" | "failed":
            return 100


def _error_message(task: Task) -> str:
    if task.status == "expired":
        limit = task.request.timeout_seconds
        return "the task exceeded its timeout" if limit is None else f"the task exceeded its timeout of {limit} seconds"
    if task.error is None:
        return "the generation failed"
    if task.error.code == "content_rejected":
        return f"input content was rejected: {task.error.message}".removesuffix(": ")
    return task.error.message


def _provider_specific(task: Task, links: Links, status: wire.Status) -> dict[str, Any] | UnsetType:
    """What was ordered, and the link that the server adds where there is a watermark.

    The link is there from the start, before the film is (spec senseaudio 4.2); a failed order will never have one.
    """
    sent = task.request.extras.get(PROVIDER_SPECIFIC)
    added = {"watermark_url": links.film(task)} if task.request.watermark and status != "failed" else {}
    return UNSET if sent is None and not added else {**(sent or {}), **added}


def _shown_link(media: Media, links: Links) -> str:
    """The caller's own link, or one to the bytes that were sent inside the body."""
    url = as_ordered(media)
    return links.media(url.removeprefix(OBJECT_SCHEME)) if url.startswith(OBJECT_SCHEME) else url


def _model(offer: Offer) -> wire.Model:
    return wire.Model(
        id=offer.id,
        display_name=offer.display_name,
        protocols=["http"],
        created=offer.created,
        owned_by=offer.owned_by,
        desc=offer.description,
    )

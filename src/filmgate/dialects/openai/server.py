"""The OpenAI Videos dialect's server half (spec openai_videos)."""

from collections.abc import Sequence
from typing import Any, Literal, get_args
from uuid import UUID

from filmgate.catalogue.model import Offer
from filmgate.dialects.base import Links, Reply
from filmgate.dialects.openai import wire
from filmgate.dialects.openai.change import PROMPT, SOURCE_ID, Change, ChangeKind, order_change, read_change
from filmgate.dialects.openai.errors import phrase_error, phrase_fault
from filmgate.dialects.openai.forms import is_form
from filmgate.dialects.openai.listing import ID_PREFIX, ListQuery, read_list_query
from filmgate.dialects.openai.read import as_body, form_members, json_members, read_create
from filmgate.dialects.openai.sizes import asked_size, show_size, size_of
from filmgate.dialects.phrasing import reply, unix_seconds
from filmgate.dialects.writing import proven
from filmgate.errors import FilmgateError, RulesBroken, Violation
from filmgate.ids import companion, from_short_form, short_form
from filmgate.money import whole_seconds
from filmgate.task import TERMINAL, Status, Task
from filmgate.video import ADAPTIVE, RESOLUTIONS, VideoRequest, frame_size

Variant = Literal["video", "thumbnail", "spritesheet"]

POLL_HEADER = "openai-poll-after-ms"
_SHORTEST_POLL_MS = 500
_LONGEST_POLL_MS = 10_000
_USUAL_POLL_MS = 1000
_POLLS_TO_THE_END = 10

# The SDK takes any other word for an end (spec openai_videos 3).
_STATUS: dict[Status, wire.Status] = {
    "queued": "queued",
    "running": "in_progress",
    "saving": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "failed",
    "expired": "failed",
}


class OpenAIServer:
    """Speaks OpenAI Videos to customers. The contract of the shared methods is ``base.ServerDialect``.

    Creates, edits and extensions come as JSON or as a form; the door hands over the bytes and the Content-Type.
    """

    name = "openai"
    title = "OpenAI Videos API"
    # A picture of 30 MB inside JSON, or a clip in a form.
    body_limit_bytes = 64 * 1024 * 1024
    # What is no picture is refused at once (spec openai_videos 11).
    checks_media_at_create = True
    webhook_events: frozenset[Status] = TERMINAL
    """The states whose coming is told to ``callback_url``."""
    hex_signature = False

    def __init__(self, *, default_model: str | None = None) -> None:
        """``default_model`` is what an order without a model gets; None: such an order is refused."""
        self._default_model = default_model

    def read_create(self, body: bytes) -> VideoRequest:
        return read_create(json_members(body), self._default_model)

    def read_form(self, body: bytes, content_type: str) -> VideoRequest:
        """Read a create that came as a form: as ``read_create``, and it raises the same.

        Args:
            content_type: the Content-Type header; ``forms.is_form`` tells whether it is one of a form.
        """
        return read_create(form_members(body, content_type), self._default_model)

    def write_create(self, request: VideoRequest) -> dict[str, Any]:
        return proven(as_body(request), request, self.read_create)

    def read_change(
        self, kind: ChangeKind, body: bytes, content_type: str | None = None, *, video_id: str | None = None
    ) -> Change:
        """Read a remix, an edit or an extension (spec openai_videos 7). It becomes an order with ``order_change``.

        Args:
            content_type: None counts as JSON.
            video_id: of a remix, as it stands in the path.

        Raises:
            BadRequest, RulesBroken: as ``read_create``.
        """
        is_a_form = content_type is not None and is_form(content_type)
        members = form_members(body, content_type or "") if is_a_form else json_members(body)
        return read_change(kind, members, self._default_model, video_id)

    def order_change(
        self, change: Change, offer: Offer | None, source: Task | None = None, film_url: str = ""
    ) -> VideoRequest:
        """The order that carries out a change; ``change.order_change`` says more."""
        return order_change(change, offer, source, film_url)

    def read_list_query(self, after: str | None, limit: str | None, order: str | None) -> ListQuery:
        """Read the query of a list (spec openai_videos 4).

        Raises:
            RulesBroken: everything that is wrong with it.
        """
        return read_list_query(after, limit, order)

    def read_variant(self, text: str | None) -> Variant:
        """Which file of a video is wanted (spec openai_videos 6). The poster is the thumbnail.

        Raises:
            RulesBroken: there is no such file.
        """
        match text or "video":
            case ("video" | "thumbnail" | "spritesheet") as variant:
                return variant
            case other:
                allowed = list(get_args(Variant))
                message = "must be video, thumbnail or spritesheet"
                raise RulesBroken(
                    [Violation(field="variant", rule="choice", message=message, value=other[:100], allowed=allowed)]
                )

    def phrase_created(self, task: Task, links: Links) -> Reply:  # noqa: ARG002
        """The video object (spec openai_videos 2.4)."""
        return reply(self._video(task))

    def phrase_task(
        self,
        task: Task,
        links: Links,  # noqa: ARG002  A film has no link here: it is fetched below its own path, with the key.
        expected_seconds: float | None = None,
    ) -> Reply:
        """The video object, with how long to wait before asking again (spec openai_videos 3).

        Args:
            expected_seconds: how long until the film is likely there, where someone knows.
        """
        headers = {} if task.is_terminal else {POLL_HEADER: str(_poll_after_ms(expected_seconds))}
        return reply(self._video(task), headers=headers)

    def phrase_list(self, tasks: Sequence[Task], *, has_more: bool) -> Reply:
        """One page, in the order of ``tasks`` (spec openai_videos 4)."""
        videos = [self._video(task) for task in tasks]
        first, last = (videos[0].id, videos[-1].id) if videos else (None, None)
        # Without a last id nobody could ask for what is behind it.
        return reply(wire.VideoList(data=videos, first_id=first, last_id=last, has_more=has_more and bool(videos)))

    def phrase_deleted(self, task: Task) -> Reply:
        """The answer to a delete (spec openai_videos 5)."""
        return reply(wire.Deleted(id=self.show_id(task.id)))

    def phrase_no_content(self, task: Task) -> Reply:
        """The answer to who fetches a film that is not there: 404, because the SDK repeats a 409 (spec 11)."""
        status = _STATUS[task.status]
        if status == "failed":
            return phrase_fault(404, "the video failed and has no content", "video_failed")
        return phrase_fault(404, f"the video is {status}: its content is not ready yet", "video_not_ready")

    def phrase_models(self, offers: Sequence[Offer]) -> Reply:
        """The list of models, as the SDK's ``models.list`` reads it."""
        models = [wire.Model(id=offer.id, created=offer.created, owned_by=offer.owned_by) for offer in offers]
        return reply(wire.ModelList(data=models))

    def phrase_webhook(self, task: Task, links: Links) -> bytes:  # noqa: ARG002  As in ``phrase_task``.
        """The event that tells a task's end (spec openai_videos 8). Its id is the same in every try."""
        event_id = short_form("evt_", companion(task.id, f"openai event {task.status}"))
        return reply(
            wire.Event(
                id=event_id,
                created_at=unix_seconds(task.completed_at or task.created_at),
                type="video.completed" if task.status == "succeeded" else "video.failed",
                data=wire.EventData(id=self.show_id(task.id)),
            )
        ).body

    def phrase_error(self, error: FilmgateError, request_id: str = "") -> Reply:  # noqa: ARG002
        """``errors.py`` says how."""
        return phrase_error(error)

    def show_id(self, task_id: UUID) -> str:
        return short_form(ID_PREFIX, task_id)

    def read_id(self, text: str) -> UUID | None:
        return from_short_form(ID_PREFIX, text)

    def _video(self, task: Task) -> wire.TaskAnswer:
        request = task.request
        return wire.TaskAnswer(
            id=self.show_id(task.id),
            model=request.model,
            status=_STATUS[task.status],
            progress=100 if task.status == "succeeded" else min(task.progress, 99),
            created_at=unix_seconds(task.created_at),
            completed_at=unix_seconds(task.completed_at) if task.completed_at else None,
            expires_at=unix_seconds(task.kept_until) if task.status == "succeeded" and task.kept_until else None,
            prompt=request.extras.get(PROMPT, request.prompt),
            size=_size(task),
            seconds=_seconds(task),
            remixed_from_video_id=request.extras.get(SOURCE_ID),
            error=_error(task),
        )


def _poll_after_ms(expected_seconds: float | None) -> int:
    """The SDK keeps to the first value it reads, so it has to do for the whole time (spec openai_videos 3)."""
    if expected_seconds is None:
        return _USUAL_POLL_MS
    wanted_ms = round(expected_seconds * 1000 / _POLLS_TO_THE_END)
    return min(max(wanted_ms, _SHORTEST_POLL_MS), _LONGEST_POLL_MS)


def _size(task: Task) -> str:
    """The asked size; without one what was made, or will be as far as that can be told."""
    request = task.request
    if task.result is not None:
        return asked_size(request) or show_size(task.result.size)
    resolution = request.resolution if request.resolution in RESOLUTIONS else "720p"
    return size_of(request) or show_size(frame_size(resolution, ADAPTIVE))


def _seconds(task: Task) -> str:
    if task.request.duration_seconds is not None:
        return str(task.request.duration_seconds)
    return str(whole_seconds(task.result.seconds)) if task.result else "5"


def _error(task: Task) -> wire.VideoError | None:
    """Why there is no video; the word for an end that OpenAI does not have is the code (spec openai_videos 11)."""
    if _STATUS[task.status] != "failed":
        return None
    if task.error is None:
        return wire.VideoError(code="provider_error", message="the generation failed")
    code: str = task.error.code
    if task.status == "expired":
        code = "expired"
    elif code == "content_rejected":
        code = "moderation_blocked"
    return wire.VideoError(code=code, message=task.error.message)

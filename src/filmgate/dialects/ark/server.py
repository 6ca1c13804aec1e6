"""The Ark dialect's server half (spec ark)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from filmgate.catalogue.price import tokens
from filmgate.dialects.ark import wire
from filmgate.dialects.ark.content import DRAFT_TASK
from filmgate.dialects.ark.drafts import final_order
from filmgate.dialects.ark.errors import phrase_error, phrase_kept, task_fault
from filmgate.dialects.ark.listing import ListQuery, read_list_query
from filmgate.dialects.ark.read import as_body, read_create, without_the_obvious
from filmgate.dialects.base import Links, Reply
from filmgate.dialects.phrasing import reply, unix_seconds
from filmgate.dialects.writing import proven
from filmgate.errors import FilmgateError
from filmgate.ids import dated_form, from_dated_form
from filmgate.task import Result, Status, Task
from filmgate.video import ADAPTIVE, FRAMES_PER_SECOND, RATIOS, VideoRequest

ID_PREFIX = "cgt-"

# Bringing the film home is still work to the caller.
_STATUS: dict[Status, wire.Status] = {
    "queued": "queued",
    "running": "running",
    "saving": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
_MILLION = 1_000_000


class ArkServer:
    """Speaks Ark to customers. The contract of the shared methods is ``base.ServerDialect``."""

    name = "ark"
    title = "Ark content generation tasks"
    body_limit_bytes = 64 * 1024 * 1024
    # A link that cannot be fetched is refused in the create call itself (spec ark 2.2).
    checks_media_at_create = True
    webhook_events: frozenset[Status] = frozenset({"queued", "running", "succeeded", "failed", "expired"})
    """The states whose beginning is told to ``callback_url``, by a POST of what ``phrase_task`` says then (spec ark
    8)."""
    hex_signature = False

    def read_create(self, body: bytes) -> VideoRequest:
        """Where the order is for the full film of a draft, it names the draft and nothing of the film:
        ``draft_id_of`` tells, and ``final_order`` makes a whole order of it."""
        return read_create(body)

    def write_create(self, request: VideoRequest) -> dict[str, Any]:
        said = without_the_obvious(request)
        return proven(as_body(said), said, self.read_create)

    def draft_id_of(self, request: VideoRequest) -> str | None:
        """The id of the draft whose full film is ordered, as ``show_id`` shows it; None for any other order."""
        return None if request.prompt or request.media else request.extras.get(DRAFT_TASK)

    def final_order(self, request: VideoRequest, draft: Task | None, now: datetime) -> VideoRequest:
        """The whole order of a draft's full film (``drafts.py``).

        Args:
            draft: the caller's task of that id, if there is one.

        Raises:
            RulesBroken: it is no draft whose film can be ordered.
        """
        return final_order(request, draft, now)

    def phrase_created(self, task: Task, links: Links) -> Reply:  # noqa: ARG002
        """The id, and the name of the end user where one was sent (spec ark 2.4)."""
        said = task.request.extras.get("safety_identifier", UNSET)
        return reply(wire.Created(id=self.show_id(task.id), safety_identifier=said))

    def phrase_task(self, task: Task, links: Links) -> Reply:
        """The task's state, and the body of a callback at that moment (spec ark 4, 8)."""
        return reply(self._answer(task, links))

    def read_list_query(self, fields: Sequence[tuple[str, str]]) -> ListQuery:
        """The fields of a list's query, percent-decoded and in their order.

        Raises:
            RulesBroken: everything that is wrong in it.
        """
        return read_list_query(fields, self.read_id)

    def phrase_list(self, items: Sequence[tuple[Task, Links]], total: int) -> Reply:
        """A page of tasks (spec ark 5).

        Args:
            items: newest first, each with the maker of its links.
            total: how many match in all.
        """
        answers = [self._answer(task, links) for task, links in items]
        listed = [replace(one, failure_reason=one.error) if one.error else one for one in answers]
        return reply(wire.TaskList(items=listed, total=total))

    def effect_of_delete(self, status: Status) -> Literal["cancel", "forget", "refuse"]:
        """What a DELETE does to a task in that state: end it, delete its record, or nothing (spec ark 6)."""
        match status:
            case "queued":
                return "cancel"
            case "succeeded" | "failed" | "expired":
                return "forget"
            case "running" | "saving" | "cancelled":
                return "refuse"

    def phrase_deleted(self) -> Reply:
        """The answer to a DELETE that cancelled a task or deleted its record."""
        return reply(wire.Deleted())

    def phrase_kept(self, status: Status, request_id: str = "") -> Reply:
        """The answer to a DELETE that did nothing, because the task is in that state."""
        return phrase_kept(status, request_id)

    def phrase_error(self, error: FilmgateError, request_id: str = "") -> Reply:
        """``errors.py`` says how."""
        return phrase_error(error, request_id)

    def phrase_webhook(self, task: Task, links: Links) -> bytes:
        return self.phrase_task(task, links).body

    def show_id(self, task_id: UUID) -> str:
        return dated_form(ID_PREFIX, task_id)

    def read_id(self, text: str) -> UUID | None:
        return from_dated_form(ID_PREFIX, text)

    def _answer(self, task: Task, links: Links) -> wire.TaskAnswer:
        answer = wire.TaskAnswer(
            id=self.show_id(task.id),
            model=task.request.model,
            status=_STATUS[task.status],
            created_at=unix_seconds(task.created_at),
            updated_at=unix_seconds(task.completed_at or task.started_at or task.created_at),
        )
        return _in_full(answer, task, links) if task.is_terminal else answer


def _in_full(answer: wire.TaskAnswer, task: Task, links: Links) -> wire.TaskAnswer:
    """The answer once the task has ended: with its film or its fault, and what was ordered."""
    request, own, result = task.request, task.request.extras, task.result
    return replace(
        answer,
        error=task_fault(task) if task.status == "failed" else None,
        content=_film(task, links) if task.status == "succeeded" else UNSET,
        usage=_usage(task) if task.status == "succeeded" else UNSET,
        seed=_or_unset(request.seed),
        resolution=_or_unset(request.resolution),
        ratio=_ratio_of(result) if result and request.ratio in (None, ADAPTIVE) else _or_unset(request.ratio),
        duration=UNSET if "frames" in own else _seconds(task),
        frames=_frames(result) if result and "frames" in own else own.get("frames", UNSET),
        framespersecond=FRAMES_PER_SECOND,
        service_tier=own.get("service_tier", "default"),
        execution_expires_after=_or_unset(request.timeout_seconds),
        generate_audio=_or_unset(request.audio),
        draft=own.get("draft", False),
        draft_task_id=own.get(DRAFT_TASK, UNSET),
        priority=own.get("priority", 0),
        output_format=own.get("output_format", "mp4"),
        camera_fixed=own.get("camera_fixed", UNSET),
        omni_reference_task_type=own.get("omni_reference_task_type", UNSET),
        tools=own.get("tools", UNSET),
        safety_identifier=own.get("safety_identifier", UNSET),
    )


def _film(task: Task, links: Links) -> wire.Film:
    last_frame = links.last_frame(task) if task.request.last_frame else UNSET
    return wire.Film(video_url=links.film(task), last_frame_url=last_frame)


def _usage(task: Task) -> wire.Usage | UnsetType:
    """The tokens that were billed; where tokens are not what is billed, those that the film would count."""
    quote = task.quote
    if quote.unit != "million_tokens":
        if task.result is None:
            return UNSET
        count = tokens(*task.result.size, _frames(task.result) // FRAMES_PER_SECOND)
    elif task.cost_micros in (None, quote.price_micros) or not quote.unit_price_micros:
        count = round(Decimal(quote.units) * _MILLION)
    else:
        count = round(Decimal(task.cost_micros or 0) * _MILLION / quote.unit_price_micros)
    return wire.Usage(completion_tokens=count, total_tokens=count)


def _seconds(task: Task) -> int | UnsetType:
    """The film's whole seconds (spec ark 9), or those that were ordered where there is none."""
    if task.result is not None:
        return _frames(task.result) // FRAMES_PER_SECOND
    ordered = task.request.duration_seconds
    return UNSET if ordered is None else ordered


def _frames(result: Result) -> int:
    return round(result.seconds * FRAMES_PER_SECOND)


def _ratio_of(result: Result) -> str:
    """The nearest of the ratios that have a name (spec ark 14)."""
    shape = result.width / result.height
    named = {ratio: _shape(ratio) for ratio in RATIOS if ratio != ADAPTIVE}
    return min(named, key=lambda ratio: max(named[ratio] / shape, shape / named[ratio]))


def _shape(ratio: str) -> float:
    width, height = ratio.split(":")
    return int(width) / int(height)


def _or_unset(value: Any) -> Any:
    return UNSET if value is None else value

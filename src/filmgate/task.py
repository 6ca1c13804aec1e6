"""A task: one ordered film, its states, and the moves between them.

    queued ──started──> running ──rendered──> saving ──succeeded──> succeeded
       │                   │                    │
       └───────────────────┴────────────────────┴──failed·cancelled·expired──> failed · cancelled · expired

Nobody assigns a status. A move names the status it was decided on (``seen``); the store applies it only where the
status is still that one, together with the ledger entry it causes, in one transaction. No row changed means that
someone was first: an ordinary answer, not an error.
"""

from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

import msgspec

from filmgate.label import Label
from filmgate.ledger import EntryKind
from filmgate.money import Micros
from filmgate.video import OBJECT_SCHEME, Size, VideoRequest, link_scheme

Status = Literal["queued", "running", "saving", "succeeded", "failed", "cancelled", "expired"]
STATUSES: tuple[Status, ...] = get_args(Status)
TERMINAL: frozenset[Status] = frozenset({"succeeded", "failed", "cancelled", "expired"})
OPEN: tuple[Status, ...] = ("queued", "running", "saving")

LOCAL = "local"
"""The upstream that stands for the engine on this machine."""

ORDINALS: dict[Status, int] = {
    "queued": 1,
    "running": 2,
    "saving": 3,
    "succeeded": 4,
    "failed": 4,
    "cancelled": 4,
    "expired": 4,
}
"""Where a status stands on a task's way: it only ever gets higher."""

ErrorCode = Literal["provider_error", "content_rejected", "media_error", "timeout", "cancelled", "internal_error"]


FILMS = "films"
"""Where in the object store films lie, with what belongs to them."""


def film_name(task_id: UUID) -> str:
    """The film's name in the object store; the other objects of a task likewise."""
    return f"{FILMS}/{task_id}.mp4"


def poster_name(task_id: UUID) -> str:
    """The poster, beside the film."""
    return f"{FILMS}/{task_id}.jpg"


def last_frame_name(task_id: UUID) -> str:
    """The last frame, beside the film."""
    return f"{FILMS}/{task_id}.png"


def spritesheet_name(task_id: UUID) -> str:
    """Small pictures of the film on one sheet, beside it; only there once somebody has asked for it."""
    return f"{FILMS}/{task_id}-spritesheet.jpg"


def manifest_name(task_id: UUID) -> str:
    """The manifest that the film was first signed with, beside it (``work.label``)."""
    return f"{FILMS}/{task_id}.c2pa"


INPUTS = "inputs"
"""Where in the object store lies what was sent inside orders."""


def input_name(task_id: UUID, number: int) -> str:
    """The order's ``number``-th medium, from 0: what was sent inside its body, or a copy of what its link led to."""
    return f"{INPUTS}/{task_id}/{number}"


_WEB = ("https", "http")

Unit = Literal["second", "task", "million_tokens"]
"""What an order is billed by."""


class TaskError(msgspec.Struct, frozen=True):
    """Why a task ended without a film."""

    code: ErrorCode
    message: str
    """For the customer: no secret, no address of ours."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The film that lies in our store. Set once, by the move to succeeded."""

    film: str
    """Object name of the film; ``poster`` and ``last_frame`` likewise."""
    poster: str
    last_frame: str
    width: int
    height: int
    seconds: float
    size_bytes: int
    sha256: str
    labels: tuple[Label, ...] = ()
    """What the film carries that says where it came from. Set by ``work.label``."""

    @property
    def size(self) -> Size:
        return self.width, self.height


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What an order costs and why. Set by ``catalogue.price`` before money moves."""

    price_micros: Micros
    billing_name: str
    """The vendor's name of the price row, such as ``seedance2.0-mini-720p``."""
    unit: Unit
    units: str
    """How many units, as decimal text: ``11``, ``0.1089``."""
    unit_price_micros: Micros
    price_version: str


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer was promised beside the price, when the order was accepted. Set by ``work.submit``."""

    retention_hours: int = 72
    """How long after its end the film is kept."""
    max_cost_micros: Micros | None = None
    """What the order costs at most, where that is more than its price; None: the price."""
    cancel_fee_micros: Micros = 0
    """What is charged when the order is cancelled while its film is being made. A queued one costs nothing."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One ordered film, as the store has it."""

    id: UUID
    account_id: UUID
    key_id: UUID
    test: bool
    """Ordered with a test key: never costs, never leaves the machine."""
    dialect: str
    request: VideoRequest
    status: Status
    progress: int
    """Percent, 0 to 100, never falling while the task is open."""
    quote: Quote
    cost_micros: Micros | None
    """None until the end; then what was really charged, 0 for a task that ended without a film."""
    error: TaskError | None
    result: Result | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    rendered_at: datetime | None = None
    """When saving began."""
    promise: Promise = Promise()
    base_url: str = ""
    """How the create was addressed, such as ``https://films.example``; for links in webhooks."""
    kept_until: datetime | None = None
    """Set at the end: until then the film and what was sent with the order are kept."""
    forgotten_at: datetime | None = None
    """When they were removed."""
    deleted_at: datetime | None = None
    """When its customer deleted it: to customers there is no such task any more."""

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL


def object_names(task: Task) -> list[str]:
    """Every object that is, or may be, this task's own: a task that ended without a film may have left one too."""
    names = {film_name(task.id), poster_name(task.id), last_frame_name(task.id), manifest_name(task.id)}
    if task.result is not None:
        names |= {task.result.film, task.result.poster, task.result.last_frame, spritesheet_name(task.id)}
    media = task.request.media
    own = f"{OBJECT_SCHEME}{INPUTS}/{task.id}/"
    inputs = {item.url.removeprefix(OBJECT_SCHEME) for item in media if item.url.startswith(own)}
    # What lies behind a link may have been copied for a vendor.
    inputs |= {input_name(task.id, number) for number, item in enumerate(media) if link_scheme(item.url) in _WEB}
    return [*sorted(names), *sorted(inputs)]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One arrow of the picture, decided but not yet applied."""

    task_id: UUID
    seen: Status
    to: Status
    at: datetime
    entry: EntryKind | None = None
    """The ledger entry that belongs to this move."""
    cost_micros: Micros | None = None
    error: TaskError | None = None
    result: Result | None = None


def started(task: Task, now: datetime) -> Move:
    """An upstream or an engine has begun."""
    return Move(task_id=task.id, seen="queued", to="running", at=now)


def rendered(task: Task, now: datetime) -> Move:
    """The film is made; it is being brought home."""
    return Move(task_id=task.id, seen="running", to="saving", at=now)


def succeeded(task: Task, result: Result, now: datetime, cost_micros: Micros | None = None) -> Move:
    """The film lies in our store, checked. The reserve is settled at the true amount (the quote, unless given).

    The store charges less where more was not promised or cannot be paid.
    """
    cost = task.quote.price_micros if cost_micros is None else cost_micros
    return Move(task_id=task.id, seen="saving", to="succeeded", at=now, entry="settle", cost_micros=cost, result=result)


def failed(task: Task, error: TaskError, now: datetime) -> Move:
    """There will be no film. The reserve is released."""
    return _ended(task, "failed", error, now)


def cancelled(task: Task, now: datetime) -> Move:
    """The customer wants no film any more. The reserve is released, but for the fee that was promised for this."""
    move = _ended(task, "cancelled", TaskError("cancelled", "cancelled by the customer"), now)
    fee_micros = 0 if task.status == "queued" else task.promise.cancel_fee_micros
    return msgspec.structs.replace(move, entry="settle", cost_micros=fee_micros) if fee_micros else move


def expired(task: Task, now: datetime) -> Move:
    """The time limit of the order has passed. The reserve is released."""
    return _ended(task, "expired", TaskError("timeout", "the task exceeded its time limit"), now)


def after(task: Task, move: Move) -> Task:
    """The task as the store has it once the move was applied (a settlement may be charged less there)."""
    is_end = move.to in TERMINAL
    return msgspec.structs.replace(
        task,
        status=move.to,
        progress=100 if move.to == "succeeded" else task.progress,
        started_at=move.at if move.to == "running" else task.started_at,
        rendered_at=move.at if move.to == "saving" else task.rendered_at,
        completed_at=move.at if is_end else None,
        kept_until=move.at + timedelta(hours=task.promise.retention_hours) if is_end else None,
        cost_micros=move.cost_micros,
        error=move.error,
        result=move.result,
    )


def as_of(task: Task, status: Status) -> Task:
    """The task as it was when it came to a status that it has, or has had.

    Raises:
        ValueError: it was never there.
    """
    if status == task.status:
        return task
    if status not in been_through(task):
        raise ValueError(f"task {task.id} is {task.status} and was never {status}")
    return msgspec.structs.replace(
        as_accepted(task),
        status=status,
        progress=min(task.progress, 99) if status == "saving" else 0,
        started_at=None if status == "queued" else task.started_at,
        rendered_at=task.rendered_at if status == "saving" else None,
    )


def been_through(task: Task) -> list[Status]:
    """Every status that the task has come to, in order; its present one is the last."""
    before: list[Status] = ["queued"]
    if task.started_at is not None:
        before.append("running")
    if task.rendered_at is not None:
        before.append("saving")
    return before if before[-1] == task.status else [*before, task.status]


def as_accepted(task: Task) -> Task:
    """The task as it was when its order was accepted, to answer a create that is repeated."""
    return msgspec.structs.replace(
        task,
        status="queued",
        progress=0,
        cost_micros=None,
        error=None,
        result=None,
        started_at=None,
        rendered_at=None,
        completed_at=None,
        kept_until=None,
        forgotten_at=None,
        deleted_at=None,
    )


def _ended(task: Task, to: Status, error: TaskError, now: datetime) -> Move:
    if task.is_terminal:
        raise ValueError(f"task {task.id} is {task.status} and cannot become {to}")
    return Move(task_id=task.id, seen=task.status, to=to, at=now, entry="release", cost_micros=0, error=error)

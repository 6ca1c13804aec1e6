"""What goes over the wire in the native API. Amounts are credits as JSON numbers, times RFC 3339 in UTC.

Requests are read more carefully than a struct could (``read.py``); ``CreateRequest`` is what a correct one looks like.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from filmgate.task import ErrorCode, Status
from filmgate.video import MediaKind, MediaRole

TaskId = Annotated[
    str,
    Meta(
        description="Names the order here. The id that its own dialect shows is understood too.",
        examples=["task_00ooKlYDK8GjUr5LX2kMhG"],
    ),
]
Credits = Annotated[float, Meta(description="Credits, exact to six decimals.", examples=[40])]


class MediaItem(Struct, frozen=True, kw_only=True):
    """One picture, clip or sound of an order."""

    kind: MediaKind
    role: MediaRole
    url: Annotated[str, Meta(description="`https://…`, `data:…` or `asset://…`, as the model allows.")]


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was ordered, complete: with the model's defaults where the customer said nothing."""

    model: str
    prompt: str = ""
    media: list[MediaItem] = []
    duration_seconds: int | None = None
    resolution: str | None = None
    ratio: str | None = None
    audio: bool | None = None
    watermark: bool | None = None
    seed: int | None = None
    camera: str | None = None
    last_frame: bool = False
    timeout_seconds: int | None = None
    webhook_url: str | None = None
    metadata: dict[str, Any] | None = None


class CreateRequest(Struct, frozen=True, kw_only=True):
    """Orders a film. Only ``model`` is required of every model; unknown members are refused."""

    model: Annotated[str, Meta(description="Any model of the catalogue.", examples=["seedance-2.0"])]
    prompt: str | UnsetType = UNSET
    media: list[MediaItem] | UnsetType = UNSET
    duration_seconds: int | UnsetType = UNSET
    resolution: Annotated[str, Meta(examples=["720p"])] | UnsetType = UNSET
    ratio: Annotated[str, Meta(examples=["16:9"])] | UnsetType = UNSET
    audio: bool | UnsetType = UNSET
    watermark: bool | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    camera: Annotated[str, Meta(description="A camera move by name, such as `push_in`.")] | UnsetType = UNSET
    last_frame: Annotated[bool, Meta(description="Also give the last frame as a picture.")] | UnsetType = UNSET
    timeout_seconds: Annotated[int, Meta(description="The order expires after so long.")] | UnsetType = UNSET
    webhook_url: Annotated[str, Meta(description="Told of the order's end, signed.")] | UnsetType = UNSET
    webhook_events: (
        Annotated[list[Status], Meta(description="What the webhook is told of; all ends unless given.")] | UnsetType
    ) = UNSET
    metadata: Annotated[dict[str, Any], Meta(description="Yours; at most 16 KB of JSON.")] | UnsetType = UNSET
    max_cost: (
        Annotated[float, Meta(description="The order never costs more than so many credits, or is refused.")]
        | UnsetType
    ) = UNSET
    quote_id: Annotated[str, Meta(description="Of a quote for this very order: its price holds.")] | UnsetType = UNSET


class Price(Struct, frozen=True, kw_only=True):
    """What an order costs, and why."""

    credits: Credits
    unit: Literal["second", "task", "million_tokens"]
    units: Annotated[str, Meta(description="How many units, as decimal text.", examples=["5"])]
    credits_per_unit: Credits
    billing_name: str
    price_version: str


class Film(Struct, frozen=True, kw_only=True):
    """A finished film. The links need no key and are good until ``kept_until``."""

    url: str
    poster_url: str
    last_frame_url: str
    width: int
    height: int
    seconds: float
    size_bytes: int
    sha256: str


class Fault(Struct, frozen=True, kw_only=True):
    """Why an order ended without a film."""

    code: ErrorCode
    message: str


class TaskAnswer(Struct, frozen=True, kw_only=True):
    """An order and how it is doing. Every member is always there, null where nothing applies."""

    object: Literal["task"] = "task"
    id: TaskId
    dialect: Annotated[str, Meta(description="The API it was ordered through.", examples=["native", "ink"])]
    dialect_id: Annotated[str, Meta(description="How that API calls it.")]
    test: bool
    status: Status
    progress: Annotated[int, Meta(description="Percent, never falling.", ge=0, le=100)]
    order: Order
    price: Price
    max_cost: Credits
    cost: Annotated[float | None, Meta(description="What it cost in the end; null while it is open.")]
    film: Film | None
    error: Fault | None
    created_at: datetime
    started_at: datetime | None
    rendered_at: datetime | None
    completed_at: datetime | None
    kept_until: datetime | None
    forgotten_at: Annotated[datetime | None, Meta(description="When the film was removed.")]


class TaskList(Struct, frozen=True, kw_only=True):
    """Orders, newest first."""

    object: Literal["list"] = "list"
    data: list[TaskAnswer]
    next_cursor: Annotated[str | None, Meta(description="Give it as `cursor` for the page after this one.")]


class News(Struct, frozen=True, kw_only=True):
    """What webhooks get in the native form."""

    type: Annotated[str, Meta(examples=["task.succeeded"])]
    timestamp: Annotated[datetime, Meta(description="When the task came to this status.")]
    data: TaskAnswer


class BrokenRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong with a request."""

    field: str
    rule: str
    message: str
    value: Any = None
    allowed: Any = None


class ErrorBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, for machines and for people."""

    code: Annotated[str, Meta(examples=["rules_broken", "not_found"])]
    message: str
    violations: list[BrokenRule] = []


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """The call was refused or failed."""

    error: ErrorBody

"""What goes over the wire in the native API. Amounts are credits as JSON numbers, times RFC 3339 in UTC.

Requests are read more carefully than a struct could (``read.py``); ``CreateRequest`` is what a correct one looks like.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from filmgate.label import Label
from filmgate.ledger import EntryKind
from filmgate.task import ErrorCode, Status, Unit
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


class OrderedMedia(Struct, frozen=True, kw_only=True):
    """One picture, clip or sound that an order came with."""

    kind: MediaKind
    role: MediaRole
    url: Annotated[
        str | None,
        Meta(description="As it was ordered; of what was sent inside the order a link, until it is removed."),
    ]


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was ordered, complete: with the model's defaults where the customer said nothing."""

    model: str
    prompt: str = ""
    media: list[OrderedMedia] = []
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
    unit: Unit
    units: Annotated[str, Meta(description="How many units, as decimal text.", examples=["5"])]
    credits_per_unit: Credits
    billing_name: str
    price_version: str


class Film(Struct, frozen=True, kw_only=True):
    """A finished film. The links need no key and are good until ``kept_until``; null once the film was removed."""

    url: str | None
    poster_url: str | None
    last_frame_url: str | None
    width: int
    height: int
    seconds: float
    size_bytes: int
    sha256: str
    labels: Annotated[
        list[Label],
        Meta(
            description="What it carries that says where it came from: a signed C2PA manifest, the AIGC entry of "
            "GB 45438-2025 in its metadata, words in its pictures."
        ),
    ]


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


class QuoteAnswer(Struct, frozen=True, kw_only=True):
    """What an order would cost, for its real media; nothing was ordered."""

    object: Literal["quote"] = "quote"
    quote_id: Annotated[
        str | None, Meta(description="Give it with the order: the price holds. Null if rules are broken.")
    ]
    valid_until: datetime
    price: Price | None
    rejection_charged: Annotated[
        Literal[False], Meta(description="Whether an order costs anything that ends without a film.")
    ] = False
    order: Annotated[Order, Meta(description="Complete, where no rule is broken.")]
    routes: Annotated[list[str], Meta(description="Who can make it, in the order in which they are asked.")]
    violations: list[BrokenRule]


class Limits(Struct, frozen=True, kw_only=True):
    """How much an account or a key may use; null is no limit."""

    requests_per_minute: int | None
    max_open_orders: int | None
    daily: Annotated[float | None, Meta(description="Credits a day (UTC).")]
    total: Annotated[float | None, Meta(description="Credits in all.")]
    models: list[str] | None


class Balance(Struct, frozen=True, kw_only=True):
    """What an account has, in credits: ``available + held + spent`` is ``funded``."""

    funded: Credits
    available: Credits
    held: Annotated[float, Meta(description="Reserved for open orders.")]
    spent: Credits


class KeyInfo(Struct, frozen=True, kw_only=True):
    """The key that asked."""

    name: str
    hint: Annotated[str, Meta(description="The first characters of its secret.")]
    test: bool
    used: Credits
    limits: Limits


class AccountAnswer(Struct, frozen=True, kw_only=True):
    """The account behind the key that asked."""

    object: Literal["account"] = "account"
    name: str
    created_at: datetime
    balance: Balance
    limits: Limits
    retention_hours: Annotated[int | None, Meta(description="How long films are kept; null: as the server says.")]
    key: KeyInfo


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """One movement of money, in credits; the four always sum to zero."""

    id: str
    kind: EntryKind
    task_id: TaskId | None
    funded: Credits
    available: Credits
    held: Credits
    spent: Credits
    price_version: str | None
    units: str | None
    note: str | None
    created_at: datetime


class LedgerPage(Struct, frozen=True, kw_only=True):
    """Entries of the account, newest first."""

    object: Literal["list"] = "list"
    data: list[LedgerEntry]
    next_cursor: str | None


class ModelAnswer(Struct, frozen=True, kw_only=True):
    """A model and what it can be ordered with."""

    id: str
    display_name: str
    description: str
    owned_by: str
    modes: list[str]
    durations_seconds: list[int]
    resolutions: list[str]
    ratios: list[str]
    max_images: int
    max_videos: int
    max_audios: int
    price_unit: Unit
    prices: Annotated[dict[str, float], Meta(description="Credits a unit, by resolution, for an order of text.")]
    prices_with_media: Annotated[dict[str, float], Meta(description="The same for an order with media.")]


class ModelList(Struct, frozen=True, kw_only=True):
    """The models that are open to the key."""

    object: Literal["list"] = "list"
    data: list[ModelAnswer]


class ErrorBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, for machines and for people."""

    code: Annotated[str, Meta(examples=["rules_broken", "not_found"])]
    message: str
    violations: list[BrokenRule] = []


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """The call was refused or failed."""

    error: ErrorBody

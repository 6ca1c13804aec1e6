"""A receipt in the native form: what an order was, what it cost, and every movement of money that belongs to it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from filmgate.attempt import AttemptOutcome
from filmgate.dialects.native.wire import Credits, Fault, Price, TaskId
from filmgate.ledger import EntryKind
from filmgate.task import Status
from filmgate.video import MediaKind


class ReceiptOrder(Struct, frozen=True, kw_only=True):
    """What was ordered, as far as it bears on the price. A receipt goes to people who need not read the prompt."""

    model: str
    duration_seconds: int | None
    resolution: str | None
    ratio: str | None
    audio: bool | None
    media: Annotated[
        dict[MediaKind, int], Meta(description="How many pictures, clips and sounds.", examples=[{"image": 2}])
    ]


class ReceiptPromise(Struct, frozen=True, kw_only=True):
    """What was promised when the order was accepted."""

    max_cost: Annotated[float, Meta(description="What it costs at most.")]
    cancel_fee: Annotated[float, Meta(description="What a cancel costs once the film is being made.")]
    retention_hours: Annotated[int, Meta(description="How long the film is kept after the order's end.")]


class ReceiptAttempt(Struct, frozen=True, kw_only=True):
    """One try to get the film made. Only the order's end decides what is charged, however many there were."""

    number: int
    upstream: str
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None


class ReceiptEntry(Struct, frozen=True, kw_only=True):
    """One line of the ledger: how much went into (positive) or out of (negative) each pool of the account."""

    id: int
    kind: EntryKind
    available: Credits
    held: Credits
    spent: Credits
    units: str | None
    price_version: str | None
    note: str | None
    created_at: datetime


class ReceiptTotals(Struct, frozen=True, kw_only=True):
    """The sums of the entries."""

    reserved: Annotated[float, Meta(description="Put aside when the order was accepted.")]
    charged: Annotated[float, Meta(description="Spent at its end.")]
    given_back: Annotated[float, Meta(description="Of what was put aside, returned to the account.")]
    adjusted: Annotated[float, Meta(description="Given (or taken, if negative) by hand afterwards.")]
    held: Annotated[float, Meta(description="Still put aside: the price of an open order, else 0.")]


class Receipt(Struct, frozen=True, kw_only=True):
    """Everything about one order's money. Amounts are credits."""

    object: Literal["receipt"] = "receipt"
    task_id: TaskId
    dialect: Annotated[str, Meta(description="The API it was ordered through.")]
    dialect_id: Annotated[str, Meta(description="How that API calls it.")]
    test: Annotated[bool, Meta(description="Ordered with a test key, which costs nothing.")]
    status: Status
    order: ReceiptOrder
    price: Price
    promise: ReceiptPromise
    error: Fault | None
    attempts: list[ReceiptAttempt]
    entries: list[ReceiptEntry]
    totals: ReceiptTotals
    created_at: datetime
    started_at: datetime | None
    rendered_at: datetime | None
    completed_at: datetime | None
    kept_until: datetime | None
    forgotten_at: datetime | None

"""What goes over the wire about webhooks in the native API."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from filmgate.webhook import OVERLAP_HOURS, DeliveryState

EventName = Literal[
    "task.queued",
    "task.running",
    "task.saving",
    "task.succeeded",
    "task.failed",
    "task.cancelled",
    "task.expired",
]
WebhookId = Annotated[str, Meta(description="Names the endpoint.", examples=["wh_00ooKlYDK8GjUr5LX2kMhG"])]
DeliveryId = Annotated[str, Meta(description="Names the delivery.", examples=["dlv_3v0qbQ1Zt4mBS2Wk0E5x7c"])]
Url = Annotated[str, Meta(description="A public `https://…` link.", examples=["https://hooks.example.org/films"])]


class NewWebhook(Struct, frozen=True, kw_only=True):
    """An endpoint that is told of the account's orders. Unknown members are refused."""

    url: Url
    events: (
        Annotated[list[EventName], Meta(description="What it is told of; every end of an order unless given.")]
        | UnsetType
    ) = UNSET
    description: Annotated[str, Meta(description="For people.", max_length=500)] | UnsetType = UNSET


class WebhookChanges(Struct, frozen=True, kw_only=True):
    """What is to be changed; whatever is not given stays."""

    url: Url | UnsetType = UNSET
    events: list[EventName] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    disabled: Annotated[bool, Meta(description="Switched off it is told nothing.")] | UnsetType = UNSET


class Webhook(Struct, frozen=True, kw_only=True):
    """An endpoint."""

    object: Literal["webhook"] = "webhook"
    id: WebhookId
    url: str
    events: list[EventName]
    description: str
    disabled: bool
    created_at: datetime
    disabled_at: datetime | None


class WebhookList(Struct, frozen=True, kw_only=True):
    """All endpoints of the account, oldest first."""

    object: Literal["list"] = "list"
    data: list[Webhook]


class WebhookRemoved(Struct, frozen=True, kw_only=True):
    """The endpoint is gone."""

    object: Literal["webhook"] = "webhook"
    id: WebhookId
    removed: Literal[True] = True


class PreviousSecret(Struct, frozen=True, kw_only=True):
    """A secret that was rotated out and signs still."""

    secret: str
    created_at: datetime
    expires_at: datetime


class WebhookSecret(Struct, frozen=True, kw_only=True):
    """What the account's webhooks are signed with. News carries a signature of each secret that is good."""

    object: Literal["webhook_secret"] = "webhook_secret"
    secret: Annotated[str, Meta(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw2LaLaSw2LaI="])]
    created_at: datetime
    previous: list[PreviousSecret]


class Rotation(Struct, frozen=True, kw_only=True):
    """How the secret is rotated."""

    overlap_hours: (
        Annotated[
            int,
            Meta(
                description=f"How long the secret before signs too: {OVERLAP_HOURS} unless given. 0 if it has leaked.",
                ge=0,
                le=168,
            ),
        ]
        | UnsetType
    ) = UNSET


class Delivery(Struct, frozen=True, kw_only=True):
    """One piece of news for one receiver."""

    object: Literal["delivery"] = "delivery"
    id: DeliveryId
    message_id: Annotated[str, Meta(description="The `webhook-id` header: the same at every attempt.")]
    event: EventName
    task_id: Annotated[str, Meta(examples=["task_00ooKlYDK8GjUr5LX2kMhG"])]
    webhook_id: Annotated[str | None, Meta(description="The endpoint; null for the order's own webhook.")]
    url: str
    state: DeliveryState
    attempt_count: int
    http_status: Annotated[int | None, Meta(description="Of the last answer.")]
    error: Annotated[str | None, Meta(description="Why the last attempt did not deliver it.")]
    created_at: datetime
    next_at: Annotated[datetime | None, Meta(description="When it is sent next; null once it has ended.")]
    ended_at: datetime | None


class Attempt(Struct, frozen=True, kw_only=True):
    """One time the delivery was sent."""

    number: int
    started_at: datetime
    milliseconds: int
    http_status: int | None
    error: str | None
    answer: Annotated[str, Meta(description="The first kilobyte of the receiver's answer.")]


class DeliveryDetail(Delivery, frozen=True, kw_only=True):
    """A delivery with what came of every attempt."""

    attempts: Annotated[list[Attempt], Meta(description="Oldest first; of very many, the last hundred.")]


class DeliveryList(Struct, frozen=True, kw_only=True):
    """Deliveries, newest first."""

    object: Literal["list"] = "list"
    data: list[Delivery]
    next_cursor: Annotated[str | None, Meta(description="Give it as `cursor` for the page after this one.")]


class ReplayRequest(Struct, frozen=True, kw_only=True):
    """Which deliveries are sent again: those that match all that is given."""

    state: Annotated[DeliveryState, Meta(description="`dead` unless given.")] | UnsetType = UNSET
    event: EventName | UnsetType = UNSET
    task_id: str | UnsetType = UNSET
    webhook_id: str | UnsetType = UNSET
    created_from: Annotated[datetime, Meta(tz=True)] | UnsetType = UNSET
    created_before: Annotated[datetime, Meta(tz=True)] | UnsetType = UNSET
    cursor: Annotated[str, Meta(description="The `next_cursor` of the call before.")] | UnsetType = UNSET


class Replayed(Struct, frozen=True, kw_only=True):
    """How many deliveries are sent again."""

    object: Literal["replay"] = "replay"
    count: int
    next_cursor: Annotated[str | None, Meta(description="Call again with it as `cursor`: others match too.")]

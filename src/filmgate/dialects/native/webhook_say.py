"""Saying what there is to webhooks in the native API."""

from collections.abc import Sequence
from typing import Any, get_args
from uuid import UUID

from filmgate import webhook
from filmgate.dialects.base import Reply
from filmgate.dialects.native import webhook_wire as wire
from filmgate.dialects.native.server import ID_PREFIX
from filmgate.dialects.native.webhook_read import DELIVERY_PREFIX, WEBHOOK_PREFIX
from filmgate.dialects.phrasing import printable, reply
from filmgate.ids import short_form
from filmgate.task import Status

_NAMES: dict[str, wire.EventName] = {name: name for name in get_args(wire.EventName)}


def say_webhook(endpoint: webhook.Endpoint, *, status: int = 200) -> Reply:
    """One endpoint."""
    return reply(_endpoint(endpoint), status=status)


def say_webhooks(endpoints: Sequence[webhook.Endpoint]) -> Reply:
    """All endpoints of an account."""
    return reply(wire.WebhookList(data=[_endpoint(endpoint) for endpoint in endpoints]))


def say_removed(endpoint_id: UUID) -> Reply:
    """An endpoint is gone."""
    return reply(wire.WebhookRemoved(id=short_form(WEBHOOK_PREFIX, endpoint_id)))


def say_secrets(secrets: Sequence[webhook.Secret]) -> Reply:
    """The secrets that are good, the current one first."""
    current, *before = secrets
    previous = [
        wire.PreviousSecret(secret=each.secret, created_at=each.created_at, expires_at=each.expires_at)
        for each in before
        if each.expires_at is not None
    ]
    return reply(wire.WebhookSecret(secret=current.secret, created_at=current.created_at, previous=previous))


def say_deliveries(deliveries: Sequence[webhook.Delivery], next_cursor: str | None) -> Reply:
    """A page of deliveries."""
    data = [wire.Delivery(**_members(delivery)) for delivery in deliveries]
    return reply(wire.DeliveryList(data=data, next_cursor=next_cursor))


def say_delivery(
    delivery: webhook.Delivery, attempts: Sequence[webhook.DeliveryAttempt], *, status: int = 200
) -> Reply:
    """One delivery with its attempts."""
    said = [
        wire.Attempt(
            number=attempt.number,
            started_at=attempt.started_at,
            milliseconds=attempt.milliseconds,
            http_status=attempt.http_status,
            error=attempt.error,
            answer=printable(attempt.answer),
        )
        for attempt in attempts
    ]
    return reply(wire.DeliveryDetail(**_members(delivery), attempts=said), status=status)


def say_replayed(count: int, next_cursor: str | None) -> Reply:
    """So many are sent again."""
    return reply(wire.Replayed(count=count, next_cursor=next_cursor), status=202)


def _endpoint(endpoint: webhook.Endpoint) -> wire.Webhook:
    return wire.Webhook(
        id=short_form(WEBHOOK_PREFIX, endpoint.id),
        url=endpoint.url,
        events=[_event(status) for status in endpoint.events],
        description=endpoint.description,
        disabled=endpoint.disabled_at is not None,
        created_at=endpoint.created_at,
        disabled_at=endpoint.disabled_at,
    )


def _members(delivery: webhook.Delivery) -> dict[str, Any]:
    endpoint_id = delivery.endpoint_id
    return {
        "id": short_form(DELIVERY_PREFIX, delivery.id),
        "message_id": delivery.message_id,
        "event": _event(delivery.event),
        "task_id": short_form(ID_PREFIX, delivery.task_id),
        "webhook_id": None if endpoint_id is None else short_form(WEBHOOK_PREFIX, endpoint_id),
        "url": delivery.url,
        "state": delivery.state,
        "attempt_count": delivery.attempts,
        "http_status": delivery.http_status,
        "error": delivery.error,
        "created_at": delivery.created_at,
        "next_at": delivery.next_at,
        "ended_at": delivery.ended_at,
    }


def _event(status: Status) -> wire.EventName:
    return _NAMES[webhook.event_name(status)]

"""Webhooks: news to customers. What a piece of news is called, how it is signed, and when it is told again.

    waiting ──2xx──────────────────────────────────────────> delivered
    waiting ──network, timeout, 408, 425, 429, 5xx──> waiting, for about a day and MOST_TRIES tries, then ──> dead
    waiting ──any other answer, an address that is not called──────────────────────────────────────────────> dead
    delivered, dead ──replay──> waiting

A **delivery** is one piece of news for one receiver: an order's own webhook, or an endpoint of the account. It is told
at least once. Every receiver of the same news gets it under the same message id, again at every try, so that whoever
hears it twice can tell.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec
from standardwebhooks import Webhook

from filmgate.ids import companion, short_form
from filmgate.task import Status

STATUSES: tuple[Status, ...] = get_args(Status)

MESSAGE_PREFIX = "evt_"
SECRET_PREFIX = "whsec_"  # noqa: S105  What secrets begin with is none.

OVERLAP_HOURS = 24
"""How long the secret before stays good after a rotation, unless the rotation says otherwise."""

PAUSES_SECONDS = (10, 30, 120, 300, 900, 1800, 3600, 7200, 14_400, 21_600, 36_000)
"""How long to wait after the first try, the second, and so on: 23.9 hours in all, before the jitter."""
MOST_TRIES = len(PAUSES_SECONDS) + 1
LONGEST_ASKED_PAUSE_SECONDS = 3600
"""A receiver that asks for a longer pause (``Retry-After``) than the schedule has is heard up to here."""

# Each pause is longer or shorter by up to this part, so that what failed together does not come back together.
_JITTER = 0.2
_SECRET_BYTES = 32
_AGAIN = frozenset({408, 425, 429})

DeliveryState = Literal["waiting", "delivered", "dead"]
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver of an account's news, whichever order they are of. Set by its customer."""

    id: UUID
    account_id: UUID
    url: str
    events: tuple[Status, ...]
    """The statuses whose coming it is told of."""
    description: str
    created_at: datetime
    disabled_at: datetime | None
    """Set while it is switched off and told nothing."""


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What an account's news are signed with. Made by ``new_secret``."""

    secret: str
    created_at: datetime
    expires_at: datetime | None
    """None for the current one; for one that was rotated out, until when it still signs too."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news for one receiver. Written by the move that made the news."""

    id: UUID
    account_id: UUID
    task_id: UUID
    endpoint_id: UUID | None
    """None: the order's own webhook."""
    event: Status
    """The status that the task came to."""
    url: str
    destination: str
    """The url's host and port, by which slow receivers are kept apart."""
    state: DeliveryState
    attempts: int
    """How often it was sent, in all."""
    tries: int
    """How often since it was written or last replayed; this counts for the schedule."""
    http_status: int | None
    """Of the last answer; None where there was none."""
    error: str | None
    """Why the last attempt did not deliver it, in words for its customer."""
    created_at: datetime
    next_at: datetime | None
    """When it is sent next; None once it has ended."""
    ended_at: datetime | None

    @property
    def message_id(self) -> str:
        return message_id(self.task_id, self.event)


class DeliveryAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One time a delivery was sent, and what came of it."""

    number: int
    """Counts from 1 within the delivery."""
    started_at: datetime
    milliseconds: int
    http_status: int | None
    error: str | None
    answer: str


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries of an account are meant. What is None does not matter."""

    state: DeliveryState | None = None
    event: Status | None = None
    task_id: UUID | None = None
    endpoint_id: UUID | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    """The first moment that is too late."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sending a delivery once."""

    started_at: datetime
    milliseconds: int = 0
    """Until the answer was there, or it was clear that there is none."""
    http_status: int | None = None
    answer: str = ""
    """The beginning of what the receiver answered."""
    error: str | None = None
    """Why there is no HTTP answer."""
    is_hopeless: bool = False
    """There will never be one, as where the url leads to an address that is not called."""
    asked_pause_seconds: float | None = None
    """As ``Retry-After`` said."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a delivery after an attempt."""

    state: DeliveryState
    pause_seconds: float = 0
    """For *waiting*: until the next attempt."""
    error: str | None = None


def event_name(status: Status) -> str:
    """``task.succeeded``, for instance: the news that a task has come to a status."""
    return f"task.{status}"


def event_status(name: str) -> Status | None:
    """The status behind an event's name; None for any other text."""
    return next((status for status in STATUSES if event_name(status) == name), None)


def message_id(task_id: UUID, status: Status) -> str:
    """The id of a piece of news, the same for every receiver and at every try."""
    return short_form(MESSAGE_PREFIX, companion(task_id, event_name(status)))


def judge(heard: Heard, tries: int, luck: float, pauses_seconds: Sequence[float] = PAUSES_SECONDS) -> Verdict:
    """What becomes of a delivery.

    Args:
        tries: how often it has been tried by now, since it was written or replayed.
        luck: evenly from 0 to 1; where in its jitter the pause lies.
        pauses_seconds: after the first try, the second, and so on; there is one try more.
    """
    status = heard.http_status
    if status is not None and 200 <= status < 300:
        return Verdict(state="delivered")
    error = heard.error or f"the receiver answered with status {status}"
    if status is not None and 300 <= status < 400:
        error += "; redirects are not followed"
    if heard.is_hopeless or not _may_come_right(status):
        return Verdict(state="dead", error=error)
    if tries > len(pauses_seconds):
        return Verdict(state="dead", error=f"{error}; this was the last of {tries} tries")
    pause_seconds = pauses_seconds[max(tries, 1) - 1] * (1 + _JITTER * (2 * luck - 1))
    # A shorter pause than ours is not taken: the tries would be used up before the day is over.
    asked_seconds = min(heard.asked_pause_seconds or 0.0, LONGEST_ASKED_PAUSE_SECONDS)
    return Verdict(state="waiting", pause_seconds=max(pause_seconds, asked_seconds), error=error)


def _may_come_right(http_status: int | None) -> bool:
    return http_status is None or http_status in _AGAIN or 500 <= http_status < 600


def asked_pause_seconds(retry_after: str | None, now: datetime) -> float | None:
    """What a ``Retry-After`` header asks for: seconds or a date (RFC 9110, 10.2.3). None where it asks for nothing."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        moment = parsedate_to_datetime(text)
        return max((moment - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):  # No date; one without a time zone; one beyond the calendar.
        return None


def new_secret() -> str:
    """A fresh secret: 256 random bits, as the libraries of Standard Webhooks read them."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(identifier: str, body: bytes, good: Sequence[Secret], now: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks, with one signature for each secret that is good.

    Args:
        identifier: of the message.
        body: as it is sent; UTF-8.
        now: when it is sent. Receivers refuse what is more than some minutes old.
    """
    # The library takes the hour of any zone for one of UTC.
    text, utc = body.decode(), now.astimezone(UTC)
    signatures = [Webhook(secret.secret).sign(identifier, utc, text) for secret in good]
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def hex_signed_headers(identifier: str, body: bytes, good: Sequence[Secret], now: datetime) -> dict[str, str]:
    """The same in the names of spec ink 10, for receivers that were written for that.

    The HMAC's key is the secret's text as it is shown, ``whsec_`` and all, in UTF-8: what a receiver has in its
    configuration, without decoding. There is room for one signature only. It is made with the oldest secret that is
    still good, so that a receiver which knows only that one goes on working until the overlap ends.
    """
    timestamp = str(int(now.timestamp()))
    oldest = min(good, key=lambda secret: (secret.expires_at is None, secret.created_at))
    digest = hmac.new(oldest.secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "X-Webhook-Id": identifier,
        "X-Webhook-Timestamp": timestamp,
        "X-Webhook-Signature": f"sha256={digest}",
    }

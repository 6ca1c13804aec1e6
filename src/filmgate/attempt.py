"""An attempt: one try to get a task's film made, at one upstream.

    begun ──sent──> followed ──────────────> ok · failed · cancelled
      │               (has a vendor_id)
      └──answer lost──> in doubt ──found──> followed
                           └──given up────> doubtful

It is written before its upstream hears of it. An attempt at the local engine is never followed and never in doubt: a
film that nobody waits for is simply made again. Everything here is set by ``store.attempts``.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from filmgate.ids import companion, short_form

AttemptOutcome = Literal["ok", "failed", "abandoned", "cancelled", "doubtful"]
"""``abandoned``: a later attempt at the local engine began, so the worker of this one must have died. ``doubtful``:
nobody knows whether the vendor took the order, and it was given up."""


CalledOff = Literal["stopped", "went_on", "cannot_stop", "not_known"]
"""What a vendor did when it was told that nobody wants a film any more; ``cannot_stop``: its API has no word for it."""

FIRST_CHOICE = "first choice"
"""The reason of an attempt at the first of an order's routes."""

GIVEN_UP = "given_up"
"""The fault of an attempt that is doubtful for good: its order is not to be sent again, to anybody."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try at one upstream."""

    task_id: UUID
    number: int
    """Counts from 1 within the task."""
    upstream: str
    started_at: datetime
    remote: bool = False
    vendor_model: str | None = None
    """The vendor's name for the model."""
    vendor_id: str | None = None
    """The vendor's name for the task, once it is known."""
    vendor_request_id: str | None = None
    """The vendor's name for the call that was answered last, for its support."""
    submitted_at: datetime | None = None
    """When the vendor answered with its id, or was found to have the order."""
    doubt_since: datetime | None = None
    """Since when nobody knows whether the vendor took the order."""
    seed: int | None = None
    """Drawn for this attempt where the order names none; by it the film is told from others in the vendor's list."""
    worker_id: UUID | None = None
    """Who follows it."""
    reason: str | None = None
    """Why this route was taken."""
    vendor_state: str | None = None
    """The last state that the vendor reported, in our words for its states."""
    looked_at: datetime | None = None
    looks: int = 0
    """How often the vendor was asked about it, lists not counted."""
    usage: dict[str, Any] | None = None
    """What the vendor says it counted or charged."""
    ended_at: datetime | None = None
    outcome: AttemptOutcome | None = None
    fault: str | None = None
    """Whose fault a failure was: a ``Fault`` of ``errors.UpstreamFailed``, a ``Reason`` of a vendor's task, or
    ``GIVEN_UP``."""
    called_off: CalledOff | None = None
    """Set where the vendor's task was called off, or should have been."""
    detail: str | None = None

    @property
    def is_in_doubt(self) -> bool:
        return self.doubt_since is not None and self.ended_at is None

    @property
    def idempotency_key(self) -> str:
        """The same whenever this attempt's call is sent again, and no other attempt's."""
        return idempotency_key(self.task_id, self.number)


def idempotency_key(task_id: UUID, number: int) -> str:
    """The key of a task's attempt."""
    return short_form("att_", companion(task_id, f"attempt {number}"))

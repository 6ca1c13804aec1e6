"""Reviews and the decisions about them. Decisions are written, never rewritten."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from filmgate.review import DecidedBy, Decision, Review, ReviewState
from filmgate.store.db import Database
from filmgate.store.queue import QUEUE_CHANNEL, WAKE_WORKERS

Outcome = Literal["decided", "same", "closed", "unknown"]
"""As decide_review in the schema says."""
Position = tuple[datetime, UUID]

_COLUMNS = "id, account_id, file_id, task_id, created_at, due_at, state, reason"
_ONE = f"SELECT {_COLUMNS} FROM reviews WHERE id = $1"  # noqa: S608
_OF_TASK = f"SELECT {_COLUMNS} FROM reviews WHERE task_id = $1"  # noqa: S608
# Oldest first: who waits longest is next. open_reviews or reviews_by_age.
_PAGE = f"""
SELECT {_COLUMNS} FROM reviews
WHERE {{state}} AND ($1::timestamptz IS NULL OR (created_at, id) > ($1, $2)) ORDER BY created_at, id LIMIT $3
"""  # noqa: S608
_DECISIONS = """
SELECT number, decided_at, state, by, who, reason FROM review_decisions WHERE review_id = $1 ORDER BY number
"""
_DECIDE = "SELECT decide_review($1, $2, $3, $4, $5, $6, $7)"
# open_reviews. Those that were never told of come with their first tell_at.
_TO_TELL = f"""
WITH due AS (
    SELECT id FROM reviews WHERE state = 'pending' AND (tells = 0 OR tell_at <= $1)
    ORDER BY created_at, id LIMIT $4 FOR UPDATE SKIP LOCKED
)
UPDATE reviews
SET tells = tells + 1, due_at = coalesce(due_at, CASE WHEN tells = 0 THEN $3::timestamptz END),
    tell_at = $2::timestamptz + make_interval(secs => least(power(4, tells), 3600))
FROM due WHERE reviews.id = due.id
RETURNING {", ".join(f"reviews.{column.strip()}" for column in _COLUMNS.split(","))}, tells
"""  # noqa: S608
_TOLD = "UPDATE reviews SET tell_at = NULL WHERE id = $1 AND state = 'pending'"
_OVERDUE = f"SELECT {_COLUMNS} FROM reviews WHERE state = 'pending' AND due_at <= $1 ORDER BY due_at LIMIT $2"  # noqa: S608
_LEFT_TO_PEOPLE = "UPDATE reviews SET due_at = NULL, tell_at = NULL WHERE id = $1 AND state = 'pending'"


class Told(msgspec.Struct, frozen=True):
    """A review that the moderator is to be told of now."""

    review: Review
    tells: int
    """This one counts."""


class Reviews:
    """The rows of reviews. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, review_id: UUID) -> Review | None:
        """A review by its id, whoever's it is."""
        row = await self._db.row(_ONE, review_id)
        return None if row is None else Review(**row)

    async def of_task(self, task_id: UUID) -> Review | None:
        """The review of an order's prompt; None where nobody need read it."""
        row = await self._db.row(_OF_TASK, task_id)
        return None if row is None else Review(**row)

    async def page(self, state: ReviewState | None, *, after: Position | None, limit: int) -> list[Review]:
        """Reviews of all accounts, oldest first."""
        condition = "true"
        match state:
            case "pending" | "approved" | "rejected":
                condition = f"state = '{state}'"
        rows = await self._db.rows(_PAGE.format(state=condition), *(after or (None, None)), limit)
        return [Review(**row) for row in rows]

    async def decisions(self, review_id: UUID) -> list[Decision]:
        """All that was decided, oldest first."""
        return [Decision(**row) for row in await self._db.rows(_DECISIONS, review_id)]

    async def decide(
        self,
        review_id: UUID,
        state: ReviewState,
        *,
        by: DecidedBy,
        who: str,
        reason: str,
        now: datetime,
        only_open: bool = False,
    ) -> Outcome:
        """Decide a review; what waits for it goes on.

        Args:
            only_open: leave it as it is where somebody was first.
        """
        outcome: Outcome = await self._db.value(_DECIDE, review_id, state, by, who, reason, only_open, now)
        if outcome == "decided":
            self._db.notify_soon(QUEUE_CHANNEL, [WAKE_WORKERS])
        return outcome

    async def to_tell(self, now: datetime, answered_within: timedelta, limit: int) -> list[Told]:
        """Open reviews that the moderator is to be told of, by this worker alone. Until it has heard of one, that one
        comes again, after longer and longer pauses.
        """
        rows = await self._db.rows(_TO_TELL, now, now, now + answered_within, limit)
        return [Told(_review(row), row["tells"]) for row in rows]

    async def told(self, review_id: UUID) -> None:
        """The moderator has heard of it."""
        await self._db.run(_TOLD, review_id)

    async def overdue(self, now: datetime, limit: int) -> list[Review]:
        """Open reviews that the moderator should have answered by now."""
        return [Review(**row) for row in await self._db.rows(_OVERDUE, now, limit)]

    async def leave_to_people(self, review_id: UUID) -> None:
        """Wait for the moderator no longer; it stays open."""
        await self._db.run(_LEFT_TO_PEOPLE, review_id)


def _review(row: Mapping[str, Any]) -> Review:
    return Review(**{name: row[name] for name in Review.__struct_fields__})

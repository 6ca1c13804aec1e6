"""Deliveries as their customers see them: to look at, and to send again. ``store/claims.py`` is how they are sent.

They are written by ``tell`` (schema), in the transaction of the move that makes the news.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from filmgate.errors import NotFound, WrongState
from filmgate.store.db import Database
from filmgate.store.listen import DELIVERIES_CHANNEL
from filmgate.webhook import Delivery, DeliveryAttempt, DeliveryFilter

KEPT = timedelta(days=30)
"""How long a delivery that has ended stays to be looked at and replayed."""
MOST_ATTEMPTS_SHOWN = 100

Position = tuple[datetime, UUID]
"""Where in a list of deliveries a page ends: when its last one was written, and its id."""

_COLUMNS = (
    *("id", "account_id", "task_id", "endpoint_id", "event", "url", "destination", "state", "attempts"),
    *("http_status", "error", "created_at", "next_at", "ended_at"),
)
DELIVERY_COLUMNS = ", ".join(f"deliveries.{column}" for column in (*_COLUMNS, "tries_since_replay"))
"""What ``delivery_of`` needs."""

_ONE = f"SELECT {DELIVERY_COLUMNS} FROM deliveries WHERE id = $1 AND account_id = $2"  # noqa: S608
_ATTEMPTS = """
SELECT number, started_at, milliseconds, http_status, error, answer FROM delivery_attempts
WHERE delivery_id = $1 ORDER BY number DESC LIMIT $2
"""

# deliveries_of_account, or dead_deliveries_of_account, or deliveries_of_task, as the filter is.
_PAGE = f"""
SELECT {DELIVERY_COLUMNS} FROM deliveries WHERE {{conditions}} ORDER BY created_at DESC, id DESC LIMIT {{limit}}
"""  # noqa: S608

# What is being sent at this moment is left as it is, and so is what has nowhere to go.
_REPLAY = """
UPDATE deliveries
SET state = 'waiting', next_at = {now}, ended_at = NULL, claimed_until = NULL, tries_since_replay = 0
FROM (
    SELECT deliveries.id FROM deliveries
    WHERE {conditions}
      AND (claimed_until IS NULL OR claimed_until <= {now}) AND (state <> 'waiting' OR next_at > {now})
      AND (endpoint_id IS NULL
           OR EXISTS (SELECT FROM webhook_endpoints WHERE id = endpoint_id AND disabled_at IS NULL))
    ORDER BY created_at DESC, id DESC LIMIT {limit} FOR UPDATE SKIP LOCKED
) AS chosen
WHERE deliveries.id = chosen.id
RETURNING deliveries.created_at, deliveries.id
"""

# deliveries_ended. The attempts go with it.
_REMOVE_OLD = """
DELETE FROM deliveries WHERE id = ANY (ARRAY(SELECT id FROM deliveries WHERE ended_at <= $1 ORDER BY ended_at LIMIT $2))
RETURNING id
"""


class Deliveries:
    """Deliveries and the attempts at them. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(
        self, account_id: UUID, wanted: DeliveryFilter, limit: int, after: Position | None = None
    ) -> list[Delivery]:
        """An account's deliveries, newest first.

        Args:
            after: where the page before ends.
        """
        values, conditions = _conditions(account_id, wanted, after)
        values.append(limit)
        statement = _PAGE.format(conditions=" AND ".join(conditions), limit=f"${len(values)}")
        return [delivery_of(row) for row in await self._db.rows(statement, *values)]

    async def get(self, account_id: UUID, delivery_id: UUID) -> Delivery | None:
        """An account's delivery by its id."""
        row = await self._db.row(_ONE, delivery_id, account_id)
        return None if row is None else delivery_of(row)

    async def attempts(self, delivery_id: UUID) -> list[DeliveryAttempt]:
        """The last ``MOST_ATTEMPTS_SHOWN`` attempts at a delivery, oldest first."""
        rows = await self._db.rows(_ATTEMPTS, delivery_id, MOST_ATTEMPTS_SHOWN)
        return [DeliveryAttempt(**row) for row in reversed(rows)]

    async def replay(self, account_id: UUID, delivery_id: UUID, now: datetime) -> Delivery:
        """Send a delivery again, with a fresh schedule, whatever became of it. One that is being sent stays so.

        Raises:
            NotFound: the account has no such delivery.
            WrongState: its endpoint was removed or is switched off.
        """
        replayed = await self._replay(account_id, DeliveryFilter(), now, limit=1, delivery_id=delivery_id)
        delivery = await self.get(account_id, delivery_id)
        if delivery is None:
            raise NotFound("delivery not found")
        if not replayed and delivery.state != "waiting":
            raise WrongState("the delivery's endpoint was removed or is switched off")
        return delivery

    async def replay_many(
        self, account_id: UUID, wanted: DeliveryFilter, now: datetime, limit: int, after: Position | None = None
    ) -> tuple[int, Position | None]:
        """The same for all that match, newest first, at most ``limit``; those that have nowhere to go are left out.

        Args:
            after: where the call before ended. What it replayed may match again by now.

        Returns:
            How many are sent again, and where to go on; None where no more are left.
        """
        replayed = await self._replay(account_id, wanted, now, limit=limit, after=after)
        return len(replayed), min(replayed) if len(replayed) == limit else None

    async def remove_old(self, now: datetime, limit: int) -> int:
        """Remove deliveries that ended more than ``KEPT`` ago, at most ``limit``. Returns how many."""
        return len(await self._db.rows(_REMOVE_OLD, now - KEPT, limit))

    async def _replay(
        self,
        account_id: UUID,
        wanted: DeliveryFilter,
        now: datetime,
        *,
        limit: int,
        after: Position | None = None,
        delivery_id: UUID | None = None,
    ) -> list[Position]:
        values, conditions = _conditions(account_id, wanted, after)
        if delivery_id is not None:
            values.append(delivery_id)
            conditions.append(f"deliveries.id = ${len(values)}")
        values += (now, limit)
        statement = _REPLAY.format(
            conditions=" AND ".join(conditions), now=f"${len(values) - 1}::timestamptz", limit=f"${len(values)}"
        )
        replayed = await self._db.rows(statement, *values)
        if replayed:
            self._db.notify_soon(DELIVERIES_CHANNEL)
        return [(row["created_at"], row["id"]) for row in replayed]


def _conditions(account_id: UUID, wanted: DeliveryFilter, after: Position | None) -> tuple[list[Any], list[str]]:
    """The values and the conditions of a filter. Only what is asked for becomes a condition, so that the planner sees
    which index serves; the state stands in the text, because dead_deliveries_of_account is for one state only.
    """
    values: list[Any] = [account_id]
    conditions = ["account_id = $1"]
    if after is not None:
        values += after
        conditions.append("(created_at, id) < ($2, $3)")
    for text, value in (
        ("event = ${}", wanted.event),
        ("task_id = ${}", wanted.task_id),
        ("endpoint_id = ${}", wanted.endpoint_id),
        ("created_at >= ${}", wanted.created_from),
        ("created_at < ${}", wanted.created_before),
    ):
        if value is not None:
            values.append(value)
            conditions.append(text.format(len(values)))
    match wanted.state:
        case "waiting" | "delivered" | "dead" as state:
            conditions.append(f"state = '{state}'")
    return values, conditions


def delivery_of(row: Mapping[str, Any]) -> Delivery:
    """A delivery from its columns."""
    return Delivery(tries=row["tries_since_replay"], **{column: row[column] for column in _COLUMNS})

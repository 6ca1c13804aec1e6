"""What has had its time: tasks whose film is due to go, idempotency keys of yesterday, objects that no task knows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from filmgate.store.db import Database

IDEMPOTENCY_KEPT = timedelta(hours=24)

# The oldest of those that are due (tasks_to_forget), and of these any: two workers that ask at the same time seldom
# get the same.
_DUE = """
SELECT id FROM (
    SELECT id FROM tasks WHERE kept_until <= $1 AND kept_until IS NOT NULL AND forgotten_at IS NULL
    ORDER BY kept_until LIMIT 20 * $2
) due
ORDER BY random() LIMIT $2
"""
# What another worker is just marking is left to it, so that nobody waits for anybody.
_FORGOTTEN = """
WITH mine AS (
    SELECT id FROM tasks WHERE id = ANY($1) AND forgotten_at IS NULL AND kept_until <= $2 FOR UPDATE SKIP LOCKED
)
UPDATE tasks SET forgotten_at = $2 FROM mine WHERE tasks.id = mine.id RETURNING tasks.id
"""
# idempotency_keys_by_age. What an order is just being accepted with is left for the next time: nobody waits here.
_REMOVE_KEYS = """
WITH old AS (
    SELECT account_id, key FROM idempotency_keys WHERE created_at <= $1
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
), removed AS (
    DELETE FROM idempotency_keys USING old
    WHERE idempotency_keys.account_id = old.account_id AND idempotency_keys.key = old.key
    RETURNING 1
)
SELECT count(*) FROM removed
"""
_UNKNOWN = "SELECT id FROM unnest($1::uuid[]) AS id WHERE NOT EXISTS (SELECT FROM tasks WHERE tasks.id = id.id)"
# The moment in its one form, so that text compares as times do.
_CLAIM_SEARCH = """
INSERT INTO settings (name, value) VALUES ('inputs_searched_at', $1)
ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE settings.value <= $2
RETURNING value
"""


class Retention:
    """The rows that say what may be removed, and when. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def due(self, now: datetime, limit: int) -> list[UUID]:
        """Ended tasks whose promised time is over and whose objects are still to be removed."""
        return [row["id"] for row in await self._db.rows(_DUE, now, limit)]

    async def mark_forgotten(self, task_ids: Sequence[UUID], now: datetime) -> list[UUID]:
        """Write down that the objects of tasks are gone. Returns those of which it was not known yet."""
        return [row["id"] for row in await self._db.rows(_FORGOTTEN, task_ids, now)]

    async def remove_idempotency_keys(self, now: datetime, limit: int) -> int:
        """Remove keys that are older than their day, at most so many; returns how many."""
        removed: int = await self._db.value(_REMOVE_KEYS, now - IDEMPOTENCY_KEPT, limit)
        return removed

    async def unknown_tasks(self, task_ids: Sequence[UUID]) -> set[UUID]:
        """Those ids that belong to no task."""
        return {row["id"] for row in await self._db.rows(_UNKNOWN, task_ids)}

    async def claim_search(self, now: datetime, pause: timedelta) -> bool:
        """Whether it is time to search the whole object store; if so, it is the caller's turn, and nobody else's until
        the pause is over.
        """
        return await self._db.value(_CLAIM_SEARCH, _as_text(now), _as_text(now - pause)) is not None


def _as_text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"

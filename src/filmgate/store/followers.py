"""Followers: which worker follows which open attempts. A worker that stops beating loses what it followed.

A lease of a whole worker, not of each task: beating is one row however much it follows, and taking over is one
statement for a hundred attempts.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from filmgate.store.db import Database

# The database's clock, the same for all workers.
_BEAT = """
INSERT INTO workers (id, beat_at, said) VALUES ($1, now(), $2::text::jsonb)
ON CONFLICT (id) DO UPDATE SET beat_at = now(), said = excluded.said
"""
_LEAVE = "DELETE FROM workers WHERE id = $1"
_FORGET = "DELETE FROM workers WHERE beat_at < now() - interval '1 hour'"
# followed_attempts, once for each worker that is gone. SKIP LOCKED: two who take over at once share.
_TAKE_OVER = """
WITH orphans AS (
    SELECT task_id, number FROM attempts
    WHERE ended_at IS NULL AND vendor_id IS NOT NULL
      AND upstream = ANY ($4)
      AND (worker_id IS NULL OR worker_id NOT IN (SELECT id FROM workers WHERE beat_at > now() - $2::interval))
    LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE attempts SET worker_id = $1
FROM orphans, tasks
WHERE attempts.task_id = orphans.task_id AND attempts.number = orphans.number AND tasks.id = attempts.task_id
RETURNING attempts.task_id, attempts.number, attempts.upstream, attempts.vendor_model, attempts.vendor_id,
          attempts.submitted_at, attempts.looks, tasks.request->>'resolution' AS resolution,
          (tasks.request->>'duration_seconds')::integer AS seconds
"""
# followed_attempts, as above.
_NOBODYS = """
SELECT task_id, number FROM attempts
WHERE ended_at IS NULL AND vendor_id IS NOT NULL AND upstream <> ALL ($1)
  AND (worker_id IS NULL OR worker_id NOT IN (SELECT id FROM workers WHERE beat_at > now() - $2::interval))
LIMIT $3
"""
# followed_attempts
_GIVE_BACK = """
UPDATE attempts SET worker_id = NULL
WHERE worker_id = $1 AND task_id = ANY ($2) AND ended_at IS NULL AND vendor_id IS NOT NULL
"""
# followed_attempts
_OF_WORKER = "SELECT task_id FROM attempts WHERE worker_id = $1 AND ended_at IS NULL AND vendor_id IS NOT NULL"


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept in memory of an attempt that is followed: little, because there may be very many."""

    task_id: UUID
    number: int
    upstream: str
    vendor_model: str
    vendor_id: str
    submitted_at: datetime
    looks: int
    resolution: str
    seconds: int
    """Ordered length of the film."""


class Followers:
    """The leases of workers. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def beat(self, worker_id: UUID, said: Mapping[str, Any]) -> None:
        """The worker is alive, and says so much about itself, for the metrics."""
        await self._db.run(_BEAT, worker_id, msgspec.json.encode(said).decode())

    async def leave(self, worker_id: UUID) -> None:
        """The worker stops: what it followed is for others, at once."""
        await self._db.run(_LEAVE, worker_id)
        await self._db.run(_FORGET)

    async def take_over(
        self, worker_id: UUID, upstreams: Sequence[str], gone_after: timedelta, limit: int
    ) -> list[Followed]:
        """Take attempts at these upstreams whose worker has not beaten for so long, or that nobody follows."""
        return [Followed(**row) for row in await self._db.rows(_TAKE_OVER, worker_id, gone_after, limit, upstreams)]

    async def nobodys(self, upstreams: Sequence[str], gone_after: timedelta, limit: int) -> list[tuple[UUID, int]]:
        """Attempts at any other upstream that no living worker follows: task and number."""
        rows = await self._db.rows(_NOBODYS, upstreams, gone_after, limit)
        return [(row["task_id"], row["number"]) for row in rows]

    async def give_back(self, worker_id: UUID, task_ids: Collection[UUID]) -> None:
        """Let others follow these of the worker's tasks."""
        await self._db.run(_GIVE_BACK, worker_id, list(task_ids))

    async def of_worker(self, worker_id: UUID) -> set[UUID]:
        """The tasks that are this worker's to follow."""
        return {row["task_id"] for row in await self._db.rows(_OF_WORKER, worker_id)}

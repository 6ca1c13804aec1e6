"""Attempts: begun where there is room, followed by one worker at a time, in doubt where an answer was lost.

Each change is one statement. An attempt at a vendor is open until ``end``; an open one with a ``vendor_id`` is
followed, one without is being sent or is in doubt. A worker beats for all that it follows at once, so following fifty
thousand tasks costs one row a second.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from filmgate.attempt import Attempt, AttemptOutcome
from filmgate.store.db import Database
from filmgate.task import Status

NoRoom = Literal["running", "rate", "paused"]
"""Why an upstream takes no order now: as many run as may, too many were sent in this minute, it wants to be left alone.
"""

_COLUMNS = """
task_id, number, upstream, started_at, remote, vendor_model, vendor_id, vendor_request_id, submitted_at, doubt_since,
seed, worker_id, reason, vendor_state, looked_at, looks, usage, ended_at, outcome, fault, detail
"""
_OF_TASK = f"SELECT {_COLUMNS} FROM attempts WHERE task_id = $1 ORDER BY number"  # noqa: S608
# one_open_attempt
_OPEN = f"SELECT {_COLUMNS} FROM attempts WHERE task_id = $1 AND ended_at IS NULL"  # noqa: S608
_BEGIN_LOCAL = "SELECT begin_attempt($1, $2, $3)"
_BEGIN_REMOTE = "SELECT number, refused FROM begin_remote_attempt($1, $2, $3, $4, $5, $6, $7, $8)"
_END = "SELECT end_attempt($1, $2, $3, $4, $5, $6::text::jsonb, $7)"
# The lock makes it wait for whoever finds the order at this very moment, and look again.
_END_DOUBT = """
SELECT end_attempt($1, $2, $3, $4, $5, NULL, $6)
FROM (SELECT FROM attempts WHERE task_id = $1 AND number = $2 AND ended_at IS NULL AND vendor_id IS NULL FOR UPDATE)
     AS still_in_doubt
"""

_SUBMITTED = """
UPDATE attempts SET vendor_id = $3, submitted_at = coalesce(submitted_at, $4), vendor_request_id = $5,
                    doubt_since = NULL, worker_id = $6
WHERE task_id = $1 AND number = $2 AND ended_at IS NULL
RETURNING task_id
"""
_DOUBTED = """
UPDATE attempts SET doubt_since = coalesce(doubt_since, $3), detail = $4, vendor_request_id = $5
WHERE task_id = $1 AND number = $2 AND ended_at IS NULL AND vendor_id IS NULL
"""
_NOTE_LOOKS = """
UPDATE attempts SET looks = attempts.looks + seen.looks, looked_at = seen.looked_at, vendor_state = seen.state
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::timestamptz[], $5::text[])
     AS seen (task_id, number, looks, looked_at, state)
WHERE attempts.task_id = seen.task_id AND attempts.number = seen.number AND ended_at IS NULL
"""
# doubtful_attempts; few, whatever there is of the rest.
_DOUBTFUL = f"""
SELECT {_COLUMNS} FROM attempts WHERE ended_at IS NULL AND doubt_since IS NOT NULL ORDER BY doubt_since LIMIT $1
"""  # noqa: S608
# one_open_attempt, for both
_WITHOUT_ID = f"""
SELECT {_COLUMNS} FROM attempts WHERE ended_at IS NULL AND remote AND vendor_id IS NULL AND upstream = $1
"""  # noqa: S608
_OF_ENDED = f"""
SELECT {", ".join(f"attempts.{name}" for name in _COLUMNS.replace(",", " ").split())}, tasks.status
FROM attempts JOIN tasks ON tasks.id = attempts.task_id
WHERE attempts.ended_at IS NULL AND tasks.completed_at < $1
ORDER BY attempts.task_id LIMIT $2
"""  # noqa: S608
# one_attempt_a_vendor_task
_KNOWN_IDS = "SELECT vendor_id FROM attempts WHERE upstream = $1 AND vendor_id = ANY($2)"
_BY_VENDOR_ID = f"SELECT {_COLUMNS} FROM attempts WHERE upstream = $1 AND vendor_id = $2"  # noqa: S608


class Attempts:
    """The rows of attempts. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_task(self, task_id: UUID) -> list[Attempt]:
        """All attempts of a task, oldest first."""
        return [_attempt(row) for row in await self._db.rows(_OF_TASK, task_id)]

    async def open_of_task(self, task_id: UUID) -> Attempt | None:
        """The task's open attempt, if there is one."""
        row = await self._db.row(_OPEN, task_id)
        return None if row is None else _attempt(row)

    async def begin_local(self, task_id: UUID, upstream: str, now: datetime) -> Attempt:
        """Write down a new attempt at the engine here. An earlier one that is still open is marked ``abandoned``: its
        worker died. The task must have no open attempt elsewhere."""
        number = await self._db.value(_BEGIN_LOCAL, task_id, upstream, now)
        return Attempt(task_id=task_id, number=number, upstream=upstream, started_at=now)

    async def begin_remote(
        self,
        task_id: UUID,
        *,
        upstream: str,
        vendor_model: str,
        seed: int | None,
        reason: str,
        max_running: int,
        submits_per_minute: int,
        now: datetime,
    ) -> Attempt | NoRoom | None:
        """Write down a new attempt at a vendor, and take a place there that counts over all workers.

        Returns:
            The attempt; or why the vendor has no room; or None where the task has ended or has an open attempt.
        """
        row = await self._db.row(
            _BEGIN_REMOTE, task_id, upstream, vendor_model, seed, reason, max_running, submits_per_minute, now
        )
        if row is None or row["refused"] in ("ended", "open"):
            return None
        if row["refused"] is not None:
            no_room: NoRoom = row["refused"]
            return no_room
        return Attempt(
            task_id=task_id,
            number=row["number"],
            upstream=upstream,
            started_at=now,
            remote=True,
            vendor_model=vendor_model,
            seed=seed,
            reason=reason,
        )

    async def submitted(
        self, attempt: Attempt, vendor_id: str, request_id: str | None, worker_id: UUID | None, now: datetime
    ) -> bool:
        """The vendor has the order, under this id; ``worker_id`` follows it, or (None) whoever takes it over. Ends any
        doubt.

        Returns:
            False where the attempt has ended meanwhile, or the vendor's task is another attempt's.
        """
        try:
            row = await self._db.row(_SUBMITTED, attempt.task_id, attempt.number, vendor_id, now, request_id, worker_id)
        except asyncpg.UniqueViolationError:
            return False
        return row is not None

    async def doubted(self, attempt: Attempt, detail: str, request_id: str | None, now: datetime) -> None:
        """Nobody knows whether the vendor took the order."""
        await self._db.run(_DOUBTED, attempt.task_id, attempt.number, now, detail, request_id)

    async def end(
        self,
        attempt: Attempt,
        outcome: AttemptOutcome,
        detail: str | None,
        now: datetime,
        *,
        fault: str | None = None,
        usage: dict[str, Any] | None = None,
    ) -> bool:
        """Write down how an attempt ended, and give its place back. One that has ended already stays as it is.

        Returns:
            Whether it was still open.
        """
        said = None if usage is None else msgspec.json.encode(usage).decode()
        ended: bool = await self._db.value(_END, attempt.task_id, attempt.number, outcome, fault, detail, said, now)
        return ended

    async def end_doubt(
        self, attempt: Attempt, outcome: AttemptOutcome, detail: str, now: datetime, *, fault: str | None = None
    ) -> bool:
        """As ``end``, for an attempt that is in doubt: one that was found meanwhile stays open.

        Returns:
            Whether it was still in doubt.
        """
        row = await self._db.row(_END_DOUBT, attempt.task_id, attempt.number, outcome, fault, detail, now)
        return row is not None and bool(row["end_attempt"])

    async def note_looks(self, looks: Sequence[tuple[UUID, int, int, datetime, str | None]]) -> None:
        """Write down what was learned of many attempts: task, number, how many looks more, when, the vendor's state."""
        if looks:
            await self._db.run(_NOTE_LOOKS, *zip(*looks, strict=True))

    async def doubtful(self, limit: int) -> list[Attempt]:
        """Open attempts in doubt, the longest first."""
        return [_attempt(row) for row in await self._db.rows(_DOUBTFUL, limit)]

    async def without_id(self, upstream: str) -> list[Attempt]:
        """Open attempts at a vendor whose answer is not there yet, or is in doubt."""
        return [_attempt(row) for row in await self._db.rows(_WITHOUT_ID, upstream)]

    async def of_ended_tasks(self, before: datetime, limit: int) -> list[tuple[Attempt, Status]]:
        """Open attempts at tasks that ended before then, with how they ended."""
        rows = await self._db.rows(_OF_ENDED, before, limit)
        return [
            (_attempt({name: value for name, value in row.items() if name != "status"}), row["status"]) for row in rows
        ]

    async def known_ids(self, upstream: str, vendor_ids: Sequence[str]) -> set[str]:
        """Those of a vendor's tasks that are ours, whatever became of them."""
        return {row["vendor_id"] for row in await self._db.rows(_KNOWN_IDS, upstream, vendor_ids)}

    async def by_vendor_id(self, upstream: str, vendor_id: str) -> Attempt | None:
        """The attempt behind a vendor's task."""
        row = await self._db.row(_BY_VENDOR_ID, upstream, vendor_id)
        return None if row is None else _attempt(row)


def _attempt(row: Mapping[str, Any]) -> Attempt:
    values = dict(row)
    usage = values.pop("usage")
    return Attempt(**values, usage=None if usage is None else msgspec.json.decode(usage))

"""Tasks: an order and all that becomes of it. Accepting and moving are one call of a schema function each."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NoReturn
from uuid import UUID

import asyncpg
import msgspec

from filmgate.errors import (
    BadRequest,
    DayExhausted,
    InsufficientFunds,
    KeyReused,
    QuotaExhausted,
    RulesBroken,
    TooManyOrders,
    Unauthenticated,
    Violation,
)
from filmgate.store.accept import Acceptor, Idempotency
from filmgate.store.accept import NewTask as NewTask  # The noun's other half; callers find it here.
from filmgate.store.db import Database
from filmgate.store.listen import DELIVERIES_CHANNEL, TASKS_CHANNEL
from filmgate.store.queue import QUEUE_CHANNEL, SEND_PREFIX, WAKE_WORKERS, WITHDRAW_JOB
from filmgate.store.task_rows import TASK_COLUMNS, TaskRows
from filmgate.task import Move, Task

# What use_assets in the schema says of an asset that cannot be used any more.
_ASSET_GONE = "asset"
# After so long it is worth looking whether an open order has ended.
_PLACE_SECONDS = 5

_APPLY = "SELECT moved, told FROM move_task($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8::text::jsonb)"
# What was there for an order that accept_order refused. A total may have been set below what is spent already.
_LEFT = """
SELECT a.available, greatest(a.total_micros - a.held - a.spent, 0) AS total, k.quota_micros - k.used_micros AS quota,
       k.daily_micros AS key_day, a.daily_micros AS account_day
FROM keys k JOIN accounts a ON a.id = k.account_id WHERE k.id = $1
"""
_TASK_OF_KEY = """
SELECT task_id, digest FROM idempotency_keys
WHERE account_id = $1 AND key = $2 AND created_at > $3::timestamptz - interval '24 hours'
"""

_TASK = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = $1"  # noqa: S608
_MANY_TASKS = _TASK.replace("id = $1", "id = ANY($1)")

# Touches no indexed column, so it stays on the row's page and leaves no work for the indexes.
_PROGRESS = "UPDATE tasks SET progress = $2 WHERE id = $1 AND status IN ('running', 'saving') AND progress < $2"
# What is kept for the customer may go at once (tasks_to_forget); a time that has passed already stays.
_DELETE = """
UPDATE tasks SET deleted_at = $2, kept_until = least(kept_until, $2)
WHERE id = $1 AND completed_at IS NOT NULL AND deleted_at IS NULL
"""


# open_tasks, and for each one look into pgqueuer_unique_dedupe_key and one_open_attempt. What a vendor has, or may
# have, needs no job: it is followed, or its doubt is settled.
_WITHOUT_JOB = """
SELECT id FROM tasks
WHERE completed_at IS NULL
  AND NOT EXISTS (SELECT FROM pgqueuer WHERE dedupe_key = tasks.id::text AND pgqueuer.status IN ('queued', 'picked'))
  AND NOT EXISTS (SELECT FROM attempts WHERE task_id = tasks.id AND ended_at IS NULL
                  AND (vendor_id IS NOT NULL OR doubt_since IS NOT NULL))
ORDER BY id LIMIT $1
"""
# The open tasks are few beside the ended ones, and only open_tasks is read.
_OVERDUE = """
SELECT id FROM tasks
WHERE completed_at IS NULL AND created_at + make_interval(secs => (request->>'timeout_seconds')::int) <= $1
ORDER BY id LIMIT $2
"""
# open_tasks. The empty list is every lane.
_IN_OTHER_LANES = """
SELECT id, lane FROM tasks
WHERE completed_at IS NULL AND starts_with(lane, $1) AND lane <> ALL ($2::text[]) ORDER BY id LIMIT $3
"""
_MOVE_TO_LANE = "SELECT move_to_lane($1, $2)"
_REQUEUE = "SELECT enqueue_task(id, lane, turn) FROM tasks WHERE id = $1 AND completed_at IS NULL"


class Tasks:
    """The rows of tasks. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._acceptor = Acceptor(db)
        self._rows = TaskRows()

    async def accept(self, new: NewTask) -> UUID:
        """Reserve the money and keep the order, its ledger entry and its job: all of it or nothing.

        Accepting the same id again, as after an answer that got lost, changes nothing.

        Returns:
            The order's id; where its idempotency key came before with the same order, the id of that one, and then
            nothing is changed.

        Raises:
            InsufficientFunds: the account cannot pay.
            QuotaExhausted: the key, or the account, may not spend that much.
            TooManyOrders, DayExhausted: not now.
            KeyReused: its idempotency key came before, with another order.
            Unauthenticated: the key was revoked meanwhile.
            RulesBroken: an asset that it names was deleted or rejected meanwhile.
            BadRequest: the order holds text that a database cannot keep (a NUL, or nesting without end).
        """
        try:
            verdict = await self._acceptor.accept(new)
        except (asyncpg.UntranslatableCharacterError, asyncpg.StatementTooComplexError) as exc:
            raise BadRequest("the order holds text that cannot be kept, such as a NUL character") from exc
        except asyncpg.RaiseError as exc:
            if exc.message != _ASSET_GONE:
                raise
            raise _asset_gone(new, exc.detail) from exc
        if verdict.word == "again":
            return verdict.task_id
        if verdict.word != "ok":
            await self._refuse(new, verdict.word)
        # After the commit: who is woken earlier finds nothing.
        self._db.notify_soon(QUEUE_CHANNEL, [WAKE_WORKERS])
        if "queued" in new.webhook_events:
            self._db.notify_soon(DELIVERIES_CHANNEL)
        return new.id

    async def accepted_before(self, account_id: UUID, idempotency: Idempotency, now: datetime) -> Task | None:
        """The order that the idempotency key made before, in its state of today.

        Raises:
            KeyReused: it was another order.
        """
        row = await self._db.row(_TASK_OF_KEY, account_id, idempotency.key, now)
        if row is None:
            return None
        if row["digest"] != idempotency.digest:
            raise _key_reused()
        return await self.get(row["task_id"])

    async def get(self, task_id: UUID) -> Task | None:
        """A task by its id, whoever ordered it, even where it was deleted."""
        row = await self._db.row(_TASK, task_id)
        return None if row is None else self._rows.task(*row)

    async def get_many(self, task_ids: Sequence[UUID]) -> dict[UUID, Task]:
        """Those of the tasks that exist, whoever ordered them, in one round trip, deleted ones too. Doors check both
        themselves."""
        rows = await self._db.rows(_MANY_TASKS, task_ids)
        return {row["id"]: self._rows.task(*row) for row in rows}

    async def apply(self, move: Move) -> bool:
        """Carry out a move with its ledger entry, the balances and the key's use, in one transaction.

        Returns:
            False, and nothing is changed, if the status is no longer the one the move was decided on.
        """
        row = await self._db.row(
            _APPLY,
            move.task_id,
            move.seen,
            move.to,
            move.at,
            move.entry,
            move.cost_micros,
            None if move.error is None else msgspec.json.encode(move.error).decode(),
            None if move.result is None else msgspec.json.encode(move.result).decode(),
        )
        moved, told = row or (False, 0)
        if moved:
            self._db.notify_soon(TASKS_CHANNEL, [str(move.task_id)])
        if told:
            self._db.notify_soon(DELIVERIES_CHANNEL)
        return bool(moved)

    async def report_progress(self, task_id: UUID, percent: int) -> None:
        """How far the film is. Only counts while the task is running or saving, and never falls."""
        await self._db.run(_PROGRESS, task_id, percent)
        self._db.notify_soon(TASKS_CHANNEL, [str(task_id)])

    async def delete(self, task_id: UUID, now: datetime) -> None:
        """Mark an ended task as deleted by its customer. Does nothing to one that is open, or was deleted before."""
        await self._db.run(_DELETE, task_id, now)

    async def open_without_job(self, limit: int) -> list[UUID]:
        """Open tasks that are in nobody's queue any more, oldest first."""
        return [row["id"] for row in await self._db.rows(_WITHOUT_JOB, limit)]

    async def overdue(self, now: datetime, limit: int) -> list[UUID]:
        """Open tasks whose time limit has passed, oldest first."""
        return [row["id"] for row in await self._db.rows(_OVERDUE, now, limit)]

    async def in_other_lanes(self, lanes: Sequence[str], limit: int) -> list[tuple[UUID, str]]:
        """Open tasks for vendors in none of these lanes, each with its lane, oldest first."""
        return [(row["id"], row["lane"]) for row in await self._db.rows(_IN_OTHER_LANES, SEND_PREFIX, lanes, limit)]

    async def move_to_lane(self, task_id: UUID, lane: str) -> None:
        """Put an open task, and its job if it has one, into another lane, as if it had been ordered now.

        Does nothing to one that has ended, or is there already.
        """
        await self._db.run(_MOVE_TO_LANE, task_id, lane)
        self._db.notify_soon(QUEUE_CHANNEL, [WAKE_WORKERS])

    async def requeue(self, task_id: UUID) -> None:
        """Put an open task back into the queue. Does nothing if it is there already, or has ended."""
        await self._db.run(_REQUEUE, task_id)
        self._db.notify_soon(QUEUE_CHANNEL, [WAKE_WORKERS])

    async def withdraw(self, task_id: UUID) -> None:
        """Take an ended task's job out of the queue; a worker that is at it stops at once."""
        await self._db.run(WITHDRAW_JOB, str(task_id))

    async def _refuse(self, new: NewTask, word: str) -> NoReturn:
        price = new.quote.price_micros
        match word:
            case "key":
                raise Unauthenticated("the key is no longer valid", missing=False)
            case "conflict":
                raise _key_reused()
            case "key orders" | "account orders":
                whose = word.removesuffix(" orders")
                message = f"the {whose} has as many open orders as it may have at once"
                raise TooManyOrders(message, _PLACE_SECONDS)
        left = await self._db.row(_LEFT, new.key_id)
        match word:
            case "key day" | "account day":
                holder: Literal["key", "account"] = "key" if word == "key day" else "account"
                daily = left[f"{holder}_day"] if left else None
                if daily is not None and price > daily:
                    # No day is long enough: whoever waits for the next one would wait for ever.
                    raise QuotaExhausted(price, daily, whose=holder)
                message = f"the {holder} has spent what it may spend in a day (UTC)"
                raise DayExhausted(message, _seconds_to_midnight(new.created_at))
            case "funds":
                raise InsufficientFunds(price, left["available"] if left else 0)
            case "quota":
                raise QuotaExhausted(price, left["quota"] if left else 0)
            case "total":
                raise QuotaExhausted(price, left["total"] if left else 0, whose="account")
            case _:
                raise AssertionError(f"accept_order answered {word!r}")


def _key_reused() -> KeyReused:
    return KeyReused("this idempotency key was sent before with another order; use a new key for a new order")


def _asset_gone(new: NewTask, asset_id: str) -> RulesBroken:
    fields = [media.field for media in new.request.media if str(media.asset_id) == asset_id]
    message = "names an asset that cannot be used any more"
    return RulesBroken([Violation(field=field, rule="unknown", message=message) for field in fields])


def _seconds_to_midnight(now: datetime) -> int:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return math.ceil((midnight - now).total_seconds())

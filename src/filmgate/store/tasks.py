"""Tasks: an order and all that becomes of it. Accepting and moving are one call of a schema function each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NoReturn
from uuid import UUID

import asyncpg
import msgspec

from filmgate.errors import BadRequest, InsufficientFunds, QuotaExhausted, Unauthenticated
from filmgate.store.accept import Acceptor
from filmgate.store.accept import NewTask as NewTask  # The noun's other half; callers find it here.
from filmgate.store.db import Database
from filmgate.store.queue import WAKE_WORKERS, WITHDRAW_JOB
from filmgate.task import Move, Quote, Result, Status, Task, TaskError
from filmgate.video import VideoRequest

AttemptOutcome = Literal["ok", "failed", "abandoned", "cancelled"]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try at one upstream. Written before the upstream hears of it."""

    task_id: UUID
    number: int
    """Counts from 1 within the task."""
    upstream: str
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    """``abandoned``: a later attempt began, so the worker of this one must have died."""
    detail: str | None


_APPLY = "SELECT apply_move($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8::text::jsonb)"
# What was there for an order that accept_order refused.
_AVAILABLE = "SELECT available FROM accounts WHERE id = $1"
_QUOTA_LEFT = "SELECT quota_micros - used_micros FROM keys WHERE id = $1"

# The order of the columns is the order of the arguments in _task.
_TASK = """
SELECT id, account_id, key_id, test, dialect, request, status, progress, price_micros, billing_name, unit, units,
       unit_price_micros, price_version, cost_micros, error, result, created_at, started_at, completed_at
FROM tasks WHERE id = $1
"""
_MANY_TASKS = _TASK.replace("id = $1", "id = ANY($1)")

# Touches no indexed column, so it stays on the row's page and leaves no work for the indexes.
_PROGRESS = "UPDATE tasks SET progress = $2 WHERE id = $1 AND status IN ('running', 'saving') AND progress < $2"

_BEGIN_ATTEMPT = "SELECT begin_attempt($1, $2, $3)"
_END_ATTEMPT = """
UPDATE attempts SET ended_at = $3, outcome = $4, detail = $5
WHERE task_id = $1 AND number = $2 AND ended_at IS NULL
"""
_ATTEMPTS = """
SELECT task_id, number, upstream, started_at, ended_at, outcome, detail FROM attempts WHERE task_id = $1 ORDER BY number
"""

# open_tasks, and for each one look into pgqueuer_unique_dedupe_key.
_WITHOUT_JOB = """
SELECT id FROM tasks
WHERE completed_at IS NULL
  AND NOT EXISTS (SELECT FROM pgqueuer WHERE dedupe_key = tasks.id::text AND pgqueuer.status IN ('queued', 'picked'))
ORDER BY id LIMIT $1
"""
# The open tasks are few beside the ended ones, and only open_tasks is read.
_OVERDUE = """
SELECT id FROM tasks
WHERE completed_at IS NULL AND created_at + make_interval(secs => (request->>'timeout_seconds')::int) <= $1
ORDER BY id LIMIT $2
"""
_REQUEUE = "SELECT enqueue_task(id, test) FROM tasks WHERE id = $1 AND completed_at IS NULL"


class Tasks:
    """The rows of tasks and attempts. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._acceptor = Acceptor(db)
        self._request = msgspec.json.Decoder(VideoRequest)
        self._error = msgspec.json.Decoder(TaskError)
        self._result = msgspec.json.Decoder(Result)

    async def accept(self, new: NewTask) -> None:
        """Reserve the money and keep the order, its ledger entry and its job: all of it or nothing.

        Accepting the same id again, as after an answer that got lost, changes nothing.

        Raises:
            InsufficientFunds: the account cannot pay.
            QuotaExhausted: the key may not spend that much.
            Unauthenticated: the key was revoked meanwhile.
            BadRequest: the order holds text that a database cannot keep (a NUL, or nesting without end).
        """
        try:
            refusal = await self._acceptor.accept(new)
        except asyncpg.RaiseError as exc:
            # Someone else spent the money between the first look and the end; the whole call was undone.
            refusal = exc.message
        except (asyncpg.UntranslatableCharacterError, asyncpg.StatementTooComplexError) as exc:
            raise BadRequest("the order holds text that cannot be kept, such as a NUL character") from exc
        if refusal != "ok":
            await self._refuse(new, refusal)
        # After the commit: who is woken earlier finds nothing.
        self._db.run_soon(WAKE_WORKERS)

    async def get(self, task_id: UUID) -> Task | None:
        """A task by its id, whoever ordered it."""
        row = await self._db.row(_TASK, task_id)
        return None if row is None else self._task(*row)

    async def get_many(self, task_ids: Sequence[UUID]) -> dict[UUID, Task]:
        """Those of the tasks that exist, whoever ordered them, in one round trip. Doors check the owner themselves."""
        rows = await self._db.rows(_MANY_TASKS, task_ids)
        return {row["id"]: self._task(*row) for row in rows}

    async def apply(self, move: Move) -> bool:
        """Carry out a move with its ledger entry, the balances and the key's use, in one transaction.

        Returns:
            False, and nothing is changed, if the status is no longer the one the move was decided on.
        """
        moved: bool = await self._db.value(
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
        return moved

    async def report_progress(self, task_id: UUID, percent: int) -> None:
        """How far the film is. Only counts while the task is running or saving, and never falls."""
        await self._db.run(_PROGRESS, task_id, percent)

    async def begin_attempt(self, task_id: UUID, upstream: str, now: datetime) -> Attempt:
        """Write down a new attempt. An earlier one that is still open is marked ``abandoned``: its worker died."""
        number = await self._db.value(_BEGIN_ATTEMPT, task_id, upstream, now)
        return Attempt(
            task_id=task_id,
            number=number,
            upstream=upstream,
            started_at=now,
            ended_at=None,
            outcome=None,
            detail=None,
        )

    async def end_attempt(self, attempt: Attempt, outcome: AttemptOutcome, detail: str | None, now: datetime) -> None:
        """Write down how an attempt ended. One that has already ended, or was abandoned, stays as it is."""
        await self._db.run(_END_ATTEMPT, attempt.task_id, attempt.number, now, outcome, detail)

    async def attempts(self, task_id: UUID) -> list[Attempt]:
        """All attempts of a task, oldest first."""
        return [Attempt(**row) for row in await self._db.rows(_ATTEMPTS, task_id)]

    async def open_without_job(self, limit: int) -> list[UUID]:
        """Open tasks that are in nobody's queue any more, oldest first."""
        return [row["id"] for row in await self._db.rows(_WITHOUT_JOB, limit)]

    async def overdue(self, now: datetime, limit: int) -> list[UUID]:
        """Open tasks whose time limit has passed, oldest first."""
        return [row["id"] for row in await self._db.rows(_OVERDUE, now, limit)]

    async def requeue(self, task_id: UUID) -> None:
        """Put an open task back into the queue. Does nothing if it is there already, or has ended."""
        await self._db.run(_REQUEUE, task_id)
        self._db.run_soon(WAKE_WORKERS)

    async def withdraw(self, task_id: UUID) -> None:
        """Take an ended task's job out of the queue; a worker that is at it stops at once."""
        await self._db.run(WITHDRAW_JOB, str(task_id))

    async def _refuse(self, new: NewTask, refusal: str) -> NoReturn:
        price = new.quote.price_micros
        match refusal:
            case "funds":
                raise InsufficientFunds(price, await self._db.value(_AVAILABLE, new.account_id) or 0)
            case "quota":
                raise QuotaExhausted(price, await self._db.value(_QUOTA_LEFT, new.key_id) or 0)
            case "key":
                raise Unauthenticated("the key is no longer valid", missing=False)
            case _:
                raise AssertionError(f"accept_order answered {refusal!r}")

    def _task(
        self,
        identifier: UUID,
        account_id: UUID,
        key_id: UUID,
        test: bool,
        dialect: str,
        request: str,
        status: Status,
        progress: int,
        price_micros: int,
        billing_name: str,
        unit: str,
        units: str,
        unit_price_micros: int,
        price_version: str,
        cost_micros: int | None,
        error: str | None,
        result: str | None,
        created_at: datetime,
        started_at: datetime | None,
        completed_at: datetime | None,
    ) -> Task:
        return Task(
            id=identifier,
            account_id=account_id,
            key_id=key_id,
            test=test,
            dialect=dialect,
            request=self._request.decode(request),
            status=status,
            progress=progress,
            quote=Quote(
                price_micros=price_micros,
                billing_name=billing_name,
                unit=unit,
                units=units,
                unit_price_micros=unit_price_micros,
                price_version=price_version,
            ),
            cost_micros=cost_micros,
            error=None if error is None else self._error.decode(error),
            result=None if result is None else self._result.decode(result),
            created_at=created_at,
            started_at=started_at,
            completed_at=completed_at,
        )

"""Lists of tasks: an account's own, newest first, by what is asked of them. Deleted ones are in none."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from filmgate.store.db import Database
from filmgate.store.task_rows import TASK_COLUMNS, TaskRows
from filmgate.task import TERMINAL, Status, Task

Position = tuple[datetime, UUID]
"""Where a page ends: the last task's ``created_at`` and ``id``."""


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks of an account are wanted. None is any."""

    statuses: tuple[Status, ...] | None = None
    models: tuple[str, ...] | None = None
    dialects: tuple[str, ...] | None = None
    test: bool | None = None
    ids: tuple[UUID, ...] | None = None
    service_tier: str | None = None
    """As the order's extras name it; an order whose extras name none is at ``default``."""
    created_from: datetime | None = None
    """Inclusive."""
    created_before: datetime | None = None
    """Exclusive."""
    metadata: dict[str, Any] | None = None
    """Members that the order's metadata has."""


# Each filter with its condition; all of a list's conditions stand in one statement, over tasks_of_account, where
# metadata is asked for over tasks_metadata, and where only open ones are over open_tasks.
_CONDITIONS = {
    "statuses": "status = ANY({})",
    "models": "request->>'model' = ANY({})",
    "dialects": "dialect = ANY({})",
    "test": "test = {}",
    "ids": "id = ANY({})",
    "service_tier": "coalesce(request->'extras'->>'service_tier', 'default') = {}",
    "created_from": "created_at >= {}",
    "created_before": "created_at < {}",
    "metadata": "request ? 'metadata' AND request->'metadata' @> {}::text::jsonb",
}


class TaskLists:
    """Reads lists. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rows = TaskRows()

    async def page(
        self, account_id: UUID, wanted: TaskFilter, *, after: Position | None, limit: int, oldest_first: bool = False
    ) -> list[Task]:
        """Some tasks of an account, newest first unless told otherwise.

        Args:
            after: where the page before it ended.
        """
        conditions, arguments = _conditions(account_id, wanted)
        if after is not None:
            arguments += after
            sign = ">" if oldest_first else "<"
            conditions.append(f"(created_at, id) {sign} (${len(arguments) - 1}, ${len(arguments)})")
        arguments.append(limit)
        order = "created_at, id" if oldest_first else "created_at DESC, id DESC"
        rows = await self._db.rows(
            f"SELECT {TASK_COLUMNS} FROM tasks WHERE {' AND '.join(conditions)} "  # noqa: S608
            f"ORDER BY {order} LIMIT ${len(arguments)}",
            *arguments,
        )
        return [self._rows.task(*row) for row in rows]

    async def numbered_page(
        self, account_id: UUID, wanted: TaskFilter, *, skip: int, limit: int
    ) -> tuple[list[Task], int]:
        """Some tasks of an account, newest first, and how many there are in all. For wires that number their pages."""
        conditions, arguments = _conditions(account_id, wanted)
        where = " AND ".join(conditions)
        total: int = await self._db.value(f"SELECT count(*) FROM tasks WHERE {where}", *arguments)  # noqa: S608
        arguments += [limit, skip]
        rows = await self._db.rows(
            f"SELECT {TASK_COLUMNS} FROM tasks WHERE {where} ORDER BY created_at DESC, id DESC "  # noqa: S608
            f"LIMIT ${len(arguments) - 1} OFFSET ${len(arguments)}",
            *arguments,
        )
        return [self._rows.task(*row) for row in rows], total


def _conditions(account_id: UUID, wanted: TaskFilter) -> tuple[list[str], list[Any]]:
    """What stands after WHERE, and the values for it. Only the conditions that are asked for: each has its plan."""
    conditions, arguments = ["account_id = $1", "deleted_at IS NULL"], list[Any]([account_id])
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            arguments.append(msgspec.json.encode(value).decode() if name == "metadata" else value)
            conditions.append(condition.format(f"${len(arguments)}"))
    if wanted.statuses is not None and TERMINAL.isdisjoint(wanted.statuses):
        # The status says so already, but no index: open ones are few, and among a million others the newest to look at.
        conditions.append("completed_at IS NULL")
    return conditions, arguments

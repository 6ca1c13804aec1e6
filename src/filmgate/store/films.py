"""Films by what they are: whether a file is one that was made here, and whose."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from filmgate.store.db import Database

# tasks_by_film. The same bytes may have been made often, where nothing in them tells one film from another; then of
# so many it is looked whether one is the asker's.
_FILMS = """
SELECT id, account_id, deleted_at IS NOT NULL AS is_deleted FROM (
    SELECT id, account_id, deleted_at FROM tasks WHERE result->>'sha256' = $1 AND result IS NOT NULL LIMIT 1000
) same
ORDER BY (account_id = $2 AND deleted_at IS NULL) DESC, id LIMIT 1
"""
_FILM_OF_TASK = """
SELECT id, account_id, deleted_at IS NOT NULL AS is_deleted FROM tasks WHERE id = $1 AND result IS NOT NULL
"""


class KnownFilm(msgspec.Struct, frozen=True, kw_only=True):
    """A film that was made here."""

    task_id: UUID
    account_id: UUID
    is_deleted: bool
    """Its customer deleted the task, and is not shown it any more."""

    def is_shown_to(self, account_id: UUID) -> bool:
        return self.account_id == account_id and not self.is_deleted


class Films:
    """The rows of tasks that ended with a film. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def by_hash(self, sha256: str, account_id: UUID | None) -> KnownFilm | None:
        """The film with these bytes; of several, one of the account's own.

        Args:
            sha256: lower-case hex.
        """
        row = await self._db.row(_FILMS, sha256, account_id)
        return None if row is None else _film(row)

    async def of_task(self, task_id: UUID) -> KnownFilm | None:
        """The film of a task, whoever ordered it."""
        row = await self._db.row(_FILM_OF_TASK, task_id)
        return None if row is None else _film(row)


def _film(row: Mapping[str, Any]) -> KnownFilm:
    return KnownFilm(task_id=row["id"], account_id=row["account_id"], is_deleted=row["is_deleted"])

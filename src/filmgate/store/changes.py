"""Applies ``schema/*.sql`` with yoyo. Imported only when there is something to apply; that costs 100 ms."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid1

import psycopg
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import Migration

TABLE = "_yoyo_migration"
"""Where yoyo notes what was applied."""


def apply_changes(url: str, folder: Path) -> None:
    """Apply every file of the folder that was not applied yet, in the order of their names, each in a transaction.

    The caller holds a lock that keeps other processes from doing the same.

    Raises:
        psycopg.Error: the database refuses one.
    """
    with _Backend(url) as backend:
        backend.init_database()
        backend.apply_migrations(backend.to_apply(read_migrations(str(folder))))


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo has no types.
    """yoyo's backend, with the URL left to psycopg, which reads more kinds of it."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__(DatabaseURI("postgresql", None, None, None, None, None, {}), TABLE)

    def copy(self) -> "_Backend":
        return _Backend(self._url)

    def connect(self, _dburi: DatabaseURI) -> psycopg.Connection:
        return psycopg.connect(self._url, autocommit=True)

    def get_log_data(self, migration: Migration | None = None, operation: str = "apply") -> dict[str, object]:
        # yoyo would write down who ran this and where, and fails for users without a name.
        return {
            "id": str(uuid1()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": "filmgate",
            "hostname": "",
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }

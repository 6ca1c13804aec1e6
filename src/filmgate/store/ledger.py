"""The ledger's rows: reading entries, and having them audited.

Entries are written by the functions in the schema, each in the transaction of the move it belongs to.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from filmgate.ledger import EntryKind, Postings
from filmgate.store.audit import audit
from filmgate.store.db import Database


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger. Never changed, never removed."""

    id: int
    account_id: UUID
    task_id: UUID | None
    """The order it belongs to; None for money paid in."""
    kind: EntryKind
    postings: Postings
    price_version: str | None
    units: str | None
    """How many billed units the order had, as decimal text."""
    note: str | None
    created_at: datetime


_COLUMNS = "id, account_id, task_id, kind, funded, available, held, spent, price_version, units, note, created_at"
_OF_ACCOUNT = f"SELECT {_COLUMNS} FROM entries WHERE account_id = $1 ORDER BY id"  # noqa: S608  # entries_of_account
_PAGE = f"""
SELECT {_COLUMNS} FROM entries WHERE account_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""  # noqa: S608  # entries_of_account
_OF_TASK = f"SELECT {_COLUMNS} FROM entries WHERE task_id = $1 ORDER BY id"  # noqa: S608  # entries_of_task


class Ledger:
    """The rows of the ledger. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def entries(self, account_id: UUID) -> list[Entry]:
        """All entries of an account, oldest first."""
        return [_entry(row) for row in await self._db.rows(_OF_ACCOUNT, account_id)]

    async def page(self, account_id: UUID, *, before: int | None, limit: int) -> list[Entry]:
        """Some entries of an account, newest first; those before the entry of that id, if one is given."""
        return [_entry(row) for row in await self._db.rows(_PAGE, account_id, before, limit)]

    async def entries_of_task(self, task_id: UUID) -> list[Entry]:
        """All entries of an order, oldest first."""
        return [_entry(row) for row in await self._db.rows(_OF_TASK, task_id)]

    async def audit(self) -> list[str]:
        """Whether everything balances, at one moment: a sentence for each thing that does not, [] when all is well.

        At most 100 sentences of each kind; ``store.audit`` says what is looked at.
        """
        return [offender for proof in (await audit(self._db)).proofs for offender in proof.offenders]


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        id=row["id"],
        account_id=row["account_id"],
        task_id=row["task_id"],
        kind=row["kind"],
        postings=Postings(funded=row["funded"], available=row["available"], held=row["held"], spent=row["spent"]),
        price_version=row["price_version"],
        units=row["units"],
        note=row["note"],
        created_at=row["created_at"],
    )

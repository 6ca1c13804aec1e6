"""The ledger's rows: reading entries, and proving that everything balances.

Entries are written by the functions in the schema, each in the transaction of the move it belongs to.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from filmgate.ledger import EntryKind, Postings
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

        At most 100 sentences of each kind.
        """
        async with self._db.snapshot() as connection:
            return [row[0] for statement in _AUDITS for row in await connection.fetch(f"{statement} LIMIT 100")]


# Each gives one column, a sentence for each offender.
_AUDITS = (
    # The balances beside an account are the sums of its entries.
    """
    SELECT format('account %s (%s) has funded %s, available %s, held %s, spent %s; its entries sum to %s, %s, %s, %s',
                  name, id, funded, available, held, spent, sum_funded, sum_available, sum_held, sum_spent)
    FROM accounts
    CROSS JOIN LATERAL (
        SELECT -coalesce(sum(entries.funded), 0) AS sum_funded, coalesce(sum(entries.available), 0) AS sum_available,
               coalesce(sum(entries.held), 0) AS sum_held, coalesce(sum(entries.spent), 0) AS sum_spent
        FROM entries WHERE entries.account_id = accounts.id
    ) sums
    WHERE (funded, available, held, spent) IS DISTINCT FROM (sum_funded, sum_available, sum_held, sum_spent)
    """,
    # Every entry sums to zero.
    """
    SELECT format('entry %s sums to %s', id, funded + available + held + spent)
    FROM entries WHERE funded + available + held + spent <> 0
    """,
    # Every order was reserved once, at its price, by its account; it ended once, as its status says, at its cost.
    """
    SELECT format('task %s is %s with price %s and cost %s, but its entries are: %s', id, status, price_micros,
                  coalesce(cost_micros::text, 'none'), coalesce(written, 'none'))
    FROM tasks
    CROSS JOIN LATERAL (
        SELECT string_agg(format('%s held %s spent %s', kind, held, spent), ', ' ORDER BY entries.id) AS written,
               count(*) FILTER (WHERE kind = 'reserve' AND held = price_micros
                                  AND entries.account_id = tasks.account_id) AS reserves,
               count(*) FILTER (WHERE kind = CASE WHEN status = 'succeeded' OR cost_micros > 0 THEN 'settle'
                                               ELSE 'release' END
                                  AND held = -price_micros AND spent = cost_micros
                                  AND entries.account_id = tasks.account_id) AS ends,
               count(*) FILTER (WHERE kind IN ('reserve', 'settle', 'release')) AS movements
        FROM entries WHERE entries.task_id = tasks.id
    ) sums
    WHERE reserves <> 1 OR ends <> (completed_at IS NOT NULL)::int OR movements <> reserves + ends
    """,
    # No entry belongs to an order that is not there.
    """
    SELECT format('entry %s (%s) belongs to task %s, which is not there', id, kind, task_id)
    FROM entries
    WHERE task_id IS NOT NULL AND NOT EXISTS (SELECT FROM tasks WHERE tasks.id = entries.task_id)
    """,
    # What is held is the price of the open orders.
    """
    SELECT format('account %s (%s) holds %s, but its open orders cost %s', name, id, held, open_price)
    FROM accounts
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(price_micros), 0) AS open_price
        FROM tasks WHERE tasks.account_id = accounts.id AND completed_at IS NULL
    ) sums
    WHERE held <> open_price
    """,
    # The open orders that the limits count are those that are open.
    """
    SELECT format('account %s (%s) counts %s open orders and has %s', name, id, open_orders, really_open)
    FROM accounts
    CROSS JOIN LATERAL (
        SELECT count(*) AS really_open FROM tasks
        WHERE tasks.account_id = accounts.id AND completed_at IS NULL AND NOT test
    ) sums
    WHERE open_orders <> really_open
    """,
    """
    SELECT format('key %s counts %s open orders and has %s', id, open_orders, coalesce(really_open, 0))
    FROM keys
    LEFT JOIN (
        SELECT key_id, count(*) AS really_open FROM tasks WHERE completed_at IS NULL GROUP BY key_id
    ) sums ON sums.key_id = keys.id
    WHERE open_orders <> coalesce(really_open, 0)
    """,
    # A key's use is what its orders cost, open ones in full.
    """
    SELECT format('key %s has used %s, but its orders cost %s', id, used_micros, ordered)
    FROM keys
    LEFT JOIN (
        SELECT key_id, sum(coalesce(cost_micros, price_micros)) AS ordered FROM tasks GROUP BY key_id
    ) sums ON sums.key_id = keys.id
    WHERE used_micros <> coalesce(ordered, 0)
    """,
)


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

"""Accounts and keys: who orders, and with which secret."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from filmgate.errors import InsufficientFunds, SetupError
from filmgate.ids import key_digest, new_id
from filmgate.ledger import Balance, top_up
from filmgate.store.db import Database

_HINT_LENGTH = 12


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who orders and pays."""

    id: UUID
    name: str
    """Unique, for people."""
    created_at: datetime


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One secret of an account. The secret itself is not kept."""

    id: UUID
    account_id: UUID
    name: str
    hint: str
    """The first characters of the secret, so that people recognise it."""
    test: bool
    """Its orders cost nothing and never leave the machine."""
    quota_micros: int
    """How much may be ordered with it, 0 for no limit."""
    used_micros: int
    """What was ordered with it, less all refunds; open orders count in full."""
    created_at: datetime
    revoked_at: datetime | None


# Another process may create the same name at the same moment; both then read the one row.
_INSERT_ACCOUNT = "INSERT INTO accounts (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING"
_ACCOUNT_BY_NAME = "SELECT id, name, created_at FROM accounts WHERE name = $1"
_ALL_ACCOUNTS = "SELECT id, name, created_at, funded, available, held, spent FROM accounts ORDER BY name"
_BALANCE = "SELECT funded, available, held, spent FROM accounts WHERE id = $1"

# The entry and the balances in one statement: both or neither.
_TOP_UP = """
WITH entry AS (
    INSERT INTO entries (account_id, kind, funded, available, note, created_at)
    VALUES ($1, 'top_up', $2, $3, $4, $5)
)
UPDATE accounts SET funded = funded - $2, available = available + $3 WHERE id = $1
"""

_KEY_COLUMNS = "id, account_id, name, hint, test, quota_micros, used_micros, created_at, revoked_at"
_INSERT_KEY = f"""
INSERT INTO keys (id, account_id, name, hint, digest, test, quota_micros, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (digest) DO NOTHING
RETURNING {_KEY_COLUMNS}
"""  # noqa: S608
_KEY_BY_DIGEST = f"SELECT {_KEY_COLUMNS} FROM keys WHERE digest = $1"  # noqa: S608
_KEY_BY_ID = f"SELECT {_KEY_COLUMNS} FROM keys WHERE id = $1"  # noqa: S608
_KEYS = f"""
SELECT {", ".join("keys." + column for column in _KEY_COLUMNS.split(", "))},
       accounts.name AS account_name, accounts.created_at AS account_created_at
FROM keys JOIN accounts ON accounts.id = keys.account_id
WHERE $1::uuid IS NULL OR keys.account_id = $1
ORDER BY accounts.name, keys.id
"""  # noqa: S608
_VALID_KEYS_CALLED = f"""
SELECT {_KEY_COLUMNS} FROM keys WHERE (id::text = $1 OR hint = $1 OR name = $1) AND revoked_at IS NULL
"""  # noqa: S608
_REVOKE_KEY = f"UPDATE keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING {_KEY_COLUMNS}"  # noqa: S608


class Accounts:
    """The rows of accounts and keys. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def open_account(self, name: str, now: datetime) -> Account:
        """The account of that name; a new one with an empty balance if there was none."""
        await self._db.run(_INSERT_ACCOUNT, new_id(), name, now)
        account = await self.find_account(name)
        if account is None:
            raise LookupError(f"account {name!r} was created and is not there")
        return account

    async def find_account(self, name: str) -> Account | None:
        """The account of that name."""
        row = await self._db.row(_ACCOUNT_BY_NAME, name)
        return None if row is None else Account(**row)

    async def all_accounts(self) -> list[tuple[Account, Balance]]:
        """Every account with what it has, by name."""
        return [
            (Account(id=row["id"], name=row["name"], created_at=row["created_at"]), _balance(row))
            for row in await self._db.rows(_ALL_ACCOUNTS)
        ]

    async def top_up(self, account_id: UUID, amount_micros: int, note: str, now: datetime) -> None:
        """Pay money in from outside; a negative amount takes it back.

        Raises:
            InsufficientFunds: more was to be taken back than the account can still spend.
        """
        postings = top_up(amount_micros)
        try:
            await self._db.run(_TOP_UP, account_id, postings.funded, postings.available, note, now)
        except asyncpg.CheckViolationError as exc:
            available_micros = (await self.balance(account_id)).available
            raise InsufficientFunds(needed_micros=-amount_micros, available_micros=available_micros) from exc

    async def balance(self, account_id: UUID) -> Balance:
        """What the account has. Raises LookupError if there is no such account."""
        row = await self._db.row(_BALANCE, account_id)
        if row is None:
            raise LookupError(f"there is no account {account_id}")
        return _balance(row)

    async def create_key(
        self, account_id: UUID, *, name: str, secret: str, test: bool, quota_micros: int, now: datetime
    ) -> Key:
        """Keep a key's digest. The same secret again, for the same account and use, finds the same key.

        Raises:
            SetupError: the secret is already another account's, of the other kind, or revoked.
        """
        if not secret.strip():
            raise SetupError("A key cannot be empty.", "Give some text, or let filmgate make one.")
        hint = secret[: min(_HINT_LENGTH, len(secret) // 2)]
        digest = key_digest(secret)
        row = await self._db.row(_INSERT_KEY, new_id(), account_id, name, hint, digest, test, quota_micros, now)
        if row is not None:
            return Key(**row)
        existing = Key(**(await self._db.rows(_KEY_BY_DIGEST, digest))[0])
        if (existing.account_id, existing.test, existing.revoked_at) != (account_id, test, None):
            raise SetupError("This secret is already in use, or was revoked.", "Give another one.")
        return existing

    async def key_by_secret(self, secret: str) -> Key | None:
        """The valid key with that secret; None when unknown or revoked."""
        row = await self._db.row(_KEY_BY_DIGEST, key_digest(secret))
        return None if row is None or row["revoked_at"] is not None else Key(**row)

    async def key(self, key_id: UUID) -> Key | None:
        """A key by its id, revoked or not."""
        row = await self._db.row(_KEY_BY_ID, key_id)
        return None if row is None else Key(**row)

    async def keys(self, account_id: UUID | None = None) -> list[tuple[Account, Key]]:
        """All keys, or those of one account, with their accounts; by the account's name, then oldest first."""
        return [
            (
                Account(id=row["account_id"], name=row["account_name"], created_at=row["account_created_at"]),
                Key(**{field: row[field] for field in Key.__struct_fields__}),
            )
            for row in await self._db.rows(_KEYS, account_id)
        ]

    async def revoke_key(self, key_id_or_hint_or_name: str, now: datetime) -> Key | None:
        """End a key, at once and for good. None if no valid key is called that.

        Raises:
            SetupError: several are.
        """
        rows = await self._db.rows(_VALID_KEYS_CALLED, key_id_or_hint_or_name)
        if len(rows) > 1:
            raise SetupError(f"{len(rows)} keys are called {key_id_or_hint_or_name!r}.", "Name the one by its id.")
        row = await self._db.row(_REVOKE_KEY, rows[0]["id"], now) if rows else None
        return None if row is None else Key(**row)


def _balance(row: Mapping[str, Any]) -> Balance:
    return Balance(funded=row["funded"], available=row["available"], held=row["held"], spent=row["spent"])

"""Accounts and keys: who orders, and with which secret."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from filmgate.errors import InsufficientFunds, SetupError
from filmgate.ids import key_digest, new_id
from filmgate.ledger import Balance, EntryKind, top_up
from filmgate.store.db import Database

_HINT_LENGTH = 12


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much an account or a key may use. None is no limit."""

    requests_per_minute: int | None = None
    """Requests of any kind, in each minute of the clock."""
    max_open_orders: int | None = None
    """Orders accepted and not yet ended. Of an account, those of its test keys do not count."""
    daily_micros: int | None = None
    """Price of the orders accepted on one day (UTC), less what they gave back."""
    total_micros: int | None = None
    """Of an account: what it may have reserved and spent in all. A key has its quota for this."""
    models: tuple[str, ...] | None = None
    """The models that may be ordered, by their ids."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who orders and pays."""

    id: UUID
    name: str
    """Unique, for people."""
    created_at: datetime
    limits: Limits = Limits()
    retention_hours: int | None = None
    """How long its films are kept; None: as the installation's settings say."""
    visible_mark: bool = False
    """Whether all its films get words in their pictures that say that they are generated."""


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
    limits: Limits = Limits()
    account_limits: Limits = Limits()
    """Those of its account, which hold for all its keys together."""
    retention_hours: int | None = None
    """Its account's; likewise the next."""
    visible_mark: bool = False


_LIMITS = ("requests_per_minute", "max_open_orders", "daily_micros", "models")
_ACCOUNT_LIMITS = (*_LIMITS, "total_micros")

_ACCOUNT_COLUMNS = ", ".join(("id", "name", "created_at", "retention_hours", "visible_mark", *_ACCOUNT_LIMITS))
# Another process may create the same name at the same moment; both then read the one row.
_INSERT_ACCOUNT = "INSERT INTO accounts (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING"
_ACCOUNT_BY_NAME = f"SELECT {_ACCOUNT_COLUMNS} FROM accounts WHERE name = $1"  # noqa: S608
_ACCOUNT_BY_ID = f"SELECT {_ACCOUNT_COLUMNS} FROM accounts WHERE id = $1"  # noqa: S608
_ALL_ACCOUNTS = f"SELECT {_ACCOUNT_COLUMNS}, funded, available, held, spent FROM accounts ORDER BY name"  # noqa: S608
_BALANCE = "SELECT funded, available, held, spent FROM accounts WHERE id = $1"
_SET_ACCOUNT = """
UPDATE accounts
SET requests_per_minute = $2, max_open_orders = $3, daily_micros = $4, models = $5, total_micros = $6,
    retention_hours = $7
WHERE id = $1
"""
_SET_VISIBLE_MARK = "UPDATE accounts SET visible_mark = $2 WHERE id = $1"

# The entry and the balances in one statement: both or neither.
_TOP_UP = """
WITH entry AS (
    INSERT INTO entries (account_id, kind, funded, available, note, created_at)
    VALUES ($1, $6, $2, $3, $4, $5)
)
UPDATE accounts SET funded = funded - $2, available = available + $3 WHERE id = $1
"""

_INSERT_KEY = """
INSERT INTO keys (id, account_id, name, hint, digest, test, quota_micros, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (digest) DO NOTHING
RETURNING id
"""
_KEY_COLUMNS = ", ".join(
    f"keys.{column}"
    for column in (
        *("id", "account_id", "name", "hint", "test", "quota_micros", "used_micros", "created_at", "revoked_at"),
        *_LIMITS,
    )
)
# A key with what its account allows.
_KEY = f"""
SELECT {_KEY_COLUMNS}, accounts.retention_hours, accounts.visible_mark, accounts.name AS account_name,
       accounts.created_at AS account_created_at,
       {", ".join(f"accounts.{column} AS account_{column}" for column in _ACCOUNT_LIMITS)}
FROM keys JOIN accounts ON accounts.id = keys.account_id
"""  # noqa: S608
_KEY_BY_DIGEST = f"{_KEY} WHERE keys.digest = $1"
_KEY_BY_ID = f"{_KEY} WHERE keys.id = $1"
_KEYS = f"{_KEY} WHERE $1::uuid IS NULL OR keys.account_id = $1 ORDER BY accounts.name, keys.id"
_VALID_KEYS_CALLED = f"""
{_KEY} WHERE (keys.id::text = $1 OR keys.hint = $1 OR keys.name = $1) AND keys.revoked_at IS NULL
"""
_REVOKE_KEY = "UPDATE keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id"
_SET_KEY = """
UPDATE keys
SET requests_per_minute = $2, max_open_orders = $3, daily_micros = $4, models = $5, quota_micros = $6
WHERE id = $1
"""


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
        return None if row is None else _account(row)

    async def account(self, account_id: UUID) -> Account:
        """The account of that id. Raises LookupError if there is none."""
        row = await self._db.row(_ACCOUNT_BY_ID, account_id)
        if row is None:
            raise LookupError(f"there is no account {account_id}")
        return _account(row)

    async def all_accounts(self) -> list[tuple[Account, Balance]]:
        """Every account with what it has, by name."""
        return [(_account(row), _balance(row)) for row in await self._db.rows(_ALL_ACCOUNTS)]

    async def set_account(self, account_id: UUID, limits: Limits, retention_hours: int | None) -> None:
        """Give an account other limits, from the next order and (within seconds) the next request on.

        Films that are kept already are kept as long as was promised with their order.
        """
        values = [getattr(limits, name) for name in _ACCOUNT_LIMITS]
        await self._db.run(_SET_ACCOUNT, account_id, *values, retention_hours)

    async def set_visible_mark(self, account_id: UUID, is_on: bool) -> None:
        """Whether films that the account orders from now on all get words in their pictures."""
        await self._db.run(_SET_VISIBLE_MARK, account_id, is_on)

    async def top_up(self, account_id: UUID, amount_micros: int, note: str, now: datetime) -> None:
        """Pay money in from outside; a negative amount takes it back.

        Raises:
            InsufficientFunds: more was to be taken back than the account can still spend.
            SetupError: it would hold more than the database counts, some nine million million credits.
        """
        await self._pay(account_id, "top_up", amount_micros, note, now)

    async def adjust(self, account_id: UUID, amount_micros: int, note: str, now: datetime) -> None:
        """Put something right by hand: as ``top_up``, under a name of its own in the ledger."""
        await self._pay(account_id, "adjustment", amount_micros, note, now)

    async def _pay(self, account_id: UUID, kind: EntryKind, amount_micros: int, note: str, now: datetime) -> None:
        postings = top_up(amount_micros)
        try:
            await self._db.run(_TOP_UP, account_id, postings.funded, postings.available, note, now, kind)
        except asyncpg.CheckViolationError as exc:
            available_micros = (await self.balance(account_id)).available
            raise InsufficientFunds(needed_micros=-amount_micros, available_micros=available_micros) from exc
        except asyncpg.NumericValueOutOfRangeError as exc:
            raise SetupError("The account would hold more than can be counted.", "Give it less.") from exc

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
        await self._db.run(_INSERT_KEY, new_id(), account_id, name, hint, digest, test, quota_micros, now)
        existing = _key((await self._db.rows(_KEY_BY_DIGEST, digest))[0])
        if (existing.account_id, existing.test, existing.revoked_at) != (account_id, test, None):
            raise SetupError("This secret is already in use, or was revoked.", "Give another one.")
        return existing

    async def set_key(self, key_id: UUID, limits: Limits, quota_micros: int) -> None:
        """Give a key other limits and another quota, from the next order and (within seconds) the next request on.

        Raises:
            SetupError: more than the quota is used already.
        """
        values = [getattr(limits, name) for name in _LIMITS]
        try:
            await self._db.run(_SET_KEY, key_id, *values, quota_micros)
        except asyncpg.CheckViolationError as exc:
            raise SetupError("The key has used more than this quota already.", "Give a larger one.") from exc

    async def key_by_secret(self, secret: str) -> Key | None:
        """The valid key with that secret; None when unknown or revoked."""
        row = await self._db.row(_KEY_BY_DIGEST, key_digest(secret))
        return None if row is None or row["revoked_at"] is not None else _key(row)

    async def key(self, key_id: UUID) -> Key | None:
        """A key by its id, revoked or not."""
        row = await self._db.row(_KEY_BY_ID, key_id)
        return None if row is None else _key(row)

    async def keys(self, account_id: UUID | None = None) -> list[tuple[Account, Key]]:
        """All keys, or those of one account, with their accounts; by the account's name, then oldest first."""
        return [(_account_of_key(row), _key(row)) for row in await self._db.rows(_KEYS, account_id)]

    async def find_key(self, key_id_or_hint_or_name: str) -> Key | None:
        """The valid key that is called so. None if there is none.

        Raises:
            SetupError: several are.
        """
        rows = await self._db.rows(_VALID_KEYS_CALLED, key_id_or_hint_or_name)
        if len(rows) > 1:
            raise SetupError(f"{len(rows)} keys are called {key_id_or_hint_or_name!r}.", "Name the one by its id.")
        return _key(rows[0]) if rows else None

    async def revoke_key(self, key_id_or_hint_or_name: str, now: datetime) -> Key | None:
        """End a key, at once and for good. None if no valid key is called that.

        Raises:
            SetupError: several are.
        """
        key = await self.find_key(key_id_or_hint_or_name)
        if key is None or await self._db.row(_REVOKE_KEY, key.id, now) is None:
            return None
        return msgspec.structs.replace(key, revoked_at=now)


def _balance(row: Mapping[str, Any]) -> Balance:
    return Balance(funded=row["funded"], available=row["available"], held=row["held"], spent=row["spent"])


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        created_at=row["created_at"],
        limits=_limits(row, "", _ACCOUNT_LIMITS),
        retention_hours=row["retention_hours"],
        visible_mark=row["visible_mark"],
    )


def _account_of_key(row: Mapping[str, Any]) -> Account:
    return Account(
        id=row["account_id"],
        name=row["account_name"],
        created_at=row["account_created_at"],
        limits=_limits(row, "account_", _ACCOUNT_LIMITS),
        retention_hours=row["retention_hours"],
        visible_mark=row["visible_mark"],
    )


def _key(row: Mapping[str, Any]) -> Key:
    return Key(
        id=row["id"],
        account_id=row["account_id"],
        name=row["name"],
        hint=row["hint"],
        test=row["test"],
        quota_micros=row["quota_micros"],
        used_micros=row["used_micros"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        limits=_limits(row, "", _LIMITS),
        account_limits=_limits(row, "account_", _ACCOUNT_LIMITS),
        retention_hours=row["retention_hours"],
        visible_mark=row["visible_mark"],
    )


def _limits(row: Mapping[str, Any], prefix: str, names: tuple[str, ...]) -> Limits:
    values = {name: row[prefix + name] for name in names}
    models = values.pop("models")
    return Limits(**values, models=None if models is None else tuple(models))

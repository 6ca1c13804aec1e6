"""Consents, the assets under them, and the orders that were accepted under them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from filmgate.consent import Consent, NewConsent
from filmgate.ids import new_id
from filmgate.store.db import Database

Position = tuple[datetime, UUID]

_NAMES = (
    *("id", "account_id", "person", "given_by", "evidence", "evidence_object", "evidence_sha256", "models"),
    *("shared_with", "created_at", "valid_until", "revoked_at", "revoked_because"),
)
_COLUMNS = ", ".join(f"c.{name}" for name in _NAMES)
_VISIBLE = "(c.account_id = $1 OR $1 = ANY (c.shared_with))"

_KEEP = "SELECT keep_consent($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
# Only assets of the account itself, whoever's consent it is.
_ADD_ASSETS = """
INSERT INTO consent_assets (consent_id, asset_id)
SELECT c.id, a.id FROM consents c, assets a
WHERE c.id = $2 AND (c.account_id = $1 OR $1 = ANY (c.shared_with))
  AND a.account_id = $1 AND a.id = ANY ($3) AND a.deleted_at IS NULL
ON CONFLICT DO NOTHING
"""
_ONE = f"SELECT {_COLUMNS} FROM consents c WHERE c.id = $2 AND {_VISIBLE}"  # noqa: S608
_ANYONES = f"SELECT {_COLUMNS} FROM consents c WHERE c.id = $1"  # noqa: S608
_PAGE = f"""
SELECT {_COLUMNS} FROM consents c
WHERE {_VISIBLE} AND ($2::timestamptz IS NULL OR (c.created_at, c.id) < ($2, $3))
ORDER BY c.created_at DESC, c.id DESC LIMIT $4
"""  # noqa: S608
# The consents of all assets that are made of the same bytes. consents_of_asset
_OF_FILES = f"""
SELECT DISTINCT a.file_id, {_COLUMNS} FROM assets a
JOIN consent_assets ON consent_assets.asset_id = a.id JOIN consents c ON c.id = consent_id
WHERE a.account_id = $1 AND a.file_id = ANY ($2)
ORDER BY c.created_at, c.id
"""  # noqa: S608
_ASSETS_UNDER = """
SELECT a.id FROM consent_assets JOIN assets a ON a.id = asset_id
WHERE consent_id = $1 AND a.account_id = $2 AND a.deleted_at IS NULL ORDER BY a.id
"""
_REVOKE = """
UPDATE consents SET revoked_at = $3, revoked_because = $4 WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL
"""
_SHARE = "UPDATE consents SET shared_with = array_append(shared_with, $2) WHERE id = $1 AND NOT $2 = ANY (shared_with)"
_UNSHARE = "UPDATE consents SET shared_with = array_remove(shared_with, $2) WHERE id = $1"
# What its customer deleted is shown to the operator alone.
_TASKS_UNDER = """
SELECT tasks.id, tasks.created_at FROM tasks
WHERE tasks.id IN (SELECT task_id FROM consent_uses WHERE consent_id = $1)
  AND ($2::uuid IS NULL OR (tasks.account_id = $2 AND tasks.deleted_at IS NULL))
  AND ($3::timestamptz IS NULL OR (tasks.created_at, tasks.id) < ($3, $4))
ORDER BY tasks.created_at DESC, tasks.id DESC LIMIT $5
"""
_COUNT_UNDER = """
SELECT count(DISTINCT task_id) FROM consent_uses JOIN tasks ON tasks.id = task_id
WHERE consent_id = $1 AND ($2::uuid IS NULL OR (account_id = $2 AND deleted_at IS NULL))
"""


class Consents:
    """The rows of consents. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def keep(self, account_id: UUID, new: NewConsent, most_bytes: int, now: datetime) -> Consent | None:
        """Keep a consent; None where the account would then keep more than it may in all."""
        consent_id = new_id()
        is_kept = await self._db.value(
            _KEEP,
            consent_id,
            account_id,
            new.person,
            new.given_by,
            new.evidence,
            new.evidence_object,
            new.evidence_sha256,
            new.evidence_bytes,
            None if new.models is None else list(new.models),
            now,
            new.valid_until,
            most_bytes,
        )
        if not is_kept:
            return None
        return Consent(
            id=consent_id,
            account_id=account_id,
            person=new.person,
            given_by=new.given_by,
            evidence=new.evidence,
            evidence_object=new.evidence_object,
            evidence_sha256=new.evidence_sha256,
            models=new.models,
            shared_with=(),
            created_at=now,
            valid_until=new.valid_until,
            revoked_at=None,
            revoked_because=None,
        )

    async def add_assets(self, account_id: UUID, consent_id: UUID, asset_ids: Sequence[UUID]) -> None:
        """Put assets of an account under a consent that covers it; what is neither the account's is left out."""
        await self._db.run(_ADD_ASSETS, account_id, consent_id, asset_ids)

    async def get(self, account_id: UUID, consent_id: UUID) -> Consent | None:
        """A consent that an account gave or that covers it."""
        row = await self._db.row(_ONE, account_id, consent_id)
        return None if row is None else _consent(row)

    async def anyones(self, consent_id: UUID) -> Consent | None:
        """A consent by its id, whoever's it is: for the operator."""
        row = await self._db.row(_ANYONES, consent_id)
        return None if row is None else _consent(row)

    async def page(self, account_id: UUID, *, after: Position | None, limit: int) -> list[Consent]:
        """Consents that an account gave or that cover it, newest first."""
        rows = await self._db.rows(_PAGE, account_id, *(after or (None, None)), limit)
        return [_consent(row) for row in rows]

    async def of_files(self, account_id: UUID, file_ids: Sequence[UUID]) -> dict[UUID, list[Consent]]:
        """All consents of files of an account, whether they are good still or not, oldest first."""
        found: dict[UUID, list[Consent]] = {}
        for row in await self._db.rows(_OF_FILES, account_id, file_ids):
            found.setdefault(row["file_id"], []).append(_consent(row))
        return found

    async def assets_under(self, account_id: UUID, consent_id: UUID) -> list[UUID]:
        """The account's own assets under a consent."""
        return [row["id"] for row in await self._db.rows(_ASSETS_UNDER, consent_id, account_id)]

    async def revoke(self, account_id: UUID, consent_id: UUID, reason: str, now: datetime) -> Consent | None:
        """Let a consent cover no new orders; for good. None where the account gave none such. A second time changes
        nothing.
        """
        await self._db.run(_REVOKE, consent_id, account_id, now, reason)
        found = await self.get(account_id, consent_id)
        return found if found is not None and found.account_id == account_id else None

    async def share(self, consent_id: UUID, account_id: UUID) -> None:
        """Let a consent cover another account too."""
        await self._db.run(_SHARE, consent_id, account_id)

    async def unshare(self, consent_id: UUID, account_id: UUID) -> None:
        """Let a consent cover another account no longer."""
        await self._db.run(_UNSHARE, consent_id, account_id)

    async def tasks_under(
        self, consent_id: UUID, account_id: UUID | None, *, after: Position | None, limit: int
    ) -> list[UUID]:
        """Orders that were accepted under a consent, newest first: an account's own, or of all accounts."""
        rows = await self._db.rows(_TASKS_UNDER, consent_id, account_id, *(after or (None, None)), limit)
        return [row["id"] for row in rows]

    async def count_under(self, consent_id: UUID, account_id: UUID | None) -> int:
        """How many those are."""
        count: int = await self._db.value(_COUNT_UNDER, consent_id, account_id)
        return count


def _consent(row: Mapping[str, Any]) -> Consent:
    values = {name: row[name] for name in _NAMES}
    models, shared_with = values.pop("models"), values.pop("shared_with")
    return Consent(**values, models=None if models is None else tuple(models), shared_with=tuple(shared_with))

"""Assets as their customers see them. ``store/asset_files.py`` has the bytes behind them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from filmgate.asset import Asset, AssetFile, AssetFilter
from filmgate.store.db import Database

Position = tuple[datetime, UUID]
"""Where a page ends: the last asset's ``created_at`` and ``id``."""

_COLUMNS = """
a.id, a.account_id, a.name, a.tags, a.libraries, coalesce(f.kind, a.kind) AS kind, a.url, a.created_at, a.error,
a.file_id, f.sha256, f.size_bytes, f.state, f.reason, f.person, f.object_name, f.facts,
"""
# Whether what shows a person stands under a consent that is good now, by the database's clock: for people to see.
# Orders are checked by the clock of their time.
_CONSENTED = """
(NOT f.person OR EXISTS (
    SELECT FROM assets same JOIN consent_assets ON asset_id = same.id JOIN consents c ON c.id = consent_id
    WHERE same.file_id = f.id AND c.revoked_at IS NULL AND (c.valid_until IS NULL OR c.valid_until > now())
      AND (c.account_id = a.account_id OR a.account_id = ANY (c.shared_with))
)) AS consented
"""
_FROM = "FROM assets a LEFT JOIN asset_files f ON f.id = a.file_id"
_MANY = f"SELECT {_COLUMNS} {_CONSENTED} {_FROM} WHERE a.account_id = $1 AND a.id = ANY ($2) AND a.deleted_at IS NULL"

# Whether they are kept; what is kept stands under the consent from the same moment on.
_ADD_LINKS = """
WITH kept AS MATERIALIZED (
    SELECT add_asset_links($1, $2::text::jsonb, $3, $4) AS is_kept
), covered AS (
    INSERT INTO consent_assets (consent_id, asset_id)
    SELECT $5, link.id FROM kept, jsonb_to_recordset($2::text::jsonb) AS link (id uuid)
    WHERE is_kept AND $5::uuid IS NOT NULL
)
SELECT is_kept FROM kept
"""
_ADD = """
INSERT INTO assets (id, account_id, name, tags, libraries, kind, file_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
# Whatever is NULL stays; every library is said by the switch, since NULL is its value.
_CHANGE = """
UPDATE assets
SET name = coalesce($3, name), tags = coalesce($4, tags),
    libraries = CASE WHEN $6 THEN NULL ELSE coalesce($5, libraries) END
WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL
"""
# The file is looked at after the hour in which an upload of the same bytes may be under way.
_DELETE = """
WITH gone AS (
    UPDATE assets SET deleted_at = $3 WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL RETURNING id, file_id
), looked AS (
    UPDATE asset_files SET look_at = $3::timestamptz + interval '1 hour' FROM gone WHERE asset_files.id = gone.file_id
)
SELECT id FROM gone
"""

_OF_LINKS = ("id", "name", "tags", "libraries", "kind", "url")
_CONDITIONS = {
    "kinds": "coalesce(f.kind, a.kind) = ANY ({})",
    "states": "coalesce(f.state, CASE WHEN a.error IS NULL THEN 'fetching' ELSE 'failed' END) = ANY ({})",
    "library": "(a.libraries IS NULL OR {} = ANY (a.libraries))",
    "tags": "a.tags @> {}",
    "sha256": "f.sha256 = {}",
    "created_from": "a.created_at >= {}",
    "created_before": "a.created_at < {}",
}


class Assets:
    """The rows of assets. Every method raises Unavailable when the database is away.

    Every method asks for the account too: an id alone opens nothing.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, asset: Asset, file: AssetFile, now: datetime) -> None:
        """Keep an asset with its file, which is there."""
        fields = (asset.id, asset.account_id, asset.name, list(asset.tags), _listed(asset.libraries), asset.kind)
        await self._db.run(_ADD, *fields, file.id, now)

    async def add_links(
        self, account_id: UUID, assets: Sequence[Asset], most: int, now: datetime, consent_id: UUID | None = None
    ) -> bool:
        """Keep assets of an account with their links, which a worker then fetches, under a consent where one is given.
        False, and none of them is kept, where more than ``most`` of the account would then wait.
        """
        links = [{name: getattr(asset, name) for name in _OF_LINKS} for asset in assets]
        return bool(
            await self._db.value(_ADD_LINKS, account_id, msgspec.json.encode(links).decode(), most, now, consent_id)
        )

    async def get(self, account_id: UUID, asset_id: UUID) -> Asset | None:
        """An account's asset by its id."""
        return (await self.get_many(account_id, [asset_id])).get(asset_id)

    async def get_many(self, account_id: UUID, asset_ids: Sequence[UUID]) -> dict[UUID, Asset]:
        """Those of the assets that there are and that are the account's, in one round trip."""
        rows = await self._db.rows(_MANY, account_id, asset_ids)
        return {row["id"]: asset_of(row) for row in rows}

    async def page(self, account_id: UUID, wanted: AssetFilter, *, after: Position | None, limit: int) -> list[Asset]:
        """Some assets of an account, newest first.

        Args:
            after: where the page before it ended.
        """
        conditions, values = ["a.account_id = $1", "a.deleted_at IS NULL"], list[Any]([account_id])
        for name, condition in _CONDITIONS.items():
            value = getattr(wanted, name)
            if value is not None:
                values.append(value)
                conditions.append(condition.format(f"${len(values)}"))
        if after is not None:
            values += after
            conditions.append(f"(a.created_at, a.id) < (${len(values) - 1}, ${len(values)})")
        values.append(limit)
        rows = await self._db.rows(
            f"SELECT {_COLUMNS} {_CONSENTED} {_FROM} WHERE {' AND '.join(conditions)} "
            f"ORDER BY a.created_at DESC, a.id DESC LIMIT ${len(values)}",
            *values,
        )
        return [asset_of(row) for row in rows]

    async def change(
        self,
        account_id: UUID,
        asset_id: UUID,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        libraries: Sequence[str] | None = None,
        all_libraries: bool = False,
    ) -> Asset | None:
        """Change what is given; None where the account has no such asset."""
        await self._db.run(_CHANGE, asset_id, account_id, name, _listed(tags), _listed(libraries), all_libraries)
        return await self.get(account_id, asset_id)

    async def delete(self, account_id: UUID, asset_id: UUID, now: datetime) -> bool:
        """Delete an asset; False where the account has none such. Orders that name it keep working."""
        return await self._db.value(_DELETE, asset_id, account_id, now) is not None


def asset_of(row: Mapping[str, Any]) -> Asset:
    """An asset from its columns."""
    file = None
    if row["file_id"] is not None:
        file = AssetFile(
            id=row["file_id"],
            sha256=row["sha256"],
            size_bytes=row["size_bytes"],
            kind=row["kind"],
            state=row["state"],
            reason=row["reason"],
            person=row["person"],
            object_name=row["object_name"],
            facts=msgspec.json.decode(row["facts"]),
        )
    return Asset(
        id=row["id"],
        account_id=row["account_id"],
        name=row["name"],
        tags=tuple(row["tags"]),
        libraries=None if row["libraries"] is None else tuple(row["libraries"]),
        kind=row["kind"],
        url=row["url"],
        created_at=row["created_at"],
        error=row["error"],
        file=file,
        consented=bool(row["consented"]) or file is None,
    )


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)

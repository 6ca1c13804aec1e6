"""The bytes behind assets: kept once for each account, fetched where an asset came as a link, let go when nobody needs
them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from filmgate.asset import AssetFile, FileState
from filmgate.store.db import Database
from filmgate.video import MediaKind

CLAIM = timedelta(minutes=3)
"""How long a worker has for fetching one link, before another may try."""

_KEEP = """
SELECT verdict, file_id, object_name
FROM keep_asset_file($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12)
"""
_FILE = """
SELECT id, sha256, size_bytes, kind, state, reason, person, object_name, facts FROM asset_files WHERE id = $1
"""
# What orders cannot have, or under a consent alone, among the objects of these names.
_CLOSED = """
SELECT object_name, kind, state, person, reason FROM asset_files
WHERE object_name = ANY ($1) AND (state <> 'approved' OR person)
"""
# The unique index of account_id and sha256.
_REVIEWED = "SELECT kind, state, person, reason FROM asset_files WHERE account_id = $1 AND sha256 = $2"
# assets_to_fetch. Oldest first, and of each account not more than its share, so that nobody waits behind a long list.
_CLAIM = """
WITH due AS (
    SELECT id FROM (
        SELECT id, next_at, row_number() OVER (PARTITION BY account_id ORDER BY next_at) AS place
        FROM assets WHERE next_at <= $1 AND deleted_at IS NULL
    ) waiting
    ORDER BY place, next_at LIMIT $3
), mine AS (
    SELECT assets.id FROM assets JOIN due USING (id) WHERE next_at <= $1 FOR UPDATE OF assets SKIP LOCKED
)
UPDATE assets SET next_at = $2, tries = tries + 1 FROM mine WHERE assets.id = mine.id
RETURNING assets.id, account_id, url, kind, tries, created_at
"""
_FETCHED = "UPDATE assets SET file_id = $3, next_at = NULL WHERE id = $1 AND next_at = $2 RETURNING id"
_AGAIN = "UPDATE assets SET next_at = $3 WHERE id = $1 AND next_at = $2"
_FAILED = "UPDATE assets SET error = $3, next_at = NULL WHERE id = $1 AND next_at = $2"

_TO_LOOK_AT = "SELECT id FROM asset_files WHERE look_at <= $1 AND look_at IS NOT NULL ORDER BY look_at LIMIT $2"
_RELEASE = "SELECT release_asset_file($1, $2)"
_UNKNOWN = """
SELECT name FROM unnest($1::text[]) AS name
WHERE NOT EXISTS (SELECT FROM asset_files WHERE object_name = name)
  AND NOT EXISTS (SELECT FROM hosted_files WHERE object_name = name AND removed_at IS NULL)
  AND NOT EXISTS (SELECT FROM consents WHERE evidence_object = name)
"""


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that lie in the object store, and what was found of them."""

    id: UUID
    account_id: UUID
    sha256: str
    kind: MediaKind
    size_bytes: int
    facts: dict[str, Any]
    object_name: str
    state: FileState
    person: bool
    reason: str = ""
    """Why it is in its state."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What became of new bytes."""

    verdict: Literal["new", "known", "full"]
    """``known``: the account has brought them before. ``full``: they are not kept."""
    file_id: UUID | None
    object_name: str | None
    """Where the bytes lie; another name than the new one's where they lay here already."""


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """What an account's review said of certain bytes."""

    kind: MediaKind
    """What they were looked at as."""
    state: FileState
    person: bool
    """Shows a real person."""
    reason: str
    """Why it is in its state; empty where nothing is to be said."""


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """A link that this worker is to fetch now."""

    asset_id: UUID
    account_id: UUID
    url: str
    kind: MediaKind | None
    tries: int
    """This one counts."""
    created_at: datetime
    until: datetime
    """Then it may be another worker's."""


class AssetFiles:
    """The rows of files. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def keep(self, new: NewFile, most_bytes: int, now: datetime) -> Kept:
        """Keep bytes for an account that may keep so many in all; those that it has already are kept once."""
        row = await self._db.row(
            _KEEP,
            new.id,
            new.account_id,
            new.sha256,
            new.kind,
            new.size_bytes,
            msgspec.json.encode(new.facts).decode(),
            new.object_name,
            new.state,
            new.person,
            new.reason,
            most_bytes,
            now,
        )
        if row is None:
            raise AssertionError("keep_asset_file answers with one row")
        return Kept(verdict=row["verdict"], file_id=row["file_id"], object_name=row["object_name"])

    async def get(self, file_id: UUID) -> AssetFile | None:
        """A file by its id, whoever's it is: for the review."""
        row = await self._db.row(_FILE, file_id)
        return None if row is None else AssetFile(**{**row, "facts": msgspec.json.decode(row["facts"])})

    async def closed(self, object_names: Sequence[str]) -> dict[str, Reviewed]:
        """Those of the objects, whoever's they are, that lie here as files which not every order may have."""
        rows = await self._db.rows(_CLOSED, object_names)
        return {row["object_name"]: _reviewed(row) for row in rows}

    async def reviewed(self, account_id: UUID, sha256: str) -> Reviewed | None:
        """What the account's own review said of bytes, whether they lie here still or not; None where the account never
        brought them as an asset.
        """
        row = await self._db.row(_REVIEWED, account_id, sha256)
        return None if row is None else _reviewed(row)

    async def claim(self, limit: int, now: datetime) -> list[Fetch]:
        """Links to fetch, for this worker alone."""
        until = now + CLAIM
        rows = await self._db.rows(_CLAIM, now, until, limit)
        return [
            Fetch(
                asset_id=row["id"],
                account_id=row["account_id"],
                url=row["url"],
                kind=row["kind"],
                tries=row["tries"],
                created_at=row["created_at"],
                until=until,
            )
            for row in rows
        ]

    async def fetched(self, fetch: Fetch, file_id: UUID) -> bool:
        """The asset has its file. False where the claim had ended."""
        return await self._db.value(_FETCHED, fetch.asset_id, fetch.until, file_id) is not None

    async def fetch_again(self, fetch: Fetch, at: datetime) -> None:
        """Try the link once more, not before a moment."""
        await self._db.run(_AGAIN, fetch.asset_id, fetch.until, at)

    async def fetch_failed(self, fetch: Fetch, error: str) -> None:
        """There will be no file."""
        await self._db.run(_FAILED, fetch.asset_id, fetch.until, error)

    async def to_look_at(self, now: datetime, limit: int) -> list[UUID]:
        """Files that nobody may need any more."""
        return [row["id"] for row in await self._db.rows(_TO_LOOK_AT, now, limit)]

    async def release(self, file_id: UUID, now: datetime) -> str | None:
        """Let go of a file's bytes, if no asset and no order needs them; then the name of the object to remove."""
        name: str | None = await self._db.value(_RELEASE, file_id, now)
        return name

    async def unknown(self, object_names: Sequence[str]) -> list[str]:
        """Those names that belong to no file, hosted one or proof of a consent."""
        return [row["name"] for row in await self._db.rows(_UNKNOWN, object_names)]


def _reviewed(row: Mapping[str, Any]) -> Reviewed:
    return Reviewed(kind=row["kind"], state=row["state"], person=row["person"], reason=row["reason"])

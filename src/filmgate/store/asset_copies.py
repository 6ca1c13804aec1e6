"""Copies of assets at vendors: what a vendor calls an asset of ours, whether it takes it, and until when."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from filmgate.store.db import Database

CopyState = Literal["pending", "usable", "refused"]

_COLUMNS = "asset_id, upstream, library, vendor_asset_id, state, expires_at, changed_at"
# What one worker knows already is not made older by another that was slower.
_PUT = """
INSERT INTO asset_copies (asset_id, upstream, library, vendor_asset_id, state, expires_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (asset_id, upstream, library) DO UPDATE
SET vendor_asset_id = excluded.vendor_asset_id, state = excluded.state, expires_at = excluded.expires_at,
    changed_at = excluded.changed_at
WHERE asset_copies.changed_at <= excluded.changed_at
"""
_GET = f"""
SELECT {_COLUMNS} FROM asset_copies
WHERE asset_id = $1 AND upstream = $2 AND library = $3 AND (expires_at IS NULL OR expires_at > $4)
"""  # noqa: S608
_OF_ASSET = f"SELECT {_COLUMNS} FROM asset_copies WHERE asset_id = $1 ORDER BY upstream, library"  # noqa: S608
# Unless somebody has brought it again meanwhile.
_REMOVE = "DELETE FROM asset_copies WHERE asset_id = $1 AND upstream = $2 AND library = $3 AND vendor_asset_id = $4"


class AssetCopy(msgspec.Struct, frozen=True, kw_only=True):
    """An asset at one upstream."""

    asset_id: UUID
    upstream: str
    library: str
    """Of the vendor's: another for each kind of its models. In the words of its client half."""
    vendor_asset_id: str
    state: CopyState
    """``pending``: the vendor is reviewing it."""
    expires_at: datetime | None
    """From then on the vendor has it no more; None: it did not say."""
    changed_at: datetime
    """When the vendor said so."""


class AssetCopies:
    """The rows of copies. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, copy: AssetCopy) -> None:
        """Write down what a vendor said of a copy, over what it said before."""
        await self._db.run(
            _PUT,
            copy.asset_id,
            copy.upstream,
            copy.library,
            copy.vendor_asset_id,
            copy.state,
            copy.expires_at,
            copy.changed_at,
        )

    async def get(self, asset_id: UUID, upstream: str, library: str, now: datetime) -> AssetCopy | None:
        """The copy in a library of an upstream that has not expired."""
        row = await self._db.row(_GET, asset_id, upstream, library, now)
        return None if row is None else AssetCopy(**row)

    async def of_asset(self, asset_id: UUID) -> list[AssetCopy]:
        """All copies of an asset, expired ones too."""
        return [AssetCopy(**row) for row in await self._db.rows(_OF_ASSET, asset_id)]

    async def remove(self, copy: AssetCopy) -> None:
        """The vendor has it no more."""
        await self._db.run(_REMOVE, copy.asset_id, copy.upstream, copy.library, copy.vendor_asset_id)

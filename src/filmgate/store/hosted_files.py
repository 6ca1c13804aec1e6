"""Files that customers host here for some days, to name them in orders by their links."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from filmgate.store.db import Database

_KEEP = "SELECT keep_hosted_file($1, $2, $3, $4, $5, $6, $7)"
# hosted_files_to_forget
_DUE = """
SELECT id, object_name FROM hosted_files WHERE expires_at <= $1 AND removed_at IS NULL ORDER BY expires_at LIMIT $2
"""
_REMOVED = "UPDATE hosted_files SET removed_at = $2 WHERE id = ANY ($1) AND removed_at IS NULL"


class HostedFiles:
    """The rows of hosted files. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def keep(
        self,
        file_id: UUID,
        account_id: UUID,
        object_name: str,
        size_bytes: int,
        *,
        expires_at: datetime,
        most_bytes: int,
        now: datetime,
    ) -> bool:
        """Keep a file that was just put; False where the account would then keep more than it may in all."""
        values = (file_id, account_id, object_name, size_bytes, expires_at, most_bytes, now)
        return bool(await self._db.value(_KEEP, *values))

    async def due(self, now: datetime, limit: int) -> dict[UUID, str]:
        """Files whose time is over, with the names of their objects."""
        return {row["id"]: row["object_name"] for row in await self._db.rows(_DUE, now, limit)}

    async def mark_removed(self, file_ids: Sequence[UUID], now: datetime) -> None:
        """Write down that their objects are gone."""
        await self._db.run(_REMOVED, file_ids, now)

"""The certificates that manifests were signed with, from the first one on."""

from datetime import datetime

from filmgate.store.db import Database

_REMEMBER = "INSERT INTO label_certificates (chain, first_used_at) VALUES ($1, $2) ON CONFLICT (chain) DO NOTHING"
_ALL = "SELECT chain FROM label_certificates ORDER BY first_used_at, chain"


class Certificates:
    """The rows of certificates. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def remember(self, chain: bytes, now: datetime) -> None:
        """Keep a signer's certificate with those that issued it (PEM). One that is known already stays as it is."""
        await self._db.run(_REMEMBER, chain, now)

    async def chains(self) -> list[bytes]:
        """All of them, the oldest first."""
        return [bytes(row["chain"]) for row in await self._db.rows(_ALL)]

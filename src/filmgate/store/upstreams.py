"""What all workers share of an upstream: how many orders run there, and until when it wants to be left alone.

The counts are kept by the functions that begin and end attempts (schema).
"""

from datetime import datetime

import msgspec

from filmgate.store.db import Database

_STATES = "SELECT name, running, submits, minute, paused_until FROM upstreams ORDER BY name"
_PAUSE = """
INSERT INTO upstreams (name, paused_until) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET paused_until = greatest(upstreams.paused_until, excluded.paused_until)
"""


class UpstreamState(msgspec.Struct, frozen=True, kw_only=True):
    """One upstream, over all workers."""

    name: str
    running: int
    submits: int
    """Orders sent in the minute that began at ``minute``."""
    minute: datetime
    paused_until: datetime | None


class UpstreamStates:
    """The rows of upstreams. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> dict[str, UpstreamState]:
        """Every upstream that was ever sent an order, by name."""
        return {row["name"]: UpstreamState(**row) for row in await self._db.rows(_STATES)}

    async def pause(self, name: str, until: datetime) -> None:
        """Send no order there until then, from any worker. A shorter pause does not end a longer one."""
        await self._db.run(_PAUSE, name, until)

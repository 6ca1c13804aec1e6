"""Requests of the minute: how many each key and account with a limit has sent, over all processes and machines."""

from datetime import datetime
from uuid import UUID

from filmgate.store.db import Database

_LEASE = "SELECT lease_requests($1, $2, $3, $4, $5)"
# The table is small: a row for each minute of the last hour and each holder that has a limit and was heard.
_REMOVE = "DELETE FROM request_counts WHERE minute < $1"


class RequestCounts:
    """The rows of request_counts. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def lease(self, holder_id: UUID, minute: datetime, *, limit: int, waiting: int, ahead: int) -> int:
        """Take a piece of what a key or an account may still send in a minute of the clock.

        All pieces of one minute together are never more than ``limit``.

        Args:
            minute: its beginning.
            waiting: how many requests wait for an answer; they are given first.
            ahead: how many more may soon come; a part of them is given where little is left.

        Returns:
            How many may be let through; 0 once the minute's allowance is used up.
        """
        leased: int = await self._db.value(_LEASE, holder_id, minute, limit, waiting, ahead)
        return leased

    async def remove_before(self, minute: datetime) -> None:
        """Forget the counts of minutes that are over."""
        await self._db.run(_REMOVE, minute)

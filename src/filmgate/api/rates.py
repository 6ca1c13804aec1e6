"""Requests per minute: held over all processes, for keys and accounts that have such a limit.

The limit counts by minutes of the clock. A process leases pieces of the minute's allowance from the database and lets
requests through on them, so that most requests cost no round trip: a piece is for those that wait now, and for about
a quarter of a second more at the present pace.
"""

import asyncio
import math
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from filmgate.errors import RateLimited
from filmgate.store.accounts import Key
from filmgate.store.requests import RequestCounts

_MINUTE_SECONDS = 60
# A piece that was used up sooner was too small, one that lasted longer too large.
_PIECE_SECONDS = 0.25


class Rates:
    """Lets requests of keys through, or refuses them until the next minute."""

    def __init__(
        self, counts: RequestCounts, clock: Callable[[], datetime], stopwatch: Callable[[], float] = time.monotonic
    ) -> None:
        self._counts = counts
        self._clock = clock
        self._stopwatch = stopwatch
        self._minute: datetime | None = None
        self._allowances: dict[UUID, _Allowance] = {}

    async def admit(self, key: Key) -> None:
        """Count one request of a key, and of its account. A request that is refused counts for neither.

        Raises:
            RateLimited: the key or the account has sent what it may in this minute.
            Unavailable: the database is away, and nobody can say.
        """
        limits = [
            (whose, holder_id, limit)
            for whose, holder_id, limit in (
                ("key", key.id, key.limits.requests_per_minute),
                ("account", key.account_id, key.account_limits.requests_per_minute),
            )
            if limit is not None
        ]
        while limits:
            # Looked at anew after each lease: the minute may be over by then, and its pieces with it.
            now = self._clock()
            minute = now.replace(second=0, microsecond=0)
            needed = [(whose, self._allowance(holder_id, minute), limit) for whose, holder_id, limit in limits]
            for whose, allowance, limit in needed:
                if allowance.is_used_up(limit):
                    seconds = math.ceil(_MINUTE_SECONDS - (now - minute).total_seconds())
                    raise RateLimited(f"the {whose} may send {limit} requests a minute and has sent them", seconds)
            missing = next(((allowance, limit) for _, allowance, limit in needed if allowance.left == 0), None)
            if missing is None:
                for _, allowance, _ in needed:
                    allowance.left -= 1
                return
            await missing[0].lease(missing[1])

    def _allowance(self, holder_id: UUID, minute: datetime) -> "_Allowance":
        if minute != self._minute:
            self._minute, self._allowances = minute, {}
        allowance = self._allowances.get(holder_id)
        if allowance is None:
            allowance = self._allowances[holder_id] = _Allowance(self._counts, holder_id, minute, self._stopwatch)
        return allowance


class _Allowance:
    """What this process may let through of one holder's requests in one minute."""

    def __init__(
        self, counts: RequestCounts, holder_id: UUID, minute: datetime, stopwatch: Callable[[], float]
    ) -> None:
        self.left = 0
        self._counts = counts
        self._holder_id = holder_id
        self._minute = minute
        self._stopwatch = stopwatch
        self._used_up_at = 0
        self._waiting = 0
        self._ahead = 0
        self._leased_at = -math.inf
        self._leasing: asyncio.Task[None] | None = None

    def is_used_up(self, limit: int) -> bool:
        """Whether nothing is left anywhere, as far as is known. A limit that was raised is worth another look."""
        return self.left == 0 and limit <= self._used_up_at

    async def lease(self, limit: int) -> None:
        """Get another piece. Callers who come at once share one call, which outlives any of them."""
        self._waiting += 1
        try:
            if self._leasing is None:
                self._leasing = asyncio.create_task(self._lease(limit))
                self._leasing.add_done_callback(_seen)
            await asyncio.shield(self._leasing)
        finally:
            self._waiting -= 1

    async def _lease(self, limit: int) -> None:
        now = self._stopwatch()
        quick = now - self._leased_at < _PIECE_SECONDS
        self._ahead = max(2 * self._ahead, 1) if quick else self._ahead // 2
        try:
            leased = await self._counts.lease(
                self._holder_id, self._minute, limit=limit, waiting=self._waiting, ahead=self._ahead
            )
        finally:
            self._leasing = None
        self._leased_at = self._stopwatch()
        self.left += leased
        if leased == 0:
            self._used_up_at = max(self._used_up_at, limit)


def _seen(leasing: asyncio.Task[None]) -> None:
    """Nobody is left to hear of its failure where all callers have hung up meanwhile."""
    if not leasing.cancelled():
        leasing.exception()

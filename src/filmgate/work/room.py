"""Room: whether an upstream would take an order now, known well enough to not even ask the database.

What counts is asked again, over all workers at once, when an attempt begins (``store.attempts.begin_remote``).
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from filmgate.store.upstreams import UpstreamState, UpstreamStates
from filmgate.task import LOCAL
from filmgate.upstreams.remote import RemoteUpstream

_FRESH_SECONDS = 1.0


class Room:
    """What all workers have sent, looked at once a second."""

    def __init__(
        self, states: UpstreamStates, upstreams: Mapping[str, RemoteUpstream], clock: Callable[[], datetime]
    ) -> None:
        self._states = states
        self._upstreams = upstreams
        self._clock = clock
        self._known: dict[str, UpstreamState] = {}
        self._known_at = -_FRESH_SECONDS
        self._looking = asyncio.Lock()

    async def any_of(self, names: Iterable[str]) -> bool:
        """Whether one of them has room. The engine here takes what the lane's own limit lets through."""
        await self._refresh()
        return any(name == LOCAL or self.at(name) is None for name in names)

    def at(self, name: str) -> str | None:
        """Why an upstream takes nothing now, as known at the last look; None where it does."""
        upstream, state = self._upstreams.get(name), self._known.get(name)
        if upstream is None:
            return "is not set up"
        if not upstream.breaker.may_allow:
            return f"is left alone: {upstream.breaker.reason}"
        if state is None:
            return None
        now = self._clock()
        if state.paused_until is not None and state.paused_until > now:
            return "wants a pause"
        if state.running >= upstream.max_running:
            return f"has {state.running} running"
        is_this_minute = state.minute == now.replace(second=0, microsecond=0)
        if is_this_minute and state.submits >= upstream.submits_per_minute:
            return f"was sent {state.submits} this minute"
        return None

    async def _refresh(self) -> None:
        async with self._looking:
            if time.monotonic() - self._known_at >= _FRESH_SECONDS:
                self._known = await self._states.all()
                self._known_at = time.monotonic()

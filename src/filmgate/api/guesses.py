"""Wrong keys, counted by the address they come from, so that nobody tries keys out for long.

A good key is never refused here, wherever it comes from: many customers may share an address with one who guesses.
"""

import asyncio
import ipaddress
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from filmgate.api.calls import Call
from filmgate.errors import RateLimited, Unauthenticated

MOST_WRONG_KEYS = 30
"""In a minute, from one address, at one process."""

_MINUTE_SECONDS = 60.0
_MOST_ADDRESSES = 10_000
# Whoever has an IPv6 network has at least this much of it.
_NETWORK_BITS = 64


class Guesses:
    """The addresses that wrong keys came from in the last minute. What is remembered is bounded."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # In the order in which their minutes began.
        self._addresses: dict[str, _Address] = {}

    @asynccontextmanager
    async def looking_up(self, call: Call) -> AsyncIterator[None]:
        """Wait, before a key is looked up, until it is the caller's turn.

        From an address that has guessed too often one key is looked up after the other, so that guesses take no more
        of the database than one of its connections.
        """
        address = self._known(call)
        if address is None or not address.is_over_the_bound:
            yield
            return
        async with address.turn:
            yield

    def refusal(self, call: Call, *, was_looked_up: bool) -> Unauthenticated | RateLimited:
        """What to answer to a wrong key.

        Args:
            was_looked_up: the key is a guess that is counted, and not one that was just found to be wrong.
        """
        address = self._known(call)
        if address is None:
            address = self._remembered(_network_of(call))
        if was_looked_up:
            address.wrong_keys += 1
        if not address.is_over_the_bound:
            return Unauthenticated("the API key is not valid", missing=False)
        seconds = math.ceil(address.began_at + _MINUTE_SECONDS - self._clock())
        return RateLimited("too many wrong API keys came from this address", max(seconds, 1))

    def _known(self, call: Call) -> "_Address | None":
        if not self._addresses:
            return None
        address = self._addresses.get(_network_of(call))
        return None if address is None or self._clock() - address.began_at >= _MINUTE_SECONDS else address

    def _remembered(self, network: str) -> "_Address":
        self._addresses.pop(network, None)
        while len(self._addresses) >= _MOST_ADDRESSES:
            del self._addresses[next(iter(self._addresses))]
        address = self._addresses[network] = _Address(self._clock())
        return address


class _Address:
    def __init__(self, began_at: float) -> None:
        self.began_at = began_at
        self.wrong_keys = 0
        self.turn = asyncio.Lock()

    @property
    def is_over_the_bound(self) -> bool:
        return self.wrong_keys > MOST_WRONG_KEYS


def _network_of(call: Call) -> str:
    """The caller's address, or the part of it that belongs to one subscriber."""
    client = call.scope.get("client")
    if client is None:
        return ""
    try:
        address = ipaddress.ip_address(client[0].partition("%")[0])
    except ValueError:
        return client[0]
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))

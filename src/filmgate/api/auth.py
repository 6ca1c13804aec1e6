"""Who is calling: the account's key behind ``Authorization: Bearer …``."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import TypeVar

from filmgate.api.calls import Call
from filmgate.api.guesses import Guesses
from filmgate.api.rates import Rates
from filmgate.errors import Unauthenticated
from filmgate.ids import key_digest
from filmgate.store.accounts import Accounts, Key

# Exactly one space and nothing around: "stray spaces" are a cause of 401 (spec senseaudio 1.1).
_BEARER = re.compile(rb"bearer ([\x21-\x7e]{1,512})", re.IGNORECASE)

_KNOWN_SECONDS = 2.0
_UNKNOWN_SECONDS = 1.0
_MOST_KNOWN = 10_000
_MOST_UNKNOWN = 1_000

Value = TypeVar("Value")


class Gatekeeper:
    """Finds keys, and remembers them for a moment, so that a status query costs no second round trip. Holds callers to
    their requests per minute.

    A revoked key is therefore read with for up to two seconds more; an order with it is refused at once, because
    accepting checks the key again in its own transaction. What is remembered is bounded, whatever callers send.
    """

    def __init__(self, accounts: Accounts, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts = accounts
        self._rates = rates
        self._guesses = Guesses(clock)
        self._clock = clock
        # Each dict is in the order of expiry, because within one all entries live equally long.
        self._known: dict[bytes, tuple[Key, float]] = {}
        self._unknown: dict[bytes, float] = {}
        self._asking: dict[bytes, asyncio.Task[Key | None]] = {}

    async def identify(self, call: Call) -> Key:
        """The key of the caller, whose request this counts as one.

        Raises:
            Unauthenticated: no key, not in the form of a Bearer key, or not a key that is good now.
            RateLimited: the key or its account has sent what it may in this minute, or too many wrong keys came from
                the caller's address.
        """
        key = await self._find(call)
        if key.limits.requests_per_minute is not None or key.account_limits.requests_per_minute is not None:
            await self._rates.admit(key)
        return key

    async def identify_if_given(self, call: Call) -> Key | None:
        """As ``identify``, for doors that need no key: None where no key is sent, but a wrong one is refused."""
        return await self.identify(call) if b"authorization" in call.headers else None

    async def _find(self, call: Call) -> Key:
        secret = _secret(call)
        digest = key_digest(secret)
        found = self._known.get(digest)
        if found is not None and found[1] > self._clock():
            return found[0]
        if self._unknown.get(digest, 0.0) > self._clock():
            raise self._guesses.refusal(call, was_looked_up=False)
        async with self._guesses.looking_up(call):
            key = await self._ask(secret, digest)
        if key is None:
            raise self._guesses.refusal(call, was_looked_up=True)
        return key

    async def _ask(self, secret: str, digest: bytes) -> Key | None:
        # Callers with the same key who come at once share one look at the database, which outlives any of them.
        asking = self._asking.get(digest)
        if asking is None:
            asking = asyncio.create_task(self._look_up(secret, digest))
            self._asking[digest] = asking
        return await asyncio.shield(asking)

    async def _look_up(self, secret: str, digest: bytes) -> Key | None:
        try:
            key = await self._accounts.key_by_secret(secret)
        finally:
            del self._asking[digest]
        if key is None:
            _remember(self._unknown, digest, self._clock() + _UNKNOWN_SECONDS, _MOST_UNKNOWN)
            self._known.pop(digest, None)
        else:
            _remember(self._known, digest, (key, self._clock() + _KNOWN_SECONDS), _MOST_KNOWN)
            self._unknown.pop(digest, None)
        return key


def _secret(call: Call) -> str:
    header = call.headers.get(b"authorization")
    if header is None:
        raise Unauthenticated("the Authorization header is missing", missing=True)
    match = _BEARER.fullmatch(header)
    if match is None:
        # A key without "Bearer " and a malformed one are like none at all (spec senseaudio 1.1).
        raise Unauthenticated("the Authorization header must be: Bearer <key>", missing=True)
    return match[1].decode("ascii")


def _remember(entries: dict[bytes, Value], digest: bytes, value: Value, most: int) -> None:
    entries.pop(digest, None)
    while len(entries) >= most:
        del entries[next(iter(entries))]
    entries[digest] = value

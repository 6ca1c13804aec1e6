"""Who is calling, and how little it costs to know."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from filmgate.api.auth import Gatekeeper
from filmgate.api.calls import Call
from filmgate.api.guesses import MOST_WRONG_KEYS
from filmgate.api.rates import Rates
from filmgate.errors import RateLimited, Unauthenticated
from filmgate.ids import new_id
from filmgate.store.accounts import Accounts, Key


class Doorbook:
    """Keys by secret, and how often it was opened."""

    def __init__(self, *secrets: str) -> None:
        self.keys = {secret: _key(secret) for secret in secrets}
        self.looks: list[str] = []

    async def key_by_secret(self, secret: str) -> Key | None:
        self.looks.append(secret)
        await asyncio.sleep(0)
        return self.keys.get(secret)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def _key(name: str) -> Key:
    return Key(
        id=new_id(),
        account_id=new_id(),
        name=name,
        hint=name[:4],
        test=False,
        quota_micros=0,
        used_micros=0,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        revoked_at=None,
    )


def _gatekeeper(book: Doorbook, clock: Clock | None = None) -> Gatekeeper:
    return Gatekeeper(cast("Accounts", book), cast("Rates", None), clock or Clock())


def _call(*authorizations: bytes, address: str | None = "192.0.2.1") -> Call:
    scope: dict[str, Any] = {
        "type": "http",
        "headers": [(b"authorization", value) for value in authorizations],
        "client": None if address is None else (address, 40000),
    }
    return Call(cast("Any", scope), cast("Any", None), {})


@pytest.mark.parametrize("header", [b"Bearer fg_live_a", b"bearer fg_live_a", b"BEARER fg_live_a"])
async def test_a_bearer_key_is_known_whatever_the_case_of_the_scheme(header: bytes) -> None:
    book = Doorbook("fg_live_a")
    assert await _gatekeeper(book).identify(_call(header)) == book.keys["fg_live_a"]


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"fg_live_a",
        b"Bearer",
        b"Bearer ",
        b"Bearer  fg_live_a",
        b" Bearer fg_live_a",
        b"Bearer fg_live_a ",
        b"Bearer fg live a",
        b"Basic fg_live_a",
        b"Bearer fg_live_\xc3\xa9",
        b"Bearer \xff\xfe",
        b"Bearer fg\x00live",
        b"Bearer " + b"k" * 100_000,
    ],
)
async def test_anything_else_is_no_key_and_asks_no_database(header: bytes) -> None:
    book = Doorbook("fg_live_a")
    with pytest.raises(Unauthenticated) as caught:
        await _gatekeeper(book).identify(_call(header))
    assert caught.value.missing
    assert book.looks == []


async def test_no_header_is_missing_and_a_wrong_key_is_not() -> None:
    gatekeeper = _gatekeeper(Doorbook())
    with pytest.raises(Unauthenticated) as caught:
        await gatekeeper.identify(_call())
    assert caught.value.missing
    with pytest.raises(Unauthenticated) as caught:
        await gatekeeper.identify(_call(b"Bearer wrong"))
    assert not caught.value.missing


async def test_a_door_without_key_lets_nobody_in_with_a_wrong_one() -> None:
    book = Doorbook("right")
    gatekeeper = _gatekeeper(book)
    assert await gatekeeper.identify_if_given(_call()) is None
    assert await gatekeeper.identify_if_given(_call(b"Bearer right")) == book.keys["right"]
    with pytest.raises(Unauthenticated):
        await gatekeeper.identify_if_given(_call(b"Bearer wrong"))


async def test_a_known_key_is_looked_up_once_in_two_seconds() -> None:
    book, clock = Doorbook("a"), Clock()
    gatekeeper = _gatekeeper(book, clock)
    for later in (0.0, 1.0, 0.9):
        clock.now += later
        await gatekeeper.identify(_call(b"Bearer a"))
    assert len(book.looks) == 1
    clock.now += 0.2
    del book.keys["a"]
    with pytest.raises(Unauthenticated):
        await gatekeeper.identify(_call(b"Bearer a"))


async def test_a_key_made_after_a_wrong_try_is_good_within_a_second() -> None:
    book, clock = Doorbook(), Clock()
    gatekeeper = _gatekeeper(book, clock)
    with pytest.raises(Unauthenticated):
        await gatekeeper.identify(_call(b"Bearer a"))
    book.keys["a"] = _key("a")
    with pytest.raises(Unauthenticated):
        await gatekeeper.identify(_call(b"Bearer a"))
    clock.now += 1.0
    assert await gatekeeper.identify(_call(b"Bearer a")) == book.keys["a"]


async def test_many_callers_with_one_key_share_one_look() -> None:
    book = Doorbook("a")
    gatekeeper = _gatekeeper(book)
    await asyncio.gather(*(gatekeeper.identify(_call(b"Bearer a")) for _ in range(50)))
    assert len(book.looks) == 1


async def test_a_flood_of_made_up_keys_fills_no_memory() -> None:
    book, clock = Doorbook("a"), Clock()
    gatekeeper = _gatekeeper(book, clock)
    await gatekeeper.identify(_call(b"Bearer a"))
    for number in range(12_000):
        address = f"198.51.{number // 256}.{number % 256}"
        with pytest.raises(Unauthenticated):
            await gatekeeper.identify(_call(b"Bearer made-up-%d" % number, address=address))
    assert len(gatekeeper._unknown) <= 1_000
    assert len(gatekeeper._guesses._addresses) <= 10_000
    await gatekeeper.identify(_call(b"Bearer a"))
    assert book.looks.count("a") == 1


# --- guessing -----------------------------------------------------------------------------------------------------


async def _guess(gatekeeper: Gatekeeper, times: int, address: str | None = "192.0.2.1") -> list[type[Exception]]:
    """What so many different wrong keys from one address are told."""
    told: list[type[Exception]] = []
    for number in range(times):
        with pytest.raises((Unauthenticated, RateLimited)) as caught:
            await gatekeeper.identify(_call(b"Bearer guess-%d" % number, address=address))
        told.append(type(caught.value))
    return told


async def test_who_guesses_on_and_on_is_told_to_stop() -> None:
    gatekeeper = _gatekeeper(Doorbook())
    told = await _guess(gatekeeper, MOST_WRONG_KEYS + 5)
    assert told == [Unauthenticated] * MOST_WRONG_KEYS + [RateLimited] * 5


async def test_a_guesser_may_go_on_when_the_minute_is_over() -> None:
    clock = Clock()
    gatekeeper = _gatekeeper(Doorbook(), clock)
    await _guess(gatekeeper, MOST_WRONG_KEYS)
    clock.now += 12.5
    with pytest.raises(RateLimited) as refusal:
        await gatekeeper.identify(_call(b"Bearer one-more"))
    assert refusal.value.retry_after_seconds == 48
    clock.now += 47.5
    assert await _guess(gatekeeper, 1) == [Unauthenticated]


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", None, "not-an-address"])
async def test_a_good_key_is_good_wherever_others_guess(address: str | None) -> None:
    book = Doorbook("good")
    gatekeeper = _gatekeeper(book)
    assert (await _guess(gatekeeper, MOST_WRONG_KEYS + 5, address))[-1] is RateLimited
    assert await gatekeeper.identify(_call(b"Bearer good", address=address)) == book.keys["good"]


@pytest.mark.parametrize(
    ("guessing", "other", "is_one_subscriber"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
async def test_only_the_guessers_own_network_is_told_to_stop(
    guessing: str, other: str, is_one_subscriber: bool
) -> None:
    gatekeeper = _gatekeeper(Doorbook())
    await _guess(gatekeeper, MOST_WRONG_KEYS, guessing)
    with pytest.raises(RateLimited if is_one_subscriber else Unauthenticated):
        await gatekeeper.identify(_call(b"Bearer x", address=other))


async def test_one_wrong_key_again_and_again_is_one_guess() -> None:
    gatekeeper = _gatekeeper(Doorbook())
    for _ in range(3 * MOST_WRONG_KEYS):
        with pytest.raises(Unauthenticated):
            await gatekeeper.identify(_call(b"Bearer the-same"))
    assert await _guess(gatekeeper, 1) == [Unauthenticated]


async def test_no_key_at_all_is_no_guess() -> None:
    gatekeeper = _gatekeeper(Doorbook())
    for _ in range(3 * MOST_WRONG_KEYS):
        with pytest.raises(Unauthenticated):
            await gatekeeper.identify(_call())
    assert await _guess(gatekeeper, 1) == [Unauthenticated]


async def test_guesses_of_one_who_was_told_to_stop_are_looked_up_one_by_one() -> None:
    class SlowBook(Doorbook):
        looking, most_at_once = 0, 0

        async def key_by_secret(self, secret: str) -> Key | None:
            self.looking += 1
            self.most_at_once = max(self.most_at_once, self.looking)
            await asyncio.sleep(0.001)
            self.looking -= 1
            return await super().key_by_secret(secret)

    book = SlowBook("good")
    gatekeeper = _gatekeeper(book)
    await _guess(gatekeeper, MOST_WRONG_KEYS + 1)
    book.most_at_once = 0
    calls = [_call(b"Bearer more-%d" % number) for number in range(20)]
    answers = await asyncio.gather(*map(gatekeeper.identify, calls), return_exceptions=True)
    assert {type(answer) for answer in answers} == {RateLimited}
    assert book.most_at_once == 1
    calls = [_call(b"Bearer other-%d" % number, address="192.0.2.2") for number in range(20)]
    await asyncio.gather(*map(gatekeeper.identify, calls), return_exceptions=True)
    assert book.most_at_once > 1

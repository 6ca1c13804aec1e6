"""Who is calling, and how little it costs to know."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from filmgate.api.auth import Gatekeeper
from filmgate.api.calls import Call
from filmgate.errors import Unauthenticated
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
    return Gatekeeper(cast("Accounts", book), clock or Clock())


def _call(*authorizations: bytes) -> Call:
    scope: dict[str, Any] = {"type": "http", "headers": [(b"authorization", value) for value in authorizations]}
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
    for number in range(3_000):
        with pytest.raises(Unauthenticated):
            await gatekeeper.identify(_call(b"Bearer made-up-%d" % number))
    assert len(gatekeeper._unknown) <= 1_000
    await gatekeeper.identify(_call(b"Bearer a"))
    assert book.looks.count("a") == 1

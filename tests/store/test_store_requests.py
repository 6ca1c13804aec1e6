"""The requests of a minute, leased in pieces: never more than the limit, however many lease."""

import asyncio
from datetime import timedelta

import pytest
from tests.store.store_helpers import NOW

from filmgate.errors import Unavailable
from filmgate.ids import new_id
from filmgate.store.db import Database
from filmgate.store.requests import RequestCounts

MINUTE = NOW.replace(second=0, microsecond=0)


@pytest.fixture
def counts(database: Database) -> RequestCounts:
    return RequestCounts(database)


async def test_who_waits_is_given_all_there_is_and_then_nothing(counts: RequestCounts) -> None:
    holder = new_id()
    given = [await counts.lease(holder, MINUTE, limit=5, waiting=3, ahead=0) for _ in range(3)]
    assert given == [3, 2, 0]


async def test_beyond_those_who_wait_a_quarter_of_the_rest_is_given_at_most(counts: RequestCounts) -> None:
    holder = new_id()
    given = [await counts.lease(holder, MINUTE, limit=100, waiting=4, ahead=1000) for _ in range(3)]
    assert given == [4 + 96 // 4, 4 + 68 // 4, 4 + 47 // 4]
    assert await counts.lease(new_id(), MINUTE, limit=100, waiting=1, ahead=2) == 3


async def test_each_minute_and_each_holder_has_its_own_allowance(counts: RequestCounts) -> None:
    one, other = new_id(), new_id()
    assert await counts.lease(one, MINUTE, limit=2, waiting=9, ahead=0) == 2
    assert await counts.lease(other, MINUTE, limit=2, waiting=9, ahead=0) == 2
    assert await counts.lease(one, MINUTE + timedelta(minutes=1), limit=2, waiting=9, ahead=0) == 2
    assert await counts.lease(one, MINUTE, limit=2, waiting=9, ahead=0) == 0


async def test_a_limit_that_was_changed_counts_what_was_leased_before(counts: RequestCounts) -> None:
    holder = new_id()
    assert await counts.lease(holder, MINUTE, limit=10, waiting=6, ahead=0) == 6
    assert await counts.lease(holder, MINUTE, limit=4, waiting=6, ahead=0) == 0
    assert await counts.lease(holder, MINUTE, limit=9, waiting=6, ahead=9) == 3


async def test_many_who_lease_at_once_never_have_more_than_the_limit(database: Database, database_url: str) -> None:
    second, holder = await Database.open(database_url), new_id()
    doors = [RequestCounts(database), RequestCounts(second)]
    try:
        given = await asyncio.gather(
            *(doors[turn % 2].lease(holder, MINUTE, limit=333, waiting=1 + turn % 5, ahead=turn) for turn in range(300))
        )
    finally:
        await second.close()
    assert sum(given) == 333
    assert min(given) >= 0


async def test_the_counts_of_old_minutes_are_forgotten(counts: RequestCounts, database: Database) -> None:
    holder = new_id()
    for ago in (0, 1, 2):
        await counts.lease(holder, MINUTE - timedelta(minutes=ago), limit=5, waiting=1, ahead=0)
    await counts.remove_before(MINUTE - timedelta(minutes=1))
    assert await database.value("SELECT count(*) FROM request_counts") == 2
    assert await counts.lease(holder, MINUTE, limit=5, waiting=9, ahead=0) == 4


async def test_a_database_that_is_away_is_told(counts: RequestCounts, database: Database) -> None:
    await database.close()
    with pytest.raises(Unavailable):
        await counts.lease(new_id(), MINUTE, limit=5, waiting=1, ahead=0)

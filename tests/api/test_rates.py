"""Requests per minute: held by all processes together, at hardly any cost."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from tests.conftest import Clock

from filmgate.api.rates import Rates
from filmgate.errors import RateLimited, Unavailable
from filmgate.ids import new_id
from filmgate.store.accounts import Key, Limits
from filmgate.store.db import Database
from filmgate.store.requests import RequestCounts


class Counts(RequestCounts):
    """The real counts, with the calls counted."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.calls = 0

    async def lease(self, holder_id: UUID, minute: datetime, *, limit: int, waiting: int, ahead: int) -> int:
        self.calls += 1
        return await super().lease(holder_id, minute, limit=limit, waiting=waiting, ahead=ahead)


class NoCounts(RequestCounts):
    """Must not be asked."""

    def __init__(self) -> None:
        pass

    async def lease(self, holder_id: UUID, minute: datetime, *, limit: int, waiting: int, ahead: int) -> int:
        raise AssertionError("nobody has a limit")


class AwayCounts(NoCounts):
    async def lease(self, holder_id: UUID, minute: datetime, *, limit: int, waiting: int, ahead: int) -> int:
        raise Unavailable("the database is away")


class Stopwatch:
    """Stands still, so that every piece is used up at once, unless it is told to go on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def key_of(own: int | None = None, accounts: int | None = None, *, account_id: UUID | None = None) -> Key:
    return Key(
        id=new_id(),
        account_id=account_id or new_id(),
        name="main",
        hint="fg_l",
        test=False,
        quota_micros=0,
        used_micros=0,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        revoked_at=None,
        limits=Limits(requests_per_minute=own),
        account_limits=Limits(requests_per_minute=accounts),
    )


async def passed(rates: Rates, key: Key, times: int) -> int:
    """How many of so many requests in a row are let through."""
    let_through = 0
    for _ in range(times):
        try:
            await rates.admit(key)
            let_through += 1
        except RateLimited:
            pass
    return let_through


async def test_a_key_without_a_limit_costs_nothing(clock: Clock) -> None:
    admitting = Rates(NoCounts(), clock).admit(key_of())
    with pytest.raises(StopIteration):
        admitting.send(None)  # Not one await.


@pytest.mark.parametrize("whose", ["key", "account"])
async def test_a_minute_has_so_many_requests_and_no_more(database: Database, clock: Clock, whose: str) -> None:
    rates = Rates(RequestCounts(database), clock)
    key = key_of(7) if whose == "key" else key_of(None, 7)
    assert await passed(rates, key, 20) == 7
    with pytest.raises(RateLimited, match=f"the {whose} may send 7 requests a minute") as refusal:
        await rates.admit(key)
    assert refusal.value.retry_after_seconds == 55  # The clock stands at :05.
    clock.advance(54.5)
    with pytest.raises(RateLimited) as refusal:
        await rates.admit(key)
    assert refusal.value.retry_after_seconds == 1
    clock.advance(0.5)
    assert await passed(rates, key, 20) == 7


async def test_all_keys_of_an_account_share_its_allowance(database: Database, clock: Clock) -> None:
    rates, account_id = Rates(RequestCounts(database), clock), new_id()
    first, second = key_of(None, 10, account_id=account_id), key_of(8, 10, account_id=account_id)
    assert await passed(rates, first, 4) == 4
    assert await passed(rates, second, 20) == 6
    assert await passed(rates, first, 20) == 0


async def test_a_request_that_the_account_refuses_does_not_count_for_the_key(database: Database, clock: Clock) -> None:
    rates = Rates(RequestCounts(database), clock)
    key = key_of(5, 2)
    assert await passed(rates, key, 10) == 2
    raised = msgspec.structs.replace(key, account_limits=Limits(requests_per_minute=100))
    assert await passed(rates, raised, 10) == 3


async def test_a_limit_that_is_raised_holds_at_once_and_a_lowered_one_too(database: Database, clock: Clock) -> None:
    rates = Rates(RequestCounts(database), clock)
    key = key_of(5)
    assert await passed(rates, key, 10) == 5
    assert await passed(rates, msgspec.structs.replace(key, limits=Limits(requests_per_minute=8)), 10) == 3
    assert await passed(rates, msgspec.structs.replace(key, limits=Limits(requests_per_minute=1)), 10) == 0


@pytest.mark.parametrize("processes", [1, 2, 5])
async def test_all_processes_together_let_through_exactly_the_limit(
    database: Database, database_url: str, clock: Clock, processes: int
) -> None:
    """They come at once and all over the place; what one has leased and not used, it still lets through later."""
    limit, key = 500, key_of(500)
    databases = [await Database.open(database_url, connections=2) for _ in range(processes)]
    try:
        rates = [Rates(RequestCounts(database), clock) for database in databases]
        answers = await asyncio.gather(
            *(rates[number % processes].admit(key) for number in range(2 * limit)), return_exceptions=True
        )
        late = [await passed(one, key, limit) for one in rates]
    finally:
        for database in databases:
            await database.close()
    let_through = sum(answer is None for answer in answers)
    assert let_through + sum(late) == limit
    assert all(isinstance(answer, RateLimited) for answer in answers if answer is not None)


async def test_a_piece_that_nobody_uses_keeps_little_from_the_other_processes(database: Database, clock: Clock) -> None:
    idle, busy, key = Rates(RequestCounts(database), clock), Rates(RequestCounts(database), clock), key_of(600)
    assert await passed(idle, key, 50) == 50
    assert 600 - 50 - 64 <= await passed(busy, key, 1000) <= 600 - 50


async def test_many_requests_cost_one_round_trip(database: Database, clock: Clock) -> None:
    counts = Counts(database)
    rates = Rates(counts, clock, Stopwatch())
    assert await passed(rates, key_of(10_000), 5_000) == 5_000
    assert counts.calls < 20


async def test_a_refusal_costs_none(database: Database, clock: Clock) -> None:
    counts = Counts(database)
    rates, key = Rates(counts, clock), key_of(1)
    await passed(rates, key, 3)
    before = counts.calls
    assert await passed(rates, key, 1_000) == 0
    assert counts.calls == before


async def test_a_caller_at_leisure_leases_nothing_ahead(database: Database, clock: Clock) -> None:
    stopwatch, key = Stopwatch(), key_of(100)
    rates = Rates(RequestCounts(database), clock, stopwatch)
    for _ in range(10):
        stopwatch.now += 1.0
        await rates.admit(key)
    assert await database.value("SELECT requests FROM request_counts") == 10


async def test_a_request_that_waited_into_the_next_minute_counts_there(database: Database, clock: Clock) -> None:
    class Slow(RequestCounts):
        async def lease(self, holder_id: UUID, minute: datetime, *, limit: int, waiting: int, ahead: int) -> int:
            leased = await super().lease(holder_id, minute, limit=limit, waiting=waiting, ahead=ahead)
            if minute == first:
                clock.advance(60)
            return leased

    first = clock().replace(second=0, microsecond=0)
    rates, key = Rates(Slow(database), clock), key_of(1)
    await rates.admit(key)
    counted = await database.rows("SELECT minute, requests FROM request_counts ORDER BY minute")
    assert [tuple(row) for row in counted] == [(first, 1), (first + timedelta(minutes=1), 1)]
    assert await passed(rates, key, 5) == 0


async def test_a_database_that_is_away_is_no_refusal(clock: Clock) -> None:
    with pytest.raises(Unavailable):
        await Rates(AwayCounts(), clock).admit(key_of(5))


async def test_who_hangs_up_takes_nobody_along(database: Database, clock: Clock) -> None:
    rates, key = Rates(RequestCounts(database), clock), key_of(10)
    impatient = asyncio.create_task(rates.admit(key))
    patient = asyncio.create_task(rates.admit(key))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert impatient.cancelled() or impatient.done()
    assert await passed(rates, key, 20) >= 8

"""Limits of accounts and keys, repeated creates, and whose turn it is: all decided in the call that takes the order."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from tests.store.store_helpers import NOW, Store, new_task

from filmgate.errors import DayExhausted, InsufficientFunds, KeyReused, QuotaExhausted, RateLimited, TooManyOrders
from filmgate.ids import new_id
from filmgate.store.accept import Idempotency, NewTask
from filmgate.store.accounts import Account, Key, Limits
from filmgate.store.db import Database
from filmgate.store.queue import MAKE_FILM, SEND_PREFIX
from filmgate.store.tasks import Tasks
from filmgate.task import Task, TaskError, failed, started

SLOW = f"{SEND_PREFIX}slow"
ERROR = TaskError("provider_error", "the film could not be made")


async def limited(store: Store, whose: str, limits: Limits, funds: int = 100_000) -> tuple[Account, Key]:
    account, key = await store.customer(funds)
    if whose == "account":
        await store.accounts.set_account(account.id, limits, None)
    else:
        await store.accounts.set_key(key.id, limits, 0)
    return account, key


async def end(store: Store, task: Task, at: datetime = NOW) -> None:
    assert await store.tasks.apply(failed(await store.again(task), ERROR, at))


@pytest.mark.parametrize("whose", ["account", "key"])
async def test_no_more_orders_are_open_at_once_than_may_be(store: Store, whose: str) -> None:
    _, key = await limited(store, whose, Limits(max_open_orders=2))
    first, _ = await store.order(key), await store.order(key)
    before = await store.traces()
    with pytest.raises(TooManyOrders, match=f"the {whose} has as many open orders") as refusal:
        await store.order(key)
    assert refusal.value.retry_after_seconds > 0
    assert await store.traces() == before
    await end(store, first)
    await store.order(key)
    assert await store.ledger.audit() == []


@pytest.mark.parametrize("whose", ["account", "key"])
async def test_fifty_orders_at_once_open_no_more_than_may_be(store: Store, whose: str, database_url: str) -> None:
    _, key = await limited(store, whose, Limits(max_open_orders=7))
    second = await Database.open(database_url)
    doors = (store.tasks, Tasks(second))
    try:
        answers = await asyncio.gather(
            *(doors[number % 2].accept(new_task(key, 1)) for number in range(50)), return_exceptions=True
        )
    finally:
        await second.close()
    assert sum(isinstance(answer, UUID) for answer in answers) == 7
    assert sum(isinstance(answer, TooManyOrders) for answer in answers) == 43
    assert await store.ledger.audit() == []


async def test_orders_of_test_keys_take_no_place_of_the_accounts(store: Store) -> None:
    account, key = await limited(store, "account", Limits(max_open_orders=1))
    trial = await store.accounts.create_key(
        account.id, name="trial", secret=str(new_id()), test=True, quota_micros=0, now=NOW
    )
    for _ in range(3):
        await store.order(trial, 0)
    await store.order(key)
    with pytest.raises(TooManyOrders):
        await store.order(key)


@pytest.mark.parametrize("whose", ["account", "key"])
async def test_a_day_ends_at_midnight_utc(store: Store, whose: str) -> None:
    _, key = await limited(store, whose, Limits(daily_micros=250))
    late = NOW.replace(hour=23, minute=59, second=0)
    await store.order(key, 100, created_at=late)
    await store.order(key, 100, created_at=late)
    with pytest.raises(DayExhausted, match=f"the {whose} has spent") as refusal:
        await store.order(key, 100, created_at=late)
    assert refusal.value.retry_after_seconds == 60
    await store.order(key, 100, created_at=late + timedelta(minutes=1))
    assert await store.ledger.audit() == []


@pytest.mark.parametrize("whose", ["account", "key"])
async def test_what_an_order_gives_back_may_be_spent_again_on_the_same_day(store: Store, whose: str) -> None:
    _, key = await limited(store, whose, Limits(daily_micros=100))
    await end(store, await store.order(key, 100))
    yesterdays = await store.order(key, 100)
    tomorrow = NOW + timedelta(days=1)
    todays = await store.order(key, 60, created_at=tomorrow)
    # What ends today but was ordered yesterday gives nothing back to today.
    await end(store, yesterdays, tomorrow)
    with pytest.raises(DayExhausted):
        await store.order(key, 60, created_at=tomorrow)
    await end(store, todays, tomorrow)
    await store.order(key, 100, created_at=tomorrow)


MIDNIGHT = NOW.replace(hour=0, minute=0, second=0) + timedelta(days=1)


@pytest.mark.parametrize("whose", ["account", "key"])
async def test_an_order_that_crosses_midnight_late_counts_to_the_day_that_has_begun(store: Store, whose: str) -> None:
    _, key = await limited(store, whose, Limits(daily_micros=250))
    await store.order(key, 100, created_at=MIDNIGHT + timedelta(seconds=1))
    late = await store.order(key, 100, created_at=MIDNIGHT - timedelta(seconds=1))
    assert late.created_at == MIDNIGHT
    with pytest.raises(DayExhausted):
        await store.order(key, 100, created_at=MIDNIGHT - timedelta(seconds=1))
    await end(store, late, MIDNIGHT)
    await store.order(key, 150, created_at=MIDNIGHT + timedelta(seconds=2))
    assert await store.ledger.audit() == []


async def test_a_clock_that_was_far_ahead_does_not_stop_the_days(store: Store) -> None:
    _, key = await limited(store, "account", Limits(daily_micros=100))
    await store.order(key, 100, created_at=NOW + timedelta(days=400))
    after = await store.order(key, 100)
    assert after.created_at == NOW
    with pytest.raises(DayExhausted):
        await store.order(key, 1)
    await store.order(key, 100, created_at=NOW + timedelta(days=1))


async def test_orders_of_two_days_at_once_never_turn_a_count_back(store: Store, database_url: str) -> None:
    _, key = await limited(store, "account", Limits(daily_micros=30))
    second = await Database.open(database_url)
    doors = (store.tasks, Tasks(second))
    before, since = MIDNIGHT - timedelta(milliseconds=1), MIDNIGHT + timedelta(milliseconds=1)
    try:
        answers = await asyncio.gather(
            *(
                doors[number % 2].accept(new_task(key, 1, created_at=before if number % 3 else since))
                for number in range(150)
            ),
            return_exceptions=True,
        )
    finally:
        await second.close()
    accepted = await store.database.rows("SELECT created_at::date AS day, count(*) FROM tasks GROUP BY 1")
    assert sum(isinstance(answer, UUID) for answer in answers) == sum(row["count"] for row in accepted)
    assert {row["count"] for row in accepted} <= set(range(31))
    assert await store.ledger.audit() == []


async def test_an_account_may_not_spend_more_in_all_than_its_total(store: Store) -> None:
    _, key = await limited(store, "account", Limits(total_micros=250))
    await store.order(key, 100)
    spent = await store.order(key, 100)
    with pytest.raises(QuotaExhausted, match="the account's quota") as refusal:
        await store.order(key, 100)
    assert (refusal.value.needed_micros, refusal.value.available_micros) == (100, 50)
    await end(store, spent)
    await store.order(key, 150)
    assert await store.ledger.audit() == []


async def test_of_a_total_that_is_spent_already_nothing_is_left(store: Store) -> None:
    account, key = await limited(store, "account", Limits(total_micros=250))
    await store.order(key, 200)
    await store.accounts.set_account(account.id, Limits(total_micros=50), None)
    with pytest.raises(QuotaExhausted) as refusal:
        await store.order(key, 1)
    assert (refusal.value.needed_micros, refusal.value.available_micros) == (1, 0)


@pytest.mark.parametrize("whose", ["account", "key"])
async def test_nobody_waits_for_a_day_that_has_room_for_an_order_dearer_than_a_day(store: Store, whose: str) -> None:
    _, key = await limited(store, whose, Limits(daily_micros=250))
    with pytest.raises(QuotaExhausted, match=f"the {whose}'s quota") as refusal:
        await store.order(key, 251)
    assert (refusal.value.needed_micros, refusal.value.available_micros) == (251, 250)
    await store.order(key, 250)
    with pytest.raises(DayExhausted):
        await store.order(key, 1)


async def test_limits_read_back_as_they_were_set(store: Store) -> None:
    account, key = await store.customer()
    limits = Limits(
        requests_per_minute=60, max_open_orders=3, daily_micros=10, total_micros=20, models=("seedance-2.0", "b")
    )
    await store.accounts.set_account(account.id, limits, 24)
    await store.accounts.set_key(key.id, msgspec.structs.replace(limits, total_micros=None, max_open_orders=2), 500)
    kept = await store.accounts.key(key.id)
    assert kept is not None
    assert (kept.account_limits, kept.retention_hours, kept.quota_micros) == (limits, 24, 500)
    assert kept.limits == msgspec.structs.replace(limits, total_micros=None, max_open_orders=2)
    assert (await store.accounts.account(account.id)).limits == limits
    assert [owner for owner, _ in await store.accounts.keys(account.id)] == [await store.accounts.account(account.id)]


# --- creates that are sent twice ----------------------------------------------------------------------------------


def keyed(key: Key, name: str, order: bytes = b"order", **changes: Any) -> NewTask:
    return new_task(key, 100, idempotency=Idempotency(name, order), **changes)


async def test_the_same_key_and_order_make_one_order(store: Store) -> None:
    account, key = await store.customer()
    first = await store.tasks.accept(keyed(key, "a"))
    before = await store.traces()
    assert await store.tasks.accept(keyed(key, "a")) == first
    assert await store.traces() == before
    assert (await store.accounts.balance(account.id)).held == 100
    found = await store.tasks.accepted_before(account.id, Idempotency("a", b"order"), NOW)
    assert found is not None
    assert found.id == first


async def test_the_same_key_with_another_order_is_refused(store: Store) -> None:
    account, key = await store.customer()
    await store.tasks.accept(keyed(key, "a"))
    before = await store.traces()
    with pytest.raises(KeyReused):
        await store.tasks.accept(keyed(key, "a", b"another"))
    with pytest.raises(KeyReused):
        await store.tasks.accepted_before(account.id, Idempotency("a", b"another"), NOW)
    assert await store.traces() == before


async def test_a_hundred_creates_with_one_key_on_two_servers_make_one_order(store: Store, database_url: str) -> None:
    account, key = await store.customer(100_000)
    second = await Database.open(database_url)
    doors = (store.tasks, Tasks(second))
    try:
        answers = await asyncio.gather(*(doors[number % 2].accept(keyed(key, "storm")) for number in range(100)))
    finally:
        await second.close()
    assert len(set(answers)) == 1
    assert (await store.traces())["tasks"] == 1
    assert (await store.accounts.balance(account.id)).held == 100
    assert await store.ledger.audit() == []


async def test_storms_of_several_keys_and_accounts_do_not_block_each_other(store: Store, database_url: str) -> None:
    keys = [(await store.customer(100_000))[1] for _ in range(3)]
    second = await Database.open(database_url)
    doors = (store.tasks, Tasks(second))
    try:
        answers = await asyncio.gather(
            *(doors[number % 2].accept(keyed(keys[number % 3], f"key {number * 7 % 10}")) for number in range(300))
        )
    finally:
        await second.close()
    assert len(set(answers)) == 30
    assert (await store.traces())["tasks"] == 30
    assert await store.ledger.audit() == []


async def test_a_key_is_good_for_a_day_and_then_for_another_order(store: Store) -> None:
    account, key = await store.customer()
    first = await store.tasks.accept(keyed(key, "a"))
    nearly, later = NOW + timedelta(hours=23, minutes=59), NOW + timedelta(hours=24)
    assert await store.tasks.accept(keyed(key, "a", created_at=nearly)) == first
    assert await store.tasks.accepted_before(account.id, Idempotency("a", b"another"), later) is None
    second = await store.tasks.accept(keyed(key, "a", b"another", created_at=later))
    assert second != first


async def test_a_refused_order_leaves_its_key_free(store: Store) -> None:
    account, key = await store.customer(50)
    with pytest.raises(Exception, match="balance"):
        await store.tasks.accept(keyed(key, "a"))
    await store.accounts.top_up(account.id, 50, "", NOW)
    accepted = await store.tasks.accept(keyed(key, "a", b"another"))
    assert (await store.traces())["tasks"] == 1
    assert await store.tasks.accept(keyed(key, "a", b"another")) == accepted


async def test_a_key_that_a_refused_order_left_free_is_the_next_ones_in_the_same_call(store: Store) -> None:
    account, key = await store.customer(100)
    dear = new_task(key, 101, idempotency=Idempotency("a", b"dear"))
    cheap = new_task(key, 10, idempotency=Idempotency("a", b"cheap"))
    answers = await asyncio.gather(store.tasks.accept(dear), store.tasks.accept(cheap), return_exceptions=True)
    assert isinstance(answers[0], InsufficientFunds)
    assert answers[1] == cheap.id
    assert await store.tasks.accept(new_task(key, 10, idempotency=Idempotency("a", b"cheap"))) == cheap.id
    with pytest.raises(KeyReused):
        await store.tasks.accept(new_task(key, 10, idempotency=Idempotency("a", b"dear")))
    assert (await store.accounts.balance(account.id)).held == 10


async def test_accounts_never_meet_in_a_key(store: Store) -> None:
    (_, one), (_, other) = await store.customer(), await store.customer()
    answers = [await store.tasks.accept(keyed(key, "a")) for key in (one, other)]
    assert len(set(answers)) == 2


# --- whose turn it is ---------------------------------------------------------------------------------------------


async def served(store: Store, lane: str = MAKE_FILM) -> list[UUID]:
    """The accounts in the order in which their orders will be taken from a lane."""
    rows = await store.database.rows(
        "SELECT account_id FROM pgqueuer JOIN tasks ON tasks.id::text = dedupe_key WHERE entrypoint = $1 "
        "ORDER BY priority DESC, pgqueuer.id",
        lane,
    )
    return [row["account_id"] for row in rows]


async def begin_next(store: Store, lane: str = MAKE_FILM) -> UUID:
    row = await store.database.row(
        "SELECT tasks.id FROM pgqueuer JOIN tasks ON tasks.id::text = dedupe_key WHERE entrypoint = $1 "
        "ORDER BY priority DESC, pgqueuer.id",
        lane,
    )
    assert row is not None
    task = await store.tasks.get(row["id"])
    assert task is not None
    assert await store.tasks.apply(started(task, NOW))
    await store.tasks.withdraw(task.id)
    return task.account_id


async def test_a_first_order_waits_for_nobody_who_has_many(store: Store) -> None:
    (many, busy), (few, quiet) = await store.customer(), await store.customer()
    for _ in range(5):
        await store.order(busy, 1)
    for _ in range(2):
        assert await begin_next(store) == many.id
    await store.order(quiet, 1)
    assert await served(store) == [few.id, many.id, many.id, many.id]


async def test_accounts_with_many_orders_take_turns(store: Store) -> None:
    (one, first), (other, second) = await store.customer(), await store.customer()
    for _ in range(6):
        await store.order(first, 1)
    assert [await begin_next(store) for _ in range(3)] == [one.id] * 3
    for _ in range(3):
        await store.order(second, 1)
    assert [await begin_next(store) for _ in range(6)] == [other.id, one.id, other.id, one.id, other.id, one.id]


async def test_who_orders_again_and_again_does_not_starve_who_waits(store: Store) -> None:
    (patient, first), (eager, second) = await store.customer(), await store.customer()
    for _ in range(4):
        await store.order(first, 1)
    assert await begin_next(store) == patient.id
    await store.order(second, 1)
    turns = []
    for _ in range(6):
        turns.append(await begin_next(store))
        await store.order(second, 1)
    assert turns.count(patient.id) == 3
    assert eager.id in turns


async def test_newcomers_are_served_in_the_order_of_their_coming(store: Store) -> None:
    _, busy = await store.customer()
    for _ in range(3):
        await store.order(busy, 1)
    await begin_next(store)
    newcomers = [await store.customer() for _ in range(3)]
    for _, key in newcomers:
        await store.order(key, 1)
    assert (await served(store))[:3] == [account.id for account, _ in newcomers]


async def order_in(store: Store, key: Key, lane: str, orders: int = 1) -> list[UUID]:
    return [await store.tasks.accept(msgspec.structs.replace(new_task(key, 1), lane=lane)) for _ in range(orders)]


async def test_how_far_one_lane_has_come_says_nothing_about_another(store: Store) -> None:
    (many, busy), (few, quiet), (_, quick) = [await store.customer() for _ in range(3)]
    await order_in(store, busy, SLOW, 5)
    for _ in range(9):
        await store.order(quick, 1)
        await begin_next(store)
    await order_in(store, quiet, SLOW)
    assert few.id in (await served(store, SLOW))[:2]
    assert (await served(store, SLOW)).count(many.id) == 5


async def test_who_has_ordered_much_in_one_lane_is_a_newcomer_in_another(store: Store) -> None:
    (many, busy), (few, quiet) = await store.customer(), await store.customer()
    for _ in range(9):
        await store.order(quiet, 1)
        await begin_next(store)
    await order_in(store, busy, SLOW, 5)
    await order_in(store, quiet, SLOW)
    assert few.id in (await served(store, SLOW))[:2]
    assert (await served(store, SLOW)).count(many.id) == 5


async def test_orders_that_come_to_another_lane_stand_behind_those_that_were_served_there(store: Store) -> None:
    (many, busy), (few, quiet) = await store.customer(), await store.customer()
    [first, second, third] = await order_in(store, busy, SLOW, 3)
    for _ in range(4):
        await store.order(quiet, 1)
    assert [await begin_next(store) for _ in range(2)] == [few.id] * 2
    for task_id in (first, second, third):
        await store.tasks.move_to_lane(task_id, MAKE_FILM)
    assert await served(store, SLOW) == []
    # Of those with the same turn, the older one comes first.
    assert await served(store) == [many.id, many.id, few.id, many.id, few.id]
    await store.order(busy, 1)
    assert await served(store) == [many.id, many.id, few.id, many.id, few.id, many.id]


async def test_a_second_move_to_a_lane_keeps_the_place_in_it(store: Store) -> None:
    (many, busy), (few, quiet) = await store.customer(), await store.customer()
    [first] = await order_in(store, busy, SLOW)
    await store.tasks.move_to_lane(first, MAKE_FILM)
    await store.order(quiet, 1)
    await store.tasks.move_to_lane(first, MAKE_FILM)
    assert await served(store) == [many.id, few.id]


async def test_an_order_that_has_ended_moves_to_no_lane(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key, 1)
    await end(store, task)
    await store.tasks.move_to_lane(task.id, SLOW)
    assert await store.database.value("SELECT lane FROM tasks WHERE id = $1", task.id) == MAKE_FILM


async def test_orders_that_begin_at_once_do_not_wait_for_each_other(store: Store, database_url: str) -> None:
    _, key = await store.customer()
    first, second = await store.order(key, 1), await store.order(key, 1)
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await other.execute("SELECT serve_turn($1, 1)", MAKE_FILM)
        async with other.transaction():
            await other.execute("SELECT serve_turn($1, 2)", MAKE_FILM)
            async with asyncio.timeout(5):
                assert await store.tasks.apply(started(first, NOW))
                assert await store.tasks.apply(started(second, NOW))
    finally:
        await other.close()


async def test_limits_that_hold_a_caller_back_are_all_of_one_kind() -> None:
    assert issubclass(TooManyOrders, RateLimited)
    assert issubclass(DayExhausted, RateLimited)

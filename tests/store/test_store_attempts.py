"""Attempts: begun where there is room, followed by one worker at a time, in doubt until someone knows."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.store.store_helpers import NOW, Store

from filmgate.attempt import Attempt
from filmgate.ids import new_id
from filmgate.store.attempts import Attempts
from filmgate.store.db import Database
from filmgate.task import Task, cancelled

ME, OTHER = UUID(int=1), UUID(int=2)
GONE = timedelta(seconds=3)
VENDORS = ["vendor"]


async def begin(store: Store, task: Task, *, attempts: Attempts | None = None, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "upstream": "vendor",
        "vendor_model": "ep-1",
        "seed": 7,
        "reason": "the first route",
        "max_running": 2,
        "submits_per_minute": 100,
        "now": NOW,
    }
    return await (attempts or store.attempts).begin_remote(task.id, **(values | changes))


async def begun(store: Store, task: Task, **changes: Any) -> Attempt:
    attempt = await begin(store, task, **changes)
    assert isinstance(attempt, Attempt)
    return attempt


async def sent(store: Store, vendor_id: str, worker_id: UUID = ME, **changes: Any) -> Attempt:
    """An order that a vendor has."""
    _, key = await store.customer()
    attempt = await begun(store, await store.order(key), **({"max_running": 100} | changes))
    assert await store.attempts.submitted(attempt, vendor_id, "r-1", worker_id, NOW)
    found = await store.attempts.open_of_task(attempt.task_id)
    assert found is not None
    return found


async def running(store: Store) -> int:
    count: int = await store.database.value("SELECT running FROM upstreams WHERE name = 'vendor'")
    return count


# --- at the engine here -------------------------------------------------------------------------------------------


async def test_attempts_are_counted_and_a_dead_workers_attempt_is_abandoned(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    first = await store.attempts.begin_local(task.id, "animatic", NOW)
    second = await store.attempts.begin_local(task.id, "animatic", NOW)
    assert await store.attempts.end(second, "ok", None, NOW)
    assert not await store.attempts.end(first, "failed", "too late: it was abandoned", NOW)
    assert (first.number, first.outcome, second.number) == (1, None, 2)
    assert await store.attempts.of_task(task.id) == [
        msgspec.structs.replace(first, ended_at=NOW, outcome="abandoned"),
        msgspec.structs.replace(second, ended_at=NOW, outcome="ok"),
    ]


async def test_two_workers_that_begin_at_once_get_numbers_of_their_own(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    attempts = await asyncio.gather(*(store.attempts.begin_local(task.id, "animatic", NOW) for _ in range(8)))
    assert sorted(attempt.number for attempt in attempts) == list(range(1, 9))
    outcomes = [attempt.outcome for attempt in await store.attempts.of_task(task.id)]
    assert outcomes == ["abandoned"] * 7 + [None]


# --- at a vendor --------------------------------------------------------------------------------------------------


async def test_an_attempt_reads_back_as_it_was_begun(store: Store) -> None:
    _, key = await store.customer()
    attempt = await begun(store, await store.order(key))
    assert await store.attempts.of_task(attempt.task_id) == [attempt]
    assert (attempt.number, attempt.vendor_model, attempt.seed, attempt.is_in_doubt) == (1, "ep-1", 7, False)


async def test_an_attempts_key_is_its_own_and_stays(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    first = await begun(store, task)
    await store.attempts.end(first, "failed", "no", NOW)
    second = await begun(store, task)
    assert first.idempotency_key != second.idempotency_key
    assert (await store.attempts.of_task(task.id))[0].idempotency_key == first.idempotency_key


async def test_a_task_has_one_open_attempt_however_many_workers_try(store: Store, database_url: str) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    second = await Database.open(database_url)
    doors = (store.attempts, Attempts(second))
    answers = await asyncio.gather(
        *(begin(store, task, attempts=doors[number % 2], max_running=50) for number in range(20))
    )
    await second.close()
    assert sum(isinstance(answer, Attempt) for answer in answers) == 1
    assert await running(store) == 1


async def test_a_task_that_has_ended_gets_no_attempt(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    await store.tasks.apply(cancelled(task, NOW))
    assert await begin(store, task) is None


async def test_no_more_run_at_a_vendor_than_may_over_all_workers(store: Store, database_url: str) -> None:
    _, key = await store.customer(10_000)
    tasks = [await store.order(key, 1) for _ in range(20)]
    second = await Database.open(database_url)
    doors = (store.attempts, Attempts(second))
    answers = await asyncio.gather(
        *(begin(store, task, attempts=doors[number % 2], max_running=5) for number, task in enumerate(tasks))
    )
    await second.close()
    assert answers.count("running") == 15
    begun_ones = [answer for answer in answers if isinstance(answer, Attempt)]
    assert await store.attempts.end(begun_ones[0], "failed", "no", NOW)
    assert not await store.attempts.end(begun_ones[0], "failed", "again", NOW)
    assert await running(store) == 4
    left = tasks[answers.index("running")]
    assert isinstance(await begin(store, left, max_running=5), Attempt)


async def test_no_more_are_sent_in_a_minute_than_may(store: Store) -> None:
    _, key = await store.customer(10_000)
    limits: dict[str, Any] = {"submits_per_minute": 2, "max_running": 50}
    for expected in (Attempt, Attempt, str):
        answer = await begin(store, await store.order(key, 1), **limits)
        assert isinstance(answer, expected)
    assert answer == "rate"
    later = NOW.replace(second=0) + timedelta(minutes=1)
    assert isinstance(await begin(store, await store.order(key, 1), now=later, **limits), Attempt)


async def test_a_vendor_that_wants_to_be_left_alone_is(store: Store) -> None:
    _, key = await store.customer(10_000)
    await store.upstreams.pause("vendor", NOW + timedelta(seconds=30))
    # A shorter wish does not end a longer one.
    await store.upstreams.pause("vendor", NOW + timedelta(seconds=5))
    assert await begin(store, await store.order(key, 1)) == "paused"
    assert isinstance(await begin(store, await store.order(key, 1), now=NOW + timedelta(seconds=30)), Attempt)


async def test_a_vendors_task_belongs_to_one_attempt(store: Store) -> None:
    first = await sent(store, "v-1")
    _, key = await store.customer()
    second = await begun(store, await store.order(key), max_running=50)
    assert not await store.attempts.submitted(second, "v-1", None, ME, NOW)
    assert await store.attempts.submitted(second, "v-2", None, ME, NOW)
    assert await store.attempts.known_ids("vendor", ["v-1", "v-2", "v-3"]) == {"v-1", "v-2"}
    assert await store.attempts.by_vendor_id("vendor", "v-1") == first
    assert await store.attempts.by_vendor_id("other", "v-1") is None


async def test_what_a_vendor_has_needs_no_job(store: Store) -> None:
    attempt = await sent(store, "v-1")
    await store.tasks.withdraw(attempt.task_id)
    assert await store.tasks.open_without_job(10) == []
    await store.attempts.end(attempt, "failed", "no", NOW)
    assert await store.tasks.open_without_job(10) == [attempt.task_id]


async def test_a_doubt_lasts_from_its_beginning_to_the_vendors_id(store: Store) -> None:
    _, key = await store.customer()
    attempt = await begun(store, await store.order(key))
    for seconds in (0, 10):
        await store.attempts.doubted(attempt, "no answer", "r-9", NOW + timedelta(seconds=seconds))
    (doubtful,) = await store.attempts.doubtful(10)
    assert (doubtful.doubt_since, doubtful.detail, doubtful.is_in_doubt) == (NOW, "no answer", True)
    assert await store.attempts.submitted(attempt, "v-1", None, ME, NOW)
    assert await store.attempts.doubtful(10) == []
    await store.attempts.doubted(attempt, "too late", None, NOW)
    assert await store.attempts.doubtful(10) == []


async def test_a_doubt_that_was_settled_meanwhile_ends_nothing(store: Store) -> None:
    _, key = await store.customer()
    attempt = await begun(store, await store.order(key))
    await store.attempts.doubted(attempt, "no answer", None, NOW)
    assert await store.attempts.submitted(attempt, "v-1", None, ME, NOW)
    assert not await store.attempts.end(attempt, "failed", "never arrived", NOW, fault="vendor", only_without_id=True)
    found = await store.attempts.open_of_task(attempt.task_id)
    assert (found and found.vendor_id, await running(store)) == ("v-1", 1)


async def test_a_doubt_ends_once_and_gives_its_place_back(store: Store) -> None:
    _, key = await store.customer()
    attempt = await begun(store, await store.order(key))
    await store.attempts.doubted(attempt, "no answer", None, NOW)
    assert await store.attempts.end(attempt, "doubtful", "nobody knows", NOW, fault="unclear", only_without_id=True)
    assert not await store.attempts.end(attempt, "failed", "again", NOW, only_without_id=True)
    (ended,) = await store.attempts.of_task(attempt.task_id)
    assert (ended.outcome, ended.fault, ended.detail, ended.ended_at) == ("doubtful", "unclear", "nobody knows", NOW)
    assert await running(store) == 0
    assert not await store.attempts.submitted(attempt, "v-1", None, ME, NOW)


async def test_of_who_finds_an_order_and_who_gives_it_up_at_the_same_moment_one_is_first(store: Store) -> None:
    _, key = await store.customer()
    for number in range(10):
        attempt = await begun(store, await store.order(key), max_running=100)
        await store.attempts.doubted(attempt, "no answer", None, NOW)
        found, given_up = await asyncio.gather(
            store.attempts.submitted(attempt, f"v-{number}", None, ME, NOW),
            store.attempts.end(attempt, "failed", "never arrived", NOW, only_without_id=True),
        )
        assert found != given_up


async def test_what_a_vendor_counted_is_kept_with_the_attempt(store: Store) -> None:
    attempt = await sent(store, "v-1")
    await store.attempts.end(attempt, "ok", None, NOW, usage={"total_tokens": 108_900})
    (ended,) = await store.attempts.of_task(attempt.task_id)
    assert (ended.usage, ended.outcome, ended.ended_at) == ({"total_tokens": 108_900}, "ok", NOW)


async def test_looks_are_noted_for_many_at_once(store: Store) -> None:
    attempts = [await sent(store, f"v-{number}") for number in range(3)]
    for _ in range(2):
        await store.attempts.note_looks([(each.task_id, each.number, 2, NOW, "running") for each in attempts])
    await store.attempts.note_looks([])
    for each in attempts:
        found = await store.attempts.open_of_task(each.task_id)
        assert found is not None
        assert (found.looks, found.looked_at, found.vendor_state) == (4, NOW, "running")


# --- who follows --------------------------------------------------------------------------------------------------


async def test_a_dead_workers_attempts_are_taken_over_once(store: Store, database_url: str) -> None:
    for number in range(10):
        await sent(store, f"v-{number}", worker_id=UUID(int=99))
    for worker in (ME, OTHER):
        await store.followers.beat(worker, {})
    taken = await asyncio.gather(*(store.followers.take_over(worker, VENDORS, GONE, 10) for worker in (ME, OTHER)))
    ids = [followed.vendor_id for batch in taken for followed in batch]
    assert sorted(ids) == sorted({f"v-{number}" for number in range(10)})
    assert await store.followers.take_over(ME, VENDORS, GONE, 10) == []
    (first, *_) = taken[0] or taken[1]
    assert (first.upstream, first.vendor_model, first.resolution, first.seconds) == ("vendor", "ep-1", "720p", 5)


async def test_a_living_workers_attempts_are_left_to_it(store: Store) -> None:
    attempt = await sent(store, "v-1", worker_id=OTHER)
    await store.followers.beat(OTHER, {})
    assert await store.followers.take_over(ME, VENDORS, GONE, 10) == []
    assert attempt.task_id in await store.followers.of_worker(OTHER)
    await store.followers.leave(OTHER)
    assert len(await store.followers.take_over(ME, VENDORS, GONE, 10)) == 1
    assert attempt.task_id not in await store.followers.of_worker(OTHER)


async def test_a_worker_that_does_not_beat_is_gone(store: Store) -> None:
    await sent(store, "v-1", worker_id=OTHER)
    await store.followers.beat(OTHER, {})
    await store.database.run("UPDATE workers SET beat_at = now() - interval '4 seconds'")
    assert len(await store.followers.take_over(ME, VENDORS, GONE, 10)) == 1


async def test_what_has_no_vendor_yet_or_has_ended_is_followed_by_nobody(store: Store) -> None:
    _, key = await store.customer()
    await begun(store, await store.order(key), max_running=50)
    ended = await sent(store, "v-1", worker_id=OTHER)
    await store.attempts.end(ended, "ok", None, NOW)
    assert await store.followers.take_over(ME, VENDORS, GONE, 10) == []


@pytest.mark.parametrize("limit", [1, 3])
async def test_no_more_are_taken_over_than_asked_for(store: Store, limit: int) -> None:
    for _ in range(5):
        await sent(store, str(new_id()), worker_id=OTHER)
    assert len(await store.followers.take_over(ME, VENDORS, GONE, limit)) == limit

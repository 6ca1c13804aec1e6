"""Accepting orders, moving them, and their attempts."""

import asyncio
import json
from uuid import UUID

import asyncpg
import msgspec
import psycopg
import pytest
from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from tests.store.store_helpers import NOW, RESULT, Store, new_task

from filmgate.errors import BadRequest, InsufficientFunds, QuotaExhausted, Unauthenticated, Unconfirmed
from filmgate.ids import new_id
from filmgate.ledger import Balance, Postings
from filmgate.store.accounts import Key
from filmgate.store.db import Database
from filmgate.store.queue import MAKE_FILM, queue_settings
from filmgate.store.tasks import _PROGRESS, Tasks
from filmgate.task import (
    Move,
    Promise,
    Task,
    TaskError,
    after,
    cancelled,
    expired,
    failed,
    rendered,
    started,
    succeeded,
)

ERROR = TaskError("provider_error", "the film could not be made")


async def test_an_accepted_order_reads_back_as_it_was_given(store: Store) -> None:
    _, key = await store.customer()
    new = new_task(key, 100)
    await store.tasks.accept(new)
    task = await store.tasks.get(new.id)
    assert task is not None
    assert (task.id, task.account_id, task.key_id, task.test, task.dialect) == (
        new.id,
        new.account_id,
        new.key_id,
        False,
        "ink",
    )
    assert (task.request, task.quote, task.created_at) == (new.request, new.quote, NOW)
    assert (task.status, task.progress, task.cost_micros, task.error, task.result) == ("queued", 0, None, None, None)
    assert (task.started_at, task.completed_at) == (None, None)


async def test_an_accepted_order_holds_its_price(store: Store) -> None:
    account, key = await store.customer(1_000, quota_micros=500)
    task = await store.order(key, 100)
    assert await store.accounts.balance(account.id) == Balance(funded=1_000, available=900, held=100, spent=0)
    kept = await store.accounts.key(key.id)
    assert kept is not None
    assert kept.used_micros == 100
    (entry,) = await store.ledger.entries_of_task(task.id)
    assert (entry.kind, entry.postings) == ("reserve", Postings(available=-100, held=100))
    assert (entry.price_version, entry.units, entry.account_id) == ("2026-01-01", "5", account.id)


async def test_an_accepted_order_is_in_the_queue(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    row = await store.database.row("SELECT entrypoint, payload, dedupe_key, status::text FROM pgqueuer")
    assert row is not None
    assert tuple(row) == ("make_film", str(task.id).encode(), str(task.id), "queued")
    assert await store.tasks.open_without_job(10) == []


async def test_the_job_is_what_pgqueuer_itself_would_write(store: Store, database_url: str) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        names = queue_settings()
        queue = Queries(PsycopgDriver(connection), qbe=QueryBuilderEnvironment(names), qbq=QueryQueueBuilder(names))
        await queue.enqueue(MAKE_FILM, str(task.id).encode(), dedupe_key="another")
    ours, theirs = [dict(row) for row in await store.database.rows("SELECT * FROM pgqueuer ORDER BY id")]
    differing = {column for column in ours if ours[column] != theirs[column]}
    assert differing == {"id", "priority", "created", "updated", "heartbeat", "execute_after", "dedupe_key", "headers"}
    # No headers, said in two ways.
    assert (ours["headers"], theirs["headers"]) == (None, "null")
    for job in (ours, theirs):
        assert job["execute_after"] == job["updated"] == job["heartbeat"] == job["created"]


async def test_workers_are_woken_after_the_commit_and_many_orders_need_few_calls(
    store: Store, database_url: str
) -> None:
    _, key = await store.customer()
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(database_url)
    try:
        await listener.add_listener("ch_pgqueuer", lambda *event: heard.put_nowait(event[-1]))
        await asyncio.gather(*(store.tasks.accept(new_task(key, 1)) for _ in range(20)))
        event = json.loads(await asyncio.wait_for(heard.get(), 5))
        assert (event["type"], event["operation"], event["table"]) == ("table_changed_event", "insert", "pgqueuer")
        assert await listener.fetchval("SELECT count(*) FROM pgqueuer") > 0
        assert heard.qsize() < 20
    finally:
        await listener.close()


async def test_accepting_the_same_order_again_changes_nothing(store: Store) -> None:
    account, key = await store.customer(1_000)
    new = new_task(key, 100)
    await store.tasks.accept(new)
    before = await store.traces()
    await store.tasks.accept(new)
    assert await store.traces() == before
    assert (await store.accounts.balance(account.id)).held == 100


@pytest.mark.parametrize("missing", ["money", "quota", "revoked", "not theirs"])
async def test_a_refused_order_leaves_no_trace(store: Store, missing: str) -> None:
    _, key = await store.customer(99 if missing == "money" else 1_000, quota_micros=50 if missing == "quota" else 0)
    other, _ = await store.customer()
    if missing == "revoked":
        await store.accounts.revoke_key(str(key.id), NOW)
    before = await store.traces(), await store.accounts.all_accounts(), await store.accounts.keys()
    kind = {"money": InsufficientFunds, "quota": QuotaExhausted}.get(missing, Unauthenticated)
    changes = {"account_id": other.id} if missing == "not theirs" else {}
    with pytest.raises(kind) as caught:
        await store.tasks.accept(new_task(key, 100, **changes))
    if isinstance(caught.value, InsufficientFunds | QuotaExhausted):
        assert (caught.value.needed_micros, caught.value.available_micros) == (100, 99 if missing == "money" else 50)
    assert (await store.traces(), await store.accounts.all_accounts(), await store.accounts.keys()) == before


@pytest.mark.parametrize("text", ["a\0b", "[" * 30_000])
async def test_text_that_the_database_cannot_keep_is_the_callers_mistake(store: Store, text: str) -> None:
    _, key = await store.customer()
    new = new_task(key)
    metadata: dict[str, object] = {"x": text}
    if text[0] == "[":
        metadata = {"x": msgspec.Raw(text.encode() + b"]" * len(text))}
    before = await store.traces()
    with pytest.raises(BadRequest):
        await store.tasks.accept(
            msgspec.structs.replace(new, request=msgspec.structs.replace(new.request, metadata=metadata))
        )
    assert await store.traces() == before


async def test_an_order_that_cannot_be_kept_takes_none_of_its_neighbours_along(store: Store) -> None:
    _, key = await store.customer(1_000)
    news = [new_task(key, 1) for _ in range(12)]
    news[5] = msgspec.structs.replace(news[5], request=msgspec.structs.replace(news[5].request, prompt="a\0b"))
    news[7] = msgspec.structs.replace(news[7], quote=msgspec.structs.replace(news[7].quote, price_micros=2**63))
    answers = await asyncio.gather(*(store.tasks.accept(new) for new in news), return_exceptions=True)
    assert [type(answer) for answer in answers if not isinstance(answer, UUID)] == [BadRequest, asyncpg.DataError]
    assert answers.index(next(answer for answer in answers if not isinstance(answer, UUID))) == 5
    assert (await store.traces())["tasks"] == 10
    assert await store.ledger.audit() == []


async def test_an_order_over_which_the_database_went_away_is_in_doubt(store: Store, database_url: str) -> None:
    _, key = await store.customer()
    lost = await Database.open(database_url)
    await lost.close()
    with pytest.raises(Unconfirmed):
        await Tasks(lost).accept(new_task(key))


async def test_an_order_whose_caller_went_away_is_kept_whole(store: Store, database_url: str) -> None:
    account, key = await store.customer(1_000)
    call = asyncio.create_task(store.tasks.accept(new_task(key, 100)))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await store.database.close()
    again = Store(await Database.open(database_url))
    assert (await again.accounts.balance(account.id)).held == 100
    assert await again.ledger.audit() == []
    await again.database.close()


async def test_fifty_orders_at_once_never_spend_more_than_there_is(store: Store, database_url: str) -> None:
    account, key = await store.customer(1_000)
    second = await Database.open(database_url)
    doors = (store.tasks, Tasks(second))
    try:
        answers = await asyncio.gather(
            *(doors[number % 2].accept(new_task(key, 100)) for number in range(50)), return_exceptions=True
        )
    finally:
        await second.close()
    assert [answer for answer in answers if not isinstance(answer, UUID | InsufficientFunds)] == []
    assert sum(isinstance(answer, UUID) for answer in answers) == 10
    assert await store.accounts.balance(account.id) == Balance(funded=1_000, available=0, held=1_000, spent=0)
    assert await store.traces() == {"tasks": 10, "entries": 11, "pgqueuer": 10, "attempts": 0}
    assert await store.ledger.audit() == []


async def test_fifty_orders_at_once_never_pass_the_quota(store: Store) -> None:
    _, key = await store.customer(100_000, quota_micros=700)
    answers = await asyncio.gather(*(store.tasks.accept(new_task(key, 100)) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(answer, UUID) for answer in answers) == 7
    assert sum(isinstance(answer, QuotaExhausted) for answer in answers) == 43
    assert await store.ledger.audit() == []


async def test_orders_of_several_accounts_and_keys_at_once_do_not_block_each_other(store: Store) -> None:
    keys: list[Key] = []
    for _ in range(3):
        account, key = await store.customer(100_000)
        keys += [
            key,
            await store.accounts.create_key(
                account.id, name="second", secret=str(new_id()), test=False, quota_micros=0, now=NOW
            ),
        ]
    tasks = await asyncio.gather(*(store.order(keys[number % 6], 10) for number in range(60)))
    await asyncio.gather(
        *(store.tasks.apply(failed(task, ERROR, NOW)) for task in tasks[::2]),
        *(store.order(keys[number % 6], 10) for number in range(60)),
    )
    assert await store.ledger.audit() == []


async def test_a_test_order_costs_nothing_and_still_has_its_entries(store: Store) -> None:
    account, key = await store.customer(0, test=True)
    task = await store.order(key, 0)
    await store.tasks.apply(cancelled(task, NOW))
    entries = await store.ledger.entries_of_task(task.id)
    assert [(entry.kind, entry.postings) for entry in entries] == [("reserve", Postings()), ("release", Postings())]
    assert await store.accounts.balance(account.id) == Balance(funded=0, available=0, held=0, spent=0)
    assert await store.ledger.audit() == []


async def test_those_orders_are_found_that_are_there(store: Store) -> None:
    _, key = await store.customer()
    one, other = await store.order(key), await store.order(key)
    assert await store.tasks.get_many([one.id, new_id(), other.id]) == {one.id: one, other.id: other}
    assert await store.tasks.get(new_id()) is None


async def test_a_film_is_settled_at_its_true_cost(store: Store) -> None:
    account, key = await store.customer(1_000)
    task = await store.running(key, 100)
    assert await store.tasks.apply(rendered(task, NOW))
    task = await store.again(task)
    assert await store.tasks.apply(succeeded(task, RESULT, NOW, cost_micros=60))
    task = await store.again(task)
    assert (task.status, task.progress, task.cost_micros, task.result) == ("succeeded", 100, 60, RESULT)
    assert (task.started_at, task.completed_at) == (NOW, NOW)
    assert await store.accounts.balance(account.id) == Balance(funded=1_000, available=940, held=0, spent=60)
    kept = await store.accounts.key(key.id)
    assert kept is not None
    assert kept.used_micros == 60
    assert [entry.kind for entry in await store.ledger.entries_of_task(task.id)] == ["reserve", "settle"]
    assert await store.ledger.audit() == []


@pytest.mark.parametrize("end", ["failed", "cancelled", "expired"])
async def test_an_order_without_a_film_gives_its_money_back(store: Store, end: str) -> None:
    account, key = await store.customer(1_000, quota_micros=100)
    task = await store.running(key, 100)
    move = failed(task, ERROR, NOW) if end == "failed" else (cancelled if end == "cancelled" else expired)(task, NOW)
    assert await store.tasks.apply(move)
    task = await store.again(task)
    assert (task.status, task.cost_micros, task.error, task.completed_at) == (end, 0, move.error, NOW)
    assert await store.accounts.balance(account.id) == Balance(funded=1_000, available=1_000, held=0, spent=0)
    await store.order(key, 100)
    assert await store.ledger.audit() == []


async def test_a_second_settle_changes_nothing(store: Store) -> None:
    account, key = await store.customer(1_000)
    task = await store.running(key, 100)
    await store.tasks.apply(rendered(task, NOW))
    move = succeeded(await store.again(task), RESULT, NOW)
    answers = await asyncio.gather(*(store.tasks.apply(move) for _ in range(5)))
    assert sorted(answers) == [False, False, False, False, True]
    assert (await store.accounts.balance(account.id)).spent == 100
    assert [entry.kind for entry in await store.ledger.entries_of_task(task.id)] == ["reserve", "settle"]


async def test_of_a_cancel_and_a_success_at_once_one_wins(store: Store) -> None:
    _, key = await store.customer(1_000)
    task = await store.running(key)
    await store.tasks.apply(rendered(task, NOW))
    task = await store.again(task)
    answers = await asyncio.gather(
        store.tasks.apply(succeeded(task, RESULT, NOW)), store.tasks.apply(cancelled(task, NOW))
    )
    assert sorted(answers) == [False, True]
    assert await store.ledger.audit() == []


async def test_a_move_from_a_state_that_is_gone_changes_nothing(store: Store) -> None:
    _, key = await store.customer()
    task = await store.running(key)
    before = await store.traces()
    stale = msgspec.structs.replace(task, status="queued")
    assert not await store.tasks.apply(started(stale, NOW))
    assert not await store.tasks.apply(failed(stale, ERROR, NOW))
    assert not await store.tasks.apply(msgspec.structs.replace(started(stale, NOW), task_id=new_id()))
    assert await store.again(task) == task
    assert await store.traces() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "saving"},  # Over an arrow that does not exist.
        {"to": "queued"},
        {"to": "succeeded", "entry": "settle", "cost_micros": 1, "result": RESULT},
        {"to": "failed", "entry": "settle", "cost_micros": 0, "error": ERROR},  # With the wrong entry, or none.
        {"to": "failed", "cost_micros": 0, "error": ERROR},
        {"to": "running", "entry": "release", "cost_micros": 0},
        {"to": "failed", "entry": "release", "cost_micros": 0},  # Without its reason or its cost.
        {"to": "failed", "entry": "release", "error": ERROR},
        {"to": "failed", "entry": "release", "cost_micros": 5, "error": ERROR},
    ],
)
async def test_the_schema_refuses_moves_that_task_py_does_not_know(store: Store, changes: dict[str, object]) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    before = await store.traces(), await store.accounts.all_accounts()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await store.tasks.apply(Move(**{"task_id": task.id, "seen": "queued", "at": NOW} | changes))  # type: ignore[arg-type]
    assert (await store.traces(), await store.accounts.all_accounts()) == before
    assert await store.again(task) == task


async def _succeeded(store: Store, task: Task, cost_micros: int) -> Task:
    assert await store.tasks.apply(started(task, NOW))
    assert await store.tasks.apply(rendered(await store.again(task), NOW))
    assert await store.tasks.apply(succeeded(await store.again(task), RESULT, NOW, cost_micros=cost_micros))
    return await store.again(task)


async def test_without_a_promise_of_more_a_film_costs_at_most_its_price(store: Store) -> None:
    account, key = await store.customer(1_000)
    task = await _succeeded(store, await store.order(key, 100), 101)
    assert task.cost_micros == 100
    assert (await store.accounts.balance(account.id)).available == 900
    assert await store.ledger.audit() == []


@pytest.mark.parametrize(
    ("funds", "quota", "cost", "charged"),
    [
        (1_000, 0, 150, 150),
        (1_000, 0, 999, 200),  # The promised most.
        (120, 0, 150, 120),  # All the money there is.
        (1_000, 130, 150, 130),  # All the key may spend.
    ],
)
async def test_a_film_may_cost_more_than_its_reserve_up_to_what_was_promised_and_can_be_paid(
    store: Store, funds: int, quota: int, cost: int, charged: int
) -> None:
    account, key = await store.customer(funds, quota_micros=quota)
    task = await _succeeded(store, await store.order(key, 100, promise=Promise(max_cost_micros=200)), cost)
    assert task.cost_micros == charged
    assert await store.accounts.balance(account.id) == Balance(
        funded=funds, available=funds - charged, held=0, spent=charged
    )
    entry = (await store.ledger.entries_of_task(task.id))[-1]
    assert (entry.kind, entry.postings) == ("settle", Postings(held=-100, spent=charged, available=100 - charged))
    assert await store.ledger.audit() == []


async def test_a_cancel_in_the_making_costs_the_fee_that_was_promised(store: Store) -> None:
    account, key = await store.customer(1_000)
    promise = Promise(cancel_fee_micros=40)
    queued, running = await store.order(key, 100, promise=promise), await store.order(key, 100, promise=promise)
    await store.tasks.apply(started(running, NOW))
    for task in (queued, await store.again(running)):
        assert await store.tasks.apply(cancelled(task, NOW))
    assert [(await store.again(task)).cost_micros for task in (queued, running)] == [0, 40]
    assert [entry.kind for entry in await store.ledger.entries_of_task(running.id)] == ["reserve", "settle"]
    assert (await store.accounts.balance(account.id)).available == 960
    assert await store.ledger.audit() == []


async def test_a_fee_above_the_promise_is_refused_by_the_schema(store: Store) -> None:
    _, key = await store.customer()
    task = await store.running(key, 100)
    move = msgspec.structs.replace(cancelled(task, NOW), entry="settle", cost_micros=1)
    with pytest.raises(asyncpg.CheckViolationError):
        await store.tasks.apply(move)
    assert await store.ledger.audit() == []


async def test_what_a_task_is_after_a_move_is_what_the_store_has(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    for make_move in (started, rendered, lambda task, now: succeeded(task, RESULT, now)):
        move = make_move(task, NOW)
        assert await store.tasks.apply(move)
        task = after(task, move)
        assert task == await store.again(task)
    other = await store.running(key)
    move = failed(other, ERROR, NOW)
    assert await store.tasks.apply(move)
    assert after(other, move) == await store.again(other)


async def test_progress_never_falls_and_ends_with_the_task(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    seen = []
    await store.tasks.report_progress(task.id, 30)
    seen.append((await store.again(task)).progress)
    await store.tasks.apply(started(task, NOW))
    for percent in (20, 50, 40):
        await store.tasks.report_progress(task.id, percent)
        seen.append((await store.again(task)).progress)
    await store.tasks.apply(failed(await store.again(task), ERROR, NOW))
    await store.tasks.report_progress(task.id, 90)
    seen.append((await store.again(task)).progress)
    assert seen == [0, 20, 50, 50, 50]


async def test_reporting_progress_leaves_no_work_for_the_indexes(store: Store) -> None:
    _, key = await store.customer()
    task = await store.running(key)
    counts = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'tasks'"
    async with store.database.pool.acquire() as connection, connection.transaction():
        before = await connection.fetchrow(counts)
        for percent in (1, 2, 3):
            await connection.execute(_PROGRESS, task.id, percent)
        after = await connection.fetchrow(counts)
    assert (after[0] - before[0], after[1] - before[1]) == (3, 3)


async def test_an_open_task_that_lost_its_job_is_found_and_put_back(store: Store) -> None:
    _, key = await store.customer()
    lost, kept, ended = [await store.order(key, 10) for _ in range(3)]
    await store.tasks.apply(cancelled(ended, NOW))
    for task in (lost, ended):
        await store.database.run("DELETE FROM pgqueuer WHERE dedupe_key = $1", str(task.id))
    assert await store.tasks.open_without_job(10) == [lost.id]
    for task in (lost, lost, kept, ended):
        await store.tasks.requeue(task.id)
    jobs = await store.database.rows("SELECT convert_from(payload, 'UTF8') AS id FROM pgqueuer")
    assert sorted(UUID(row["id"]) for row in jobs) == sorted([lost.id, kept.id])
    assert await store.tasks.open_without_job(10) == []


async def test_a_job_that_the_queue_holds_as_failed_counts_as_lost(store: Store) -> None:
    _, key = await store.customer()
    task = await store.order(key)
    await store.database.run("UPDATE pgqueuer SET status = 'picked'")
    assert await store.tasks.open_without_job(10) == []
    await store.database.run("UPDATE pgqueuer SET status = 'failed'")
    assert await store.tasks.open_without_job(10) == [task.id]

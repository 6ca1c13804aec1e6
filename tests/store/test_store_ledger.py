"""The ledger's rows: what the schema refuses, what the audit sees, and that random lives always balance."""

import random

import asyncpg
import pytest
from tests.store.store_helpers import NOW, RESULT, Store, new_task

from filmgate.errors import InsufficientFunds, QuotaExhausted
from filmgate.ids import new_id
from filmgate.ledger import release, reserve, settle
from filmgate.store.accounts import Key
from filmgate.task import Move, Task, TaskError, cancelled, expired, failed, rendered, started, succeeded

ERROR = TaskError("provider_error", "the film could not be made")


async def test_entries_cannot_be_changed_or_removed(store: Store) -> None:
    _, key = await store.customer()
    await store.order(key)
    before = await store.traces()
    for statement in (
        "UPDATE entries SET note = 'x'",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "DELETE FROM tasks",
        "DELETE FROM keys",
        "DELETE FROM accounts",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await store.database.run(statement)
    assert await store.traces() == before


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("reserve", {"available": -100, "held": 99}),
        ("settle", {"held": -100, "spent": 100, "available": 1}),
        ("reserve", {"available": 100, "held": -100}),  # Balanced, but not what a reserve does.
        ("settle", {"held": 100, "spent": -100}),
        ("release", {"spent": -100, "available": 100}),
        ("top_up", {"held": 100, "funded": -100}),
        ("gift", {"available": 100, "funded": -100}),
    ],
)
async def test_an_entry_that_does_not_do_what_its_kind_says_is_refused(
    store: Store, kind: str, columns: dict[str, int]
) -> None:
    account, _ = await store.customer()
    names = ", ".join(columns)
    with pytest.raises(asyncpg.CheckViolationError):
        await store.database.run(
            f"INSERT INTO entries (account_id, task_id, kind, created_at, {names}) VALUES ($1, $2, $3, $4, $5, $6"
            + (", $7)" if len(columns) == 3 else ")"),
            account.id,
            new_id(),
            kind,
            NOW,
            *columns.values(),
        )


@pytest.mark.parametrize(("first", "second"), [("reserve", "reserve"), ("settle", "settle"), ("settle", "release")])
async def test_an_order_is_reserved_once_and_ends_once(store: Store, first: str, second: str) -> None:
    account, _ = await store.customer()
    statement = "INSERT INTO entries (account_id, task_id, kind, created_at) VALUES ($1, $2, $3, $4)"
    task_id = new_id()
    await store.database.run(statement, account.id, task_id, first, NOW)
    with pytest.raises(asyncpg.UniqueViolationError):
        await store.database.run(statement, account.id, task_id, second, NOW)
    for _ in range(2):
        await store.database.run(statement, account.id, task_id, "adjustment", NOW)


@pytest.mark.parametrize(
    "change", ["available = available - 1", "held = -1, available = available + 1", "funded = funded + 1"]
)
async def test_balances_that_do_not_add_up_are_refused(store: Store, change: str) -> None:
    await store.customer()
    with pytest.raises(asyncpg.CheckViolationError):
        await store.database.run(f"UPDATE accounts SET {change}")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("UPDATE accounts SET funded = funded + 5, available = available + 5", "its entries sum to"),
        ("UPDATE accounts SET available = available - 5, held = held + 5", "its open orders cost"),
        ("UPDATE keys SET used_micros = used_micros + 5", "its orders cost"),
        (
            "INSERT INTO entries (account_id, task_id, kind, created_at) "
            "SELECT id, gen_random_uuid(), 'reserve', now() FROM accounts",
            "which is not there",
        ),
        (
            "INSERT INTO entries (account_id, task_id, kind, created_at) "
            "SELECT account_id, id, 'release', now() FROM tasks",
            "its entries are: reserve held 100 spent 0, release held 0 spent 0",
        ),
        (
            "INSERT INTO tasks SELECT (t).* FROM (SELECT jsonb_populate_record(tasks, jsonb_build_object("
            "'id', gen_random_uuid(), 'price_micros', 0)) AS t FROM tasks) copied",
            "its entries are: none",
        ),
    ],
)
async def test_the_audit_names_what_does_not_balance(store: Store, harm: str, sentence: str) -> None:
    _, key = await store.customer()
    await store.order(key)
    assert await store.ledger.audit() == []
    await store.database.run(harm)
    found = await store.ledger.audit()
    assert any(sentence in line for line in found), found


async def test_random_lives_of_orders_always_balance(store: Store) -> None:
    seed = 20260102
    chance = random.Random(seed)
    keys = [(await store.customer(3_000, quota_micros=quota))[1] for quota in (0, 0, 2_000)]
    keys.append((await store.customer(0, test=True))[1])
    lives: dict[str, int] = {}
    tasks: list[Task] = []
    for _ in range(300):
        if not tasks or chance.random() < 0.3:
            task = await _ordered(store, chance.choice(keys), chance)
            tasks += [task] if task is not None else []
        else:
            # Decided on what was read some time ago, so many moves come too late.
            index = chance.randrange(len(tasks))
            applied = (
                await store.tasks.apply(_any_move(tasks[index], chance)) if not tasks[index].is_terminal else False
            )
            lives[str(applied)] = lives.get(str(applied), 0) + 1
            if chance.random() < 0.7:
                tasks[index] = await store.again(tasks[index])
    assert await store.ledger.audit() == [], f"seed {seed}"
    assert lives["True"] > 50
    assert lives["False"] > 20
    for task in tasks:
        task = await store.again(task)
        entries = [entry.postings for entry in await store.ledger.entries_of_task(task.id)]
        price = task.quote.price_micros
        if task.status == "succeeded":
            assert task.cost_micros is not None
            assert entries == [reserve(price), settle(price, task.cost_micros)]
        else:
            assert entries == [reserve(price), release(price)][: len(entries)]
            assert len(entries) == 1 + task.is_terminal


async def _ordered(store: Store, key: Key, chance: random.Random) -> Task | None:
    new = new_task(key, 0 if key.test else chance.choice((0, 1, 100, 333, 900)))
    try:
        await store.tasks.accept(new)
    except (InsufficientFunds, QuotaExhausted):
        return None
    return await store.tasks.get(new.id)


def _any_move(task: Task, chance: random.Random) -> Move:
    if chance.random() < 0.3:
        return chance.choice([failed(task, ERROR, NOW), cancelled(task, NOW), expired(task, NOW)])
    if task.status == "queued":
        return started(task, NOW)
    if task.status == "running":
        return rendered(task, NOW)
    return succeeded(task, RESULT, NOW, chance.randint(0, task.quote.price_micros))

"""A receipt says what an order cost, from the ledger's own lines."""

from typing import Any

import msgspec
import pytest
from tests.store.store_helpers import NOW, RESULT, Store, new_task

from filmgate.dialects.native.receipt import Receipt, ReceiptTotals
from filmgate.store.accounts import Key
from filmgate.store.db import Database
from filmgate.task import Promise, Task, TaskError, cancelled, failed, rendered, started, succeeded
from filmgate.video import Media
from filmgate.work.receipt import receipt

CREDIT = 1_000_000
ERROR = TaskError("provider_error", "the film could not be made")


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


@pytest.fixture
async def key(store: Store) -> Key:
    _, key = await store.customer(100 * CREDIT)
    return key


async def filmed(store: Store, key: Key, cost_micros: int, **changes: Any) -> Task:
    """An order of 10 credits whose film came home."""
    task = await store.order(key, 10 * CREDIT, **changes)
    assert await store.tasks.apply(started(task, NOW))
    assert await store.tasks.apply(rendered(await store.again(task), NOW))
    assert await store.tasks.apply(succeeded(await store.again(task), RESULT, NOW, cost_micros=cost_micros))
    return await store.again(task)


async def receipt_of(store: Store, task: Task) -> Receipt:
    return await receipt(store.attempts, store.ledger, await store.again(task))


def totals(**changes: float) -> ReceiptTotals:
    return msgspec.structs.replace(ReceiptTotals(reserved=10, charged=0, given_back=0, adjusted=0, held=0), **changes)


async def test_an_open_order_holds_its_price(store: Store, key: Key) -> None:
    said = await receipt_of(store, await store.order(key, 10 * CREDIT))
    assert (said.status, said.totals) == ("queued", totals(held=10))
    assert [entry.kind for entry in said.entries] == ["reserve"]
    assert (said.completed_at, said.attempts, said.error) == (None, [], None)


@pytest.mark.parametrize(
    ("cost", "promise", "sums"),
    [
        (10 * CREDIT, Promise(), {"charged": 10}),
        (2_500_001, Promise(), {"charged": 2.500001, "given_back": 7.499999}),
        (12 * CREDIT, Promise(max_cost_micros=11 * CREDIT), {"charged": 11}),
    ],
)
async def test_a_film_is_charged_at_its_cost(
    store: Store, key: Key, cost: int, promise: Promise, sums: dict[str, float]
) -> None:
    said = await receipt_of(store, await filmed(store, key, cost, promise=promise))
    assert said.totals == totals(**sums)
    assert [entry.kind for entry in said.entries] == ["reserve", "settle"]
    assert said.entries[1].spent == sums["charged"]
    assert said.entries[1].held == -10
    assert sum(entry.available + entry.held + entry.spent for entry in said.entries) == pytest.approx(0)


async def test_what_failed_is_given_back_and_says_why(store: Store, key: Key) -> None:
    task = await store.order(key, 10 * CREDIT)
    assert await store.tasks.apply(failed(task, ERROR, NOW))
    said = await receipt_of(store, task)
    assert said.totals == totals(given_back=10)
    assert said.error is not None
    assert (said.error.code, said.error.message) == ("provider_error", "the film could not be made")


async def test_a_cancel_in_the_making_costs_the_fee_that_was_promised(store: Store, key: Key) -> None:
    task = await store.order(key, 10 * CREDIT, promise=Promise(cancel_fee_micros=3 * CREDIT, retention_hours=5))
    assert await store.tasks.apply(started(task, NOW))
    assert await store.tasks.apply(cancelled(await store.again(task), NOW))
    said = await receipt_of(store, task)
    assert said.totals == totals(charged=3, given_back=7)
    assert (said.promise.cancel_fee, said.promise.max_cost, said.promise.retention_hours) == (3, 10, 5)


async def test_an_adjustment_for_the_order_is_told(store: Store, key: Key) -> None:
    task = await filmed(store, key, 10 * CREDIT)
    await store.database.run(
        "INSERT INTO entries (account_id, task_id, kind, funded, available, note, created_at) "
        "VALUES ($1, $2, 'adjustment', -4000000, 4000000, 'a flaw in the film', $3)",
        task.account_id,
        task.id,
        NOW,
    )
    said = await receipt_of(store, task)
    assert said.totals == totals(charged=10, adjusted=4)
    assert said.entries[2].note == "a flaw in the film"


async def test_every_attempt_is_listed_without_its_details(store: Store, key: Key) -> None:
    task = await store.order(key, 10 * CREDIT)
    first = await store.attempts.begin_local(task.id, "north", NOW)
    await store.attempts.end(first, "failed", "internal error: secret path", NOW)
    await store.attempts.begin_local(task.id, "south", NOW)
    said = await receipt_of(store, task)
    assert [(attempt.number, attempt.upstream, attempt.outcome) for attempt in said.attempts] == [
        (1, "north", "failed"),
        (2, "south", None),
    ]
    assert b"secret" not in msgspec.json.encode(said)


async def test_a_receipt_names_no_prompt_and_no_link(store: Store, key: Key) -> None:
    order = new_task(key).request
    media = (*order.media, *order.media, Media(kind="audio", role="reference", url="https://example.com/a", field="a"))
    task = await store.order(key, 10 * CREDIT, request=msgspec.structs.replace(order, media=media))
    said = await receipt_of(store, task)
    assert said.order.media == {"image": 2, "audio": 1}
    assert (said.order.model, said.order.duration_seconds, said.order.resolution) == ("seedance2.0-md", 5, "720p")
    assert (said.price.credits, said.price.unit, said.price.units) == (10, "second", "5")
    text = msgspec.json.encode(said).decode()
    assert order.prompt not in text
    assert "https://" not in text


async def test_a_test_order_costs_nothing(store: Store) -> None:
    _, key = await store.customer(0, test=True)
    said = await receipt_of(store, await store.order(key, 0))
    assert (said.test, said.totals) == (True, totals(reserved=0))

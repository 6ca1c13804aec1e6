"""The audit finds whatever is wrong with the books, also where no constraint would let it happen."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.store.store_helpers import NOW, RESULT, Store, new_task

from filmgate.errors import Unavailable
from filmgate.ids import new_id
from filmgate.store.accept import Idempotency
from filmgate.store.audit import MOST_OFFENDERS, audit
from filmgate.store.db import Database
from filmgate.task import Promise, TaskError, cancelled, failed, rendered, started, succeeded

ERROR = TaskError("provider_error", "the film could not be made")

# A database in which anything can be written, as by somebody's hand.
_UNGUARDED = """
DO $$
DECLARE
    guard record;
BEGIN
    FOR guard IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint
                 WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f') AND conrelid <> 0 LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.owner, guard.conname);
    END LOOP;
    DROP INDEX entries_of_task;
    ALTER TABLE entries DISABLE TRIGGER USER;
    ALTER TABLE tasks DISABLE TRIGGER USER;
    ALTER TABLE keys DISABLE TRIGGER USER;
    ALTER TABLE accounts DISABLE TRIGGER USER;
END $$
"""


@pytest.fixture
async def books(unwashed_database_url: str) -> AsyncIterator[Store]:
    """A database without guards that holds an order of every kind, in good order."""
    database = await Database.open(unwashed_database_url, connections=1)
    store = Store(database)
    now = datetime.now(UTC)
    for _ in range(2):
        _, key = await store.customer(10_000)
        await store.order(key, 100, created_at=now - timedelta(days=3))
        await store.order(key, 100, created_at=now)
        lost = await store.order(key, 70, created_at=now, idempotency=Idempotency("again", b"order"))
        assert await store.tasks.apply(failed(lost, ERROR, now))
        fee = await store.order(key, 60, created_at=now, promise=Promise(cancel_fee_micros=10))
        assert await store.tasks.apply(started(fee, now))
        assert await store.tasks.apply(cancelled(await store.again(fee), now))
        hooked = msgspec.structs.replace(new_task(key).request, webhook_url="https://hooks.example/films")
        film = await store.order(key, 50, created_at=now, request=hooked, webhook_events=("succeeded",))
        assert await store.tasks.apply(started(film, now))
        assert await store.tasks.apply(rendered(await store.again(film), now))
        assert await store.tasks.apply(succeeded(await store.again(film), RESULT, now, cost_micros=40))
        trial = await store.accounts.create_key(
            key.account_id, name="", secret=str(new_id()), test=True, quota_micros=0, now=NOW
        )
        await store.order(trial, 0, created_at=now)
    await database.run(_UNGUARDED)
    yield store
    await database.close()


async def test_books_in_good_order_are_proven_and_counted(books: Store) -> None:
    found = await audit(books.database)
    assert [proof.offenders for proof in found.proofs] == [[]] * len(found.proofs)
    assert found.is_proven
    assert found.counts == {
        "accounts": 2, "keys": 4, "orders": 12, "entries": 20, "idempotency keys": 2, "deliveries": 2,
    }  # fmt: skip
    assert {proof.of for proof in found.proofs} <= found.counts.keys()


# Each harm, and the beginnings of what must be said of it: nothing else may be.
HARMS = {
    "an entry that is not double": (
        "UPDATE entries SET available = available + 1 WHERE id = (SELECT min(id) FROM entries WHERE kind = 'top_up')",
        ["entry % sums to 1", "account % (%) has funded % its entries sum to %"],
    ),
    "an entry beyond all numbers": (
        "UPDATE entries SET funded = -9223372036854775808, held = 9223372036854775807, spent = 9223372036854775807 "
        "WHERE id = (SELECT min(id) FROM entries WHERE kind = 'top_up')",
        ["entry % sums to 9223372036854785806", "entry % is a top_up, and moves funded -9223372036854775808, %",
         "account % (%) has funded % its entries sum to %"],
    ),
    "a reserve that spends what was never paid in": (
        "UPDATE entries SET funded = -7, spent = 7 WHERE id = (SELECT min(id) FROM entries WHERE kind = 'reserve'); "
        "UPDATE accounts SET funded = funded + 7, spent = spent + 7 "
        "WHERE id = (SELECT account_id FROM entries WHERE funded = -7)",
        ["entry % is a reserve, and moves funded -7, %"],
    ),
    "an entry of a kind that there is not": (
        "UPDATE entries SET kind = 'gift' WHERE id = (SELECT min(id) FROM entries)",
        ["entry % is a gift, and moves %", "entry % (gift) moves money of no order"],
    ),
    "a film that was charged more than was promised": (
        "UPDATE tasks SET price_micros = 30, max_cost_micros = 39 "
        "WHERE id = (SELECT id FROM tasks WHERE cost_micros = 40 LIMIT 1)",
        ["task % is succeeded and costs 40, but may cost 39", "task % is succeeded with price 30 and cost 40, %"],
    ),
    "a charge for no film": (
        "UPDATE tasks SET status = 'failed' WHERE id = (SELECT id FROM tasks WHERE cost_micros = 40 LIMIT 1)",
        ["task % is failed and costs 40, but may cost 0"],
    ),
    "a cancel fee that was never agreed": (
        "UPDATE tasks SET cancel_fee_micros = 9 WHERE id = (SELECT id FROM tasks WHERE cost_micros = 10 LIMIT 1)",
        ["task % is cancelled and costs 10, but may cost 9"],
    ),
    "a balance that was touched": (
        "UPDATE accounts SET available = available + 1, funded = funded + 1 "
        "WHERE id = (SELECT min(id::text)::uuid FROM accounts)",
        ["account % (%) has funded % its entries sum to %"],
    ),
    "an account that went missing": (
        "DELETE FROM accounts WHERE id = (SELECT account_id FROM entries WHERE id = (SELECT min(id) FROM entries))",
        ["entry % (%) belongs to account %, which is not there"],
    ),
    "an end that went missing": (
        "DELETE FROM entries WHERE id = (SELECT min(id) FROM entries WHERE kind = 'settle' AND spent = 40)",
        ["task % is succeeded % its entries are: reserve held 50 spent 0", "account % its entries sum to %"],
    ),
    "a second end of the same kind": (
        "INSERT INTO entries (account_id, task_id, kind, created_at) "
        "SELECT account_id, task_id, kind, created_at FROM entries WHERE kind = 'release' LIMIT 1",
        ["task % is failed % release held -70 spent 0, release held 0 spent 0"],
    ),
    "a second end of the other kind": (
        "INSERT INTO entries (account_id, task_id, kind, created_at) "
        "SELECT account_id, task_id, 'release', created_at FROM entries WHERE kind = 'settle' LIMIT 1",
        ["task % is % settle % release held 0 spent 0"],
    ),
    "a second reserve": (
        "INSERT INTO entries (account_id, task_id, kind, created_at) "
        "SELECT account_id, id, 'reserve', created_at FROM tasks WHERE price_micros = 100 LIMIT 1",
        ["task % is queued % reserve held 100 spent 0, reserve held 0 spent 0"],
    ),
    "an end of an order that is open": (
        "INSERT INTO entries (account_id, task_id, kind, created_at) "
        "SELECT account_id, id, 'release', created_at FROM tasks WHERE price_micros = 100 LIMIT 1",
        ["task % is queued % reserve held 100 spent 0, release held 0 spent 0"],
    ),
    "an end of the wrong kind": (
        "UPDATE entries SET kind = 'settle' WHERE id = (SELECT min(id) FROM entries WHERE kind = 'release')",
        ["task % is failed % reserve held 70 spent 0, settle held -70 spent 0"],
    ),
    "a film that was charged otherwise than it cost": (
        "UPDATE tasks SET cost_micros = 39 WHERE id = (SELECT id FROM tasks WHERE cost_micros = 40 LIMIT 1)",
        ["task % is succeeded with price 50 and cost 39, %", "key % has used %", "account % has spent %",
         "key % has spent %"],
    ),
    "an order that was ended by hand": (
        "UPDATE tasks SET status = 'failed', completed_at = now() - interval '99 days', cost_micros = 0 "
        "WHERE id = (SELECT id FROM tasks WHERE price_micros = 100 ORDER BY created_at LIMIT 1)",
        ["task % is failed % its entries are: reserve held 100 spent 0",
         "account % holds %, but its open orders cost %",
         "account % counts % open orders and has %", "key % counts % open orders and has %", "key % has used %"],
    ),
    "an order without any entry": (
        "INSERT INTO tasks SELECT (t).* FROM (SELECT jsonb_populate_record(tasks, jsonb_build_object("
        "'id', gen_random_uuid())) AS t FROM tasks WHERE test LIMIT 1) copied",
        ["task % is queued % its entries are: none", "key % counts % open orders and has %"],
    ),
    "an order that went missing": (
        "DELETE FROM tasks WHERE id = (SELECT task_id FROM idempotency_keys LIMIT 1)",
        ["entry % (reserve) belongs to task %, which is not there", "entry % (release) belongs to task %",
         "idempotency key % leads to task %, which is not there"],
    ),
    "an entry for another account's order": (
        "UPDATE entries SET account_id = (SELECT id FROM accounts WHERE id <> account_id) "
        "WHERE id = (SELECT min(id) FROM entries WHERE kind = 'release')",
        ["entry % (release) of account % belongs to task % of account %",
         "account % its entries sum to %", "account % its entries sum to %"],
    ),
    "an adjustment for another account's order": (
        "INSERT INTO entries (account_id, task_id, kind, created_at) SELECT accounts.id, tasks.id, 'adjustment', now() "
        "FROM tasks JOIN accounts ON accounts.id <> account_id LIMIT 1",
        ["entry % (adjustment) of account % belongs to task % of account %"],
    ),
    "an entry that moves an order's money and names no order": (
        "INSERT INTO entries (account_id, kind, created_at) SELECT id, 'settle', now() FROM accounts LIMIT 1",
        ["entry % (settle) moves money of no order"],
    ),
    "an order with a key of another account": (
        "UPDATE tasks SET key_id = (SELECT id FROM keys WHERE keys.account_id <> tasks.account_id AND NOT test LIMIT 1)"
        " WHERE id = (SELECT id FROM tasks WHERE cost_micros = 0 LIMIT 1)",
        ["task % of account % was ordered with key %, which is of account %"],
    ),
    "an order that is a test and was ordered with a key that is none": (
        "UPDATE tasks SET test = true WHERE id = (SELECT id FROM tasks WHERE cost_micros = 0 LIMIT 1)",
        ["task % was ordered with key %, which is of the other kind"],
    ),
    "a count of open orders that is off": (
        "UPDATE accounts SET open_orders = 7 WHERE id = (SELECT id FROM accounts LIMIT 1)",
        ["account % counts 7 open orders and has 2"],
    ),
    "a key's count of open orders that is off": (
        "UPDATE keys SET open_orders = 7 WHERE id = (SELECT id FROM keys WHERE test LIMIT 1)",
        ["key % counts 7 open orders and has 1"],
    ),
    "a use that is off": (
        "UPDATE keys SET used_micros = 0 WHERE id = (SELECT id FROM keys WHERE NOT test LIMIT 1)",
        ["key % has used 0, but its orders cost 250"],
    ),
    "a day's spending that is off": (
        "UPDATE accounts SET day_micros = 1 WHERE id = (SELECT id FROM accounts LIMIT 1)",
        ["account % has spent 1 on %, but the orders of that day cost 150"],
    ),
    "a key's spending of a day that is off": (
        "UPDATE keys SET day = day - 1 WHERE id = (SELECT id FROM keys WHERE NOT test LIMIT 1)",
        ["key % has spent 150 on %, but the orders of that day cost 0"],
    ),
    "an idempotency key that leads to another account's order": (
        "UPDATE idempotency_keys SET task_id = (SELECT id FROM tasks WHERE tasks.account_id <> "
        "idempotency_keys.account_id LIMIT 1) WHERE account_id = (SELECT account_id FROM idempotency_keys LIMIT 1)",
        ['idempotency key "again" of account % leads to task %, which is of account %'],
    ),
    "news that was never written": (
        "DELETE FROM deliveries WHERE id = (SELECT id FROM deliveries LIMIT 1)",
        ["task % is succeeded, and its webhook was never to be told"],
    ),
    "news of another event alone": (
        "UPDATE deliveries SET event = 'running' WHERE id = (SELECT id FROM deliveries LIMIT 1)",
        ["task % is succeeded, and its webhook was never to be told"],
    ),
}  # fmt: skip


def fits(sentence: str, pattern: str) -> bool:
    """Whether a sentence begins with the pattern's parts, in order."""
    position = 0
    for part in pattern.split("%"):
        found = sentence.find(part, position)
        if found < 0 or (position == 0 and found > 0):
            return False
        position = found + len(part)
    return True


@pytest.mark.parametrize("harm", HARMS)
async def test_each_harm_is_found_and_nothing_else_is_said(books: Store, harm: str) -> None:
    statement, patterns = HARMS[harm]
    assert await books.ledger.audit() == []
    await books.database.run(statement)
    found = await audit(books.database)
    assert not found.is_proven
    said = [offender for proof in found.proofs for offender in proof.offenders]
    assert all(any(fits(sentence, pattern) for sentence in said) for pattern in patterns), said
    assert all(any(fits(sentence, pattern) for pattern in patterns) for sentence in said), said
    assert await books.ledger.audit() == said


async def test_of_many_offenders_a_hundred_are_told_and_the_rest_is_counted(books: Store) -> None:
    await books.database.run(
        "INSERT INTO entries (account_id, task_id, kind, created_at) "
        "SELECT account_id, gen_random_uuid(), 'reserve', now() FROM entries, generate_series(1, 20)"
    )
    found = await audit(books.database)
    (proof,) = [proof for proof in found.proofs if proof.offenders]
    assert len(proof.offenders) == MOST_OFFENDERS
    assert proof.more == 20 * 20 - MOST_OFFENDERS


async def test_old_news_that_were_removed_are_not_missed(books: Store) -> None:
    await books.database.run("DELETE FROM deliveries")
    await books.database.run("UPDATE tasks SET completed_at = now() - interval '29 days' WHERE request ? 'webhook_url'")
    assert await books.ledger.audit() == []


async def test_an_audit_goes_on_beside_orders(store: Store) -> None:
    _, key = await store.customer(100_000)
    for number in range(20):
        task = await store.order(key, 10)
        if number % 2:
            assert await store.tasks.apply(failed(task, ERROR, NOW))
        assert await store.ledger.audit() == []


async def test_an_empty_database_is_in_good_order(database: Database) -> None:
    found = await audit(database)
    assert (found.is_proven, set(found.counts.values())) == (True, {0})


async def test_a_database_that_is_away_is_not_called_wrong(database: Database) -> None:
    await database.close()
    with pytest.raises(Unavailable):
        await audit(database)

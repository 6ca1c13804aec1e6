"""Claims: each delivery is one worker's, comes back when that one dies, and waits for nobody else's receiver."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from tests.store.delivery_helpers import EVERYTHING, Post, destinations, heard, room
from tests.store.store_helpers import NOW, Store

from filmgate.store.claims import CLAIM, Claims
from filmgate.store.db import Database
from filmgate.webhook import Verdict

SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(minutes=1)
AGAIN = Verdict(state="waiting", pause_seconds=10, error="the receiver answered with status 503")


@pytest.fixture
def post(store: Store) -> Post:
    return Post(store)


async def test_what_is_due_is_claimed_once(post: Post) -> None:
    account, _ = await post.store.customer()
    await post.waiting(account.id, "https://a.example", 3)
    claims = await post.claims.claim(room(), LATER)
    assert [claim.until for claim in claims] == [LATER + CLAIM] * 3
    assert await post.claims.claim(room(), LATER) == []


async def test_what_is_not_due_yet_is_left(post: Post) -> None:
    account, _ = await post.store.customer()
    await post.waiting(account.id, "https://a.example", due_at=LATER + SECOND)
    assert await post.claims.claim(room(), LATER) == []
    assert len(await post.claims.claim(room(), LATER + 2 * SECOND)) == 1


async def test_without_room_nothing_is_claimed(post: Post) -> None:
    account, _ = await post.store.customer()
    await post.waiting(account.id, "https://a.example", 3)
    sending = await post.claims.claim(room(at_once=2), LATER)
    assert await post.claims.claim(room(at_once=2, sending=sending), LATER) == []
    assert len(await post.claims.claim(room(at_once=3, sending=sending), LATER)) == 1


async def test_many_workers_claim_everything_and_nothing_twice(post: Post, database_url: str) -> None:
    account, _ = await post.store.customer()
    for number in range(20):
        await post.waiting(account.id, f"https://{number}.example", 15)
    second = await Database.open(database_url)
    workers = [Claims(database) for database in (post.store.database, second) for _ in range(4)]

    async def all_of_one(worker: Claims) -> list[object]:
        found: list[object] = []
        while claims := await worker.claim(room(at_once=7), LATER):
            found += [claim.delivery.id for claim in claims]
        return found

    try:
        claimed = [each for found in await asyncio.gather(*map(all_of_one, workers)) for each in found]
    finally:
        await second.close()
    assert len(claimed) == len(set(claimed)) == 300


async def test_a_claim_of_a_worker_that_died_comes_back_by_itself(post: Post) -> None:
    account, _ = await post.store.customer()
    await post.waiting(account.id, "https://a.example")
    [dead] = await post.claims.claim(room(), LATER)
    another = Claims(post.store.database)
    assert await another.claim(room(), LATER + CLAIM - SECOND) == []
    [claim] = await another.claim(room(), LATER + CLAIM)
    assert claim.delivery.id == dead.delivery.id
    # The first one was not dead, only slow: what it has to say counts no more.
    assert await post.claims.record(dead, heard(200), Verdict(state="delivered"), LATER + CLAIM) is False
    assert await another.record(claim, heard(503), AGAIN, LATER + CLAIM) is True
    [delivery] = await post.deliveries.page(account.id, EVERYTHING, 10)
    assert (delivery.state, delivery.attempts) == ("waiting", 1)


async def test_what_is_given_back_is_anothers_at_once(post: Post) -> None:
    account, _ = await post.store.customer()
    await post.waiting(account.id, "https://a.example", 2)
    given, kept = await post.claims.claim(room(), LATER)
    await post.claims.give_back([given], LATER)
    [again] = await Claims(post.store.database).claim(room(), LATER)
    assert (again.delivery.id, again.delivery.attempts) == (given.delivery.id, 0)
    assert await post.claims.record(given, heard(200), Verdict(state="delivered"), LATER) is (
        again.until == given.until
    )
    assert kept.delivery.id != again.delivery.id


async def test_an_attempt_and_what_becomes_of_the_delivery_are_written_together(post: Post) -> None:
    _, key = await post.store.customer()
    task = await post.order(key, events=("queued",))
    [claim] = await post.claims.claim(room(), LATER)
    assert (claim.delivery.task_id, claim.delivery.event, claim.delivery.tries) == (task.id, "queued", 0)
    assert await post.claims.record(claim, heard(503, answer="busy"), AGAIN, LATER)
    [delivery] = await post.deliveries.page(key.account_id, EVERYTHING, 10)
    assert (delivery.state, delivery.attempts, delivery.tries, delivery.http_status) == ("waiting", 1, 1, 503)
    assert (delivery.next_at, delivery.ended_at, delivery.error) == (LATER + 10 * SECOND, None, AGAIN.error)

    assert await post.claims.claim(room(), LATER + 9 * SECOND) == []
    [claim] = await post.claims.claim(room(), LATER + 10 * SECOND)
    assert claim.delivery.tries == 1
    await post.claims.record(claim, heard(204), Verdict(state="delivered"), LATER + 11 * SECOND)
    [delivery] = await post.deliveries.page(key.account_id, EVERYTHING, 10)
    assert (delivery.state, delivery.attempts, delivery.http_status, delivery.error) == ("delivered", 2, 204, None)
    assert (delivery.next_at, delivery.ended_at) == (None, LATER + 11 * SECOND)
    first, second = await post.deliveries.attempts(delivery.id)
    assert (first.number, first.http_status, first.answer, first.milliseconds) == (1, 503, "busy", 12)
    assert (second.number, second.http_status) == (2, 204)
    # Saying the same a second time changes nothing.
    assert await post.claims.record(claim, heard(204), Verdict(state="delivered"), LATER) is False
    assert len(await post.deliveries.attempts(delivery.id)) == 2


async def test_ten_thousand_for_a_slow_receiver_stand_before_nobody(post: Post) -> None:
    slow, _ = await post.store.customer()
    quick, _ = await post.store.customer()
    await post.waiting(slow.id, "https://slow.example", 10_000)
    await post.waiting(quick.id, "https://quick.example", 3, due_at=NOW + 30 * SECOND)
    claims = await post.claims.claim(room(at_once=50, per_destination=16), LATER)
    assert destinations(claims) == {"slow.example": 16, "quick.example": 3}
    # And once it is full, its backlog is not even looked at.
    await post.waiting(quick.id, "https://quick.example", 2)
    full = [claim for claim in claims if claim.delivery.destination == "slow.example"]
    claims = await post.claims.claim(room(at_once=50, per_destination=16, sending=full), LATER)
    assert destinations(claims) == {"quick.example": 2}


async def test_one_accounts_flood_to_a_shared_host_stands_before_no_other_account(post: Post) -> None:
    flood, _ = await post.store.customer()
    other, _ = await post.store.customer()
    await post.waiting(flood.id, "https://shared.example", 1000)
    await post.waiting(other.id, "https://shared.example", 3, due_at=NOW + 30 * SECOND)
    claims = await post.claims.claim(room(at_once=50, per_destination=8), LATER)
    assert Counter(claim.delivery.account_id for claim in claims) == {flood.id: 5, other.id: 3}


async def test_no_account_takes_every_place_with_many_hosts(post: Post) -> None:
    flood, _ = await post.store.customer()
    other, _ = await post.store.customer()
    for number in range(40):
        await post.waiting(flood.id, f"https://{number:02}.example", 5)
    await post.waiting(other.id, "https://zz.example", 2)
    sending = await post.claims.claim(room(at_once=30, per_destination=16, per_account=10), LATER)
    while len(sending) < 30 and (
        more := await post.claims.claim(room(at_once=30, per_destination=16, per_account=10, sending=sending), LATER)
    ):
        sending += more
    assert Counter(claim.delivery.account_id for claim in sending) == {flood.id: 10, other.id: 2}
    # As soon as one of its ten is done it gets that place again, not more.
    more = await post.claims.claim(room(at_once=30, per_destination=16, per_account=10, sending=sending[1:]), LATER)
    assert len(more) == 1


async def test_the_receivers_take_turns_when_there_is_too_little_room(post: Post) -> None:
    account, _ = await post.store.customer()
    for number in range(10):
        await post.waiting(account.id, f"https://{number}.example", 4)
    rounds = [destinations(await post.claims.claim(room(at_once=5), LATER)) for _ in range(4)]
    first_half, second_half = ({f"{number}.example": 1 for number in half} for half in (range(5), range(5, 10)))
    assert rounds == [first_half, second_half, first_half, second_half]


async def test_the_oldest_of_a_receiver_come_first(post: Post) -> None:
    account, _ = await post.store.customer()
    await post.waiting(account.id, "https://a.example", 5)
    oldest_first = [row["id"] for row in await post.store.database.rows("SELECT id FROM deliveries ORDER BY next_at")]
    claimed = [(await post.claims.claim(room(at_once=1), LATER))[0].delivery.id for _ in range(5)]
    assert claimed == oldest_first


async def test_a_look_reads_an_entry_for_each_receiver_and_not_for_each_delivery(post: Post, database_url: str) -> None:
    account, _ = await post.store.customer()
    await post.waiting(account.id, "https://slow.example", 10_000, due_at=NOW + timedelta(hours=1))
    await post.waiting(account.id, "https://b.example", 10, due_at=NOW + timedelta(hours=1))
    await post.store.database.run("ANALYZE deliveries")
    # The server counts what each connection has read; here all goes through one.
    database = await Database.open(database_url, connections=1)
    try:
        before = await _index_entries_read(database)
        assert await Claims(database).claim(room(), LATER) == []
        assert await _index_entries_read(database) - before < 20
    finally:
        await database.close()


async def _index_entries_read(database: Database) -> int:
    await database.run("SELECT pg_stat_force_next_flush()")
    return int(await database.value("SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'deliveries'"))

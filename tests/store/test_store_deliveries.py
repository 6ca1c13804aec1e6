"""Deliveries: who is told of what, what there is to look at, and what is sent again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from tests.store.delivery_helpers import EVERYTHING, Post, heard, room
from tests.store.store_helpers import NOW, Store

from filmgate.errors import NotFound, WrongState
from filmgate.ids import new_id
from filmgate.store.deliveries import KEPT, MOST_ATTEMPTS_SHOWN
from filmgate.store.listen import DELIVERIES_CHANNEL, keep_listening
from filmgate.task import started
from filmgate.webhook import Delivery, DeliveryFilter, Verdict

SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(minutes=1)
OWN = "https://hooks.example/a"
OTHER = "https://Other.Example:8443/b?c=d"


@pytest.fixture
def post(store: Store) -> Post:
    return Post(store)


async def test_a_film_is_told_to_whoever_wants_to_know(post: Post) -> None:
    account, key = await post.store.customer()
    await post.webhooks.add_endpoint(account.id, OTHER, ["running", "succeeded"], "", NOW)
    await post.webhooks.add_endpoint(account.id, OTHER, ["failed"], "", NOW)
    task = await post.order(key, OWN, events=("queued", "succeeded", "failed"))
    await post.finish(task)
    assert await post.told(account.id) == [
        ("queued", OWN, False),
        ("running", OTHER, True),
        ("succeeded", OTHER, True),
        ("succeeded", OWN, False),
    ]
    found = await post.deliveries.page(account.id, EVERYTHING, 10)
    assert {each.destination for each in found} == {"hooks.example", "other.example:8443"}
    assert {each.task_id for each in found} == {task.id}


async def test_who_is_switched_off_or_another_account_is_told_nothing(post: Post) -> None:
    account, key = await post.store.customer()
    stranger, _ = await post.store.customer()
    endpoint = await post.webhooks.add_endpoint(account.id, OTHER, ["succeeded"], "", NOW)
    assert endpoint is not None
    await post.webhooks.change_endpoint(account.id, endpoint.id, disabled=True, now=NOW)
    await post.webhooks.add_endpoint(stranger.id, OTHER, ["succeeded"], "", NOW)
    await post.finish(await post.order(key, None))
    assert await post.told(account.id) == []
    assert await post.told(stranger.id) == []


async def test_orders_of_test_keys_are_told_to_their_own_webhook_alone(post: Post) -> None:
    account, key = await post.store.customer(test=True)
    await post.webhooks.add_endpoint(account.id, OTHER, ["succeeded"], "", NOW)
    task = await post.order(key, OWN, events=("succeeded",))
    await post.finish(task)
    assert await post.told(account.id) == [("succeeded", OWN, False)]


async def test_two_receivers_hear_of_the_same_news_under_one_id(post: Post) -> None:
    account, key = await post.store.customer()
    await post.webhooks.add_endpoint(account.id, OTHER, ["succeeded"], "", NOW)
    await post.finish(await post.order(key, OWN, events=("succeeded",)))
    one, other = await post.deliveries.page(account.id, EVERYTHING, 10)
    assert one.id != other.id
    assert one.message_id == other.message_id


async def test_what_comes_due_goes_where_its_endpoint_is_by_then(post: Post) -> None:
    account, key = await post.store.customer()
    endpoint = await post.webhooks.add_endpoint(account.id, OTHER, ["queued"], "", NOW)
    assert endpoint is not None
    await post.order(key, None)
    await post.webhooks.change_endpoint(account.id, endpoint.id, url="https://NEW.example/c", now=NOW)
    [claim] = await post.claims.claim(room(), LATER)
    assert (claim.delivery.url, claim.delivery.destination) == ("https://NEW.example/c", "new.example")


@pytest.mark.parametrize("how", ["removed", "switched off"])
async def test_what_comes_due_for_an_endpoint_that_is_gone_is_dead(post: Post, how: str) -> None:
    account, key = await post.store.customer()
    endpoint = await post.webhooks.add_endpoint(account.id, OTHER, ["queued"], "", NOW)
    assert endpoint is not None
    for _ in range(3):
        await post.order(key, None)
    if how == "removed":
        assert await post.webhooks.remove_endpoint(account.id, endpoint.id)
    else:
        await post.webhooks.change_endpoint(account.id, endpoint.id, disabled=True, now=NOW)
    assert await post.claims.claim(room(at_once=1), LATER) == []
    for delivery in await post.deliveries.page(account.id, EVERYTHING, 10):
        assert (delivery.state, delivery.attempts, delivery.ended_at) == ("dead", 0, LATER)
        assert delivery.error == "its endpoint was removed or switched off"
        with pytest.raises(WrongState, match="endpoint"):
            await post.deliveries.replay(account.id, delivery.id, LATER)
    assert await post.deliveries.replay_many(account.id, EVERYTHING, LATER, 100) == (0, None)
    if how == "switched off":
        await post.webhooks.change_endpoint(account.id, endpoint.id, disabled=False, now=NOW)
        assert await post.deliveries.replay_many(account.id, EVERYTHING, LATER, 100) == (3, None)
        assert len(await post.claims.claim(room(), LATER)) == 3


async def test_pages_show_everything_once_newest_first(post: Post) -> None:
    account, key = await post.store.customer()
    stranger, _ = await post.store.customer()
    await post.waiting(stranger.id, "https://b.example", 5)
    for number in range(3):
        await post.waiting(account.id, f"https://{number}.example", 4)  # All of them written at the same moment.
    task = await post.order(key, events=("queued", "failed"))
    await post.fail(task, LATER)
    seen: list[Delivery] = []
    after = None
    while page := await post.deliveries.page(account.id, EVERYTHING, 5, after):
        seen += page
        after = page[-1].created_at, page[-1].id
    assert len(seen) == len({each.id for each in seen}) == 14
    assert seen == sorted(seen, key=lambda each: (each.created_at, each.id), reverse=True)
    assert {each.account_id for each in seen} == {account.id}
    assert seen[0].event == "failed"


async def test_a_filter_shows_what_it_says(post: Post) -> None:
    account, key = await post.store.customer(10_000)
    endpoint = await post.webhooks.add_endpoint(account.id, OTHER, ["cancelled"], "", NOW)
    assert endpoint is not None
    dead = await post.ended(key, "dead", NOW + SECOND)
    delivered = await post.ended(key, "delivered", NOW + 2 * SECOND)
    waiting = await post.order(key, events=("queued",))

    async def found(**wanted: object) -> set[object]:
        page = await post.deliveries.page(account.id, DeliveryFilter(**wanted), 100)  # type: ignore[arg-type]
        return {each.id if each.id in (dead.id, delivered.id) else each.task_id for each in page}

    assert await found() == {dead.id, delivered.id, waiting.id}
    assert await found(state="dead") == {dead.id}
    assert await found(state="delivered") == {delivered.id}
    assert await found(state="waiting") == {waiting.id}
    assert await found(event="queued") == {waiting.id}
    assert await found(event="saving") == set()
    assert await found(task_id=dead.task_id) == {dead.id}
    assert await found(task_id=dead.task_id, state="delivered") == set()
    assert await found(endpoint_id=endpoint.id) == set()
    assert await found(created_from=NOW + SECOND) == {dead.id, delivered.id}
    assert await found(created_before=NOW + SECOND) == {waiting.id}
    assert await found(created_from=NOW + SECOND, created_before=NOW + 2 * SECOND) == {dead.id}


async def test_another_accounts_deliveries_are_not_there(post: Post) -> None:
    _, key = await post.store.customer()
    stranger, _ = await post.store.customer()
    dead = await post.ended(key, "dead")
    assert await post.deliveries.get(stranger.id, dead.id) is None
    assert await post.deliveries.page(stranger.id, EVERYTHING, 10) == []
    with pytest.raises(NotFound):
        await post.deliveries.replay(stranger.id, dead.id, LATER)
    assert await post.deliveries.replay_many(stranger.id, EVERYTHING, LATER, 10) == (0, None)
    assert (await post.deliveries.get(key.account_id, dead.id)) == dead


async def test_a_delivery_that_is_none_is_not_found(post: Post) -> None:
    account, _ = await post.store.customer()
    assert await post.deliveries.get(account.id, new_id()) is None
    with pytest.raises(NotFound):
        await post.deliveries.replay(account.id, new_id(), NOW)


@pytest.mark.parametrize("state", ["dead", "delivered"])
async def test_a_replay_begins_the_schedule_anew_and_keeps_the_attempts(post: Post, state: str) -> None:
    _, key = await post.store.customer()
    ended = await post.ended(key, state)  # type: ignore[arg-type]
    replayed = await post.deliveries.replay(key.account_id, ended.id, LATER)
    assert (replayed.state, replayed.next_at, replayed.ended_at) == ("waiting", LATER, None)
    assert (replayed.attempts, replayed.tries) == (1, 0)
    [claim] = await post.claims.claim(room(), LATER)
    await post.claims.record(claim, heard(200), Verdict(state="delivered"), LATER)
    assert [each.number for each in await post.deliveries.attempts(ended.id)] == [1, 2]


async def test_a_replay_brings_the_next_try_forward_but_disturbs_none_that_is_on_its_way(post: Post) -> None:
    account, key = await post.store.customer()
    await post.order(key, events=("queued",))
    [claim] = await post.claims.claim(room(), NOW)
    on_its_way = await post.deliveries.replay(account.id, claim.delivery.id, NOW)
    assert on_its_way.next_at == claim.until
    assert await post.deliveries.replay_many(account.id, EVERYTHING, NOW, 10) == (0, None)
    assert await post.claims.record(claim, heard(503), Verdict(state="waiting", pause_seconds=3600), NOW)
    assert (await post.deliveries.replay(account.id, claim.delivery.id, LATER)).next_at == LATER
    # What is due already is not counted as brought forward.
    assert await post.deliveries.replay_many(account.id, EVERYTHING, LATER, 10) == (0, None)


async def test_many_are_replayed_by_what_they_are_and_so_many_at_once(post: Post) -> None:
    account, key = await post.store.customer(10_000)
    dead = [await post.ended(key, "dead", NOW + number * SECOND) for number in range(5)]
    delivered = await post.ended(key, "delivered", NOW)
    wanted = DeliveryFilter(state="dead")
    # The newest go first.
    count, after = await post.deliveries.replay_many(account.id, wanted, LATER, 3)
    assert (count, after) == (3, (dead[2].created_at, dead[2].id))
    assert [each.id for each in await post.deliveries.page(account.id, wanted, 10)] == [dead[1].id, dead[0].id]
    assert await post.deliveries.replay_many(account.id, wanted, LATER, 3, after) == (2, None)
    assert await post.deliveries.replay_many(account.id, wanted, LATER, 3) == (0, None)
    assert await post.deliveries.get(account.id, delivered.id) == delivered


async def test_what_is_dead_again_before_the_next_call_is_not_replayed_twice(post: Post) -> None:
    account, key = await post.store.customer(10_000)
    for number in range(5):
        await post.ended(key, "dead", NOW + number * SECOND)
    wanted, calls, after = DeliveryFilter(state="dead"), 0, None
    while calls == 0 or after is not None:
        _, after = await post.deliveries.replay_many(account.id, wanted, LATER, 2, after)
        calls += 1
        for claim in await post.claims.claim(room(), LATER):
            await post.claims.record(claim, heard(404), Verdict(state="dead"), LATER)
    assert calls == 3
    assert {each.attempts for each in await post.deliveries.page(account.id, EVERYTHING, 10)} == {2}


@pytest.mark.parametrize("replay", [
    lambda post, each: post.deliveries.replay(each.account_id, each.id, LATER),
    lambda post, each: post.deliveries.replay_many(each.account_id, EVERYTHING, LATER, 10),
])  # fmt: skip
async def test_a_replay_wakes_the_workers(
    post: Post, database_url: str, replay: Callable[[Post, Delivery], Awaitable[object]]
) -> None:
    _, key = await post.store.customer()
    dead = await post.ended(key, "dead")
    words: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(keep_listening(database_url, DELIVERIES_CHANNEL, words.put_nowait, asyncio.Event()))
    try:
        await asyncio.wait_for(words.get(), 10)  # Once when the connection is there.
        while not words.empty():
            words.get_nowait()
        await replay(post, dead)
        await asyncio.wait_for(words.get(), 10)
    finally:
        listening.cancel()


async def test_the_last_hundred_attempts_are_shown(post: Post) -> None:
    _, key = await post.store.customer()
    dead = await post.ended(key, "dead")
    await post.store.database.run(
        "INSERT INTO delivery_attempts (delivery_id, number, started_at, milliseconds, answer) "
        "SELECT $1, number, $2, 1, '' FROM generate_series(2, 300) AS number",
        dead.id,
        NOW,
    )
    numbers = [each.number for each in await post.deliveries.attempts(dead.id)]
    assert numbers == list(range(300 - MOST_ATTEMPTS_SHOWN + 1, 301))


async def test_what_ended_long_ago_is_removed_with_its_attempts_and_nothing_else(post: Post) -> None:
    account, key = await post.store.customer(10_000)
    for number in range(3):
        await post.ended(key, "dead" if number else "delivered", NOW + number * SECOND)
    kept = await post.ended(key, "dead", NOW + timedelta(days=1))
    waiting = await post.order(key, events=("queued",))
    assert await post.deliveries.remove_old(NOW + KEPT - SECOND, 10) == 0
    assert await post.deliveries.remove_old(NOW + KEPT + 5 * SECOND, 2) == 2
    assert await post.deliveries.remove_old(NOW + KEPT + 5 * SECOND, 2) == 1
    left = await post.deliveries.page(account.id, EVERYTHING, 10)
    assert {each.task_id for each in left} == {kept.task_id, waiting.id}
    assert await post.store.database.value("SELECT count(*) FROM delivery_attempts") == 1


async def test_the_host_of_a_url_is_one_whoever_takes_it_out(post: Post) -> None:
    """``tell`` and the claim have the same rule, each in its own place of the schema."""
    _, key = await post.store.customer(10_000)
    for url in (
        "https://A.example",
        "https://a.example:444/x",
        "HTTPS://a.example?x@y",
        "https://[2001:DB8::1]:9/",
        "https://münchen.example/#a",
    ):
        await post.order(key, url, events=("queued",))
    rows = await post.store.database.rows("SELECT destination, webhook_destination(url) AS again FROM deliveries")
    assert len(rows) == 5
    assert {row["destination"] for row in rows} == {row["again"] for row in rows}
    assert {"a.example", "a.example:444", "[2001:db8::1]:9"} < {row["again"] for row in rows}


async def test_orders_read_nothing_of_the_tens_of_thousands_of_deliveries_that_wait(post: Post) -> None:
    _, key = await post.store.customer(1_000_000)
    await post.waiting(key.account_id, OWN, 50_000)
    before = await _rows_read(post)
    for _ in range(40):
        task = await post.order(key, OWN, events=("queued", "running"))
        assert await post.store.tasks.apply(started(task, NOW))
    assert await _rows_read(post) == before
    assert await post.store.database.value("SELECT count(url) FROM deliveries") == 50_080
    # The measure itself.
    assert await _rows_read(post) >= before + 50_000


async def _rows_read(post: Post) -> int:
    """Rows of deliveries that were read by anybody so far."""
    # A connection tells what it has read when it is asked to, or after a second.
    await post.store.database.value("SELECT pg_stat_force_next_flush()")
    read = await post.store.database.value(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'deliveries'"
    )
    return int(read)

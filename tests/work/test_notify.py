"""Telling news to real receivers on loopback, which check every signature with the library."""

import asyncio
import hashlib
import hmac
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from tests.conftest import Clock
from tests.store.delivery_helpers import EVERYTHING
from tests.store.store_helpers import RESULT
from tests.test_outbound import Names
from tests.work.receivers import Newsroom, eventually, receiving

from filmgate.errors import Unavailable
from filmgate.outbound import Outbound
from filmgate.store.claims import CLAIM, Claims
from filmgate.store.db import Database
from filmgate.store.deliveries import KEPT
from filmgate.task import Status, Task
from filmgate.webhook import MOST_TRIES, PAUSES_SECONDS, Delivery
from filmgate.work import notify
from filmgate.work.links import TaskLinks
from filmgate.work.notify import PER_DESTINATION
from filmgate.work.pace import Pace

ROOT = Path(__file__).parents[2]
BASE = "https://films.example"


@pytest.fixture
def newsroom(database: Database, database_url: str, clock: Clock) -> Newsroom:
    return Newsroom(database, database_url, clock)


async def one(newsroom: Newsroom, task: Task) -> Delivery:
    """The one delivery of the order."""
    found = await newsroom.deliveries.page(task.account_id, EVERYTHING, 10)
    [delivery] = [each for each in found if each.task_id == task.id]
    return delivery


async def until_state(newsroom: Newsroom, task: Task, state: str, attempts: int) -> Delivery:
    async with asyncio.timeout(20):
        while True:
            delivery = await one(newsroom, task)
            if (delivery.state, delivery.attempts) == (state, attempts):
                return delivery
            await asyncio.sleep(0.01)


async def test_ink_s_webhook_gets_the_answer_of_a_poll_and_two_members_more(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with receiving() as receiver, newsroom.notifying():
        task = await newsroom.order(key, receiver.url, events=("succeeded",), base_url=BASE)
        task = await newsroom.finish(task, newsroom.clock())
        delivery = await until_state(newsroom, task, "delivered", 1)
    [secret] = await newsroom.webhooks.secrets(key.account_id, newsroom.clock())
    [heard] = receiver.heard
    body = heard.verified(secret)
    ink = newsroom.dialects.ink
    links = TaskLinks(task, files=newsroom.files, base_url=BASE, show_id=ink.show_id, now=newsroom.clock())
    poll = ink.phrase_task(task, links).body
    assert heard.body.startswith(poll[:-1])
    assert body["output"]["url"].startswith(f"{BASE}/files/{RESULT.film}/req_")
    assert list(body)[9:] == ["metadata", "creditsCharged"]
    assert (body["metadata"], body["creditsCharged"]) == ({"order": "7"}, 0.0001)

    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-id"] == heard.headers["x-webhook-id"] == delivery.message_id
    signed = heard.headers["x-webhook-timestamp"].encode() + b"." + heard.body
    digest = hmac.new(secret.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert heard.headers["x-webhook-signature"] == f"sha256={digest}"


@pytest.mark.parametrize("dialect", ["jimmy", "senseaudio", "ink", "native"])
async def test_an_endpoint_gets_the_native_form_whatever_the_order_s_dialect(newsroom: Newsroom, dialect: str) -> None:
    account, key = await newsroom.store.customer()
    async with receiving() as receiver, newsroom.notifying():
        await newsroom.webhooks.add_endpoint(account.id, receiver.url, ["succeeded"], "", newsroom.clock())
        task = await newsroom.order(key, None, dialect=dialect, base_url=BASE)
        await newsroom.finish(task, newsroom.clock())
        await until_state(newsroom, task, "delivered", 1)
    [secret] = await newsroom.webhooks.secrets(account.id, newsroom.clock())
    [heard] = receiver.heard
    body = heard.verified(secret)
    assert (body["type"], list(body)) == ("task.succeeded", ["type", "timestamp", "data"])
    data = body["data"]
    assert (data["id"], data["dialect"]) == (newsroom.dialects.native.show_id(task.id), dialect)
    assert data["dialect_id"] == newsroom.dialects.named(dialect).show_id(task.id)
    assert data["film"]["url"].startswith(f"{BASE}/files/{RESULT.film}/task_")
    assert "x-webhook-signature" not in heard.headers


async def test_each_piece_of_news_tells_of_the_task_as_it_was_then(newsroom: Newsroom) -> None:
    account, key = await newsroom.store.customer()
    events: tuple[Status, ...] = ("queued", "running", "saving", "succeeded")
    async with receiving() as receiver:
        await newsroom.webhooks.add_endpoint(account.id, receiver.url, events, "", newsroom.clock())
        task = await newsroom.order(key, None)
        await newsroom.finish(task, newsroom.clock())
        # The film is there before any of it is told.
        async with newsroom.notifying():
            await eventually(lambda: len(receiver.heard) == 4)
    told = {body["data"]["status"]: body["data"] for body in receiver.bodies}
    assert set(told) == set(events)
    assert [told[event]["film"] is None for event in events] == [True, True, True, False]
    assert [told[event]["cost"] for event in events] == [None, None, None, 0.0001]
    assert told["running"]["started_at"] is not None
    assert told["running"]["rendered_at"] is None
    assert len(set(receiver.ids)) == 4


async def test_links_lead_to_the_public_address_where_there_is_one(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with receiving() as receiver, newsroom.notifying(writer=newsroom.writer("https://public.example/")):
        task = await newsroom.order(key, receiver.url, events=("succeeded",), base_url="http://127.0.0.1:8787")
        await newsroom.finish(task, newsroom.clock())
        await eventually(lambda: len(receiver.heard) == 1)
    assert receiver.bodies[0]["output"]["url"].startswith("https://public.example/files/")


async def test_a_receiver_that_answers_500_twice_gets_the_third(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with receiving(500, 500) as receiver, newsroom.notifying():
        task = await newsroom.order(key, receiver.url, events=("queued",))
        for attempts, pause_seconds in enumerate(PAUSES_SECONDS[:2], 1):
            delivery = await until_state(newsroom, task, "waiting", attempts)
            assert delivery.next_at == newsroom.clock() + timedelta(seconds=pause_seconds)
            assert (delivery.http_status, delivery.error) == (500, "the receiver answered with status 500")
            newsroom.clock.advance(pause_seconds)
        await until_state(newsroom, task, "delivered", 3)
    [secret] = await newsroom.webhooks.secrets(key.account_id, newsroom.clock())
    assert [heard.verified(secret)["status"] for heard in receiver.heard] == ["queued"] * 3
    assert len(set(receiver.ids)) == 1
    attempts_made = await newsroom.deliveries.attempts((await one(newsroom, task)).id)
    assert [(each.number, each.http_status) for each in attempts_made] == [(1, 500), (2, 500), (3, 200)]


async def test_a_receiver_that_never_comes_right_is_dead_after_the_last_try_and_replayed_by_hand(
    newsroom: Newsroom,
) -> None:
    _, key = await newsroom.store.customer()
    async with receiving(*[503] * MOST_TRIES) as receiver, newsroom.notifying():
        task = await newsroom.order(key, receiver.url, events=("queued",))
        for attempts, pause_seconds in enumerate(PAUSES_SECONDS, 1):
            await until_state(newsroom, task, "waiting", attempts)
            newsroom.clock.advance(pause_seconds)
        dead = await until_state(newsroom, task, "dead", MOST_TRIES)
        assert "last of 12 tries" in (dead.error or "")
        newsroom.clock.advance(100_000)
        await asyncio.sleep(0.1)
        assert len(receiver.heard) == MOST_TRIES
        await newsroom.deliveries.replay(key.account_id, dead.id, newsroom.clock())
        await until_state(newsroom, task, "delivered", MOST_TRIES + 1)
    assert len(set(receiver.ids)) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_an_answer_that_refuses_ends_it(newsroom: Newsroom, status: int) -> None:
    _, key = await newsroom.store.customer()
    async with receiving(web.Response(status=status, text="no such hook")) as receiver, newsroom.notifying():
        task = await newsroom.order(key, receiver.url, events=("queued",))
        delivery = await until_state(newsroom, task, "dead", 1)
        newsroom.clock.advance(100_000)
        await asyncio.sleep(0.05)
    assert len(receiver.heard) == 1
    assert (delivery.http_status, delivery.error) == (status, f"the receiver answered with status {status}")
    assert [each.answer for each in await newsroom.deliveries.attempts(delivery.id)] == ["no such hook"]


async def test_a_redirect_is_not_followed_and_ends_it(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with receiving() as inside:
        moved = web.Response(status=307, headers={"Location": inside.url})
        async with receiving(moved) as receiver, newsroom.notifying():
            task = await newsroom.order(key, receiver.url, events=("queued",))
            delivery = await until_state(newsroom, task, "dead", 1)
    assert inside.heard == []
    assert "redirects are not followed" in (delivery.error or "")


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::1", "fd00::1"])
async def test_a_name_that_leads_into_a_private_network_is_dead_without_a_call(
    newsroom: Newsroom, address: str
) -> None:
    _, key = await newsroom.store.customer()
    names = Names(hooks_example=[[address]])
    async with newsroom.notifying(outbound=Outbound(allow_private_networks=False, resolve=names)):
        task = await newsroom.order(key, "https://hooks.example/a", events=("queued",))
        delivery = await until_state(newsroom, task, "dead", 1)
    assert names.asked == ["hooks.example"]
    assert delivery.http_status is None
    assert (delivery.error or "").startswith("the link leads to")
    assert address not in (delivery.error or "")


async def test_a_name_without_an_address_is_tried_again(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with newsroom.notifying(outbound=Outbound(allow_private_networks=False, resolve=Names())):
        task = await newsroom.order(key, "https://hooks.example/a", events=("queued",))
        delivery = await until_state(newsroom, task, "waiting", 1)
    assert delivery.error == "the link's host name has no address"


async def test_a_receiver_that_is_silent_is_tried_again(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with receiving(hangs=True) as receiver, newsroom.notifying(pace=Pace(news_timeout_seconds=0.2)):
        task = await newsroom.order(key, receiver.url, events=("queued",))
        delivery = await until_state(newsroom, task, "waiting", 1)
    assert delivery.error == "the answer was not complete after 0.2 seconds"
    [attempt] = await newsroom.deliveries.attempts(delivery.id)
    assert 200 <= attempt.milliseconds < 5000


async def test_a_receiver_may_ask_for_a_longer_pause(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    busy = web.Response(status=429, headers={"Retry-After": "120"})
    async with receiving(busy) as receiver, newsroom.notifying():
        task = await newsroom.order(key, receiver.url, events=("queued",))
        delivery = await until_state(newsroom, task, "waiting", 1)
        assert delivery.next_at == newsroom.clock() + timedelta(seconds=120)
        newsroom.clock.advance(119)
        await asyncio.sleep(0.1)
        assert len(receiver.heard) == 1
        newsroom.clock.advance(1)
        await until_state(newsroom, task, "delivered", 2)


async def test_a_slow_receiver_with_thousands_delays_nobody_else(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "_GRACE_SECONDS", 0.1)
    slow_account, slow_key = await newsroom.store.customer()
    _, quick_key = await newsroom.store.customer()
    async with receiving(hangs=True) as slow, receiving() as quick, newsroom.notifying():
        stuck = await newsroom.order(slow_key, None)
        await newsroom.waiting(slow_account.id, slow.url, 5000, task_id=stuck.id)
        await eventually(lambda: slow.at_once == PER_DESTINATION)
        seconds: list[float] = []
        for _ in range(10):
            began = time.monotonic()
            await newsroom.order(quick_key, quick.url, events=("queued",))
            expected = len(seconds) + 1
            await eventually(lambda: len(quick.heard) == expected)  # noqa: B023
            seconds.append(time.monotonic() - began)
        # A timeout of the slow one lasts 10 seconds; ten orders are told in a fraction of that.
        assert sum(seconds) < 5
        assert slow.most_at_once == PER_DESTINATION
    # What was in hand at the end was given back.
    assert await newsroom.store.database.value("SELECT count(*) FROM deliveries WHERE claimed_until IS NOT NULL") == 0
    assert set(await newsroom.states()) == {"waiting", "delivered"}


async def test_a_backlog_is_told_at_once_when_its_receiver_is_quick(newsroom: Newsroom) -> None:
    account, key = await newsroom.store.customer()
    async with receiving() as receiver:
        task = await newsroom.order(key, None)
        await newsroom.waiting(account.id, receiver.url, 300, task_id=task.id)
        # The next look by itself would come after a minute; every place that gets free is one, too.
        async with newsroom.notifying(look_seconds=60):
            await eventually(lambda: len(receiver.heard) == 300)
    assert receiver.most_at_once <= PER_DESTINATION
    assert set(await newsroom.states()) == {"delivered"}


async def test_news_wakes_the_notifier(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with receiving() as receiver, newsroom.notifying(look_seconds=60):
        first = await newsroom.order(key, receiver.url, events=("queued", "failed"))
        await eventually(lambda: len(receiver.heard) == 1)
        await newsroom.fail(first, newsroom.clock())
        await eventually(lambda: len(receiver.heard) == 2)


async def test_two_notifiers_tell_everything_once(newsroom: Newsroom) -> None:
    account, key = await newsroom.store.customer()
    async with receiving() as receiver:
        task = await newsroom.order(key, None)
        await newsroom.waiting(account.id, receiver.url, 200, task_id=task.id)
        async with newsroom.notifying(), newsroom.notifying():
            await eventually(lambda: len(receiver.heard) >= 200)
    assert set(await newsroom.states()) == {"delivered"}
    assert len(receiver.heard) == 200


async def test_what_a_killed_worker_was_sending_is_sent_by_another(newsroom: Newsroom, database_url: str) -> None:
    _, key = await newsroom.store.customer()
    async with receiving(hangs=True) as receiver:
        task = await newsroom.order(key, receiver.url, events=("queued",))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.work.lone_notifier", database_url, cwd=ROOT
        )
        try:
            await eventually(lambda: len(receiver.heard) == 1)
        finally:
            process.kill()
            await process.wait()
        receiver.hangs = False
        async with newsroom.notifying():
            await asyncio.sleep(0.2)
            assert len(receiver.heard) == 1
            newsroom.clock.advance(CLAIM.total_seconds() + 60)
            await until_state(newsroom, task, "delivered", 1)
    assert len(receiver.heard) == 2
    assert len(set(receiver.ids)) == 1


async def test_a_worker_that_stops_hears_the_answer_that_is_nearly_there(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with receiving() as receiver:
        receiver.takes_seconds = 0.5
        async with newsroom.notifying():
            task = await newsroom.order(key, receiver.url, events=("queued",))
            await eventually(lambda: receiver.at_once == 1)
        assert (await one(newsroom, task)).state == "delivered"


async def test_what_a_worker_that_stops_cannot_finish_is_anothers_at_once(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "_GRACE_SECONDS", 0.1)
    _, key = await newsroom.store.customer()
    async with receiving(hangs=True) as receiver:
        async with newsroom.notifying():
            task = await newsroom.order(key, receiver.url, events=("queued",))
            await eventually(lambda: len(receiver.heard) == 1)
        assert (await one(newsroom, task)).attempts == 0
        receiver.hangs = False
        async with newsroom.notifying():
            await until_state(newsroom, task, "delivered", 1)


async def test_during_a_rotation_the_old_and_the_new_secret_verify(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    [old] = await newsroom.webhooks.secrets(key.account_id, newsroom.clock())
    overlap = timedelta(seconds=100)
    new, _ = await newsroom.webhooks.rotate_secret(key.account_id, overlap, newsroom.clock())
    async with receiving() as receiver, newsroom.notifying():
        await newsroom.order(key, receiver.url, events=("queued",))
        await eventually(lambda: len(receiver.heard) == 1)
        newsroom.clock.advance(100)
        await newsroom.order(key, receiver.url, events=("queued",), created_at=newsroom.clock())
        await eventually(lambda: len(receiver.heard) == 2)
    during, afterwards = receiver.heard
    assert during.verified(old) == during.verified(new)
    afterwards.verified(new)
    with pytest.raises(Exception, match="No matching signature"):
        afterwards.verified(old)


async def test_a_fault_of_ours_is_tried_again_by_the_schedule(newsroom: Newsroom) -> None:
    account, key = await newsroom.store.customer()
    async with receiving() as receiver, newsroom.notifying():
        task = await newsroom.order(key, None)
        later = newsroom.clock() + timedelta(hours=1)
        await newsroom.waiting(account.id, receiver.url, due_at=later, task_id=task.id)
        # News of a status that the task never had cannot be written.
        await newsroom.store.database.run("UPDATE deliveries SET event = 'succeeded', next_at = $1", newsroom.clock())
        delivery = await until_state(newsroom, task, "waiting", 1)
    assert delivery.error == "an internal error"
    assert receiver.heard == []


async def test_news_of_an_order_that_is_not_there_is_dead(newsroom: Newsroom) -> None:
    account, _ = await newsroom.store.customer()
    async with receiving() as receiver, newsroom.notifying():
        await newsroom.waiting(account.id, receiver.url)
        async with asyncio.timeout(10):
            while await newsroom.states() != ["dead"]:
                await asyncio.sleep(0.01)
    assert receiver.heard == []


async def test_a_database_that_goes_away_is_waited_for(newsroom: Newsroom, database_url: str) -> None:
    _, key = await newsroom.store.customer()
    async with receiving() as receiver, newsroom.notifying():
        await newsroom.order(key, receiver.url, events=("queued",))
        await eventually(lambda: len(receiver.heard) == 1)
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        await newsroom.order(key, receiver.url, events=("queued",))
        await eventually(lambda: len(receiver.heard) == 2)


async def test_an_answer_is_recorded_when_the_database_is_back(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    claims = _Forgetful(newsroom.store.database)
    async with receiving() as receiver, newsroom.notifying(claims=claims):
        task = await newsroom.order(key, receiver.url, events=("queued",))
        await until_state(newsroom, task, "delivered", 1)
    assert len(receiver.heard) == 1
    assert claims.failures == 2


async def test_what_ended_long_ago_is_swept_away(newsroom: Newsroom) -> None:
    _, key = await newsroom.store.customer()
    async with receiving() as receiver, newsroom.notifying() as notifier:
        task = await newsroom.order(key, receiver.url, events=("queued",))
        await until_state(newsroom, task, "delivered", 1)
        await notifier.sweep()
        assert await newsroom.states() == ["delivered"]
        newsroom.clock.advance(KEPT.total_seconds())
        await notifier.sweep()
        assert await newsroom.states() == []


class _Forgetful(Claims):
    """Fails twice to record anything."""

    failures = 0

    async def record(self, *values: Any) -> bool:
        if self.failures < 2:
            self.failures += 1
            raise Unavailable("the database is away")
        return await super().record(*values)

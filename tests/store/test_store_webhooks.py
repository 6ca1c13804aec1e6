"""Endpoints and secrets: who has which, how many, and for how long."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from tests.store.delivery_helpers import Post
from tests.store.store_helpers import NOW, Store

from filmgate.errors import WrongState
from filmgate.ids import new_id
from filmgate.store.db import Database
from filmgate.store.webhooks import MOST_ENDPOINTS, MOST_OLD_SECRETS, Webhooks
from filmgate.webhook import Endpoint

URL = "https://hooks.example/films"
DAY = timedelta(days=1)


@pytest.fixture
def post(store: Store) -> Post:
    return Post(store)


async def added(post: Post, account_id: UUID, url: str = URL) -> Endpoint:
    endpoint = await post.webhooks.add_endpoint(account_id, url, ["succeeded"], "", NOW)
    assert endpoint is not None
    return endpoint


async def test_an_endpoint_is_found_as_it_was_added(post: Post) -> None:
    account, _ = await post.store.customer()
    endpoint = await post.webhooks.add_endpoint(account.id, URL, ["failed", "succeeded"], "生产 ✓", NOW)
    assert endpoint == await post.webhooks.endpoint(account.id, endpoint.id if endpoint else new_id())
    assert await post.webhooks.endpoints(account.id) == [endpoint]


async def test_another_accounts_endpoint_is_not_there(post: Post) -> None:
    owner, _ = await post.store.customer()
    stranger, _ = await post.store.customer()
    endpoint = await added(post, owner.id)
    assert await post.webhooks.endpoint(stranger.id, endpoint.id) is None
    assert await post.webhooks.endpoints(stranger.id) == []
    assert await post.webhooks.change_endpoint(stranger.id, endpoint.id, url="https://evil.example", now=NOW) is None
    assert await post.webhooks.remove_endpoint(stranger.id, endpoint.id) is False
    assert await post.webhooks.endpoint(owner.id, endpoint.id) == endpoint


async def test_only_what_is_given_is_changed(post: Post) -> None:
    account, _ = await post.store.customer()
    endpoint = await added(post, account.id)
    assert await post.webhooks.change_endpoint(account.id, endpoint.id, now=NOW) == endpoint
    changed = await post.webhooks.change_endpoint(account.id, endpoint.id, url="https://new.example", now=NOW)
    assert changed is not None
    assert (changed.url, changed.events, changed.created_at) == ("https://new.example", endpoint.events, NOW)
    changed = await post.webhooks.change_endpoint(account.id, endpoint.id, events=["queued"], description="", now=NOW)
    assert changed is not None
    assert (changed.url, changed.events) == ("https://new.example", ("queued",))


async def test_an_endpoint_stays_switched_off_since_it_first_was(post: Post) -> None:
    account, _ = await post.store.customer()
    endpoint = await added(post, account.id)
    for later in (NOW, NOW + DAY):
        changed = await post.webhooks.change_endpoint(account.id, endpoint.id, disabled=True, now=later)
        assert changed is not None
        assert changed.disabled_at == NOW
    changed = await post.webhooks.change_endpoint(account.id, endpoint.id, disabled=False, now=NOW)
    assert changed == endpoint


async def test_however_many_ask_at_once_an_account_has_so_many_endpoints(post: Post, database_url: str) -> None:
    account, _ = await post.store.customer()
    other, _ = await post.store.customer()
    second = await Database.open(database_url)
    doors = (post.webhooks, Webhooks(second))
    try:
        answers = await asyncio.gather(
            *(
                doors[number % 2].add_endpoint(account.id, URL, ["failed"], str(number), NOW)
                for number in range(MOST_ENDPOINTS + 15)
            )
        )
    finally:
        await second.close()
    assert sum(answer is not None for answer in answers) == MOST_ENDPOINTS
    assert len(await post.webhooks.endpoints(account.id)) == MOST_ENDPOINTS
    assert await post.webhooks.add_endpoint(account.id, URL, ["failed"], "", NOW) is None
    assert await post.webhooks.add_endpoint(other.id, URL, ["failed"], "", NOW) is not None
    assert await post.webhooks.remove_endpoint(account.id, (await post.webhooks.endpoints(account.id))[0].id)
    assert await post.webhooks.add_endpoint(account.id, URL, ["failed"], "", NOW) is not None


async def test_a_secret_is_made_once_however_many_need_it_first(post: Post, database_url: str) -> None:
    accounts = [(await post.store.customer())[0].id for _ in range(3)]
    second = await Database.open(database_url)
    doors = (post.webhooks, Webhooks(second))
    try:
        answers = await asyncio.gather(*(doors[number % 2].secrets_of(accounts, NOW) for number in range(20)))
    finally:
        await second.close()
    assert all(answer == answers[0] for answer in answers)
    secrets = {answer[0].secret for answer in answers[0].values()}
    assert len(secrets) == 3
    assert all(len(answer) == 1 and answer[0].expires_at is None for answer in answers[0].values())


async def test_a_rotation_leaves_the_secret_before_good_for_a_while(post: Post) -> None:
    account, _ = await post.store.customer()
    [first] = await post.webhooks.secrets(account.id, NOW)
    current, previous = await post.webhooks.rotate_secret(account.id, DAY, NOW)
    assert current.expires_at is None
    assert (previous.secret, previous.expires_at) == (first.secret, NOW + DAY)
    assert await post.webhooks.secrets(account.id, NOW + DAY - timedelta(seconds=1)) == [current, previous]
    assert await post.webhooks.secrets(account.id, NOW + DAY) == [current]


async def test_a_rotation_without_overlap_ends_the_secret_before_at_once(post: Post) -> None:
    account, _ = await post.store.customer()
    [first] = await post.webhooks.secrets(account.id, NOW)
    [current] = await post.webhooks.rotate_secret(account.id, timedelta(0), NOW)
    assert current.secret != first.secret


async def test_the_latest_secret_before_comes_right_after_the_current_one(post: Post) -> None:
    account, _ = await post.store.customer()
    for hour in range(3):
        secrets = await post.webhooks.rotate_secret(account.id, DAY, NOW + timedelta(hours=hour))
    ends = [secret.expires_at for secret in secrets]
    assert ends == [None, *(NOW + DAY + timedelta(hours=hour) for hour in (2, 1))]


async def test_so_many_secrets_are_good_at_once_and_no_more(post: Post) -> None:
    account, _ = await post.store.customer()
    await post.webhooks.secrets(account.id, NOW)
    answers = await asyncio.gather(
        *(post.webhooks.rotate_secret(account.id, DAY, NOW) for _ in range(MOST_OLD_SECRETS + 3)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, WrongState) for answer in answers) == 3
    good = await post.webhooks.secrets(account.id, NOW)
    assert len(good) == MOST_OLD_SECRETS + 1
    assert [secret.expires_at for secret in good].count(None) == 1
    # Once they have ended there is room again, and they are gone.
    assert len(await post.webhooks.rotate_secret(account.id, DAY, NOW + DAY)) == 2
    rows = await post.store.database.value("SELECT count(*) FROM webhook_secrets WHERE account_id = $1", account.id)
    assert rows == 2


async def test_one_accounts_rotation_is_no_other_accounts_matter(post: Post) -> None:
    one, _ = await post.store.customer()
    other, _ = await post.store.customer()
    before = await post.webhooks.secrets(other.id, NOW)
    await post.webhooks.rotate_secret(one.id, DAY, NOW)
    assert await post.webhooks.secrets(other.id, NOW) == before

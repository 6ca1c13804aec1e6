"""Accounts, keys, and the secret that all processes share."""

import asyncio

import pytest
from tests.store.store_helpers import NOW, Store

from filmgate.errors import InsufficientFunds, SetupError
from filmgate.ids import new_key_secret
from filmgate.ledger import Balance, Postings
from filmgate.store.db import Database
from filmgate.store.secrets import signing_secret


async def test_an_account_is_opened_once_however_many_ask(store: Store) -> None:
    opened = await asyncio.gather(*(store.accounts.open_account("studio", NOW) for _ in range(8)))
    assert len({account.id for account in opened}) == 1
    assert await store.accounts.find_account("studio") == opened[0]
    assert await store.accounts.find_account("nobody") is None
    assert await store.accounts.all_accounts() == [(opened[0], Balance(funded=0, available=0, held=0, spent=0))]


async def test_a_top_up_is_an_entry_and_money(store: Store) -> None:
    account, _ = await store.customer(0)
    await store.accounts.top_up(account.id, 500, "invoice 7", NOW)
    await store.accounts.top_up(account.id, -200, "refund", NOW)
    assert await store.accounts.balance(account.id) == Balance(funded=300, available=300, held=0, spent=0)
    first, second = await store.ledger.entries(account.id)
    assert (first.kind, first.postings, first.note) == ("top_up", Postings(funded=-500, available=500), "invoice 7")
    assert second.postings == Postings(funded=200, available=-200)
    assert (first.task_id, first.price_version, first.created_at) == (None, None, NOW)


async def test_no_more_is_taken_back_than_is_there(store: Store) -> None:
    account, key = await store.customer(500)
    await store.order(key, 400)
    with pytest.raises(InsufficientFunds) as caught:
        await store.accounts.top_up(account.id, -200, "refund", NOW)
    assert (caught.value.needed_micros, caught.value.available_micros) == (200, 100)
    assert await store.ledger.audit() == []


async def test_an_account_that_would_hold_more_than_can_be_counted_is_left_as_it_is(store: Store) -> None:
    account = await store.accounts.open_account("rich", NOW)
    await store.accounts.top_up(account.id, 2**63 - 1, "", NOW)
    with pytest.raises(SetupError, match="more than can be counted"):
        await store.accounts.top_up(account.id, 1, "", NOW)
    assert (await store.accounts.balance(account.id)).available == 2**63 - 1
    assert await store.ledger.audit() == []


async def test_the_balance_of_an_unknown_account_is_an_error(store: Store) -> None:
    _, key = await store.customer()
    with pytest.raises(LookupError):
        await store.accounts.balance(key.id)


async def test_a_key_is_found_by_its_secret_and_the_secret_is_not_kept(store: Store) -> None:
    account, _ = await store.customer()
    secret = new_key_secret(test=True)
    key = await store.accounts.create_key(account.id, name="ci", secret=secret, test=True, quota_micros=7, now=NOW)
    assert await store.accounts.key_by_secret(secret) == key == await store.accounts.key(key.id)
    assert await store.accounts.key_by_secret(secret + "x") is None
    assert (key.hint, key.test, key.quota_micros, key.used_micros) == (secret[:12], True, 7, 0)
    row = await store.database.row("SELECT * FROM keys WHERE id = $1", key.id)
    assert row is not None
    assert not any(secret in str(value) for value in row)


async def test_a_short_secret_is_not_given_away_by_its_hint(store: Store) -> None:
    account, _ = await store.customer()
    key = await store.accounts.create_key(account.id, name="old", secret="sk_1", test=False, quota_micros=0, now=NOW)
    assert key.hint == "sk"


async def test_importing_a_secret_again_finds_the_same_key(store: Store) -> None:
    account, _ = await store.customer()
    first, second = [
        await store.accounts.create_key(account.id, name=name, secret="sk_mine", test=False, quota_micros=0, now=NOW)
        for name in ("a", "b")
    ]
    assert first == second


async def test_a_secret_belongs_to_one_account_and_one_use(store: Store) -> None:
    account, _ = await store.customer()
    other, _ = await store.customer()
    key = await store.accounts.create_key(account.id, name="a", secret="sk_mine", test=False, quota_micros=0, now=NOW)
    with pytest.raises(SetupError):
        await store.accounts.create_key(other.id, name="a", secret="sk_mine", test=False, quota_micros=0, now=NOW)
    with pytest.raises(SetupError):
        await store.accounts.create_key(account.id, name="a", secret="sk_mine", test=True, quota_micros=0, now=NOW)
    await store.accounts.revoke_key(str(key.id), NOW)
    with pytest.raises(SetupError):
        await store.accounts.create_key(account.id, name="a", secret="sk_mine", test=False, quota_micros=0, now=NOW)
    with pytest.raises(SetupError):
        await store.accounts.create_key(account.id, name="a", secret=" ", test=False, quota_micros=0, now=NOW)


@pytest.mark.parametrize("called", ["id", "hint", "name"])
async def test_a_revoked_key_opens_nothing(store: Store, called: str) -> None:
    account, _ = await store.customer()
    secret = new_key_secret(test=False)
    key = await store.accounts.create_key(account.id, name="leaked", secret=secret, test=False, quota_micros=0, now=NOW)
    revoked = await store.accounts.revoke_key(str(getattr(key, called)), NOW)
    assert revoked is not None
    assert (revoked.id, revoked.revoked_at) == (key.id, NOW)
    assert await store.accounts.key_by_secret(secret) is None
    assert await store.accounts.revoke_key(str(key.id), NOW) is None


async def test_of_two_keys_with_one_name_neither_is_revoked_by_it(store: Store) -> None:
    first, second = await store.customer(), await store.customer()
    with pytest.raises(SetupError, match="2 keys are called 'main'"):
        await store.accounts.revoke_key("main", NOW)
    assert [key.revoked_at for _, key in await store.accounts.keys()] == [None, None]
    assert await store.accounts.keys(first[0].id) == [first]
    assert second in await store.accounts.keys()


async def test_all_processes_sign_with_the_same_secret(database: Database, database_url: str) -> None:
    second = await Database.open(database_url)
    try:
        secrets = await asyncio.gather(*(signing_secret(one) for one in (database, second) * 4))
    finally:
        await second.close()
    assert len(set(secrets)) == 1
    assert len(secrets[0]) == 32

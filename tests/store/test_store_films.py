"""Films by what they are, and the certificates of their manifests."""

from datetime import timedelta

import msgspec
from tests.store.store_helpers import NOW, RESULT, Store

from filmgate.store.accounts import Key
from filmgate.store.certificates import Certificates
from filmgate.store.films import Films
from filmgate.store.secrets import kept_secret
from filmgate.task import Task, rendered, succeeded

HASH = "ab" * 32


async def _made(store: Store, key: Key, sha256: str = HASH) -> Task:
    task = await store.running(key)
    result = msgspec.structs.replace(RESULT, sha256=sha256, labels=("c2pa", "aigc"))
    assert await store.tasks.apply(rendered(task, NOW))
    assert await store.tasks.apply(succeeded(await store.again(task), result, NOW))
    return await store.again(task)


async def test_a_film_is_found_by_its_hash_and_by_its_task(store: Store) -> None:
    account, key = await store.customer()
    task, films = await _made(store, key), Films(store.database)
    found = await films.by_hash(HASH, None)
    assert found is not None
    assert (found.task_id, found.account_id, found.is_deleted) == (task.id, account.id, False)
    assert await films.of_task(task.id) == found
    assert await films.by_hash("cd" * 32, account.id) is None


async def test_an_order_without_a_film_is_none(store: Store) -> None:
    _, key = await store.customer()
    task = await store.running(key)
    assert await Films(store.database).of_task(task.id) is None


async def test_of_two_films_with_the_same_bytes_ones_own_is_found(store: Store) -> None:
    (one, one_key), (other, other_key) = await store.customer(), await store.customer()
    films = Films(store.database)
    tasks = {one.id: await _made(store, one_key), other.id: await _made(store, other_key)}
    for account_id, task in tasks.items():
        found = await films.by_hash(HASH, account_id)
        assert found is not None
        assert found.task_id == task.id
        assert found.is_shown_to(account_id)


async def test_a_deleted_film_is_shown_to_nobody(store: Store) -> None:
    account, key = await store.customer()
    task, films = await _made(store, key), Films(store.database)
    await store.tasks.delete(task.id, NOW + timedelta(minutes=1))
    found = await films.by_hash(HASH, account.id)
    assert found is not None
    assert not found.is_shown_to(account.id)
    kept = await _made(store, key)
    found = await films.by_hash(HASH, account.id)
    assert found is not None
    assert found.task_id == kept.id


async def test_labels_read_back_as_they_were_written(store: Store) -> None:
    _, key = await store.customer()
    task = await _made(store, key)
    assert task.result is not None
    assert task.result.labels == ("c2pa", "aigc")


async def test_a_film_of_before_there_were_labels_has_none(store: Store) -> None:
    _, key = await store.customer()
    task = await _made(store, key)
    await store.database.run("UPDATE tasks SET result = result - 'labels' WHERE id = $1", task.id)
    result = (await store.again(task)).result
    assert result is not None
    assert result.labels == ()


async def test_certificates_are_remembered_once_in_the_order_of_their_use(store: Store) -> None:
    certificates = Certificates(store.database)
    assert await certificates.chains() == []
    for chain, minutes in ((b"first", 0), (b"second", 1), (b"first", 2)):
        await certificates.remember(chain, NOW + timedelta(minutes=minutes))
    assert await certificates.chains() == [b"first", b"second"]


async def test_a_secret_is_made_once_and_for_all(store: Store) -> None:
    assert await kept_secret(store.database, "for the test", lambda: b"1") == b"1"
    assert await kept_secret(store.database, "for the test", lambda: b"2") == b"1"
    assert await kept_secret(store.database, "another", lambda: b"3") == b"3"


async def test_an_account_says_whether_its_films_are_marked(store: Store) -> None:
    account, key = await store.customer()
    assert not key.visible_mark
    for is_on in (True, False):
        await store.accounts.set_visible_mark(account.id, is_on)
        kept = await store.accounts.key(key.id)
        assert kept is not None
        assert kept.visible_mark is is_on
        assert (await store.accounts.account(account.id)).visible_mark is is_on

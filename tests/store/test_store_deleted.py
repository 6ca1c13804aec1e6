"""Tasks that their customers have deleted: the row stays, and no list has it."""

from datetime import timedelta

import asyncpg
import pytest
from tests.store.store_helpers import NOW, RESULT, Store

from filmgate.store.accounts import Key
from filmgate.store.task_lists import TaskFilter, TaskLists
from filmgate.task import Task, TaskError, failed, rendered, succeeded

LATER = NOW + timedelta(minutes=5)
EVERY = TaskFilter()


async def _succeeded(store: Store, key: Key) -> Task:
    task = await store.running(key)
    assert await store.tasks.apply(rendered(task, NOW))
    assert await store.tasks.apply(succeeded(await store.again(task), RESULT, NOW))
    return await store.again(task)


async def test_a_deleted_task_keeps_its_row_its_film_may_go_and_the_ledger_stays(store: Store) -> None:
    _, key = await store.customer()
    task = await _succeeded(store, key)
    assert task.deleted_at is None
    await store.tasks.delete(task.id, LATER)
    deleted = await store.again(task)
    assert (deleted.deleted_at, deleted.kept_until) == (LATER, LATER)
    assert (deleted.status, deleted.result, deleted.cost_micros) == ("succeeded", RESULT, task.cost_micros)
    assert deleted.forgotten_at is None
    assert [entry.kind for entry in await store.ledger.entries_of_task(task.id)] == ["reserve", "settle"]
    assert await store.ledger.audit() == []


async def test_a_second_delete_changes_nothing(store: Store) -> None:
    _, key = await store.customer()
    task = await _succeeded(store, key)
    await store.tasks.delete(task.id, LATER)
    first = await store.again(task)
    await store.tasks.delete(task.id, LATER + timedelta(days=1))
    assert await store.again(task) == first


async def test_what_was_to_go_earlier_goes_no_later(store: Store) -> None:
    _, key = await store.customer()
    task = await store.running(key)
    assert await store.tasks.apply(failed(task, TaskError("provider_error", "no"), NOW))
    kept_until = (await store.again(task)).kept_until
    assert kept_until is not None
    await store.tasks.delete(task.id, kept_until + timedelta(days=1))
    assert (await store.again(task)).kept_until == kept_until


async def test_an_open_task_is_not_deleted(store: Store) -> None:
    _, key = await store.customer()
    task = await store.running(key)
    await store.tasks.delete(task.id, LATER)
    assert await store.again(task) == task
    with pytest.raises(asyncpg.CheckViolationError):
        await store.database.run("UPDATE tasks SET deleted_at = $1 WHERE id = $2", LATER, task.id)


async def test_no_list_has_a_deleted_task(store: Store) -> None:
    account, key = await store.customer()
    gone, stays = await _succeeded(store, key), await _succeeded(store, key)
    await store.tasks.delete(gone.id, LATER)
    lists = TaskLists(store.database)
    for oldest_first in (True, False):
        page = await lists.page(account.id, EVERY, after=None, limit=10, oldest_first=oldest_first)
        assert [task.id for task in page] == [stays.id]
    assert await lists.numbered_page(account.id, TaskFilter(ids=(gone.id,)), skip=0, limit=10) == ([], 0)
    tasks, total = await lists.numbered_page(account.id, EVERY, skip=0, limit=10)
    assert ([task.id for task in tasks], total) == ([stays.id], 1)

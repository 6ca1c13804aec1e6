"""Lists of tasks: what they read of a large table."""

from typing import Any

import pytest
from tests.store.store_helpers import NOW, Store

from filmgate.store.task_lists import TaskFilter, TaskLists
from filmgate.task import TaskError, failed


async def test_open_orders_are_found_without_a_look_at_those_that_have_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, key = await store.customer()
    ended, open_task = await store.order(key, 1), await store.order(key, 1)
    assert await store.tasks.apply(failed(ended, TaskError("timeout", "too late"), NOW))
    await store.database.run(
        "INSERT INTO tasks SELECT (t).* FROM (SELECT jsonb_populate_record(tasks, jsonb_build_object("
        "'id', gen_random_uuid())) AS t FROM tasks, generate_series(1, 3000) WHERE id = $1) copied",
        ended.id,
    )
    await store.database.run("ANALYZE tasks")
    said: list[tuple[str, tuple[Any, ...]]] = []
    read = store.database.rows

    async def noted(statement: str, *arguments: Any) -> Any:
        said.append((statement, arguments))
        return await read(statement, *arguments)

    monkeypatch.setattr(store.database, "rows", noted)
    wanted = TaskFilter(statuses=("queued", "running"))
    found = await TaskLists(store.database).page(key.account_id, wanted, after=None, limit=10)
    assert [task.id for task in found] == [open_task.id]
    [(statement, arguments)] = said
    plan = "\n".join(row[0] for row in await read(f"EXPLAIN (ANALYZE) {statement}", *arguments))
    assert "open_tasks" in plan
    assert "Rows Removed by Filter" not in plan


@pytest.mark.parametrize(
    "statuses", [("queued",), ("queued", "running", "saving"), ("queued", "failed"), ("failed", "succeeded"), ()]
)
async def test_a_list_by_status_shows_those_and_no_others(store: Store, statuses: tuple[Any, ...]) -> None:
    _, key = await store.customer()
    ended, _ = await store.order(key, 1), await store.order(key, 1)
    assert await store.tasks.apply(failed(ended, TaskError("timeout", "too late"), NOW))
    found = await TaskLists(store.database).page(key.account_id, TaskFilter(statuses=statuses), after=None, limit=10)
    assert {task.status for task in found} == {"queued", "failed"} & set(statuses)

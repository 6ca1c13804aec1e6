"""The events of an order: told as they happen, by whichever process, and all that was missed after a break."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from tests.api.api_helpers import Customer, House, assert_refused, open_house

from filmgate.api import events
from filmgate.store.db import Database
from filmgate.store.tasks import Tasks
from filmgate.task import Task, TaskError, failed, rendered, started


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("events")) as house:
        yield house


class Stream:
    """What an EventSource sees."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()
        self.comments = 0

    async def next(self) -> tuple[str, dict[str, Any]] | None:
        """The id and the data of the next event; None at the end."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    assert fields["event"] == "task"
                    return fields["id"], json.loads(fields["data"])
        return None

    async def rest(self) -> list[tuple[str, str]]:
        """The ids and statuses of all events to come."""
        found = []
        while (event := await self.next()) is not None:
            found.append((event[0], event[1]["status"]))
        return found


@asynccontextmanager
async def following(
    house: House, customer: Customer, task: Task, last_event_id: str | None = None
) -> AsyncIterator[Stream]:
    headers = customer.headers | ({} if last_event_id is None else {"Last-Event-ID": last_event_id})
    async with house.client.stream("GET", f"/filmgate/v1/tasks/{task.id}/events", headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)


async def move(tasks: Tasks, task: Task, make_move: Any) -> None:
    now = await tasks.get(task.id)
    assert now is not None
    assert await tasks.apply(make_move(now, datetime.now(UTC)))


def broken_off(task: Task, now: datetime) -> Any:
    return failed(task, TaskError("provider_error", "the lamp went out"), now)


async def test_every_status_is_told_as_it_comes_whichever_process_brought_it(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "ink")
    elsewhere = await Database.open(house.services.database_url)
    tasks = Tasks(elsewhere)
    try:
        async with following(house, customer, task) as stream:
            first = await stream.next()
            assert first is not None
            assert (first[0], first[1]["status"], first[1]["dialect"]) == ("1.0", "queued", "ink")
            lags = []
            event = first
            for make_move, event_id in ((started, "2.0"), (rendered, "3.0"), (broken_off, "4.0")):
                await move(tasks, task, make_move)
                committed = time.perf_counter()
                heard = await stream.next()
                lags.append(time.perf_counter() - committed)
                assert heard is not None
                event = heard
                assert event[0] == event_id
            assert event[1]["error"] == {"code": "provider_error", "message": "the lamp went out"}
            assert await stream.next() is None
        # Far from the seconds after which a watch would look by itself.
        assert sorted(lags)[1] < 1
    finally:
        await elsewhere.close()


async def test_progress_is_told_between_the_statuses(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    await move(house.services.tasks, task, started)
    async with following(house, customer, task, "2.0") as stream:
        await house.services.tasks.report_progress(task.id, 45)
        event = await stream.next()
        assert event is not None
        assert (event[0], event[1]["progress"]) == ("2.45", 45)


async def test_what_was_missed_is_told_after_a_break(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "native"))
    everything = [("1.0", "queued"), ("2.0", "running"), ("3.99", "saving"), ("4.100", "succeeded")]
    async with following(house, customer, task) as stream:
        assert await stream.rest() == everything
    for number, (event_id, _) in enumerate(everything[:-1], 1):
        async with following(house, customer, task, event_id) as stream:
            assert await stream.rest() == everything[number:]
    async with following(house, customer, task, "2.60") as stream:
        assert await stream.rest() == everything[2:]


async def test_an_order_that_ended_early_tells_only_where_it_was(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    await move(house.services.tasks, task, broken_off)
    async with following(house, customer, task) as stream:
        assert await stream.rest() == [("1.0", "queued"), ("4.0", "failed")]


async def test_who_knows_the_end_is_told_not_to_come_back(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "native"))
    path = f"/filmgate/v1/tasks/{task.id}/events"
    answer = await house.client.get(path, headers={**customer.headers, "Last-Event-ID": "4.100"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "forged", ["4.100", "2.0", "1.5", "0.0", "5.0", "1", "1.0.0", "1.101", "٢.0", "x" * 500, "-1.0"]
)
async def test_an_event_id_that_this_order_never_gave_is_refused(house: House, forged: str) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    answer = await house.client.get(
        f"/filmgate/v1/tasks/{task.id}/events",
        headers={b"Authorization": f"Bearer {customer.secret}".encode(), b"Last-Event-ID": forged.encode()},
    )
    assert_refused("native", answer, says="Last-Event-ID")


async def test_a_quiet_stream_is_kept_alive(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_PATIENCE_SECONDS", 0.1)
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    async with following(house, customer, task, "1.0") as stream:
        await asyncio.sleep(0.5)
        await move(house.services.tasks, task, broken_off)
        assert await stream.rest() == [("4.0", "failed")]
    assert stream.comments >= 2


async def test_a_broken_connection_to_the_database_loses_no_news(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    async with following(house, customer, task, "1.0") as stream:
        await asyncio.sleep(0.2)
        killer = await asyncpg.connect(house.services.database_url)
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        await killer.execute("UPDATE tasks SET progress = 0 WHERE id = $1", task.id)
        await killer.close()
        for _ in range(20):
            try:
                await move(house.services.tasks, task, broken_off)
                break
            except Exception:  # The pool meets its cut connections one by one.
                await asyncio.sleep(0.05)
        assert await stream.rest() == [("4.0", "failed")]


async def test_a_hundred_who_watch_use_one_connection(house: House) -> None:
    customer = await house.customer(10_000)
    tasks = [await house.ordered(customer, "native") for _ in range(100)]

    async def wait_for(task: Task) -> str:
        path = f"/filmgate/v1/tasks/{task.id}?wait=30"
        answer = await house.client.get(path, headers=customer.headers, timeout=40)
        return str(answer.json()["status"])

    waiting = [asyncio.create_task(wait_for(task)) for task in tasks]
    async with asyncio.timeout(20):
        while house.services.changes.waiting < 100:
            await asyncio.sleep(0.02)
    listening = await house.services.db.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
    )
    assert listening == 1
    for task in tasks:
        await move(house.services.tasks, task, broken_off)
    assert set(await asyncio.gather(*waiting)) == {"failed"}
    assert house.services.changes.waiting == 0

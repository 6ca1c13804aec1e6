"""The worker on the real queue: it takes jobs, keeps them, hands them on, and outlives its database connections."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job
from tests.work.workshop import Workshop, until, working

from filmgate.store.queue import MAKE_FILM
from filmgate.task import Task, film_name
from filmgate.work.steps import TryAgain
from filmgate.work.worker import Worker

ROOT = Path(__file__).parents[2]


class StubRunner:
    """Does with every task what the test says."""

    def __init__(self, act: Callable[[UUID], Awaitable[None]]) -> None:
        self._act = act

    async def run(self, task_id: UUID, lane: str) -> None:
        await self._act(task_id)


async def test_orders_are_made_and_their_jobs_leave_the_queue(
    workshop: Workshop, worker: Callable[..., Worker]
) -> None:
    before = [await workshop.order() for _ in range(2)]
    async with working(worker()):
        after = [await workshop.order() for _ in range(2)]
        for task_id in (*before, *after):
            await until(workshop.has_status(task_id, "succeeded"))
        await until(workshop.is_idle)
    assert await workshop.ledger.audit() == []


async def test_a_worker_that_stops_hands_its_film_to_the_next(
    workshop: Workshop, worker: Callable[..., Worker]
) -> None:
    rendering = asyncio.Event()

    async def forever(_task: Task, _folder: Path) -> None:
        rendering.set()
        await asyncio.Event().wait()

    workshop.upstream.before = forever
    task_id = await workshop.order()
    async with working(worker()):
        await rendering.wait()
    assert (await workshop.task(task_id)).status == "running"
    assert await workshop.jobs() == {task_id: "queued"}
    assert await workshop.outcomes(task_id) == ["cancelled"]

    workshop.upstream.before = None
    async with working(worker()):
        await until(workshop.has_status(task_id, "succeeded"))
    assert await workshop.kinds(task_id) == ["reserve", "settle"]


async def test_a_worker_that_is_cancelled_hands_its_film_on_too(
    workshop: Workshop, worker: Callable[..., Worker]
) -> None:
    rendering = asyncio.Event()

    async def forever(_task_id: UUID) -> None:
        rendering.set()
        await asyncio.Event().wait()

    task_id = await workshop.order()
    running = asyncio.create_task(worker(StubRunner(forever)).run_until(asyncio.Event()))
    await rendering.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert await workshop.jobs() == {task_id: "queued"}


async def test_a_worker_takes_no_more_than_it_can_make(workshop: Workshop, worker: Callable[..., Worker]) -> None:
    taken: dict[str, list[UUID]] = {"first": [], "second": []}

    def stuck(name: str) -> StubRunner:
        async def take(task_id: UUID) -> None:
            taken[name].append(task_id)
            await asyncio.Event().wait()

        return StubRunner(take)

    async def both_are_busy() -> bool:
        return bool(taken["first"] and taken["second"])

    tasks = [await workshop.order() for _ in range(3)]
    async with working(worker(stuck("first"), films_at_once=1)), working(worker(stuck("second"), films_at_once=1)):
        await until(both_are_busy)
        jobs = await workshop.jobs()
    assert sorted(jobs.values()) == ["picked", "picked", "queued"]
    assert {*taken["first"], *taken["second"]} < set(tasks)


async def test_a_worker_that_ends_a_job_takes_the_next_without_being_told(
    workshop: Workshop, worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than the test lasts: the worker looks into the queue only because it knows that it has room.
    monkeypatch.setattr("filmgate.work.worker.DEQUEUE_TIMEOUT", timedelta(minutes=5))
    ended: list[UUID] = []

    async def end(task_id: UUID) -> None:
        await asyncio.sleep(0.05)
        ended.append(task_id)

    async def all_have_ended() -> bool:
        return len(ended) == len(tasks)

    tasks = [await workshop.order() for _ in range(6)]
    async with working(worker(StubRunner(end), films_at_once=1)):
        await until(all_have_ended)
    assert set(ended) == set(tasks)


async def test_a_worker_takes_what_it_has_room_for_in_one_look_and_then_looks_no_more(
    workshop: Workshop, worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    taken: list[UUID] = []
    really = Queries.dequeue

    async def dequeue(self: Queries, *args: Any, **options: Any) -> list[Job]:
        jobs = await really(self, *args, **options)
        if list(options["entrypoints"]) == [MAKE_FILM]:
            found.append(len(jobs))
        return jobs

    async def take(task_id: UUID) -> None:
        taken.append(task_id)
        await asyncio.Event().wait()

    async def it_is_full() -> bool:
        return len(taken) == 4

    monkeypatch.setattr(Queries, "dequeue", dequeue)
    for _ in range(6):
        await workshop.order()
    async with working(worker(StubRunner(take), films_at_once=4)):
        await until(it_is_full)
        await workshop.order()
        # Longer than it rests between two looks, and long enough to hear of the new order.
        await asyncio.sleep(1.5)
        assert found == [4]
        jobs = await workshop.jobs()
    assert sorted(jobs.values()) == ["picked"] * 4 + ["queued"] * 3


async def test_a_task_that_asks_for_another_try_gets_it(workshop: Workshop, worker: Callable[..., Worker]) -> None:
    tries = 0

    async def twice(task_id: UUID) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise TryAgain("not yet", after_seconds=0)
        await workshop.runner().run(task_id)

    task_id = await workshop.order()
    async with working(worker(StubRunner(twice))):
        await until(workshop.has_status(task_id, "succeeded"))
    assert tries == 2


async def test_a_fault_of_the_runner_itself_does_not_lose_the_job(
    workshop: Workshop, worker: Callable[..., Worker]
) -> None:
    failed = asyncio.Event()

    async def fail(_task_id: UUID) -> None:
        failed.set()
        raise ZeroDivisionError

    async def is_back() -> bool:
        return failed.is_set() and await workshop.jobs() == {task_id: "queued"}

    task_id = await workshop.order()
    async with working(worker(StubRunner(fail))):
        await until(is_back)


async def test_a_cancelled_job_ends_its_film_at_once(workshop: Workshop, worker: Callable[..., Worker]) -> None:
    rendering, let_go = asyncio.Event(), asyncio.Event()

    async def forever(_task_id: UUID) -> None:
        rendering.set()
        try:
            await asyncio.Event().wait()
        finally:
            let_go.set()

    await workshop.order()
    async with working(worker(StubRunner(forever))):
        await rendering.wait()
        await until(workshop.is_listened_to)
        job_id = await workshop.db.value("SELECT id FROM pgqueuer")
        await Queries.from_asyncpg_pool(workshop.db.pool).mark_job_as_cancelled([job_id])
        async with asyncio.timeout(30):
            await let_go.wait()
        await until(workshop.is_idle)


async def test_a_task_that_lost_its_job_is_found_at_the_start(
    workshop: Workshop, worker: Callable[..., Worker]
) -> None:
    task_id = await workshop.order()
    await workshop.db.run("DELETE FROM pgqueuer")
    async with working(worker()):
        await until(workshop.has_status(task_id, "succeeded"))


async def test_a_working_worker_forgets_what_has_had_its_time(
    workshop: Workshop, worker: Callable[..., Worker]
) -> None:
    async def is_forgotten() -> bool:
        return (await workshop.task(task_id)).forgotten_at is not None

    task_id = await workshop.order()
    await workshop.runner().run(task_id)
    workshop.clock.advance(72 * 3600)
    async with working(worker()):
        await until(is_forgotten)
    assert await workshop.objects.head(film_name(task_id)) is None


async def test_a_killed_workers_films_are_made_by_another(
    workshop: Workshop, worker: Callable[..., Worker], database_url: str, tmp_path: Path
) -> None:
    tasks = [await workshop.order() for _ in range(3)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.work.stuck_worker", database_url, str(tmp_path), cwd=ROOT
    )
    try:
        for task_id in tasks:
            await until(workshop.has_status(task_id, "running"))
    finally:
        process.kill()
        await process.wait()
    async with working(worker()):
        for task_id in tasks:
            await until(workshop.has_status(task_id, "succeeded"))
            assert await workshop.kinds(task_id) == ["reserve", "settle"]
            assert await workshop.outcomes(task_id) == ["abandoned", "ok"]
        await until(workshop.is_idle)
    assert await workshop.ledger.audit() == []

"""Deleting, in every state and against a worker that is at it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.work.workshop import PRICE_MICROS, Workshop, until, working

from filmgate.task import Move, Task, TaskError, cancelled, expired, failed, started
from filmgate.work.delete import Deleter
from filmgate.work.worker import Worker


def _deleter(workshop: Workshop) -> Deleter:
    canceller = workshop.canceller()
    return Deleter(tasks=workshop.tasks, canceller=canceller, clock=workshop.clock)


async def _running(workshop: Workshop) -> Task:
    task = await workshop.task(await workshop.order())
    assert await workshop.tasks.apply(started(task, workshop.clock()))
    return await workshop.task(task.id)


async def test_an_open_order_is_cancelled_and_deleted_with_all_its_money(workshop: Workshop) -> None:
    for task in (await workshop.task(await workshop.order()), await _running(workshop)):
        await _deleter(workshop).delete(task)
        kept = await workshop.task(task.id)
        assert (kept.status, kept.deleted_at, kept.kept_until) == ("cancelled", workshop.clock(), workshop.clock())
    assert (await workshop.accounts.balance(workshop.account.id)).available == 10 * PRICE_MICROS
    assert await workshop.jobs() == {}
    assert await workshop.ledger.audit() == []


@pytest.mark.parametrize(
    "end",
    [cancelled, expired, lambda task, now: failed(task, TaskError("provider_error", "no"), now)],
    ids=["cancelled", "expired", "failed"],
)
async def test_what_has_ended_is_deleted_as_it_is(workshop: Workshop, end: Callable[..., Move]) -> None:
    task = await _running(workshop)
    assert await workshop.tasks.apply(end(task, workshop.clock()))
    ended = await workshop.task(task.id)
    workshop.clock.advance(60)
    await _deleter(workshop).delete(ended)
    assert ((await workshop.task(task.id)).status, (await workshop.task(task.id)).deleted_at) == (
        ended.status,
        workshop.clock(),
    )


async def test_an_order_that_ends_in_the_same_moment_is_deleted_too(workshop: Workshop) -> None:
    seen = await _running(workshop)
    assert await workshop.tasks.apply(expired(seen, workshop.clock()))
    await _deleter(workshop).delete(seen)
    kept = await workshop.task(seen.id)
    assert (kept.status, kept.deleted_at) == ("expired", workshop.clock())


async def test_a_worker_that_makes_the_film_stops_at_once(workshop: Workshop, worker: Callable[..., Worker]) -> None:
    making, let_go = asyncio.Event(), asyncio.Event()

    async def forever(_task: Task, _folder: Path) -> None:
        making.set()
        try:
            await asyncio.Event().wait()
        finally:
            let_go.set()

    workshop.upstream.before = forever
    task_id = await workshop.order()
    async with working(worker()):
        await making.wait()
        await _deleter(workshop).delete(await workshop.task(task_id))
        async with asyncio.timeout(30):
            await let_go.wait()
        await until(workshop.is_idle)
    assert (await workshop.task(task_id)).deleted_at == workshop.clock()

"""Cancelling, against the real store and with a worker that is at it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.work.workshop import PRICE_MICROS, Workshop, until, working

from filmgate.errors import WrongState
from filmgate.task import Status, Task, cancelled, rendered, started
from filmgate.work.worker import Worker


async def _moved_to(workshop: Workshop, status: Status) -> Task:
    task = await workshop.task(await workshop.order())
    for move in (started, rendered):
        if task.status == status:
            break
        assert await workshop.tasks.apply(move(task, workshop.clock()))
        task = await workshop.task(task.id)
    assert task.status == status
    return task


@pytest.mark.parametrize("status", ["queued", "running", "saving"])
async def test_an_open_order_is_cancelled_with_all_its_money(workshop: Workshop, status: Status) -> None:
    task = await _moved_to(workshop, status)
    answered = await workshop.canceller().cancel(task)
    kept = await workshop.task(task.id)
    assert (answered.status, kept.status, kept.cost_micros) == ("cancelled", "cancelled", 0)
    assert answered == kept
    assert (await workshop.accounts.balance(workshop.account.id)).available == 10 * PRICE_MICROS
    assert await workshop.jobs() == {}
    assert await workshop.ledger.audit() == []


async def test_a_second_cancel_changes_nothing(workshop: Workshop) -> None:
    canceller = workshop.canceller()
    first = await canceller.cancel(await _moved_to(workshop, "queued"))
    assert await canceller.cancel(first) == first
    assert [entry.kind for entry in await workshop.ledger.entries_of_task(first.id)] == ["reserve", "release"]


async def test_what_has_ended_is_not_cancelled(workshop: Workshop, worker: Callable[..., Worker]) -> None:
    task_id = await workshop.order()
    async with working(worker()):
        await until(workshop.has_status(task_id, "succeeded"))
    with pytest.raises(WrongState, match="already succeeded"):
        await workshop.canceller().cancel(await workshop.task(task_id))


async def test_a_look_that_was_too_early_is_taken_again(workshop: Workshop) -> None:
    seen = await _moved_to(workshop, "queued")
    assert await workshop.tasks.apply(started(seen, workshop.clock()))
    answered = await workshop.canceller().cancel(seen)
    assert (answered.status, answered.started_at) == ("cancelled", workshop.clock())


async def test_who_cancels_only_what_waits_cancels_nothing_that_is_being_made(workshop: Workshop) -> None:
    canceller = workshop.canceller()
    waiting = await _moved_to(workshop, "queued")
    assert (await canceller.cancel(waiting, while_in=("queued",))).status == "cancelled"
    seen = await _moved_to(workshop, "queued")
    assert await workshop.tasks.apply(started(seen, workshop.clock()))
    with pytest.raises(WrongState, match="already being made"):
        await canceller.cancel(seen, while_in=("queued",))
    assert (await workshop.task(seen.id)).status == "running"


async def test_two_cancels_at_once_release_the_money_once(workshop: Workshop) -> None:
    task = await _moved_to(workshop, "running")
    canceller = workshop.canceller()
    answers = await asyncio.gather(*(canceller.cancel(task) for _ in range(5)))
    assert {answer.status for answer in answers} == {"cancelled"}
    assert await workshop.ledger.audit() == []


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
        await workshop.canceller().cancel(await workshop.task(task_id))
        async with asyncio.timeout(30):
            await let_go.wait()
        await until(workshop.is_idle)
    assert (await workshop.task(task_id)).status == "cancelled"
    assert await workshop.outcomes(task_id) == ["cancelled"]


async def test_a_runner_that_did_not_hear_stops_at_its_next_step(workshop: Workshop) -> None:
    async def cancel_quietly(task: Task, _folder: Path) -> None:
        now = await workshop.task(task.id)
        assert await workshop.tasks.apply(cancelled(now, workshop.clock()))

    workshop.upstream.before = cancel_quietly
    task_id = await workshop.order()
    await workshop.runner().run(task_id)
    assert (await workshop.task(task_id)).status == "cancelled"
    assert await workshop.ledger.audit() == []

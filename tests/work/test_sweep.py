"""What lost its worker is found again, and nothing else is touched."""

import os
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.work.workshop import Workshop

from filmgate.task import started
from filmgate.work.sweep import sweep


async def test_an_open_task_without_a_job_gets_one_again(workshop: Workshop) -> None:
    lost, kept = await workshop.order(), await workshop.order()
    await workshop.db.run("DELETE FROM pgqueuer WHERE dedupe_key = $1", str(lost))
    assert await sweep(workshop.tasks, workshop.folder, workshop.clock()) == [lost]
    assert await sweep(workshop.tasks, workshop.folder, workshop.clock()) == []
    assert await workshop.jobs() == {lost: "queued", kept: "queued"}


async def test_an_ended_task_without_a_job_is_left_alone(workshop: Workshop) -> None:
    task_id = await workshop.order()
    await workshop.runner().run(task_id)
    await workshop.db.run("DELETE FROM pgqueuer")
    assert await sweep(workshop.tasks, workshop.folder, workshop.clock()) == []
    assert await workshop.jobs() == {}


async def test_only_folders_that_nobody_needs_are_removed(workshop: Workshop) -> None:
    open_task, ended_task = await workshop.order(), await workshop.order()
    await workshop.runner().run(ended_task)
    needed = [workshop.folder / str(open_task) / "1", workshop.folder / "accept-new"]
    leftover = [workshop.folder / str(ended_task) / "1", workshop.folder / str(uuid4()), workshop.folder / "accept-old"]
    for folder in (*needed, *leftover):
        folder.mkdir(parents=True)
    os.utime(workshop.folder / "accept-old", (0, 0))
    await sweep(workshop.tasks, workshop.folder, workshop.clock() + timedelta(minutes=6))
    assert all(folder.exists() for folder in needed)
    assert not any(folder.exists() for folder in leftover)


async def test_a_worker_is_left_the_time_to_notice_that_its_order_has_ended(workshop: Workshop) -> None:
    ended_task = await workshop.order()
    await workshop.runner().run(ended_task)
    folder = workshop.folder / str(ended_task) / "1"
    folder.mkdir(parents=True)
    await sweep(workshop.tasks, workshop.folder, workshop.clock() + timedelta(minutes=4))
    assert folder.exists()


@pytest.mark.parametrize("is_running", [False, True])
async def test_an_order_past_its_time_limit_ends_with_its_money_back(workshop: Workshop, is_running: bool) -> None:
    limited, patient = await workshop.order(timeout_seconds=3600), await workshop.order(timeout_seconds=172_800)
    if is_running:
        task = await workshop.tasks.get(limited)
        assert task is not None
        assert await workshop.tasks.apply(started(task, workshop.clock()))
    await sweep(workshop.tasks, workshop.folder, workshop.clock() + timedelta(seconds=3599))
    assert (await workshop.jobs()).keys() == {limited, patient}
    await sweep(workshop.tasks, workshop.folder, workshop.clock() + timedelta(seconds=3600))
    task = await workshop.tasks.get(limited)
    assert task is not None
    assert task.error is not None
    assert (task.status, task.error.code, task.cost_micros) == ("expired", "timeout", 0)
    assert (await workshop.jobs()).keys() == {patient}
    assert await workshop.ledger.audit() == []

"""What has had its time goes, and nothing else; whoever is killed or finds the store away leaves it to the next."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.work.workshop import Workshop

from filmgate.errors import Unavailable
from filmgate.ids import new_id
from filmgate.objects import Objects
from filmgate.store.accept import Idempotency, NewTask
from filmgate.store.requests import RequestCounts
from filmgate.store.retention import Retention
from filmgate.task import (
    Promise,
    Quote,
    Task,
    TaskError,
    cancelled,
    failed,
    film_name,
    input_name,
    last_frame_name,
    poster_name,
)
from filmgate.video import Media, VideoRequest

ERROR = TaskError("provider_error", "the film could not be made")
DAYS_3 = timedelta(hours=72)


async def ordered(
    workshop: Workshop, *, inputs: int = 0, by_link: bool = False, retention_hours: int = 72, **changes: Any
) -> Task:
    """An accepted order, with some inputs in the object store: what it was sent with, or copies of what its links lead
    to.
    """
    task_id = new_id()
    for number in range(inputs):
        await workshop.objects.put_bytes(input_name(task_id, number), b"picture", "image/png")
    media = tuple(
        Media(
            kind="image",
            role="reference",
            url=f"https://a.example/{number}" if by_link else f"object://{input_name(task_id, number)}",
            field=f"media[{number}]",
        )
        for number in range(inputs)
    )
    quote = Quote(
        price_micros=100, billing_name="a", unit="second", units="1", unit_price_micros=100, price_version="1"
    )
    new = NewTask(
        id=task_id,
        account_id=workshop.account.id,
        key_id=workshop.key.id,
        test=False,
        dialect="native",
        request=VideoRequest(
            model="seedance2.0-md",
            prompt="a kite",
            media=media,
            duration_seconds=1,
            resolution="480p",
            ratio="16:9",
        ),
        quote=quote,
        created_at=workshop.clock(),
        promise=Promise(retention_hours=retention_hours),
        **changes,
    )
    await workshop.tasks.accept(new)
    return await workshop.task(task_id)


async def ended(workshop: Workshop, **changes: Any) -> Task:
    """One that failed, though its film had come home already."""
    task = await ordered(workshop, **changes)
    for name in (film_name(task.id), poster_name(task.id), last_frame_name(task.id)):
        await workshop.objects.put_bytes(name, b"film", "video/mp4")
    assert await workshop.tasks.apply(failed(task, ERROR, workshop.clock()))
    return await workshop.task(task.id)


def kept(workshop: Workshop) -> set[str]:
    """The names of all objects there are."""
    folder = workshop.folder.parent / "objects"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_a_film_stays_until_the_promised_moment_and_then_goes(workshop: Workshop) -> None:
    task_id = await workshop.order()
    await workshop.runner().run(task_id)
    before = await workshop.task(task_id)
    entries = await workshop.ledger.entries_of_task(task_id)
    assert kept(workshop) == {film_name(task_id), poster_name(task_id), last_frame_name(task_id)}

    assert before.kept_until is not None
    workshop.clock.now = before.kept_until - timedelta(microseconds=1)
    await workshop.forgetter().forget(workshop.clock())
    assert len(kept(workshop)) == 3
    assert (await workshop.task(task_id)).forgotten_at is None

    now = workshop.clock.advance(0.000001)
    await workshop.forgetter().forget(now)
    assert kept(workshop) == set()
    after = await workshop.task(task_id)
    assert after.forgotten_at == now
    assert (after.status, after.result, after.cost_micros) == ("succeeded", before.result, before.cost_micros)
    assert await workshop.ledger.entries_of_task(task_id) == entries
    assert await workshop.ledger.audit() == []

    workshop.clock.advance(60)
    await workshop.forgetter().forget(workshop.clock())
    assert await workshop.task(task_id) == after


@pytest.mark.parametrize("by_link", [False, True])
@pytest.mark.parametrize("how", ["failed", "cancelled"])
async def test_what_a_task_without_a_film_left_goes_too(workshop: Workshop, how: str, by_link: bool) -> None:
    task = await ordered(workshop, inputs=2, by_link=by_link)
    for name in (film_name(task.id), poster_name(task.id)):
        await workshop.objects.put_bytes(name, b"film", "video/mp4")
    move = failed(task, ERROR, workshop.clock()) if how == "failed" else cancelled(task, workshop.clock())
    assert await workshop.tasks.apply(move)
    assert len(kept(workshop)) == 4
    await workshop.forgetter().forget(workshop.clock() + DAYS_3)
    assert kept(workshop) == set()
    assert (await workshop.task(task.id)).forgotten_at is not None


async def test_an_open_order_keeps_what_it_was_sent_with(workshop: Workshop) -> None:
    task = await ordered(workshop, inputs=2)
    await workshop.forgetter().forget(workshop.clock() + timedelta(days=400))
    assert kept(workshop) == {input_name(task.id, 0), input_name(task.id, 1)}
    assert (await workshop.task(task.id)).forgotten_at is None


async def test_each_task_is_kept_as_long_as_it_was_promised(workshop: Workshop) -> None:
    short, long = await ended(workshop, retention_hours=1), await ended(workshop, retention_hours=1000)
    await workshop.forgetter().forget(workshop.clock() + timedelta(hours=1))
    assert (await workshop.task(short.id)).forgotten_at is not None
    assert (await workshop.task(long.id)).forgotten_at is None
    assert {name.split("/")[1].split(".")[0] for name in kept(workshop)} == {str(long.id)}


async def test_many_workers_at_once_forget_every_task_once(workshop: Workshop) -> None:
    class Noting(Retention):
        async def mark_forgotten(self, task_ids: Sequence[UUID], now: datetime) -> list[UUID]:
            marked = await super().mark_forgotten(task_ids, now)
            forgotten.extend(marked)
            return marked

    forgotten: list[UUID] = []
    tasks = [await ordered(workshop) for _ in range(230)]
    for task in tasks:
        assert await workshop.tasks.apply(failed(task, ERROR, workshop.clock()))
    now = workshop.clock() + DAYS_3
    forgetters = [workshop.forgetter(retention=Noting(workshop.db)) for _ in range(4)]
    await asyncio.gather(*(forgetter.forget(now) for forgetter in forgetters))
    await forgetters[0].forget(now)
    assert sorted(forgotten) == sorted(task.id for task in tasks)


async def test_what_a_killed_worker_left_half_done_the_next_one_finishes(workshop: Workshop) -> None:
    class Dying(Retention):
        async def mark_forgotten(self, task_ids: Sequence[UUID], now: datetime) -> list[UUID]:
            raise asyncio.CancelledError

    task, now = await ended(workshop, inputs=1), workshop.clock() + DAYS_3
    with pytest.raises(asyncio.CancelledError):
        await workshop.forgetter(retention=Dying(workshop.db)).forget(now)
    assert kept(workshop) == set()
    assert (await workshop.task(task.id)).forgotten_at is None
    await workshop.forgetter().forget(now)
    assert (await workshop.task(task.id)).forgotten_at == now


class Stubborn(Objects):
    """A store that lets go of nothing whose name holds a word."""

    word = ""

    async def delete_all(self, names: Sequence[str]) -> None:
        if any(self.word in name for name in names):
            raise Unavailable("the object store does not answer as it should")
        await super().delete_all(names)


@pytest.fixture
def stubborn(workshop: Workshop) -> Stubborn:
    return Stubborn.open(workshop.folder.parent / "objects")


async def test_a_store_that_is_away_delays_and_loses_nothing(workshop: Workshop, stubborn: Stubborn) -> None:
    tasks, now = [await ended(workshop) for _ in range(10)], workshop.clock() + DAYS_3
    with pytest.raises(Unavailable):
        await workshop.forgetter(objects=stubborn).forget(now)
    assert len(kept(workshop)) == 30
    assert [(await workshop.task(task.id)).forgotten_at for task in tasks] == [None] * 10
    await workshop.forgetter().forget(now)
    assert kept(workshop) == set()


async def test_one_object_that_cannot_be_removed_keeps_no_other(workshop: Workshop, stubborn: Stubborn) -> None:
    tasks, now = [await ended(workshop) for _ in range(10)], workshop.clock() + DAYS_3
    stubborn.word = str(tasks[3].id)
    await workshop.forgetter(objects=stubborn).forget(now)
    assert [(await workshop.task(task.id)).forgotten_at for task in tasks] == [
        None if task is tasks[3] else now for task in tasks
    ]
    assert len(kept(workshop)) == 3


def age(workshop: Workshop, name: str, hours: float) -> None:
    """Let an object have been written so long ago."""
    moment = (workshop.clock() - timedelta(hours=hours)).timestamp()
    os.utime(Path(workshop.folder.parent / "objects" / name), (moment, moment))


async def test_inputs_of_orders_that_were_never_accepted_go_after_a_day(workshop: Workshop) -> None:
    task = await ordered(workshop, inputs=1)
    stray, young = input_name(new_id(), 0), input_name(new_id(), 0)
    foreign = ("inputs/readme.txt", "inputs/not-an-id/0", f"elsewhere/{new_id()}/0", f"films/{new_id()}.mp4")
    for name in (stray, young, *foreign):
        await workshop.objects.put_bytes(name, b"picture", "image/png")
    for name in (stray, input_name(task.id, 0), *foreign):
        age(workshop, name, 25)
    age(workshop, young, 23)
    await workshop.forgetter().forget(workshop.clock())
    assert kept(workshop) == {input_name(task.id, 0), young, *foreign}


async def test_the_whole_store_is_searched_by_one_worker_in_an_hour(workshop: Workshop) -> None:
    class Searched(Objects):
        searches = 0

        def names_under(self, prefix: str, before: datetime) -> Any:
            self.searches += 1
            return super().names_under(prefix, before)

    objects = Searched.open(workshop.folder.parent / "objects")
    for advance, searches in [(0, 1), (60, 1), (3539, 1), (1, 2), (3600, 3)]:
        workshop.clock.advance(advance)
        await asyncio.gather(*(workshop.forgetter(objects=objects).forget(workshop.clock()) for _ in range(5)))
        assert objects.searches == searches


async def test_idempotency_keys_go_after_a_day(workshop: Workshop) -> None:
    for number in range(3):
        await ordered(workshop, idempotency=Idempotency(f"key {number}", b"order"))
        workshop.clock.advance(3600)
    await workshop.forgetter().forget(workshop.clock() + timedelta(hours=22))
    rows = await workshop.db.rows("SELECT key FROM idempotency_keys ORDER BY key")
    assert [row["key"] for row in rows] == ["key 2"]


async def test_thousands_of_idempotency_keys_go_in_one_go(workshop: Workshop) -> None:
    await workshop.db.run(
        "INSERT INTO idempotency_keys (account_id, key, task_id, created_at, digest) "
        "SELECT gen_random_uuid(), number::text, gen_random_uuid(), $1, 'x' FROM generate_series(1, 2500) AS number",
        workshop.clock() - timedelta(hours=25),
    )
    await workshop.forgetter().forget(workshop.clock())
    assert await workshop.db.value("SELECT count(*) FROM idempotency_keys") == 0


async def test_counts_of_requests_go_after_an_hour(workshop: Workshop) -> None:
    counts, minute = RequestCounts(workshop.db), workshop.clock().replace(second=0)
    for hours in (0, 2):
        await counts.lease(workshop.key.id, minute - timedelta(hours=hours), limit=5, waiting=1, ahead=0)
    await workshop.forgetter().forget(workshop.clock())
    assert await workshop.db.value("SELECT count(*) FROM request_counts") == 1

"""Reading many tasks with one statement."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from filmgate.api.reader import TaskReader
from filmgate.errors import Unavailable
from filmgate.ids import new_id
from filmgate.task import Quote, Task
from filmgate.video import VideoRequest


class Shelf:
    """Holds tasks, and holds every answer back until it is let go."""

    def __init__(self, *tasks: Task) -> None:
        self.tasks = {task.id: task for task in tasks}
        self.reads: list[list[UUID]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.fault: Exception | None = None

    async def get_many(self, task_ids: Sequence[UUID]) -> dict[UUID, Task]:
        self.reads.append(list(task_ids))
        answer = {identifier: self.tasks[identifier] for identifier in task_ids if identifier in self.tasks}
        await self.open.wait()
        if self.fault:
            raise self.fault
        return answer


def _task() -> Task:
    return Task(
        id=new_id(),
        account_id=new_id(),
        key_id=new_id(),
        test=False,
        dialect="ink",
        request=VideoRequest(model="m"),
        status="queued",
        progress=0,
        quote=Quote(price_micros=1, billing_name="b", unit="task", units="1", unit_price_micros=1, price_version="v"),
        cost_micros=None,
        error=None,
        result=None,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        started_at=None,
        completed_at=None,
    )


async def _turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_questions_of_one_moment_are_one_read() -> None:
    tasks = [_task() for _ in range(20)]
    shelf = Shelf(*tasks)
    reader = TaskReader(shelf)
    found = await asyncio.gather(*(reader.read(task.id) for task in [*tasks, tasks[0]]))
    assert found == [*tasks, tasks[0]]
    assert [len(read) for read in shelf.reads] == [20]


async def test_a_task_that_is_not_there_is_none() -> None:
    assert await TaskReader(Shelf()).read(new_id()) is None


async def test_a_batch_is_bounded_and_everyone_is_answered() -> None:
    tasks = [_task() for _ in range(650)]
    shelf = Shelf(*tasks)
    reader = TaskReader(shelf)
    assert await asyncio.gather(*(reader.read(task.id) for task in tasks)) == tasks
    assert max(len(read) for read in shelf.reads) <= 200


async def test_a_question_never_joins_a_read_that_was_sent_before_it() -> None:
    task = _task()
    shelf = Shelf()
    shelf.open.clear()
    reader = TaskReader(shelf)
    early = asyncio.create_task(reader.read(task.id))
    await _turn()
    shelf.tasks[task.id] = task
    late = asyncio.create_task(reader.read(task.id))
    await _turn()
    shelf.open.set()
    assert await early is None
    assert await late == task


async def test_while_reads_are_on_their_way_the_others_gather_into_one() -> None:
    tasks = [_task() for _ in range(12)]
    shelf = Shelf(*tasks)
    shelf.open.clear()
    reader = TaskReader(shelf)
    asked = []
    for task in tasks:
        asked.append(asyncio.create_task(reader.read(task.id)))
        await _turn()
    assert [len(read) for read in shelf.reads] == [1, 1]
    shelf.open.set()
    assert await asyncio.gather(*asked) == tasks
    assert [len(read) for read in shelf.reads] == [1, 1, 10]


async def test_someone_who_hangs_up_takes_the_answer_from_nobody() -> None:
    task = _task()
    shelf = Shelf(task)
    shelf.open.clear()
    reader = TaskReader(shelf)
    impatient = asyncio.create_task(reader.read(task.id))
    patient = asyncio.create_task(reader.read(task.id))
    await _turn()
    impatient.cancel()
    await _turn()
    shelf.open.set()
    assert await patient == task
    assert impatient.cancelled()


async def test_a_fault_reaches_all_who_asked_and_nobody_after_them() -> None:
    task = _task()
    shelf = Shelf(task)
    shelf.fault = Unavailable("the database is away")
    reader = TaskReader(shelf)
    outcomes = await asyncio.gather(reader.read(task.id), reader.read(new_id()), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    shelf.fault = None
    assert await reader.read(task.id) == task

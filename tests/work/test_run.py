"""The story of one task: its good end, its bad ends, and death between any two lines of it."""

import asyncio
import hashlib
import shutil
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.work.workshop import Workshop, until

from filmgate.errors import EngineFailed, MediaUnreachable, Unavailable
from filmgate.task import Task, cancelled
from filmgate.work.steps import TryAgain

STEPS = 9
"""Calls to the store, the upstream, the prober and the objects in the story of a task that goes well."""


class Killed(BaseException):
    """The worker is dead: nothing after this line happens."""


class Fuse:
    """Ends a worker after its n-th call to the world outside."""

    def __init__(self, calls: int, end: type[BaseException]) -> None:
        self.calls = calls
        self.end = end
        self.burnt = False

    def guard(self, target: Any) -> Any:
        return _Guarded(self, target)

    def before(self) -> None:
        if self.burnt and self.end is Killed:
            raise Killed

    def after(self) -> None:
        self.calls -= 1
        if self.calls == 0:
            self.burnt = True
            raise self.end


class _Guarded:
    def __init__(self, fuse: Fuse, target: Any) -> None:
        self._fuse = fuse
        self._target = target

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found) or name == "report_progress":
            return found

        async def call(*args: Any, **named: Any) -> Any:
            self._fuse.before()
            answer = await found(*args, **named)
            self._fuse.after()
            return answer

        return call


def _guarded_runner(workshop: Workshop, fuse: Fuse) -> Callable[[UUID], Awaitable[None]]:
    return workshop.runner(
        tasks=fuse.guard(workshop.tasks),
        attempts=fuse.guard(workshop.attempts),
        choose_upstream=lambda _task: fuse.guard(workshop.upstream),
        objects=fuse.guard(workshop.objects),
        prober=fuse.guard(workshop.prober),
    ).run


async def test_an_order_becomes_a_film_and_is_settled(workshop: Workshop) -> None:
    task_id = await workshop.order()
    workshop.clock.advance(3)
    await workshop.runner().run(task_id)

    task = await workshop.task(task_id)
    assert (task.status, task.progress, task.cost_micros) == ("succeeded", 100, task.quote.price_micros)
    assert task.started_at == task.completed_at == workshop.clock()
    assert await workshop.kinds(task_id) == ["reserve", "settle"]
    assert await workshop.outcomes(task_id) == ["ok"]
    assert task.result is not None
    assert (task.result.size, task.result.seconds) == ((864, 496), 1)
    film = b"".join([piece async for piece in workshop.objects.stream(task.result.film)])
    assert hashlib.sha256(film).hexdigest() == task.result.sha256
    assert len(film) == task.result.size_bytes
    for name in (task.result.poster, task.result.last_frame):
        assert await workshop.objects.head(name) is not None
    assert await workshop.ledger.audit() == []
    assert list(workshop.folder.iterdir()) == []


async def test_removing_a_films_folder_keeps_no_other_film_waiting(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed_in: list[threading.Thread] = []
    really = shutil.rmtree

    def rmtree(*args: Any, **options: Any) -> None:
        removed_in.append(threading.current_thread())
        really(*args, **options)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    await workshop.runner().run(await workshop.order())
    assert removed_in
    assert threading.main_thread() not in removed_in


async def test_progress_is_written_and_stops_short_of_a_hundred(workshop: Workshop) -> None:
    task_id = await workshop.order()
    seen: list[int] = []

    class Watching:
        name = "watching"

        async def make(self, task: Task, folder: Path, progress: Callable[[int], None]) -> Any:
            progress(40)
            while (now := await workshop.task(task_id)).progress == 0:
                await asyncio.sleep(0.005)
            seen.append(now.progress)
            progress(100)
            while (now := await workshop.task(task_id)).progress == 40:
                await asyncio.sleep(0.005)
            seen.append(now.progress)
            return await workshop.upstream.make(task, folder, progress)

    await workshop.runner(choose_upstream=lambda _task: Watching()).run(task_id)
    assert seen == [40, 99]
    assert (await workshop.task(task_id)).progress == 100


async def test_media_that_cannot_be_fetched_fail_the_order_with_the_callers_field(workshop: Workshop) -> None:
    async def fail(_task: Task, _folder: Path) -> None:
        raise MediaUnreachable("cannot be fetched: 404", kind="image", field="images[1]")

    workshop.upstream.before = fail
    task_id = await workshop.order()
    await workshop.runner().run(task_id)

    task = await workshop.task(task_id)
    assert task.error is not None
    assert (task.status, task.error.code) == ("failed", "media_error")
    assert task.error.message == "images[1]: cannot be fetched: 404"
    assert task.cost_micros == 0
    assert await workshop.kinds(task_id) == ["reserve", "release"]
    assert await workshop.outcomes(task_id) == ["failed"]
    assert await workshop.ledger.audit() == []


@pytest.mark.parametrize(
    ("reason", "code"),
    [("content_rejected", "content_rejected"), ("timeout", "timeout"), ("a new word", "provider_error")],
)
async def test_an_engine_that_fails_fails_the_order_with_its_reason(workshop: Workshop, reason: str, code: str) -> None:
    async def fail(_task: Task, _folder: Path) -> None:
        raise EngineFailed("no film", reason=reason)

    workshop.upstream.before = fail
    task_id = await workshop.order()
    await workshop.runner().run(task_id)

    task = await workshop.task(task_id)
    assert task.error is not None
    assert (task.status, task.error.code, task.error.message) == ("failed", code, "no film")
    assert await workshop.kinds(task_id) == ["reserve", "release"]


async def test_a_fault_is_tried_three_times_and_then_fails_without_its_details(workshop: Workshop) -> None:
    async def fail(_task: Task, _folder: Path) -> None:
        raise ZeroDivisionError("at a secret place")

    workshop.upstream.before = fail
    task_id = await workshop.order()
    for _ in range(2):
        with pytest.raises(TryAgain):
            await workshop.runner().run(task_id)
        assert (await workshop.task(task_id)).status == "running"
    await workshop.runner().run(task_id)

    task = await workshop.task(task_id)
    assert task.error is not None
    assert (task.status, task.error.code) == ("failed", "internal_error")
    assert "secret" not in task.error.message
    assert await workshop.kinds(task_id) == ["reserve", "release"]
    assert await workshop.outcomes(task_id) == ["failed"] * 3


async def test_a_fault_that_passes_costs_nothing(workshop: Workshop) -> None:
    async def fail_once(_task: Task, _folder: Path) -> None:
        workshop.upstream.before = None
        raise ZeroDivisionError

    workshop.upstream.before = fail_once
    task_id = await workshop.order()
    with pytest.raises(TryAgain):
        await workshop.runner().run(task_id)
    await workshop.runner().run(task_id)
    assert (await workshop.task(task_id)).status == "succeeded"
    assert await workshop.kinds(task_id) == ["reserve", "settle"]


async def test_an_engine_that_only_shuts_down_fails_no_order(workshop: Workshop) -> None:
    async def shut_down_once(_task: Task, _folder: Path) -> None:
        workshop.upstream.before = None
        raise EngineFailed("the engine is shutting down", retryable=True)

    workshop.upstream.before = shut_down_once
    task_id = await workshop.order()
    with pytest.raises(TryAgain):
        await workshop.runner().run(task_id)
    await workshop.runner().run(task_id)
    assert (await workshop.task(task_id)).status == "succeeded"
    assert await workshop.kinds(task_id) == ["reserve", "settle"]


async def test_a_task_that_kills_its_workers_is_given_up(workshop: Workshop) -> None:
    task_id = await workshop.order()
    for _ in range(11):
        await workshop.attempts.begin_local(task_id, "copying", workshop.clock())
    await workshop.runner().run(task_id)
    task = await workshop.task(task_id)
    assert task.error is not None
    assert (task.status, task.error.code) == ("failed", "internal_error")
    assert workshop.upstream.made == 0


async def test_a_task_that_is_gone_or_has_ended_is_left_alone(workshop: Workshop) -> None:
    task_id = await workshop.order()
    await workshop.tasks.apply(cancelled(await workshop.task(task_id), workshop.clock()))
    await workshop.runner().run(task_id)
    await workshop.runner().run(UUID(int=7))
    assert await workshop.outcomes(task_id) == []


async def test_a_task_cancelled_by_its_customer_meanwhile_is_not_saved_or_settled(workshop: Workshop) -> None:
    async def cancel(task: Task, _folder: Path) -> None:
        now = await workshop.task(task.id)
        assert await workshop.tasks.apply(cancelled(now, workshop.clock()))

    workshop.upstream.before = cancel
    task_id = await workshop.order()
    await workshop.runner().run(task_id)
    assert (await workshop.task(task_id)).status == "cancelled"
    assert await workshop.kinds(task_id) == ["reserve", "release"]
    assert await workshop.outcomes(task_id) == ["cancelled"]
    assert await workshop.objects.head(f"films/{task_id}.mp4") is None


async def test_a_store_that_is_away_for_a_moment_is_waited_for(workshop: Workshop) -> None:
    class Away:
        def __init__(self, times: int) -> None:
            self.times = times

        def __getattr__(self, name: str) -> Any:
            found = getattr(workshop.tasks, name)

            async def call(*args: Any) -> Any:
                if name != "report_progress" and self.times:
                    self.times -= 1
                    raise Unavailable("away")
                # The next call fails again as often: every step has to wait by itself.
                self.times = 2
                return await found(*args)

            return call

    task_id = await workshop.order()
    await workshop.runner(tasks=Away(2)).run(task_id)
    assert (await workshop.task(task_id)).status == "succeeded"
    assert workshop.upstream.made == 1


async def test_a_store_that_stays_away_leaves_the_task_to_another(workshop: Workshop) -> None:
    class NoRoom:
        async def put_files(self, *_: Any) -> Any:
            raise Unavailable("the object store is away")

    task_id = await workshop.order()
    with pytest.raises(TryAgain):
        await workshop.runner(objects=NoRoom()).run(task_id)
    assert (await workshop.task(task_id)).status == "saving"
    assert list(workshop.folder.iterdir()) == []
    await workshop.runner().run(task_id)
    assert (await workshop.task(task_id)).status == "succeeded"


async def test_a_move_whose_answer_was_lost_is_taken_as_done(workshop: Workshop) -> None:
    class Forgetful:
        """Applies every move and loses the answer to the first try of each."""

        def __init__(self) -> None:
            self.lost: set[str] = set()

        def __getattr__(self, name: str) -> Any:
            return getattr(workshop.tasks, name)

        async def apply(self, move: Any) -> bool:
            applied = await workshop.tasks.apply(move)
            if move.to not in self.lost:
                self.lost.add(move.to)
                raise Unavailable("the answer was lost")
            return applied

    task_id = await workshop.order()
    await workshop.runner(tasks=Forgetful()).run(task_id)
    assert (await workshop.task(task_id)).status == "succeeded"
    assert await workshop.kinds(task_id) == ["reserve", "settle"]
    assert await workshop.outcomes(task_id) == ["ok"]


@pytest.mark.parametrize("end", [Killed, asyncio.CancelledError])
@pytest.mark.parametrize("calls", range(1, STEPS + 1))
async def test_a_worker_that_ends_after_any_step_is_replaced(
    workshop: Workshop, calls: int, end: type[BaseException]
) -> None:
    task_id = await workshop.order()
    with pytest.raises(end):
        await _guarded_runner(workshop, Fuse(calls, end))(task_id)
    await workshop.runner().run(task_id)

    task = await workshop.task(task_id)
    assert task.status == "succeeded"
    assert task.result is not None
    assert await workshop.objects.head(task.result.film) is not None
    assert await workshop.kinds(task_id) == ["reserve", "settle"]
    assert await workshop.ledger.audit() == []
    assert workshop.upstream.made <= 2


async def test_the_steps_are_all_there_are(workshop: Workshop) -> None:
    fuse = Fuse(calls=1000, end=Killed)
    await _guarded_runner(workshop, fuse)(await workshop.order())
    assert 1000 - fuse.calls == STEPS


async def test_two_runners_with_one_task_end_with_one_settled_film(workshop: Workshop) -> None:
    rendering = 0
    both_render = asyncio.Event()

    async def wait_for_the_other(_task: Task, _folder: Path) -> None:
        nonlocal rendering
        rendering += 1
        if rendering == 2:
            both_render.set()
        await both_render.wait()

    async def one_renders() -> bool:
        return rendering == 1

    workshop.upstream.before = wait_for_the_other
    task_id = await workshop.order()
    first = asyncio.create_task(workshop.runner().run(task_id))
    await until(one_renders)
    await workshop.runner().run(task_id)
    await first

    task = await workshop.task(task_id)
    assert task.status == "succeeded"
    assert await workshop.kinds(task_id) == ["reserve", "settle"]
    assert await workshop.ledger.audit() == []
    # Either may be first to settle; the other stops quietly.
    first_outcome, second_outcome = await workshop.outcomes(task_id)
    assert first_outcome == "abandoned"
    assert second_outcome in {"ok", "cancelled"}
    assert list(workshop.folder.iterdir()) == []


async def test_an_attempt_that_was_overtaken_cannot_fail_the_task(workshop: Workshop) -> None:
    rendering, overtaken = asyncio.Event(), asyncio.Event()

    async def fail_late(_task: Task, _folder: Path) -> None:
        rendering.set()
        await overtaken.wait()
        raise EngineFailed("too late to matter")

    workshop.upstream.before = fail_late
    task_id = await workshop.order()
    old = asyncio.create_task(workshop.runner().run(task_id))
    await rendering.wait()
    await workshop.attempts.begin_local(task_id, "copying", workshop.clock())
    overtaken.set()
    await old
    assert (await workshop.task(task_id)).status == "running"
    assert await workshop.outcomes(task_id) == ["abandoned", None]


async def test_cancelling_ends_the_work_at_once_and_leaves_the_task_open(workshop: Workshop) -> None:
    rendering = asyncio.Event()

    async def forever(_task: Task, _folder: Path) -> None:
        rendering.set()
        await asyncio.Event().wait()

    workshop.upstream.before = forever
    task_id = await workshop.order()
    run = asyncio.create_task(workshop.runner().run(task_id))
    await rendering.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (await workshop.task(task_id)).status == "running"
    assert await workshop.outcomes(task_id) == ["cancelled"]
    assert await workshop.kinds(task_id) == ["reserve"]
    assert list(workshop.folder.iterdir()) == []

"""Workers that die or fall silent while vendors make their films: others go on, nothing is made or paid twice."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from tests.elsewhere.lone_worker import lone_worker, write_settings
from tests.elsewhere.station import Station, station, upstream
from tests.simulator.simulating import Simulated, simulating
from tests.work.workshop import until

from filmgate.settings import UpstreamSettings
from filmgate.task import Task

pytestmark = pytest.mark.long

FILMS = 24
# A worker that is silent for half a second is gone, and the others look ten times a second. The rest is for machines
# with much else to do.
TAKEN_OVER_SECONDS = 5.0


class Crew(NamedTuple):
    """A station whose workers are processes of their own."""

    here: Station
    folder: Path
    opened: ExitStack
    workers: list[Popen[bytes]]

    def hire(self) -> None:
        self.workers.append(self.opened.enter_context(lone_worker(self.folder)))


@asynccontextmanager
async def crew(database_url: str, folder: Path, settings: UpstreamSettings, workers: int) -> AsyncIterator[Crew]:
    write_settings(folder, database_url, settings)
    with ExitStack() as opened:
        async with station(database_url, folder, settings, workers=0) as here:
            found = Crew(here, folder, opened, [])
            for _ in range(workers):
                found.hire()
            yield found


async def test_a_killed_workers_films_are_followed_by_another_within_seconds(database_url: str, tmp_path: Path) -> None:
    with simulating("ark", median=30.0, sigma=0.0, speed=2.0) as vendor:
        async with crew(database_url, tmp_path, upstream(vendor), workers=1) as found:
            here = found.here
            tasks = await _followed_by_the_first(found)
            [before] = set(await _followers(here, tasks))
            found.workers[0].kill()
            killed_at = time.monotonic()
            await until(lambda: _are_with_another(here, tasks, before))
            assert time.monotonic() - killed_at < TAKEN_OVER_SECONDS
            await _check_all_is_right(here, vendor, await here.ended(*tasks))


async def test_all_workers_die_and_new_ones_take_over(database_url: str, tmp_path: Path) -> None:
    with simulating("jimmy", median=6.0, sigma=0.0) as vendor:
        async with crew(database_url, tmp_path, upstream(vendor), workers=2) as found:
            here, workers = found.here, found.workers
            tasks = [await here.order(f"film {number}") for number in range(FILMS)]
            await until(lambda: _are_followed(here, tasks))
            for worker in workers:
                worker.kill()
            found.hire()
            await _check_all_is_right(here, vendor, await here.ended(*tasks))


@pytest.mark.parametrize(
    ("vendor_settings", "settings", "ends"),
    [
        ({"dialect": "ark"}, {}, "succeeded"),
        ({"dialect": "openai"}, {}, "succeeded"),
        ({"dialect": "jimmy", "honour_idempotency_keys": True}, {"honours_idempotency_key": True}, "succeeded"),
        # Nobody can be asked, so it is given up rather than ordered again.
        ({"dialect": "jimmy"}, {}, "failed"),
        ({"dialect": "senseaudio"}, {}, "failed"),
        ({"dialect": "ink"}, {}, "failed"),
    ],
    ids=["a list", "a list without seeds", "a key", "nothing", "nothing in SenseAudio", "nothing in Ink"],
)
async def test_a_worker_that_dies_while_it_sends_leaves_a_doubt_that_is_settled(
    vendor_settings: dict[str, Any], settings: dict[str, Any], ends: str, database_url: str, tmp_path: Path
) -> None:
    options = {"median": 1.0, "slow_seconds": 3.0, **vendor_settings}
    with simulating(**options) as vendor:
        async with crew(database_url, tmp_path, upstream(vendor, **settings), workers=1) as found:
            here = found.here
            # They are accepted at once, and answered late.
            tasks = [await here.order(f"film {number} [[lie:slow]]") for number in range(6)]
            await until(lambda: _has_jobs(vendor, len(tasks)))
            found.workers[0].kill()
            for task in tasks:
                [attempt] = await here.attempts(task)
                assert (attempt.vendor_id, attempt.doubt_since) == (None, None)
            vendor.change(slow_seconds=0.1)
            found.hire()
            ended = await here.ended(*tasks)
            assert [task.status for task in ended] == [ends] * len(tasks), [task.error for task in ended]
            await _check_all_is_right(here, vendor, ended)


async def test_a_worker_that_died_after_the_last_move_leaves_an_attempt_that_went_well(
    database_url: str, tmp_path: Path
) -> None:
    """Whoever takes the attempt over finds the order ended, by this very attempt's film."""
    with simulating("ark", median=0.2) as vendor:
        async with crew(database_url, tmp_path, upstream(vendor), workers=1) as (here, *_):
            [task] = await here.ended(await here.order("a film"))
            await here.services.db.run(
                "UPDATE attempts SET ended_at = NULL, outcome = NULL, worker_id = NULL WHERE task_id = $1", task.id
            )
            await here.services.db.run("UPDATE upstreams SET running = running + 1")
            [task] = await here.ended(task)
            [attempt] = await here.attempts(task)
            assert (attempt.outcome, attempt.detail) == ("ok", None)


async def test_a_silent_worker_that_wakes_ends_nothing_twice(database_url: str, tmp_path: Path) -> None:
    """It slept beyond its lease, its films went to another and ended, and it does not know."""
    with simulating("ark", median=16.0, sigma=0.1, speed=2.0) as vendor:
        async with crew(database_url, tmp_path, upstream(vendor), workers=1) as found:
            here, [sleeper] = found.here, found.workers
            tasks = await _followed_by_the_first(found)
            [before] = set(await _followers(here, tasks))
            sleeper.send_signal(signal.SIGSTOP)
            await until(lambda: _are_with_another(here, tasks, before))
            ended = await here.ended(*tasks)
            sleeper.send_signal(signal.SIGCONT)
            await _check_stays_so(here, vendor, ended)


async def test_a_worker_that_sleeps_while_films_come_home_ends_nothing_twice(database_url: str, tmp_path: Path) -> None:
    """Both may be bringing the same films home when it wakes."""
    with simulating("ark", median=2.0, sigma=0.1, film_bytes=2_000_000) as vendor:
        async with crew(database_url, tmp_path, upstream(vendor), workers=2) as (here, _, _, workers):
            tasks = [await here.order(f"film {number}") for number in range(FILMS)]
            await until(lambda: _has_ended(here, tasks, 1))
            for _ in range(4):
                for worker in workers:
                    worker.send_signal(signal.SIGSTOP)
                    await asyncio.sleep(0.9)
                    worker.send_signal(signal.SIGCONT)
            await _check_stays_so(here, vendor, await here.ended(*tasks))


async def test_a_worker_that_wakes_with_an_answer_that_nobody_waits_for_calls_the_film_off(
    database_url: str, tmp_path: Path
) -> None:
    with simulating("ink", median=60.0, slow_seconds=2.0) as vendor:
        async with crew(database_url, tmp_path, upstream(vendor), workers=1) as found:
            here, [sleeper] = found.here, found.workers
            tasks = [await here.order(f"film {number} [[lie:slow]]") for number in range(3)]
            await until(lambda: _has_jobs(vendor, len(tasks)))
            sleeper.send_signal(signal.SIGSTOP)
            found.hire()
            ended = await here.ended(*tasks)
            assert {task.status for task in ended} == {"failed"}
            assert not any(job["cancelled"] for job in vendor.jobs())
            sleeper.send_signal(signal.SIGCONT)
            await until(lambda: _are_cancelled(vendor))
            await _check_stays_so(here, vendor, ended)


async def _are_cancelled(vendor: Simulated) -> bool:
    return all(job["cancelled"] for job in vendor.jobs())


async def _check_stays_so(here: Station, vendor: Simulated, ended: Sequence[Task]) -> None:
    await asyncio.sleep(2)
    assert [await here.task(task.id) for task in ended] == list(ended)
    await _check_all_is_right(here, vendor, ended)


async def _check_all_is_right(here: Station, vendor: Simulated, ended: Sequence[Task]) -> None:
    """Each was ordered once at the vendor, has one attempt, and one end in the ledger."""
    assert vendor.most_jobs("prompt") == 1
    assert len(vendor.jobs()) == len(ended)
    for task in ended:
        [attempt] = await here.attempts(task)
        is_good = task.status == "succeeded"
        assert attempt.outcome == ("ok" if is_good else "doubtful"), task.error
        kinds, spent = await here.cost(task)
        assert kinds == ["reserve", "settle" if is_good else "release"]
        assert spent == (task.quote.price_micros if is_good else 0)
        if is_good:
            assert str(attempt.vendor_id).encode() in await here.film(task)
    assert await here.services.ledger.audit() == []
    assert await here.services.db.value("SELECT count(*) FROM pgqueuer") == 0


async def _followers(here: Station, tasks: Sequence[Task]) -> list[UUID | None]:
    return [attempt.worker_id for task in tasks for attempt in await here.attempts(task)]


async def _are_followed(here: Station, tasks: Sequence[Task]) -> bool:
    followers = await _followers(here, tasks)
    return len(followers) == len(tasks) and None not in followers


async def _followed_by_the_first(found: Crew) -> list[Task]:
    """Orders that the crew's one worker follows, while another has come that follows nothing."""
    tasks = [await found.here.order(f"film {number}") for number in range(FILMS)]
    await until(lambda: _are_followed(found.here, tasks))
    found.hire()
    await until(lambda: _are_beating(found.here, 2))
    return tasks


async def _are_beating(here: Station, count: int) -> bool:
    return bool(await here.services.db.value("SELECT count(*) FROM workers") == count)


async def _are_with_another(here: Station, tasks: Sequence[Task], before: UUID | None) -> bool:
    return await _are_followed(here, tasks) and before not in await _followers(here, tasks)


async def _has_jobs(vendor: Simulated, count: int) -> bool:
    return int(vendor.control()["jobs"]) >= count


async def _has_ended(here: Station, tasks: Sequence[Task], count: int) -> bool:
    return sum([(await here.task(task.id)).is_terminal for task in tasks]) >= count

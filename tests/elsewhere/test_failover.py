"""A vendor that is lost: its orders go elsewhere, and what it has taken is made by nobody else."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.elsewhere.gate import answering, gate
from tests.elsewhere.station import PACE, Station, station, upstream
from tests.simulator.simulating import Simulated, simulating
from tests.work.workshop import until

from filmgate.attempt import Attempt
from filmgate.settings import UpstreamSettings
from filmgate.task import Task
from filmgate.work.doubt import Patience

pytestmark = pytest.mark.long

ORDERS = 200
# An outage may last for longer than the other tests wait.
PATIENT = msgspec.structs.replace(
    PACE, doubt=Patience(list_after=timedelta(seconds=1), give_up_after=timedelta(minutes=5))
)


async def test_a_vendor_that_dies_amid_its_orders_loses_none_and_makes_none_twice(
    database_url: str, tmp_path: Path
) -> None:
    with simulating("ark", median=1.0) as south, simulating("ark", median=4.0, state=tmp_path / "north") as north:
        async with station(database_url, tmp_path / "data", *_north_and_south(north, south), pace=PATIENT) as here:
            tasks = [await here.order(f"film {number}") for number in range(ORDERS // 2)]
            await until(lambda: _has_jobs(north, ORDERS // 4))
            north.process.kill()
            tasks += [await here.order(f"film {number}") for number in range(ORDERS // 2, ORDERS)]
            await until(lambda: _has_jobs(south, ORDERS // 3))
            assert _breaker(here) != "closed"
            with simulating("ark", median=4.0, port=north.port, state=tmp_path / "north") as again:
                ended = await here.ended(*tasks, seconds=200)
                assert [task.status for task in ended] == ["succeeded"] * ORDERS, {task.error for task in ended}
                await _check_each_was_made_once(here, ended, again, south)
                await _check_reasons(here, ended)
                # It lives again, and somebody finds out.
                await until(lambda: _goes_north(here))
                assert _breaker(here) == "closed"


async def test_a_vendor_that_forgets_everything_is_left_and_costs_nothing(database_url: str, tmp_path: Path) -> None:
    """What it had taken may have been made and billed, so nobody else makes it."""
    with simulating("ark", median=1.0) as south, simulating("ark", median=60.0) as north:
        async with station(database_url, tmp_path, *_north_and_south(north, south), pace=PATIENT) as here:
            tasks = [await here.order(f"film {number}") for number in range(20)]
            await until(lambda: _are_followed(here, tasks))
            north.process.kill()
            with simulating("ark", median=1.0, port=north.port):
                ended = await here.ended(*tasks, seconds=120)
            assert {task.status for task in ended} == {"failed"}
            assert {task.error.message for task in ended if task.error} == {
                "the vendor does not know the task any more"
            }
            for task in ended:
                assert await here.cost(task) == (["reserve", "release"], 0)
            assert south.jobs() == []


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_vendor_that_answers_an_error_to_all_gets_no_film_twice(
    status: int, database_url: str, tmp_path: Path
) -> None:
    with simulating("ark", median=0.5) as south, simulating("ark", median=0.5) as north:
        async with gate(north) as before_north:
            settings = before_north.as_upstream(priority=0), upstream(south, "south", priority=1)
            async with station(database_url, tmp_path, *settings, pace=PATIENT) as here:
                early = [await here.order(f"early film {number}") for number in range(20)]
                await until(lambda: _has_jobs(north, 10))
                before_north.say = answering(status)
                tasks = early + [await here.order(f"film {number}") for number in range(ORDERS)]
                await until(lambda: _has_jobs(south, ORDERS - 60))
                assert _breaker(here) != "closed"
                # As long as it answers so, those of which nobody knows wait.
                before_north.say = lambda _request: None
                ended = await here.ended(*tasks, seconds=200)
                assert {task.status for task in ended} == {"succeeded"}
                await _check_each_was_made_once(here, ended, north, south)
                await _check_reasons(here, ended)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_vendor_that_says_how_long_it_wants_a_pause_has_it_from_all_workers(
    status: int, database_url: str, tmp_path: Path
) -> None:
    with simulating("ark", median=0.2) as north:
        async with (
            gate(north) as before_north,
            station(database_url, tmp_path, before_north.as_upstream(), workers=2) as here,
        ):
            before_north.say = answering(status, '{"error": {}}', Retry_After="4", Content_Type="application/json")
            tasks = [await here.order(f"film {number}") for number in range(40)]
            await until(lambda: _was_asked(before_north.calls, 1))
            # What was on its way already.
            await asyncio.sleep(1)
            asked = before_north.calls["POST"]
            await asyncio.sleep(2)
            assert before_north.calls["POST"] == asked < 40
            before_north.say = lambda _request: None
            assert {task.status for task in await here.ended(*tasks)} == {"succeeded"}
            assert north.most_jobs("prompt") == 1


async def test_two_workers_send_no_more_at_once_than_the_vendor_may_have(database_url: str, tmp_path: Path) -> None:
    with simulating("ark", median=0.4) as north:
        settings = upstream(north, max_running=3)
        async with station(database_url, tmp_path, settings, workers=2) as here:
            tasks = [await here.order(f"film {number}") for number in range(12)]
            await here.ended(*tasks, seconds=120)
            assert len(north.jobs()) == 12
            assert _peak(north) <= 3


async def test_no_more_is_sent_in_a_minute_than_may_be(database_url: str, tmp_path: Path) -> None:
    with simulating("ark", median=0.2) as north:
        settings = upstream(north, submits_per_minute=7)
        async with station(database_url, tmp_path, settings, workers=2) as here:
            for number in range(30):
                await here.order(f"film {number}")
            await until(lambda: _has_jobs(north, 7))
            await asyncio.sleep(3)
            by_minute = Counter(int(job["created_at"] // 60) for job in north.jobs())
            assert max(by_minute.values()) <= 7


def _north_and_south(north: Simulated, south: Simulated) -> tuple[UpstreamSettings, UpstreamSettings]:
    return upstream(north, priority=0, answer_seconds=5.0), upstream(south, "south", priority=1)


async def _has_jobs(vendor: Simulated, count: int) -> bool:
    return int(vendor.control()["jobs"]) >= count


async def _are_followed(here: Station, tasks: Sequence[Task]) -> bool:
    attempts = [await here.services.attempts.open_of_task(task.id) for task in tasks]
    return all(attempt is not None and attempt.vendor_id is not None for attempt in attempts)


async def _was_asked(calls: Counter[str], times: int) -> bool:
    return calls["POST"] >= times


def _breaker(here: Station) -> str:
    return here.services.upstreams["north"].breaker.state


async def _goes_north(here: Station) -> bool:
    [task] = await here.ended(await here.order("after all"))
    await asyncio.sleep(0.5)
    return [attempt.upstream for attempt in await here.attempts(task)] == ["north"]


async def _check_each_was_made_once(here: Station, tasks: Sequence[Task], *vendors: Simulated) -> None:
    """Every order is one job at one of the vendors, whose film came home, and nobody has made anything else."""
    jobs = Counter(job["prompt"] for vendor in vendors for job in vendor.jobs())
    assert jobs == {task.request.prompt: 1 for task in tasks}
    for task in tasks:
        made = [attempt for attempt in await here.attempts(task) if attempt.outcome == "ok"]
        assert len(made) == 1
        assert str(made[0].vendor_id).encode() in await here.film(task)
        assert await here.cost(task) == (["reserve", "settle"], task.quote.price_micros)
    assert await here.services.ledger.audit() == []


async def _check_reasons(here: Station, tasks: Sequence[Task]) -> None:
    """Every attempt says why its route was taken, and those at the second one what was wrong with the first."""
    attempts: list[Attempt] = [attempt for task in tasks for attempt in await here.attempts(task)]
    of_south = [attempt.reason or "" for attempt in attempts if attempt.upstream == "south"]
    assert {attempt.reason for attempt in attempts if attempt.upstream == "north"} <= {"first choice"}
    assert of_south
    assert all(
        reason.startswith(("north is left alone: ", "north failed: ", "north is being tried")) for reason in of_south
    )


def _peak(vendor: Simulated) -> int:
    """How many jobs were open at once at most, by the vendor's own times."""
    jobs = vendor.jobs()
    peak: int = max(
        sum(other["created_at"] <= job["created_at"] < (other["ends_at"] or float("inf")) for other in jobs)
        for job in jobs
    )
    return peak

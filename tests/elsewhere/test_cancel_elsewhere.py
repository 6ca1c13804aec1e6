"""A customer wants no film any more: what its vendor really did about it stands with the attempt."""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import web
from tests.elsewhere.gate import answering, gate
from tests.elsewhere.station import DIALECTS, Station, station, upstream
from tests.simulator.simulating import Simulated, simulating
from tests.work.workshop import until

from filmgate.simulator.options import DialectName
from filmgate.task import Task

pytestmark = pytest.mark.long

STOPPED = "cancelled by its customer; the vendor stopped"
CANNOT = "cancelled by its customer; the vendor cannot be told to stop"
LIED = "cancelled by its customer; the vendor said that it stopped, and did not: it is "


class Said(NamedTuple):
    """What stands with the attempt, and whether the vendor's job really ended."""

    detail: str
    is_cancelled: bool


# Jimmy and SenseAudio have no cancel (spec jimmy 3, senseaudio 1), Ark cancels what waits alone (spec ark 6).
WAITING = {
    "jimmy": Said(CANNOT, False),
    "senseaudio": Said(CANNOT, False),
    "ink": Said(STOPPED, True),
    "ark": Said(STOPPED, True),
    "openai": Said(STOPPED, True),
}
RUNNING = WAITING | {"ark": Said("cancelled by its customer; the vendor did not stop: it is running", False)}


@pytest.mark.parametrize("is_running", [False, True], ids=["waiting", "running"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_the_vendor_did_about_a_cancel_is_told(
    dialect: DialectName, is_running: bool, database_url: str, tmp_path: Path
) -> None:
    expected = (RUNNING if is_running else WAITING)[dialect]
    with simulating(dialect, median=60.0, queue=0.01 if is_running else 60.0) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here:
            task = await _sent(here)
            if is_running:
                await until(lambda: _is_seen_running(here, task))
            assert await _cancelled(here, task) == expected.detail
            [job] = vendor.jobs()
            assert job["cancelled"] == expected.is_cancelled


@pytest.mark.parametrize(
    ("dialect", "state"), [("ink", "queued"), ("ark", "queued"), ("openai", "queued"), ("ink", "running")]
)
async def test_a_vendor_that_confirms_a_cancel_and_goes_on_is_found_out(
    dialect: DialectName, state: str, database_url: str, tmp_path: Path
) -> None:
    with simulating(dialect, median=60.0, sigma=0.0, queue=60.0 if state == "queued" else 0.01) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here:
            task = await _sent(here, "a kite [[lie:lies-about-cancel]]")
            if state == "running":
                await until(lambda: _is_seen_running(here, task))
            assert await _cancelled(here, task) == LIED + state
            assert not vendor.jobs()[0]["cancelled"]


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ((409, '{"error": {"code": "invalid_state", "message": "no"}}'), "the vendor did not stop: it is unknown"),
        ((500, "<html>"), "the vendor was told to stop, and whether it did is not known: "),
        ((200, "<html>"), "the vendor was told to stop, and whether it did is not known: "),
        ((302, ""), "the vendor was told to stop, and whether it did is not known: "),
        ((404, "gone"), "the vendor was told to stop, and whether it did is not known: "),
    ],
)
async def test_a_vendor_that_refuses_a_cancel_is_quoted(
    answer: tuple[int, str], detail: str, database_url: str, tmp_path: Path
) -> None:
    with simulating("ink", median=60.0) as vendor:
        async with gate(vendor) as before, station(database_url, tmp_path, before.as_upstream()) as here:
            task = await _sent(here)
            before.say = _of_cancels(*answer)
            assert (await _cancelled(here, task)).startswith(f"cancelled by its customer; {detail}")


async def test_a_vendor_that_is_gone_holds_no_cancel_up(database_url: str, tmp_path: Path) -> None:
    with simulating("ink", median=60.0) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here:
            task = await _sent(here)
            vendor.process.kill()
            assert "whether it did is not known" in await _cancelled(here, task)


async def test_an_order_that_is_not_sent_yet_is_cancelled_without_a_word_to_anybody(
    database_url: str, tmp_path: Path
) -> None:
    with simulating("ink", median=60.0) as vendor:
        async with station(database_url, tmp_path, upstream(vendor, max_running=1)) as here:
            first = await _sent(here)
            second = await here.order("second")
            await here.services.canceller.cancel(second)
            await here.services.canceller.cancel(first)
            await here.ended(first, second)
            await asyncio.sleep(1)
            assert await here.attempts(second) == []
            assert len(vendor.jobs()) == 1


async def test_a_cancel_in_the_middle_of_sending_reaches_the_vendor(database_url: str, tmp_path: Path) -> None:
    """The vendor's answer comes when the order has ended already."""
    with simulating("ink", median=60.0, slow_seconds=1.5) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here:
            task = await here.order("a kite [[lie:slow]]")
            await until(lambda: _has_job(vendor))
            await here.services.canceller.cancel(task)
            [ended] = await here.ended(task)
            assert ended.status == "cancelled"
            await until(lambda: _is_cancelled(vendor))
            assert await here.cost(task) == (["reserve", "release"], 0)


async def test_a_customer_who_cancels_pays_nothing_for_a_film_that_is_made_all_the_same(
    database_url: str, tmp_path: Path
) -> None:
    with simulating("jimmy", median=2.0, sigma=0.0) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here:
            task = await _sent(here)
            await _cancelled(here, task)
            await until(lambda: _is_made(vendor))
            await asyncio.sleep(2)
            assert (await here.task(task.id)).status == "cancelled"
            assert await here.cost(task) == (["reserve", "release"], 0)
            assert await here.services.ledger.audit() == []


def _of_cancels(status: int, body: str) -> Any:
    say = answering(status, body, Location="http://127.0.0.1:9/away")

    def of_cancels(request: web.Request) -> web.Response | None:
        return say(request) if request.path.endswith("/cancel") else None

    return of_cancels


async def _sent(here: Station, prompt: str = "a kite") -> Task:
    task = await here.order(prompt)

    async def is_followed() -> bool:
        attempt = await here.services.attempts.open_of_task(task.id)
        return attempt is not None and attempt.vendor_id is not None

    await until(is_followed)
    return task


async def _cancelled(here: Station, task: Task) -> str:
    """Cancel a task; what stands with its attempt then."""
    await here.services.canceller.cancel(await here.task(task.id))
    [ended] = await here.ended(task)
    assert ended.status == "cancelled"
    [attempt] = await here.attempts(task)
    assert attempt.outcome == "cancelled"
    return attempt.detail or ""


async def _is_seen_running(here: Station, task: Task) -> bool:
    return (await here.task(task.id)).status == "running"


async def _has_job(vendor: Simulated) -> bool:
    return len(vendor.jobs()) == 1


async def _is_cancelled(vendor: Simulated) -> bool:
    return all(job["cancelled"] for job in vendor.jobs())


async def _is_made(vendor: Simulated) -> bool:
    return all(job["status"] == "succeeded" for job in vendor.jobs())

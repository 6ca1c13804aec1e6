"""The pump: which films are asked about, and how often, where a vendor has a list of many."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from filmgate.dialects.client import Report
from filmgate.ids import new_id
from filmgate.store.film_times import FilmTimes
from filmgate.store.followers import Followed
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.kinds import KnownKinds
from filmgate.work.pump import Pump
from filmgate.work.watch import Entry

PAGE = 4


class Listing:
    """An upstream with a list, at which nothing ends."""

    name = "listing"
    lists = True

    def __init__(self, looks_per_second: float) -> None:
        self.looks_per_second = looks_per_second
        self.asked: list[list[str]] = []

    async def look_at_many(self, vendor_ids: Sequence[str]) -> dict[str, Report]:
        self.asked.append(list(vendor_ids))
        return {each: Report(vendor_id=each, state="running", word="running") for each in vendor_ids}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filmgate.work.pump._LISTED_AT_ONCE", PAGE)
    # So that listing pays however few there are.
    monkeypatch.setattr("filmgate.work.pump._LOOK_DELAY_SECONDS", 1e6)


def pump_at(upstream: Listing) -> Pump:
    async def in_the_making(_entry: Entry, _report: Report) -> None:
        pass

    async def never(*_: Any) -> Any:
        raise AssertionError("nothing ends here")

    # All that the pump touches of an upstream is in the stand-in, and nobody reads film times here.
    return Pump(
        cast("RemoteUpstream", upstream),
        KnownKinds(cast("FilmTimes", None)),
        in_the_making=in_the_making,
        ended=never,
        lost=never,
    )


def watch(pump: Pump, count: int, *, due: Sequence[float] = ()) -> None:
    """Watch films ``0``, ``1`` and so on, with the ages that make the looks at them far, or due as is said."""
    for number in range(count):
        followed = Followed(
            task_id=new_id(),
            number=1,
            upstream="listing",
            vendor_model="m",
            vendor_id=str(number),
            submitted_at=datetime.now(UTC),
            looks=0,
            resolution="480p",
            seconds=4,
        )
        entry = Entry(followed, asyncio.get_running_loop().time())
        pump.add(entry, due_now=False)
        if due:
            pump.list.set_due(entry, due[number])


async def run_for(pump: Pump, seconds: float) -> None:
    running = asyncio.create_task(pump.run())
    await asyncio.sleep(seconds)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_round_asks_about_everything_that_lists_hold() -> None:
    upstream = Listing(looks_per_second=10)
    pump = pump_at(upstream)
    watch(pump, 3 * PAGE - 1)
    await run_for(pump, 0.3)
    assert [len(each) for each in upstream.asked] == [PAGE, PAGE, PAGE - 1]
    assert {name for each in upstream.asked for name in each} == {str(number) for number in range(3 * PAGE - 1)}


async def test_where_there_are_more_those_come_first_whose_time_is_nearest() -> None:
    upstream = Listing(looks_per_second=2)
    pump = pump_at(upstream)
    watch(pump, 100, due=[1000.0 - number for number in range(100)])
    await run_for(pump, 0.3)
    assert [len(each) for each in upstream.asked] == [PAGE, PAGE]
    assert {name for each in upstream.asked for name in each} == {str(number) for number in range(100 - 2 * PAGE, 100)}


async def test_films_that_were_just_asked_about_make_room_for_others() -> None:
    upstream = Listing(looks_per_second=1000)
    pump = pump_at(upstream)
    watch(pump, 80 * PAGE, due=[0.0] * 80 * PAGE)
    await run_for(pump, 2.5)
    first, second = ({name for each in upstream.asked[at : at + 10] for name in each} for at in (0, 10))
    assert len(first) == len(second) == 10 * PAGE
    assert first.isdisjoint(second)


async def test_lists_keep_to_the_pace_that_the_vendor_bears() -> None:
    upstream = Listing(looks_per_second=0.5)
    pump = pump_at(upstream)
    watch(pump, 100)
    await run_for(pump, 1.7)
    assert len(upstream.asked) == 1
    await run_for(pump, 0.2)
    assert len(upstream.asked) == 2

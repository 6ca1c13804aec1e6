"""Orders that outlive the settings they were accepted under."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.elsewhere.station import PACE, NoEngine, station, upstream
from tests.elsewhere.vendor_orders import begun, ordered
from tests.simulator.simulating import Simulated, simulating
from tests.work.workshop import working

from filmgate.app import utc_now
from filmgate.app.worker import open_worker
from filmgate.ids import new_id
from filmgate.store.figures import read_figures
from filmgate.store.followers import Followers
from filmgate.work.doubt import Patience

pytestmark = pytest.mark.long

HASTY = msgspec.structs.replace(PACE, doubt=Patience(give_up_after=2 * PACE.lease.gone_after))


@pytest.fixture(scope="module")
def vendor() -> Iterator[Simulated]:
    with simulating("ark", median=0.3, sigma=0.1) as vendor:
        yield vendor


async def test_orders_of_a_renamed_upstream_are_made_by_the_routes_of_today(
    vendor: Simulated, database_url: str, tmp_path: Path
) -> None:
    async with station(database_url, tmp_path, upstream(vendor, "north"), workers=0) as before:
        tasks = [await before.order(f"renamed {number}") for number in range(3)]
        # One was in a worker's hands, which is gone.
        await before.services.db.run(
            "UPDATE pgqueuer SET status = 'picked', heartbeat = now() - interval '1 hour' WHERE dedupe_key = $1",
            str(tasks[0].id),
        )
        lane = "SELECT DISTINCT lane FROM tasks"
        assert await before.services.db.value(lane) == "send:north"
    async with station(database_url, tmp_path, upstream(vendor, "nord")) as here:
        ended = await here.ended(*tasks)
        assert {task.status for task in ended} == {"succeeded"}
        assert {attempt.upstream for task in ended for attempt in await here.attempts(task)} == {"nord"}
        assert await here.services.db.value(lane) == "send:nord"
        [worker] = (await read_figures(here.services.db)).workers
        assert worker.breakers == {"nord": "closed"}
    assert vendor.most_jobs("prompt") == 1


async def test_what_a_vendor_has_that_is_gone_waits_for_it_and_is_never_sent_to_another(
    vendor: Simulated, database_url: str, tmp_path: Path
) -> None:
    gone, there = upstream(vendor, "gone"), upstream(vendor, "there")
    async with station(database_url, tmp_path, gone, workers=0) as before:
        task, lost, kept = [await before.order(f"at the vendor {name}") for name in ("task", "lost", "kept")]
        attempts = before.services.attempts
        has = await begun(before, task, gone)
        assert await attempts.submitted(has, ordered(vendor, "at the vendor task", 1), None, None, utc_now())
        await attempts.doubted(await begun(before, lost, gone), "the answer was lost", None, utc_now())
        followed, worker_id = await begun(before, kept, gone), new_id()
        assert await attempts.submitted(followed, ordered(vendor, "at the vendor kept", 1), None, worker_id, utc_now())
        followers = Followers(before.services.db)
    async with station(database_url, tmp_path, there, workers=0) as here:
        followers = Followers(here.services.db)
        async with working(await open_worker(here.services, NoEngine(), HASTY)):

            async def beat() -> None:
                while True:
                    await followers.beat(worker_id, {})
                    await asyncio.sleep(0.1)

            beating = asyncio.create_task(beat())
            try:
                ended = await here.ended(task, lost, seconds=30)
            finally:
                beating.cancel()
            for order, words in zip(ended, ("not set up any more", "not known whether"), strict=True):
                assert (order.status, await here.cost(order)) == ("failed", (["reserve", "release"], 0))
                assert order.error is not None
                assert words in order.error.message
                [attempt] = await here.attempts(order)
                assert (attempt.upstream, attempt.outcome) == ("gone", "doubtful")
            # A living worker still knows that vendor.
            assert (await here.task(kept.id)).status == "queued"
    # Nobody knew the other two, and the vendor comes back.
    async with station(database_url, tmp_path, gone) as again:
        [made] = await again.ended(kept)
        assert (made.status, len(await again.attempts(made))) == ("succeeded", 1)
    assert [len(vendor.jobs(prompt=f"at the vendor {name}")) for name in ("task", "lost", "kept")] == [1, 0, 1]


async def test_orders_are_made_here_once_no_vendor_is_left(
    vendor: Simulated, database_url: str, tmp_path: Path
) -> None:
    async with station(database_url, tmp_path, upstream(vendor, "north"), workers=0) as before:
        task = await before.order("left over")
        doubtful = await before.order("left in doubt")
        attempt = await begun(before, doubtful, upstream(vendor, "north"))
        await before.services.attempts.doubted(attempt, "the answer was lost", None, utc_now())
    async with station(database_url, tmp_path, workers=0) as here:
        worker = await open_worker(here.services, NoEngine(), HASTY)
        async with working(worker):
            async with asyncio.timeout(20):
                while await here.services.db.value("SELECT lane FROM tasks WHERE id = $1", task.id) != "make_film":
                    await asyncio.sleep(0.05)
            [ended] = await here.ended(doubtful, seconds=30)
            assert ended.status == "failed"
            # Also a worker that follows nothing says that it is alive.
            assert await here.services.db.value("SELECT count(*) FROM workers") == 1
        assert await here.services.db.value("SELECT count(*) FROM workers") == 0

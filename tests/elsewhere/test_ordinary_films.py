"""Films that vendors make as they should."""

from pathlib import Path

import pytest
from tests.elsewhere.station import DIALECTS, station, upstream
from tests.simulator.simulating import simulating

from filmgate.simulator.options import DialectName


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_film_comes_from_a_vendor(dialect: DialectName, database_url: str, tmp_path: Path) -> None:
    with simulating(dialect, median=2.0, sigma=0.2, speed=2.0) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here:
            tasks = [await here.order(f"film {number}") for number in range(5)]
            ended = await here.ended(*tasks)
            assert [task.status for task in ended] == ["succeeded"] * 5, [task.error for task in ended]
            assert vendor.most_jobs() == 1
            for task in ended:
                [attempt] = await here.attempts(task)
                assert (attempt.outcome, attempt.upstream, attempt.reason) == ("ok", "north", "first choice")
                assert attempt.vendor_id is not None
                # The simulator writes the id of its job into each film.
                assert attempt.vendor_id.encode() in await here.film(task)
                assert await here.cost(task) == (["reserve", "settle"], task.quote.price_micros)
            assert await here.services.ledger.audit() == []

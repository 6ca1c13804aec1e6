"""Labels of films that vendors make, and the words that some of them do not draw."""

import hashlib
from pathlib import Path

import pytest
from tests.elsewhere.station import station, upstream
from tests.media.box_samples import metadata
from tests.simulator.simulating import simulating

from filmgate.label import read_entry
from filmgate.simulator.options import DialectName

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("dialect", "said"),
    # Ink's orders have no word for it, and an order with one could not be sent there.
    [("ark", None), ("ark", False), ("ink", None)],
)
async def test_a_film_with_a_watermark_has_one_whoever_draws_it(
    dialect: DialectName, said: bool | None, database_url: str, tmp_path: Path
) -> None:
    with simulating(dialect, median=1.0, sigma=0.2, speed=4.0) as vendor:
        async with station(database_url, tmp_path, upstream(vendor, draws_watermark=said)) as here:
            [task] = await here.ended(await here.order(watermark=True))
            assert task.result is not None, task.error
            assert task.result.labels == ("c2pa", "aigc", "visible")
            film = await here.film(task)
            # A film that its vendor has marked is not encoded again.
            draws = dialect == "ark" and said is None
            [attempt] = await here.attempts(task)
            assert attempt.vendor_id is not None
            assert (attempt.vendor_id.encode() in film) is draws
            path = tmp_path / "film.mp4"
            path.write_bytes(film)
            assert (task.result.sha256, task.result.size_bytes) == (hashlib.sha256(film).hexdigest(), len(film))
            entry = read_entry(metadata(path)["AIGC"])
            assert entry is not None
            assert entry.produce_id == str(task.id)


async def test_without_labels_a_vendors_film_stays_as_it_came(database_url: str, tmp_path: Path) -> None:
    with simulating("ark", median=1.0, sigma=0.2, speed=4.0) as vendor:
        async with station(database_url, tmp_path, upstream(vendor), labels="off") as here:
            [task] = await here.ended(await here.order())
            assert task.result is not None, task.error
            assert task.result.labels == ()
            [attempt] = await here.attempts(task)
            assert attempt.vendor_id is not None
            report = await here.services.upstreams["north"].look(attempt.vendor_id)
            assert report.film_url is not None
            assert await here.film(task) == vendor.http.get(report.film_url).content

"""The worker outlives its connections to the database."""

from collections.abc import Callable

import pytest
from tests.work.workshop import Workshop, until, working

from filmgate.work.worker import Worker


@pytest.fixture
def database_url(unwashed_database_url: str) -> str:
    """A database whose every connection may be cut."""
    return unwashed_database_url


async def test_a_worker_outlives_all_its_connections(
    workshop: Workshop, worker: Callable[..., Worker], database_url: str
) -> None:
    async with working(worker()):
        first = await workshop.order()
        await until(workshop.has_status(first, "succeeded"))
        await workshop.cut_connections(database_url)
        second = await workshop.order()
        await until(workshop.has_status(second, "succeeded"))
        await until(workshop.is_listened_to)
    assert await workshop.ledger.audit() == []

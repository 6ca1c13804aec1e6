"""The workshop, opened for each test on a database of its own."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Clock
from tests.work.workshop import PRICE_MICROS, CopyingUpstream, Workshop, make_film

from filmgate.engines.base import Film
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.store.accounts import Accounts
from filmgate.store.db import Database
from filmgate.store.ledger import Ledger
from filmgate.store.tasks import Tasks
from filmgate.work.worker import Worker


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return make_film(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="session")
async def prober() -> AsyncIterator[Prober]:
    prober = Prober(processes=2)
    yield prober
    await prober.close()


@pytest.fixture
async def workshop(database: Database, film: Film, prober: Prober, clock: Clock, tmp_path: Path) -> Workshop:
    accounts = Accounts(database)
    account = await accounts.open_account("studio", clock())
    await accounts.top_up(account.id, 10 * PRICE_MICROS, "for the tests", clock())
    key = await accounts.create_key(
        account.id, name="main", secret="fg_live_workshop", test=False, quota_micros=0, now=clock()
    )
    return Workshop(
        db=database,
        accounts=accounts,
        tasks=Tasks(database),
        ledger=Ledger(database),
        objects=Objects.open(tmp_path / "objects"),
        prober=prober,
        upstream=CopyingUpstream(film),
        clock=clock,
        folder=tmp_path / "work",
        account=account,
        key=key,
    )


@pytest.fixture
def worker(workshop: Workshop, database_url: str) -> Callable[..., Worker]:
    def build(runner: Any = None, films_at_once: int = 2) -> Worker:
        return Worker(
            db=workshop.db,
            database_url=database_url,
            tasks=workshop.tasks,
            runner=runner or workshop.runner(),
            forgetter=workshop.forgetter(),
            films_at_once=films_at_once,
            clock=workshop.clock,
            folder=workshop.folder,
        )

    return build

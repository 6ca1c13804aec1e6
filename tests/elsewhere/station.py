"""A whole worker in this process, with simulated vendors as processes of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.simulator.simulating import Simulated
from tests.work.workshop import working

from filmgate.app import Services, open_services, utc_now
from filmgate.app.worker import open_worker
from filmgate.attempt import Attempt
from filmgate.dialects.base import ServerDialect
from filmgate.engines.base import EngineJob, Film, Progress
from filmgate.settings import Settings, UpstreamSettings
from filmgate.store.accounts import Key
from filmgate.task import Task
from filmgate.video import VideoRequest
from filmgate.work.doubt import Patience
from filmgate.work.follow import Lease
from filmgate.work.pace import Pace
from filmgate.work.placing import Placing

VENDOR_KEY = "sk-vendor-of-the-test"
DIALECTS = ("jimmy", "senseaudio", "ink", "ark", "openai")
MODELS = {
    "jimmy": "seedance2.0-of-sp",
    "senseaudio": "doubao-seedance-2-0-260128",
    "ink": "seedance-2.0",
    "ark": "doubao-seedance-2-0-260128",
    "openai": "seedance-2.0",
}
"""A name that each vendor has for the model of ``ORDER``."""

OURS = "seedance-2.0"
PACE = Pace(
    sweep_seconds=0.3,
    lease=Lease(beat_seconds=0.1, gone_after=timedelta(seconds=0.5), miss_seconds=0.2),
    doubt=Patience(list_after=timedelta(seconds=1), give_up_after=timedelta(seconds=15)),
    settle_seconds=0.2,
    download_pauses_seconds=(0.2, 0.5, 1.0),
)


class NoEngine:
    """An engine that nobody is to ask."""

    name = "none"

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        raise AssertionError(f"the engine here was asked for {job.task_id}")

    async def close(self) -> None:
        pass


class Station:
    """Services and one customer."""

    def __init__(self, services: Services, key: Key) -> None:
        self.services = services
        self.key = key

    def dialect(self, name: str) -> ServerDialect:
        return self.services.dialects.named(name)

    async def order(self, prompt: str = "A kite over the sea", dialect: str = "native", **changes: Any) -> Task:
        values: dict[str, Any] = {"model": OURS, "duration_seconds": 4, "resolution": "480p", **changes}
        request = VideoRequest(prompt=prompt, **values)
        return await self.services.submitter.submit(request, self.dialect(dialect), self.key, Placing())

    async def task(self, task_id: UUID) -> Task:
        found = await self.services.tasks.get(task_id)
        assert found is not None
        return found

    async def allow(self, task: Task, seconds: int) -> None:
        """Give the order so much time, which is less than anybody may order."""
        await self.services.db.run(
            "UPDATE tasks SET request = request || jsonb_build_object('timeout_seconds', $2::int) WHERE id = $1",
            task.id,
            seconds,
        )

    async def attempts(self, task: Task) -> list[Attempt]:
        return await self.services.attempts.of_task(task.id)

    async def ended(self, *tasks: Task, seconds: float = 60) -> list[Task]:
        """The tasks, once all of them have ended and left nothing open."""
        async with asyncio.timeout(seconds):
            for task in tasks:
                while not (await self.task(task.id)).is_terminal or await self.services.attempts.open_of_task(task.id):
                    await asyncio.sleep(0.02)
        return [await self.task(task.id) for task in tasks]

    async def film(self, task: Task) -> bytes:
        assert task.result is not None, task.error
        return b"".join([piece async for piece in self.services.objects.stream(task.result.film)])

    async def cost(self, task: Task) -> tuple[list[str], int]:
        """The kinds of its ledger entries, and what was spent."""
        entries = await self.services.ledger.entries_of_task(task.id)
        return [entry.kind for entry in entries], sum(entry.postings.spent for entry in entries)


def upstream(simulated: Simulated, name: str = "north", **changes: Any) -> UpstreamSettings:
    """How a simulator is set up as an upstream."""
    values: dict[str, Any] = {
        "name": name,
        "dialect": simulated.dialect,
        "base_url": simulated.base_url,
        "key_env": "VENDOR_KEY_OF_THE_TEST",
        "models": {"*": MODELS[simulated.dialect]},
        "submits_per_minute": 10_000,
        "max_running": 1000,
        "looks_per_second": 200.0,
    }
    return UpstreamSettings(**(values | changes))


@asynccontextmanager
async def station(
    database_url: str, folder: Path, *upstreams: UpstreamSettings, workers: int = 1, pace: Pace = PACE, **settings: Any
) -> AsyncIterator[Station]:
    """A station, with a worker at work unless it is told otherwise. Each further one is as a process of its own: it
    shares nothing but the database and the objects."""
    built = Settings(data=folder, allow_private_networks=True, engine_processes=2, upstream=upstreams, **settings)
    services = await open_services(built, database_url)
    try:
        account = await services.accounts.open_account(f"studio {uuid4()}", utc_now())
        await services.accounts.top_up(account.id, 10**12, "for the test", utc_now())
        key = await services.accounts.create_key(
            account.id, name="main", secret=f"fg_live_{uuid4()}", test=False, quota_micros=0, now=utc_now()
        )
        async with AsyncExitStack() as opened:
            for number in range(workers):
                own = services
                if number > 0:
                    own = await open_services(built, database_url)
                    opened.push_async_callback(own.close)
                await opened.enter_async_context(working(await open_worker(own, NoEngine(), pace)))
            yield Station(services, key)
    finally:
        await services.close()


@pytest.fixture(autouse=True)
def vendor_key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("VENDOR_KEY_OF_THE_TEST", VENDOR_KEY)
    return VENDOR_KEY

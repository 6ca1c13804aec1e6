"""One run at the vendors: orders, workers and their deaths, and the proof."""

import asyncio
import logging
import os
import random
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from chaos.vendors.crew import Crew
from chaos.vendors.market import KEY, KEY_NAME, MODEL, open_market
from chaos.vendors.proof import Doubts, doubts_in, is_quiet, prove
from chaos.vendors.worker import FILM_SECONDS
from filmgate.app import Services, open_services
from filmgate.money import MICROS_PER_CREDIT
from filmgate.settings import load_settings
from filmgate.store.embedded import start_embedded
from filmgate.store.migrate import migrate
from filmgate.video import VideoRequest
from filmgate.work.placing import Placing

_PLACED_AT_ONCE = 32
_LOOK_SECONDS = 0.5


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is asked to be."""

    seed: int
    orders: int
    workers: int
    kill_every_seconds: float
    limit_seconds: float


class VendorsResult(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one run."""

    seed: int
    orders: int
    ends: dict[str, int]
    kills: int
    doubts: Doubts
    jobs: int
    violations: list[str]
    seconds: float

    def line(self) -> str:
        """For people."""
        ends = ", ".join(f"{count} {word}" for word, count in sorted(self.ends.items()))
        return (
            f"seed {self.seed}: {self.orders} orders ({ends}), {self.kills} kills, {self.doubts.line()}, "
            f"{self.jobs} jobs, {len(self.violations)} violations, {self.seconds:.1f} s"
        )


async def run(data: Path, options: RunOptions) -> VendorsResult:
    """Carry out a run in a data folder, which is made for it.

    Raises:
        TimeoutError: a vendor does not start.
    """
    began = time.monotonic()
    os.environ[KEY_NAME] = KEY
    # What is wrong is told by the workers' log; this process only orders.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    data.mkdir()
    postgres = await asyncio.to_thread(start_embedded, data)
    try:
        await asyncio.to_thread(migrate, postgres.url)
        async with open_market(data / "vendors", options.seed) as market:
            market.write_settings(data)
            services = await open_services(load_settings(data), postgres.url)
            crew = Crew(data, options.workers, random.Random(options.seed))
            try:
                crew.open(options.kill_every_seconds)
                await _place(services, options.orders)
                await _until_quiet(services, began + options.limit_seconds)
                crew.stop_killing()
                jobs = market.jobs()
                violations = await prove(options.orders, jobs, services.db, crew.log)
                ends = await services.db.rows("SELECT status, count(*) AS count FROM tasks GROUP BY status")
            finally:
                await crew.close()
                await services.close()
    finally:
        await asyncio.to_thread(postgres.stop)
    return VendorsResult(
        seed=options.seed,
        orders=options.orders,
        ends={row["status"]: row["count"] for row in ends},
        kills=crew.kills,
        doubts=doubts_in(crew.log),
        jobs=sum(sum(Counter(of_vendor).values()) for of_vendor in jobs.values()),
        violations=violations,
        seconds=time.monotonic() - began,
    )


async def _place(services: Services, orders: int) -> None:
    now = datetime.now(UTC)
    account = await services.accounts.open_account("customer", now)
    await services.accounts.top_up(account.id, orders * 1000 * MICROS_PER_CREDIT, "for the run", now)
    key = await services.accounts.create_key(
        account.id, name="own", secret="fg_chaos", test=False, quota_micros=0, now=now
    )
    slots, native = asyncio.Semaphore(_PLACED_AT_ONCE), services.dialects.named("native")

    async def order(number: int) -> None:
        async with slots:
            request = VideoRequest(
                model=MODEL, prompt=f"order {number}", duration_seconds=FILM_SECONDS, resolution="480p"
            )
            await services.submitter.submit(request, native, key, Placing())

    await asyncio.gather(*(order(number) for number in range(orders)))


async def _until_quiet(services: Services, end: float) -> None:
    while time.monotonic() < end and not await is_quiet(services.db):
        await asyncio.sleep(_LOOK_SECONDS)

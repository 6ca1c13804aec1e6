"""One run: a house, its customers, its faults, and the proof."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from chaos.clients import Client, Outcome
from chaos.faults import carry_out, mount_small_disk, unmount
from chaos.house import House, fresh_folder, wait_for_port
from chaos.plan import RunPlan, plan_run
from chaos.proof import prove, until_quiet
from chaos.receivers import Receivers
from filmgate.money import MICROS_PER_CREDIT
from filmgate.store.accounts import Accounts
from filmgate.store.db import Database
from filmgate.store.webhooks import Webhooks
from filmgate.task import TERMINAL

API_PROCESSES = 2
WORKERS = 2

# Of the object store. The film of an order and what lies beside it are 0.21 MB: only a fault fills it.
_DISK_MEGABYTES = 16
_DISK_MEGABYTES_AN_ORDER = 0.25
# For the slowest order, counted from the first.
_LONGEST_SECONDS = 120.0


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one run."""

    seed: int
    orders: int
    faults: dict[str, int]
    kills: int
    retries: int
    """Creates that were asked for again."""
    calls: int
    """Of webhooks."""
    ends: dict[str, int]
    seconds: float
    violations: list[str]

    def line(self) -> str:
        """For people."""
        ends = ", ".join(f"{count} {word}" for word, count in sorted(self.ends.items()))
        return (
            f"seed {self.seed}: {self.orders} orders ({ends}), {sum(self.faults.values())} faults, {self.kills} kills, "
            f"{self.retries} creates asked again, {self.calls} webhook calls, {len(self.violations)} violations, "
            f"{self.seconds:.1f} s"
        )


async def run(seed: int, parent: Path, template: Path, orders: int, faults: int, seconds: float) -> RunResult:
    """Carry out the run of a seed in ``parent/run``.

    Raises:
        TimeoutError: nobody serves at its beginning.
    """
    began = time.monotonic()
    plan = plan_run(seed, orders=orders, faults=faults, seconds=seconds)
    data = fresh_folder(parent, template)
    has_small_disk = await mount_small_disk(
        data / "objects", _DISK_MEGABYTES + round(orders * _DISK_MEGABYTES_AN_ORDER)
    )
    house, receivers = House(data, api_processes=API_PROCESSES, workers=WORKERS), Receivers(plan.orders)
    try:
        await receivers.open()
        await house.open()
        keys = await _set_up(house, receivers, plan)
        await asyncio.to_thread(wait_for_port, house.port)
        outcomes = await _live(house, receivers, plan, keys)
        violations = await _prove(house, receivers, outcomes)
    finally:
        await house.close()
        await receivers.close()
        if has_small_disk:
            await unmount(data / "objects")
    return RunResult(
        seed=seed,
        orders=len(outcomes),
        faults=dict(Counter(fault.kind for fault in plan.faults)),
        kills=house.kills,
        retries=sum(max(outcome.tries - 1, 0) for outcome in outcomes),
        calls=receivers.calls,
        ends=dict(Counter(outcome.status or "lost" for outcome in outcomes)),
        seconds=time.monotonic() - began,
        violations=violations,
    )


async def _set_up(house: House, receivers: Receivers, plan: RunPlan) -> list[str]:
    """Accounts with money, a key and an endpoint each; the secrets of the keys."""
    database = await Database.open(house.database_url, connections=1)
    keys = []
    try:
        accounts, webhooks, now = Accounts(database), Webhooks(database), datetime.now(UTC)
        for number in range(plan.accounts):
            account = await accounts.open_account(f"customer-{number}", now)
            await accounts.top_up(account.id, len(plan.orders) * 1000 * MICROS_PER_CREDIT, "for the run", now)
            secret = f"fg_chaos_{plan.seed}_{number}"
            await accounts.create_key(account.id, name="own", secret=secret, test=False, quota_micros=0, now=now)
            keys.append(secret)
            await webhooks.add_endpoint(account.id, f"{receivers.url}/accounts/{number}", sorted(TERMINAL), "", now)
            receivers.secrets.append((await webhooks.secrets(account.id, now))[0].secret)
    finally:
        await database.close()
    return keys


async def _live(house: House, receivers: Receivers, plan: RunPlan, keys: list[str]) -> list[Outcome]:
    client = Client(house.url, keys, receivers.hook, plan.seed, _LONGEST_SECONDS)
    try:
        async with asyncio.TaskGroup() as group:
            for fault in plan.faults:
                group.create_task(carry_out(fault, house))
            living = [group.create_task(client.live(order)) for order in plan.orders]
    finally:
        await client.close()
    return [each.result() for each in living]


async def _prove(house: House, receivers: Receivers, outcomes: list[Outcome]) -> list[str]:
    database = await Database.open(house.database_url, connections=2)
    try:
        await until_quiet(database)
        return await prove(outcomes, receivers, database, house.log)
    finally:
        await database.close()

"""``accept``: durable creates a second over HTTP, against the same SQL call by bare asyncpg."""

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from bench.figures import Figure
from bench.load import run_load
from bench.orders import create_requests
from bench.server import filmgate_server, new_key
from filmgate import ids
from filmgate.catalogue.choose import plan
from filmgate.catalogue.load import load_catalogue
from filmgate.store.accept import NewTask, as_row
from filmgate.store.accounts import Accounts
from filmgate.store.db import Database
from filmgate.store.embedded import start_embedded
from filmgate.video import VideoRequest

_ACCOUNTS = 16
_CLIENTS = 64
_BARE_CONNECTIONS = 16
_SECONDS = 8.0
_LITELLM_CREATES = 183
_CALL = "SELECT verdict FROM accept_orders($1::new_order[])"


def measure(processes: int = 1) -> Figure:
    """Run it."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with filmgate_server(data, "--no-worker", "--processes", str(processes)) as port:
            keys = [new_key(data, "--account", f"bench-{n}", "--credits", "999999999") for n in range(_ACCOUNTS)]
            embedded = start_embedded(data)
            try:
                return asyncio.run(_measure(port, keys, embedded.url, processes))
            finally:
                embedded.stop()


async def _measure(port: int, keys: list[str], url: str, processes: int) -> Figure:
    requests = create_requests(f"127.0.0.1:{port}", keys)
    await run_load("127.0.0.1", port, requests, connections=_CLIENTS, seconds=1)  # Warm caches and pools.
    bare = await _bare_calls(url, keys)
    load = await run_load("127.0.0.1", port, requests, connections=_CLIENTS, seconds=_SECONDS)
    if load.failures:
        raise RuntimeError(f"{load.failures} of {load.answers} creates were refused")
    return Figure(
        id="accept",
        work=f"durable creates over HTTP, {_CLIENTS} clients, three dialects, API processes: {processes}",
        unit="/s",
        measured=load.per_second,
        limit=bare,
        limit_is=f"the same SQL call by bare asyncpg, {_BARE_CONNECTIONS} connections",
        aim=0.5,
        remarks=f"p50 {load.times.p50:.1f} ms, p99 {load.times.p99:.1f} ms; "
        f"{load.per_second / _LITELLM_CREATES:.0f} times LiteLLM's best",
    )


async def _bare_calls(url: str, keys: list[str]) -> float:
    database = await Database.open(url, connections=1)
    accounts = Accounts(database)
    owners = [await accounts.key_by_secret(key) for key in keys]
    await database.close()
    request = VideoRequest(
        model="seedance2.0-of-sp", prompt="雨夜街头，女孩回头微笑，电影感镜头推进", duration_seconds=5
    )
    planned = plan(load_catalogue(), request, "jimmy")
    end, calls = time.perf_counter() + _SECONDS, 0

    async def one(number: int) -> None:
        nonlocal calls
        connection = await asyncpg.connect(url)
        call = await connection.prepare(_CALL)
        turn = number
        while time.perf_counter() < end:
            owner = owners[turn % len(owners)]
            turn += 1
            assert owner is not None
            order = NewTask(
                id=ids.new_id(),
                account_id=owner.account_id,
                key_id=owner.id,
                test=False,
                dialect="jimmy",
                request=planned.request,
                quote=planned.quote,
                created_at=datetime.now(UTC),
            )
            verdict = await call.fetchval([as_row(order)])
            assert verdict == "ok"
            calls += 1
        await connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(_BARE_CONNECTIONS)))
    return calls / (time.perf_counter() - began)

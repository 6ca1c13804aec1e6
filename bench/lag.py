"""``lag``: from the commit of an order's change to its customers, and to the receiver of its webhook.

The changes are made here, through the stores and as a worker makes them, so that the moments of their commits are
known; no film is made meanwhile. Each order has two watchers, in two API processes. The limit is what Postgres alone
takes to tell another connection something, measured meanwhile.
"""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import asyncpg

from bench.figures import Figure, spread
from bench.receiver import receiving
from bench.server import api_processes, module_process, new_key
from bench.watched_orders import Notes, Times, WatchedOrders
from filmgate.store.db import Database
from filmgate.store.embedded import start_embedded
from filmgate.store.tasks import Tasks

_ORDERS = 300
_ORDERS_PER_SECOND = 20
_API_PROCESSES = 2
_BARE_CHANNEL = "bench"
_BARE_PAUSE_SECONDS = 0.05
_WANTED_P99_MILLISECONDS = 100
_AIM = 0.05


def measure() -> list[Figure]:
    """Run it."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with (
            api_processes(data, _API_PROCESSES) as ports,
            module_process("bench.teller", data, says="filmgate_deliveries"),
        ):
            key = new_key(data, "--account", "bench", "--credits", "99999")
            embedded = start_embedded(data)
            try:
                return asyncio.run(_measure(ports, key, embedded.url))
            finally:
                embedded.stop()


async def _measure(ports: list[int], key: str, url: str) -> list[Figure]:
    notes = Notes()
    async with AsyncExitStack() as closing:
        db = await Database.open(url)
        closing.push_async_callback(db.close)
        receiver = await closing.enter_async_context(receiving(notes.hear))
        session = await closing.enter_async_context(
            aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {key}"},
                connector=aiohttp.TCPConnector(limit=0),
                raise_for_status=True,
            )
        )
        orders = WatchedOrders(session, [f"http://127.0.0.1:{port}" for port in ports], receiver, Tasks(db), notes)
        await orders.order(_API_PROCESSES, _ORDERS_PER_SECOND)  # Warm caches and pools.
        notes.clear()
        is_over = asyncio.Event()
        comparing = asyncio.create_task(_bare_notifications(url, is_over))
        await orders.order(_ORDERS, _ORDERS_PER_SECOND)
        is_over.set()
        bare = await comparing
    return [
        _figure("the server-sent event", notes, notes.events, bare),
        _figure("the answer to a GET that waits", notes, notes.answers, bare),
        _figure("the webhook that tells of it", notes, notes.webhooks, bare),
    ]


def _figure(what: str, notes: Notes, heard: Times, bare: list[float]) -> Figure:
    took = spread([at - notes.committed[moment] for moment, at in heard.items()])
    return Figure(
        id="lag",
        work=f"from the commit of a change to {what}, {len(heard)} changes of {_ORDERS} orders, "
        f"{_ORDERS_PER_SECOND} orders/s, API processes: {_API_PROCESSES}",
        unit="ms",
        measured=took.mean,
        limit=spread(bare).mean,
        limit_is="a bare NOTIFY between two connections",
        aim=_AIM,
        remarks=f"p50 {took.p50:.1f} ms, p99 {took.p99:.1f} ms; wanted: p99 below {_WANTED_P99_MILLISECONDS} ms",
        less_is_better=True,
    )


async def _bare_notifications(url: str, is_over: asyncio.Event) -> list[float]:
    """How long Postgres takes, in seconds, from the call of one connection to the callback of another."""
    speaker, listener = await asyncpg.connect(url), await asyncpg.connect(url)
    heard: asyncio.Queue[float] = asyncio.Queue()
    times = []

    def hear(*_: object) -> None:
        heard.put_nowait(time.monotonic())

    await listener.add_listener(_BARE_CHANNEL, hear)
    while not is_over.is_set():
        began = time.monotonic()
        await speaker.execute("SELECT pg_notify($1, $2)", _BARE_CHANNEL, "")
        times.append(await heard.get() - began)
        await asyncio.sleep(_BARE_PAUSE_SECONDS)
    await listener.remove_listener(_BARE_CHANNEL, hear)
    await listener.close()
    await speaker.close()
    return times

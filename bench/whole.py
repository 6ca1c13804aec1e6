"""``whole``: orders a second through their whole lives, from the first create to the last webhook.

Accepted over HTTP in the three seed dialects, run by a worker with an engine of ready films, saved and decoded to
the end, settled in the ledger, told to a receiver. The limit is decoding the same films and nothing else, by as many
child processes.
"""

import asyncio
import json
import tempfile
import time
import urllib.request
from pathlib import Path

import msgspec
from aiohttp import web

from bench.cpu import CpuSeconds, cpu_seconds
from bench.figures import Figure
from bench.load import send_all
from bench.orders import create_requests
from bench.receiver import receiving
from bench.server import api_processes, module_process, new_key
from bench.worker import FILMS_FOLDER
from filmgate.media.probe import Prober

_ACCOUNTS = 8
_CLIENTS = 64
_FILMS_AT_ONCE = 16
_DECODING_AT_ONCE = 2
_PATIENCE_SECONDS = 120.0


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    films_are: str
    film_seconds: int
    orders: int
    aim: float


_KINDS = (
    _Kind(name="plain", films_are="hardly any content, padded", film_seconds=4, orders=900, aim=0.5),
    _Kind(name="drawn", films_are="drawn by the animatic", film_seconds=8, orders=96, aim=0.8),
)


def measure() -> list[Figure]:
    """Run it for films that decode at once, and for films that take a decoder some time."""
    return [_measure(kind) for kind in _KINDS]


def _measure(kind: _Kind) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with (
            api_processes(data, 1) as (port,),
            module_process("bench.worker", data, kind.name, str(_FILMS_AT_ONCE), says="worker.started"),
        ):
            keys = [new_key(data, "--account", f"bench-{n}", "--credits", "999999999") for n in range(_ACCOUNTS)]
            return asyncio.run(_run(kind, data, port, keys))


async def _run(kind: _Kind, data: Path, port: int, keys: list[str]) -> Figure:
    told = _Told()
    async with receiving(told.hear) as receiver:
        for key in keys:
            _add_webhook(port, key, receiver)
        requests = create_requests(f"127.0.0.1:{port}", keys, film_seconds=kind.film_seconds)
        # Warm caches, pools and children, and make the films.
        await _order(port, requests, told)
        films = sorted((data / FILMS_FOLDER).glob("*/*.mp4"))
        decoding_per_second = await _decode(films, kind.orders)
        before, began = cpu_seconds(data), time.perf_counter()
        await _order(port, [requests[n % len(requests)] for n in range(kind.orders)], told)
        took = time.perf_counter() - began
        after = cpu_seconds(data)
    return Figure(
        id="whole",
        work=f"orders from create to webhook, {_CLIENTS} clients, three dialects, films of 1 MB ({kind.films_are}), "
        f"{_FILMS_AT_ONCE} in hand, {_DECODING_AT_ONCE} decoded at once",
        unit="/s",
        measured=kind.orders / took,
        limit=decoding_per_second,
        limit_is="decoding the films alone",
        aim=kind.aim,
        remarks=_split(before, after, kind.orders, took),
    )


class _Told:
    """The webhooks that came, each counted once."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._wanted = 0
        self._all_there = asyncio.Event()

    def hear(self, request: web.BaseRequest, body: bytes) -> None:
        if b'"task.succeeded"' not in body:
            raise RuntimeError(f"an order did not succeed: {body[:500]!r}")
        self._ids.add(request.headers["webhook-id"])
        if len(self._ids) >= self._wanted:
            self._all_there.set()

    def expect(self, count: int) -> None:
        """So many more than there are."""
        self._wanted = len(self._ids) + count
        self._all_there.clear()

    async def all(self) -> None:
        """Return when they are there."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self._all_there.wait()


async def _order(port: int, requests: list[bytes], told: _Told) -> None:
    """Send every create, and return when every film has been told of."""
    told.expect(len(requests))
    load = await send_all("127.0.0.1", port, requests, connections=_CLIENTS)
    if load.failures:
        raise RuntimeError(f"{load.failures} of {load.answers} creates were refused")
    await told.all()


async def _decode(films: list[Path], count: int) -> float:
    """Films a second that as many children decode as the worker has, when nothing else is to be done."""
    prober = Prober(_DECODING_AT_ONCE)
    try:
        await asyncio.gather(*(prober.check_film(films[n % len(films)]) for n in range(_DECODING_AT_ONCE * 4)))
        began = time.perf_counter()
        await asyncio.gather(*(prober.check_film(films[n % len(films)]) for n in range(count)))
        return count / (time.perf_counter() - began)
    finally:
        await prober.close()


def _split(before: CpuSeconds, after: CpuSeconds, orders: int, took_seconds: float) -> str:
    spent = {who: seconds - before.get(who, 0.0) for who, seconds in after.items()}
    parts = ", ".join(f"{who} {seconds / orders * 1000:.1f}" for who, seconds in sorted(spent.items()))
    return f"CPU ms an order: {parts}; {sum(spent.values()) / took_seconds:.1f} cores busy"


def _add_webhook(port: int, key: str, receiver: str) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/filmgate/v1/webhooks",
        json.dumps({"url": receiver}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()

"""``open``: one worker follows fifty thousand films at a vendor, one by one and by a list of many.

The rows are copied into the database as if another worker had sent the orders and died; a worker as ``filmgate work``
runs it takes them over. Their ages are those of films in the making, so that looks come as often as in life. None of
them ends meanwhile: what endings cost is what ``whole`` measures.
"""

import asyncio
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
import numpy as np
import psutil

from bench.figures import Figure
from bench.schedules import film_seconds
from bench.server import vendor_server, worker_process
from bench.vendor import task_name
from filmgate.ids import new_id
from filmgate.store.embedded import start_embedded
from filmgate.store.figures import WorkerSaid
from filmgate.work.poll_times import KEPT_FILMS

_FILMS = 50_000
_SIGMA = 0.3
_SECONDS = 20.0
_PATIENCE_SECONDS = 180.0
_MODEL = "doubao-seedance-2-0-260128"
_WANTED_KILOBYTES = 20.0
# No film ends for a day.
_LATER_SECONDS = 86_400.0
_REQUEST = msgspec.json.encode(
    {
        "model": _MODEL,
        "prompt": "A paper boat drifts down a rain gutter at dusk. " * 4,
        "duration_seconds": 5,
        "resolution": "720p",
        "ratio": "16:9",
    }
).decode()
_UPSTREAM = """
[[upstream]]
name = "vendor"
dialect = "{dialect}"
base_url = "http://127.0.0.1:{port}"
key_env = "BENCH_VENDOR_KEY"
models = {{ "*" = "*" }}
max_running = 1000000
submits_per_minute = 1000000
looks_per_second = {looks_per_second}
"""


class _Way(msgspec.Struct, frozen=True, kw_only=True):
    """How the vendor is asked."""

    dialect: str
    said: str
    looks_per_second: int


_WAYS = (
    _Way(dialect="senseaudio", said="one by one", looks_per_second=100_000),
    _Way(dialect="ark", said="by lists of 500", looks_per_second=10),
)


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of the worker at some moment."""

    at_seconds: float
    cpu_seconds: float
    calls: int
    followed: int
    age_seconds_sum: float


def measure() -> list[Figure]:
    """Run it in both ways."""
    return [figure for way in _WAYS for figure in _measure(way)]


def _measure(way: _Way) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        with vendor_server(data.parent) as port:
            (data / "filmgate.toml").write_text(
                _UPSTREAM.format(dialect=way.dialect, port=port, looks_per_second=way.looks_per_second)
            )
            with worker_process(data) as process_id:
                embedded = start_embedded(data)
                try:
                    return asyncio.run(_follow(way, embedded.url, port, psutil.Process(process_id)))
                finally:
                    embedded.stop()


async def _follow(way: _Way, url: str, port: int, worker: psutil.Process) -> list[Figure]:
    connection = await asyncpg.connect(url)
    try:
        bytes_before = worker.memory_info().rss
        await _fill(connection)
        await _until_all_are_known(connection, port, worker)
        before = await _sample(connection, port, worker)
        await asyncio.sleep(_SECONDS)
        after = await _sample(connection, port, worker)
        bytes_after = worker.memory_info().rss
    finally:
        await connection.close()
    took_seconds = after.at_seconds - before.at_seconds
    cores = (after.cpu_seconds - before.cpu_seconds) / took_seconds
    calls_per_second = (after.calls - before.calls) / took_seconds
    mean_seconds = float(film_seconds(_SIGMA, 10_000, seed=0).mean())
    remarks = (
        f"{calls_per_second:,.0f} calls a second, {calls_per_second * mean_seconds / _FILMS:.2f} a film, "
        f"{cores / calls_per_second * 1e6:,.0f} µs of CPU each; "
        f"what is known of a film is {after.age_seconds_sum / after.followed:.1f} s old on average"
    )
    of_films = f"{_FILMS:,} films at a vendor followed by one worker, asked about {way.said}"
    return [
        Figure(
            id="open",
            work=f"memory for each of {of_films}",
            unit="KB",
            measured=(bytes_after - bytes_before) / _FILMS / 1000,
            limit=_WANTED_KILOBYTES,
            limit_is="what is wanted at most",
            aim=1.0,
            less_is_better=True,
        ),
        Figure(
            id="open",
            work=of_films,
            unit="cores",
            measured=cores,
            limit=1.0,
            limit_is="one core",
            aim=1.0,
            remarks=remarks,
            less_is_better=True,
        ),
    ]


async def _fill(connection: asyncpg.Connection) -> None:
    """Films in the making that nobody follows, and how long films like them took."""
    account_id, key_id, now = new_id(), new_id(), datetime.now(UTC)
    await connection.execute("INSERT INTO accounts (id, name, created_at) VALUES ($1, 'bench', $2)", account_id, now)
    await connection.execute(
        "INSERT INTO film_times (upstream, model, resolution, seconds, took_seconds) "
        "VALUES ('vendor', $1, '720p', 5, $2)",
        _MODEL,
        list(film_seconds(_SIGMA, KEPT_FILMS, seed=1)),
    )
    tasks, attempts = [], []
    for number, age_seconds in enumerate(_ages()):
        task_id, began = new_id(), now - timedelta(seconds=age_seconds)
        tasks.append(
            (task_id, account_id, key_id, 5_000_000, 1_000_000, began, began, False, "running", "native", "seedance",
             "second", "5", "1", _REQUEST, "send:vendor")
        )  # fmt: skip
        name = task_name(time.time() + _LATER_SECONDS, number)
        attempts.append((task_id, 1, "vendor", began, True, _MODEL, name, began, "running"))
    async with connection.transaction():
        await connection.copy_records_to_table(
            "tasks",
            records=tasks,
            columns=["id", "account_id", "key_id", "price_micros", "unit_price_micros", "created_at", "started_at",
                     "test", "status", "dialect", "billing_name", "unit", "units", "price_version", "request", "lane"],
        )  # fmt: skip
        await connection.copy_records_to_table(
            "attempts",
            records=attempts,
            columns=["task_id", "number", "upstream", "started_at", "remote", "vendor_model", "vendor_id",
                     "submitted_at", "vendor_state"],
        )  # fmt: skip
    await connection.execute("ANALYZE tasks, attempts")


def _ages() -> list[float]:
    """Of films that are in the making at some moment, in seconds: of long ones there are more."""
    random = np.random.default_rng(2)
    took = film_seconds(_SIGMA, 20 * _FILMS, seed=3)
    chosen = random.choice(took, _FILMS, p=took / took.sum())
    return [float(age) for age in random.random(_FILMS) * chosen]


async def _until_all_are_known(connection: asyncpg.Connection, port: int, worker: psutil.Process) -> None:
    """Wait until the worker follows every film and has looked at each of them once.

    Raises:
        TimeoutError: it does not.
    """
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            await asyncio.sleep(1)
            sample = await _sample(connection, port, worker)
            unseen = await connection.fetchval("SELECT count(*) FROM attempts WHERE looked_at IS NULL")
            if sample.followed == _FILMS and unseen == 0:
                return


async def _sample(connection: asyncpg.Connection, port: int, worker: psutil.Process) -> _Sample:
    said = msgspec.json.decode(await connection.fetchval("SELECT said::text FROM workers LIMIT 1"), type=WorkerSaid)
    times = worker.cpu_times()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/asked") as answer:
        calls = int(answer.read())
    return _Sample(
        at_seconds=time.perf_counter(),
        cpu_seconds=times.user + times.system,
        calls=calls,
        followed=said.followed,
        age_seconds_sum=said.status_age_seconds_sum,
    )

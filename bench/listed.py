"""The worker's pump at two vendors of this machine, of which one has a list of many: a part of ``looks``."""

import asyncio
import random
import time
from datetime import UTC, datetime
from typing import cast

import numpy as np

from bench.figures import Figure, spread
from bench.schedules import film_seconds
from bench.vendor import Vendor, ends_at, task_name
from filmgate.dialects import build_clients
from filmgate.dialects.client import Report
from filmgate.ids import new_id
from filmgate.outbound import Outbound
from filmgate.store.film_times import FilmKind, FilmTimes
from filmgate.store.followers import Followed
from filmgate.upstreams.breaker import Breaker
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.kinds import KnownKinds, kind_of
from filmgate.work.poll_times import KEPT_FILMS
from filmgate.work.pump import Pump
from filmgate.work.watch import Entry

FILMS = 300
_SIGMA = 0.3
_SECONDS = 60.0
_WANTED_SECONDS = 1.0
_LOOKS_PER_SECOND = 1000.0


def measure() -> Figure:
    """Run it at both vendors at once."""
    listed, single = asyncio.run(_measure())
    lag, single_lag = spread(listed.lags), spread(single.lags)
    return Figure(
        id="looks",
        work=f"median lag of the worker at a vendor with a list of many, {FILMS} films open",
        unit="s",
        measured=lag.p50 / 1000,
        limit=_WANTED_SECONDS,
        limit_is="the lag that is wanted",
        aim=1.0,
        remarks=f"{listed.calls_per_film:.2f} calls a film (wanted: 1 at most), p99 {lag.p99 / 1000:.1f} s; one by one "
        f"in the same run: p50 {single_lag.p50 / 1000:.1f} s, {single.calls_per_film:.1f} calls a film",
        less_is_better=True,
    )


async def _measure() -> "tuple[_Watched, _Watched]":
    outbound = Outbound(allow_private_networks=True)
    watched = [_Watched("ark"), _Watched("senseaudio")]
    try:
        await asyncio.gather(*(each.run(outbound) for each in watched))
    finally:
        await outbound.close()
    return watched[0], watched[1]


class _Watched:
    """Films at a vendor, always as many: for each one that has ended another begins."""

    def __init__(self, dialect: str) -> None:
        self.lags: list[float] = []
        """Of films that have ended, in seconds."""
        self.calls_per_film = 0.0
        self._dialect = dialect
        self._numbers = iter(range(1 << 32))
        # All that the pump asks of the history is which films there were.
        self._kinds = KnownKinds(cast("FilmTimes", _History()))
        self._took = iter(film_seconds(_SIGMA, 100 * FILMS, seed=1))

    async def run(self, outbound: Outbound) -> None:
        vendor = Vendor()
        async with await vendor.listen() as server:
            pump = self._pump(outbound, int(server.sockets[0].getsockname()[1]))
            for age_seconds, took_seconds in _in_the_middle():
                self._begin(pump, age_seconds, took_seconds)
            await self._kinds.refresh()
            running = asyncio.create_task(pump.run())
            # Everything is looked at once; what that found says nothing.
            await asyncio.sleep(_SECONDS / 10)
            before = vendor.calls
            self.lags.clear()
            await asyncio.sleep(_SECONDS)
            self.calls_per_film = (vendor.calls - before) / len(self.lags)
            running.cancel()
            await asyncio.wait({running})

    def _pump(self, outbound: Outbound, port: int) -> Pump:
        upstream = RemoteUpstream(
            name=self._dialect,
            client=build_clients(plain_http_allowed=True)[self._dialect],
            base_url=f"http://127.0.0.1:{port}",
            key="bench",
            outbound=outbound,
            breaker=Breaker(time.monotonic),
            max_running=FILMS,
            submits_per_minute=FILMS,
            answer_seconds=10.0,
            looks_per_second=_LOOKS_PER_SECOND,
            resubmits_in_doubt=False,
        )

        async def in_the_making(_entry: Entry, _report: Report) -> None:
            pass

        async def ended(entry: Entry, _report: Report, _took_seconds: float) -> bool:
            self.lags.append(time.time() - ends_at(entry.followed.vendor_id))
            self._begin(pump, 0.0, float(next(self._took)))
            return True

        async def lost(entry: Entry) -> None:
            raise RuntimeError(f"{entry.followed.vendor_id} is not there")

        pump = Pump(upstream, self._kinds, in_the_making=in_the_making, ended=ended, lost=lost)
        return pump

    def _begin(self, pump: Pump, age_seconds: float, took_seconds: float) -> None:
        followed = _film(self._dialect, time.time() - age_seconds + took_seconds, next(self._numbers))
        self._kinds.times(kind_of(followed))
        pump.add(Entry(followed, time.monotonic() - age_seconds), due_now=False)


class _History:
    """What is remembered of films of any kind."""

    async def last(self, kinds: list[FilmKind]) -> dict[FilmKind, list[float]]:
        return {kind: list(film_seconds(_SIGMA, KEPT_FILMS, seed=2)) for kind in kinds}


def _in_the_middle() -> list[tuple[float, float]]:
    """The ages and lengths of films that are in the making at some moment, in seconds: of long ones there are more."""
    took = film_seconds(_SIGMA, 100 * FILMS, seed=3)
    chosen = np.random.default_rng(4).choice(took, FILMS, p=took / took.sum())
    return [(random.random() * float(each), float(each)) for each in chosen]


def _film(upstream: str, end: float, number: int) -> Followed:
    return Followed(
        task_id=new_id(),
        number=1,
        upstream=upstream,
        vendor_model="doubao-seedance-2-0-260128",
        vendor_id=task_name(end, number),
        submitted_at=datetime.now(UTC),
        looks=0,
        resolution="480p",
        seconds=4,
    )

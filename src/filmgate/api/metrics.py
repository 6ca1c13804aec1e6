"""``/metrics`` in Prometheus' text form: what the database knows of the whole installation, and this process's HTTP."""

import hmac
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec
from litestar.types import Send
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from filmgate.api.answers import send_bytes
from filmgate.api.calls import Call
from filmgate.api.measure import BOUNDS_SECONDS, HttpFigures
from filmgate.api.services import Services
from filmgate.errors import NoSuchAddress, Unauthenticated, Unavailable
from filmgate.store.figures import Figures, read_figures

_FRESH = ((b"cache-control", b"no-store"),)


class Described(msgspec.Struct, frozen=True):
    """One metric, for people and for scrapers."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    text: str
    labels: tuple[str, ...] = ()


METRICS: tuple[Described, ...] = (
    Described("filmgate_database_up", "gauge", "Whether the database answers; 0: only HTTP figures are there."),
    Described("filmgate_queue_waiting", "gauge", "Jobs that wait for a worker.", ("lane",)),
    Described("filmgate_queue_taken", "gauge", "Jobs that a worker has in hand.", ("lane",)),
    Described("filmgate_queue_oldest_seconds", "gauge", "How long the oldest waiting job has waited.", ("lane",)),
    Described("filmgate_orders_open", "gauge", "Orders that have not ended.", ("status", "test")),
    Described("filmgate_attempts_in_doubt", "gauge", "Attempts whose answer was lost.", ("upstream",)),
    Described(
        "filmgate_attempts_in_doubt_oldest_seconds", "gauge", "How long the oldest doubt has lasted.", ("upstream",)
    ),
    Described(
        "filmgate_attempts_ended_total",
        "counter",
        "Attempts that ended, by outcome and by whose fault it was; without those that a dead worker left at the "
        "engine here.",
        ("upstream", "outcome", "fault"),
    ),
    Described(
        "filmgate_looks_total",
        "counter",
        "Status calls about attempts that have ended, lists not counted.",
        ("upstream",),
    ),
    Described("filmgate_upstream_running", "gauge", "Orders at an upstream, over all workers.", ("upstream",)),
    Described(
        "filmgate_upstream_paused_seconds", "gauge", "How long an upstream wants to be left alone yet.", ("upstream",)
    ),
    Described("filmgate_workers_alive", "gauge", "Workers that said so within 30 seconds."),
    Described("filmgate_films_followed", "gauge", "Films at vendors that workers look at."),
    Described(
        "filmgate_status_age_mean_seconds", "gauge", "How old what is known of a followed film is, over all of them."
    ),
    Described("filmgate_status_age_max_seconds", "gauge", "The same of the film that was not looked at for longest."),
    Described(
        "filmgate_breakers",
        "gauge",
        "Workers by the state of their circuit breaker at an upstream: closed, half open or open.",
        ("upstream", "state"),
    ),
    Described("filmgate_deliveries_waiting", "gauge", "News for webhooks that is to be sent, or sent again."),
    Described("filmgate_deliveries_dead", "gauge", "News that was given up within the last 30 days."),
    Described("filmgate_deliveries_oldest_seconds", "gauge", "How long the oldest waiting news has waited."),
    Described(
        "filmgate_http_requests_total",
        "counter",
        "Requests that this process answered.",
        ("operation", "status", "process"),
    ),
    Described(
        "filmgate_http_request_seconds",
        "histogram",
        "From a request's arrival to the beginning of its answer, in this process.",
        ("operation", "process"),
    ),
)
"""All of them, in the order in which they are told."""

Rows = Iterable[tuple[tuple[str, ...], float]]
"""Values with their labels."""


async def metrics(services: Services, http: HttpFigures, call: Call, send: Send) -> None:
    """The metrics, for whoever has the operator's token.

    Raises:
        NoSuchAddress: the operator has set no token, so there are none.
        Unauthenticated: the caller's is another.
    """
    token = services.settings.metrics_token
    if token is None:
        raise NoSuchAddress("there is nothing at this address")
    given = call.headers.get(b"authorization", b"")
    if not hmac.compare_digest(given, b"Bearer " + token.encode()):
        raise Unauthenticated("metrics need the operator's token", missing=not given)
    try:
        figures = await read_figures(services.db)
    except Unavailable:
        figures = None
    text = generate_latest(_Told(figures, http))
    await send_bytes(call.scope, send, 200, text, CONTENT_TYPE_LATEST.encode(), _FRESH)


class _Told(Collector):
    """The metrics of one moment."""

    def __init__(self, figures: Figures | None, http: HttpFigures) -> None:
        self._figures = figures
        self._http = http

    def collect(self) -> Iterator[Metric]:
        rows = {"filmgate_database_up": [((), float(self._figures is not None))], **_http_rows(self._http)}
        if self._figures is not None:
            rows |= _rows(self._figures)
        for described in METRICS:
            if described.kind == "histogram":
                yield _histogram(described, self._http)
            elif described.name in rows:
                yield _family(described, rows[described.name])


def _rows(figures: Figures) -> dict[str, Sequence[tuple[tuple[str, ...], float]]]:
    lanes, doubts, ended, upstreams = figures.lanes, figures.doubts, figures.ended, figures.upstreams
    workers, deliveries = figures.workers, figures.deliveries
    followed = sum(worker.followed for worker in workers)
    age_seconds = sum(worker.status_age_seconds_sum for worker in workers)
    return {
        "filmgate_queue_waiting": [((lane.lane,), lane.waiting) for lane in lanes],
        "filmgate_queue_taken": [((lane.lane,), lane.taken) for lane in lanes],
        "filmgate_queue_oldest_seconds": [((lane.lane,), lane.oldest_seconds) for lane in lanes],
        "filmgate_orders_open": [((each.status, str(each.test).lower()), each.count) for each in figures.orders],
        "filmgate_attempts_in_doubt": [((each.upstream,), each.count) for each in doubts],
        "filmgate_attempts_in_doubt_oldest_seconds": [((each.upstream,), each.oldest_seconds) for each in doubts],
        "filmgate_attempts_ended_total": [((each.upstream, each.outcome, each.fault), each.attempts) for each in ended],
        "filmgate_looks_total": _summed(((each.upstream,), each.looks) for each in ended),
        "filmgate_upstream_running": [((each.name,), each.running) for each in upstreams],
        "filmgate_upstream_paused_seconds": [((each.name,), each.paused_seconds) for each in upstreams],
        "filmgate_workers_alive": [((), len(workers))],
        "filmgate_films_followed": [((), followed)],
        "filmgate_status_age_mean_seconds": [((), age_seconds / followed if followed else 0.0)],
        "filmgate_status_age_max_seconds": [
            ((), max((worker.status_age_seconds_max for worker in workers), default=0.0))
        ],
        "filmgate_breakers": _summed((pair, 1) for worker in workers for pair in sorted(worker.breakers.items())),
        "filmgate_deliveries_waiting": [((), deliveries.waiting)],
        "filmgate_deliveries_dead": [((), deliveries.dead)],
        "filmgate_deliveries_oldest_seconds": [((), deliveries.oldest_seconds)],
    }


def _http_rows(http: HttpFigures) -> dict[str, Sequence[tuple[tuple[str, ...], float]]]:
    process = str(os.getpid())
    return {
        "filmgate_http_requests_total": [((*labels, process), count) for labels, count in sorted(http.requests.items())]
    }


def _summed(rows: Rows) -> list[tuple[tuple[str, ...], float]]:
    """One row for each set of labels."""
    sums: dict[tuple[str, ...], float] = {}
    for labels, value in rows:
        sums[labels] = sums.get(labels, 0.0) + value
    return list(sums.items())


def _family(described: Described, rows: Rows) -> Metric:
    kind = CounterMetricFamily if described.kind == "counter" else GaugeMetricFamily
    family = kind(described.name, described.text, labels=described.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family


def _histogram(described: Described, http: HttpFigures) -> Metric:
    family = HistogramMetricFamily(described.name, described.text, labels=described.labels)
    bounds = [*map(str, BOUNDS_SECONDS), "+Inf"]
    for operation, counts in sorted(http.buckets.items()):
        total, buckets = 0, list[tuple[str, float]]()
        for bound, count in zip(bounds, counts, strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric((operation, str(os.getpid())), buckets, http.seconds[operation])
    return family

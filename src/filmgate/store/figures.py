"""Figures of the whole installation, for the metrics: read from the database at one moment, so that whichever process
is asked gives the same answer. Few statements, none of which reads what has ended."""

import msgspec

from filmgate.store.db import Database

# The whole table is read: it holds live jobs alone.
_QUEUE = """
SELECT entrypoint AS lane, count(*) FILTER (WHERE status = 'queued') AS waiting,
       count(*) FILTER (WHERE status = 'picked') AS taken,
       coalesce(extract(epoch FROM now() - min(created) FILTER (WHERE status = 'queued')), 0)::float8 AS oldest_seconds
FROM pgqueuer GROUP BY entrypoint ORDER BY entrypoint
"""
# open_tasks
_ORDERS = "SELECT status, test, count(*) AS count FROM tasks WHERE completed_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2"
# doubtful_attempts
_DOUBTS = """
SELECT upstream, count(*) AS count, extract(epoch FROM now() - min(doubt_since))::float8 AS oldest_seconds
FROM attempts WHERE ended_at IS NULL AND doubt_since IS NOT NULL GROUP BY upstream ORDER BY upstream
"""
_ENDED = "SELECT upstream, outcome, fault, attempts, looks FROM attempt_counts ORDER BY upstream, outcome, fault"
_UPSTREAMS = """
SELECT name, running, coalesce(greatest(extract(epoch FROM paused_until - now()), 0), 0)::float8 AS paused_seconds
FROM upstreams ORDER BY name
"""
# Ten seconds between the beats of those that follow nothing.
_WORKERS = "SELECT said FROM workers WHERE beat_at > now() - interval '30 seconds'"
# deliveries_by_receiver and dead_deliveries_of_account
_DELIVERIES = """
SELECT (SELECT count(*) FROM deliveries WHERE state = 'dead') AS dead, count(*) AS waiting,
       coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest_seconds
FROM deliveries WHERE state = 'waiting'
"""


class LaneFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of one lane."""

    lane: str
    waiting: int
    taken: int
    oldest_seconds: float
    """Since the one that has waited longest came in; 0 where none waits."""


class OrderFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The open orders in one state."""

    status: str
    test: bool
    count: int


class DoubtFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts in doubt at one upstream."""

    upstream: str
    count: int
    oldest_seconds: float


class EndedFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts that ended in one way, since the beginning."""

    upstream: str
    outcome: str
    fault: str
    attempts: int
    looks: int


class UpstreamFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One upstream, over all workers."""

    name: str
    running: int
    paused_seconds: float


class WorkerSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker says of itself with each beat."""

    followed: int = 0
    status_age_seconds_sum: float = 0.0
    """How long ago each film that it follows was last known to be unfinished, added up."""
    status_age_seconds_max: float = 0.0
    breakers: dict[str, str] = {}
    """The state of its circuit breaker at each upstream."""


class DeliveryFigures(msgspec.Struct, frozen=True, kw_only=True):
    """News that has not reached its receiver."""

    waiting: int = 0
    dead: int = 0
    oldest_seconds: float = 0.0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    lanes: list[LaneFigures]
    orders: list[OrderFigures]
    doubts: list[DoubtFigures]
    ended: list[EndedFigures]
    upstreams: list[UpstreamFigures]
    workers: list[WorkerSaid]
    deliveries: DeliveryFigures


async def read_figures(db: Database) -> Figures:
    """The figures of this moment.

    Raises:
        Unavailable: the database is away.
    """
    async with db.snapshot() as moment:
        return Figures(
            lanes=[LaneFigures(**row) for row in await moment.fetch(_QUEUE)],
            orders=[OrderFigures(**row) for row in await moment.fetch(_ORDERS)],
            doubts=[DoubtFigures(**row) for row in await moment.fetch(_DOUBTS)],
            ended=[EndedFigures(**row) for row in await moment.fetch(_ENDED)],
            upstreams=[UpstreamFigures(**row) for row in await moment.fetch(_UPSTREAMS)],
            workers=[msgspec.json.decode(row["said"], type=WorkerSaid) for row in await moment.fetch(_WORKERS)],
            deliveries=DeliveryFigures(**await moment.fetchrow(_DELIVERIES)),
        )

"""A job: one order that the simulator has accepted, and what there is to see of it at any moment.

Nothing happens to a job by itself. Its times are drawn when it is accepted, and its state follows from them and the
clock, so that tens of thousands can be open at no cost:

    accepted ──ready──> started ──making──> its end: a film, or none
       (queued)            (running)
"""

import math
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from filmgate.simulator.lies import Lie
from filmgate.task import Quote, Result, Status, Task, TaskError
from filmgate.video import Size, VideoRequest

UNKNOWN_WORD = "reviewing"
"""A state that no wire has."""

# Once it has failed, a late success takes this part of its making time until it is one.
_LATE = 0.5
_BROKE_DOWN = TaskError("provider_error", "the generation backend stopped")
_HELD_BACK = TaskError("content_rejected", "the finished film was held back")
_TOO_LATE = TaskError("timeout", "the task exceeded its time limit")

# Of no account and no key: a vendor's are its own matter.
_NOBODY = UUID(int=0)


class Job(msgspec.Struct, kw_only=True, gc=False):
    """One accepted order. Times are Unix seconds."""

    id: UUID
    request: VideoRequest
    """Complete, as ``catalogue.choose.plan`` has it."""
    quote: Quote
    lies: frozenset[Lie]
    idempotency_key: str | None
    """As it was sent, whether or not it is honoured."""
    base_url: str
    """How the create was addressed."""
    created_at: float
    ready_at: float
    """From then on it is made, if there is room."""
    making_seconds: float
    """Infinite where it never ends."""
    expires_at: float
    """Where it has not ended by then, it ends there."""

    started_at: float | None = None
    """Set by ``slots.py``."""
    cancelled_at: float | None = None
    deleted: bool = False
    """Its record is gone from the wire. It stays in the counts."""

    questions: int = 0
    """How often it was asked about."""
    downloads: int = 0
    """How often its film was asked for."""
    link_number: int = 0
    """Counts the fresh links that were given out for a dead one."""
    is_link_tried: bool = False
    """Whether the dead link was fetched, so that the next question brings a fresh one."""
    told: Status | None = None
    """What its webhook was last told."""

    @property
    def ends_at(self) -> float:
        """When it ends, as far as is known: infinite while it waits for room."""
        if self.cancelled_at is not None:
            return self.cancelled_at
        made_at = math.inf if self.started_at is None else self.started_at + self.making_seconds
        return min(made_at, self.expires_at)


class Sight(msgspec.Struct, frozen=True):
    """What there is to see of a job at a moment."""

    status: Status
    progress: int = 0
    error: TaskError | None = None
    ended_at: float | None = None
    is_word_unknown: bool = False
    """Its state is to be called by a word that nobody knows."""


def seen(job: Job, now: float) -> Sight:
    """What the vendor says of the job."""
    ends_at = job.ends_at
    if now < ends_at:
        return _open(job, now)
    if job.cancelled_at is not None:
        return Sight("cancelled", ended_at=ends_at)
    if job.started_at is None or job.started_at + job.making_seconds > ends_at:
        return Sight("expired", error=_TOO_LATE, ended_at=ends_at)
    if "fail" in job.lies:
        return Sight("failed", error=_BROKE_DOWN, ended_at=ends_at)
    if "moderation-after-render" in job.lies:
        return Sight("failed", error=_HELD_BACK, ended_at=ends_at)
    if "late-success" in job.lies:
        turns_at = ends_at + job.making_seconds * _LATE
        if now < turns_at:
            return Sight("failed", error=_BROKE_DOWN, ended_at=ends_at)
        return Sight("succeeded", progress=100, ended_at=turns_at)
    return Sight("succeeded", progress=100, ended_at=ends_at)


def next_change_at(job: Job, now: float) -> float:
    """When there will be something else to see of the job; infinite where nothing is known of it."""
    moments = [job.ends_at]
    if job.started_at is not None:
        moments.append(job.started_at)
        if "late-success" in job.lies:
            moments.append(job.ends_at + job.making_seconds * _LATE)
    return min((moment for moment in moments if moment > now), default=math.inf)


def charged_micros(job: Job, now: float) -> int:
    """What the vendor bills: the price of every film that was finished, whatever was said about it."""
    return job.quote.price_micros if seen(job, now).status == "succeeded" else 0


def as_task(job: Job, sight: Sight, dialect: str, size: Size, link_seconds: float | None) -> Task:
    """The job in the words of a dialect's server half.

    Args:
        size: of its film.
        link_seconds: how long a link to it is good.
    """
    has_film = sight.status == "succeeded"
    ended_at = sight.ended_at
    return Task(
        id=job.id,
        account_id=_NOBODY,
        key_id=_NOBODY,
        test=False,
        dialect=dialect,
        request=job.request,
        status=sight.status,
        progress=sight.progress,
        quote=job.quote,
        cost_micros=None if ended_at is None else job.quote.price_micros if has_film else 0,
        error=sight.error,
        result=_result(job, size) if has_film else None,
        created_at=moment(job.created_at),
        started_at=None if sight.status == "queued" or job.started_at is None else moment(job.started_at),
        completed_at=None if ended_at is None else moment(ended_at),
        kept_until=None if ended_at is None or link_seconds is None else moment(ended_at + link_seconds),
    )


def moment(unix_seconds: float) -> datetime:
    """A time as the server halves have it."""
    return datetime.fromtimestamp(unix_seconds, UTC)


def _open(job: Job, now: float) -> Sight:
    if job.started_at is None or now < job.started_at:
        return Sight("queued")
    part = (now - job.started_at) / job.making_seconds
    word_unknown = "unknown-word" in job.lies and 1 / 3 <= part < 2 / 3
    return Sight("running", progress=min(1 + int(part * 99), 99), is_word_unknown=word_unknown)


def _result(job: Job, size: Size) -> Result:
    name = str(job.id)
    return Result(
        film=name,
        poster=name,
        last_frame=name,
        width=size[0],
        height=size[1],
        seconds=float(job.request.duration_seconds or 0),
        # No wire shows these two, and no film is made before someone fetches it.
        size_bytes=0,
        sha256="",
    )

"""The simulator's own API, for whoever tests against it: what was ordered, what was called, and how it is to behave.

It needs no key and never lies. The counts are those of orders, not of jobs that are open: what was cancelled, deleted
or forgotten was ordered all the same.
"""

import math
from collections import Counter
from typing import Any

import msgspec
from msgspec.structs import asdict

from filmgate.dialects.base import Reply
from filmgate.dialects.phrasing import printable, reply
from filmgate.dialects.reading import read_object
from filmgate.errors import BadRequest, FilmgateError
from filmgate.money import as_number
from filmgate.simulator.call import Answer, Call
from filmgate.simulator.job import Job, charged_micros, seen
from filmgate.simulator.lies import MEANINGS
from filmgate.simulator.options import Options
from filmgate.simulator.studio import Door, Studio
from filmgate.task import Status

BASE = "/simulator"

_LARGEST_BODY_BYTES = 64 * 1024
_USUAL_LIMIT, _MOST_JOBS = 100, 10_000


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What there is, at ``/simulator``."""

    dialect: str
    base_url: str
    """What clients of this vendor are set up with."""
    jobs: int
    by_status: dict[str, int]
    charged: float
    """Credits for all films that were finished."""
    settings: dict[str, Any]


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """One job, as it really is. Times are Unix seconds."""

    id: str
    """As the dialect shows it."""
    model: str
    prompt: str
    idempotency_key: str | None
    lies: list[str]
    status: Status
    """As the vendor says it, also where it denies that there is such a job."""
    created_at: float
    started_at: float | None
    ends_at: float | None
    """None where that is not known, or never."""
    cancelled: bool
    deleted: bool
    charged: float
    questions: int
    downloads: int


class Jobs(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs, the oldest first."""

    total: int
    """All that match, of which at most ``limit`` are shown."""
    jobs: list[JobView]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs were made for each key or prompt."""

    jobs: int
    most: int
    """The largest of the counts."""
    counts: dict[str, int]


async def summary(studio: Studio, call: Call) -> Answer:
    """``GET /simulator``."""
    now = studio.clock()
    return reply(
        Summary(
            dialect=studio.vendor.dialect.name,
            base_url=call.base_url() + studio.vendor.base_path,
            jobs=len(studio.book),
            by_status=Counter(seen(job, now).status for job in studio.book),
            charged=as_number(sum(charged_micros(job, now) for job in studio.book)),
            settings=_shown(studio.options),
        )
    )


async def jobs(studio: Studio, call: Call) -> Answer:
    """``GET /simulator/jobs?id=&prompt=&idempotency_key=&limit=``."""
    wanted = {name: value for name in ("id", "prompt", "idempotency_key") if (value := call.query(name)) is not None}
    found = [job for job in studio.book if all(_said(studio, job, name) == value for name, value in wanted.items())]
    now = studio.clock()
    return reply(Jobs(total=len(found), jobs=[_view(studio, job, now) for job in found[: _limit(call)]]))


async def counts(studio: Studio, call: Call) -> Answer:
    """``GET /simulator/counts?by=idempotency_key`` or ``prompt``."""
    by = call.query("by") or "idempotency_key"
    if by not in ("idempotency_key", "prompt"):
        raise BadRequest("must be idempotency_key or prompt", field="by")
    said = [said for job in studio.book if (said := _said(studio, job, by)) is not None]
    counted = Counter(said)
    return reply(Counts(jobs=len(studio.book), most=max(counted.values(), default=0), counts=counted))


async def calls(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
    """``GET /simulator/calls``: how often each door gave which answer."""
    return _plain(studio.calls)


async def lies(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
    """``GET /simulator/lies``: all of them, and what each does."""
    return _plain(dict(MEANINGS))


async def settings(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
    """``GET /simulator/settings``."""
    return _plain(_shown(studio.options))


async def change_settings(studio: Studio, call: Call) -> Answer:
    """``PATCH /simulator/settings``: those that are named change, for the orders that come from now on. ``lies`` is
    replaced as a whole."""
    changes = read_object(await call.body(_LARGEST_BODY_BYTES))
    try:
        studio.options = studio.options.changed(changes)
    except ValueError as exc:
        raise BadRequest(str(exc)) from exc
    if "max_running" in changes:
        studio.book.slots.limit(studio.options.max_running, studio.clock())
    return _plain(_shown(studio.options))


async def reset(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
    """``POST /simulator/reset``: no job was ever ordered, no call ever made, and no storm rages."""
    studio.reset()
    return _plain({})


DOORS: tuple[Door, ...] = (
    Door("GET", BASE, "simulator", summary, "no"),
    Door("GET", f"{BASE}/jobs", "simulator", jobs, "no"),
    Door("GET", f"{BASE}/counts", "simulator", counts, "no"),
    Door("GET", f"{BASE}/calls", "simulator", calls, "no"),
    Door("GET", f"{BASE}/lies", "simulator", lies, "no"),
    Door("GET", f"{BASE}/settings", "simulator", settings, "no"),
    Door("PATCH", f"{BASE}/settings", "simulator", change_settings, "no"),
    Door("POST", f"{BASE}/reset", "simulator", reset, "no"),
)


def phrase_error(error: FilmgateError) -> Reply:
    """What was wrong with a call to this API."""
    return _plain({"error": printable(str(error))}, status=error.status)


def _plain(answer: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=msgspec.json.encode(answer))


def _shown(options: Options) -> dict[str, Any]:
    secret = ("key", "webhook_secret")
    return {name: value for name, value in asdict(options).items() if name not in secret}


def _limit(call: Call) -> int:
    text = call.query("limit")
    if text is None:
        return _USUAL_LIMIT
    if not text.isascii() or not text.isdigit() or not 0 <= int(text[:9]) <= _MOST_JOBS:
        raise BadRequest(f"must be a whole number from 0 to {_MOST_JOBS}", field="limit")
    return int(text)


def _said(studio: Studio, job: Job, name: str) -> str | None:
    match name:
        case "id":
            return studio.vendor.dialect.show_id(job.id)
        case "prompt":
            return job.request.prompt
        case _:
            return job.idempotency_key


def _view(studio: Studio, job: Job, now: float) -> JobView:
    return JobView(
        id=studio.vendor.dialect.show_id(job.id),
        model=job.request.model,
        prompt=job.request.prompt,
        idempotency_key=job.idempotency_key,
        lies=sorted(job.lies),
        status=seen(job, now).status,
        created_at=job.created_at,
        started_at=job.started_at,
        ends_at=None if math.isinf(job.ends_at) else job.ends_at,
        cancelled=job.cancelled_at is not None,
        deleted=job.deleted,
        charged=as_number(charged_micros(job, now)),
        questions=job.questions,
        downloads=job.downloads,
    )

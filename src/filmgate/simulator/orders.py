"""Ordering, asking and cancelling, with the lies that are told about it. The same for all vendors."""

import asyncio
from math import ceil

from filmgate.catalogue.choose import Plan, plan
from filmgate.dialects.base import Reply
from filmgate.errors import FilmgateError, KeyReused, NotFound, RateLimited, TooManyOrders
from filmgate.simulator.book import without_bytes
from filmgate.simulator.call import Answer, Call, Silence, html
from filmgate.simulator.dice import Fate
from filmgate.simulator.job import Job, Sight, seen
from filmgate.simulator.lies import BEFORE_ACCEPT, LIES, Lie
from filmgate.simulator.studio import Studio
from filmgate.simulator.telling import FilmLinks, altered, freshen, inside, task_of
from filmgate.video import VideoRequest

_GARBLED_QUESTIONS = 2
_LONGEST_RETRY_SECONDS = 60


class BareStorm(RateLimited):
    """A refusal that does not say how long to wait."""


async def create(studio: Studio, call: Call, request: VideoRequest, create_path: str | None = None) -> Answer:
    """Accept an order, or do whatever its lies say instead.

    Args:
        request: as the dialect read it.
        create_path: in the catalogue's words, where it is not the dialect's usual one.

    Raises:
        RulesBroken: the model does not take it.
        RateLimited: there is no room, or a storm begins.
        KeyReused: the key came before, with another order.
    """
    dialect, options, now = studio.vendor.dialect, studio.options, studio.clock()
    planned = plan(studio.catalogue, request, dialect.name, plain_http_allowed=True, create_path=create_path)
    idempotency_key = call.header(b"idempotency-key")
    earlier = _earlier(studio, planned, idempotency_key)
    if earlier is not None:
        return _created(studio, earlier, call.base_url(), now)
    fate = studio.dice.throw(options, request.prompt)
    lie = _refusing(studio, fate, request.prompt)
    if lie is not None:
        return _refused(studio, lie, now)
    if not studio.vendor.waits_for_room and not studio.book.slots.has_room():
        raise TooManyOrders("too many tasks are running, try again later", _until_room(studio, now))
    job = studio.book.accept(
        planned.request,
        planned.quote,
        fate,
        idempotency_key=idempotency_key,
        base_url=call.base_url(),
        limit_seconds=studio.scaled(planned.request.timeout_seconds or planned.offer.timeout.default),
        now=now,
    )
    studio.expect(job)
    return await _answer_to_create(studio, job, call)


async def query(studio: Studio, call: Call) -> Answer:
    """Say how the job in the path is doing.

    Raises:
        NotFound: there is none, or none that is remembered.
    """
    return await query_named(studio, call, call.id)


async def query_named(studio: Studio, call: Call, shown_id: str | None) -> Answer:
    """Say how a job is doing; as ``query``."""
    job = known(studio, shown_id)
    job.questions += 1
    await slowly(studio, job)
    if "garbage" in job.lies and job.questions <= _GARBLED_QUESTIONS:
        return html(200)
    now = studio.clock()
    sight = seen(job, now)
    freshen(job, sight)
    reply = studio.vendor.dialect.phrase_task(task_of(studio, job, sight), FilmLinks(studio, job, call.base_url(), now))
    return altered(reply, studio, [(job, sight)], lambda answer: [inside(answer, studio.vendor.task_at)])


def known(studio: Studio, shown_id: str | None) -> Job:
    """The job of an id that a caller gave.

    Raises:
        NotFound: there is none.
    """
    job = studio.book.find(studio.vendor.dialect.read_id(shown_id or ""))
    if job is None:
        raise NotFound("task not found")
    return job


async def slowly(studio: Studio, job: Job) -> None:
    """Wait where answers about the job come late."""
    if "slow" in job.lies:
        await asyncio.sleep(studio.scaled(studio.options.slow_seconds))


def cancel(studio: Studio, job: Job) -> None:
    """End an open job, or only say so."""
    if "lies-about-cancel" not in job.lies:
        studio.book.cancel(job, studio.clock())
        studio.expect(job)


def storm(studio: Studio, now: float) -> None:
    """Let no call through while there is a storm.

    Raises:
        RateLimited: there is one.
    """
    if now < studio.storm_until:
        raise _too_many(studio, studio.storm_until - now)


def _earlier(studio: Studio, planned: Plan, idempotency_key: str | None) -> Job | None:
    if idempotency_key is None or not studio.options.honour_idempotency_keys:
        return None
    job = studio.book.of_key(idempotency_key)
    if job is not None and job.request != without_bytes(planned.request):
        raise KeyReused("this idempotency key came before with another order")
    return job


def _refusing(studio: Studio, fate: Fate, prompt: str) -> Lie | None:
    """The lie for which the order is not accepted."""
    refusing = [lie for lie in LIES if lie in fate.lies & BEFORE_ACCEPT]
    asked = [lie for lie in refusing if lie in fate.asked]
    if asked and prompt in studio.refused_prompts:
        refusing = [lie for lie in refusing if lie not in asked]
    elif asked:
        studio.refused_prompts.add(prompt)
    return refusing[0] if refusing else None


def _refused(studio: Studio, lie: Lie, now: float) -> Answer:
    if lie == "502-before-accept":
        return html(502)
    seconds = studio.scaled(studio.options.storm_seconds)
    studio.storm_until = now + seconds
    studio.is_storm_bare = lie == "429-storm-bare"
    raise _too_many(studio, seconds)


def _too_many(studio: Studio, seconds: float) -> RateLimited:
    kind = BareStorm if studio.is_storm_bare else RateLimited
    return kind("too many requests, try again later", max(ceil(seconds), 1))


def _until_room(studio: Studio, now: float) -> int:
    ends_at = studio.book.slots.first_end_at()
    return ceil(min(max(ends_at - now, 1), _LONGEST_RETRY_SECONDS))


async def _answer_to_create(studio: Studio, job: Job, call: Call) -> Answer:
    await slowly(studio, job)
    if "lost-answer" in job.lies:
        return Silence(hang_up=True)
    if "timeout" in job.lies:
        return Silence(hang_up=False)
    if "500-after-accept" in job.lies:
        return studio.vendor.dialect.phrase_error(FilmgateError("it broke down"))
    if "garbage-after-accept" in job.lies:
        return html(200)
    return _created(studio, job, call.base_url(), studio.clock())


def _created(studio: Studio, job: Job, base_url: str, now: float) -> Reply:
    task = task_of(studio, job, Sight("queued"))
    return studio.vendor.dialect.phrase_created(task, FilmLinks(studio, job, base_url, now))

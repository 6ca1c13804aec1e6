"""Callbacks: news to the webhooks of the orders that have one.

One coroutine looks after all jobs. It sleeps until something is due, looks at the jobs concerned, and tells those of
which there is something new; every delivery then runs by itself, so that a slow receiver holds nobody up.
"""

import asyncio
import math
import secrets
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Literal

from filmgate.ids import companion
from filmgate.simulator.job import Job, Sight, next_change_at, seen
from filmgate.simulator.studio import Studio
from filmgate.simulator.telling import FilmLinks, task_of
from filmgate.task import TERMINAL, Status

if TYPE_CHECKING:
    from filmgate.simulator.post import Post

Kind = Literal["look", "early", "forged"]

_EARLY, _FORGED = 0.3, 0.6
"""After which part of the making time those lies are sent."""
_UNENDING_SECONDS = 60.0
"""What counts as the making time of what never ends."""

# Spec ark 8: three more tries for the end of a task, none for the states before.
_RETRY_SECONDS = (1.0, 5.0, 15.0)
_ELSEWHERE = "https://elsewhere.invalid"


class Callbacks:
    """The callbacks of a simulator, for as long as it is entered with ``async with``."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._due: list[tuple[float, int, Kind, Job]] = []
        self._numbers = count()
        self._news = asyncio.Event()
        self._post: Post | None = None
        self._deliveries: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Callbacks":
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._watching, *self._deliveries):
            task.cancel()
        await asyncio.gather(self._watching, *self._deliveries, return_exceptions=True)
        if self._post is not None:
            await self._post.close()

    def expect(self, job: Job) -> None:
        """There may be news of the job now."""
        if _is_told(job):
            self._push(self._studio.clock(), "look", job)

    def resume(self) -> None:
        """Watch over the jobs that a state file remembers. What changed while nobody watched is not told any more."""
        now = self._studio.clock()
        for job in self._studio.book:
            job.told = seen(job, now).status
            if job.told not in TERMINAL:
                self.expect(job)

    def started(self, job: Job) -> None:
        """It is known when the job is made."""
        if not _is_told(job) or job.started_at is None:
            return
        self.expect(job)
        unending = self._studio.scaled(_UNENDING_SECONDS)
        span = unending if math.isinf(job.making_seconds) else job.making_seconds
        if "early-callback" in job.lies:
            self._push(job.started_at + span * _EARLY, "early", job)
        if "forged-callback" in job.lies:
            self._push(job.started_at + span * _FORGED, "forged", job)

    def _push(self, at: float, kind: Kind, job: Job) -> None:
        heappush(self._due, (at, next(self._numbers), kind, job))
        self._news.set()

    async def _watch(self) -> None:
        while True:
            now = self._studio.clock()
            # Whoever waits for room gets it by the clock, also where nobody asks.
            self._studio.book.slots.advance(now)
            while self._due and self._due[0][0] <= now:
                _, _, kind, job = heappop(self._due)
                self._look(kind, job, now)
            self._news.clear()
            next_at = min(self._due[0][0] if self._due else math.inf, self._studio.book.slots.next_at())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), None if math.isinf(next_at) else max(next_at - now, 0))

    def _look(self, kind: Kind, job: Job, now: float) -> None:
        if self._studio.book.find(job.id) is None:
            return
        sight = seen(job, now)
        if kind != "look":
            self._claim(kind, job, now)
            return
        if sight.status != job.told and sight.status in self._studio.vendor.dialect.webhook_events:
            links = FilmLinks(self._studio, job, job.base_url, now)
            body = self._studio.vendor.dialect.phrase_webhook(task_of(self._studio, job, sight), links)
            self._send(job, sight.status, body, self._studio.options.webhook_secret)
        job.told = sight.status
        at = next_change_at(job, now)
        if not math.isinf(at):
            self._push(at, "look", job)

    def _claim(self, kind: Kind, job: Job, now: float) -> None:
        """Say that the film is done, whether or not it is."""
        sight = Sight("succeeded", progress=100, ended_at=now)
        secret, links = self._studio.options.webhook_secret, FilmLinks(self._studio, job, job.base_url, now)
        if kind == "forged":
            # Whoever forges does not know the secret, and wants another film to be taken for ours.
            secret = None if secret is None else secrets.token_hex(16)
            links = FilmLinks(self._studio, job, _ELSEWHERE, now)
        body = self._studio.vendor.dialect.phrase_webhook(task_of(self._studio, job, sight), links)
        self._send(job, "succeeded", body, secret)

    def _send(self, job: Job, status: Status, body: bytes, secret: str | None) -> None:
        for _ in range(2 if "double-callback" in job.lies else 1):
            delivery = asyncio.create_task(self._deliver(job, status, body, secret))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, job: Job, status: Status, body: bytes, secret: str | None) -> None:
        """Post until it is acknowledged, or there have been tries enough."""
        event_id = str(companion(job.id, f"callback {status}"))
        for pause in (*_RETRY_SECONDS, None) if status in TERMINAL else (None,):
            if await self._posted(job.request.webhook_url or "", event_id, body, secret) or pause is None:
                return
            await asyncio.sleep(self._studio.scaled(pause))
            if self._studio.book.find(job.id) is None:
                return

    async def _posted(self, url: str, event_id: str, body: bytes, secret: str | None) -> bool:
        sign = self._studio.vendor.sign
        headers = {} if sign is None else sign(secret, event_id, int(self._studio.clock()), body)
        if self._post is None:
            # The HTTP client takes a while to import, and most simulators have no webhooks to tell.
            from filmgate.simulator.post import Post

            self._post = Post()
        status = await self._post.send(url, headers, body)
        self._studio.count("callback", "none" if status is None else str(status))
        return status is not None and 200 <= status < 300


def _is_told(job: Job) -> bool:
    return job.request.webhook_url is not None and "lost-callback" not in job.lies

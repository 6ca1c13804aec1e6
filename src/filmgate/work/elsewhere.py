"""Films made elsewhere: one worker's sending, following and settling of doubts, as one piece of work."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog

from filmgate.attempt import Attempt
from filmgate.catalogue.load import Catalogue
from filmgate.catalogue.model import Route
from filmgate.catalogue.routes import Router
from filmgate.errors import Unavailable
from filmgate.store.queue import upstreams_of
from filmgate.task import Task
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.doubt import Doubts
from filmgate.work.follow import Follower
from filmgate.work.repeat import keep_doing
from filmgate.work.reroute import Rerouter
from filmgate.work.room import Room
from filmgate.work.sending import Sender
from filmgate.work.steps import Steps

_MOST_AT_ONCE = 1000
_LAST_WORD = timedelta(seconds=5)
# Sending is a call and two rows; it need not wait for the calls of others.
_MOST_SENT_AT_ONCE = 32

_log = structlog.get_logger("filmgate.work")


class Elsewhere:
    """What a worker does with vendors. One without any vendor has nothing to do."""

    def __init__(
        self,
        *,
        steps: Steps,
        catalogue: Catalogue,
        router: Router,
        upstreams: Mapping[str, RemoteUpstream],
        room: Room,
        sender: Sender,
        follower: Follower,
        doubts: Doubts,
        rerouter: Rerouter,
        settle_seconds: float,
    ) -> None:
        self._steps = steps
        self._catalogue = catalogue
        self._router = router
        self._upstreams = upstreams
        self._room = room
        self._sender = sender
        self._follower = follower
        self._doubts = doubts
        self._rerouter = rerouter
        self._settle_seconds = settle_seconds

    def lanes(self) -> dict[str, int]:
        """The lanes of orders for vendors, each with how many are sent from it at once."""
        return {
            lane: min(sum(self._most_at(name) for name in upstreams_of(lane)), _MOST_SENT_AT_ONCE)
            for lane in sorted(self._rerouter.lanes())
        }

    async def has_room(self, lane: str) -> bool:
        """Whether one of a lane's upstreams would take an order now. No, while the database is away."""
        try:
            return await self._room.any_of(upstreams_of(lane))
        except Unavailable:
            return False

    async def send(self, task: Task, lane: str) -> None:
        """Send an open task's order, by the routes of today.

        Raises:
            TryAgain: no route takes it now.
            Unavailable: the database or the object store is away.
        """
        offer = self._catalogue.find(task.request.model, task.dialect)
        if offer is not None:
            routes = self._router.routes(offer)
        else:
            # The model is not sold any more; what was accepted is made all the same.
            routes = tuple(Route(upstream=name, model=task.request.model) for name in upstreams_of(lane))
        await self._sender.send(task, routes)

    async def run_until(self, stop: asyncio.Event) -> None:
        """Follow what is at vendors and settle doubts, until ``stop`` is set. Without any vendor there may still be
        doubts from before."""
        settling = asyncio.create_task(keep_doing("doubts", self._doubts.settle, self._settle_seconds, _log))
        try:
            await (self._follower.run_until(stop) if self._upstreams else self._follower.beat_until(stop))
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)

    async def sweep(self) -> None:
        """End attempts whose orders have ended from outside, and tell their vendors; bring orders of yesterday's
        settings to where they belong.

        Raises:
            Unavailable: the database is away.
        """
        # Whoever ended an order ends its attempt next, and is given the time.
        before = self._steps.clock() - _LAST_WORD
        for attempt, status in await self._steps.attempts.of_ended_tasks(before, _MOST_AT_ONCE):
            if status == "succeeded":
                await self._steps.end(attempt, "ok", "its worker died after its last move")
            else:
                await self._call_off(attempt)
        await self._rerouter.sweep()

    async def _call_off(self, attempt: Attempt) -> None:
        upstream, detail = self._upstreams.get(attempt.upstream), "its order ended before it"
        if attempt.vendor_id is None:
            await self._steps.end(attempt, "cancelled", detail)
        elif upstream is None:
            await self._steps.end(attempt, "cancelled", f"{detail}; its vendor is not set up", called_off="not_known")
        else:
            said = await upstream.call_off(attempt.vendor_id)
            await self._steps.end(attempt, "cancelled", f"{detail}; {said.words}", called_off=said.outcome)

    def _most_at(self, name: str) -> int:
        return self._upstreams[name].max_running if name in self._upstreams else 1

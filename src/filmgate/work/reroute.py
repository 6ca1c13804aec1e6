"""Open orders that the settings of today do not know any more: an upstream was renamed or removed.

in a lane that nobody serves ──> the lane of today's routes; where there is none, the order waits and ends
at a vendor that is gone ──────> waits a while, for whoever knows it still or again; then it is given up, as a doubt is

A worker with the settings of before may still be at work, and a mistake in ``filmgate.toml`` may be mended within
minutes. So an order at a vendor is only given up when no living worker has followed it for as long as doubts last.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from filmgate.catalogue.load import Catalogue
from filmgate.catalogue.routes import Router
from filmgate.store.followers import Followers
from filmgate.store.queue import lane_of, upstreams_of
from filmgate.task import LOCAL, Task, TaskError
from filmgate.work.steps import Steps

_MOST_AT_ONCE = 1000

_log = structlog.get_logger("filmgate.work")


class Rerouter:
    """Finds such orders and brings them to where they belong. Any number of workers may do it at the same time.

    Args:
        gone_after: how long a worker is silent before what it follows is nobody's.
        give_up_after: how long an order waits for its vendor to be set up again.
    """

    def __init__(
        self,
        *,
        steps: Steps,
        followers: Followers,
        catalogue: Catalogue,
        router: Router,
        upstreams: Collection[str],
        gone_after: timedelta,
        give_up_after: timedelta,
    ) -> None:
        self._steps = steps
        self._followers = followers
        self._catalogue = catalogue
        self._router = router
        self._upstreams = upstreams
        self._gone_after = gone_after
        self._give_up_after = give_up_after
        # Since when this worker has seen that nobody follows an attempt, or makes an order.
        self._unfollowed: dict[tuple[UUID, int], datetime] = {}
        self._unmade: dict[UUID, datetime] = {}

    def lanes(self) -> set[str]:
        """The lanes of today's orders for vendors."""
        lanes = {
            lane_of([route.upstream for route in self._router.routes(offer)]) for offer in self._catalogue.offers()
        }
        return {lane for lane in lanes if upstreams_of(lane) != (LOCAL,)}

    async def sweep(self) -> None:
        """Do it once.

        Raises:
            Unavailable: the database is away.
        """
        found = await self._steps.tasks.in_other_lanes(sorted(self.lanes()), _MOST_AT_ONCE)
        tasks = await self._steps.tasks.get_many([task_id for task_id, _ in found])
        unmade = {}
        for task_id, lane in found:
            names = self._names_of_today(tasks[task_id], upstreams_of(lane)) if task_id in tasks else []
            if names:
                _log.warning("task.rerouted", task=str(task_id), lane=lane, to=lane_of(names))
                await self._steps.tasks.move_to_lane(task_id, lane_of(names))
            elif task_id in tasks:
                unmade[task_id] = self._unmade.get(task_id, self._steps.clock())
        self._unmade = unmade
        await self._give_up_what_nobody_makes(tasks)
        await self._give_up_what_is_gone()

    def _names_of_today(self, task: Task, before: Sequence[str]) -> list[str]:
        offer = self._catalogue.find(task.request.model, task.dialect)
        if offer is not None:
            return [route.upstream for route in self._router.routes(offer)]
        # The model is not sold any more. What was accepted is made by whoever could make it and is still there; jobs
        # are taken from lanes of today alone.
        for lane in sorted(self.lanes()):
            if set(upstreams_of(lane)) & set(before):
                return list(upstreams_of(lane))
        return []

    async def _give_up_what_nobody_makes(self, tasks: Mapping[UUID, Task]) -> None:
        for task_id, since in self._unmade.items():
            is_over = self._steps.clock() - since >= self._give_up_after
            if is_over and await self._steps.attempts.open_of_task(task_id) is None:
                error = TaskError("provider_error", "no upstream makes this model any more; it costs nothing")
                await self._steps.fail_task(tasks[task_id], error)

    async def _give_up_what_is_gone(self) -> None:
        now = self._steps.clock()
        attempts = await self._followers.nobodys(sorted(self._upstreams), self._gone_after, _MOST_AT_ONCE)
        self._unfollowed = {key: self._unfollowed.get(key, now) for key in attempts}
        for (task_id, number), since in self._unfollowed.items():
            if now - since < self._give_up_after:
                continue
            attempt = await self._steps.attempts.open_of_task(task_id)
            task = await self._steps.tasks.get(task_id)
            if attempt is None or task is None or attempt.number != number:
                continue
            _log.warning("attempt.given_up", task=str(task_id), upstream=attempt.upstream, vendor_id=attempt.vendor_id)
            # The order first: an open one without an open attempt would be sent again.
            message = "its vendor is not set up any more, and it is not known whether the film was made"
            await self._steps.fail_task(task, TaskError("provider_error", f"{message}; it costs nothing"))
            await self._steps.end(attempt, "doubtful", message, fault="unclear", called_off="not_known")

"""Forgetting: what has had its time is removed. The rows of tasks and the ledger stay.

Objects go first, and only then is it written down: a worker that dies in between leaves the task due, and the next one
finds nothing left to remove and writes it down. While the object store is away everything simply stays longer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from filmgate.errors import Unavailable
from filmgate.ids import from_uuid_form
from filmgate.objects import Objects
from filmgate.store.requests import RequestCounts
from filmgate.store.retention import Retention
from filmgate.store.tasks import Tasks
from filmgate.task import INPUTS, Task, object_names
from filmgate.work.forget_assets import AssetForgetter

_TASKS_AT_ONCE = 100
_KEYS_AT_ONCE = 1000
# In one go; what is left waits for the next.
_MOST_BATCHES = 100
_MOST_FAILURES_IN_A_ROW = 3

_COUNTS_KEPT = timedelta(hours=1)
_SEARCH_PAUSE = timedelta(hours=1)
# No order takes so long to be accepted.
_STRAY_AFTER = timedelta(days=1)

_log = structlog.get_logger("filmgate.work")


class Forgetter:
    """Removes what has had its time. Any number of workers may do it at the same time."""

    def __init__(
        self,
        *,
        tasks: Tasks,
        retention: Retention,
        counts: RequestCounts,
        objects: Objects,
        assets: AssetForgetter | None = None,
    ) -> None:
        """``assets`` does the same for what lies here beside films."""
        self._tasks = tasks
        self._retention = retention
        self._counts = counts
        self._objects = objects
        self._assets = assets

    async def forget(self, now: datetime) -> None:
        """Do it once, as much as is good in one go.

        Raises:
            Unavailable: the database or the object store is away; nothing is lost, and the rest waits.
        """
        await self._counts.remove_before(now - _COUNTS_KEPT)
        await self._forget_idempotency_keys(now)
        await self._forget_tasks(now)
        if self._assets is not None:
            await self._assets.forget(now)
        if await self._retention.claim_search(now, _SEARCH_PAUSE):
            await self._remove_stray_inputs(now)
            if self._assets is not None:
                await self._assets.remove_strays(now)

    async def _forget_idempotency_keys(self, now: datetime) -> None:
        for _ in range(_MOST_BATCHES):
            if await self._retention.remove_idempotency_keys(now, _KEYS_AT_ONCE) < _KEYS_AT_ONCE:
                return

    async def _forget_tasks(self, now: datetime) -> None:
        for _ in range(_MOST_BATCHES):
            due = await self._retention.due(now, _TASKS_AT_ONCE)
            tasks = list((await self._tasks.get_many(due)).values())
            try:
                await self._forget_together(tasks, now)
            except Unavailable:
                # The store may be away, or it does not let go of one object, which must not keep all the others.
                await self._forget_one_by_one(tasks, now)
            if len(due) < _TASKS_AT_ONCE:
                return

    async def _forget_together(self, tasks: Sequence[Task], now: datetime) -> None:
        await self._objects.delete_all([name for task in tasks for name in object_names(task)])
        forgotten = await self._retention.mark_forgotten([task.id for task in tasks], now)
        if forgotten:
            _log.info("tasks.forgotten", count=len(forgotten))

    async def _forget_one_by_one(self, tasks: Sequence[Task], now: datetime) -> None:
        failures = 0
        for task in tasks:
            try:
                await self._forget_together([task], now)
                failures = 0
            except Unavailable as exc:
                _log.warning("task.not_forgotten", task=str(task.id), reason=exc.message)
                failures += 1
                if failures == _MOST_FAILURES_IN_A_ROW:
                    raise

    async def _remove_stray_inputs(self, now: datetime) -> None:
        """Inputs of orders that were never accepted; ``work.submit`` says why there may be some."""
        async for names in self._objects.names_under(INPUTS, now - _STRAY_AFTER):
            owners = {name: owner for name in names if (owner := _owner(name)) is not None}
            unknown = await self._retention.unknown_tasks(list(set(owners.values())))
            stray = [name for name, owner in owners.items() if owner in unknown]
            await self._objects.delete_all(stray)
            if stray:
                _log.info("inputs.removed", count=len(stray))


def _owner(name: str) -> UUID | None:
    """The id in the name of an input; None for what is none of ours."""
    _, _, rest = name.partition("/")
    return from_uuid_form(rest.partition("/")[0])

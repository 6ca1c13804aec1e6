"""Doubt, settled by hand: an operator who looked into the vendor's console tells what came of an order.

Workers settle the same doubts at the same time. Each change below is one statement that says what it was decided on, so
that whoever is first is right and the other is told.
"""

from uuid import UUID

import structlog

from filmgate.attempt import Attempt
from filmgate.errors import NotFound, UpstreamFailed, WrongState
from filmgate.task import Task
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.doubt import give_up
from filmgate.work.likeness import may_be
from filmgate.work.steps import Steps

_LONGEST_ID = 200

_log = structlog.get_logger("filmgate.doubt")


class ByHand:
    """What an operator may do about an attempt in doubt."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def doubtful(self, task_id: UUID) -> tuple[Task, Attempt]:
        """A task with its attempt that is in doubt.

        Raises:
            NotFound: there is no such order.
            WrongState: nothing about it is in doubt.
        """
        task = await self._steps.tasks.get(task_id)
        if task is None:
            raise NotFound("there is no such order")
        attempt = await self._steps.attempts.open_of_task(task_id)
        if attempt is None:
            raise WrongState(f"the order is {task.status}, and nothing of it is at a vendor")
        if attempt.vendor_id is not None:
            raise WrongState(f"{attempt.upstream} has the order as {attempt.vendor_id}: nothing is in doubt")
        if attempt.doubt_since is None:
            raise WrongState(f"the order is being sent to {attempt.upstream} at this moment")
        return task, attempt

    async def adopt(self, task: Task, attempt: Attempt, upstream: RemoteUpstream, vendor_id: str) -> str:
        """The vendor has the order, under this id: a worker follows it from now on. The vendor is asked first.

        Returns:
            The state that the vendor says it is in.

        Raises:
            NotFound: the vendor does not know the id, or could not be asked.
            WrongState: the vendor's task is another order's, or somebody else has settled the doubt meanwhile.
        """
        if not (vendor_id.isprintable() and 0 < len(vendor_id) <= _LONGEST_ID):
            raise NotFound("that is no id of a vendor's task")
        known = await self._steps.attempts.by_vendor_id(upstream.name, vendor_id)
        if known is not None:
            raise WrongState(f"{vendor_id} is what attempt {known.number} of order {known.task_id} ordered")
        try:
            report = await upstream.look(vendor_id)
        except UpstreamFailed as exc:
            raise NotFound(f"{upstream.name} could not confirm {vendor_id}: {exc.message}") from exc
        # An operator may know better how far a vendor's clock is off, and nothing better than its seeds and prompts.
        if not may_be(report, task, attempt, clock_skew=None):
            raise WrongState(f"{vendor_id} was ordered with other words, another seed or another key than this order")
        if not await self._steps.attempts.adopted(attempt, report.vendor_id, None, self._steps.clock()):
            raise _overtaken()
        _log.info("attempt.adopted", task=str(task.id), upstream=upstream.name, vendor_id=vendor_id, how="by hand")
        return report.state

    async def abandon(self, task: Task, attempt: Attempt, *, resubmits: bool) -> None:
        """The vendor does not have the order, or nobody will ever know: it ends and costs nothing, or it is sent again.

        Raises:
            WrongState: somebody else has settled the doubt meanwhile.
        """
        if not await give_up(self._steps, task, attempt, "given up by hand", resubmits=resubmits):
            raise _overtaken()
        _log.info("attempt.abandoned", task=str(task.id), upstream=attempt.upstream, resubmits=resubmits)


def _overtaken() -> WrongState:
    return WrongState("somebody else has settled this doubt at the same moment; look again")

"""The worker: takes jobs from PgQueuer's queue and gives their tasks to the runner, follows what vendors have, tells
news, sweeps, and forgets.

A worker that dies stops its heartbeat, and another takes its jobs within seconds. A worker that is told to stop
cancels the films it is making and hands their jobs back at once.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context, Job
from pgqueuer.domain.types import JobId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from filmgate.store.db import Database
from filmgate.store.queue import MAKE_FILM, PLAY_SCRIPT, is_for_vendors, queue_settings
from filmgate.store.tasks import Tasks
from filmgate.work.driver import PatientDriver
from filmgate.work.elsewhere import Elsewhere
from filmgate.work.forget import Forgetter
from filmgate.work.gated import Runs
from filmgate.work.notify import Notifier
from filmgate.work.pace import PATIENT, Pace
from filmgate.work.repeat import keep_doing
from filmgate.work.steps import TryAgain
from filmgate.work.sweep import sweep

HEARTBEAT_TIMEOUT = timedelta(seconds=3)
DEQUEUE_TIMEOUT = timedelta(seconds=1)
SCRIPTS_AT_ONCE = 200

_RESTART_SECONDS = 1.0
_CALL_GRACE_SECONDS = 10.0
_AFTER_A_FAULT = timedelta(seconds=10)

_log = structlog.get_logger("filmgate.work")


class Worker:
    """One worker process's part in the work."""

    def __init__(
        self,
        *,
        db: Database,
        database_url: str,
        tasks: Tasks,
        runner: Runs,
        forgetter: Forgetter,
        films_at_once: int,
        folder: Path,
        clock: Callable[[], datetime],
        elsewhere: Elsewhere | None = None,
        notifier: Notifier | None = None,
        beside: Sequence[Callable[[asyncio.Event], Awaitable[None]]] = (),
        pace: Pace = PATIENT,
    ) -> None:
        """``database_url`` leads where ``db`` does, for a connection to listen on; ``folder`` is the runner's. Without
        ``elsewhere`` orders for vendors, and without a ``notifier`` the news, are left to other workers. What stands
        ``beside`` runs until its event is set.
        """
        self._db = db
        self._database_url = database_url
        self._tasks = tasks
        self._runner = runner
        self._forgetter = forgetter
        self._films_at_once = films_at_once
        self._folder = folder
        self._clock = clock
        self._elsewhere = elsewhere
        self._notifier = notifier
        self._beside = beside
        self._pace = pace

    async def run_until(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, whatever the database does meanwhile.

        Then, and also when it is cancelled: take nothing new, cancel the films being made, hand their jobs back to
        the queue, and return.
        """
        stopping = asyncio.Event()
        working = [asyncio.create_task(self._work(lane, at_once, stopping)) for lane, at_once in self._lanes().items()]
        queue = _queries(self._driver(stopping))
        pause_seconds = self._pace.sweep_seconds
        # Apart, so that an object store that is slow to remove keeps no order past its time limit open.
        sweeping = [
            asyncio.create_task(keep_doing("sweep", partial(self._sweep, queue), pause_seconds, _log, fault="failed")),
            asyncio.create_task(keep_doing("forget", self._forget, pause_seconds, _log, fault="failed")),
        ]
        if self._elsewhere is not None:
            working.append(asyncio.create_task(self._elsewhere.run_until(stopping)))
        if self._notifier is not None:
            working.append(asyncio.create_task(self._notifier.run_until(stopping)))
        working += [asyncio.ensure_future(run_until(stopping)) for run_until in self._beside]
        _log.info("worker.started", films_at_once=self._films_at_once)
        try:
            await stop.wait()
        finally:
            stopping.set()
            for task in sweeping:
                task.cancel()
            await asyncio.gather(*working, *sweeping, return_exceptions=True)
            _log.info("worker.stopped")

    def _lanes(self) -> dict[str, int]:
        """Every lane that this worker takes jobs from, each with how many at once."""
        lanes = {MAKE_FILM: self._films_at_once, PLAY_SCRIPT: SCRIPTS_AT_ONCE}
        return lanes if self._elsewhere is None else lanes | self._elsewhere.lanes()

    async def _work(self, lane: str, at_once: int, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await self._work_with_one_manager(lane, at_once, stopping)
            except Exception:
                if stopping.is_set():
                    return
                _log.exception("worker.stumbled", again_in_seconds=_RESTART_SECONDS)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), _RESTART_SECONDS)

    async def _work_with_one_manager(self, lane: str, at_once: int, stopping: asyncio.Event) -> None:
        driver = self._driver(stopping)
        manager = _Manager(_queries(driver), queue_settings().channel)
        manager.driver = driver
        manager.jobs_at_once = at_once
        if self._elsewhere is not None and is_for_vendors(lane):
            manager.has_room = partial(self._elsewhere.has_room, lane)
        manager.shutdown = stopping

        async def make_film(job: Job, context: Context) -> None:
            await self._make_film(job, context, stopping)

        manager.entrypoint(lane, accepts_context=True)(make_film)
        await manager.run(
            batch_size=1,
            dequeue_timeout=DEQUEUE_TIMEOUT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            # Nobody reads PgQueuer's statistics; the tasks themselves say more.
            log_aggregation_interval=timedelta(0),
        )

    async def _make_film(self, job: Job, context: Context, stopping: asyncio.Event) -> None:
        """Run one job's task. Returning ends the job; ``RetryRequested`` puts it back into the queue.

        The task runs in a coroutine of its own, so that it is cancelled exactly once and may finish its last words:
        by the end of this worker, or by a notice that its job was cancelled (PgQueuer's ``context.cancellation``).
        """
        making = asyncio.create_task(self._runner.run(_task_id(job), job.entrypoint))
        stop = asyncio.create_task(stopping.wait())
        try:
            with context.cancellation:
                await asyncio.wait({making, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            if is_for_vendors(job.entrypoint):
                # A call that is let go leaves its order in doubt.
                await asyncio.wait({making}, timeout=_CALL_GRACE_SECONDS)
            making.cancel()
            await asyncio.wait({making})
        if making.cancelled():
            if stopping.is_set():
                raise RetryRequested(reason="the worker stops")
            return
        match making.exception():
            case None:
                return
            case TryAgain() as exc:
                raise RetryRequested(timedelta(seconds=exc.after_seconds), str(exc)) from exc
            case exc:
                # PgQueuer would drop the job; an open task must not lose it.
                _log.error("run.failed", task=str(_task_id(job)), exc_info=exc)
                raise RetryRequested(_AFTER_A_FAULT, type(exc).__name__) from exc

    async def _sweep(self, queue: Queries) -> None:
        await sweep(self._tasks, self._folder, self._clock())
        if self._elsewhere is not None:
            await self._elsewhere.sweep()
        if self._notifier is not None:
            await self._notifier.sweep()
        # PgQueuer writes three lines for each job and removes none.
        await queue.clear_queue_log(list(self._lanes()))

    async def _forget(self) -> None:
        await self._forgetter.forget(self._clock())

    def _driver(self, stopping: asyncio.Event) -> PatientDriver:
        return PatientDriver(self._db, self._database_url, stopping)


class _Manager(QueueManager):
    """PgQueuer's manager, which knows itself how many jobs it has in hand, and when there is room for another.

    PgQueuer counts them in the database at each look, takes them ``batch_size`` at a time until it finds none, and
    counts what it left there. Its ``max_concurrent_tasks`` must be twice the batch or more, so a worker for one film
    would hold a second job that an idle worker beside it could have made.
    """

    jobs_at_once: int
    driver: PatientDriver
    has_room: Callable[[], Awaitable[bool]] | None = None
    """Asked before a job is taken, where what is taken may have nowhere to go."""

    async def fetch_jobs(
        self,
        batch_size: int,  # noqa: ARG002
        global_concurrency_limit: int | None,  # noqa: ARG002
        heartbeat_timeout: timedelta,
    ) -> AsyncGenerator[Job, None]:
        if self.shutdown.is_set() or not self._room():
            return
        if self.has_room is not None and not await self.has_room():
            return
        found = await self.queries.dequeue(
            batch_size=self._room(),
            entrypoints={name: EntrypointExecutionParameter(concurrency_limit=0) for name in self.entrypoint_registry},
            queue_manager_id=self.queue_manager_id,
            global_concurrency_limit=None,
            heartbeat_timeout=heartbeat_timeout,
        )
        for job in found:
            yield job

    def forget_job(self, job_id: JobId, context: Context, task: asyncio.Task[None]) -> None:
        super().forget_job(job_id, context, task)
        self.driver.wake()

    async def _effective_dequeue_timeout(self, dequeue_timeout: timedelta) -> timedelta:
        # Without room it is of no interest what waits in the queue.
        return await super()._effective_dequeue_timeout(dequeue_timeout) if self._room() else dequeue_timeout

    def _room(self) -> int:
        return self.jobs_at_once - len(self.job_context)


def _queries(driver: PatientDriver) -> Queries:
    settings = queue_settings()
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )


def _task_id(job: Job) -> UUID:
    return UUID((job.payload or b"").decode())

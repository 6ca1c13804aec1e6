"""Making a film with an engine on this machine.

    attempt ─> running ─> (film) ─> saving ─> (labels, objects) ─> succeeded
       │                                │
       └──────── anything wrong ────────┴──> failed, or another try

The job's worker holds the task for as long as it takes; a film that nobody waits for any more is simply made again.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from filmgate.attempt import Attempt
from filmgate.errors import EngineFailed, MediaError, Unavailable
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.task import Task, TaskError, rendered, started, succeeded
from filmgate.upstreams.base import Upstream
from filmgate.work.label import Labeller, labelled
from filmgate.work.progress import reported_progress
from filmgate.work.save import checked_length_seconds, save
from filmgate.work.steps import Overtaken, Steps, TryAgain, error_code, internal_error

_MOST_INTERNAL_ERRORS = 3
# A task whose worker died this often is what kills it.
_MOST_ABANDONED = 10

_INTERNAL = "internal error"

_log = structlog.get_logger("filmgate.work")


class _Hopeless(Exception):
    """The task kills its workers."""


class FilmMaker:
    """Has films made here, each in a folder ``<task id>/<attempt number>`` of its own below ``folder``."""

    def __init__(
        self, steps: Steps, objects: Objects, prober: Prober, folder: Path, labeller: Labeller | None = None
    ) -> None:
        """``labeller``: None leaves films as they are made."""
        self._steps = steps
        self._objects = objects
        self._prober = prober
        self._folder = folder
        self._labeller = labeller

    async def make(self, task: Task, upstream: Upstream) -> None:
        """Make an open task's film and judge what happened. Cancelling it leaves the task open.

        Raises:
            TryAgain: the task is still open and someone should run it again.
            Unavailable: the database or the object store is away; likewise.
        """
        attempt = await self._begin(task, upstream)
        try:
            await self._give_up_if_hopeless(attempt)
            await self._make(task, attempt, upstream)
        except asyncio.CancelledError:
            await self._steps.end(attempt, "cancelled", "let go")
            raise
        except Overtaken:
            await self._steps.end(attempt, "cancelled", "ended or taken over elsewhere")
        except _Hopeless:
            _log.error("task.hopeless", task=str(task.id), upstream=upstream.name, attempt=attempt.number)
            await self._steps.fail(attempt, internal_error())
        except MediaError as exc:
            await self._steps.fail(attempt, TaskError("media_error", f"{exc.field}: {exc.message}"))
        except EngineFailed as exc:
            if exc.retry:
                await self._stumble(attempt, exc)
            else:
                await self._steps.fail(attempt, TaskError(error_code(exc.reason), exc.message))
        except Unavailable as exc:
            await self._steps.end(attempt, "failed", f"unavailable: {exc.message}")
            raise
        except Exception as exc:
            _log.exception("task.internal_error", task=str(task.id), upstream=upstream.name, attempt=attempt.number)
            await self._stumble(attempt, exc)

    async def _make(self, task: Task, attempt: Attempt, upstream: Upstream) -> None:
        """The way of a task on which nothing goes wrong. One that was left halfway walks it again from the start."""
        task = await self._steps.advance(task, started(task, self._steps.clock()), attempt)
        async with _own_folder(self._folder, attempt) as folder:
            async with reported_progress(self._steps.tasks, task.id) as progress:
                film = await upstream.make(task, folder, progress)
            task = await self._steps.advance(task, rendered(task, self._steps.clock()), attempt)
            seconds = await checked_length_seconds(task.request, film, self._prober)
            film, labels = await labelled(self._labeller, task, film)
            result = await self._steps.patiently(lambda: save(task, film, seconds, self._objects, labels))
        # Before the last move, as in every other end: a task that has ended has no open attempt.
        await self._steps.end(attempt, "ok", None)
        await self._steps.advance(task, succeeded(task, result, self._steps.clock()), attempt)

    async def _begin(self, task: Task, upstream: Upstream) -> Attempt:
        steps = self._steps
        return await steps.patiently(lambda: steps.attempts.begin_local(task.id, upstream.name, steps.clock()))

    async def _stumble(self, attempt: Attempt, exc: Exception) -> None:
        """Something that is a bug, or the machine's trouble: worth a few tries, and never the customer's money."""
        await self._steps.end(attempt, "failed", f"{_INTERNAL}: {type(exc).__name__}: {exc}")
        attempts = await self._steps.patiently(lambda: self._steps.attempts.of_task(attempt.task_id))
        stumbles = sum((each.detail or "").startswith(_INTERNAL) for each in attempts)
        if stumbles < _MOST_INTERNAL_ERRORS:
            raise TryAgain(_INTERNAL, after_seconds=2.0**stumbles)
        await self._steps.fail(attempt, internal_error())

    async def _give_up_if_hopeless(self, attempt: Attempt) -> None:
        if attempt.number <= _MOST_ABANDONED:
            return
        attempts = await self._steps.patiently(lambda: self._steps.attempts.of_task(attempt.task_id))
        if sum(each.outcome == "abandoned" for each in attempts) >= _MOST_ABANDONED:
            raise _Hopeless


@asynccontextmanager
async def _own_folder(work: Path, attempt: Attempt) -> AsyncIterator[Path]:
    folder = work / str(attempt.task_id) / str(attempt.number)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        # Freeing what a film took may wait for the disk, longer than all else that is done here for an order.
        await asyncio.to_thread(_remove, folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()

"""A worker process that begins a film and never finishes it, to be killed: ``python -m`` with URL and folder."""

import asyncio
import sys
from pathlib import Path

from filmgate.app import utc_now
from filmgate.engines.base import Film, Progress
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.store.attempts import Attempts
from filmgate.store.db import Database
from filmgate.store.requests import RequestCounts
from filmgate.store.retention import Retention
from filmgate.store.tasks import Tasks
from filmgate.task import Task
from filmgate.work.forget import Forgetter
from filmgate.work.make import FilmMaker
from filmgate.work.run import Runner
from filmgate.work.steps import Steps
from filmgate.work.worker import Worker


class StuckUpstream:
    """Takes every order and is never heard of again."""

    name = "stuck"

    async def make(self, task: Task, folder: Path, progress: Progress) -> Film:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass


async def work(url: str, folder: Path) -> None:
    """Work until killed."""
    db = await Database.open(url)
    tasks = Tasks(db)
    steps = Steps(tasks=tasks, attempts=Attempts(db), clock=utc_now)
    maker = FilmMaker(steps, Objects.open(folder / "objects"), Prober(), folder / "work")
    runner = Runner(steps, maker, lambda _task: StuckUpstream())
    worker = Worker(
        db=db,
        database_url=url,
        tasks=tasks,
        runner=runner,
        forgetter=Forgetter(
            tasks=tasks, retention=Retention(db), counts=RequestCounts(db), objects=Objects.open(folder / "objects")
        ),
        films_at_once=3,
        folder=folder / "work",
        clock=utc_now,
    )
    await worker.run_until(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2])))

"""What a worker works with, beside what every process has."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

from filmgate.app.services import WORK_FOLDER, Services
from filmgate.engines.animatic import Animatic
from filmgate.engines.base import Engine
from filmgate.engines.scripted import Scripted
from filmgate.ids import new_id
from filmgate.media.probe import Prober
from filmgate.store.claims import Claims
from filmgate.store.film_times import FilmTimes
from filmgate.store.followers import Followers
from filmgate.store.requests import RequestCounts
from filmgate.store.retention import Retention
from filmgate.store.upstreams import UpstreamStates
from filmgate.task import Task
from filmgate.upstreams.base import Upstream
from filmgate.upstreams.local import LocalUpstream
from filmgate.upstreams.outgoing import OutgoingMedia
from filmgate.work.bring import Bringer
from filmgate.work.doubt import Doubts
from filmgate.work.elsewhere import Elsewhere
from filmgate.work.endings import Endings
from filmgate.work.follow import Follower
from filmgate.work.forget import Forgetter
from filmgate.work.kinds import KnownKinds
from filmgate.work.make import FilmMaker
from filmgate.work.news import NewsWriter
from filmgate.work.notify import Notifier
from filmgate.work.pace import PATIENT, Pace
from filmgate.work.room import Room
from filmgate.work.run import Runner
from filmgate.work.sending import Sender
from filmgate.work.steps import Steps
from filmgate.work.worker import Worker


async def open_worker(
    services: Services, engine: Engine | None = None, pace: Pace = PATIENT, prober: Prober | None = None
) -> Worker:
    """A worker with the engines that it needs; they are closed with the services.

    Args:
        engine: makes the films of live keys that no vendor makes; None: the animatic.
        prober: looks at finished films; None: by decoding them.
    """
    settings = services.settings
    if engine is None:
        animatic = Animatic(processes=settings.engine_processes)
        services.closing.push_async_callback(animatic.close)
        await animatic.warm()
        engine = animatic
    else:
        services.closing.push_async_callback(engine.close)
    prober = prober or Prober(processes=settings.engine_processes)
    services.closing.push_async_callback(prober.close)
    steps = Steps(tasks=services.tasks, attempts=services.attempts, clock=services.clock)
    maker = FilmMaker(steps, services.objects, prober, settings.data / WORK_FOLDER)
    choose_engine = _engines(services, engine)
    elsewhere = _elsewhere(services, steps, maker, choose_engine, prober, pace)
    return Worker(
        db=services.db,
        database_url=services.database_url,
        tasks=services.tasks,
        runner=Runner(steps, maker, choose_engine, elsewhere),
        forgetter=Forgetter(
            tasks=services.tasks,
            retention=Retention(services.db),
            counts=RequestCounts(services.db),
            objects=services.objects,
        ),
        films_at_once=settings.engine_processes,
        folder=settings.data / WORK_FOLDER,
        clock=services.clock,
        elsewhere=elsewhere,
        notifier=_notifier(services, pace),
        pace=pace,
    )


def _engines(services: Services, engine: Engine) -> Callable[[Task], Upstream]:
    """Who makes a task's film here: for test keys the scripted engine, so that they take no customer's place."""
    local = LocalUpstream(engine.name, engine, services.fetcher)
    script = Scripted(Animatic(processes=1))
    services.closing.push_async_callback(script.close)
    scripted = LocalUpstream("scripted", script, services.fetcher)
    return lambda task: scripted if task.test else local


def _elsewhere(
    services: Services,
    steps: Steps,
    maker: FilmMaker,
    choose_engine: Callable[[Task], Upstream],
    prober: Prober,
    pace: Pace,
) -> Elsewhere:
    settings, upstreams, worker_id = services.settings, services.upstreams, new_id()
    folder = settings.data / WORK_FOLDER
    kinds = KnownKinds(FilmTimes(services.db))
    outgoing = OutgoingMedia(
        objects=services.objects,
        fetcher=services.fetcher,
        links=services.links,
        public_url=settings.public_url,
        folder=folder,
    )
    bringer = Bringer(steps, services.objects, prober, folder, pace.download_pauses_seconds)
    follower = Follower(
        worker_id=worker_id,
        followers=Followers(services.db),
        steps=steps,
        upstreams=upstreams,
        endings=Endings(steps, upstreams, bringer, kinds),
        kinds=kinds,
        database_url=services.database_url,
        lease=pace.lease,
    )
    states = UpstreamStates(services.db)
    room = Room(states, upstreams, services.clock)
    at_once = asyncio.Semaphore(settings.engine_processes)

    async def make_here(task: Task) -> None:
        # Beside the films of the engine's own lane, so that a vendor's failure does not wait for all of them.
        async with at_once:
            await maker.make(task, choose_engine(task))

    sender = Sender(
        steps=steps,
        upstreams=upstreams,
        states=states,
        room=room,
        outgoing=outgoing,
        follower=follower,
        callbacks=services.callback_links,
        make_here=make_here,
        chance=random.SystemRandom(),
    )
    doubts = Doubts(
        steps=steps,
        upstreams=upstreams,
        outgoing=outgoing,
        follower=follower,
        callbacks=services.callback_links,
        patience=pace.doubt,
    )
    return Elsewhere(
        steps=steps,
        catalogue=services.catalogue,
        router=services.router,
        upstreams=upstreams,
        room=room,
        sender=sender,
        follower=follower,
        doubts=doubts,
        settle_seconds=pace.settle_seconds,
    )


def _notifier(services: Services, pace: Pace) -> Notifier:
    return Notifier(
        claims=Claims(services.db, timedelta(seconds=pace.news_claim_seconds)),
        deliveries=services.deliveries,
        webhooks=services.webhooks,
        tasks=services.tasks,
        writer=NewsWriter(dialects=services.dialects, files=services.links, public_url=services.settings.public_url),
        outbound=services.outbound,
        database_url=services.database_url,
        clock=services.clock,
        pace=pace,
    )

"""What a worker works with, beside what every process has."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

from filmgate.app.labels import open_labeller
from filmgate.app.services import WORK_FOLDER, Services
from filmgate.engines.animatic import Animatic
from filmgate.engines.base import Engine
from filmgate.engines.scripted import Scripted
from filmgate.ids import new_id
from filmgate.media.probe import Prober
from filmgate.store.asset_copies import AssetCopies
from filmgate.store.asset_files import AssetFiles
from filmgate.store.claims import Claims
from filmgate.store.film_times import FilmTimes
from filmgate.store.followers import Followers
from filmgate.store.hosted_files import HostedFiles
from filmgate.store.requests import RequestCounts
from filmgate.store.retention import Retention
from filmgate.store.upstreams import UpstreamStates
from filmgate.task import Task
from filmgate.upstreams.base import Upstream
from filmgate.upstreams.local import LocalUpstream
from filmgate.upstreams.outgoing import OutgoingMedia
from filmgate.work.asset_copies import AssetBringer
from filmgate.work.asset_fetch import AssetFetcher
from filmgate.work.bring import Bringer
from filmgate.work.doubt import Doubts
from filmgate.work.elsewhere import Elsewhere
from filmgate.work.endings import Endings
from filmgate.work.follow import Follower
from filmgate.work.forget import Forgetter
from filmgate.work.forget_assets import AssetForgetter
from filmgate.work.gated import GatedRunner
from filmgate.work.kinds import KnownKinds
from filmgate.work.make import FilmMaker
from filmgate.work.moderate import Moderation, Moderator
from filmgate.work.news import NewsWriter
from filmgate.work.notify import Notifier
from filmgate.work.pace import PATIENT, Pace
from filmgate.work.reroute import Rerouter
from filmgate.work.room import Room
from filmgate.work.run import Runner
from filmgate.work.sending import Sender
from filmgate.work.steps import Steps
from filmgate.work.worker import Worker


async def open_worker(
    services: Services,
    engine: Engine | None = None,
    pace: Pace = PATIENT,
    *,
    films_at_once: int | None = None,
    prober: Prober | None = None,
) -> Worker:
    """A worker with the engines that it needs; they are closed with the services.

    Args:
        engine: makes the films of live keys that no vendor makes; None: the animatic.
        films_at_once: how many orders it has in hand for the engine; None: as many as the animatic makes at once.
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
    labeller = await open_labeller(services, steps, prober)
    maker = FilmMaker(steps, services.objects, prober, settings.data / WORK_FOLDER, labeller)
    choose_engine = _engines(services, engine)
    bringer = Bringer(
        steps, services.objects, prober, settings.data / WORK_FOLDER, pace.download_pauses_seconds, labeller
    )
    elsewhere = _elsewhere(services, steps, maker, choose_engine, bringer, pace)
    runner = Runner(steps, maker, choose_engine, elsewhere)
    return Worker(
        db=services.db,
        database_url=services.database_url,
        tasks=services.tasks,
        runner=GatedRunner(runner, reviews=services.reviews, tasks=services.tasks, clock=services.clock),
        forgetter=Forgetter(
            tasks=services.tasks,
            retention=Retention(services.db),
            counts=RequestCounts(services.db),
            objects=services.objects,
            assets=AssetForgetter(
                files=AssetFiles(services.db), hosted=HostedFiles(services.db), objects=services.objects
            ),
        ),
        films_at_once=films_at_once or settings.engine_processes,
        folder=settings.data / WORK_FOLDER,
        clock=services.clock,
        elsewhere=elsewhere,
        notifier=build_notifier(services, pace),
        beside=[_asset_fetcher(services).run_until, *(each.run_until for each in _moderators(services))],
        pace=pace,
    )


def _engines(services: Services, engine: Engine) -> Callable[[Task], Upstream]:
    """Who makes a task's film here: for test keys the scripted engine, so that they take no customer's place."""

    def local_upstream(name: str, engine: Engine) -> Upstream:
        return LocalUpstream(
            name, engine, fetcher=services.fetcher, catalogue=services.catalogue, dialects=services.dialects
        )

    local = local_upstream(engine.name, engine)
    script = Scripted(Animatic(processes=1))
    services.closing.push_async_callback(script.close)
    scripted = local_upstream("scripted", script)
    return lambda task: scripted if task.test else local


def _elsewhere(
    services: Services,
    steps: Steps,
    maker: FilmMaker,
    choose_engine: Callable[[Task], Upstream],
    bringer: Bringer,
    pace: Pace,
) -> Elsewhere:
    settings, upstreams, worker_id = services.settings, services.upstreams, new_id()
    folder = settings.data / WORK_FOLDER
    kinds = KnownKinds(FilmTimes(services.db))
    outgoing = OutgoingMedia(
        objects=services.objects,
        fetcher=services.fetcher,
        links=services.links,
        assets=AssetBringer(AssetCopies(services.db), services.clock),
        public_url=settings.public_url,
        folder=folder,
    )
    followers = Followers(services.db)
    follower = Follower(
        worker_id=worker_id,
        followers=followers,
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
        rerouter=Rerouter(
            steps=steps,
            followers=followers,
            catalogue=services.catalogue,
            router=services.router,
            upstreams=upstreams,
            gone_after=pace.lease.gone_after,
            give_up_after=pace.doubt.give_up_after,
        ),
        settle_seconds=pace.settle_seconds,
    )


def _asset_fetcher(services: Services) -> AssetFetcher:
    return AssetFetcher(
        files=AssetFiles(services.db),
        keeper=services.keeper,
        outbound=services.outbound,
        objects=services.objects,
        links=services.links,
        folder=services.work_folder,
        clock=services.clock,
    )


def _moderators(services: Services) -> list[Moderator]:
    """Whoever asks the moderator, where the operator named one."""
    settings = services.settings
    if settings.moderator_url is None or settings.public_url is None:
        return []
    how = Moderation(
        url=settings.moderator_url,
        public_url=settings.public_url,
        answered_within=timedelta(minutes=settings.moderator_timeout_minutes),
        silence=settings.moderator_silence,
        secret=services.moderation_secret,
    )
    return [
        Moderator(
            how,
            reviews=services.reviews,
            files=AssetFiles(services.db),
            tasks=services.tasks,
            outbound=services.outbound,
            links=services.links,
            clock=services.clock,
        )
    ]


def build_notifier(services: Services, pace: Pace = PATIENT) -> Notifier:
    """The part of a worker that tells news."""
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

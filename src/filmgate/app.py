"""Where everything is built, once, and handed down: nothing below this file makes its own database, engine or clock."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.catalogue.routes import Maker, Router
from filmgate.dialects import Dialects, build_dialects
from filmgate.errors import SetupError
from filmgate.links import FileLinks
from filmgate.media.fetch import MediaFetcher
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.outbound import Outbound
from filmgate.settings import Settings, UpstreamSettings
from filmgate.store.accounts import Accounts
from filmgate.store.attempts import Attempts
from filmgate.store.db import Database
from filmgate.store.deliveries import Deliveries
from filmgate.store.ledger import Ledger
from filmgate.store.requests import RequestCounts
from filmgate.store.retention import Retention
from filmgate.store.secrets import signing_secret
from filmgate.store.task_lists import TaskLists
from filmgate.store.tasks import Tasks
from filmgate.store.webhooks import Webhooks
from filmgate.work.cancel import Canceller
from filmgate.work.changes import TaskChanges
from filmgate.work.cursors import Cursors
from filmgate.work.delete import Deleter
from filmgate.work.plan import Planner
from filmgate.work.quote import Quoter
from filmgate.work.spritesheet import Spritesheets
from filmgate.work.submit import Submitter

if TYPE_CHECKING:
    from filmgate.engines.base import Engine
    from filmgate.task import Task
    from filmgate.upstreams.base import Upstream
    from filmgate.work.pace import Pace
    from filmgate.work.worker import Worker

_WORK_FOLDER = "work"


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


class Services(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Everything that a process of filmgate works with. What runs processes of its own starts them on first use."""

    settings: Settings
    database_url: str
    db: Database
    accounts: Accounts
    tasks: Tasks
    attempts: Attempts
    ledger: Ledger
    webhooks: Webhooks
    deliveries: Deliveries
    objects: Objects
    outbound: Outbound
    prober: Prober
    fetcher: MediaFetcher
    dialects: Dialects
    catalogue: Catalogue
    router: Router
    submitter: Submitter
    canceller: Canceller
    deleter: Deleter
    quoter: Quoter
    spritesheets: Spritesheets
    task_lists: TaskLists
    cursors: Cursors
    changes: TaskChanges
    links: FileLinks
    clock: Callable[[], datetime]
    closing: AsyncExitStack
    """What ``close`` undoes, the latest first."""

    async def close(self) -> None:
        """Let go of everything, in the reverse of the order in which it was built."""
        await self.closing.aclose()


async def open_services(settings: Settings, database_url: str) -> Services:
    """Build everything but the engine.

    Args:
        database_url: of a running database with the current schema.

    Raises:
        SetupError: the catalogue, the object store or the data folder is not as it must be.
        Unavailable: the database is away.
    """
    async with AsyncExitStack() as building:
        catalogue = load_catalogue(settings.catalogue_folder)
        router = Router([_maker(each) for each in settings.upstream])
        router.check(catalogue)
        objects = Objects.open(settings.object_store)
        work_folder = settings.data / _WORK_FOLDER
        work_folder.mkdir(parents=True, exist_ok=True)
        db = await Database.open(database_url)
        building.push_async_callback(db.close)
        outbound = Outbound(allow_private_networks=settings.allow_private_networks)
        building.push_async_callback(outbound.close)
        prober = Prober(processes=1)
        building.push_async_callback(prober.close)
        spritesheets = Spritesheets(objects=objects, prober=prober, folder=work_folder)
        building.push_async_callback(spritesheets.close)
        changes = TaskChanges(database_url)
        building.push_async_callback(changes.close)
        secret = await signing_secret(db)
        tasks = Tasks(db)
        canceller = Canceller(tasks=tasks, clock=utc_now)
        fetcher = MediaFetcher(outbound, objects, prober)
        planner = Planner(
            catalogue=catalogue,
            router=router,
            fetcher=fetcher,
            plain_http_allowed=settings.allow_private_networks,
            folder=work_folder,
        )
        return Services(
            settings=settings,
            database_url=database_url,
            db=db,
            accounts=Accounts(db),
            tasks=tasks,
            attempts=Attempts(db),
            ledger=Ledger(db),
            webhooks=Webhooks(db),
            deliveries=Deliveries(db),
            objects=objects,
            outbound=outbound,
            prober=prober,
            fetcher=fetcher,
            dialects=build_dialects(
                jimmy_success_code=settings.jimmy_success_code,
                senseaudio_unknown_model_status=settings.senseaudio_unknown_model_status,
                openai_default_model=_default_model(settings, catalogue),
            ),
            catalogue=catalogue,
            router=router,
            submitter=Submitter(
                planner=planner,
                tasks=tasks,
                fetcher=fetcher,
                objects=objects,
                clock=utc_now,
                retention_hours=settings.result_retention_hours,
            ),
            canceller=canceller,
            deleter=Deleter(tasks=tasks, canceller=canceller, clock=utc_now),
            quoter=Quoter(planner, secret, utc_now),
            spritesheets=spritesheets,
            task_lists=TaskLists(db),
            cursors=Cursors(secret),
            changes=changes,
            links=FileLinks(secret),
            clock=utc_now,
            closing=building.pop_all(),
        )


def _default_model(settings: Settings, catalogue: Catalogue) -> str | None:
    model = settings.openai_default_model
    if model and catalogue.find(model, "openai") is None:
        raise SetupError(
            f"setting 'openai_default_model' is wrong: {model!r} is not in the catalogue.",
            "`filmgate models` lists what is there.",
        )
    return model or None


async def open_worker(services: Services, engine: "Engine | None" = None, pace: "Pace | None" = None) -> "Worker":
    """A worker with the engines and the upstreams that it needs; they are closed with the services.

    Args:
        engine: makes the films of live keys; None: the animatic.
        pace: None: everyone's.
    """
    # The work engine takes a second to import, which an API process need not wait for.
    from filmgate.engines.animatic import Animatic
    from filmgate.engines.scripted import Scripted
    from filmgate.store.claims import Claims
    from filmgate.upstreams.local import LocalUpstream
    from filmgate.work.forget import Forgetter
    from filmgate.work.make import FilmMaker
    from filmgate.work.news import NewsWriter
    from filmgate.work.notify import Notifier
    from filmgate.work.pace import PATIENT
    from filmgate.work.run import Runner
    from filmgate.work.steps import Steps
    from filmgate.work.worker import Worker

    settings = services.settings
    pace = pace or PATIENT
    if engine is None:
        animatic = Animatic(processes=settings.engine_processes)
        services.closing.push_async_callback(animatic.close)
        await animatic.warm()
        engine = animatic
    else:
        services.closing.push_async_callback(engine.close)
    prober = Prober(processes=settings.engine_processes)
    services.closing.push_async_callback(prober.close)
    local = LocalUpstream(engine.name, engine, services.fetcher)
    # An engine of its own, so that films of test keys take no customer's place.
    script = Scripted(Animatic(processes=1))
    services.closing.push_async_callback(script.close)
    scripted = LocalUpstream("scripted", script, services.fetcher)

    def choose_upstream(task: "Task") -> "Upstream":
        return scripted if task.test else local

    work_folder = settings.data / _WORK_FOLDER
    notifier = Notifier(
        claims=Claims(services.db, timedelta(seconds=pace.news_claim_seconds)),
        deliveries=services.deliveries,
        webhooks=services.webhooks,
        tasks=services.tasks,
        writer=NewsWriter(dialects=services.dialects, files=services.links, public_url=settings.public_url),
        outbound=services.outbound,
        database_url=services.database_url,
        clock=services.clock,
        pace=pace,
    )
    steps = Steps(tasks=services.tasks, attempts=services.attempts, clock=services.clock)
    maker = FilmMaker(steps, services.objects, prober, work_folder)
    runner = Runner(steps, maker, choose_upstream)
    return Worker(
        db=services.db,
        database_url=services.database_url,
        tasks=services.tasks,
        runner=runner,
        forgetter=Forgetter(
            tasks=services.tasks,
            retention=Retention(services.db),
            counts=RequestCounts(services.db),
            objects=services.objects,
        ),
        films_at_once=settings.engine_processes,
        folder=work_folder,
        clock=utc_now,
        notifier=notifier,
        pace=pace,
    )


def _maker(settings: UpstreamSettings) -> Maker:
    return Maker(name=settings.name, models=settings.models, priority=settings.priority, weight=settings.weight)

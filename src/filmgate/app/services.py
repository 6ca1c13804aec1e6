"""What every process of filmgate works with, built once."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from filmgate.app.review import open_gate
from filmgate.app.upstreams import build_upstreams
from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.catalogue.routes import Maker, Router
from filmgate.dialects import Dialects, build_dialects
from filmgate.errors import SetupError
from filmgate.links import FileLinks
from filmgate.media.fetch import MediaFetcher
from filmgate.media.label import LabelReader
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.outbound import Outbound
from filmgate.settings import Settings, UpstreamSettings
from filmgate.store.accounts import Accounts
from filmgate.store.asset_files import AssetFiles
from filmgate.store.assets import Assets
from filmgate.store.attempts import Attempts
from filmgate.store.certificates import Certificates
from filmgate.store.consents import Consents
from filmgate.store.db import Database
from filmgate.store.deliveries import Deliveries
from filmgate.store.films import Films
from filmgate.store.hosted_files import HostedFiles
from filmgate.store.ledger import Ledger
from filmgate.store.reviews import Reviews
from filmgate.store.secrets import moderation_secret, signing_secret
from filmgate.store.task_lists import TaskLists
from filmgate.store.tasks import Tasks
from filmgate.store.webhooks import Webhooks
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.assets import AssetKeeper
from filmgate.work.callbacks import CallbackLinks, Callbacks
from filmgate.work.cancel import Canceller
from filmgate.work.changes import TaskChanges
from filmgate.work.consents import ConsentDesk
from filmgate.work.cursors import Cursors
from filmgate.work.delete import Deleter
from filmgate.work.hosting import Host
from filmgate.work.media_review import MediaReview
from filmgate.work.own_media import OwnMediaFinder
from filmgate.work.plan import Planner
from filmgate.work.quote import Quoter
from filmgate.work.spritesheet import Spritesheets
from filmgate.work.submit import Submitter
from filmgate.work.verify import Verifier

WORK_FOLDER = "work"
# A file that takes its decoder's whole time must not keep all others waiting.
_PROBES_AT_ONCE = 2


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
    verifier: Verifier
    canceller: Canceller
    deleter: Deleter
    upstreams: dict[str, RemoteUpstream]
    callback_links: CallbackLinks
    callbacks: Callbacks
    quoter: Quoter
    spritesheets: Spritesheets
    task_lists: TaskLists
    cursors: Cursors
    changes: TaskChanges
    links: FileLinks
    assets: Assets
    keeper: AssetKeeper
    consents: Consents
    consent_desk: ConsentDesk
    reviews: Reviews
    moderation_secret: str
    """What an outside moderator signs its answers with."""
    host: Host
    work_folder: Path
    """Takes files while they are looked at or made."""
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
        SetupError: the catalogue, an upstream, the object store or the data folder is not as it must be.
        Unavailable: the database is away.
    """
    async with AsyncExitStack() as building:
        catalogue = load_catalogue(settings.catalogue_folder)
        router = build_router(settings, catalogue)
        objects = Objects.open(settings.object_store)
        work_folder = settings.data / WORK_FOLDER
        work_folder.mkdir(parents=True, exist_ok=True)
        db = await Database.open(database_url)
        building.push_async_callback(db.close)
        outbound = Outbound(allow_private_networks=settings.allow_private_networks, link_ports=settings.link_ports)
        building.push_async_callback(outbound.close)
        prober = Prober(processes=_PROBES_AT_ONCE)
        building.push_async_callback(prober.close)
        spritesheets = Spritesheets(objects=objects, prober=prober, folder=work_folder)
        building.push_async_callback(spritesheets.close)
        label_reader = LabelReader()
        building.push_async_callback(label_reader.close)
        changes = TaskChanges(database_url)
        building.push_async_callback(changes.close)
        secret = await signing_secret(db)
        tasks, attempts = Tasks(db), Attempts(db)
        # Where a vendor is, the operator says; the ports are for the links of strangers.
        to_vendors = Outbound(allow_private_networks=settings.allow_private_networks)
        building.push_async_callback(to_vendors.close)
        upstreams = build_upstreams(settings.upstream, to_vendors, plain_http_allowed=settings.allow_private_networks)
        callback_links = CallbackLinks(secret, settings.public_url)
        canceller = Canceller(tasks=tasks, attempts=attempts, upstreams=upstreams, clock=utc_now)
        links = FileLinks(secret)
        assets, asset_files = Assets(db), AssetFiles(db)
        consents = Consents(db)
        gate = await open_gate(settings, prober)
        review = MediaReview(files=asset_files, prober=prober, gate=gate) if settings.review_media else None
        fetcher = MediaFetcher(outbound, objects, prober, review)
        most_bytes = settings.account_storage_megabytes * 1024**2
        keeper = AssetKeeper(
            assets=assets,
            files=asset_files,
            objects=objects,
            prober=prober,
            most_bytes=most_bytes,
            clock=utc_now,
            gate=gate,
        )
        planner = Planner(
            catalogue=catalogue,
            router=router,
            fetcher=fetcher,
            gate=gate,
            own_media=OwnMediaFinder(assets=assets, files=asset_files, consents=consents, links=links, clock=utc_now),
            plain_http_allowed=settings.allow_private_networks,
            link_ports=settings.link_ports,
            folder=work_folder,
        )
        return Services(
            settings=settings,
            database_url=database_url,
            db=db,
            accounts=Accounts(db),
            tasks=tasks,
            attempts=attempts,
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
            verifier=Verifier(reader=label_reader, films=Films(db), certificates=Certificates(db), folder=work_folder),
            canceller=canceller,
            deleter=Deleter(tasks=tasks, canceller=canceller, clock=utc_now),
            upstreams=upstreams,
            callback_links=callback_links,
            callbacks=Callbacks(
                links=callback_links,
                tasks=tasks,
                attempts=attempts,
                upstreams=upstreams,
                notifies=db,
                clock=utc_now,
            ),
            quoter=Quoter(planner, secret, utc_now),
            spritesheets=spritesheets,
            task_lists=TaskLists(db),
            cursors=Cursors(secret),
            changes=changes,
            links=links,
            assets=assets,
            keeper=keeper,
            consents=consents,
            consent_desk=ConsentDesk(
                consents=consents,
                assets=assets,
                keeper=keeper,
                objects=objects,
                most_bytes=most_bytes,
                clock=utc_now,
            ),
            reviews=Reviews(db),
            moderation_secret=await moderation_secret(db),
            host=Host(
                hosted=HostedFiles(db),
                objects=objects,
                most_bytes=most_bytes,
                clock=utc_now,
                retention_hours=settings.result_retention_hours,
            ),
            work_folder=work_folder,
            clock=utc_now,
            closing=building.pop_all(),
        )


def build_router(settings: Settings, catalogue: Catalogue) -> Router:
    """Who makes what, by the settings of today.

    Raises:
        SetupError: a model has a route that leads nowhere.
    """
    router = Router([_maker(each) for each in settings.upstream])
    router.check(catalogue)
    return router


def _default_model(settings: Settings, catalogue: Catalogue) -> str | None:
    model = settings.openai_default_model
    if model and catalogue.find(model, "openai") is None:
        raise SetupError(
            f"setting 'openai_default_model' is wrong: {model!r} is not in the catalogue.",
            "`filmgate models` lists what is there.",
        )
    return model or None


def _maker(settings: UpstreamSettings) -> Maker:
    return Maker(name=settings.name, models=settings.models, priority=settings.priority, weight=settings.weight)

"""What the doors need of the program. ``app.Services`` has all of it; these are its parts as seen from here."""

from datetime import datetime
from typing import Protocol

from filmgate.catalogue.load import Catalogue
from filmgate.dialects import Dialects
from filmgate.links import FileLinks
from filmgate.objects import Objects
from filmgate.store.accounts import Accounts
from filmgate.store.attempts import Attempts
from filmgate.store.db import Database
from filmgate.store.deliveries import Deliveries
from filmgate.store.ledger import Ledger
from filmgate.store.task_lists import TaskLists
from filmgate.store.tasks import Tasks
from filmgate.store.webhooks import Webhooks
from filmgate.work.callbacks import Callbacks
from filmgate.work.cancel import Canceller
from filmgate.work.changes import TaskChanges
from filmgate.work.cursors import Cursors
from filmgate.work.delete import Deleter
from filmgate.work.quote import Quoter
from filmgate.work.spritesheet import Spritesheets
from filmgate.work.submit import Submitter


class DoorSettings(Protocol):
    """The settings that the doors read; see ``settings.Settings`` for what they mean."""

    @property
    def public_url(self) -> str | None: ...
    @property
    def metrics_token(self) -> str | None: ...
    @property
    def allow_private_networks(self) -> bool: ...


class Services(Protocol):
    """Everything behind the doors, built once by ``app.open_services``."""

    @property
    def settings(self) -> DoorSettings: ...
    @property
    def db(self) -> Database: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def tasks(self) -> Tasks: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def objects(self) -> Objects: ...
    @property
    def dialects(self) -> Dialects: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def submitter(self) -> Submitter: ...
    @property
    def canceller(self) -> Canceller: ...
    @property
    def deleter(self) -> Deleter: ...
    @property
    def callbacks(self) -> Callbacks: ...
    @property
    def quoter(self) -> Quoter: ...
    @property
    def spritesheets(self) -> Spritesheets: ...
    @property
    def task_lists(self) -> TaskLists: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def changes(self) -> TaskChanges: ...
    @property
    def links(self) -> FileLinks: ...
    def clock(self) -> datetime: ...

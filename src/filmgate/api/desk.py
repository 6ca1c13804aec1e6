"""What a door has at hand when someone knocks."""

import msgspec

from filmgate.api.auth import Gatekeeper
from filmgate.api.reader import TaskReader
from filmgate.api.services import Services
from filmgate.dialects.base import ServerDialect


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The program behind the doors of one dialect. Built once per dialect."""

    services: Services
    gatekeeper: Gatekeeper
    reader: TaskReader
    dialect: ServerDialect

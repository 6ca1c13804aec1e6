"""What a door has at hand when someone knocks."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from filmgate.api.auth import Gatekeeper
from filmgate.api.reader import TaskReader
from filmgate.api.services import Services
from filmgate.dialects.base import ServerDialect


def utc_now() -> datetime:
    """The clock of the doors."""
    return datetime.now(UTC)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The program behind the doors of one dialect. Built once per dialect."""

    services: Services
    gatekeeper: Gatekeeper
    reader: TaskReader
    dialect: ServerDialect
    clock: Callable[[], datetime] = utc_now

"""What a door has at hand when someone knocks."""

import msgspec

from filmgate.api.auth import Gatekeeper
from filmgate.api.calls import Call
from filmgate.api.reader import TaskReader
from filmgate.api.services import Services
from filmgate.dialects.base import ServerDialect
from filmgate.task import Task
from filmgate.work.links import TaskLinks


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The program behind the doors of one dialect. Built once per dialect."""

    services: Services
    gatekeeper: Gatekeeper
    reader: TaskReader
    dialect: ServerDialect

    def base_url(self, call: Call) -> str:
        """How this server is reached by who calls."""
        return self.services.settings.public_url or call.base_url()

    def links(self, call: Call, task: Task) -> TaskLinks:
        """The links in an answer about the task, in this desk's dialect."""
        return TaskLinks(
            task,
            files=self.services.links,
            base_url=self.base_url(call),
            show_id=self.dialect.show_id,
            now=self.services.clock(),
        )

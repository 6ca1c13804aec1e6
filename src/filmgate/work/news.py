"""News as it is sent: a body in the words of its receiver, and the headers that prove where it comes from."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from filmgate.dialects import Dialects
from filmgate.dialects.base import ServerDialect
from filmgate.links import FileLinks
from filmgate.task import Task, as_of
from filmgate.webhook import Delivery, Secret, hex_signed_headers, signed_headers
from filmgate.work.links import TaskLinks


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted."""

    body: bytes
    headers: dict[str, str]


class NewsWriter:
    """Writes letters. Always at the moment of sending: only so are the signature and the links fresh."""

    def __init__(self, *, dialects: Dialects, files: FileLinks, public_url: str | None) -> None:
        self._dialects = dialects
        self._files = files
        self._public_url = public_url

    def write(self, delivery: Delivery, task: Task, good: Sequence[Secret], now: datetime) -> Letter:
        """What is sent for a delivery now.

        The body speaks of the task as it was when the news was made. An order's own webhook gets it in the order's
        dialect, an endpoint of the account in the native form, whichever dialect the order was written in.

        Args:
            good: the account's secrets that are good now.

        Raises:
            ValueError: the task never came to the status that the delivery tells of.
        """
        then = as_of(task, delivery.event)
        ordered_in, native = self._dialects.named(task.dialect), self._dialects.native
        if delivery.endpoint_id is None:
            body = ordered_in.phrase_webhook(then, self._links(then, ordered_in, now))
        else:
            body = native.phrase_webhook(then, self._links(then, native, now), ordered_in.show_id(task.id))
        headers = {"Content-Type": "application/json", **signed_headers(delivery.message_id, body, good, now)}
        if delivery.endpoint_id is None and ordered_in.hex_signature:
            headers |= hex_signed_headers(delivery.message_id, body, good, now)
        return Letter(body=body, headers=headers)

    def _links(self, task: Task, dialect: ServerDialect, now: datetime) -> TaskLinks:
        base_url = self._public_url or task.base_url
        return TaskLinks(task, files=self._files, base_url=base_url, show_id=dialect.show_id, now=now)

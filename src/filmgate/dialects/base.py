"""What a dialect's server half is: a vendor's wire format, spoken to customers. Pure: bytes and words in and out.

A server half reads a create body into a ``VideoRequest`` and phrases tasks, models and errors. It never sees a
database, a clock or a socket; what it needs of those comes as arguments.
"""

from typing import Any, Protocol
from uuid import UUID

import msgspec

from filmgate.errors import FilmgateError
from filmgate.task import Status, Task
from filmgate.video import VideoRequest


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer to a customer, ready to be sent."""

    status: int
    body: bytes
    """JSON, UTF-8."""
    headers: dict[str, str] = {}


class Links(Protocol):
    """Makes the public links of a task's files. Built by the door for each request."""

    def film(self, task: Task) -> str: ...
    def poster(self, task: Task) -> str: ...
    def last_frame(self, task: Task) -> str: ...
    def media(self, object_name: str) -> str:
        """A link to bytes the customer sent inside the body, kept in our store (``Media.url`` ``object://NAME``)."""
        ...


class ServerDialect(Protocol):
    """The part of a server half that every dialect has in the same form.

    What only one dialect offers (balances, model lists) are methods of its own, called by its own routes.
    """

    name: str
    """``jimmy``, ``senseaudio`` or ``ink``: the word in ``Task.dialect`` and in the catalogue's offers."""
    title: str
    """For people: ``Jimmy AI OpenAPI``."""
    body_limit_bytes: int
    checks_media_at_create: bool
    """True where the vendor refuses an order at once when a link cannot be fetched or decoded; False where the order
    is accepted and then fails."""

    webhook_events: frozenset[Status]
    """What an order's own webhook is told of, unless the order says otherwise. Empty: orders have no webhook here."""
    hex_signature: bool
    """Whether an order's own webhook also gets ``webhook.hex_signed_headers``, for receivers that know no others."""

    def read_create(self, body: bytes) -> VideoRequest:
        """Read a create body. Unknown members are ignored.

        Raises:
            BadRequest: not JSON, not an object, or of a shape that cannot be read at all.
            RulesBroken: everything that is wrong with types, missing fields and the dialect's own vocabulary,
                all at once, with what could be read. Rules of the model are not checked here.
        """
        ...

    def write_create(self, request: VideoRequest) -> dict[str, Any]:
        """The create body that orders ``request`` in this dialect: what ``read_create`` reads back the same.

        Raises:
            ValueError: this dialect cannot express the request.
        """
        ...

    def phrase_created(self, task: Task, links: Links) -> Reply:
        """The answer to a create that was accepted."""
        ...

    def phrase_task(self, task: Task, links: Links) -> Reply:
        """The answer to a status query."""
        ...

    def phrase_webhook(self, task: Task, links: Links) -> bytes:
        """The body that tells an order's webhook that the task has come to its present status."""
        ...

    def phrase_error(self, error: FilmgateError, request_id: str = "") -> Reply:
        """Any error of ours, in the dialect's form and HTTP status. Never leaks what an internal fault was.

        Args:
            request_id: the name of the refused call, for dialects whose messages tell it.
        """
        ...

    def show_id(self, task_id: UUID) -> str:
        """The task's id as this dialect shows it."""
        ...

    def read_id(self, text: str) -> UUID | None:
        """The id behind what ``show_id`` showed; None for any other text."""
        ...

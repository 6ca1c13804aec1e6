"""Callbacks of vendors: each attempt has an address of its own, and a call there only means that we look at once.

Nothing in a call's body is believed. It may name the vendor's id of an order whose answer was lost: then the vendor is
asked about that id, and the order is followed if the vendor has it and nothing that it repeats speaks against it.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from itsdangerous import BadData, URLSafeSerializer

from filmgate.attempt import Attempt
from filmgate.errors import NotFound, UpstreamFailed
from filmgate.ids import from_uuid_form
from filmgate.store.attempts import Attempts
from filmgate.store.listen import NUDGES_CHANNEL
from filmgate.store.tasks import Tasks
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.likeness import may_be

PREFIX = "/filmgate/callbacks/"

# Vendors wait about five seconds for an acknowledgement (spec ark 8).
_ASK_SECONDS = 4.0

_log = structlog.get_logger("filmgate.work")


class Notifies(Protocol):
    """Who passes words on to other processes: ``store.db.Database``."""

    def notify_soon(self, channel: str, payloads: list[str]) -> None: ...


class CallbackLinks:
    """Writes and opens the addresses.

    Args:
        secret: the same in every process.
        public_url: how vendors reach this server; None: they do not.
    """

    def __init__(self, secret: bytes, public_url: str | None) -> None:
        self._serializer = URLSafeSerializer(secret, salt="filmgate vendor callback")
        self._public_url = public_url and public_url.rstrip("/")

    def link(self, upstream: RemoteUpstream, attempt: Attempt) -> str | None:
        """Where the vendor is to call about this attempt; None where it is not asked to."""
        if self._public_url is None or not upstream.wants_callbacks:
            return None
        token = self._serializer.dumps([str(attempt.task_id), attempt.number])
        return f"{self._public_url}{PREFIX}{upstream.name}/{token}"

    def open(self, token: str) -> tuple[UUID, int]:
        """The task and the attempt's number.

        Raises:
            NotFound: the token is none of ours.
        """
        try:
            task_id, number = self._serializer.loads(token)
        except (BadData, ValueError, TypeError) as exc:
            raise NotFound("no such callback address") from exc
        found = from_uuid_form(task_id) if isinstance(task_id, str) else None
        if found is None or not isinstance(number, int):
            raise NotFound("no such callback address")
        return found, number


class Callbacks:
    """Takes calls in."""

    def __init__(
        self,
        *,
        links: CallbackLinks,
        tasks: Tasks,
        attempts: Attempts,
        upstreams: Mapping[str, RemoteUpstream],
        notifies: Notifies,
        clock: Callable[[], datetime],
    ) -> None:
        self._links = links
        self._tasks = tasks
        self._attempts = attempts
        self._upstreams = upstreams
        self._notifies = notifies
        self._clock = clock

    async def receive(self, upstream_name: str, token: str, headers: Mapping[str, str], body: bytes) -> None:
        """A vendor called.

        Args:
            headers: by lower-case name.

        Raises:
            NotFound: it is no address of ours.
            Unavailable: the database is away.
        """
        task_id, number = self._links.open(token)
        upstream = self._upstreams.get(upstream_name)
        attempt = next((each for each in await self._attempts.of_task(task_id) if each.number == number), None)
        if upstream is None or attempt is None or attempt.upstream != upstream_name:
            raise NotFound("no such callback address")
        if attempt.ended_at is not None:
            return
        if attempt.vendor_id is None:
            await self._adopt(upstream, attempt, headers, body)
        self._notifies.notify_soon(NUDGES_CHANNEL, [str(task_id)])

    async def _adopt(self, upstream: RemoteUpstream, attempt: Attempt, headers: Mapping[str, str], body: bytes) -> None:
        """The vendor has an order whose answer we do not know: ask about the id that it names."""
        said = upstream.client.callback(headers, body)
        if said is None or not said.vendor_id:
            return
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                report = await upstream.look(said.vendor_id)
        except (UpstreamFailed, TimeoutError) as exc:
            _log.warning("callback.not_confirmed", task=str(attempt.task_id), upstream=upstream.name, reason=str(exc))
            return
        task = await self._tasks.get(attempt.task_id)
        if task is None or not may_be(report, task, attempt):
            _log.warning("callback.of_another", task=str(attempt.task_id), upstream=upstream.name)
            return
        # Followed by nobody yet: the next worker that looks takes it over.
        if await self._attempts.adopted(attempt, report.vendor_id, None, self._clock()):
            _log.info("attempt.adopted", task=str(attempt.task_id), upstream=upstream.name, vendor_id=report.vendor_id)

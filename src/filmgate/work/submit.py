"""Accepting an order: rules, then what the price and the dialect need to see of the media, then one call to the store.

Everything that can be wrong with an order is found here, before any money. An order of text alone takes the straight
way: rules, price, one round trip to the database.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from filmgate.catalogue.choose import Plan, measured_media, plan
from filmgate.catalogue.load import Catalogue
from filmgate.dialects.base import ServerDialect
from filmgate.errors import (
    MediaError,
    MediaUnreachable,
    Refused,
    RulesBroken,
    Unavailable,
    Violation,
)
from filmgate.ids import new_id
from filmgate.media.fetch import MediaFetcher
from filmgate.media.probe import Probe
from filmgate.money import times
from filmgate.objects import Objects
from filmgate.store.accept import Idempotency, NewTask
from filmgate.store.accounts import Key
from filmgate.store.tasks import Tasks
from filmgate.task import Promise, Quote, Task, as_accepted, input_name
from filmgate.video import Media, VideoRequest, link_scheme
from filmgate.work.placing import Placing, at_quoted_price, broken_terms, broken_webhook

# A price that needs the length of a clip does not wait for it longer than this; the clip then counts nothing.
_MEASURING_SECONDS = 10.0
# Most clients give up on a create after a minute; by then they should have read why their links are no good.
_CHECKING_SECONDS = 30.0
_CHECKS_AT_ONCE = 4

_log = structlog.get_logger("filmgate.work")


_PLAINLY = Placing()


class Submitter:
    """Accepts orders, in any dialect."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        tasks: Tasks,
        fetcher: MediaFetcher,
        objects: Objects,
        clock: Callable[[], datetime],
        retention_hours: int = 72,
        plain_http_allowed: bool = False,
        folder: Path | None = None,
    ) -> None:
        """
        Args:
            retention_hours: how long films are kept whose account says nothing else.
            folder: takes media while it is looked at; the system's folder for temporary files unless given.
        """
        self._catalogue = catalogue
        self._tasks = tasks
        self._fetcher = fetcher
        self._objects = objects
        self._clock = clock
        self._retention_hours = retention_hours
        self._plain_http_allowed = plain_http_allowed
        self._folder = folder

    async def submit(
        self, request: VideoRequest, dialect: ServerDialect, key: Key, placing: Placing = _PLAINLY
    ) -> Task:
        """Accept an order, or refuse it without a trace.

        Args:
            request: as the dialect read it.
            dialect: the one that the order was written in.
            key: who orders.

        Returns:
            The task as it is accepted; for an order that is sent again, as it was then.

        Raises:
            RulesBroken: the order breaks rules of its model or its key; all of them are listed.
            MediaError: a link cannot be used, and the dialect says so at once; the first one in the caller's order.
            InsufficientFunds, QuotaExhausted, TooManyOrders, DayExhausted, KeyReused, Unauthenticated: as
                ``Tasks.accept``.
            Unavailable: the database or the object store is away.
        """
        idempotency = await self._idempotency(request, dialect, key, placing)
        if idempotency is not None:
            before = await self._tasks.accepted_before(key.account_id, idempotency, self._clock())
            if before is not None:
                return as_accepted(before)

        def priced(lengths_seconds: Mapping[str, float]) -> Plan:
            return self._plan(request, dialect, key, placing, lengths_seconds)

        planned = await self._look_at_media(priced({}), dialect, priced)
        new = self._new_task(planned, dialect, key, placing, idempotency)
        new, accepted_id = await self._accept(new)
        if accepted_id != new.id:
            # The same order, sent twice at the same moment; the other one was first.
            first = await self._tasks.get(accepted_id)
            if first is not None:
                return as_accepted(first)
        _log.info(
            "task.accepted",
            task=str(new.id),
            account=str(new.account_id),
            dialect=new.dialect,
            model=new.request.model,
            price_micros=new.quote.price_micros,
        )
        return _queued(new)

    async def _idempotency(
        self, request: VideoRequest, dialect: ServerDialect, key: Key, placing: Placing
    ) -> Idempotency | None:
        if placing.idempotency_key is None:
            return None
        order = (dialect.name, placing.create_path, key.test, request)
        # Large where it holds pictures; a thread then spares the event loop.
        digest = await asyncio.to_thread(_digest, order) if request.media else _digest(order)
        return Idempotency(placing.idempotency_key, digest)

    def _new_task(
        self, planned: Plan, dialect: ServerDialect, key: Key, placing: Placing, idempotency: Idempotency | None
    ) -> NewTask:
        quote = _free(planned.quote) if key.test else planned.quote
        events = dialect.webhook_events if placing.webhook_events is None else placing.webhook_events
        return NewTask(
            id=new_id(),
            account_id=key.account_id,
            key_id=key.id,
            test=key.test,
            dialect=dialect.name,
            request=planned.request,
            quote=quote,
            created_at=self._clock(),
            promise=Promise(
                retention_hours=key.retention_hours or self._retention_hours,
                max_cost_micros=None if key.test else placing.max_cost_micros,
                cancel_fee_micros=times(quote.price_micros, Decimal(planned.offer.cancel.making_percent) / 100),
            ),
            base_url=placing.base_url,
            webhook_events=tuple(sorted(events)) if planned.request.webhook_url else (),
            idempotency=idempotency,
        )

    def _plan(
        self,
        request: VideoRequest,
        dialect: ServerDialect,
        key: Key,
        placing: Placing,
        lengths_seconds: Mapping[str, float],
    ) -> Plan:
        """Every rule that needs no look at the media, and the price.

        Raises:
            RulesBroken: all that are broken.
        """
        others = [*_assets(request), *broken_webhook(request, plain_http_allowed=self._plain_http_allowed)]
        try:
            planned = plan(
                self._catalogue,
                request,
                dialect.name,
                lengths_seconds,
                plain_http_allowed=self._plain_http_allowed,
                create_path=placing.create_path,
            )
        except RulesBroken as exc:
            told = {violation.field for violation in exc.violations}
            raise RulesBroken(
                [*exc.violations, *(violation for violation in others if violation.field not in told)]
            ) from exc
        planned = at_quoted_price(planned, placing.quoted)
        others += broken_terms(planned, key, placing)
        if others:
            raise RulesBroken(others)
        return planned

    async def _look_at_media(
        self, planned: Plan, dialect: ServerDialect, priced: Callable[[Mapping[str, float]], Plan]
    ) -> Plan:
        """Check the media where the dialect checks at create, and measure what the price counts."""
        measured = measured_media(planned.offer, planned.request)
        if dialect.checks_media_at_create:
            probes = await self._inspect(planned.request.media, _CHECKING_SECONDS)
            for media in planned.request.media:
                probe = probes.get(media.field)
                if probe is None:
                    raise MediaUnreachable(
                        f"the link given as {media.kind} cannot be fetched in time", kind=media.kind, field=media.field
                    )
                if isinstance(probe, MediaError):
                    raise probe
        else:
            probes = await self._inspect(measured, limit_seconds=_MEASURING_SECONDS)
        lengths_seconds = {
            media.field: found.seconds
            for media in measured
            if isinstance(found := probes.get(media.field), Probe) and found.seconds is not None
        }
        return priced(lengths_seconds) if lengths_seconds else planned

    async def _inspect(self, media: Sequence[Media], limit_seconds: float) -> dict[str, Probe | MediaError]:
        """What each of the media is, or why it is nothing, by ``Media.field``; in the given order.

        What was not found out within ``limit_seconds`` is left out.
        """
        if not media:
            return {}
        slots = asyncio.Semaphore(_CHECKS_AT_ONCE)

        async def check(item: Media, folder: Path) -> Probe | MediaError:
            async with slots:
                try:
                    return await self._fetcher.check(item, folder)
                except MediaError as exc:
                    return exc

        with tempfile.TemporaryDirectory(prefix="accept-", dir=self._folder) as folder:
            checks = [asyncio.create_task(check(item, Path(folder))) for item in media]
            try:
                await asyncio.wait(checks, timeout=limit_seconds)
            finally:
                for task in checks:
                    task.cancel()
                await asyncio.gather(*checks, return_exceptions=True)
        return {item.field: task.result() for item, task in zip(media, checks, strict=True) if not task.cancelled()}

    async def _accept(self, new: NewTask) -> tuple[NewTask, UUID]:
        """Keep the order, with the bytes that came inside its body as objects of our own.

        The objects go away again if the order is refused, or was accepted before. They stay when the database's
        answer was lost, because the order may have been accepted.

        Returns:
            The order as it was sent to the store, and the id of the one that stands for it there.
        """
        kept: list[str] = []
        try:
            new = await self._with_inline_media_kept(new, kept)
            accepted_id = await self._tasks.accept(new)
        except (Refused, MediaError):
            await self._remove(kept)
            raise
        if accepted_id != new.id:
            await self._remove(kept)
        return new, accepted_id

    async def _remove(self, names: Sequence[str]) -> None:
        with suppress(Unavailable):
            for name in names:
                await self._objects.delete(name)

    async def _with_inline_media_kept(self, new: NewTask, kept: list[str]) -> NewTask:
        media = list(new.request.media)
        for number, item in enumerate(media):
            if link_scheme(item.url) == "data":
                name = input_name(new.id, number)
                media[number] = await self._fetcher.keep_inline(item, name)
                kept.append(name)
        if not kept:
            return new
        return msgspec.structs.replace(new, request=msgspec.structs.replace(new.request, media=tuple(media)))


def _assets(request: VideoRequest) -> list[Violation]:
    """Assets that the order names. There is no library that holds any yet, so none of them exists."""
    return [
        Violation(field=media.field, rule="unknown", message="names no such asset", value=media.url)
        for media in request.media
        if link_scheme(media.url) == "asset"
    ]


def _digest(order: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(order, order="sorted")).digest()


def _free(quote: Quote) -> Quote:
    return msgspec.structs.replace(quote, price_micros=0)


def _queued(new: NewTask) -> Task:
    return Task(
        id=new.id,
        account_id=new.account_id,
        key_id=new.key_id,
        test=new.test,
        dialect=new.dialect,
        request=new.request,
        status="queued",
        progress=0,
        quote=new.quote,
        cost_micros=None,
        error=None,
        result=None,
        created_at=new.created_at,
        started_at=None,
        completed_at=None,
        promise=new.promise,
        base_url=new.base_url,
    )

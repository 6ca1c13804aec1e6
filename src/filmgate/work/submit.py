"""Accepting an order: a plan for it (``work.plan``), then one call to the store.

An order of text alone takes the straight way: rules, price, one round trip to the database.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import NoReturn
from uuid import UUID

import msgspec
import structlog

from filmgate.catalogue.choose import Plan
from filmgate.dialects.base import ServerDialect
from filmgate.errors import MediaError, Refused, RulesBroken, Unavailable, Unconfirmed
from filmgate.ids import new_id
from filmgate.media.fetch import MediaFetcher
from filmgate.money import times
from filmgate.objects import Objects
from filmgate.store.accept import Idempotency, NewTask
from filmgate.store.accounts import Key
from filmgate.store.queue import PLAY_SCRIPT, lane_of
from filmgate.store.tasks import Tasks
from filmgate.task import Promise, Quote, Task, as_accepted, input_name
from filmgate.video import VideoRequest, link_scheme
from filmgate.work.placing import Placing, refuse_old_quote
from filmgate.work.plan import Planner

_log = structlog.get_logger("filmgate.work")

_PLAINLY = Placing()


class Submitter:
    """Accepts orders, in any dialect."""

    def __init__(
        self,
        *,
        planner: Planner,
        tasks: Tasks,
        fetcher: MediaFetcher,
        objects: Objects,
        clock: Callable[[], datetime],
        retention_hours: int = 72,
    ) -> None:
        """``retention_hours`` is how long films are kept whose account says nothing else."""
        self._planner = planner
        self._tasks = tasks
        self._fetcher = fetcher
        self._objects = objects
        self._clock = clock
        self._retention_hours = retention_hours

    async def submit(
        self,
        request: VideoRequest,
        dialect: ServerDialect,
        key: Key,
        placing: Placing = _PLAINLY,
        *,
        said: object = None,
        quote_valid_until: datetime | None = None,
    ) -> Task:
        """Accept an order, or refuse it without a trace.

        Args:
            request: as the dialect read it.
            dialect: the one that the order was written in.
            key: who orders.
            said: what the caller wrote, where the order was made of it and of something that may be gone when it is
                sent again (``made_before``).
            quote_valid_until: of the quote that the order names. One that is sent again is the same order still when
                that time is over.

        Returns:
            The task as it is accepted; for an order that is sent again, as it was then.

        Raises:
            RulesBroken: as ``Planner.plan``.
            BadRequest: the quote has had its time.
            InsufficientFunds, QuotaExhausted, TooManyOrders, DayExhausted, KeyReused, Unauthenticated: as
                ``Tasks.accept``.
            Unconfirmed: the database went away over the order, which may have been accepted.
            Unavailable: the database or the object store is away; the order may be sent again.
        """
        idempotency = await _idempotency(said or request, dialect, key, placing)
        before = await self._made_before(key, idempotency)
        if before is not None:
            return before
        refuse_old_quote(quote_valid_until, self._clock())
        planned = await self._planner.plan(request, dialect, key, placing)
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

    async def made_before(
        self, said: object, dialect: ServerDialect, key: Key, placing: Placing = _PLAINLY
    ) -> Task | None:
        """The task as it was accepted when the same was said with the same idempotency key; None where that is new.

        Raises:
            KeyReused: with that key something else was said.
            Unavailable: the database is away.
        """
        return await self._made_before(key, await _idempotency(said, dialect, key, placing))

    async def refuse(
        self, broken: RulesBroken, dialect: ServerDialect, key: Key, placing: Placing = _PLAINLY
    ) -> NoReturn:
        """Refuse an order that could not be read in whole, with all that is wrong with it.

        Raises:
            RulesBroken: always.
        """
        raise RulesBroken(await self._planner.also_broken(broken, dialect, key, placing)) from broken

    async def _made_before(self, key: Key, idempotency: Idempotency | None) -> Task | None:
        if idempotency is None:
            return None
        before = await self._tasks.accepted_before(key.account_id, idempotency, self._clock())
        return None if before is None else as_accepted(before)

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
            request=_as_kept(planned.request, key),
            quote=quote,
            created_at=self._clock(),
            promise=Promise(
                retention_hours=key.retention_hours or self._retention_hours,
                max_cost_micros=None if key.test else placing.max_cost_micros,
                cancel_fee_micros=times(quote.price_micros, Decimal(planned.offer.cancel.making_percent) / 100),
            ),
            base_url=placing.base_url,
            webhook_events=tuple(sorted(events)) if planned.request.webhook_url else (),
            lane=PLAY_SCRIPT if key.test else lane_of(planned.routes),
            idempotency=idempotency,
        )

    async def _accept(self, new: NewTask) -> tuple[NewTask, UUID]:
        """Keep the order, with the bytes that came with it as objects of its own.

        The objects go away again if the order is refused, or was accepted before. They stay when the database's
        answer was lost, because the order may have been accepted.

        Returns:
            The order as it was sent to the store, and the id of the one that stands for it there.
        """
        kept: list[str] = []
        try:
            new = await self._with_own_media_kept(new, kept)
            accepted_id = await self._tasks.accept(new)
        except (Refused, MediaError):
            await self._remove(kept)
            raise
        except Unconfirmed as exc:
            if new.idempotency is None:
                raise
            # Sent again with its key, it finds itself.
            raise Unavailable(exc.message) from exc
        if accepted_id != new.id:
            await self._remove(kept)
        return new, accepted_id

    async def _remove(self, names: Sequence[str]) -> None:
        with suppress(Unavailable):
            for name in names:
                await self._objects.delete(name)

    async def _with_own_media_kept(self, new: NewTask, kept: list[str]) -> NewTask:
        media = list(new.request.media)
        for number, item in enumerate(media):
            name = input_name(new.id, number)
            match link_scheme(item.url):
                case "data":
                    media[number] = await self._fetcher.keep_inline(item, name)
                    kept.append(name)
                case "object" if item.asset_id is None:
                    # Another task's, whose time may be over before this one's film is made.
                    media[number] = await self._fetcher.keep_copy(item, name)
                    kept.append(name)
        if not kept:
            return new
        return msgspec.structs.replace(new, request=msgspec.structs.replace(new.request, media=tuple(media)))


async def _idempotency(said: object, dialect: ServerDialect, key: Key, placing: Placing) -> Idempotency | None:
    if placing.idempotency_key is None:
        return None
    # How this server was addressed is no part of the order, and what lies here already is told by the media.
    placed = msgspec.structs.replace(placing, base_url="", idempotency_key=None, own_links=frozenset())
    order = (dialect.name, key.test, said, placed)
    # Large where it holds pictures; a thread then spares the event loop.
    is_small = isinstance(said, VideoRequest) and not said.media
    digest = _digest(order) if is_small else await asyncio.to_thread(_digest, order)
    return Idempotency(placing.idempotency_key, digest)


def _digest(order: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(order, order="sorted")).digest()


def _as_kept(request: VideoRequest, key: Key) -> VideoRequest:
    """The order with what its account wants of all its films, whatever is ordered."""
    return msgspec.structs.replace(request, watermark=True) if key.visible_mark else request


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

"""Accepting orders many at a time: those that arrive while others are being committed share the next commit.

Waiting for the disk is most of what an order costs the database, and orders of one account wait for each other's
commit besides. An order that comes alone is sent alone, at once.
"""

import asyncio
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from filmgate.errors import Unavailable, Unconfirmed
from filmgate.store.db import Database
from filmgate.store.queue import MAKE_FILM
from filmgate.task import Promise, Quote, Status
from filmgate.video import VideoRequest

_ACCEPT = "SELECT verdict, task_id FROM accept_orders($1::new_order[])"

_CALLS_AT_ONCE = 2
_ORDERS_A_CALL = 100
# Each time another order won a race for the last place or the last credit, which then decides this one.
_MOST_RACES = 10
_RACED = "raced"


class Idempotency(msgspec.Struct, frozen=True):
    """What makes a create that is sent again the same create, for 24 hours."""

    key: str
    """The caller's own, unique in its account."""
    digest: bytes
    """Of the order, so that the key cannot come with another one."""


class NewTask(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is ready to be accepted. Built by ``work.submit``."""

    id: UUID
    account_id: UUID
    key_id: UUID
    test: bool
    dialect: str
    request: VideoRequest
    """Complete, as ``catalogue.choose.plan`` gave it."""
    quote: Quote
    """Price 0 for a test key."""
    created_at: datetime
    promise: Promise = Promise()
    base_url: str = ""
    webhook_events: tuple[Status, ...] = ()
    """What the order's own webhook is told of."""
    lane: str = MAKE_FILM
    """Where its jobs wait (``store.queue``)."""
    idempotency: Idempotency | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What accept_orders says of an order."""

    word: str
    """``ok``, ``again``, ``conflict``, or what stands against it (``accept_order`` in the schema lists it)."""
    task_id: UUID
    """The order's own id; for ``again`` and ``conflict`` that of the order that had the idempotency key before."""


_Waiting = tuple[NewTask, "asyncio.Future[Verdict]"]


class Acceptor:
    """Hands orders to the schema's accept_orders."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[_Waiting] = []
        self._calls = 0

    async def accept(self, new: NewTask) -> Verdict:
        """Have an order accepted or refused. Cancelling the caller does not take the order back.

        Raises:
            Unconfirmed: the database is away; the order may have been kept.
            Unavailable: it was not kept, because too many others were in the way.
            asyncpg.PostgresError: the database cannot keep this order.
            asyncpg.InterfaceError: nor can it be sent there.
        """
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((new, answer))
        if self._calls < _CALLS_AT_ONCE:
            self._calls += 1
            self._db.beside(self._send_waiting())
        return await answer

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_ORDERS_A_CALL], self._waiting[_ORDERS_A_CALL:]
                # Two processes lock the accounts of their batches in the same order, so neither waits for the other.
                batch.sort(key=lambda waiting: waiting[0].account_id)
                await self._send(batch)
        finally:
            self._calls -= 1

    async def _send(self, batch: list[_Waiting]) -> None:
        try:
            verdicts = await self._verdicts(batch)
        except Exception as exc:  # Whatever it is, it is for the one who ordered.
            if len(batch) > 1 and not isinstance(exc, Unavailable):
                # One of them cannot be kept, and took the others along.
                for waiting in batch:
                    await self._send([waiting])
                return
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(exc)
        except BaseException:
            for _, answer in batch:
                answer.cancel()
            raise
        else:
            for (_, answer), verdict in zip(batch, verdicts, strict=True):
                if not answer.done():
                    answer.set_result(verdict)

    async def _verdicts(self, batch: list[_Waiting]) -> list[Verdict]:
        orders = [as_row(new) for new, _ in batch]
        for _ in range(_MOST_RACES):
            try:
                return [Verdict(*row) for row in await self._db.rows(_ACCEPT, orders)]
            except asyncpg.RaiseError as exc:
                if exc.message != _RACED or len(batch) > 1:
                    raise
            except Unavailable as exc:
                raise Unconfirmed(exc.message) from exc
            except asyncpg.DeadlockDetectedError:
                pass  # The other call goes on, and this one begins again.
        raise Unavailable("too many orders of one account at once")


def as_row(new: NewTask) -> tuple[object, ...]:
    """The members of the schema's type new_order, in their order."""
    quote, promise, idempotency = new.quote, new.promise, new.idempotency
    return (
        new.id,
        new.account_id,
        new.key_id,
        new.test,
        new.dialect,
        msgspec.json.encode(new.request).decode(),
        quote.price_micros,
        quote.billing_name,
        quote.unit,
        quote.units,
        quote.unit_price_micros,
        quote.price_version,
        promise.max_cost_micros,
        promise.cancel_fee_micros,
        promise.retention_hours,
        new.base_url,
        new.webhook_events or None,
        idempotency.key if idempotency else None,
        idempotency.digest if idempotency else None,
        new.created_at,
        new.lane,
    )

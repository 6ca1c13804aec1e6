"""Accepting orders many at a time: those that arrive while others are being committed share the next commit.

Waiting for the disk is most of what an order costs the database, and orders of one account wait for each other's
commit besides. An order that comes alone is sent alone, at once.
"""

import asyncio
from datetime import datetime
from uuid import UUID

import msgspec

from filmgate.errors import Unavailable
from filmgate.store.db import Database
from filmgate.task import Quote
from filmgate.video import VideoRequest

# One call of accept_order for each order, in the given order.
_ACCEPT = """
SELECT accept_order(id, account_id, key_id, test, dialect, request::jsonb, price_micros, billing_name, unit, units,
                    unit_price_micros, price_version, created_at)
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::text[], $6::text[], $7::bigint[], $8::text[],
            $9::text[], $10::text[], $11::bigint[], $12::text[], $13::timestamptz[])
     AS waiting (id, account_id, key_id, test, dialect, request, price_micros, billing_name, unit, units,
                 unit_price_micros, price_version, created_at)
"""

_CALLS_AT_ONCE = 2
_ORDERS_A_CALL = 100


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


_Waiting = tuple[NewTask, "asyncio.Future[str]"]


class Acceptor:
    """Hands orders to the schema's accept_order."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[_Waiting] = []
        self._calls = 0

    async def accept(self, new: NewTask) -> str:
        """What accept_order answers for the order: ``ok``, ``key``, ``quota`` or ``funds``.

        Cancelling the caller does not take the order back.

        Raises:
            Unavailable: the database is away; the order may have been kept.
            asyncpg.PostgresError: the database cannot keep this order.
            asyncpg.InterfaceError: nor can it be sent there.
        """
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
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
            rows = await self._db.rows(_ACCEPT, *zip(*(_arguments(new) for new, _ in batch), strict=True))
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
            for (_, answer), row in zip(batch, rows, strict=True):
                if not answer.done():
                    answer.set_result(row[0])


def _arguments(new: NewTask) -> tuple[object, ...]:
    quote = new.quote
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
        new.created_at,
    )

"""Quotes: what an order would cost and what is wrong with it, for its real media, before anybody orders.

A quote is kept by the customer, sealed; nothing of it is stored here. An order that names it costs no more.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from filmgate.catalogue.choose import Plan
from filmgate.dialects.base import ServerDialect
from filmgate.errors import BadRequest, Violation
from filmgate.store.accounts import Key
from filmgate.task import Quote
from filmgate.video import VideoRequest
from filmgate.work.placing import Placing
from filmgate.work.plan import Planner

VALID_FOR = timedelta(minutes=15)

_PURPOSE = "filmgate quote"
# What an order may say otherwise than its quote: it does not change the film.
_BESIDE_THE_FILM = ("webhook_url", "metadata", "extras")


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to "what would this cost?"."""

    plan: Plan | None
    """None where rules are broken."""
    violations: list[Violation]
    quote_id: str | None
    """To be named by the order; None where rules are broken."""
    valid_until: datetime


class OpenedQuote(msgspec.Struct, frozen=True):
    """A quote that came back from its customer."""

    quote: Quote
    valid_until: datetime
    """May have passed (``placing.refuse_old_quote``): an order that is sent again finds itself all the same."""


class Quoter:
    """Gives quotes and recognises them. ``secret`` is the same in every process."""

    def __init__(self, planner: Planner, secret: bytes, clock: Callable[[], datetime]) -> None:
        self._planner = planner
        self._serializer = URLSafeSerializer(secret, salt=_PURPOSE)
        self._clock = clock

    async def quote(self, request: VideoRequest, dialect: ServerDialect, key: Key, placing: Placing) -> Quoted:
        """Plan an order without placing it, and look at all of its media."""
        planned, violations = await self._planner.examine(request, dialect, key, placing)
        valid_until = self._clock() + VALID_FOR
        quote_id = None
        if planned is not None and not violations:
            quote_id = self._seal(key.account_id, dialect.name, request, planned.quote, valid_until)
        return Quoted(
            plan=None if violations else planned, violations=violations, quote_id=quote_id, valid_until=valid_until
        )

    def open(self, quote_id: str, account_id: UUID, dialect_name: str, request: VideoRequest) -> OpenedQuote:
        """The quote behind its id, for the order that it was given for.

        Raises:
            BadRequest: it is not one, not this account's, or was given for another order.
        """
        try:
            sealed = self._serializer.loads(quote_id)
            owner, digest, until, quote = sealed
            found = msgspec.convert(quote, Quote)
        except (BadData, TypeError, ValueError, msgspec.ValidationError) as exc:
            raise _refused("is not the id of a quote") from exc
        if owner != str(account_id):
            raise _refused("is not the id of a quote")
        if digest != _digest(dialect_name, request):
            raise _refused("is of a quote for another order")
        return OpenedQuote(found, datetime.fromtimestamp(until, UTC))

    def _seal(
        self, account_id: UUID, dialect_name: str, request: VideoRequest, quote: Quote, valid_until: datetime
    ) -> str:
        until = int(valid_until.timestamp())
        parts = [str(account_id), _digest(dialect_name, request), until, msgspec.to_builtins(quote)]
        return str(self._serializer.dumps(parts))


def _digest(dialect_name: str, request: VideoRequest) -> str:
    film = {name: getattr(request, name) for name in VideoRequest.__struct_fields__ if name not in _BESIDE_THE_FILM}
    return hashlib.sha256(msgspec.json.encode([dialect_name, film], order="sorted")).hexdigest()


def _refused(message: str) -> BadRequest:
    return BadRequest(message, field="quote_id")

"""The native dialect's server half."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from filmgate import errors
from filmgate.asset import as_ordered
from filmgate.catalogue.rules import LONGEST_URL_CHARACTERS
from filmgate.dialects.base import Links, Reply
from filmgate.dialects.native import wire
from filmgate.dialects.native.read import as_body, read_create
from filmgate.dialects.phrasing import printable, reply
from filmgate.dialects.writing import proven
from filmgate.ids import from_short_form, from_uuid_form, short_form
from filmgate.money import as_number
from filmgate.task import TERMINAL, Quote, Result, Status, Task
from filmgate.video import OBJECT_SCHEME, VideoRequest
from filmgate.webhook import event_name

ID_PREFIX = "task_"

_MOST_VIOLATIONS = 100
# A data URL that was sent inside a body is not sent back.
_SHOWN_DATA_CHARACTERS = 40


class NativeServer:
    """Speaks our own API to customers. The contract of the shared methods is ``base.ServerDialect``."""

    name = "native"
    title = "filmgate"
    body_limit_bytes = 64 * 1024 * 1024
    checks_media_at_create = True
    webhook_events: frozenset[Status] = TERMINAL
    hex_signature = False

    def read_create(self, body: bytes) -> VideoRequest:
        return read_create(body)

    def write_create(self, request: VideoRequest) -> dict[str, Any]:
        return proven(as_body(request), request, self.read_create)

    def phrase_created(self, task: Task, links: Links) -> Reply:
        """The whole task, whose film is still to come."""
        return reply(self.say(task, links), status=201)

    def phrase_task(self, task: Task, links: Links, dialect_id: str | None = None) -> Reply:
        return reply(self.say(task, links, dialect_id))

    def phrase_webhook(self, task: Task, links: Links, dialect_id: str | None = None) -> bytes:
        """As Standard Webhooks recommends: ``{"type": …, "timestamp": …, "data": …}``.

        Args:
            dialect_id: as for ``say``.
        """
        news = wire.News(
            type=event_name(task.status),
            timestamp=task.completed_at or task.rendered_at or task.started_at or task.created_at,
            data=self.say(task, links, dialect_id),
        )
        return reply(news).body

    def phrase_tasks(self, tasks: Sequence[tuple[Task, Links, str]], next_cursor: str | None) -> Reply:
        """A page of orders, each with how its own dialect calls it."""
        return reply(wire.TaskList(data=[self.say(*parts) for parts in tasks], next_cursor=next_cursor))

    def phrase_quote(
        self,
        *,
        quote: Quote | None,
        request: VideoRequest,
        routes: Sequence[str],
        violations: Sequence[errors.Violation],
        quote_id: str | None,
        valid_until: datetime,
    ) -> Reply:
        """What an order would cost, or what is wrong with it."""
        return reply(
            wire.QuoteAnswer(
                quote_id=quote_id,
                valid_until=valid_until,
                price=None if quote is None else price(quote),
                order=_order(request),
                routes=list(routes),
                violations=[_broken(violation) for violation in violations],
            )
        )

    def phrase_error(self, error: errors.FilmgateError, request_id: str = "") -> Reply:  # noqa: ARG002
        """The error's own code and status, with every violation."""
        headers = {}
        if isinstance(error, errors.RateLimited):
            headers["Retry-After"] = str(error.retry_after_seconds)
        return reply(wire.ErrorAnswer(error=_body(error)), status=_status(error), headers=headers)

    def show_id(self, task_id: UUID) -> str:
        return short_form(ID_PREFIX, task_id)

    def read_id(self, text: str) -> UUID | None:
        return from_short_form(ID_PREFIX, text) or from_uuid_form(text)

    def say(self, task: Task, links: Links, dialect_id: str | None = None) -> wire.TaskAnswer:
        """A task in the native form.

        Args:
            dialect_id: how the dialect that it was ordered through calls it, where that is another one.
        """
        identifier = self.show_id(task.id)
        quote = task.quote
        return wire.TaskAnswer(
            id=identifier,
            dialect=task.dialect,
            dialect_id=dialect_id or identifier,
            test=task.test,
            status=task.status,
            progress=task.progress,
            order=_order(task.request, _nowhere if task.forgotten_at else links.media),
            price=price(quote),
            max_cost=as_number(task.promise.max_cost_micros or quote.price_micros),
            cost=None if task.cost_micros is None else as_number(task.cost_micros),
            film=None if task.result is None else _film(task, task.result, links),
            error=None if task.error is None else wire.Fault(code=task.error.code, message=task.error.message),
            created_at=task.created_at,
            started_at=task.started_at,
            rendered_at=task.rendered_at,
            completed_at=task.completed_at,
            kept_until=task.kept_until,
            forgotten_at=task.forgotten_at,
        )


def _as_sent(object_name: str) -> str:
    """For an order that is not stored: there is nothing of it to link to."""
    return OBJECT_SCHEME + object_name


def _nowhere(_object_name: str) -> None:
    """For an order whose media are forgotten."""


def price(quote: Quote) -> wire.Price:
    """A quote in the native form."""
    return wire.Price(
        credits=as_number(quote.price_micros),
        unit=quote.unit,
        units=quote.units,
        credits_per_unit=as_number(quote.unit_price_micros),
        billing_name=quote.billing_name,
        price_version=quote.price_version,
    )


def _order(request: VideoRequest, link: Callable[[str], str | None] = _as_sent) -> wire.Order:
    return wire.Order(
        model=request.model,
        prompt=request.prompt,
        media=[
            wire.OrderedMedia(kind=item.kind, role=item.role, url=_shown_link(as_ordered(item), link))
            for item in request.media
        ],
        duration_seconds=request.duration_seconds,
        resolution=request.resolution,
        ratio=request.ratio,
        audio=request.audio,
        watermark=request.watermark,
        seed=request.seed,
        camera=request.camera,
        last_frame=request.last_frame,
        timeout_seconds=request.timeout_seconds,
        webhook_url=request.webhook_url,
        metadata=request.metadata,
    )


def _shown_link(url: str, link: Callable[[str], str | None]) -> str | None:
    """The caller's own link; one to our copy of what was sent inside the body."""
    if url.startswith(OBJECT_SCHEME):
        return link(url.removeprefix(OBJECT_SCHEME))
    return url if len(url) <= LONGEST_URL_CHARACTERS else f"{url[:_SHOWN_DATA_CHARACTERS]}…"


def _film(task: Task, result: Result, links: Links) -> wire.Film:
    is_there = task.forgotten_at is None
    return wire.Film(
        url=links.film(task) if is_there else None,
        poster_url=links.poster(task) if is_there else None,
        last_frame_url=links.last_frame(task) if is_there else None,
        width=result.width,
        height=result.height,
        seconds=result.seconds,
        size_bytes=result.size_bytes,
        sha256=result.sha256,
        labels=list(result.labels),
    )


def _status(error: errors.FilmgateError) -> int:
    told = errors.Refused | errors.MediaError | errors.AddressRefused | errors.Unavailable
    return error.status if isinstance(error, told) else 500


def _body(error: errors.FilmgateError) -> wire.ErrorBody:
    match error:
        case errors.RulesBroken():
            found = [_broken(violation) for violation in error.violations[:_MOST_VIOLATIONS]]
            return wire.ErrorBody(
                code=error.code,
                message=f"{len(error.violations)} {'rule is' if len(error.violations) == 1 else 'rules are'} broken",
                violations=found,
            )
        case errors.MediaError():
            broken = wire.BrokenRule(field=error.field, rule=error.code, message=printable(error.message))
            return wire.ErrorBody(code=error.code, message=printable(error.message), violations=[broken])
        case errors.BadRequest(field=str(field)):
            broken = wire.BrokenRule(field=printable(field), rule=error.code, message=printable(error.message))
            return wire.ErrorBody(code=error.code, message=printable(f"{field}: {error.message}"), violations=[broken])
        case errors.InsufficientFunds() | errors.QuotaExhausted():
            needed, available = as_number(error.needed_micros), as_number(error.available_micros)
            return wire.ErrorBody(
                code=error.code, message=f"{error.message}: it costs {needed} credits and {available} are left"
            )
        case errors.Refused():
            return wire.ErrorBody(code=error.code, message=printable(error.message))
        case errors.AddressRefused():
            return wire.ErrorBody(code=error.code, message="a link leads to an address that is not allowed")
        case errors.Unconfirmed():
            message = "this does not work right now; the order may have been accepted, so look for it first"
            return wire.ErrorBody(code=error.code, message=message)
        case errors.Unavailable():
            return wire.ErrorBody(code=error.code, message="this does not work right now, please try again")
        case _:
            return wire.ErrorBody(code="internal_error", message="something went wrong on our side")


def _broken(violation: errors.Violation) -> wire.BrokenRule:
    return wire.BrokenRule(
        field=printable(violation.field),
        rule=violation.rule,
        message=printable(violation.message),
        value=violation.value,
        allowed=violation.allowed,
    )

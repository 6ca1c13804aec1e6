"""How an order is placed: what comes with it beside what it orders, and the rules for that."""

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec

from filmgate.addresses import check_link
from filmgate.catalogue.choose import Plan
from filmgate.catalogue.model import Offer
from filmgate.catalogue.rules import shortened
from filmgate.errors import AddressRefused, BadRequest, Violation
from filmgate.money import as_text
from filmgate.store.accounts import Key
from filmgate.task import Quote, Status
from filmgate.video import VideoRequest


class Placing(msgspec.Struct, frozen=True, kw_only=True):
    """How an order was placed, beside what it orders. Set by the door."""

    base_url: str = ""
    """As the create was addressed, for links in webhooks."""
    create_path: str | None = None
    """The create path that was called, where it is not the dialect's usual one."""
    idempotency_key: str | None = None
    """Sent again with the same order, it finds the order that it made."""
    max_cost_micros: int | None = None
    """What the customer wants to pay at most."""
    quoted: Quote | None = None
    """A quote that the customer was given for this order, checked: it costs no more than that."""
    own_links: frozenset[str] = frozenset()
    """Links of the order's media to what lies here already: data URLs of uploads, which any model may get, and
    ``object://`` links that the door put in itself. No caller can write one of those."""
    webhook_events: tuple[Status, ...] | None = None
    """What the order's webhook wants to be told of; None: what the dialect usually tells."""


def broken_webhook(
    request: VideoRequest, *, plain_http_allowed: bool, link_ports: Collection[int] | None
) -> list[Violation]:
    """Where the order's webhook leads."""
    if request.webhook_url is None:
        return []
    return broken_receiver(
        "webhook_url", request.webhook_url, plain_http_allowed=plain_http_allowed, link_ports=link_ports
    )


def broken_receiver(
    field: str, url: str, *, plain_http_allowed: bool, link_ports: Collection[int] | None
) -> list[Violation]:
    """What is wrong with a receiver of news, as far as its url's text tells. What the name resolves to is seen at each
    call.
    """
    if " " in url or not url.isprintable():
        message = "must not contain spaces or control characters"
        return [Violation(field=field, rule="format", message=message, value=shortened(url))]
    try:
        check_link(url, allow_private_networks=plain_http_allowed, ports=link_ports)
    except AddressRefused as exc:
        message = exc.message.replace("the link", "must be a public https link: it", 1)
        return [Violation(field=field, rule="scheme", message=message, value=shortened(url))]
    return []


def open_offers(offers: Iterable[Offer], key: Key | None) -> list[Offer]:
    """Those whose model the key and its account may order; all of them where there is no key."""
    return [offer for offer in offers if key is None or not _closed_model(offer.model, key)]


def broken_terms(planned: Plan, key: Key, placing: Placing) -> list[Violation]:
    """Where a planned order does not keep to what its key and its own ceiling allow."""
    return [*_closed_model(planned.offer.model, key), *_too_dear(planned.quote, placing.max_cost_micros)]


def _closed_model(model: str, key: Key) -> list[Violation]:
    """A model that the key, or its account, may not order."""
    for whose, limits in (("key", key.limits), ("account", key.account_limits)):
        if limits.models is not None and model not in limits.models:
            message = f"is not open to this {whose}"
            return [Violation(field="model", rule="closed", message=message, value=model, allowed=list(limits.models))]
    return []


def _too_dear(quote: Quote, max_cost_micros: int | None) -> list[Violation]:
    if max_cost_micros is None or quote.price_micros <= max_cost_micros:
        return []
    message = f"must be at least the price, which is {as_text(quote.price_micros)} credits"
    return [Violation(field="max_cost", rule="range", message=message, value=as_text(max_cost_micros))]


def refuse_old_quote(valid_until: datetime | None, now: datetime) -> None:
    """Refuse a new order with a quote that has had its time; None is no quote.

    Raises:
        BadRequest: it was good until then.
    """
    if valid_until is not None and now >= valid_until:
        raise BadRequest("is of a quote that is no longer valid; ask for a new one", field="quote_id")


def at_quoted_price(planned: Plan, quoted: Quote | None) -> Plan:
    """The plan at the quoted price, where the catalogue has become dearer since."""
    if quoted is None or planned.quote.price_micros <= quoted.price_micros:
        return planned
    return msgspec.structs.replace(planned, quote=quoted)

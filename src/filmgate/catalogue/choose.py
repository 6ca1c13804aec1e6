"""From an order to a plan: which model on which terms, the request made complete, the price, the routes."""

import difflib
from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from filmgate.catalogue.limits import AUTO
from filmgate.catalogue.load import Catalogue
from filmgate.catalogue.model import Offer
from filmgate.catalogue.price import priced_media, quote
from filmgate.catalogue.rules import find_violations, shortened
from filmgate.errors import RulesBroken, Violation
from filmgate.task import Quote
from filmgate.video import Media, VideoRequest

Value = TypeVar("Value")

_NO_LENGTHS: Mapping[str, float] = MappingProxyType({})
_LONGEST_NAME_CHARACTERS = 100


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An order that may be accepted."""

    request: VideoRequest
    """Complete: defaults filled, aliases resolved, what the model does not have set to what will be made."""
    offer: Offer
    quote: Quote
    routes: tuple[str, ...] = ()
    """Upstreams that can make it, in order. Set by ``work.plan``."""


def measured_media(offer: Offer, request: VideoRequest) -> tuple[Media, ...]:
    """The media whose length the price needs, in the caller's order. May be asked of a request that breaks rules."""
    return priced_media(offer.price, request)


def plan(
    catalogue: Catalogue,
    request: VideoRequest,
    dialect: str,
    lengths_seconds: Mapping[str, float] = _NO_LENGTHS,
    *,
    plain_http_allowed: bool = False,
    create_path: str | None = None,
    own_links: Container[str] = (),
) -> Plan:
    """Check an order against the rules of its model, complete it and price it.

    Planning a completed request again changes nothing.

    Args:
        catalogue: all models.
        request: as the dialect read it.
        dialect: the word for the order's dialect, for its offers.
        lengths_seconds: measured lengths of media, by ``Media.field``. A missing one counts 0 (spec jimmy 4.8).
        plain_http_allowed: media may have ``http://`` links where the model takes ``https://``, for closed networks.
        create_path: the create path that was called, where the dialect has several; None for its usual one.
        own_links: as for ``rules.find_violations``.

    Raises:
        RulesBroken: the order breaks rules; all of them are listed. An unknown model breaks just this one.
    """
    offer = _offer(catalogue, request.model, dialect, create_path or catalogue.default_create_path(dialect))
    violations = find_violations(offer, request, plain_http_allowed=plain_http_allowed, own_links=own_links)
    if violations:
        raise RulesBroken(violations)
    complete = _completed(offer, request)
    return Plan(request=complete, offer=offer, quote=quote(offer, complete, lengths_seconds))


def _offer(catalogue: Catalogue, model: str, dialect: str, called_path: str | None) -> Offer:
    offer = catalogue.find(model, dialect)
    right_path = catalogue.foreign_create_path(model, dialect) if offer is None else offer.create_path
    if called_path is not None and right_path is not None and right_path != called_path:
        message = f"{model} is made by POST {right_path}, not by POST {called_path}"
        raise RulesBroken([Violation(field="model", rule="choice", message=message, value=model)])
    if offer is None:
        raise RulesBroken([_unknown(catalogue, model, dialect)])
    return offer


def _unknown(catalogue: Catalogue, model: str, dialect: str) -> Violation:
    allowed = [offer.id for offer in catalogue.sold_in(dialect)]
    if not model:
        return Violation(field="model", rule="missing", message="must name a model", allowed=allowed)
    shown = shortened(model)
    message = f"{shown!r} is not a model that can be ordered here"
    if len(model) <= _LONGEST_NAME_CHARACTERS:
        near = difflib.get_close_matches(model, allowed, n=1)
        message += f"; did you mean {near[0]}?" if near else ""
    return Violation(field="model", rule="unknown", message=message, value=shown, allowed=allowed)


def _completed(offer: Offer, request: VideoRequest) -> VideoRequest:
    """The request as it will be made. It breaks no rule."""
    duration = offer.duration.default if request.duration_seconds is None else request.duration_seconds
    if duration == AUTO and offer.duration.auto is not None:
        duration = offer.duration.auto
    ratio = offer.ratio_of(request.mode)
    return msgspec.structs.replace(
        request,
        model=offer.id,
        duration_seconds=duration,
        resolution=_chosen(request.resolution, offer.resolution.default, offer.resolution.ignored),
        ratio=_chosen(request.ratio, ratio.default, ratio.ignored),
        audio=_chosen(request.audio, offer.sound.default, offer.sound.ignored),
        watermark=_chosen(request.watermark, offer.watermark.default, offer.watermark.ignored),
        seed=None if request.seed == AUTO else request.seed,
        timeout_seconds=offer.timeout.default if request.timeout_seconds is None else request.timeout_seconds,
    )


def _chosen(ordered: Value | None, default: Value, ignored: bool) -> Value:
    return default if ordered is None or ignored else ordered

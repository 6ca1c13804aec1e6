"""Doors for what is not an order: balances, the price catalogue, lists of models."""

from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.dialects.base import Reply
from filmgate.work.placing import open_offers


async def jimmy_user_balance(desk: Desk, call: Call) -> Reply:
    """What the account has (spec jimmy 10)."""
    key = await desk.gatekeeper.identify(call)
    balance = await desk.services.accounts.balance(key.account_id)
    return desk.services.dialects.jimmy.phrase_user_balance(balance)


async def jimmy_key_balance(desk: Desk, call: Call) -> Reply:
    """What the key has used of its quota (spec jimmy 10). Read afresh: the gatekeeper's copy may be seconds old."""
    known = await desk.gatekeeper.identify(call)
    key = await desk.services.accounts.key(known.id) or known
    return desk.services.dialects.jimmy.phrase_key_balance(key.name, key.quota_micros, key.used_micros)


async def jimmy_catalogue(desk: Desk, call: Call) -> Reply:
    """The public price list (spec jimmy 11). The one door of this dialect that asks for no key."""
    offers = desk.services.catalogue.sold_in(desk.dialect.name)
    return desk.services.dialects.jimmy.phrase_catalogue(offers, call.query("search"))


async def senseaudio_models(desk: Desk, call: Call) -> Reply:
    """The models of one mode, or all (spec senseaudio 6), that the caller may order."""
    key = await desk.gatekeeper.identify(call)
    offers = open_offers(desk.services.catalogue.sold_in(desk.dialect.name), key)
    return desk.services.dialects.senseaudio.phrase_models(offers, call.query("mode"))


async def ink_models(desk: Desk, call: Call) -> Reply:
    """The models with their terms and prices (spec ink 6). No key is needed, but a wrong one is told so, and a good one
    sees what it may order."""
    key = await desk.gatekeeper.identify_if_given(call)
    offers = open_offers(desk.services.catalogue.sold_in(desk.dialect.name), key)
    return desk.services.dialects.ink.phrase_models(offers)

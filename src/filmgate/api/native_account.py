"""Doors of the native API for what an account has, what has moved, and what it may order."""

from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.native import MOST_ON_A_PAGE, own_task, shown_id
from filmgate.api.query import Query
from filmgate.catalogue.model import Offer
from filmgate.catalogue.price import UNITS
from filmgate.dialects.base import Reply
from filmgate.dialects.native import wire
from filmgate.dialects.phrasing import reply
from filmgate.money import Micros, as_number
from filmgate.store.accounts import Limits
from filmgate.store.ledger import Entry
from filmgate.work.placing import open_offers
from filmgate.work.receipt import receipt as written_receipt

_LEDGER = "ledger"


async def account(desk: Desk, call: Call) -> Reply:
    """The account behind the key: its money and limits, and the key's. Read afresh."""
    known = await desk.gatekeeper.identify(call)
    accounts = desk.services.accounts
    key = await accounts.key(known.id) or known
    owner, balance = await accounts.account(key.account_id), await accounts.balance(key.account_id)
    quota = key.quota_micros or None
    return reply(
        wire.AccountAnswer(
            name=owner.name,
            created_at=owner.created_at,
            balance=wire.Balance(
                funded=as_number(balance.funded),
                available=as_number(balance.available),
                held=as_number(balance.held),
                spent=as_number(balance.spent),
            ),
            limits=_limits(owner.limits, owner.limits.total_micros),
            retention_hours=owner.retention_hours,
            key=wire.KeyInfo(
                name=key.name,
                hint=key.hint,
                test=key.test,
                used=as_number(key.used_micros),
                limits=_limits(key.limits, quota),
            ),
        )
    )


async def ledger(desk: Desk, call: Call) -> Reply:
    """Every movement of the account's money, newest first."""
    key = await desk.gatekeeper.identify(call)
    query = Query(call, ("limit", "cursor"))
    limit = query.whole_number("limit", least=1, most=MOST_ON_A_PAGE, default=20)
    cursor = query.text("cursor")
    query.finish()
    cursors = desk.services.cursors
    before = None if cursor is None else cursors.open(cursor, key.account_id, _LEDGER)[0]
    entries = await desk.services.ledger.page(key.account_id, before=before, limit=limit + 1)
    shown = entries[:limit]
    more = len(entries) > limit
    return reply(
        wire.LedgerPage(
            data=[_entry(desk, entry) for entry in shown],
            next_cursor=cursors.seal(key.account_id, _LEDGER, [shown[-1].id]) if more else None,
        )
    )


async def receipt(desk: Desk, call: Call) -> Reply:
    """What an order of the account cost and why, whichever dialect it came in."""
    task = await own_task(desk, call)
    services = desk.services
    return reply(await written_receipt(services.attempts, services.ledger, task, shown_id(desk, task)))


async def models(desk: Desk, call: Call) -> Reply:
    """The models that are open to the key, on their own terms."""
    key = await desk.gatekeeper.identify(call)
    offers = desk.services.catalogue.sold_in(desk.dialect.name)
    return reply(wire.ModelList(data=[_model(offer) for offer in open_offers(offers, key)]))


def _limits(limits: Limits, total_micros: Micros | None) -> wire.Limits:
    return wire.Limits(
        requests_per_minute=limits.requests_per_minute,
        max_open_orders=limits.max_open_orders,
        daily=_credits(limits.daily_micros),
        total=_credits(total_micros),
        models=None if limits.models is None else list(limits.models),
    )


def _credits(micros: Micros | None) -> float | None:
    return None if micros is None else as_number(micros)


def _entry(desk: Desk, entry: Entry) -> wire.LedgerEntry:
    moved = entry.postings
    return wire.LedgerEntry(
        id=str(entry.id),
        kind=entry.kind,
        task_id=None if entry.task_id is None else desk.dialect.show_id(entry.task_id),
        funded=as_number(moved.funded),
        available=as_number(moved.available),
        held=as_number(moved.held),
        spent=as_number(moved.spent),
        price_version=entry.price_version,
        units=entry.units,
        note=entry.note,
        created_at=entry.created_at,
    )


def _model(offer: Offer) -> wire.ModelAnswer:
    return wire.ModelAnswer(
        id=offer.id,
        display_name=offer.display_name,
        description=offer.description,
        owned_by=offer.owned_by,
        modes=list(offer.modes),
        durations_seconds=list(offer.durations),
        resolutions=list(offer.resolutions),
        ratios=list(offer.ratios),
        max_images=offer.image.max_count,
        max_videos=offer.video.max_count,
        max_audios=offer.audio.max_count,
        price_unit=UNITS[offer.price.mode],
        prices={name: as_number(micros) for name, micros in offer.unit_prices(with_media=False).items()},
        prices_with_media={name: as_number(micros) for name, micros in offer.unit_prices(with_media=True).items()},
    )

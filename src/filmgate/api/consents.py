"""Doors for consents of real people: give, show, cover assets, revoke, and the orders that were accepted under them."""

from uuid import UUID

from filmgate.api.asset_links import LAST
from filmgate.api.bodies import read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.native import MOST_ON_A_PAGE, shown_id
from filmgate.api.pages import Pages
from filmgate.api.query import Query
from filmgate.api.uploads import FormUpload, is_form
from filmgate.consent import Consent, NewConsent, read_consent_id
from filmgate.dialects.base import Reply
from filmgate.dialects.native import consent_read as read
from filmgate.dialects.native import consent_say as say
from filmgate.errors import NotFound
from filmgate.store.accounts import Key
from filmgate.work.consents import LARGEST_EVIDENCE_BYTES
from filmgate.work.spool import spooled

_BODY_LIMIT_BYTES = 64 * 1024


async def give(desk: Desk, call: Call) -> Reply:
    """A new consent, with its proof in words or as a file."""
    key = await desk.gatekeeper.identify(call)
    now, find_model = desk.services.clock(), _model_finder(desk)
    if is_form(call):
        form = FormUpload(call)
        pieces = form.pieces(LARGEST_EVIDENCE_BYTES)
        async with spooled(pieces, desk.services.work_folder, LARGEST_EVIDENCE_BYTES) as proof:
            said = read.read_consent_form(form.texts, find_model, now)
            new = _new_consent(said, key)
            consent = await desk.services.consent_desk.give(key, new, said.asset_ids, proof, form.file_name or "")
    else:
        said = read.read_new_consent(await read_json_body(call, _BODY_LIMIT_BYTES), find_model, now)
        consent = await desk.services.consent_desk.give(key, _new_consent(said, key), said.asset_ids)
    return say.say_consent(await _seen(desk, call, key, consent), status=201)


async def list_consents(desk: Desk, call: Call) -> Reply:
    """Consents that the account gave or that cover it, newest first."""
    key = await desk.gatekeeper.identify(call)
    limit, cursor = _page_asked(call)
    pages = Pages(desk.services.cursors, key.account_id, "consents")
    found = await desk.services.consents.page(key.account_id, after=pages.position(cursor), limit=limit + 1)
    shown = found[:limit]
    next_cursor = pages.cursor(shown[-1].created_at, shown[-1].id) if len(found) > limit else None
    return say.say_consents([await _seen(desk, call, key, each) for each in shown], next_cursor)


async def show(desk: Desk, call: Call) -> Reply:
    """One consent."""
    key = await desk.gatekeeper.identify(call)
    return say.say_consent(await _seen(desk, call, key, await _visible(desk, call, key)))


async def cover(desk: Desk, call: Call) -> Reply:
    """More assets of the account under a consent."""
    key = await desk.gatekeeper.identify(call)
    consent = await _visible(desk, call, key)
    asset_ids = read.read_consent_assets(await read_json_body(call, _BODY_LIMIT_BYTES))
    await desk.services.consent_desk.cover(key.account_id, consent, asset_ids)
    return say.say_consent(await _seen(desk, call, key, consent))


async def revoke(desk: Desk, call: Call) -> Reply:
    """A consent that covers no new order from now on. A second time changes nothing."""
    key = await desk.gatekeeper.identify(call)
    consent_id = read_consent_id(call.path_values["consent_id"])
    reason = read.read_revocation(await read_json_body(call, _BODY_LIMIT_BYTES))
    desk_of = desk.services.consent_desk
    consent = None if consent_id is None else await desk_of.revoke(key.account_id, consent_id, reason)
    if consent is None:
        raise _not_found()
    return say.say_consent(await _seen(desk, call, key, consent))


async def tasks(desk: Desk, call: Call) -> Reply:
    """The account's orders that were accepted under a consent, newest first."""
    key = await desk.gatekeeper.identify(call)
    consent = await _visible(desk, call, key)
    limit, cursor = _page_asked(call)
    pages = Pages(desk.services.cursors, key.account_id, f"consent tasks {consent.id}")
    ids = await desk.services.consents.tasks_under(
        consent.id, key.account_id, after=pages.position(cursor), limit=limit + 1
    )
    found = await desk.services.tasks.get_many(ids[:limit])
    shown = [found[task_id] for task_id in ids[:limit] if task_id in found]
    next_cursor = pages.cursor(shown[-1].created_at, shown[-1].id) if len(ids) > limit and shown else None
    return desk.services.dialects.native.phrase_tasks(
        [(task, desk.links(call, task), shown_id(desk, task)) for task in shown], next_cursor
    )


def _new_consent(said: read.Said, key: Key) -> NewConsent:
    return NewConsent(
        person=said.person,
        evidence=said.evidence,
        models=said.models,
        valid_until=said.valid_until,
        given_by=f"native, key {key.hint}…",
    )


def _model_finder(desk: Desk) -> read.FindModel:
    def find(name: str) -> str | None:
        offer = desk.services.catalogue.find(name, desk.dialect.name)
        return None if offer is None else offer.model

    return find


def _page_asked(call: Call) -> tuple[int, str | None]:
    query = Query(call, ("limit", "cursor"))
    limit = query.whole_number("limit", least=1, most=MOST_ON_A_PAGE, default=20)
    cursor = query.text("cursor")
    query.finish()
    return limit, cursor


async def _visible(desk: Desk, call: Call, key: Key) -> Consent:
    """The consent whose id stands in the path, if the account gave it or it covers the account."""
    consent_id = read_consent_id(call.path_values["consent_id"])
    consent = None if consent_id is None else await desk.services.consents.get(key.account_id, consent_id)
    if consent is None:
        raise _not_found()
    return consent


async def _seen(desk: Desk, call: Call, key: Key, consent: Consent) -> say.Seen:
    consents, account_id = desk.services.consents, key.account_id
    return say.Seen(
        consent=consent,
        account_id=account_id,
        evidence_url=_evidence_url(desk, call, consent, account_id),
        asset_ids=await consents.assets_under(account_id, consent.id),
        order_count=await consents.count_under(consent.id, account_id),
        now=desk.services.clock(),
    )


def _evidence_url(desk: Desk, call: Call, consent: Consent, account_id: UUID) -> str | None:
    name = consent.evidence_object
    if name is None or consent.account_id != account_id:
        return None
    file_name = name.rpartition("/")[2]
    path = desk.services.links.path(name, file_name=file_name, expires_at=desk.services.clock() + LAST)
    return desk.base_url(call).rstrip("/") + path


def _not_found() -> NotFound:
    return NotFound("consent not found")

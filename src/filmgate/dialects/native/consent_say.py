"""Saying how consents are doing in the native API."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from filmgate.asset import show_asset_id
from filmgate.consent import Consent, show_consent_id
from filmgate.dialects.base import Reply
from filmgate.dialects.native import consent_wire as wire
from filmgate.dialects.phrasing import printable, reply


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A consent as one account sees it. Made by the door."""

    consent: Consent
    account_id: UUID
    evidence_url: str | None
    asset_ids: Sequence[UUID]
    order_count: int
    now: datetime


def say_consent(seen: Seen, *, status: int = 200) -> Reply:
    """One consent."""
    return reply(_consent(seen), status=status)


def say_consents(seen: Sequence[Seen], next_cursor: str | None) -> Reply:
    """A page of consents."""
    return reply(wire.ConsentList(data=[_consent(each) for each in seen], next_cursor=next_cursor))


def _consent(seen: Seen) -> wire.ConsentAnswer:
    consent, own = seen.consent, seen.consent.account_id == seen.account_id
    if consent.revoked_at is not None:
        state: wire.ConsentState = "revoked"
    else:
        state = "ended" if consent.valid_until is not None and consent.valid_until <= seen.now else "valid"
    return wire.ConsentAnswer(
        id=show_consent_id(consent.id),
        person=printable(consent.person),
        state=state,
        own=own,
        given_by=printable(consent.given_by) if own else None,
        evidence=printable(consent.evidence) if own else None,
        evidence_url=seen.evidence_url if own else None,
        evidence_sha256=consent.evidence_sha256 if own else None,
        models=None if consent.models is None else list(consent.models),
        asset_ids=[show_asset_id(asset_id) for asset_id in seen.asset_ids],
        order_count=seen.order_count,
        created_at=consent.created_at,
        valid_until=consent.valid_until,
        revoked_at=consent.revoked_at,
        revoked_because=None if consent.revoked_because is None else printable(consent.revoked_because),
    )

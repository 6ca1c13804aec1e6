"""Consents: a real person agreed that assets which show them are used, and here is the proof.

    given ──────> covers new orders ──valid_until──> over
                        │
                        └──revoked, for good──────> over

A consent covers orders of its account (and of others that the operator names), for its models, until its end. Whatever
shows a person is usable under a consent alone. Which orders were accepted under which consents is kept for ever.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from filmgate.ids import from_short_form, short_form

EVIDENCE = "consents"
"""Where in the object store the files lie that prove consents."""

_ID_PREFIX = "cns_"


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One consent, as the store has it."""

    id: UUID
    account_id: UUID
    person: str
    """Who agreed, for people."""
    given_by: str
    """How it came: the door, and the hint of the key."""
    evidence: str
    """In words; empty where a file says it all."""
    evidence_object: str | None
    """The name of the object that proves it."""
    evidence_sha256: str | None
    models: tuple[str, ...] | None
    """By their ids; None: every model."""
    shared_with: tuple[UUID, ...]
    """Other accounts that it covers. Set by the operator."""
    created_at: datetime
    valid_until: datetime | None
    revoked_at: datetime | None
    revoked_because: str | None

    def covers(self, account_id: UUID, model: str | None, now: datetime) -> bool:
        """Whether a new order of an account for a model (None: any) may rely on it."""
        return (
            self.revoked_at is None
            and (self.valid_until is None or now < self.valid_until)
            and (account_id == self.account_id or account_id in self.shared_with)
            and (self.models is None or model is None or model in self.models)
        )


class NewConsent(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that is ready to be kept."""

    person: str
    evidence: str
    evidence_object: str | None = None
    evidence_sha256: str | None = None
    evidence_bytes: int | None = None
    models: tuple[str, ...] | None = None
    valid_until: datetime | None = None
    given_by: str


def show_consent_id(consent_id: UUID) -> str:
    """``cns_`` and 22 letters and digits."""
    return short_form(_ID_PREFIX, consent_id)


def read_consent_id(text: str) -> UUID | None:
    """The id behind what ``show_consent_id`` showed; None for any other text."""
    return from_short_form(_ID_PREFIX, text)

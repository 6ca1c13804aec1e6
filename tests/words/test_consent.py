"""Consents: what they cover, and their ids."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from filmgate.consent import Consent, read_consent_id, show_consent_id

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MINE, THEIRS, NOBODYS = UUID(int=1), UUID(int=2), UUID(int=3)
CONSENT = Consent(
    id=UUID(int=9),
    account_id=MINE,
    person="Ana Lima",
    given_by="native",
    evidence="a contract",
    evidence_object=None,
    evidence_sha256=None,
    models=("seedance2.0-sp",),
    shared_with=(THEIRS,),
    created_at=NOW,
    valid_until=NOW + timedelta(days=1),
    revoked_at=None,
    revoked_because=None,
)


@pytest.mark.parametrize(("changes", "account", "model", "hours", "covered"), [
    ({}, MINE, "seedance2.0-sp", 0, True),
    ({}, THEIRS, "seedance2.0-sp", 0, True),
    ({}, NOBODYS, "seedance2.0-sp", 0, False),
    ({}, MINE, "seedance2.0-md", 0, False),
    ({}, MINE, None, 0, True),
    ({"models": None}, MINE, "seedance2.0-md", 0, True),
    ({}, MINE, "seedance2.0-sp", 23.9, True),
    ({}, MINE, "seedance2.0-sp", 24, False),
    ({"valid_until": None}, MINE, "seedance2.0-sp", 24 * 9999, True),
    ({"revoked_at": NOW, "revoked_because": ""}, MINE, "seedance2.0-sp", 0, False),
    ({"revoked_at": NOW + timedelta(days=9)}, MINE, "seedance2.0-sp", 0, False),
])  # fmt: skip
def test_a_consent_covers_its_accounts_its_models_and_its_time(
    changes: dict[str, Any], account: UUID, model: str | None, hours: float, covered: bool
) -> None:
    consent = msgspec.structs.replace(CONSENT, **changes)
    assert consent.covers(account, model, NOW + timedelta(hours=hours)) is covered


def test_an_id_reads_back_and_nothing_else_does() -> None:
    shown = show_consent_id(CONSENT.id)
    assert read_consent_id(shown) == CONSENT.id
    for text in (
        "",
        "cns_",
        shown[:-1],
        shown + "0",
        shown.upper(),
        "rev_" + shown[4:],
        "x" * 10_000,
        "cns_" + "é" * 22,
    ):
        assert read_consent_id(text) is None

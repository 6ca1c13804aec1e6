"""Consents from the command line: an account's list, one with its proof and its orders, and whom it covers."""

import asyncio
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from tests.cli.shell import Shell
from tests.store.asset_helpers import Shelf, order_of
from tests.store.store_helpers import NOW, Store

from filmgate.consent import NewConsent, show_consent_id
from filmgate.objects import Objects
from filmgate.store.accounts import Accounts
from filmgate.store.consents import Consents
from filmgate.store.db import Database


@pytest.fixture
def consent_id(shell: Shell, database_url: str, tmp_path: Path) -> str:
    """A consent of the account studio with a file as its proof and an order under it."""

    async def give() -> UUID:
        database = await Database.open(database_url, connections=1)
        store, shelf, consents = Store(database), Shelf(database), Consents(database)
        ((_, key),) = await store.accounts.keys()
        await Objects.open(tmp_path / "objects").put_bytes("consents/a.pdf", b"signed", "application/pdf")
        new = NewConsent(
            person="Ana Lima",
            evidence="contract 17",
            evidence_object="consents/a.pdf",
            evidence_sha256="ab" * 32,
            evidence_bytes=6,
            given_by="native",
        )
        consent = await consents.keep(key.account_id, new, 1000, NOW)
        assert consent is not None
        asset = await shelf.asset(key, NOW)
        await consents.add_assets(key.account_id, consent.id, [asset.id])
        request = order_of(asset)
        media = tuple(msgspec.structs.replace(each, consents=(consent.id,)) for each in request.media)
        await store.order(key, request=msgspec.structs.replace(request, media=media))
        await database.close()
        return consent.id

    shell("keys", "create", "--account", "studio", "--credits", "10")
    shell("accounts", "create", "agency")
    return show_consent_id(asyncio.run(give()))


def test_a_consent_is_listed_and_shown_with_its_proof_and_its_orders(
    shell: Shell, consent_id: str, tmp_path: Path
) -> None:
    listed = shell("consents", "list", "--account", "studio").stdout
    assert consent_id in listed
    assert "Ana Lima" in listed
    assert consent_id not in shell("consents", "list", "--account", "agency").stdout
    shown = shell("consents", "show", consent_id, "--save", str(tmp_path / "out.pdf")).stdout
    assert "evidence: contract 17" in shown
    assert "orders: 1" in shown
    assert "seedance2.0-sp queued" in shown
    assert (tmp_path / "out.pdf").read_bytes() == b"signed"


def test_a_consent_covers_another_account_until_it_does_not(shell: Shell, consent_id: str) -> None:
    assert "covers agency" in shell("consents", "share", consent_id, "--account", "agency").stdout
    assert consent_id in shell("consents", "list", "--account", "agency").stdout
    assert "covers too: agency" in shell("consents", "show", consent_id).stdout
    assert "does not cover agency" in shell("consents", "unshare", consent_id, "--account", "agency").stdout
    assert consent_id not in shell("consents", "list", "--account", "agency").stdout


def test_what_customers_write_into_a_consent_stays_in_its_line(shell: Shell, database_url: str) -> None:
    forged = "Ana\n2027-01-01 revoked: no [/red]\x1b[2J\u202e"

    async def give() -> UUID:
        database = await Database.open(database_url, connections=1)
        ((_, key),) = await Accounts(database).keys()
        new = NewConsent(person=forged, evidence=forged, given_by="native")
        consent = await Consents(database).keep(key.account_id, new, 1000, NOW)
        await database.close()
        assert consent is not None
        return consent.id

    shell("keys", "create", "--account", "studio")
    consent_id = show_consent_id(asyncio.run(give()))
    listed, shown = shell("consents", "list", "--account", "studio"), shell("consents", "show", consent_id)
    assert (listed.exit_code, shown.exit_code) == (0, 0)
    assert consent_id in listed.stdout
    for output in (listed.stdout, shown.stdout):
        assert not {"\x1b", "\u202e"} & set(output)
    assert [line.partition(":")[0] for line in shown.stdout.splitlines()] == [
        "person", "account", "covers too", "models", "given", "until", "evidence", "orders",
    ]  # fmt: skip


def test_what_is_not_there_is_told(shell: Shell, consent_id: str) -> None:
    for text in ("", "x", "cns_", show_consent_id(UUID(int=7)), "x" * 10_000):
        refusal = shell.refusal("consents", "show", text)
        assert "there is no consent" in refusal.message
        assert len(refusal.message) < 300
    assert "no account" in shell.refusal("consents", "share", consent_id, "--account", "nobody").message
    assert "no account" in shell.refusal("consents", "list", "--account", "nobody").message
    assert "gave the consent itself" in shell.refusal("consents", "share", consent_id, "--account", "studio").message

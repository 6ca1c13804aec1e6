"""Consents, the assets under them and the orders that rely on them, on a real Postgres."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from tests.store.asset_helpers import MOST_BYTES, Shelf, link_of, order_of
from tests.store.store_helpers import NOW, Store

from filmgate.asset import Asset
from filmgate.consent import Consent, NewConsent
from filmgate.errors import RulesBroken
from filmgate.ids import new_id
from filmgate.store.accounts import Key
from filmgate.store.consents import Consents
from filmgate.store.db import Database
from filmgate.task import Task
from filmgate.video import VideoRequest

HOUR = timedelta(hours=1)
SAID = NewConsent(person="Ana Lima", evidence="contract 17", given_by="native, key fg_live_ab…")


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


@pytest.fixture
def consents(database: Database) -> Consents:
    return Consents(database)


async def customer(store: Store) -> Key:
    return (await store.customer())[1]


async def given(consents: Consents, key: Key, *assets: Asset, now: datetime = NOW, **changes: Any) -> Consent:
    consent = await consents.keep(key.account_id, msgspec.structs.replace(SAID, **changes), MOST_BYTES, now)
    assert consent is not None
    await consents.add_assets(key.account_id, consent.id, [asset.id for asset in assets])
    return consent


def under(request: VideoRequest, *consent_ids: UUID) -> VideoRequest:
    """The order with the consents that a plan found for its media."""
    media = tuple(msgspec.structs.replace(each, consents=consent_ids) for each in request.media)
    return msgspec.structs.replace(request, media=media)


async def ordered(store: Store, key: Key, asset: Asset, *consents: Consent, **changes: Any) -> Task:
    return await store.order(key, request=under(order_of(asset), *(each.id for each in consents)), **changes)


async def test_a_consent_reads_back_as_it_was_kept(store: Store, consents: Consents) -> None:
    key = await customer(store)
    kept = await given(
        consents,
        key,
        person="王芳",
        models=("a", "b"),
        valid_until=NOW + HOUR,
        evidence_object="consents/a.pdf",
        evidence_sha256="ab" * 32,
        evidence_bytes=5,
    )
    assert await consents.get(key.account_id, kept.id) == kept
    assert await consents.anyones(kept.id) == kept
    assert kept.person == "王芳"
    assert await consents.get((await customer(store)).account_id, kept.id) is None
    assert await consents.anyones(new_id()) is None


async def test_consents_come_newest_first_in_pages(store: Store, consents: Consents) -> None:
    key = await customer(store)
    kept = [await given(consents, key, now=NOW + number * HOUR) for number in range(3)]
    await given(consents, await customer(store))
    first = await consents.page(key.account_id, after=None, limit=2)
    rest = await consents.page(key.account_id, after=(first[-1].created_at, first[-1].id), limit=2)
    assert [each.id for each in (*first, *rest)] == [each.id for each in reversed(kept)]


async def test_what_stands_under_a_consent_shows_a_person_from_then_on(
    store: Store, shelf: Shelf, consents: Consents
) -> None:
    key = await customer(store)
    asset, twin = await shelf.asset(key, NOW), await shelf.asset(key, NOW)
    plain = await shelf.asset(key, NOW, sha256="cd" * 32)
    await given(consents, key, asset)
    persons = [(await shelf.again(key, each.id)).file for each in (asset, twin, plain)]
    assert [file is not None and file.person for file in persons] == [True, True, False]


async def test_links_are_kept_under_their_consent_or_not_at_all(store: Store, shelf: Shelf, consents: Consents) -> None:
    key = await customer(store)
    consent = await given(consents, key)
    links = [link_of(key, NOW), link_of(key, NOW)]
    assert await shelf.assets.add_links(key.account_id, links, 2, NOW, consent.id)
    assert await consents.assets_under(key.account_id, consent.id) == [link.id for link in links]
    assert not await shelf.assets.add_links(key.account_id, [link_of(key, NOW)], 2, NOW, consent.id)
    assert len(await consents.assets_under(key.account_id, consent.id)) == 2
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await shelf.assets.add_links(key.account_id, [link := link_of(key, NOW)], 9, NOW, new_id())
    assert await shelf.assets.get(key.account_id, link.id) is None


async def test_a_file_that_comes_after_its_consent_shows_a_person_too(
    store: Store, shelf: Shelf, consents: Consents
) -> None:
    key = await customer(store)
    asset = await shelf.link(key, NOW)
    await given(consents, key, asset)
    (fetch,) = await shelf.files.claim(1, NOW)
    kept = await shelf.keep(key, NOW)
    assert kept.file_id is not None
    assert await shelf.files.fetched(fetch, kept.file_id)
    again = await shelf.again(key, asset.id)
    assert again.file is not None
    assert again.file.person


async def test_an_order_with_a_person_needs_a_consent_that_is_good_now(
    store: Store, shelf: Shelf, consents: Consents
) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW)
    over = await given(consents, key, asset, valid_until=NOW + HOUR)
    good = await given(consents, key, asset)
    before = await store.traces()
    for stated, now in (((), NOW), ((over,), NOW + HOUR)):
        with pytest.raises(RulesBroken) as broken:
            await ordered(store, key, asset, *stated, created_at=now)
        assert [each.field for each in broken.value.violations] == ["images[0]"]
    assert await store.traces() == before
    task = await ordered(store, key, asset, over, good, created_at=NOW + HOUR)
    assert await consents.tasks_under(good.id, key.account_id, after=None, limit=9) == [task.id]
    assert await consents.tasks_under(over.id, key.account_id, after=None, limit=9) == []


async def test_a_consent_of_another_account_helps_nobody(store: Store, shelf: Shelf, consents: Consents) -> None:
    key, stranger = await customer(store), await customer(store)
    asset = await shelf.asset(key, NOW)
    await given(consents, key, asset)
    theirs = await given(consents, stranger)
    with pytest.raises(RulesBroken):
        await ordered(store, key, asset, theirs)
    # Nor can anybody put an asset under it, or an asset that is not theirs under their own.
    await consents.add_assets(key.account_id, theirs.id, [asset.id])
    await consents.add_assets(stranger.account_id, theirs.id, [asset.id])
    assert await consents.assets_under(key.account_id, theirs.id) == []
    assert await consents.assets_under(stranger.account_id, theirs.id) == []


async def test_a_revocation_stops_new_orders_and_lists_the_ones_before(
    store: Store, shelf: Shelf, consents: Consents
) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW)
    consent = await given(consents, key, asset)
    tasks = [await ordered(store, key, asset, consent, created_at=NOW + number * HOUR) for number in range(3)]
    revoked = await consents.revoke(key.account_id, consent.id, "withdrawn", NOW + HOUR)
    assert revoked is not None
    assert (revoked.revoked_at, revoked.revoked_because) == (NOW + HOUR, "withdrawn")
    assert await consents.revoke(key.account_id, consent.id, "again", NOW + 2 * HOUR) == revoked
    with pytest.raises(RulesBroken):
        await ordered(store, key, asset, consent)
    first = await consents.tasks_under(consent.id, key.account_id, after=None, limit=2)
    assert first == [tasks[2].id, tasks[1].id]
    last = await store.again(tasks[1])
    assert await consents.tasks_under(
        consent.id, key.account_id, after=(last.created_at, last.id), limit=2
    ) == [tasks[0].id]  # fmt: skip
    assert await consents.count_under(consent.id, key.account_id) == 3
    for task in tasks:
        assert (await store.again(task)).status == "queued"


async def test_only_who_gave_a_consent_revokes_it(store: Store, consents: Consents) -> None:
    key, other = await customer(store), await customer(store)
    consent = await given(consents, key)
    await consents.share(consent.id, other.account_id)
    assert await consents.revoke(other.account_id, consent.id, "mine", NOW) is None
    assert await consents.revoke(key.account_id, new_id(), "", NOW) is None
    assert (await consents.anyones(consent.id) or consent).revoked_at is None


async def test_a_shared_consent_covers_the_other_accounts_own_assets(
    store: Store, shelf: Shelf, consents: Consents
) -> None:
    key, other = await customer(store), await customer(store)
    mine, theirs = await shelf.asset(key, NOW), await shelf.asset(other, NOW)
    consent = await given(consents, key, mine)
    await consents.share(consent.id, other.account_id)
    await consents.share(consent.id, other.account_id)
    await consents.add_assets(other.account_id, consent.id, [theirs.id, mine.id])
    assert await consents.assets_under(other.account_id, consent.id) == [theirs.id]
    task = await ordered(store, other, theirs, consent)
    # Each sees its own; the operator sees all.
    assert await consents.tasks_under(consent.id, key.account_id, after=None, limit=9) == []
    assert await consents.tasks_under(consent.id, None, after=None, limit=9) == [task.id]
    await consents.unshare(consent.id, other.account_id)
    assert await consents.get(other.account_id, consent.id) is None
    with pytest.raises(RulesBroken):
        await ordered(store, other, theirs, consent)


async def test_an_order_and_a_revocation_at_the_same_moment_agree(
    store: Store, shelf: Shelf, consents: Consents
) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW)
    for _ in range(5):
        consent = await given(consents, key, asset)

        async def order(under_which: Consent = consent) -> bool:
            try:
                await ordered(store, key, asset, under_which)
            except RulesBroken:
                return False
            return True

        accepted, _ = await asyncio.gather(order(), consents.revoke(key.account_id, consent.id, "", NOW))
        assert await consents.count_under(consent.id, None) == int(accepted)


async def test_the_consents_of_a_file_are_those_of_every_asset_of_it(
    store: Store, shelf: Shelf, consents: Consents
) -> None:
    key = await customer(store)
    asset, twin = await shelf.asset(key, NOW), await shelf.asset(key, NOW)
    first, second = await given(consents, key, asset), await given(consents, key, twin, asset, now=NOW + HOUR)
    assert asset.file is not None
    found = await consents.of_files(key.account_id, [asset.file.id])
    assert [each.id for each in found[asset.file.id]] == [first.id, second.id]
    assert await consents.of_files(key.account_id, []) == {}


async def test_the_proofs_of_consents_count_as_what_an_account_keeps(store: Store, consents: Consents) -> None:
    key = await customer(store)
    large = {"evidence_object": "consents/a.pdf", "evidence_sha256": "ab" * 32, "evidence_bytes": MOST_BYTES}
    new = msgspec.structs.replace(SAID, **large)
    assert await consents.keep(key.account_id, new, MOST_BYTES - 1, NOW) is None
    assert await consents.page(key.account_id, after=None, limit=9) == []
    assert await consents.keep(key.account_id, new, MOST_BYTES, NOW) is not None
    small = msgspec.structs.replace(new, evidence_object="consents/b.pdf", evidence_bytes=1)
    assert await consents.keep(key.account_id, small, MOST_BYTES, NOW) is None
    # Words take no room.
    assert await consents.keep(key.account_id, SAID, MOST_BYTES, NOW) is not None


async def test_a_consent_is_never_deleted_and_never_without_proof(
    store: Store, consents: Consents, database: Database
) -> None:
    key = await customer(store)
    consent = await given(consents, key)
    with pytest.raises(asyncpg.RestrictViolationError):
        await database.run("DELETE FROM consents WHERE id = $1", consent.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await consents.keep(key.account_id, msgspec.structs.replace(SAID, evidence=""), MOST_BYTES, NOW)

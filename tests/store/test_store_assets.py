"""Assets and the bytes behind them, on a real Postgres."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from tests.store.asset_helpers import MOST_BYTES, Shelf, link_of, order_of
from tests.store.store_helpers import NOW, Store

from filmgate.asset import AssetFilter
from filmgate.errors import RulesBroken
from filmgate.ids import new_id
from filmgate.store.accounts import Key
from filmgate.store.asset_copies import AssetCopies, AssetCopy
from filmgate.store.asset_files import CLAIM
from filmgate.store.db import Database
from filmgate.store.hosted_files import HostedFiles

OTHER = "cd" * 32
HOUR = timedelta(hours=1)


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


async def customer(store: Store) -> Key:
    return (await store.customer())[1]


async def test_the_same_bytes_are_kept_once_for_each_account(store: Store, shelf: Shelf) -> None:
    mine, theirs = await customer(store), await customer(store)
    first = await shelf.keep(mine, NOW)
    again = await shelf.keep(mine, NOW)
    assert (first.verdict, again.verdict) == ("new", "known")
    assert (again.file_id, again.object_name) == (first.file_id, first.object_name)
    elsewhere = await shelf.keep(theirs, NOW)
    assert elsewhere.verdict == "new"
    assert elsewhere.file_id != first.file_id


async def test_the_same_bytes_at_the_same_moment_are_kept_once(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    kept = await asyncio.gather(*(shelf.keep(key, NOW) for _ in range(8)))
    assert len({each.object_name for each in kept}) == 1
    assert sorted(each.verdict for each in kept) == ["known"] * 7 + ["new"]


async def test_what_the_review_said_of_bytes_holds_when_they_come_again(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    first = await shelf.asset(key, NOW, state="rejected")
    second = await shelf.asset(key, NOW, state="approved")
    assert (first.state, second.state) == ("rejected", "rejected")
    assert first.id != second.id


async def test_an_account_keeps_no_more_than_it_may(store: Store, shelf: Shelf, database: Database) -> None:
    key = await customer(store)
    assert (await shelf.keep(key, NOW, size_bytes=MOST_BYTES - 20)).verdict == "new"
    hosted = HostedFiles(database)

    async def host(size_bytes: int) -> bool:
        file_id = new_id()
        return await hosted.keep(
            file_id, key.account_id, f"hosted/{file_id}.png", size_bytes, expires_at=NOW, most_bytes=MOST_BYTES, now=NOW
        )

    assert not await host(21)
    assert await host(10)
    full = await shelf.keep(key, NOW, sha256=OTHER, size_bytes=11)
    assert (full.verdict, full.file_id) == ("full", None)
    assert (await shelf.keep(key, NOW, sha256=OTHER, size_bytes=10)).verdict == "new"
    assert (await shelf.keep(key, NOW, size_bytes=MOST_BYTES)).verdict == "known"


async def test_an_id_opens_nothing_without_its_account(store: Store, shelf: Shelf) -> None:
    mine, theirs = await customer(store), await customer(store)
    asset = await shelf.asset(mine, NOW)
    assert await shelf.assets.get(theirs.account_id, asset.id) is None
    assert await shelf.assets.change(theirs.account_id, asset.id, name="stolen") is None
    assert not await shelf.assets.delete(theirs.account_id, asset.id, NOW)
    assert await shelf.assets.page(theirs.account_id, AssetFilter(), after=None, limit=10) == []
    assert (await shelf.again(mine, asset.id)).name == "hero"


async def test_a_list_is_narrowed_by_everything_that_an_asset_has(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    tagged = await shelf.asset(key, NOW, tags=["a", "b"], libraries=["sp"])
    waiting = await shelf.link(key, NOW + HOUR, kind="video")
    for wanted, expected in (
        (AssetFilter(), [waiting, tagged]),
        (AssetFilter(kinds=("image",)), [tagged]),
        (AssetFilter(states=("fetching",)), [waiting]),
        (AssetFilter(states=("approved", "fetching")), [waiting, tagged]),
        (AssetFilter(library="audit"), [waiting]),
        (AssetFilter(library="sp"), [waiting, tagged]),
        (AssetFilter(tags=("a",)), [tagged]),
        (AssetFilter(tags=("a", "c")), []),
        (AssetFilter(sha256="ab" * 32), [tagged]),
        (AssetFilter(created_from=NOW + HOUR), [waiting]),
        (AssetFilter(created_before=NOW + HOUR), [tagged]),
    ):
        assert await shelf.assets.page(key.account_id, wanted, after=None, limit=10) == expected, wanted
    rest = await shelf.assets.page(key.account_id, AssetFilter(), after=(waiting.created_at, waiting.id), limit=10)
    assert rest == [tagged]


async def test_a_change_changes_what_is_given_and_nothing_else(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW, libraries=["sp"])
    changed = await shelf.assets.change(key.account_id, asset.id, tags=["x"])
    assert changed is not None
    assert (changed.name, changed.tags, changed.libraries) == ("hero", ("x",), ("sp",))
    changed = await shelf.assets.change(key.account_id, asset.id, name="", all_libraries=True)
    assert changed is not None
    assert (changed.name, changed.tags, changed.libraries) == ("", ("x",), None)


async def test_an_order_is_noted_as_user_of_the_assets_it_names(store: Store, shelf: Shelf, database: Database) -> None:
    key = await customer(store)
    asset, other = await shelf.asset(key, NOW), await shelf.asset(key, NOW, sha256=OTHER)
    task = await store.order(key, request=order_of(asset, other, asset))
    used = await database.rows("SELECT asset_id FROM asset_uses WHERE task_id = $1", task.id)
    assert {row["asset_id"] for row in used} == {asset.id, other.id}
    assert task.request.media[0].asset_id == asset.id


@pytest.mark.parametrize("spoil", [
    "UPDATE assets SET deleted_at = now() WHERE id = $1",
    "UPDATE asset_files SET state = 'rejected' WHERE id = (SELECT file_id FROM assets WHERE id = $1)",
    "UPDATE asset_files SET state = 'pending' WHERE id = (SELECT file_id FROM assets WHERE id = $1)",
    "UPDATE asset_files SET object_name = NULL WHERE id = (SELECT file_id FROM assets WHERE id = $1)",
])  # fmt: skip
async def test_an_order_whose_asset_went_away_meanwhile_is_refused_without_a_trace(
    store: Store, shelf: Shelf, database: Database, spoil: str
) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW)
    await database.run(spoil, asset.id)
    with pytest.raises(RulesBroken, match=r"images\[0\] names an asset that cannot be used"):
        await store.order(key, request=order_of(asset))
    assert await store.traces() == {"tasks": 0, "entries": 1, "pgqueuer": 0, "attempts": 0}
    assert await database.value("SELECT count(*) FROM asset_uses") == 0


async def test_an_order_cannot_use_another_accounts_asset(store: Store, shelf: Shelf) -> None:
    mine, theirs = await customer(store), await customer(store)
    asset = await shelf.asset(mine, NOW)
    with pytest.raises(RulesBroken):
        await store.order(theirs, request=order_of(asset))


async def test_a_refused_asset_takes_no_other_order_along(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    good, bad = await shelf.asset(key, NOW), await shelf.asset(key, NOW, sha256=OTHER)
    await shelf.assets.delete(key.account_id, bad.id, NOW)
    outcomes = await asyncio.gather(
        *(store.order(key, 10, request=order_of(asset)) for asset in (good, bad, good, bad, good)),
        return_exceptions=True,
    )
    assert [isinstance(outcome, RulesBroken) for outcome in outcomes] == [False, True, False, True, False]


async def released(shelf: Shelf, hours: float) -> list[str]:
    now = NOW + timedelta(hours=hours)
    names = [await shelf.files.release(file_id, now) for file_id in await shelf.files.to_look_at(now, 10)]
    return [name for name in names if name is not None]


async def test_bytes_stay_while_an_asset_has_them_and_go_an_hour_after_the_last(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    first, second = await shelf.asset(key, NOW), await shelf.asset(key, NOW)
    assert first.file is not None
    assert await released(shelf, 2) == []
    await shelf.assets.delete(key.account_id, first.id, NOW + 2 * HOUR)
    assert await released(shelf, 4) == []
    await shelf.assets.delete(key.account_id, second.id, NOW + 4 * HOUR)
    assert await released(shelf, 4.9) == []
    assert await released(shelf, 5) == [first.file.object_name]
    assert await released(shelf, 99) == []
    assert await shelf.files.unknown([first.file.object_name or ""]) == [first.file.object_name]


async def test_bytes_stay_until_the_last_order_with_them_is_forgotten(
    store: Store, shelf: Shelf, database: Database
) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW)
    task = await store.order(key, request=order_of(asset))
    await shelf.assets.delete(key.account_id, asset.id, NOW)
    assert await released(shelf, 2) == []
    assert await released(shelf, 4) == []
    await database.run("UPDATE tasks SET forgotten_at = now() WHERE id = $1", task.id)
    assert asset.file is not None
    assert await released(shelf, 6) == [asset.file.object_name]


async def test_bytes_that_come_again_after_they_went_have_a_new_object_and_their_old_review(
    store: Store, shelf: Shelf
) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW, state="rejected")
    await shelf.assets.delete(key.account_id, asset.id, NOW)
    await released(shelf, 2)
    back = await shelf.asset(key, NOW + 3 * HOUR)
    assert (asset.file, back.file) != (None, None)
    assert asset.file is not None
    assert back.file is not None
    assert (back.file.id, back.state) == (asset.file.id, "rejected")
    assert back.file.object_name not in (None, asset.file.object_name)
    assert await released(shelf, 99) == []


async def test_bytes_of_an_upload_that_was_cut_off_before_its_asset_go(store: Store, shelf: Shelf) -> None:
    kept = await shelf.keep(await customer(store), NOW)
    assert await released(shelf, 0.9) == []
    assert await released(shelf, 1) == [kept.object_name]


async def test_bytes_are_not_let_go_while_an_upload_of_the_same_is_under_way(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW)
    await shelf.assets.delete(key.account_id, asset.id, NOW)
    await shelf.keep(key, NOW + HOUR)
    assert await released(shelf, 1.5) == []
    assert len(await released(shelf, 2)) == 1


async def test_a_link_is_claimed_by_one_worker_until_its_claim_ends(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    asset = await shelf.link(key, NOW)
    assert asset.state == "fetching"
    both = await asyncio.gather(shelf.files.claim(5, NOW), shelf.files.claim(5, NOW))
    ((fetch,),) = [claims for claims in both if claims]
    assert (fetch.asset_id, fetch.tries, fetch.url) == (asset.id, 1, asset.url)
    assert await shelf.files.claim(5, NOW + CLAIM - timedelta(seconds=1)) == []
    (second,) = await shelf.files.claim(5, NOW + CLAIM)
    assert second.tries == 2
    kept = await shelf.keep(key, NOW)
    assert kept.file_id is not None
    assert not await shelf.files.fetched(fetch, kept.file_id)
    assert await shelf.files.fetched(second, kept.file_id)
    assert (await shelf.again(key, asset.id)).state == "approved"


async def test_a_link_that_failed_says_why_and_is_not_tried_again(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    asset = await shelf.link(key, NOW)
    (fetch,) = await shelf.files.claim(5, NOW)
    await shelf.files.fetch_again(fetch, NOW + HOUR)
    assert await shelf.files.claim(5, NOW + HOUR - timedelta(seconds=1)) == []
    (fetch,) = await shelf.files.claim(5, NOW + HOUR)
    await shelf.files.fetch_failed(fetch, "it is no picture")
    failed = await shelf.again(key, asset.id)
    assert (failed.state, failed.error) == ("failed", "it is no picture")
    assert await shelf.files.claim(5, NOW + 99 * HOUR) == []


async def test_a_deleted_link_is_not_fetched(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    asset = await shelf.link(key, NOW)
    assert await shelf.assets.delete(key.account_id, asset.id, NOW)
    assert not await shelf.assets.delete(key.account_id, asset.id, NOW)
    assert await shelf.files.claim(5, NOW) == []


async def test_links_are_kept_with_all_that_is_said_of_them(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    said = [
        link_of(
            key, NOW, name='片头 "a"', tags=("b", "a'"), libraries=("sp",), kind="video", url="https://m.example/?a=1&b"
        ),
        link_of(key, NOW, libraries=()),
        link_of(key, NOW),
    ]
    assert await shelf.assets.add_links(key.account_id, said, 3, NOW)
    assert [await shelf.again(key, each.id) for each in said] == said


async def test_no_more_links_wait_than_may_however_many_come_at_once(store: Store, shelf: Shelf) -> None:
    key, other = await customer(store), await customer(store)
    calls = [[link_of(key, NOW) for _ in range(3)] for _ in range(8)]
    kept = await asyncio.gather(*(shelf.assets.add_links(key.account_id, links, 10, NOW) for links in calls))
    assert sorted(kept) == [False] * 5 + [True] * 3
    known = await shelf.assets.get_many(key.account_id, [each.id for links in calls for each in links])
    assert [[each.id in known for each in links] for links in calls] == [[is_kept] * 3 for is_kept in kept]
    assert await shelf.assets.add_links(other.account_id, [link_of(other, NOW)], 10, NOW)
    assert await shelf.assets.delete(key.account_id, next(iter(known)), NOW)
    assert await shelf.assets.add_links(key.account_id, [link_of(key, NOW) for _ in range(2)], 10, NOW)


async def test_accounts_take_turns_in_being_fetched(store: Store, shelf: Shelf) -> None:
    many, few = await customer(store), await customer(store)
    for number in range(4):
        await shelf.link(many, NOW + timedelta(seconds=number))
    asset = await shelf.link(few, NOW + timedelta(seconds=9))
    claimed: set[UUID] = {fetch.asset_id for fetch in await shelf.files.claim(2, NOW + HOUR)}
    assert len(claimed) == 2
    assert asset.id in claimed


async def test_a_copy_says_what_the_vendor_said_last_until_it_expires(store: Store, shelf: Shelf) -> None:
    key = await customer(store)
    asset = await shelf.asset(key, NOW)
    copies = AssetCopies(shelf.db)
    pending = AssetCopy(
        asset_id=asset.id,
        upstream="jimmy-1",
        library="sp",
        vendor_asset_id="a-7d31",
        state="pending",
        expires_at=None,
        changed_at=NOW,
    )
    later = NOW + timedelta(minutes=1)
    usable = msgspec.structs.replace(pending, state="usable", expires_at=NOW + HOUR, changed_at=later)
    audited = msgspec.structs.replace(pending, library="audit", vendor_asset_id="a-9")
    await copies.put(pending)
    await copies.put(usable)
    await copies.put(pending)  # Of a worker that was slower.
    await copies.put(audited)
    assert await copies.get(asset.id, "jimmy-1", "sp", NOW) == usable
    assert await copies.get(asset.id, "jimmy-1", "audit", NOW) == audited
    assert await copies.get(asset.id, "jimmy-2", "sp", NOW) is None
    assert await copies.get(asset.id, "jimmy-1", "sp", NOW + HOUR) is None
    assert await copies.of_asset(asset.id) == [audited, usable]
    await copies.remove(msgspec.structs.replace(usable, vendor_asset_id="a-1"))  # It was brought again meanwhile.
    assert await copies.of_asset(asset.id) == [audited, usable]
    await copies.remove(usable)
    await copies.remove(audited)
    assert await copies.of_asset(asset.id) == []

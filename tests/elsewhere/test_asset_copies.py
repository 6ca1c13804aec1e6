"""Assets at a vendor: brought once, usable when it says so, named by its name. The vendor is another filmgate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.api.api_helpers import Customer, House, open_house
from tests.api.asset_helpers import fetch_all, picture
from tests.elsewhere.station import Station, station

from filmgate.app import utc_now
from filmgate.asset import asset_link, read_asset_id, show_asset_id
from filmgate.consent import NewConsent
from filmgate.settings import ReviewRule, UpstreamSettings
from filmgate.store.asset_copies import AssetCopies, AssetCopy
from filmgate.task import Task
from filmgate.video import Media
from filmgate.work.assets import Said
from filmgate.work.spool import spooled

pytestmark = pytest.mark.long

FULL, SP, MD = "sd2_mx_720p", "seedance2.0-sp", "seedance2.0-md"


class Pair:
    """A customer's filmgate, and the vendor's, where it has an account."""

    def __init__(self, ours: Station, vendor: House, account: Customer) -> None:
        self.ours = ours
        self.vendor = vendor
        self.account = account

    async def asset(self, folder: Path, size: tuple[int, int] = (640, 480)) -> UUID:
        async def pieces() -> AsyncIterator[bytes]:
            yield picture(folder, size=size)

        async with spooled(pieces(), self.ours.services.work_folder, 10**7) as file:
            asset = await self.ours.services.keeper.add_file(self.ours.key.account_id, file, Said(name="hero"))
        return asset.id

    async def order(self, asset_id: UUID, model: str = FULL, **changes: Any) -> Task:
        media = Media(kind="image", role="reference", url=asset_link(asset_id), field="images[0]")
        return await self.ours.order(model=model, media=(media,), dialect="jimmy", resolution=None, **changes)

    async def copy(self, asset_id: UUID) -> AssetCopy:
        async with asyncio.timeout(30):
            while not (copies := await AssetCopies(self.ours.services.db).of_asset(asset_id)):
                await asyncio.sleep(0.05)
        (copy,) = copies
        return copy

    async def ordered(self, count: int = 1) -> list[Task]:
        """The orders at the vendor, oldest first, once there are so many."""
        async with asyncio.timeout(30):
            while len(ids := await self._ids("tasks")) < count:
                await asyncio.sleep(0.05)
        assert len(ids) == count
        return [await self.vendor.task(task_id) for task_id in ids]

    async def assets_there(self) -> list[UUID]:
        return await self._ids("assets")

    async def _ids(self, table: str) -> list[UUID]:
        rows = await self.vendor.services.db.rows(
            f"SELECT id FROM {table} WHERE account_id = $1 ORDER BY created_at, id",
            self.account.account.id,
        )
        return [row["id"] for row in rows]


@asynccontextmanager
async def pair(
    database_url: str,
    postgres_url: str,
    template: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *rules: ReviewRule,
) -> AsyncIterator[Pair]:
    there = folder / "there"
    async with open_house(postgres_url, template, there, allow_private_networks=True, review_rule=rules) as vendor:
        account = await vendor.customer(10**6)
        monkeypatch.setenv("KEY_AT_THE_OTHER_FILMGATE", account.secret)
        north = UpstreamSettings(
            name="north",
            dialect="jimmy",
            base_url=f"http://127.0.0.1:{vendor.port}",
            key_env="KEY_AT_THE_OTHER_FILMGATE",
            models={"*": "*"},
            max_running=100,
            submits_per_minute=10_000,
        )
        async with station(database_url, folder / "here", north) as ours:
            yield Pair(ours, vendor, account)


@pytest.fixture
async def both(
    database_url: str, postgres_url: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pair]:
    async with pair(database_url, postgres_url, template, tmp_path, monkeypatch) as opened:
        yield opened


async def test_an_asset_is_brought_once_and_named_by_the_vendors_name(both: Pair, tmp_path: Path) -> None:
    asset_id = await both.asset(tmp_path)
    await both.order(asset_id)
    copy = await both.copy(asset_id)
    assert (copy.upstream, copy.library, copy.state) == ("north", "audit", "pending")
    assert await both.ordered(0) == []
    await fetch_all(both.vendor)
    (there,) = await both.ordered(1)
    assert show_asset_id(there.request.media[0].asset_id or asset_id) == copy.vendor_asset_id
    assert there.request.media[0].asset_id != asset_id
    assert (await both.copy(asset_id)).state == "usable"
    # The next order needs no more than the name.
    await both.order(asset_id)
    _, again = await both.ordered(2)
    assert again.request.media[0].asset_id == there.request.media[0].asset_id
    assert len(await both.assets_there()) == 1


async def test_the_same_bytes_arrive_there(both: Pair, tmp_path: Path) -> None:
    asset_id = await both.asset(tmp_path)
    await both.order(asset_id)
    await both.copy(asset_id)
    await fetch_all(both.vendor)
    (there,) = await both.ordered(1)
    ours = await both.ours.services.assets.get(both.ours.key.account_id, asset_id)
    theirs = await both.vendor.services.assets.get(both.account.account.id, (await both.assets_there())[0])
    assert ours is not None
    assert theirs is not None
    assert ours.file is not None
    assert theirs.file is not None
    assert theirs.file.sha256 == ours.file.sha256
    assert there.request.prompt == "A kite over the sea"


async def test_a_model_without_a_library_gets_a_link_and_no_copy(both: Pair, tmp_path: Path) -> None:
    asset_id = await both.asset(tmp_path, size=(800, 800))
    await both.order(asset_id, MD)
    (there,) = await both.ordered(1)
    assert there.request.media[0].asset_id is None
    assert await AssetCopies(both.ours.services.db).of_asset(asset_id) == []
    assert await both.assets_there() == []


async def test_a_person_goes_through_the_vendors_whitelist(both: Pair, tmp_path: Path) -> None:
    asset_id = await both.asset(tmp_path)
    new = NewConsent(person="Ana Lima", evidence="contract 17", given_by="test")
    consent = await both.ours.services.consent_desk.give(both.ours.key, new, [asset_id])
    await both.order(asset_id, SP)
    assert (await both.copy(asset_id)).library == "portraits"
    await fetch_all(both.vendor)
    await both.ordered(1)
    (theirs,) = await both.vendor.services.consents.page(both.account.account.id, after=None, limit=9)
    # Who it is stays here.
    assert "Ana" not in theirs.person
    assert consent.person == "Ana Lima"


async def test_what_the_vendors_review_refuses_fails_the_order_without_cost(
    database_url: str, postgres_url: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = (
        ReviewRule(verdict="human", reason="a wide one", over_side_pixels=700),
        ReviewRule(verdict="reject", reason="no pictures", kinds=("image",)),
    )
    async with pair(database_url, postgres_url, template, tmp_path, monkeypatch, *rules) as both:
        refused = await both.asset(tmp_path)
        task = await both.order(refused)
        await both.copy(refused)
        await fetch_all(both.vendor)
        (ended,) = await both.ours.ended(task)
        assert ended.error is not None
        assert (ended.status, ended.error.code) == ("failed", "media_error")
        assert "images[0]: the vendor's review refused the asset" in ended.error.message
        assert await both.ours.cost(ended) == (["reserve", "release"], 0)
        assert (await both.copy(refused)).state == "refused"
        # It is not asked again for the next order.
        (again,) = await both.ours.ended(await both.order(refused))
        assert again.status == "failed"
        assert len(await both.assets_there()) == 1
        # One that a person there looks at waits as long as that takes.
        wide = await both.asset(tmp_path, size=(720, 480))
        waiting = await both.order(wide)
        copy = await both.copy(wide)
        await fetch_all(both.vendor)
        await asyncio.sleep(3.5)
        assert (await both.ours.task(waiting.id)).status == "queued"
        theirs = await both.vendor.services.assets.get(
            both.account.account.id, read_asset_id(copy.vendor_asset_id) or wide
        )
        assert theirs is not None
        assert theirs.file is not None
        await both.vendor.services.reviews.decide(
            theirs.file.id, "approved", by="operator", who="Li", reason="", now=utc_now()
        )
        await both.ordered(1)


async def test_what_the_vendor_has_lost_is_brought_again(both: Pair, tmp_path: Path) -> None:
    asset_id = await both.asset(tmp_path)
    copies = AssetCopies(both.ours.services.db)
    lost = AssetCopy(
        asset_id=asset_id,
        upstream="north",
        library="audit",
        vendor_asset_id="asset-that-is-no-more",
        state="usable",
        expires_at=None,
        changed_at=utc_now() - timedelta(hours=2),
    )
    await copies.put(lost)
    await both.order(asset_id)
    async with asyncio.timeout(30):
        while not await both.assets_there():
            await asyncio.sleep(0.05)
    await fetch_all(both.vendor)
    (there,) = await both.ordered(1)
    copy = await both.copy(asset_id)
    assert copy.vendor_asset_id == show_asset_id(there.request.media[0].asset_id or asset_id) != lost.vendor_asset_id

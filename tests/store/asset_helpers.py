"""What the tests of assets build again and again."""

from datetime import datetime
from typing import Any

import msgspec

from filmgate.asset import ASSETS, Asset
from filmgate.ids import new_id
from filmgate.store.accounts import Key
from filmgate.store.asset_files import AssetFiles, Kept, NewFile
from filmgate.store.assets import Assets
from filmgate.store.db import Database
from filmgate.video import OBJECT_SCHEME, Media, VideoRequest

MOST_BYTES = 1000
FACTS = {"type": "probe", "kind": "image", "format": "png", "size_bytes": 10, "width": 320, "height": 240}


class Shelf:
    """The rows of assets and their files over one database, and short ways to them."""

    def __init__(self, database: Database) -> None:
        self.db = database
        self.assets = Assets(database)
        self.files = AssetFiles(database)

    async def keep(self, key: Key, now: datetime, *, sha256: str = "ab" * 32, **changes: Any) -> Kept:
        file_id = new_id()
        new = NewFile(
            id=file_id,
            account_id=key.account_id,
            sha256=sha256,
            kind="image",
            size_bytes=10,
            facts=FACTS,
            object_name=f"{ASSETS}/{file_id}.png",
            state="approved",
            person=False,
        )
        return await self.files.keep(msgspec.structs.replace(new, **changes), MOST_BYTES, now)

    async def asset(self, key: Key, now: datetime, *, sha256: str = "ab" * 32, **changes: Any) -> Asset:
        """An asset with a file."""
        kept = await self.keep(key, now, sha256=sha256, state=changes.pop("state", "approved"))
        assert kept.file_id is not None
        asset_id = new_id()
        await self.db.run(
            "INSERT INTO assets (id, account_id, file_id, name, created_at) VALUES ($1, $2, $3, 'hero', $4)",
            asset_id,
            key.account_id,
            kept.file_id,
            now,
        )
        await self.assets.change(key.account_id, asset_id, **changes)
        return await self.again(key, asset_id)

    async def link(self, key: Key, now: datetime, **changes: Any) -> Asset:
        """An asset whose link is still to be fetched."""
        asset = link_of(key, now, **changes)
        assert await self.assets.add_links(key.account_id, [asset], 1000, now)
        return await self.again(key, asset.id)

    async def again(self, key: Key, asset_id: Any) -> Asset:
        asset = await self.assets.get(key.account_id, asset_id)
        assert asset is not None
        return asset


def link_of(key: Key, now: datetime, **changes: Any) -> Asset:
    """An asset that is only a link, and not kept yet."""
    asset = Asset(
        id=new_id(),
        account_id=key.account_id,
        name="",
        tags=(),
        libraries=None,
        kind=None,
        url="https://example.com/a.png",
        created_at=now,
        error=None,
        file=None,
    )
    return msgspec.structs.replace(asset, **changes)


def order_of(*assets: Asset) -> VideoRequest:
    """An order that names the assets, as a plan leaves it."""
    media = [
        Media(
            kind="image",
            role="reference",
            url=f"{OBJECT_SCHEME}{asset.file and asset.file.object_name}",
            field=f"images[{number}]",
            asset_id=asset.id,
        )
        for number, asset in enumerate(assets)
    ]
    return VideoRequest(model="seedance2.0-sp", prompt="a kite", media=tuple(media))

"""What the tests of the asset doors build again and again: files, and a worker's part in fetching links."""

from pathlib import Path
from typing import Any

import httpx
from tests.api.api_helpers import Customer, House
from tests.media.media_samples import make_clip, make_picture

from filmgate.app import Services
from filmgate.asset import Asset, read_asset_id
from filmgate.store.asset_files import AssetFiles
from filmgate.work.asset_fetch import AssetFetcher

JIMMY = "/api/open-api/v1"
ASSETS = "/filmgate/v1/assets"


def picture(folder: Path, name: str = "hero.png", size: tuple[int, int] = (640, 480)) -> bytes:
    return make_picture(folder / name, size).read_bytes()


def clip(folder: Path, name: str = "walk.mp4", seconds: float = 1.0) -> bytes:
    return make_clip(folder / name, seconds).read_bytes()


def sound(folder: Path, name: str = "theme.wav") -> bytes:
    return make_clip(folder / name, 3.0, video=None, audio="pcm_s16le").read_bytes()


async def hosted(house: House, who: Customer, content: bytes, name: str = "hero.png") -> str:
    """A link of this server to a file, as a customer gets one."""
    answer = await house.client.post(f"{JIMMY}/files/upload", files={"file": (name, content)}, headers=who.headers)
    assert answer.json()["code"] == 20000, answer.text
    url: str = answer.json()["data"]["url"]
    return url


def fetcher(services: Services) -> AssetFetcher:
    return AssetFetcher(
        files=AssetFiles(services.db),
        keeper=services.keeper,
        outbound=services.outbound,
        objects=services.objects,
        links=services.links,
        folder=services.work_folder,
        clock=services.clock,
    )


async def fetch_all(house: House) -> None:
    """What a worker does for all links that are due."""
    files = AssetFiles(house.services.db)
    while fetches := await files.claim(8, house.services.clock()):
        for fetch in fetches:
            await fetcher(house.services).fetch(fetch)


async def jimmy(house: House, who: Customer, path: str, body: Any) -> dict[str, Any]:
    answer = await house.client.post(f"{JIMMY}{path}", json=body, headers=who.headers)
    assert answer.status_code == 200, answer.text
    envelope: dict[str, Any] = answer.json()
    return envelope


async def data_of(house: House, who: Customer, path: str, body: Any) -> dict[str, Any]:
    envelope = await jimmy(house, who, path, body)
    assert (envelope["code"], envelope["msg"]) == (20000, "ok"), envelope
    data: dict[str, Any] = envelope["data"]
    return data


async def sent(house: House, who: Customer, content: bytes, **query: Any) -> httpx.Response:
    """A native upload of a file as the body."""
    headers = {**who.headers, "Content-Type": "application/octet-stream"}
    return await house.client.post(ASSETS, content=content, params=query, headers=headers)


async def stored(house: House, who: Customer, shown_id: str) -> Asset:
    asset_id = read_asset_id(shown_id)
    assert asset_id is not None
    asset = await house.services.assets.get(who.account.id, asset_id)
    assert asset is not None
    return asset

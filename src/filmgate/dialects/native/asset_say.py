"""Saying how assets are doing in the native API."""

from collections.abc import Callable, Sequence
from datetime import datetime

from filmgate.asset import Asset, asset_link, show_asset_id
from filmgate.dialects.base import Reply
from filmgate.dialects.native import asset_wire as wire
from filmgate.dialects.phrasing import printable, reply

Link = Callable[[Asset], tuple[str, datetime]]
"""A link to the bytes of an asset that has a file, and until when it is good."""


def say_asset(asset: Asset, link: Link, *, status: int = 200) -> Reply:
    """One asset."""
    return reply(_asset(asset, link), status=status)


def say_assets(assets: Sequence[Asset], link: Link, next_cursor: str | None) -> Reply:
    """A page of assets."""
    return reply(wire.AssetList(data=[_asset(asset, link) for asset in assets], next_cursor=next_cursor))


def say_removed(asset: Asset) -> Reply:
    """An asset is gone."""
    return reply(wire.AssetRemoved(id=show_asset_id(asset.id)))


def _asset(asset: Asset, link: Link) -> wire.AssetAnswer:
    return wire.AssetAnswer(
        id=show_asset_id(asset.id),
        link=asset_link(asset.id),
        kind=asset.kind,
        state=asset.state,
        reason=None if asset.file is None else printable(asset.file.reason) or None,
        error=asset.error,
        name=printable(asset.name),
        tags=list(asset.tags),
        libraries=None if asset.libraries is None else list(asset.libraries),
        source_url=None if asset.url is None else printable(asset.url),
        created_at=asset.created_at,
        file=_file(asset, link),
    )


def _file(asset: Asset, link: Link) -> wire.AssetFile | None:
    if asset.file is None:
        return None
    url, expires_at = link(asset)
    facts = asset.file.facts
    return wire.AssetFile(
        url=url,
        url_expires_at=expires_at,
        sha256=asset.file.sha256,
        size_bytes=asset.file.size_bytes,
        format=facts.get("format", ""),
        width=facts.get("width"),
        height=facts.get("height"),
        seconds=facts.get("seconds"),
        frames_per_second=facts.get("frames_per_second"),
    )

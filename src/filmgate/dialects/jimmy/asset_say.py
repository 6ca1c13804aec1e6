"""Saying how assets are doing in the Jimmy dialect (spec jimmy 6 to 9). ``code`` is ``JimmyServer.success_code``."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import UNSET

from filmgate.asset import Asset, AssetState, asset_link, show_asset_id
from filmgate.dialects.base import Reply
from filmgate.dialects.jimmy import asset_wire as wire
from filmgate.dialects.phrasing import printable, reply
from filmgate.video import MediaKind

# Clients of the vendor compare with these spellings (spec jimmy 6.2, 7.4).
_AUDIT: dict[AssetState, wire.AuditStatus] = {
    "fetching": "Pending",
    "pending": "Pending",
    "approved": "Active",
    "rejected": "Rejected",
    "failed": "Failed",
}
_LIBRARY: dict[AssetState, wire.LibraryStatus] = {
    "fetching": "Processing",
    "pending": "Processing",
    "approved": "Active",
    "rejected": "Failed",
    "failed": "Failed",
}

Link = Callable[[Asset], tuple[str, datetime]]
"""A link to the bytes of an asset that has a file, and until when it is good."""


def say_audited(code: int | str, submitted: Sequence[tuple[Asset, MediaKind]]) -> Reply:
    """What was submitted, and as what."""
    items = [
        wire.AuditedItem(
            asset_id=show_asset_id(asset.id),
            original_url=printable(asset.url or ""),
            asset_type=kind,
            status=_audit_status(asset),
        )
        for asset, kind in submitted
    ]
    return reply(wire.AuditAnswer(code=code, data=wire.AuditedItems(items=items)))


def say_audit_states(code: int | str, assets: Sequence[Asset]) -> Reply:
    """How reviews stand."""
    items = [wire.AuditState(asset_id=show_asset_id(asset.id), status=_audit_status(asset)) for asset in assets]
    return reply(wire.AuditStatesAnswer(code=code, data=wire.AuditStates(items=items)))


def say_library_uploaded(code: int | str, asset: Asset) -> Reply:
    """A new asset of the SP library."""
    return reply(wire.LibraryUploadAnswer(code=code, data=wire.LibraryUploaded(asset_id=show_asset_id(asset.id))))


def say_library_asset(code: int | str, asset: Asset, link: Link) -> Reply:
    """One asset of the SP library."""
    return reply(wire.LibraryAssetAnswer(code=code, data=_library_asset(asset, link)))


def say_library_assets(code: int | str, assets: Sequence[Asset], link: Link) -> Reply:
    """Several assets of the SP library."""
    items = [_library_asset(asset, link) for asset in assets]
    return reply(wire.LibraryAssetsAnswer(code=code, data=wire.LibraryAssets(items=items)))


def say_portrait(code: int | str, asset: Asset, link: Link) -> Reply:
    """One portrait."""
    return reply(wire.PortraitAnswer(code=code, data=_portrait(asset, link)))


def say_portraits(code: int | str, assets: Sequence[Asset], link: Link) -> Reply:
    """Several portraits."""
    return reply(wire.PortraitsAnswer(code=code, data=wire.Portraits(items=[_portrait(each, link) for each in assets])))


def say_hosted(code: int | str, *, url: str, file_name: str, size_bytes: int, mime_type: str) -> Reply:
    """A file that lies here now."""
    data = wire.HostedFile(url=url, filename=printable(file_name), size=size_bytes, mime_type=mime_type)
    return reply(wire.HostedFileAnswer(code=code, data=data))


def _portrait(asset: Asset, link: Link) -> wire.Portrait:
    identifier = show_asset_id(asset.id)
    return wire.Portrait(
        asset_id=identifier,
        official_id=identifier,
        status=_library_status(asset),
        asset_ref=asset_link(asset.id) if asset.is_usable else None,
        name=printable(asset.name),
        url=printable(asset.url or (link(asset)[0] if asset.file is not None else "")),
        created_at=iso_seconds(asset.created_at),
    )


def _audit_status(asset: Asset) -> wire.AuditStatus:
    # A portrait that nobody's consent covers is refused, and a submit under a consent helps.
    return "Rejected" if asset.state == "approved" and not asset.consented else _AUDIT[asset.state]


def _library_status(asset: Asset) -> wire.LibraryStatus:
    return "Failed" if asset.state == "approved" and not asset.consented else _LIBRARY[asset.state]


def iso_seconds(moment: datetime) -> str:
    """An instant as the samples have it: ``2026-07-05T08:30:00Z``."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _library_asset(asset: Asset, link: Link) -> wire.LibraryAsset:
    identifier = show_asset_id(asset.id)
    url = None
    if asset.kind == "image":
        url = asset.url or (link(asset)[0] if asset.file is not None else None)
    return wire.LibraryAsset(
        asset_id=identifier,
        official_id=identifier,
        status=_library_status(asset),
        name=printable(asset.name),
        image_url=UNSET if url is None else printable(url),
        created_at=iso_seconds(asset.created_at),
    )

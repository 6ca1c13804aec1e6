"""What goes over the wire about assets in the Jimmy dialect, member by member in the vendor's order (spec jimmy 6-9).

As in ``wire.py``: answers are built from these structs, requests are read more leniently (``asset_read.py``).
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from filmgate.dialects.jimmy.wire import Message, SuccessCode
from filmgate.video import MediaKind

AUDIT_LIBRARY = "audit"
"""The library of the Full models (spec jimmy 6)."""
SP_LIBRARY = "sp"
"""The library of the SP models (spec jimmy 7)."""

AuditStatus = Literal["Pending", "Active", "Failed", "Rejected"]
LibraryStatus = Literal["Processing", "Active", "Failed"]

AssetId = Annotated[
    str,
    Meta(description="Names the asset: `asset://{asset_id}`.", examples=["asset-20260901120000-00a1b2c3d4e5f6g7h8"]),
]
AssetIds = Annotated[
    list[str], Meta(description="At most 100.", examples=[["asset-20260901120000-00a1b2c3d4e5f6g7h8"]])
]
PublicUrl = Annotated[str, Meta(description="A public link.", examples=["https://media.example.org/hero.jpg"])]
Name = Annotated[str, Meta(description="For people; at most 200 characters.", examples=["hero front"])]
Moment = Annotated[str, Meta(description="ISO 8601, UTC.", examples=["2026-07-05T08:30:00Z"])]


class AuditRequest(Struct, frozen=True, kw_only=True):
    """Submits media for the Full models; at least one link (spec jimmy 6.1)."""

    image_urls: list[str] | UnsetType = UNSET
    video_urls: list[str] | UnsetType = UNSET
    audio_urls: list[str] | UnsetType = UNSET


class AuditedItem(Struct, frozen=True, kw_only=True):
    """One submitted medium."""

    asset_id: AssetId
    original_url: str
    asset_type: MediaKind
    status: AuditStatus


class AuditedItems(Struct, frozen=True, kw_only=True):
    """What was submitted."""

    items: list[AuditedItem]
    failed_items: Annotated[
        list[AuditedItem],
        Meta(
            description="Always empty: a link that cannot be taken refuses the call, one that cannot be fetched fails."
        ),
    ] = []


class AuditAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of what was submitted."""

    code: SuccessCode
    msg: Message = "ok"
    data: AuditedItems


class AssetsRequest(Struct, frozen=True, kw_only=True):
    """Asks about assets (spec jimmy 6.2, 7.3, 8)."""

    asset_ids: AssetIds


class AuditState(Struct, frozen=True, kw_only=True):
    """How the review of one asset stands."""

    asset_id: AssetId
    status: AuditStatus


class AuditStates(Struct, frozen=True, kw_only=True):
    """How reviews stand, in the order of the question."""

    items: list[AuditState]


class AuditStatesAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of how reviews stand."""

    code: SuccessCode
    msg: Message = "ok"
    data: AuditStates


class LibraryUpload(Struct, frozen=True, kw_only=True):
    """Adds one asset to the SP library (spec jimmy 7.1)."""

    name: Name
    type: MediaKind
    url: PublicUrl


class LibraryUploaded(Struct, frozen=True, kw_only=True):
    """The new asset."""

    asset_id: AssetId


class LibraryUploadAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of the new asset."""

    code: SuccessCode
    msg: Message = "ok"
    data: LibraryUploaded


class AssetRequest(Struct, frozen=True, kw_only=True):
    """Asks about one asset (spec jimmy 7.2, 8)."""

    asset_id: AssetId


class LibraryAsset(Struct, frozen=True, kw_only=True):
    """One asset of the SP library (spec jimmy 7.2)."""

    asset_id: AssetId
    official_id: Annotated[str, Meta(description="The same: this library is our own.")]
    status: LibraryStatus
    name: str
    image_url: Annotated[str | UnsetType, Meta(description="Of images: where it came from.")] = UNSET
    created_at: Moment


class LibraryAssetAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of one asset."""

    code: SuccessCode
    msg: Message = "ok"
    data: LibraryAsset


class LibraryAssets(Struct, frozen=True, kw_only=True):
    """Assets, in the order of the question."""

    items: list[LibraryAsset]


class LibraryAssetsAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of several assets."""

    code: SuccessCode
    msg: Message = "ok"
    data: LibraryAssets


class HostedFile(Struct, frozen=True, kw_only=True):
    """A file that lies here for some days (spec jimmy 9)."""

    url: Annotated[str, Meta(description="A link for orders and for submitting it as an asset.")]
    filename: Annotated[str, Meta(description="As it was sent.", examples=["k3.png"])]
    size: Annotated[int, Meta(description="Bytes.")]
    mime_type: Annotated[str, Meta(examples=["image/png"])]


class HostedFileAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of a hosted file."""

    code: SuccessCode
    msg: Message = "ok"
    data: HostedFile


class FileForm(Struct, frozen=True, kw_only=True):
    """The form of an upload (spec jimmy 9)."""

    file: Annotated[str, Meta(description="At most 100 MB.", extra_json_schema={"format": "binary"})]


HOSTED_TYPES: dict[str, str] = {
    **dict.fromkeys(("jpg", "jpeg"), "image/jpeg"),
    **{name: f"image/{name}" for name in ("png", "gif", "webp", "bmp")},
    "svg": "image/svg+xml",
    **{name: f"video/{name}" for name in ("mp4", "webm")},
    "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    "mkv": "video/x-matroska",
    "m4v": "video/x-m4v",
    "flv": "video/x-flv",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    **{name: f"audio/{name}" for name in ("wav", "aac", "flac", "ogg")},
}
"""The extensions of files that may be uploaded, and what each is served as (spec jimmy 9)."""
HOSTED_LIMIT_BYTES = 100 * 1024 * 1024


class PortraitRequest(Struct, frozen=True, kw_only=True):
    """Whitelists a portrait of a real person, who has agreed (spec jimmy 8)."""

    name: Name
    url: PublicUrl


class Portrait(Struct, frozen=True, kw_only=True):
    """A portrait (spec jimmy 8)."""

    asset_id: AssetId
    official_id: Annotated[str, Meta(description="The same: this library is our own.")]
    status: LibraryStatus
    asset_ref: Annotated[str | None, Meta(description="How orders name it, once it may be used.")]
    name: str
    url: str
    created_at: Moment


class PortraitAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of a portrait."""

    code: SuccessCode
    msg: Message = "ok"
    data: Portrait


class Portraits(Struct, frozen=True, kw_only=True):
    """Portraits, in the order of the question."""

    items: list[Portrait]


class PortraitsAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of several portraits."""

    code: SuccessCode
    msg: Message = "ok"
    data: Portraits

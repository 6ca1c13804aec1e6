"""What goes over the wire about assets in the native API."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from filmgate.asset import AssetState
from filmgate.video import MediaKind

AssetId = Annotated[str, Meta(description="Names the asset.", examples=["asset-20260901120000-00a1b2c3d4e5f6g7h8"])]
Name = Annotated[str, Meta(description="For people; at most 200 characters.")]
Tags = Annotated[list[str], Meta(description="Words of your own, at most 50, by which lists are narrowed.")]
Libraries = Annotated[
    list[str],
    Meta(description="The vendors' libraries whose models take it; all of them unless given.", examples=[["audit"]]),
]


class NewAsset(Struct, frozen=True, kw_only=True):
    """Registers a link, which a worker then fetches. Unknown members are refused."""

    url: Annotated[str, Meta(description="A public `https://…` link, or one to a file that lies here.")]
    name: Name | UnsetType = UNSET
    kind: Annotated[MediaKind, Meta(description="Whatever it is, unless given.")] | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    libraries: Libraries | UnsetType = UNSET


class AssetForm(Struct, frozen=True, kw_only=True):
    """A file as a form."""

    file: Annotated[str, Meta(description="A picture, clip or sound.", extra_json_schema={"format": "binary"})]
    name: Name | UnsetType = UNSET
    kind: MediaKind | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    libraries: Libraries | UnsetType = UNSET


class AssetChanges(Struct, frozen=True, kw_only=True):
    """What is to be changed; whatever is not given stays."""

    name: Name | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    libraries: Annotated[list[str] | None, Meta(description="null: all of them.")] | UnsetType = UNSET


class AssetFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The bytes of an asset, and what was found of them."""

    url: Annotated[str, Meta(description="A link that needs no key, good until `url_expires_at`.")]
    url_expires_at: datetime
    sha256: str
    size_bytes: int
    format: str = ""
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    frames_per_second: float | None = None


class AssetAnswer(Struct, frozen=True, kw_only=True):
    """An asset. Every member is always there, null where nothing applies."""

    object: Literal["asset"] = "asset"
    id: AssetId
    link: Annotated[str, Meta(description="How orders name it.", examples=["asset://asset-20260901120000-00a1…"])]
    kind: Annotated[MediaKind | None, Meta(description="null until a link has been fetched whose kind nobody said.")]
    state: AssetState
    reason: Annotated[str | None, Meta(description="Why it is in its state, in the words of the review.")]
    error: Annotated[str | None, Meta(description="Why the link could not be fetched.")]
    name: str
    tags: list[str]
    libraries: Annotated[list[str] | None, Meta(description="null: all of them.")]
    source_url: str | None
    created_at: datetime
    file: AssetFile | None


class AssetList(Struct, frozen=True, kw_only=True):
    """Assets, newest first."""

    object: Literal["list"] = "list"
    data: list[AssetAnswer]
    next_cursor: Annotated[str | None, Meta(description="Give it as `cursor` for the page after this one.")]


class AssetRemoved(Struct, frozen=True, kw_only=True):
    """The asset is gone. Orders that name it keep working."""

    object: Literal["asset"] = "asset"
    id: AssetId
    removed: Literal[True] = True

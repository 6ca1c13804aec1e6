"""An asset: a picture, clip or sound that an account keeps here, to name it in orders as ``asset://{id}``.

    (link)  fetching ──> failed
               │
    (file) ────┴──> pending ──> approved · rejected

The bytes are known by their hash. An account that brings the same ones twice has two assets with names and libraries of
their own, and one **file**: kept once, reviewed once. What the review said of a file holds for all assets made of it.
"""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec

from filmgate.ids import dated_form, from_dated_form
from filmgate.video import Media, MediaKind

FileState = Literal["pending", "approved", "rejected"]
AssetState = Literal["fetching", "failed", "pending", "approved", "rejected"]
STATES: tuple[AssetState, ...] = get_args(AssetState)

ASSET_SCHEME = "asset://"
ASSETS = "assets"
"""Where in the object store the bytes of assets lie."""
HOSTED = "hosted"
"""Where the files lie that are kept for some days."""

_ID_PREFIX = "asset-"
_LONGEST_ID_CHARACTERS = 64


class AssetFile(msgspec.Struct, frozen=True, kw_only=True):
    """Certain bytes of an account."""

    id: UUID
    sha256: str
    size_bytes: int
    kind: MediaKind
    state: FileState
    reason: str
    """Why it is in its state, in the words of whoever decided; empty where nothing is to be said."""
    person: bool
    """Shows a real person: usable under a consent alone."""
    object_name: str | None
    """None while the bytes are not here."""
    facts: dict[str, Any]
    """As ``media.facts.Probe`` found them."""


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One asset, as the store has it."""

    id: UUID
    account_id: UUID
    name: str
    tags: tuple[str, ...]
    libraries: tuple[str, ...] | None
    """The vendors' libraries that it was submitted to, whose models take it; None: all of them."""
    kind: MediaKind | None
    """None for a link whose kind nobody said, until it was fetched."""
    url: str | None
    """Where the bytes come from, if they were not sent."""
    created_at: datetime
    error: str | None
    """Why the link could not be fetched."""
    file: AssetFile | None
    consented: bool = True
    """Whether, if it shows a real person, some consent covers it at this moment."""

    @property
    def is_usable(self) -> bool:
        """Whether orders may name it."""
        return self.state == "approved" and self.consented

    @property
    def state(self) -> AssetState:
        if self.file is not None:
            return self.file.state
        return "fetching" if self.error is None else "failed"

    def is_in(self, library: str | None) -> bool:
        """Whether models of that library take it."""
        return library is None or self.libraries is None or library in self.libraries


class AssetFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which assets of an account are wanted. None is any."""

    kinds: tuple[MediaKind, ...] | None = None
    states: tuple[AssetState, ...] | None = None
    library: str | None = None
    tags: tuple[str, ...] | None = None
    """All of them."""
    sha256: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    """Exclusive."""


def show_asset_id(asset_id: UUID) -> str:
    """``asset-20260901120000-`` and 18 small letters and digits: small, because it stands where links have a host."""
    return dated_form(_ID_PREFIX, asset_id)


def read_asset_id(text: str) -> UUID | None:
    """The id behind what ``show_asset_id`` showed, in any case; None for any other text."""
    return from_dated_form(_ID_PREFIX, text.lower()) if len(text) <= _LONGEST_ID_CHARACTERS else None


def asset_link(asset_id: UUID) -> str:
    """How orders name the asset."""
    return ASSET_SCHEME + show_asset_id(asset_id)


def linked_asset_id(url: str) -> UUID | None:
    """The id in an ``asset://`` link; None for any other. A file name may stand behind the id, for APIs that tell by
    its ending what a link leads to: ``asset://{id}/hero.png``.
    """
    if url[: len(ASSET_SCHEME)].lower() != ASSET_SCHEME:
        return None
    return read_asset_id(url[len(ASSET_SCHEME) :].partition("/")[0])


def as_ordered(media: Media) -> str:
    """The link as the caller wrote it, where it names an asset; any other as it is."""
    return media.url if media.asset_id is None else asset_link(media.asset_id)

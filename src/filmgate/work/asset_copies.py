"""Assets at vendors: each is brought to a vendor when the first order needs it there, and then goes by its name there.

    (nothing) ──submit──> pending ──ask──> usable ──ask, from time to time──> usable
        ^                    │                │
        └── gone ────────────┼────────────────┘
                             └──> refused, for some hours

Two workers may bring the same asset at the same moment. The vendor then has it twice, which costs nothing, and one of
the two names is kept.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from filmgate.asset import show_asset_id
from filmgate.dialects.client import AssetsClient, VendorAsset
from filmgate.errors import UpstreamFailed
from filmgate.store.asset_copies import AssetCopies, AssetCopy
from filmgate.upstreams.outgoing import CannotTake, NotYet
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.video import Media

# No vendor says for how long it keeps an asset, so its word is believed for so long.
_BELIEVED_FOR = timedelta(hours=1)
# Its review may change its mind.
_REFUSED_FOR = timedelta(hours=6)
# What was brought just now may not be in the vendor's lists yet.
_ON_ITS_WAY_FOR = timedelta(minutes=1)
_LOOK_AGAIN_SECONDS = 3.0

_log = structlog.get_logger("filmgate.work")


class AssetBringer:
    """Brings assets to vendors. The contract is ``upstreams.outgoing.BringsAssets``."""

    def __init__(self, copies: AssetCopies, clock: Callable[[], datetime]) -> None:
        self._copies = copies
        self._clock = clock

    async def bring(
        self, item: Media, upstream: RemoteUpstream, vendor_model: str, link: Callable[[], Awaitable[str]]
    ) -> str | None:
        assets = upstream.client.assets
        if assets is None or item.asset_id is None:
            return None
        # Only what shows a real person has consents.
        library = assets.library(vendor_model, item.kind, person=bool(item.consents))
        if library is None:
            return None
        copy = await self._copies.get(item.asset_id, upstream.name, library, self._clock())
        if copy is not None:
            copy = await self._looked_at(copy, assets, upstream)
        if copy is None:
            copy = await self._submitted(item, item.asset_id, assets, library, upstream, link)
        match copy.state:
            case "usable":
                return copy.vendor_asset_id
            case "pending":
                raise NotYet(item, _LOOK_AGAIN_SECONDS)
            case "refused":
                raise CannotTake(item, "the vendor's review refused the asset")

    async def _looked_at(self, copy: AssetCopy, assets: AssetsClient, upstream: RemoteUpstream) -> AssetCopy | None:
        """The copy as it is now; None where it is to be brought again."""
        age = self._clock() - copy.changed_at
        if copy.state == "refused":
            return copy if age < _REFUSED_FOR else None
        if copy.state == "usable" and age < _BELIEVED_FOR:
            return copy
        said = await upstream.look_at_asset(assets, copy.library, copy.vendor_asset_id)
        if said.state == "gone" and copy.state == "pending" and age < _ON_ITS_WAY_FOR:
            return copy
        return await self._kept(copy.asset_id, copy.library, upstream, said)

    async def _submitted(
        self,
        item: Media,
        asset_id: UUID,
        assets: AssetsClient,
        library: str,
        upstream: RemoteUpstream,
        link: Callable[[], Awaitable[str]],
    ) -> AssetCopy:
        try:
            said = await upstream.submit_asset(assets, library, item.kind, show_asset_id(asset_id), await link())
        except UpstreamFailed as exc:
            if exc.fault == "content":
                # It has no name there by which its refusal could be kept.
                raise CannotTake(item, f"the vendor does not take the asset: {exc.message}") from exc
            raise
        copy = await self._kept(asset_id, library, upstream, said)
        if copy is None:
            raise UpstreamFailed("the vendor lost an asset as soon as it had it", fault="vendor")
        return copy

    async def _kept(
        self, asset_id: UUID, library: str, upstream: RemoteUpstream, said: VendorAsset
    ) -> AssetCopy | None:
        _log.info(
            "asset.copied",
            asset=str(asset_id),
            upstream=upstream.name,
            library=library,
            state=said.state,
            said=said.word,
        )
        copy = AssetCopy(
            asset_id=asset_id,
            upstream=upstream.name,
            library=library,
            vendor_asset_id=said.vendor_asset_id,
            state="pending" if said.state == "gone" else said.state,
            expires_at=None,
            changed_at=self._clock(),
        )
        if said.state == "gone":
            await self._copies.remove(copy)
            return None
        await self._copies.put(copy)
        return copy

"""Media of an order that lie here already: assets that it names, and links that this server gave for its own files.

Both are looked up before the rules of the model, so that everything that is wrong is told at once. A link to a file of
ours is proof enough that its bytes may be had: whoever holds it can fetch them. But it is no way around the review of
an asset: the link to the bytes of one is as good as the asset itself, and consents go with assets alone.
"""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import msgspec

from filmgate.asset import ASSETS, Asset, AssetFile, linked_asset_id
from filmgate.catalogue.model import Offer
from filmgate.catalogue.rules import shortened
from filmgate.consent import Consent
from filmgate.errors import NoSuchAddress, NotFound, Violation
from filmgate.links import PREFIX, FileLinks
from filmgate.media.facts import Probe
from filmgate.store.accounts import Key
from filmgate.store.asset_files import AssetFiles, Reviewed
from filmgate.store.assets import Assets
from filmgate.store.consents import Consents
from filmgate.video import OBJECT_SCHEME, Media, VideoRequest, link_scheme

_WEB_SCHEMES = ("https", "http")


class OwnMedia(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of an order's media, by their links as the caller wrote them."""

    assets: dict[str, Asset] = {}
    objects: dict[str, str] = {}
    """Names of objects."""
    closed: dict[str, Reviewed] = {}
    """Links of which the objects are those of assets that not every order may have."""
    consents: dict[UUID, list[Consent]] = {}
    """Of files that show a person: those that cover the account."""

    def links(self, request: VideoRequest) -> frozenset[str]:
        """The links of which the model's rules for links do not speak; of assets, known or not, ``broken`` does."""
        named = (media.url for media in request.media if link_scheme(media.url) == "asset")
        return frozenset({*named, *self.objects})

    def broken(self, request: VideoRequest, offer: Offer | None) -> list[Violation]:
        """What stands against the assets that an order names.

        Args:
            offer: its model on the order's terms; None where there is none such.
        """
        found = []
        for media in request.media:
            if media.url in self.closed:
                found.append(_closed(media, self.closed[media.url]))
            elif link_scheme(media.url) == "asset":
                asset = self.assets.get(media.url)
                violation = _unknown(media) if asset is None else self._unfit(media, asset, offer)
                found += [] if violation is None else [violation]
        return found

    def resolved(self, request: VideoRequest, offer: Offer | None = None) -> VideoRequest:
        """The order with links to our objects in place of what the caller wrote, and the consents that cover them."""
        if not self.assets and not self.objects:
            return request
        media = tuple(self._resolved(item, offer) for item in request.media)
        return msgspec.structs.replace(request, media=media)

    def known(self, request: VideoRequest) -> dict[str, Probe]:
        """What is known of assets since they were taken in, by ``Media.field``."""
        found = {}
        for media in request.media:
            asset = self.assets.get(media.url)
            if asset is not None and asset.file is not None:
                try:
                    found[media.field] = msgspec.convert(asset.file.facts, Probe)
                except msgspec.ValidationError:
                    continue  # Found by a version that looked for other facts; it is looked at again.
        return found

    def _unfit(self, media: Media, asset: Asset, offer: Offer | None) -> Violation | None:
        violation = _unfit(media, asset, offer)
        if violation is None and asset.file is not None and asset.file.person and not self._covering(asset.file, offer):
            message = "names an asset that shows a real person, and no consent covers it for this order"
            violation = Violation(field=media.field, rule="needs", message=message, value=shortened(media.url))
        return violation

    def _covering(self, file: AssetFile, offer: Offer | None) -> tuple[UUID, ...]:
        """The consents that cover a file for an order on these terms."""
        return tuple(
            consent.id
            for consent in self.consents.get(file.id, [])
            if consent.models is None or offer is None or offer.model in consent.models
        )

    def _resolved(self, media: Media, offer: Offer | None) -> Media:
        asset = self.assets.get(media.url)
        if asset is not None and asset.file is not None and asset.file.object_name is not None:
            return msgspec.structs.replace(
                media,
                url=OBJECT_SCHEME + asset.file.object_name,
                asset_id=asset.id,
                consents=self._covering(asset.file, offer) if asset.file.person else (),
            )
        if media.url in self.objects:
            return msgspec.structs.replace(media, url=OBJECT_SCHEME + self.objects[media.url])
        return media


NOTHING = OwnMedia()


class OwnMediaFinder:
    """Looks media up."""

    def __init__(
        self,
        *,
        assets: Assets,
        files: AssetFiles,
        consents: Consents,
        links: FileLinks,
        clock: Callable[[], datetime],
    ) -> None:
        self._assets = assets
        self._files = files
        self._consents = consents
        self._links = links
        self._clock = clock

    async def find(self, request: VideoRequest, key: Key) -> OwnMedia:
        """What of the order's media lies here and may be used by who orders.

        Raises:
            Unavailable: the database is away.
        """
        asset_ids = {media.url: linked_asset_id(media.url) for media in request.media}
        wanted = [asset_id for asset_id in asset_ids.values() if asset_id is not None]
        assets = await self._assets.get_many(key.account_id, wanted) if wanted else {}
        now = self._clock()
        persons = [asset.file.id for asset in assets.values() if asset.file is not None and asset.file.person]
        consents = await self._consents.of_files(key.account_id, persons) if persons else {}
        links = {media.url: own_object(self._links, media.url, now) for media in request.media}
        objects = {url: name for url, name in links.items() if name is not None}
        of_assets = [name for name in objects.values() if name.startswith(f"{ASSETS}/")]
        closed = await self._files.closed(of_assets) if of_assets else {}
        return OwnMedia(
            assets={url: assets[asset_id] for url, asset_id in asset_ids.items() if asset_id in assets},
            objects=objects,
            closed={url: closed[name] for url, name in objects.items() if name in closed},
            consents={
                file_id: [consent for consent in given if consent.covers(key.account_id, None, now)]
                for file_id, given in consents.items()
            },
        )


def own_object(links: FileLinks, url: str, now: datetime) -> str | None:
    """The name of the object behind a link that this server gave and that is good still; None for any other."""
    if link_scheme(url) not in _WEB_SCHEMES or PREFIX not in url:
        return None
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, max_num_fields=10)
        return links.open(
            unquote(parts.path.partition(PREFIX)[2], errors="strict"),
            expires=query.get("expires", [None])[0],
            signature=query.get("signature", [None])[0],
            now=now,
        ).object_name
    except (ValueError, NotFound, NoSuchAddress):
        return None  # Somebody else's link that looks like ours, or one that is over.


def _unknown(media: Media) -> Violation:
    return Violation(field=media.field, rule="unknown", message="names no such asset", value=shortened(media.url))


def _closed(media: Media, closed: Reviewed) -> Violation:
    if closed.state == "approved":
        message = "leads to an asset that shows a real person, which orders name as asset://…, under a consent"
    else:
        message = f"leads to an asset that is {_STATES[closed.state]}"
    return Violation(field=media.field, rule="closed", message=message)


def _unfit(media: Media, asset: Asset, offer: Offer | None) -> Violation | None:
    state, rule, message = asset.state, "closed", None
    if state != "approved":
        message = f"names an asset that is {_STATES[state]}"
    elif asset.file is None or asset.file.object_name is None:
        rule, message = "unknown", "names no such asset"
    elif asset.kind != media.kind:
        rule, message = "format", f"must be {_KINDS[media.kind]}, and the asset is {_KINDS[asset.file.kind]}"
    elif offer is not None and not asset.is_in(offer.library):
        message = f"names an asset that was not submitted to {offer.library!r}, the library of this model"
    if message is None:
        return None
    return Violation(field=media.field, rule=rule, message=message, value=shortened(media.url))


_KINDS = {"image": "an image", "video": "a video", "audio": "a sound"}
_STATES = {
    "fetching": "still being fetched",
    "failed": "without a file, because its link could not be fetched",
    "pending": "still under review",
    "rejected": "refused by review",
}

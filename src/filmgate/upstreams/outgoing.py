"""Media on the way out: each item of an order in a form that its vendor can take.

a link that the vendor can fetch, unless media are reviewed ───────> as it is
anything else ──> a copy in our store ──> a signed link to it, where ``public_url`` says how vendors reach us
                                     └──> the bytes themselves, where the wire takes them inside an order
                                     └──> handed to the vendor first, where the wire has an upload

Where media are reviewed, a link does not leave: what the vendor would find behind it need not be what was reviewed.

An asset for a model that takes its vendor's assets goes by its name there. It is brought to the vendor with one of
those links, once (``BringsAssets``).
"""

import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from uuid import UUID

import msgspec

from filmgate.addresses import leads_inside
from filmgate.data_url import make_data_url
from filmgate.errors import MediaUnreachable, NotFound
from filmgate.links import FileLinks
from filmgate.media.fetch import LIMIT_BYTES, MediaFetcher
from filmgate.objects import Objects
from filmgate.sniff import CONTENT_TYPES, IMAGE_FORMATS, sniff
from filmgate.task import Task, input_name
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.video import OBJECT_SCHEME, Media, VideoRequest, link_scheme

# A vendor fetches media when it begins, which may be as late as the longest time limit of an order.
_LINK_HOURS = 72
_HEAD_BYTES = 4096
_DEFAULT_FORMATS = {"image": "png", "video": "mp4", "audio": "mp3"}
_ENDINGS = {"jpeg": "jpg"}


class CannotTake(Exception):
    """This vendor cannot be given one of the order's media; another may."""

    def __init__(self, media: Media, message: str) -> None:
        super().__init__(f"{media.field}: {message}")
        self.field = media.field
        self.message = message


class NotYet(Exception):
    """The vendor has one of the order's assets and does not let it be used yet."""

    def __init__(self, media: Media, after_seconds: float) -> None:
        super().__init__(f"is still looking at {media.field}")
        self.after_seconds = after_seconds


class BringsAssets(Protocol):
    """Brings assets to vendors: ``work.asset_copies``."""

    async def bring(
        self, item: Media, upstream: RemoteUpstream, vendor_model: str, link: Callable[[], Awaitable[str]]
    ) -> str | None:
        """What the vendor calls the asset behind an item; None where its model takes links.

        Args:
            link: makes one from which the vendor can fetch the asset.

        Raises:
            CannotTake: the vendor does not want it.
            NotYet: the vendor is looking at it.
            UpstreamFailed: it cannot be brought now.
            Unavailable: the database is away.
        """
        ...


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """An order as one vendor can take it."""

    request: VideoRequest
    is_repeatable: bool
    """Whether it is the same, to the letter, when it is made ready again."""


class OutgoingMedia:
    """Makes orders ready for vendors.

    Args:
        public_url: how vendors reach this server; None: they do not.
        folder: for files that are on their way.
    """

    def __init__(
        self,
        *,
        objects: Objects,
        fetcher: MediaFetcher,
        links: FileLinks,
        assets: BringsAssets,
        public_url: str | None,
        folder: Path,
    ) -> None:
        self._objects = objects
        self._fetcher = fetcher
        self._links = links
        self._assets = assets
        self._public_url = public_url and public_url.rstrip("/")
        self._folder = folder

    async def prepare(self, task: Task, upstream: RemoteUpstream, vendor_model: str) -> Outgoing:
        """The order with each medium in a form that the vendor takes.

        Raises:
            CannotTake: there is no such form of one of them.
            NotYet: one is an asset that the vendor has, and it lets nobody use it yet.
            MediaError: one of them cannot be fetched from where the customer says that it is, or does not pass the
                review.
            UpstreamFailed: the vendor did not take an upload.
            Unavailable: the object store is away.
        """
        is_repeatable = True
        media, waiting = [], list[NotYet]()
        for number, item in enumerate(task.request.media):
            try:
                vendor_asset_id = await self._brought(item, number, upstream, vendor_model, task)
            except NotYet as exc:
                waiting.append(exc)  # Meanwhile the vendor can look at the others.
                continue
            if vendor_asset_id is not None:
                item = msgspec.structs.replace(item, vendor_asset_id=vendor_asset_id)
            elif self._fetcher.reviews_media or not _can_be_passed_on(item, upstream):
                ready, same_again = await self._from_our_store(item, number, upstream, task)
                is_repeatable = is_repeatable and same_again
                item = ready
            media.append(item)
        if waiting:
            raise waiting[0]
        request = msgspec.structs.replace(task.request, media=tuple(media))
        return Outgoing(request=request, is_repeatable=is_repeatable)

    async def _brought(
        self, item: Media, number: int, upstream: RemoteUpstream, vendor_model: str, task: Task
    ) -> str | None:
        """What the vendor calls an asset of the order, where its model takes it by that."""
        if item.asset_id is None:
            return None

        async def link() -> str:
            ready, _ = await self._from_our_store(item, number, upstream, task)
            return ready.url

        return await self._assets.bring(item, upstream, vendor_model, link)

    async def _from_our_store(
        self, item: Media, number: int, upstream: RemoteUpstream, task: Task
    ) -> tuple[Media, bool]:
        name = await self._stored(item, input_name(task.id, number), task.account_id)
        form = await self._format(name, item)
        if self._public_url is not None:
            linked = msgspec.structs.replace(item, url=self._link(name, form, number, task))
            if upstream.client.takes(linked):
                return linked, True
        # What the wire takes is asked with few bytes, so that a film is not read in vain.
        if upstream.client.takes(_inline(item, form, b"")):
            return _inline(item, form, await self._read(name, item)), True
        try:
            data = await self._read(name, item)
            url = await upstream.upload(f"input-{number}.{_ending(form)}", CONTENT_TYPES[form], data)
        except ValueError as exc:
            raise CannotTake(item, str(exc)) from exc
        if url is None:
            raise CannotTake(item, "the vendor can only fetch it from a public link; set public_url")
        return msgspec.structs.replace(item, url=url), False

    async def _stored(self, item: Media, name: str, account_id: UUID) -> str:
        """The object that holds the item's bytes. What lies elsewhere is copied; copying it again changes nothing."""
        if link_scheme(item.url) == "object":
            return item.url.removeprefix(OBJECT_SCHEME)
        if await self._objects.head(name) is None:
            with TemporaryDirectory(prefix="outgoing-", dir=self._folder) as folder:
                path = Path(folder) / "media"
                await self._fetcher.bring(item, path, account_id=account_id)
                await self._objects.put_file(name, path, "application/octet-stream")
        return name

    async def _format(self, name: str, item: Media) -> str:
        head = bytearray()
        try:
            async for piece in self._objects.stream(name, 0, _HEAD_BYTES):
                head += piece
        except NotFound as exc:
            raise _gone(item) from exc
        found = sniff(io.BytesIO(head)) or _DEFAULT_FORMATS[item.kind]
        # The same box holds sounds and films; it goes by what it was ordered as.
        is_right = found in IMAGE_FORMATS if item.kind == "image" else CONTENT_TYPES[found].startswith(item.kind)
        return found if is_right else _DEFAULT_FORMATS[item.kind]

    async def _read(self, name: str, item: Media) -> bytes:
        data = bytearray()
        try:
            async for piece in self._objects.stream(name, 0, LIMIT_BYTES[item.kind]):
                data += piece
        except NotFound as exc:
            raise _gone(item) from exc
        return bytes(data)

    def _link(self, name: str, form: str, number: int, task: Task) -> str:
        # From the order's own time, so that the same order always has the same link.
        expires_at = task.created_at + timedelta(hours=_LINK_HOURS)
        path = self._links.path(name, file_name=f"input-{number}.{_ending(form)}", expires_at=expires_at)
        return f"{self._public_url}{path}"


def _can_be_passed_on(item: Media, upstream: RemoteUpstream) -> bool:
    if link_scheme(item.url) not in ("https", "http") or not upstream.client.takes(item):
        return False
    # What lies in a closed network can be fetched by a vendor in a closed network.
    return upstream.is_private or not leads_inside(item.url)


def _inline(item: Media, form: str, data: bytes) -> Media:
    return msgspec.structs.replace(item, url=make_data_url(CONTENT_TYPES[form], data))


def _ending(form: str) -> str:
    return _ENDINGS.get(form, form)


def _gone(item: Media) -> MediaUnreachable:
    return MediaUnreachable(
        f"the file given as {item.kind} is not stored here any more", kind=item.kind, field=item.field
    )

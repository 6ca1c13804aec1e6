"""Brings the media of an order onto this machine: links, data URLs, and objects of our own."""

from pathlib import Path
from uuid import uuid4

import anyio
import anyio.to_thread
import msgspec

from filmgate.data_url import DataUrl, parse_data_url
from filmgate.errors import MediaTooLarge, MediaUnreachable, MediaUnreadable, NotFound, OutboundError, Unavailable
from filmgate.media.probe import Probe, Prober
from filmgate.objects import Objects
from filmgate.outbound import AnswerTooLarge, Outbound
from filmgate.video import OBJECT_SCHEME, Media, MediaKind, link_scheme

LIMIT_BYTES: dict[MediaKind, int] = {"image": 30 * 1024**2, "video": 200 * 1024**2, "audio": 15 * 1024**2}
"""The largest file of each kind that is fetched at all. A model's own limits are rules of the catalogue."""

_GONE = "leads to a file that is not stored here any more"
_FETCH_SECONDS: dict[MediaKind, float] = {"image": 20.0, "video": 60.0, "audio": 20.0}


class MediaFetcher:
    """Turns an item of an order into a file.

    Args:
        outbound: fetches links.
        objects: holds what came inside a body.
        prober: looks into what was fetched.
    """

    def __init__(self, outbound: Outbound, objects: Objects, prober: Prober) -> None:
        self._outbound = outbound
        self._objects = objects
        self._prober = prober

    async def bring(self, media: Media, path: Path) -> None:
        """Write the item's bytes into a file. Nothing is left there when that fails.

        Raises:
            MediaUnreachable: its link leads nowhere, or where we do not go.
            MediaTooLarge: it is over ``LIMIT_BYTES``.
            MediaUnreadable: it is a malformed data URL, or one of another kind.
        """
        match link_scheme(media.url):
            case "https" | "http":
                await self._bring_link(media, path)
            case "data":
                await self._bring_inline(media, path)
            case "object":
                await self._bring_object(media, path)
            case "asset":
                raise _unreachable(media, "names an asset, and no asset of that id is registered")
            case _:
                raise _unreachable(media, "is neither an https:// link nor a data: URL")

    async def check(self, media: Media, folder: Path) -> Probe:
        """Bring the item into a folder of the caller's and find its facts.

        Raises:
            MediaError: as ``bring`` and ``Prober.probe`` do.
        """
        path = folder / uuid4().hex
        await self.bring(media, path)
        return await self._prober.probe(path, media.kind, media.field)

    async def keep_inline(self, media: Media, name: str) -> Media:
        """Store the bytes of a data URL as an object, and give the item with a link to that object.

        Raises:
            MediaTooLarge: it is over ``LIMIT_BYTES``.
            MediaUnreadable: it is not a data URL, a malformed one, or one of another kind.
        """
        decoded = await _decode(media)
        await self._objects.put_bytes(name, decoded.data, decoded.content_type)
        return msgspec.structs.replace(media, url=OBJECT_SCHEME + name)

    async def keep_copy(self, media: Media, name: str) -> Media:
        """Copy the object that an item leads to, and give the item with a link to the copy.

        Raises:
            MediaUnreachable: the object is gone.
        """
        try:
            await self._objects.copy(media.url.removeprefix(OBJECT_SCHEME), name)
        except NotFound as exc:
            raise _unreachable(media, _GONE) from exc
        return msgspec.structs.replace(media, url=OBJECT_SCHEME + name)

    async def _bring_inline(self, media: Media, path: Path) -> None:
        decoded = await _decode(media)
        try:
            await anyio.Path(path).write_bytes(decoded.data)
        except OSError as exc:
            await anyio.Path(path).unlink(missing_ok=True)
            raise Unavailable("a file of the order cannot be written to this machine's disk") from exc

    async def _bring_object(self, media: Media, path: Path) -> None:
        name = media.url.removeprefix(OBJECT_SCHEME)
        info = await self._objects.head(name)
        if info is not None and info.size_bytes > LIMIT_BYTES[media.kind]:
            raise _too_large(media)
        try:
            await self._objects.fetch_to(name, path)
        except NotFound as exc:
            raise _unreachable(media, _GONE) from exc

    async def _bring_link(self, media: Media, path: Path) -> None:
        try:
            await self._outbound.download(
                media.url,
                path,
                limit_bytes=LIMIT_BYTES[media.kind],
                timeout_seconds=_FETCH_SECONDS[media.kind],
            )
        except AnswerTooLarge as exc:
            raise _too_large(media) from exc
        except OutboundError as exc:
            raise _unreachable(media, f"cannot be fetched: {exc.message}") from exc


async def _decode(media: Media) -> DataUrl:
    """The content of a data URL, of the right kind and within the limit. A large one is decoded in a thread."""
    try:
        decoded = await anyio.to_thread.run_sync(parse_data_url, media.url)
    except ValueError as exc:
        raise _unreadable(media, f"is not a proper data URL: {exc}") from exc
    if not decoded.content_type.startswith(f"{media.kind}/"):
        raise _unreadable(media, f"is declared as {decoded.content_type[:100]}")
    if not decoded.data:
        raise _unreadable(media, "is empty")
    if len(decoded.data) > LIMIT_BYTES[media.kind]:
        raise _too_large(media)
    return decoded


def _unreachable(media: Media, what: str) -> MediaUnreachable:
    return MediaUnreachable(f"the link given as {media.kind} {what}", kind=media.kind, field=media.field)


def _unreadable(media: Media, what: str) -> MediaUnreadable:
    return MediaUnreadable(f"the file given as {media.kind} {what}", kind=media.kind, field=media.field)


def _too_large(media: Media) -> MediaTooLarge:
    limit = LIMIT_BYTES[media.kind] // 1024**2
    return MediaTooLarge(
        f"the file given as {media.kind} is larger than {limit} MiB", kind=media.kind, field=media.field
    )

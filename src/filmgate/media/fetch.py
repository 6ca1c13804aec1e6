"""Brings the media of an order onto this machine: links, data URLs, and objects of our own."""

from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

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
"""The largest file of each kind that is fetched where nobody says otherwise."""

_GONE = "leads to a file that is not stored here any more"
_FETCH_SECONDS: dict[MediaKind, float] = {"image": 20.0, "video": 60.0, "audio": 20.0}


class ReviewsMedia(Protocol):
    """Says whether the bytes of an item may be used in an order as they come: ``work.media_review``."""

    async def __call__(self, path: Path, media: Media, account_id: UUID) -> None:
        """Nothing, where they may.

        Args:
            path: holds the bytes.
            account_id: who orders.

        Raises:
            MediaClosed: they may not.
            MediaError: they cannot be looked into, as ``Prober.probe`` says.
            Unavailable: the database is away.
        """
        ...


class MediaFetcher:
    """Turns an item of an order into a file.

    Args:
        outbound: fetches links.
        objects: holds what came inside a body.
        prober: looks into what was fetched.
        review: None: whatever comes may be used.
    """

    def __init__(
        self, outbound: Outbound, objects: Objects, prober: Prober, review: ReviewsMedia | None = None
    ) -> None:
        self._outbound = outbound
        self._objects = objects
        self._prober = prober
        self._review = review

    @property
    def reviews_media(self) -> bool:
        """Whether what comes inside orders passes the review."""
        return self._review is not None

    async def bring(
        self, media: Media, path: Path, *, limit_bytes: int | None = None, account_id: UUID | None = None
    ) -> None:
        """Write the item's bytes into a file. Nothing is left there when that fails.

        Args:
            limit_bytes: how large the file may be; None: as ``LIMIT_BYTES`` says.
            account_id: who orders, where the bytes are to pass the review if there is one; None: they have, or are
                those of an asset, which has its own.

        Raises:
            MediaUnreachable: its link leads nowhere, or where we do not go.
            MediaTooLarge: it is over the limit.
            MediaUnreadable: it is a malformed data URL, or one of another kind.
            MediaError: the review does not let it pass, as ``ReviewsMedia`` says.
            Unavailable: the object store, the disk or, for the review, the database is away.
        """
        await self._bring(media, path, limit_bytes or LIMIT_BYTES[media.kind])
        if self._review is None or account_id is None:
            return
        try:
            await self._review(path, media, account_id)
        except BaseException:
            await anyio.Path(path).unlink(missing_ok=True)
            raise

    async def look(self, media: Media, path: Path) -> Probe:
        """The facts of the item, whose bytes are in a file.

        Raises:
            MediaError: as ``Prober.probe`` does.
        """
        return await self._prober.probe(path, media.kind, media.field)

    async def check(
        self, media: Media, folder: Path, *, limit_bytes: int | None = None, account_id: UUID | None = None
    ) -> Probe:
        """The facts of the item. Its bytes lie in a folder of the caller's meanwhile, and are gone afterwards.

        Args:
            limit_bytes: as for ``bring``; so is ``account_id``.

        Raises:
            MediaError: as ``bring`` and ``look`` do.
        """
        path = folder / uuid4().hex
        await self.bring(media, path, limit_bytes=limit_bytes, account_id=account_id)
        try:
            return await self.look(media, path)
        finally:
            # Here and not with the folder: an order may have a dozen large clips.
            await anyio.Path(path).unlink(missing_ok=True)

    async def keep_inline(self, media: Media, name: str) -> Media:
        """Store the bytes of a data URL as an object, and give the item with a link to that object.

        Raises:
            MediaTooLarge: it is over ``LIMIT_BYTES``.
            MediaUnreadable: it is not a data URL, a malformed one, or one of another kind.
        """
        decoded = await _decode(media, LIMIT_BYTES[media.kind])
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

    async def _bring(self, media: Media, path: Path, limit_bytes: int) -> None:
        match link_scheme(media.url):
            case "https" | "http":
                await self._bring_link(media, path, limit_bytes)
            case "data":
                await self._bring_inline(media, path, limit_bytes)
            case "object":
                await self._bring_object(media, path, limit_bytes)
            case "asset":
                raise _unreachable(media, "names an asset, and no asset of that id is registered")
            case _:
                raise _unreachable(media, "is neither an https:// link nor a data: URL")

    async def _bring_inline(self, media: Media, path: Path, limit_bytes: int) -> None:
        decoded = await _decode(media, limit_bytes)
        try:
            await anyio.Path(path).write_bytes(decoded.data)
        except OSError as exc:
            await anyio.Path(path).unlink(missing_ok=True)
            raise Unavailable("a file of the order cannot be written to this machine's disk") from exc

    async def _bring_object(self, media: Media, path: Path, limit_bytes: int) -> None:
        name = media.url.removeprefix(OBJECT_SCHEME)
        info = await self._objects.head(name)
        if info is not None and info.size_bytes > limit_bytes:
            raise _too_large(media, limit_bytes)
        try:
            await self._objects.fetch_to(name, path)
        except NotFound as exc:
            raise _unreachable(media, _GONE) from exc

    async def _bring_link(self, media: Media, path: Path, limit_bytes: int) -> None:
        try:
            await self._outbound.download(
                media.url,
                path,
                limit_bytes=limit_bytes,
                timeout_seconds=_FETCH_SECONDS[media.kind],
            )
        except AnswerTooLarge as exc:
            raise _too_large(media, limit_bytes) from exc
        except OutboundError as exc:
            raise _unreachable(media, f"cannot be fetched: {exc.message}") from exc


async def _decode(media: Media, limit_bytes: int) -> DataUrl:
    """The content of a data URL, of the right kind and within the limit. A large one is decoded in a thread."""
    try:
        decoded = await anyio.to_thread.run_sync(parse_data_url, media.url)
    except ValueError as exc:
        raise _unreadable(media, f"is not a proper data URL: {exc}") from exc
    if not decoded.content_type.startswith(f"{media.kind}/"):
        raise _unreadable(media, f"is declared as {decoded.content_type[:100]}")
    if not decoded.data:
        raise _unreadable(media, "is empty")
    if len(decoded.data) > limit_bytes:
        raise _too_large(media, limit_bytes)
    return decoded


def _unreachable(media: Media, what: str) -> MediaUnreachable:
    return MediaUnreachable(f"the link given as {media.kind} {what}", kind=media.kind, field=media.field)


def _unreadable(media: Media, what: str) -> MediaUnreadable:
    return MediaUnreadable(f"the file given as {media.kind} {what}", kind=media.kind, field=media.field)


def _too_large(media: Media, limit_bytes: int) -> MediaTooLarge:
    message = f"the file given as {media.kind} is larger than {limit_bytes / 1024**2:g} MiB"
    return MediaTooLarge(message, kind=media.kind, field=media.field)

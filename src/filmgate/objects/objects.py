"""Objects: stored bytes, in a local folder or in a bucket (S3, Google Cloud, Azure), through obstore.

An object is whole or it is not there: obstore writes beside it and renames (a folder), or completes an upload (a
bucket). Objects are written once and never changed, so a read in several pieces sees one content.
"""

import asyncio
import hashlib
import mimetypes
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Self

import anyio
import anyio.to_thread
import obstore
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from filmgate.errors import NotFound, Unavailable
from filmgate.objects.files import HashedBlocks, flush_to_disk, read_if_small
from filmgate.objects.stores import open_bucket, open_folder
from filmgate.objects.words import AlreadyThere, NewObject, ObjectInfo, Stored, is_name, translated

CHUNK_BYTES = 256 * 1024
"""What ``Objects.stream`` yields at most at a time, so that many readers at once stay small."""

# A file up to this size goes to a bucket in one request; a larger one in parts of this size.
_PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 4
# A folder has no use for large ones: they only stay in memory longer.
_FOLDER_PART_BYTES = 1024 * 1024
# Of a bucket's answer. Its client holds some of it already: with pieces four times as large, 64 slow readers took 71 MB
# instead of 43 (measured).
_ANSWER_PIECE_BYTES = 64 * 1024
_PING_SECONDS = 5.0
_SIGNED_AT_MOST = timedelta(days=7)
_SECOND = timedelta(seconds=1)
_BUCKETS = (S3Store, GCSStore, AzureStore)
_DELETES_AT_ONCE = 32
_LISTED_AT_ONCE = 1000


class Objects:
    """Puts, reads and removes objects by name.

    A name is made of letters, digits, ``._-`` and slashes between its parts; no part begins with a dot. There is no
    object of any other name. Every method raises ``Unavailable`` when the store is away or refuses us.
    """

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def open(cls, url_or_folder: str | Path) -> Self:
        """Open a folder (made if it is not there) or a bucket with an optional prefix, such as ``s3://films/main``.

        Keys and regions of buckets come from the environment, under the names that the vendors' own tools use. The
        key needs the right to list: without it S3 says "forbidden" instead of "not there".

        Raises:
            SetupError: the folder cannot be made or written, or the URL is not one of a store.
        """
        if isinstance(url_or_folder, Path) or "://" not in url_or_folder:
            folder = Path(url_or_folder).absolute()
            return cls(open_folder(folder), folder)
        return cls(open_bucket(url_or_folder))

    async def put_file(self, name: str, path: Path, content_type: str) -> Stored:
        """Store a file, read once and, where it is large, never held in memory whole. An object of that name is
        replaced.
        """
        (stored,) = await self.put_files(NewObject(name, path, content_type))
        return stored

    async def put_files(self, *files: NewObject) -> list[Stored]:
        """The same for several at once, which costs less than one after the other. When one fails, others may be
        there.
        """
        put = await asyncio.gather(*map(self._put_file, files), return_exceptions=True)
        stored = []
        for outcome in put:
            # Only now, when nobody reads the files any more.
            if isinstance(outcome, BaseException):
                raise outcome
            stored.append(outcome)
        await self._keep([each.name for each in stored])
        return stored

    async def put_bytes(self, name: str, data: bytes, content_type: str) -> Stored:
        """Store bytes that are in memory anyway. An object of that name is replaced."""
        digest = await anyio.to_thread.run_sync(hashlib.sha256, data)
        await self._put(name, data, content_type)
        await self._keep([name])
        return Stored(name=name, size_bytes=len(data), sha256=digest.hexdigest())

    async def copy(self, name: str, to: str) -> None:
        """Make another object of the same content. An object of that name is replaced.

        Raises:
            NotFound: there is no object to copy.
        """
        with translated(name):
            if self._folder is None:
                await obstore.copy_async(self._store, name, to)
            else:
                # obstore links files, and both objects would then be of the same age.
                await self.put_file(to, self._folder / name, "")

    async def put_first(self, name: str, data: bytes, content_type: str) -> bytes:
        """Store bytes, unless there is an object of that name already. Of several who do it, one is the first.

        Returns:
            What is stored under the name then, whoever stored it.
        """
        is_ours = await self._put_if_first(name, data, content_type)
        await self._keep([name])
        return data if is_ours else b"".join([piece async for piece in self.stream(name)])

    async def presigned_url(self, name: str, method: Literal["GET", "HEAD"], lasts: timedelta) -> str:
        """A URL at which a bucket itself answers anybody for an object, for a while and by that method alone.

        Nothing is asked: there is such a URL for an object that is not there, too.

        Args:
            lasts: one second or more; shortened to seven days, the most that S3 signs.

        Raises:
            NotFound: it is no name of an object.
            Unavailable: it is a folder, or there is no key to sign with.
        """
        if not isinstance(self._store, _BUCKETS):
            raise Unavailable("a folder gives nothing out by itself")
        with translated(name):
            return await obstore.sign_async(self._store, method, name, min(max(lasts, _SECOND), _SIGNED_AT_MOST))

    async def head(self, name: str) -> ObjectInfo | None:
        """What is known of an object, or None when there is none of that name."""
        try:
            with translated(name):
                found = await obstore.head_async(self._store, name)
        except NotFound:
            return None
        return ObjectInfo(
            size_bytes=found["size"],
            etag=found["e_tag"],
            modified_at=found["last_modified"],
            content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        )

    async def stream(
        self, name: str, start: int = 0, length: int | None = None, *, size_bytes: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of an object, or of a part of it, in pieces of at most ``CHUNK_BYTES``.

        Args:
            start: the first byte; at or past the end there is nothing to yield.
            length: how many bytes; fewer are yielded where the object ends before. None: to the end.
            size_bytes: of the whole object, where ``head`` has said it: the store is then not asked again.

        Raises:
            NotFound: there is no object of that name.
        """
        with translated(name):
            if size_bytes is None:
                size_bytes = (await obstore.head_async(self._store, name))["size"]
            end = size_bytes if length is None else min(start + length, size_bytes)
            if start < end:
                read = self._read_file if self._folder else self._read_answer
                async for piece in read(name, start, end):
                    yield piece

    async def fetch_to(self, name: str, path: Path) -> None:
        """Copy an object into a file; nothing of it is left there when that fails.

        Raises:
            NotFound: there is no object of that name.
        """
        try:
            # Opened here: what a thread opens is lost, and stays open, when the caller is cancelled meanwhile.
            with path.open("wb") as opened:
                file = anyio.wrap_file(opened)
                async for piece in self.stream(name):
                    await file.write(piece)
        except BaseException as exc:
            path.unlink(missing_ok=True)  # noqa: ASYNC240  A moment; and nothing may interrupt it.
            if isinstance(exc, OSError):
                raise Unavailable("an object cannot be written to this machine's disk") from exc
            raise

    async def delete(self, name: str) -> None:
        """Remove an object; removing one that is not there changes nothing."""
        try:
            with translated(name):
                await obstore.delete_async(self._store, name)
        except NotFound:
            return

    async def delete_all(self, names: Sequence[str]) -> None:
        """Remove many objects, in as few requests as the store allows; those that are not there change nothing.

        Raises:
            Unavailable: some of them may be left.
        """
        names = [name for name in names if is_name(name)]
        if self._folder is None:
            try:
                with translated("many"):
                    await obstore.delete_async(self._store, names)
                    return
            except NotFound:
                pass  # Some stores stop at the first one that is not there.
        for start in range(0, len(names), _DELETES_AT_ONCE):
            await asyncio.gather(*(self.delete(name) for name in names[start : start + _DELETES_AT_ONCE]))

    async def names_under(self, prefix: str, before: datetime) -> AsyncIterator[list[str]]:
        """The names that begin with ``prefix/`` of objects that were last written before a moment, some at a time."""
        try:
            with translated(prefix):
                async for found in obstore.list(self._store, prefix=prefix, chunk_size=_LISTED_AT_ONCE):
                    yield [
                        entry["path"] for entry in found if entry["last_modified"] < before and is_name(entry["path"])
                    ]
        except NotFound:
            return

    async def ping(self) -> None:
        """Ask the store for something small.

        Raises:
            Unavailable: it is away.
        """
        if self._folder is not None and not await anyio.Path(self._folder).is_dir():
            raise Unavailable("the folder of the object store is gone")
        try:
            with translated("ping"):
                async with asyncio.timeout(_PING_SECONDS):
                    async for _ in obstore.list(self._store, prefix="ping", chunk_size=1):
                        break
        except NotFound as exc:
            raise Unavailable("the bucket of the object store is gone") from exc

    async def _put_file(self, new: NewObject) -> Stored:
        small = await anyio.to_thread.run_sync(read_if_small, new.path, _PART_BYTES)
        if small is not None:
            data, sha256 = small
            await self._put(new.name, data, new.content_type)
            return Stored(name=new.name, size_bytes=len(data), sha256=sha256)
        with new.path.open("rb") as file:
            blocks = HashedBlocks(file)
            await self._put(new.name, blocks, new.content_type)
        return Stored(name=new.name, size_bytes=blocks.size_bytes, sha256=blocks.digest.hexdigest())

    async def _put(
        self, name: str, content: bytes | HashedBlocks, content_type: str, *, is_first: bool = False
    ) -> None:
        if not is_name(name):
            raise ValueError(f"{name!r} cannot be the name of an object")
        with translated(name):
            await obstore.put_async(
                self._store,
                name,
                content,
                # A folder has no place to keep a type; readers go by the suffix.
                attributes=None if self._folder else {"Content-Type": content_type},
                use_multipart=not isinstance(content, bytes),
                chunk_size=_FOLDER_PART_BYTES if self._folder else _PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
                mode="create" if is_first else "overwrite",
            )

    async def _put_if_first(self, name: str, data: bytes, content_type: str) -> bool:
        try:
            await self._put(name, data, content_type, is_first=True)
        except AlreadyThere:
            return False
        except Unavailable:
            # Some stores know no such condition. One that is away says so again.
            if await self.head(name) is not None:
                return False
            await self._put(name, data, content_type)
        return True

    async def _keep(self, names: Sequence[str]) -> None:
        """Make objects that were put outlast a power cut. A bucket does so by itself."""
        if self._folder is not None:
            with translated(names[0]):
                await anyio.to_thread.run_sync(flush_to_disk, self._folder, names)

    async def _read_file(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        # obstore's own stream over a file moves 8 KiB at a time; ranges are many times faster (measured).
        for offset in range(start, end, CHUNK_BYTES):
            yield bytes(
                await obstore.get_range_async(self._store, name, start=offset, end=min(offset + CHUNK_BYTES, end))
            )

    async def _read_answer(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        answer = await obstore.get_async(self._store, name, options={"range": (start, end)})
        async for block in answer.stream(min_chunk_size=_ANSWER_PIECE_BYTES):
            for offset in range(0, len(block), _ANSWER_PIECE_BYTES):
                yield bytes(block[offset : offset + _ANSWER_PIECE_BYTES])

"""Objects: stored bytes, in a local folder or in a bucket (S3, Google Cloud, Azure), through obstore.

An object is whole or it is not there: obstore writes beside it and renames (a folder), or completes an upload (a
bucket). Objects are written once and never changed, so a read in several pieces sees one content.
"""

import asyncio
import hashlib
import mimetypes
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import anyio
import anyio.to_thread
import msgspec
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from filmgate.errors import NotFound, SetupError, Unavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig  # No such names at run time.

CHUNK_BYTES = 256 * 1024
"""What ``Objects.stream`` yields at most at a time, so that many readers at once stay small."""

_SCHEMES = ("s3://", "gs://", "az://")
# A file up to this size goes to a bucket in one request; a larger one in parts of this size.
_PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 4
# A folder has no use for large ones: they only stay in memory longer.
_FOLDER_PART_BYTES = 1024 * 1024
_READ_BYTES = 1024 * 1024
# Of a bucket's answer. Its client holds some of it already: with pieces four times as large, 64 slow readers took 71 MB
# instead of 43 (measured).
_ANSWER_PIECE_BYTES = 64 * 1024
_CLIENT_OPTIONS: "ClientConfig" = {
    # One request may stream a film to a slow reader; obstore's own 30 seconds would cut it.
    "timeout": timedelta(hours=1),
    "connect_timeout": timedelta(seconds=10),
    # For a store of one's own, whose endpoint the operator wrote with http://. The vendors' are https.
    "allow_http": True,
}
# obstore's own three minutes of trying again would keep a customer waiting for a store that is away.
_RETRIES: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
_PING_SECONDS = 5.0
_DELETES_AT_ONCE = 32
_LISTED_AT_ONCE = 1000

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*", re.ASCII)
_NAME_LENGTH = 512


class NewObject(msgspec.Struct, frozen=True):
    """A file that is to become an object."""

    name: str
    path: Path
    content_type: str


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What was just put into the store."""

    name: str
    size_bytes: int
    sha256: str
    """Of the bytes as they went in, lower-case hex."""


class ObjectInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an object without reading it."""

    size_bytes: int
    etag: str | None
    """With its quotes, as a header carries it."""
    modified_at: datetime
    content_type: str
    """By the suffix of the name."""


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
            return cls._open_folder(Path(url_or_folder).absolute())
        if not url_or_folder.startswith(_SCHEMES):
            raise _not_a_store(url_or_folder, "it is of an unknown kind")
        try:
            return cls(from_url(url_or_folder, client_options=_CLIENT_OPTIONS, retry_config=_RETRIES))
        except (BaseError, OSError, ValueError) as exc:
            raise _not_a_store(url_or_folder, str(exc).partition("\n")[0]) from exc

    @classmethod
    def _open_folder(cls, folder: Path) -> Self:
        try:
            # Inputs of an order have a folder of their own, which goes with the last of them.
            store = LocalStore(folder, mkdir=True, automatic_cleanup=True)
        except (BaseError, OSError) as exc:
            raise SetupError(
                f"the object folder {folder} cannot be made.", "Choose one that you may write to."
            ) from exc
        if not os.access(folder, os.W_OK | os.X_OK):
            raise SetupError(f"the object folder {folder} cannot be written.", "Change its owner or choose another.")
        return cls(store, folder)

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
        with _translated(name):
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

    async def head(self, name: str) -> ObjectInfo | None:
        """What is known of an object, or None when there is none of that name."""
        try:
            with _translated(name):
                found = await obstore.head_async(self._store, name)
        except NotFound:
            return None
        return ObjectInfo(
            size_bytes=found["size"],
            etag=found["e_tag"],
            modified_at=found["last_modified"],
            content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        )

    async def stream(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of an object, or of a part of it, in pieces of at most ``CHUNK_BYTES``.

        Args:
            start: the first byte; at or past the end there is nothing to yield.
            length: how many bytes; fewer are yielded where the object ends before. None: to the end.

        Raises:
            NotFound: there is no object of that name.
        """
        with _translated(name):
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
            with _translated(name):
                await obstore.delete_async(self._store, name)
        except NotFound:
            return

    async def delete_all(self, names: Sequence[str]) -> None:
        """Remove many objects, in as few requests as the store allows; those that are not there change nothing.

        Raises:
            Unavailable: some of them may be left.
        """
        names = [name for name in names if _is_name(name)]
        if self._folder is None:
            try:
                with _translated("many"):
                    await obstore.delete_async(self._store, names)
                    return
            except NotFound:
                pass  # Some stores stop at the first one that is not there.
        for start in range(0, len(names), _DELETES_AT_ONCE):
            await asyncio.gather(*(self.delete(name) for name in names[start : start + _DELETES_AT_ONCE]))

    async def names_under(self, prefix: str, before: datetime) -> AsyncIterator[list[str]]:
        """The names that begin with ``prefix/`` of objects that were last written before a moment, some at a time."""
        try:
            with _translated(prefix):
                async for found in obstore.list(self._store, prefix=prefix, chunk_size=_LISTED_AT_ONCE):
                    yield [
                        entry["path"] for entry in found if entry["last_modified"] < before and _is_name(entry["path"])
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
            with _translated("ping"):
                async with asyncio.timeout(_PING_SECONDS):
                    async for _ in obstore.list(self._store, prefix="ping", chunk_size=1):
                        break
        except NotFound as exc:
            raise Unavailable("the bucket of the object store is gone") from exc

    async def _put_file(self, new: NewObject) -> Stored:
        small = await anyio.to_thread.run_sync(_read_if_small, new.path)
        if small is not None:
            data, sha256 = small
            await self._put(new.name, data, new.content_type)
            return Stored(name=new.name, size_bytes=len(data), sha256=sha256)
        with new.path.open("rb") as file:
            blocks = _HashedBlocks(file)
            await self._put(new.name, blocks, new.content_type)
        return Stored(name=new.name, size_bytes=blocks.size_bytes, sha256=blocks.digest.hexdigest())

    async def _put(
        self, name: str, content: "bytes | _HashedBlocks", content_type: str, *, is_first: bool = False
    ) -> None:
        if not _is_name(name):
            raise ValueError(f"{name!r} cannot be the name of an object")
        with _translated(name):
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
        except _AlreadyThere:
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
            with _translated(names[0]):
                await anyio.to_thread.run_sync(_flush_to_disk, self._folder, names)

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


class _AlreadyThere(Exception):
    """There is an object of that name."""


class _HashedBlocks:
    """The blocks of a file, counted and hashed as they pass. Reading and hashing happen in a thread."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        block = await anyio.to_thread.run_sync(self._next)
        if not block:
            raise StopAsyncIteration
        return block

    def _next(self) -> bytes:
        block = self._file.read(_READ_BYTES)
        self.digest.update(block)
        self.size_bytes += len(block)
        return block


def _read_if_small(path: Path) -> tuple[bytes, str] | None:
    """The content of a file and its SHA-256, in one go for one thread; None where it goes in parts."""
    if path.stat().st_size > _PART_BYTES:
        return None
    data = path.read_bytes()
    return data, hashlib.sha256(data).hexdigest()


def _flush_to_disk(folder: Path, names: Sequence[str]) -> None:
    """Make objects in a folder outlast a power cut: the files, then the folders that name them, each once.

    obstore writes and renames without fsync (seen with strace, obstore 0.12). Until this has run nobody has been told
    that an object is stored, so an object half on the disk is simply written again.
    """
    files = [folder / name for name in names]
    above = {parent for file in files for parent in file.parents if parent.is_relative_to(folder)}
    for path in (*files, *sorted(above, key=lambda each: len(each.parts), reverse=True)):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _not_a_store(url: str, reason: str) -> SetupError:
    return SetupError(
        f"the object store {url!r} cannot be used: {reason}.",
        "Use s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix, with the vendor's own variables "
        "for keys and region.",
    )


def _is_name(name: str) -> bool:
    return len(name) <= _NAME_LENGTH and _NAME.fullmatch(name) is not None


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turn the store's errors into ours. Refuses what is not a name, before the store sees it."""
    if not _is_name(name):
        raise NotFound("there is no such object")
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFound("there is no such object") from exc
    except AlreadyExistsError as exc:
        raise _AlreadyThere from exc
    except (BaseError, OSError) as exc:
        raise Unavailable("the object store does not answer as it should") from exc

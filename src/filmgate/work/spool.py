"""Spooling: a file that comes in pieces, written to this machine's disk and never held in memory whole."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from filmgate.errors import BodyTooLarge, Unavailable

_BLOCK_BYTES = 512 * 1024


class Spooled(msgspec.Struct, frozen=True, kw_only=True):
    """A whole file on the disk."""

    path: Path
    size_bytes: int
    sha256: str


@asynccontextmanager
async def spooled(pieces: AsyncIterator[bytes], folder: Path, limit_bytes: int) -> AsyncIterator[Spooled]:
    """The file that the pieces make, for as long as the block lasts.

    Args:
        folder: takes it meanwhile.

    Raises:
        BodyTooLarge: there are more bytes than ``limit_bytes``.
        Unavailable: they cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="upload-", dir=folder) as own:
        path = Path(own) / "file"
        digest = hashlib.sha256()
        size_bytes = 0
        try:
            # Opened here: what a thread opens is lost, and stays open, when the caller is cancelled meanwhile.
            with path.open("wb") as opened:
                block = bytearray()

                def write() -> None:
                    opened.write(block)
                    digest.update(block)

                async for piece in pieces:
                    size_bytes += len(piece)
                    if size_bytes > limit_bytes:
                        raise BodyTooLarge(limit_bytes)
                    block += piece
                    if len(block) >= _BLOCK_BYTES:
                        await anyio.to_thread.run_sync(write)
                        block.clear()
                await anyio.to_thread.run_sync(write)
        except OSError as exc:
            raise Unavailable("what was sent cannot be written to this machine's disk") from exc
        yield Spooled(path=path, size_bytes=size_bytes, sha256=digest.hexdigest())


async def hashed(path: Path) -> Spooled:
    """A file that lies on the disk already, looked at as if it had been spooled."""

    def read() -> Spooled:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return Spooled(path=path, size_bytes=file.tell(), sha256=digest.hexdigest())

    return await anyio.to_thread.run_sync(read)

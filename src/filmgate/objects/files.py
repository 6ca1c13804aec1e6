"""What a file on this machine needs on its way into a store: reading, hashing, and, in a folder, a flush."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Self

import anyio.to_thread

_READ_BYTES = 1024 * 1024


class HashedBlocks:
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


def read_if_small(path: Path, most_bytes: int) -> tuple[bytes, str] | None:
    """The content of a file and its SHA-256, in one go for one thread; None where it is larger."""
    if path.stat().st_size > most_bytes:
        return None
    data = path.read_bytes()
    return data, hashlib.sha256(data).hexdigest()


def flush_to_disk(folder: Path, names: Sequence[str]) -> None:
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

"""Brings one film home and out of the store again, and prints how that went: ``python -m bench.saving URL FOLDER``."""

import asyncio
import json
import sys
import time
from pathlib import Path

import psutil

from bench.memory import growing
from filmgate.objects import Objects
from filmgate.outbound import Outbound

_NAME = "films/large.mp4"
_LIMIT_BYTES = 16 * 1024**3
_TIMEOUT_SECONDS = 600.0


async def save(url: str, folder: Path) -> dict[str, float]:
    """As a worker does it: the vendor's link into a file, the file into the store, under its hash.

    Returns:
        How long that took, how long reading it back took, and by how much this process grew at most, in bytes.
    """
    outbound = Outbound(allow_private_networks=True)
    objects = Objects.open(folder / "objects")
    with growing([psutil.Process()]) as grown_bytes:
        began = time.perf_counter()
        await outbound.download(url, folder / "film", limit_bytes=_LIMIT_BYTES, timeout_seconds=_TIMEOUT_SECONDS)
        stored = await objects.put_file(_NAME, folder / "film", "video/mp4")
        saved = time.perf_counter()
        (folder / "film").unlink()
        read_bytes = 0
        async for piece in objects.stream(_NAME):
            read_bytes += len(piece)
        ended = time.perf_counter()
    if read_bytes != stored.size_bytes:
        raise RuntimeError(f"{stored.size_bytes} bytes went in, {read_bytes} came out")
    await outbound.close()
    return {"save_seconds": saved - began, "read_seconds": ended - saved, "grown_bytes": max(grown_bytes)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(save(sys.argv[1], Path(sys.argv[2])))))

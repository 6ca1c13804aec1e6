"""``save``: films from a vendor's link into the object store, and out of it to many customers at once, in flat memory;
both against ``curl`` from a plain file server.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bench.figures import Figure
from bench.memory import growing
from bench.server import file_server, filmgate_server
from filmgate.links import FileLinks
from filmgate.store.db import Database
from filmgate.store.embedded import start_embedded
from filmgate.store.secrets import signing_secret

_LARGE_BYTES = 2 * 1024**3
_FILM_BYTES = 100 * 1024**2
_DOWNLOADS = 64
_MOST_GROWN_BYTES = 64 * 1024**2
_BLOCK = bytes(range(256)) * 4096


def measure() -> list[Figure]:
    """One film of 2 GB, then 64 downloads of 100 MB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "vendor").mkdir()
        with file_server(folder / "vendor") as port:
            return [_saved(folder, f"http://127.0.0.1:{port}"), _served(folder, f"http://127.0.0.1:{port}")]


def _saved(folder: Path, vendor: str) -> Figure:
    _write(folder / "vendor" / "large.mp4", _LARGE_BYTES)
    url = f"{vendor}/large.mp4"
    curl_seconds = _timed(lambda: _curl(url, folder / "curled"))
    (folder / "curled").unlink()
    (folder / "saved").mkdir()
    said = subprocess.run(
        [sys.executable, "-m", "bench.saving", url, str(folder / "saved")], check=True, capture_output=True, text=True
    ).stdout
    found: dict[str, float] = json.loads(said)
    _check_flat(found["grown_bytes"])
    (folder / "vendor" / "large.mp4").unlink()
    (folder / "saved" / "objects" / "films" / "large.mp4").unlink()
    return Figure(
        id="save",
        work="a film of 2 GB from a vendor's link into the object store, hashed and flushed to the disk",
        unit="MB/s",
        measured=_LARGE_BYTES / 1e6 / found["save_seconds"],
        limit=_LARGE_BYTES / 1e6 / curl_seconds,
        limit_is="`curl -o` from the same server, neither hashed nor flushed",
        aim=0.5,
        remarks=f"the process grew by {found['grown_bytes'] / 1e6:.0f} MB; "
        f"read back at {_LARGE_BYTES / 1e6 / found['read_seconds']:,.0f} MB/s",
    )


def _served(folder: Path, vendor: str) -> Figure:
    data = folder / "data"
    _write(folder / "vendor" / "film.mp4", _FILM_BYTES)
    _write(data / "objects" / "films" / "film.mp4", _FILM_BYTES)
    plain_seconds = _timed(lambda: _all_at_once(f"{vendor}/film.mp4"))
    with filmgate_server(data, "--no-worker") as port:
        url = f"http://127.0.0.1:{port}{_link(data)}"
        _curl(url, Path("/dev/null"))
        with growing(_serving(port)) as grown_bytes:
            seconds = _timed(lambda: _all_at_once(url))
    _check_flat(max(grown_bytes))
    return Figure(
        id="save",
        work=f"{_DOWNLOADS} downloads of 100 MB at once by signed links, API processes: 1",
        unit="MB/s",
        measured=_DOWNLOADS * _FILM_BYTES / 1e6 / seconds,
        limit=_DOWNLOADS * _FILM_BYTES / 1e6 / plain_seconds,
        limit_is="the same downloads from a server that leaves the copying to the kernel",
        aim=0.5,
        remarks=f"the server grew by {max(grown_bytes) / 1e6:.0f} MB at most",
    )


def _check_flat(grown_bytes: float) -> None:
    if grown_bytes > _MOST_GROWN_BYTES:
        raise RuntimeError(f"the process grew by {grown_bytes / 1e6:.0f} MB; films must pass in flat memory")


def _write(path: Path, size_bytes: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for _ in range(size_bytes // len(_BLOCK)):
            file.write(_BLOCK)


def _link(data: Path) -> str:
    """A link to the film, signed with the running server's secret."""

    async def secret(url: str) -> bytes:
        db = await Database.open(url, connections=1)
        try:
            return await signing_secret(db)
        finally:
            await db.close()

    embedded = start_embedded(data)
    try:
        links = FileLinks(asyncio.run(secret(embedded.url)))
    finally:
        embedded.stop()
    until = datetime.now(UTC) + timedelta(hours=1)
    return links.path("films/film.mp4", file_name="film.mp4", expires_at=until)


def _timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _curl(url: str, to: Path) -> None:
    subprocess.run(["curl", "-sS", "--fail", "-o", str(to), url], check=True)


def _all_at_once(url: str) -> None:
    command = ["curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download}", url]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(_DOWNLOADS)]
    sizes = [process.communicate()[0] for process in running]
    if set(sizes) != {str(_FILM_BYTES)}:
        raise RuntimeError(f"downloads ended early: {sorted(set(sizes))}")


def _serving(port: int) -> list[psutil.Process]:
    """The ``filmgate serve`` of that port with its children, but for the database's."""
    first = next(each for each in psutil.Process().children() if str(port) in each.cmdline())
    return [first, *(child for child in first.children(recursive=True) if "postgres" not in child.name())]

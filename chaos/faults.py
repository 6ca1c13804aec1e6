"""The faults, carried out when their time has come."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg

from chaos.house import House
from chaos.plan import PlannedFault

_BLOCK_BYTES = 1 << 16


async def carry_out(fault: PlannedFault, house: House) -> None:
    """Wait for its time, do it, and end it after a while."""
    await asyncio.sleep(fault.at_seconds)
    match fault.kind:
        case "kill api":
            house.kill("api", fault.choice)
        case "kill worker":
            house.kill("worker", fault.choice)
        case "kill postgres":
            house.kill_postgres()
        case "kill backend":
            house.kill_backend(fault.choice)
        case "cut connections":
            await _cut_connections(house)
        case "freeze worker":
            await house.freeze("worker", fault.choice, fault.lasts_seconds)
        case "refuse writes":
            with _unwritable(house.objects / "films"):
                await asyncio.sleep(fault.lasts_seconds)
        case "fill disk":
            with _full(house.objects):
                await asyncio.sleep(fault.lasts_seconds)


async def _cut_connections(house: House) -> None:
    # It may be cut itself, by another who does the same.
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        connection = await asyncpg.connect(house.database_url, timeout=2)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close(timeout=2)


@contextmanager
def _unwritable(folder: Path) -> Iterator[None]:
    """A folder in which nothing can be written, whoever one is: it lies elsewhere, and a file is in its place."""
    away = folder.with_name(f"{folder.name}.away")
    try:
        folder.mkdir(exist_ok=True)
        folder.rename(away)
        folder.touch()
    except OSError:  # Two faults at once.
        yield
        return
    try:
        yield
    finally:
        folder.unlink()
        away.rename(folder)


@contextmanager
def _full(folder: Path) -> Iterator[None]:
    """The folder's disk without a free byte. It must be a small one of its own (``small_disk``)."""
    if not folder.is_mount():
        yield
        return
    filler = folder / "filler"
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(os.urandom(_BLOCK_BYTES))
    try:
        yield
    finally:
        filler.unlink(missing_ok=True)


async def mount_small_disk(folder: Path, megabytes: int) -> bool:
    """Put a small disk of its own under a folder, where the machine lets us."""
    folder.mkdir(parents=True, exist_ok=True)
    return await _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}M", "none", str(folder)) == 0


async def unmount(folder: Path) -> None:
    """Take it away again."""
    if folder.is_mount():
        await _run("umount", "--lazy", str(folder))


async def _run(*command: str) -> int:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return 1
    return await process.wait()

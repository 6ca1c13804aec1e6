"""The house that is haunted: a Postgres, API processes and workers, each a real process that may be killed any time.

What dies is started again at once, as a supervisor would. ``stop`` ends everything that was started here, by its id.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import psutil

from chaos.processes import HouseProcess, import_everything, start_api, start_worker
from filmgate.store.cluster import Cluster
from filmgate.store.embedded import EmbeddedPostgres, start_embedded
from filmgate.store.migrate import migrate

_BACKLOG = 2048
_LOOK_SECONDS = 0.05
_START_SECONDS = 60
_STOP_SECONDS = 15


class House:
    """Everything that runs. Built with ``open_house``."""

    def __init__(self, data: Path, *, api_processes: int, workers: int) -> None:
        self.data = data
        self.objects = data / "objects"
        self.kills = 0
        self.log = data / "processes.log"
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._wanted = {
            **{f"api {number}": partial(start_api, self._listener, data, self.log) for number in range(api_processes)},
            **{f"worker {number}": partial(start_worker, data, self.log) for number in range(workers)},
        }
        self._running: dict[str, HouseProcess] = {}
        self.port = int(self._listener.getsockname()[1])
        self._postgres: EmbeddedPostgres | None = None
        self._keeping = ExitStack()
        self._watching: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        if self._postgres is None:
            raise RuntimeError("the house is not open")
        return self._postgres.url

    async def open(self) -> None:
        """Start everything, and keep it running."""
        self.objects.mkdir(exist_ok=True)
        await asyncio.to_thread(import_everything)
        self._postgres = await asyncio.to_thread(start_embedded, self.data)
        self._keeping.enter_context(self._postgres.kept_running())
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """End everything."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        for process in self._running.values():
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            await asyncio.to_thread(process.wait, _STOP_SECONDS)
            process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(self._keeping.close)
        if self._postgres is not None:
            await asyncio.to_thread(self._postgres.stop)
        self._listener.close()

    def kill(self, kind: str, choice: int) -> None:
        """SIGKILL one of the processes whose name begins so."""
        process = self._one(kind, choice)
        if process is not None:
            process.send_signal(signal.SIGKILL)
            self.kills += 1

    async def freeze(self, kind: str, choice: int, seconds: float) -> None:
        """Stop one of the processes for a while, so that its leases run out while it believes to hold them."""
        process = self._one(kind, choice)
        if process is not None:
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            process.send_signal(signal.SIGCONT)

    def kill_postgres(self) -> None:
        """SIGKILL the database server itself."""
        process_id = Cluster(self.data / "postgres").process_id()
        if process_id is not None:
            os.kill(process_id, signal.SIGKILL)
            self.kills += 1

    def kill_backend(self, choice: int) -> None:
        """SIGKILL the server process of one connection: Postgres ends all others and recovers."""
        process_id = Cluster(self.data / "postgres").process_id()
        with suppress(psutil.Error, ProcessLookupError):
            if process_id is not None:
                backends = [child for child in psutil.Process(process_id).children() if _is_backend(child)]
                if backends:
                    backends[choice % len(backends)].kill()
                    self.kills += 1

    def _one(self, kind: str, choice: int) -> HouseProcess | None:
        living = [self._running[name] for name in sorted(self._running) if name.startswith(kind)]
        living = [process for process in living if process.lives]
        return living[choice % len(living)] if living else None

    async def _watch(self) -> None:
        while True:
            for name, start in self._wanted.items():
                process = self._running.get(name)
                if process is None or not process.lives:
                    self._running[name] = start()
            await asyncio.sleep(_LOOK_SECONDS)


def _is_backend(process: psutil.Process) -> bool:
    # The server's own helpers are called "postgres: checkpointer" and the like; of a connection it says whose it is.
    line = " ".join(process.cmdline())
    return line.startswith("postgres: postgres postgres")


def template_folder(parent: Path) -> Path:
    """A data folder with a database that has the current schema, on which nobody works."""
    folder = parent / "template"
    postgres = start_embedded(folder)
    try:
        migrate(postgres.url)
    finally:
        postgres.stop()
    return folder


def fresh_folder(parent: Path, template: Path) -> Path:
    """A copy of the template, in the place of the last one."""
    folder = parent / "run"
    shutil.rmtree(folder, ignore_errors=True)
    # With its owners: the database's files belong to the database's user.
    subprocess.run(("cp", "--archive", template, folder), check=True)
    return folder


def wait_for_port(port: int) -> None:
    """Return when somebody answers there."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"nobody answers at port {port}")

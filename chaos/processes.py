"""The processes of a house: forked, each in a session of its own, from one that has imported everything already.

That one is as good as a fresh interpreter to whoever kills its children, and they are there at once: the time of a run
goes into its faults and not into imports.
"""

import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_ENVIRONMENT = {
    "FILMGATE_ALLOW_PRIVATE_NETWORKS": "1",
    "FILMGATE_LOG_FORMAT": "json",
    "FILMGATE_ENGINE_PROCESSES": "4",
}

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["filmgate.api", "filmgate.cli.http_server", "chaos.worker"])


class HouseProcess:
    """One process, from its start to its death."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @property
    def lives(self) -> bool:
        return self._process.is_alive()

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens if it is dead."""
        if self.lives and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def wait(self, timeout_seconds: float) -> None:
        """Return when it has ended, or when the time is up. Blocking."""
        self._process.join(timeout_seconds)


def import_everything() -> None:
    """Have the one process import everything. Blocking: starting the first of the others would block so long."""
    process = _context.Process(target=os.getpid, daemon=True)
    process.start()
    process.join()


def start_api(listener: socket.socket, data: Path, log: Path) -> HouseProcess:
    """``filmgate api-process`` on a socket that stays open when it dies."""
    return _started(_be_api, listener, data, log)


def start_worker(data: Path, log: Path) -> HouseProcess:
    """``python -m chaos.worker``."""
    return _started(_be_worker, data, log)


def _started(target: Callable[..., None], *arguments: Any) -> HouseProcess:
    # Whatever happens, it does not outlive the harness.
    process = _context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return HouseProcess(process)


def _be_api(listener: socket.socket, data: Path, log: Path) -> None:
    from filmgate.cli import main

    _settle_in(log)
    sys.argv = ["filmgate", "api-process", "--socket-fd", str(listener.detach()), "--data", str(data)]
    main()


def _be_worker(data: Path, log: Path) -> None:
    from chaos.worker import main

    _settle_in(log)
    sys.argv = ["chaos.worker", str(data)]
    main()


def _settle_in(log: Path) -> None:
    os.setsid()
    os.environ.update(_ENVIRONMENT)
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())

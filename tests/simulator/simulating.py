"""Runs ``filmgate simulate`` as a process of its own, for any test that needs a vendor."""

import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from filmgate.simulator.options import DialectName

_START_SECONDS = 30
# What clients of each vendor put behind the host.
_BASE_PATHS = {"ark": "/api/v3", "openai": "/v1"}


class Simulated:
    """A running simulator."""

    def __init__(
        self, dialect: DialectName, port: int, process: subprocess.Popen[bytes], log: Path, http: httpx.Client
    ) -> None:
        self.dialect, self.port, self.process, self._log = dialect, port, process, log
        self.http = http
        """For calls to it, or to anybody: connections are opened anew for each."""
        self.origin = f"http://127.0.0.1:{port}"
        self.base_url = self.origin + _BASE_PATHS.get(dialect, "")
        """What an upstream or a client is set up with."""

    def control(self, path: str = "", **query: str) -> Any:
        """What the control API says at ``/simulator`` and the path."""
        answer = self.http.get(f"{self.origin}/simulator{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def jobs(self, **query: str) -> list[dict[str, Any]]:
        """The jobs that were ordered: all, or those of an ``id``, a ``prompt`` or an ``idempotency_key``."""
        found: list[dict[str, Any]] = self.control("/jobs", limit="10000", **query)["jobs"]
        return found

    def most_jobs(self, by: str = "idempotency_key") -> int:
        """How many jobs were made for the one key or prompt that has most of them."""
        return int(self.control("/counts", by=by)["most"])

    def change(self, **settings: Any) -> None:
        """Behave otherwise from now on."""
        self.http.patch(f"{self.origin}/simulator/settings", json=settings).raise_for_status()

    def reset(self) -> None:
        """Forget every order and every call."""
        self.http.post(f"{self.origin}/simulator/reset").raise_for_status()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while True:
            assert self.process.poll() is None, self._log.read_text(errors="replace")
            with suppress(httpx.TransportError):
                self.control()
                return
            assert time.monotonic() < end, f"not ready. {self._log.read_text(errors='replace')}"
            time.sleep(0.02)


@contextmanager
def simulating(dialect: DialectName, *, port: int = 0, **options: Any) -> Iterator[Simulated]:
    """Run a simulator for as long as the block lasts.

    Args:
        port: 0 takes a free one.
        options: as of the command, with underscores; ``lies`` is a dict of rates. What is None is left out.
    """
    if not port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        arguments = ["simulate", "--dialect", dialect, "--port", str(port), *_arguments(options)]
        # What a call leaves open is no matter of the next one.
        limits = httpx.Limits(max_keepalive_connections=0)
        with log.open("wb") as output, httpx.Client(limits=limits, trust_env=False) as http:
            process = subprocess.Popen([sys.executable, "-m", "filmgate", *arguments], stdout=output, stderr=output)
            try:
                simulated = Simulated(dialect, port, process, log, http)
                simulated.wait_until_ready()
                yield simulated
            finally:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
                process.wait(30)


def _arguments(options: dict[str, Any]) -> list[str]:
    rates = options.pop("lies", {})
    arguments = [word for lie, rate in rates.items() for word in ("--lie", f"{lie}={rate}")]
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            arguments.append(option)
        elif value is not None and value is not False:
            arguments += [option, str(value)]
    return arguments

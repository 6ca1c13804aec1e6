"""Servers for the measurements: filmgate itself, or a bare route to compare it with, each in processes of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

_START_SECONDS = 60.0
_BACKLOG = 2048
# The receivers of webhooks are on this machine too, and so is the vendor.
_ENVIRONMENT = {"PYTHONPATH": ".", "FILMGATE_ALLOW_PRIVATE_NETWORKS": "1", "BENCH_VENDOR_KEY": "bench"}


@contextlib.contextmanager
def filmgate_server(data: Path, *options: str) -> Iterator[int]:
    """``filmgate serve`` on a data folder; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "filmgate", "serve", "--data", str(data), "--port", str(port), *options]
    with _running(command, data.parent / "server.log", _answering(f"http://127.0.0.1:{port}/readyz")):
        yield port


@contextlib.contextmanager
def api_processes(data: Path, count: int) -> Iterator[list[int]]:
    """API processes as ``filmgate serve`` starts them, but each on a port of its own, so that a client knows which one
    it speaks to; yields the ports.
    """
    data.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "filmgate", "api-process", "--data", str(data), "--socket-fd"]
    ports = []
    with contextlib.ExitStack() as running:
        for number in range(count):
            listener = running.enter_context(socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG))
            port, descriptor = int(listener.getsockname()[1]), listener.fileno()
            log, is_ready = data.parent / f"api-{number}.log", _answering(f"http://127.0.0.1:{port}/readyz")
            running.enter_context(_running([*command, str(descriptor)], log, is_ready, descriptor))
            ports.append(port)
        yield ports


@contextlib.contextmanager
def module_process(module: str, data: Path, *arguments: str, says: str) -> Iterator[None]:
    """``python -m`` with a data folder and arguments, from the moment that its log says a word."""
    log = data.parent / f"{module}.log"
    with _running([sys.executable, "-m", module, str(data), *arguments], log, lambda: says in log.read_text()):
        yield


@contextlib.contextmanager
def worker_process(data: Path) -> Iterator[int]:
    """``filmgate work`` on a data folder, from the moment that it works; yields its process id."""
    data.mkdir(exist_ok=True)
    log = data.parent / "worker.log"
    command = [sys.executable, "-m", "filmgate", "work", "--data", str(data)]
    with _running(command, log, lambda: "worker.started" in log.read_text()) as process_id:
        yield process_id


@contextlib.contextmanager
def vendor_server(folder: Path) -> Iterator[int]:
    """The vendor of ``bench.vendor`` in a process of its own; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.vendor", str(port)]
    with _running(command, folder / "vendor.log", _answering(f"http://127.0.0.1:{port}/asked")):
        yield port


@contextlib.contextmanager
def bare_server(body: bytes, folder: Path) -> Iterator[int]:
    """One route of the same framework on the same server, answering ``body`` without doing anything."""
    port = free_port()
    answer = folder / "answer.json"
    answer.write_bytes(body)
    command = [sys.executable, "-m", "bench.bare", str(port), str(answer)]
    with _running(command, folder / "bare.log", _answering(f"http://127.0.0.1:{port}/")):
        yield port


@contextlib.contextmanager
def file_server(folder: Path) -> Iterator[int]:
    """A plain server of the files in a folder."""
    port = free_port()
    command = [sys.executable, "-m", "bench.file_server", str(port), str(folder)]
    with _running(command, folder.parent / "files.log", _answering(f"http://127.0.0.1:{port}/")):
        yield port


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def new_key(data: Path, *options: str) -> str:
    """A key made by the command line while the server runs."""
    command = [sys.executable, "-m", "filmgate", "keys", "create", "--data", str(data), *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1]


@contextlib.contextmanager
def _running(command: list[str], log: Path, is_ready: Callable[[], bool], *descriptors: int) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=os.environ | _ENVIRONMENT, pass_fds=descriptors
        )
        try:
            _wait(is_ready, process, log)
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)


def _wait(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if is_ready():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start: {log.read_text(errors='replace')[-2000:]}")


def _answering(url: str) -> Callable[[], bool]:
    def is_answering() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return is_answering

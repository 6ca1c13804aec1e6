"""Servers for the measurements: filmgate itself, or a bare route to compare it with, each in processes of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

_START_SECONDS = 60.0


@contextlib.contextmanager
def filmgate_server(data: Path, *options: str) -> Iterator[int]:
    """``filmgate serve`` on a data folder; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "filmgate", "serve", "--data", str(data), "--port", str(port), *options]
    with _running(command, f"http://127.0.0.1:{port}/readyz", data.parent / "server.log"):
        yield port


@contextlib.contextmanager
def bare_server(body: bytes, folder: Path) -> Iterator[int]:
    """One route of the same framework on the same server, answering ``body`` without doing anything."""
    port = free_port()
    answer = folder / "answer.json"
    answer.write_bytes(body)
    command = [sys.executable, "-m", "bench.bare", str(port), str(answer)]
    with _running(command, f"http://127.0.0.1:{port}/", folder / "bare.log"):
        yield port


@contextlib.contextmanager
def file_server(folder: Path) -> Iterator[int]:
    """A plain server of the files in a folder."""
    port = free_port()
    command = [sys.executable, "-m", "bench.file_server", str(port), str(folder)]
    with _running(command, f"http://127.0.0.1:{port}/", folder.parent / "files.log"):
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
def _running(command: list[str], ready_url: str, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, "PYTHONPATH": "."})
        try:
            _wait(ready_url, process, log)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")

"""A real server process and what customers and operators do with it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

_START_SECONDS = 60
_FILM_SECONDS = 120


class Server:
    """A running ``filmgate serve``."""

    def __init__(self, data: Path, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.data, self.port, self.process, self.log = data, port, process, log
        self.url = f"http://127.0.0.1:{port}"

    def children(self, word: str) -> list[psutil.Process]:
        """The server's child processes whose command has ``word``."""
        return [child for child in psutil.Process(self.process.pid).children() if word in child.cmdline()]

    def wait_until_ready(self) -> None:
        wait_until(self._is_ready, _START_SECONDS, lambda: self.log.read_text(errors="replace")[-2000:])

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-2000:]
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz").status_code == 200
        return False


def wait_until(condition: Any, seconds: float, explain: Any = lambda: "") -> None:
    """Return when the condition holds; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s. {explain()}"
        time.sleep(0.02)


@contextmanager
def serving(data: Path, *options: str, port: int = 0) -> Iterator[Server]:
    """Run ``filmgate serve`` for as long as the block lasts, then stop it as an operator would."""
    if not port:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    data.parent.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "filmgate", "serve", "--data", str(data), "--port", str(port), *options],
            stdout=output,
            stderr=output,
            env={**os.environ, "FILMGATE_ALLOW_PRIVATE_NETWORKS": "1"},
        )
        server = Server(data, port, process, log)
        try:
            server.wait_until_ready()
            yield server
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            process.wait(30)


def command(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run another filmgate command on the data folder."""
    return subprocess.run(
        [sys.executable, "-m", "filmgate", *arguments, "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def new_key(data: Path, *options: str, account: str = "tests") -> str:
    done = command(data, "keys", "create", "--account", account, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def customer(server: Server, key: str) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


def ordered_through_jimmy(client: httpx.Client, **body: object) -> str:
    order = {"model": "seedance2.0-of-sp", "prompt": "纸船", "duration": 4, "resolution": "480p", **body}
    answer = client.post("/api/open-api/v1/seedance/videos", json=order).json()
    assert answer["code"] == 20000, answer
    return str(answer["data"]["task_id"])


def finished_at_jimmy(client: httpx.Client, task_id: str) -> dict[str, Any]:
    """The task's data once it has ended."""
    data: dict[str, Any] = {}

    def ended() -> bool:
        data.update(client.get(f"/api/open-api/v1/videos/{task_id}").json()["data"])
        return data["status"] in {"completed", "failed"}

    wait_until(ended, _FILM_SECONDS, lambda: str(data))
    return data


def one_line(text: str) -> str:
    """What a failed command said, without the colour a terminal may get."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).strip()

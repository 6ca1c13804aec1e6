"""``query``: status reads a second over HTTP, against a bare route that answers the same bytes."""

import asyncio
import json
import tempfile
import urllib.request
from pathlib import Path

from bench.figures import Figure
from bench.load import request_bytes, run_load
from bench.orders import create_requests, status_paths
from bench.server import bare_server, filmgate_server, new_key

_CLIENTS = 64
_SECONDS = 6.0
_LITELLM_READS = 167


def measure(processes: int = 1) -> Figure:
    """Run it."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with filmgate_server(data, "--no-worker", "--processes", str(processes)) as port:
            key = new_key(data, "--account", "bench", "--credits", "1000")
            answers = [json.loads(_send(port, request)) for request in create_requests("", [key])]
            paths = status_paths(answers)
            requests = [request_bytes("GET", path, f"127.0.0.1:{port}", key) for path in paths]
            body = _get(port, paths[1], key)
            with bare_server(body, Path(folder)) as bare_port:
                bare_request = request_bytes("GET", "/", f"127.0.0.1:{bare_port}", key)
                asyncio.run(run_load("127.0.0.1", port, requests, connections=_CLIENTS, seconds=1))
                bare = asyncio.run(
                    run_load("127.0.0.1", bare_port, [bare_request], connections=_CLIENTS, seconds=_SECONDS)
                )
                load = asyncio.run(run_load("127.0.0.1", port, requests, connections=_CLIENTS, seconds=_SECONDS))
    if load.failures:
        raise RuntimeError(f"{load.failures} of {load.answers} reads failed")
    return Figure(
        id="query",
        work=f"status reads over HTTP, {_CLIENTS} clients, three dialects, API processes: {processes}",
        unit="/s",
        measured=load.per_second,
        limit=bare.per_second,
        limit_is="a bare route of the same framework, one process",
        aim=0.5,
        remarks=f"p50 {load.times.p50:.1f} ms, p99 {load.times.p99:.1f} ms; "
        f"{load.per_second / _LITELLM_READS:.0f} times LiteLLM's best",
    )


def _send(port: int, raw: bytes) -> bytes:
    head, body = raw.split(b"\r\n\r\n", 1)
    line, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if not line.startswith("Host"))
    request = urllib.request.Request(f"http://127.0.0.1:{port}{line.split()[1]}", body, headers)
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


def _get(port: int, path: str, key: str) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())

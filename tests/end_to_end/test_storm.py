"""A hundred clients that send the same order at the same moment, to two API processes."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psutil import Process
from tests.end_to_end.serving import Server, command, new_key, serving

from filmgate.store.embedded import start_embedded

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

CLIENTS = 100
ORDERS: dict[str, tuple[str, dict[str, object]]] = {
    "jimmy": (
        "/api/open-api/v1/seedance/videos",
        {"model": "seedance2.0-of-sp", "prompt": "纸船", "duration": 4, "resolution": "480p", "ratio": "16:9"},
    ),
    "senseaudio": (
        "/v1/video/create",
        {
            "model": "doubao-seedance-2-0-260128",
            "content": [{"type": "text", "text": "A paper boat"}],
            "duration": 4,
            "resolution": "480p",
            "ratio": "16:9",
        },
    ),
    "ink": (
        "/api/open/v1/video/generations",
        {"model": "seedance-2.0-fast", "prompt": "A paper boat", "duration": 4, "resolution": "480p"},
    ),
    "native": (
        "/filmgate/v1/tasks",
        {"model": "seedance2.0-of-sp", "prompt": "A paper boat", "duration_seconds": 4, "resolution": "480p"},
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("storm") / "data", "--processes", "2", "--no-worker") as running:
        yield running


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return new_key(server.data, "--credits", "1000")


@pytest.mark.parametrize("dialect", ORDERS)
def test_the_same_create_from_many_clients_at_once_is_one_order(server: Server, key: str, dialect: str) -> None:
    answers = asyncio.run(_storm(server, dialect, key))
    assert {status for status, _ in answers} == {201 if dialect == "native" else 200}
    # Every one of them got the order that is there, and not only an order.
    assert len({_shown_id(dialect, answer) for _, answer in answers}) == 1
    with _database(server.data) as connection:
        assert _kept(connection, dialect) == {"tasks": 1, "jobs": 1, "reserve": 1}


def test_the_books_are_right_after_the_storms(server: Server) -> None:
    audited = command(server.data, "audit")
    assert audited.returncode == 0, audited.stdout


async def _storm(server: Server, dialect: str, key: str) -> list[tuple[int, dict[str, Any]]]:
    """Connect all clients, to both processes; then let them send at once."""
    path, body = ORDERS[dialect]
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: {dialect}\r\n"
        f"Connection: close\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    first, second = server.children("api-process")
    connections = await _connected(server, first, second) + await _connected(server, second, first)
    try:
        for _, writer in connections:
            writer.write(head.encode() + data)
        answers = await asyncio.gather(*(reader.read() for reader, _ in connections))
    finally:
        for _, writer in connections:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in connections))
    return [_read(answer) for answer in answers]


async def _connected(server: Server, to: Process, not_to: Process) -> list[Connection]:
    """Half of the clients, all of them to one process: left alone, the kernel may give one of them nearly all."""
    before = len(to.net_connections("tcp"))
    not_to.suspend()
    try:
        connections = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(CLIENTS // 2)]
        async with asyncio.timeout(30):
            while len(to.net_connections("tcp")) < before + CLIENTS // 2:
                await asyncio.sleep(0.02)
    finally:
        not_to.resume()
    return connections


def _read(answer: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def _shown_id(dialect: str, answer: dict[str, Any]) -> str:
    match dialect:
        case "jimmy":
            return str(answer["data"]["task_id"])
        case "senseaudio":
            return str(answer["task_id"])
        case "ink":
            return str(answer["requestId"])
    return str(answer["id"])


@contextmanager
def _database(data: Path) -> Iterator[psycopg.Connection]:
    embedded = start_embedded(data)
    try:
        with psycopg.connect(embedded.url) as connection:
            yield connection
    finally:
        embedded.stop()


def _kept(connection: psycopg.Connection, dialect: str) -> dict[str, int]:
    """How many rows of each kind there are of a dialect."""
    counts = {
        "tasks": "SELECT count(*) FROM tasks WHERE dialect = %s",
        "jobs": "SELECT count(*) FROM pgqueuer JOIN tasks ON tasks.id::text = dedupe_key WHERE dialect = %s",
        "reserve": "SELECT count(*) FROM entries JOIN tasks ON tasks.id = entries.task_id "
        "WHERE kind = 'reserve' AND dialect = %s",
    }
    kept = {}
    for what, statement in counts.items():
        row = connection.execute(statement, [dialect]).fetchone()
        kept[what] = row[0] if row else 0
    return kept

"""One filmgate in front of another: customers order at the outer one, whose vendor in all five dialects is the inner.

Both are real processes. A model of the outer catalogue says in its name by which dialect its orders go: ``by-ark`` and
so on. The inner one sells the same under names by which Jimmy's client half knows what switches a model has.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
from tests.conftest import database_of
from tests.elsewhere.station import DIALECTS
from tests.end_to_end.serving import Server, customer, new_key, serving

from filmgate.dialects import build_dialects
from filmgate.video import VideoRequest

INNER_MODELS = {"": "tiny-gz", "-933": "tiny-933"}
"""By what stands behind the outer name."""
KEY_NAME = "KEY_OF_THE_INNER_ONE"
ENDS = ("succeeded", "failed", "cancelled", "expired")

_PATHS = {"ark": "/api/v3", "openai": "/v1"}
_DOORS = {
    "native": "/filmgate/v1/tasks",
    "jimmy": "/api/open-api/v1/seedance/videos",
    "senseaudio": "/v1/video/create",
    "ink": "/api/open/v1/video/generations",
    "ark": "/api/v3/contents/generations/tasks",
    "openai": "/v1/videos",
}
_FILM_SECONDS = 300
_MODEL = """
[[model]]
id = "{id}"
display_name = "Tiny"
owned_by = "tests"
created = 1783000000
schemes = ["https", "http", "data"]
prompt = {{ required_in = ["text"] }}
frames_exclude = ["image", "video", "audio"]
audio_needs = []
duration = {{ min = 1, max = 15, default = 1, auto = 1 }}
resolution = {{ choices = ["480p", "720p"], default = "480p" }}
ratio = {{ choices = ["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"], default = "16:9" }}
image = {{ max_count = 9 }}
video = {{ max_count = 3 }}
audio = {{ max_count = 3 }}
price = {{ mode = "per_task", rates = [{{ credits = {{ any = 1 }} }}] }}
"""
_UPSTREAM = """
[[upstream]]
name = "{dialect}"
dialect = "{dialect}"
base_url = "{base_url}"
key_env = "{key_name}"
submits_per_minute = 1000
looks_per_second = 50
"""


class Row(NamedTuple):
    """A task as one of them keeps it."""

    id: UUID
    request: VideoRequest
    status: str
    sha256: str | None
    error: str | None


class Film(NamedTuple):
    """One order as both keep it."""

    outer: Row
    inner: Row | None
    """None: it was never sent."""


class Filmgate(NamedTuple):
    """One running server with its database and a customer of it."""

    server: Server
    database_url: str
    key: str
    client: httpx.Client

    def task(self, task_id: UUID) -> Row:
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(
                "SELECT request::text, status, result->>'sha256', error->>'message' FROM tasks WHERE id = %s",
                [task_id],
            ).fetchone()
        assert row is not None
        return Row(task_id, msgspec.json.decode(row[0], type=VideoRequest), *row[1:])

    def count(self, door: str) -> int:
        """How many orders came in by a door."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute("SELECT count(*) FROM tasks WHERE dialect = %s", [door]).fetchone()
        assert row is not None
        return int(row[0])

    def order(self, model: str, *, door: str = "native", path: str = "", **body: Any) -> UUID:
        """Order a film by one of the doors, or at a path below one; the task's id."""
        answer = self.client.post(_DOORS[door] + path, json={"model": model, **body})
        said = answer.json()
        said = said.get("data") or said
        shown_id = said.get("id") or said.get("task_id") or said.get("requestId")
        assert shown_id, answer.text
        return task_id_of(door, str(shown_id))

    def ended(self, task_id: UUID) -> Row:
        """The task, once it has ended."""
        end = time.monotonic() + _FILM_SECONDS
        while (row := self.task(task_id)).status not in ENDS:
            assert time.monotonic() < end, row
            time.sleep(0.05)
        return row

    def sent(self, task_id: UUID) -> tuple[str, UUID] | None:
        """By which dialect an order went, and the id of the task that it became there."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(
                "SELECT upstream, vendor_id FROM attempts WHERE task_id = %s AND vendor_id IS NOT NULL", [task_id]
            ).fetchone()
        return None if row is None else (row[0], task_id_of(row[0], row[1]))


_DIALECTS = build_dialects()


def task_id_of(dialect: str, shown_id: str) -> UUID:
    """The id of the task that a dialect shows so."""
    task_id = _DIALECTS.named(dialect).read_id(shown_id)
    assert task_id is not None, shown_id
    return task_id


def film_of(task_id: UUID, outer: Filmgate, inner: Filmgate) -> Film:
    """What came of an order at the outer one, once it has ended."""
    row, sent = outer.ended(task_id), outer.sent(task_id)
    return Film(row, None if sent is None else inner.task(sent[1]))


@contextmanager
def inner_filmgate(folder: Path, postgres_url: str, template: str) -> Iterator[Filmgate]:
    """One that makes films by itself."""
    models = "".join(_MODEL.format(id=name) for name in INNER_MODELS.values())
    with _running(folder / "inner", postgres_url, template, models, "", port=_free_port()) as inner:
        yield inner


@contextmanager
def outer_filmgate(folder: Path, postgres_url: str, template: str, inner: Filmgate) -> Iterator[Filmgate]:
    """One that has its films made by the inner one, which can fetch from it. The key is in the environment, under
    ``KEY_NAME``."""
    port = _free_port()
    settings = f'public_url = "http://127.0.0.1:{port}"\n'
    for dialect in DIALECTS:
        base_url, names = base_url_of(dialect, inner.server.url), names_of(dialect)
        settings += _UPSTREAM.format(dialect=dialect, base_url=base_url, key_name=KEY_NAME)
        settings += "models = { " + ", ".join(f'"{ours}" = "{theirs}"' for ours, theirs in names.items()) + " }\n"
    with _running(folder / "outer", postgres_url, template, outer_models(), settings, port=port) as outer:
        yield outer


def outer_models() -> str:
    """The catalogue of an outer one, as TOML."""
    return "".join(_MODEL.format(id=name) for dialect in DIALECTS for name in names_of(dialect))


def names_of(dialect: str) -> dict[str, str]:
    """The models whose orders go by a dialect: our names, and those of the inner one."""
    return {f"by-{dialect}{suffix}": name for suffix, name in INNER_MODELS.items()}


def base_url_of(dialect: str, origin: str) -> str:
    return origin + _PATHS.get(dialect, "")


@contextmanager
def _running(
    folder: Path, postgres_url: str, template: str, models: str, settings: str, *, port: int
) -> Iterator[Filmgate]:
    name = f"front_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = database_of(postgres_url, name)
    (folder / "catalogue").mkdir(parents=True)
    (folder / "catalogue" / "tiny.toml").write_text(models)
    (folder / "filmgate.toml").write_text(f'database_url = "{url}"\n{settings}')
    with serving(folder, port=port) as server:
        key = new_key(folder, "--credits", "100000")
        with customer(server, key) as client:
            yield Filmgate(server, url, key, client)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port

"""A whole house for the tests of the doors: real services, a real server on a loopback socket, real customers."""

import asyncio
import mimetypes
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import uvicorn
from PIL import Image
from tests.conftest import database_of

from filmgate.api import build_api
from filmgate.app import Services, open_services
from filmgate.dialects.base import ServerDialect
from filmgate.ids import new_key_secret
from filmgate.settings import Settings
from filmgate.store.accounts import Account, Key
from filmgate.task import Result, Task, rendered, started, succeeded

CREDIT = 1_000_000

CREATE_PATHS = {
    "jimmy": "/api/open-api/v1/seedance/videos",
    "senseaudio": "/v1/video/create",
    "ink": "/api/open/v1/video/generations",
    "ark": "/api/v3/contents/generations/tasks",
    "openai": "/v1/videos",
    "native": "/filmgate/v1/tasks",
}
"""By dialect; the same for ``QUERY_PATHS`` (where the id goes behind) and ``ORDERS`` (a good order of text)."""

QUERY_PATHS = {
    "jimmy": "/api/open-api/v1/videos/",
    "senseaudio": "/v1/video/status?id=",
    "ink": "/api/open/v1/video/generations/",
    "ark": "/api/v3/contents/generations/tasks/",
    "openai": "/v1/videos/",
    "native": "/filmgate/v1/tasks/",
}
ORDERS: dict[str, dict[str, Any]] = {
    "jimmy": {"model": "seedance2.0-of-sp", "prompt": "纸船漂过小巷", "duration": 4, "resolution": "480p"},
    "senseaudio": {
        "model": "doubao-seedance-2-0-260128",
        "content": [{"type": "text", "text": "A paper boat"}],
        "duration": 4,
        "resolution": "480p",
        "ratio": "16:9",
    },
    "ink": {"model": "seedance-2.0", "prompt": "A paper boat", "duration": 4, "resolution": "480p"},
    "ark": {
        "model": "doubao-seedance-2-0-260128",
        "content": [{"type": "text", "text": "A paper boat"}],
        "duration": 4,
        "resolution": "480p",
        "ratio": "16:9",
    },
    "openai": {"model": "seedance-2.0", "prompt": "A paper boat", "seconds": "4", "resolution": "480p"},
    "native": {"model": "seedance-2.0", "prompt": "A paper boat", "duration_seconds": 4, "resolution": "480p"},
}
DIALECTS = tuple(ORDERS)

LINKING = tuple(name for name in DIALECTS if name != "openai")
"""The dialects whose answers have links to films; at OpenAI one fetches them with the key."""

LENGTHS = {"openai": "seconds", "native": "duration_seconds"}
"""How the length is called where it is not ``duration``."""


class Customer(msgspec.Struct, frozen=True):
    """Someone with an account and a key."""

    account: Account
    key: Key
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


class House:
    """The running server and what stands behind it."""

    def __init__(self, services: Services, client: httpx.AsyncClient, port: int) -> None:
        self.services = services
        self.client = client
        self.port = port

    async def customer(self, funds: int = 1000, *, quota: int = 0, test: bool = False) -> Customer:
        accounts, now = self.services.accounts, datetime.now(UTC)
        account = await accounts.open_account(f"customer {uuid4()}", now)
        if funds:
            await accounts.top_up(account.id, funds * CREDIT, "for the test", now)
        secret = new_key_secret(test=test)
        key = await accounts.create_key(
            account.id, name="main", secret=secret, test=test, quota_micros=quota * CREDIT, now=now
        )
        return Customer(account, key, secret)

    async def order(self, customer: Customer, dialect: str, **changes: Any) -> httpx.Response:
        return await self.client.post(
            CREATE_PATHS[dialect], json={**ORDERS[dialect], **changes}, headers=customer.headers
        )

    async def ordered(self, customer: Customer, dialect: str, **changes: Any) -> Task:
        """An accepted order, as the store has it."""
        answer = await self.order(customer, dialect, **changes)
        identifier = self.dialect(dialect).read_id(shown_id(dialect, answer))
        assert identifier is not None, answer.text
        return await self.task(identifier)

    async def query(self, customer: Customer, task: Task) -> httpx.Response:
        path = QUERY_PATHS[task.dialect] + self.dialect(task.dialect).show_id(task.id)
        return await self.client.get(path, headers=customer.headers)

    async def finished(self, task: Task, film: bytes = b"film" * 1000) -> Task:
        """The task, led to its end with these bytes as the film, though nobody has rendered it."""
        names = {kind: f"films/{task.id}.{kind}" for kind in ("mp4", "jpg", "png")}
        for kind, name in names.items():
            await self.services.objects.put_bytes(name, film + kind.encode(), mimetypes.guess_type(name)[0] or "")
        result = Result(
            film=names["mp4"],
            poster=names["jpg"],
            last_frame=names["png"],
            width=1280,
            height=720,
            seconds=4.0,
            size_bytes=len(film) + 3,
            sha256="00" * 32,
        )
        now = datetime.now(UTC)
        assert await self.services.tasks.apply(started(task, now))
        assert await self.services.tasks.apply(rendered(await self.task(task.id), now))
        assert await self.services.tasks.apply(succeeded(await self.task(task.id), result, now))
        return await self.task(task.id)

    async def task(self, identifier: UUID) -> Task:
        task = await self.services.tasks.get(identifier)
        assert task is not None
        return task

    def dialect(self, name: str) -> ServerDialect:
        return self.services.dialects.named(name)

    async def traces(self, customer: Customer) -> tuple[Any, ...]:
        """All that an order would change: the balance, tasks, ledger entries, jobs and stored inputs."""
        balance = await self.services.accounts.balance(customer.account.id)
        counted = [
            await self.services.db.value("SELECT count(*) FROM tasks WHERE account_id = $1", customer.account.id),
            await self.services.db.value("SELECT count(*) FROM entries WHERE account_id = $1", customer.account.id),
            await self.services.db.value("SELECT count(*) FROM pgqueuer"),
            sum(1 for _ in (self.services.settings.data / "objects" / "inputs").glob("*/*")),
        ]
        return balance, *counted

    async def raw(self, *lines: bytes, body: bytes = b"") -> bytes:
        """What the server answers to exactly these bytes; the connection is closed afterwards."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"\r\n".join((*lines, b"Connection: close", b"", body)))
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
        return answer


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@asynccontextmanager
async def open_house(postgres_url: str, template: str, data: Path, **settings: Any) -> AsyncIterator[House]:
    """A house on a database of its own."""
    name = f"house_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            async with _running(Settings(data=data, **settings), database_of(postgres_url, name)) as house:
                yield house
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def _running(settings: Settings, database_url: str) -> AsyncIterator[House]:
    services = await open_services(settings, database_url)
    try:
        with free_listener() as listener:
            async with answering(services, listener) as client:
                yield House(services, client, listener.getsockname()[1])
    finally:
        await services.close()


def free_listener() -> socket.socket:
    """A socket that listens on a loopback port that was free."""
    listener = socket.create_server(("127.0.0.1", 0))
    # Accepted sockets inherit it. asyncio sets it by itself only where the listener was made for TCP by its number.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def answering(services: Services, listener: socket.socket) -> AsyncIterator[httpx.AsyncClient]:
    """The doors of these services open on a socket, for as long as the block lasts; a client that calls there."""
    server = _Server(uvicorn.Config(build_api(services), log_config=None, access_log=False, lifespan="on"))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        await serving


def picture(size: tuple[int, int] = (640, 360), colour: str = "teal") -> bytes:
    """A PNG."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def shown_id(dialect: str, answer: httpx.Response) -> str:
    """The id in the answer to a create."""
    body = answer.json()
    match dialect:
        case "jimmy":
            return str((body["data"] or {}).get("task_id"))
        case "senseaudio":
            return str(body.get("task_id"))
        case "ink":
            return str(body.get("requestId"))
        case _:
            return str(body.get("id"))


def film_link(dialect: str, answer: httpx.Response) -> str:
    """The link to the film in the answer to a query; at OpenAI it takes the key."""
    body = answer.json()
    match dialect:
        case "jimmy":
            return str(body["data"]["result"]["video_url"])
        case "senseaudio":
            return str(body["video_url"])
        case "ink":
            return str(body["output"]["url"])
        case "ark":
            return str(body["content"]["video_url"])
        case "openai":
            return f"{CREATE_PATHS[dialect]}/{body['id']}/content"
        case _:
            return str(body["film"]["url"])


def assert_refused(dialect: str, answer: httpx.Response, *, status: int = 400, says: str = "") -> None:
    """The answer is an error in the dialect's own form, with what ``status`` says (Jimmy says it in its code)."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    match dialect:
        case "jimmy":
            number = {400: 20002, 401: 20001, 402: -1, 404: 20002, 413: 20002, 500: -1, 503: -1}[status]
            assert (answer.status_code, list(body), body["code"], body["data"]) == (
                200,
                ["code", "msg", "data"],
                number,
                None,
            )
            text = body["msg"]
        case "senseaudio":
            assert answer.status_code == {402: 400, 503: 500}.get(status, status)
            assert body["code"]
            assert isinstance(body["code"], str)
            assert body.keys() <= {"code", "message", "ref_code", "ref_scope"}
            assert answer.headers["access-control-allow-origin"] == "*"
            text = body.get("message", body["code"])
        case "ark":
            assert (answer.status_code, list(body)) == ({402: 403}.get(status, status), ["error"])
            assert list(body["error"]) == ["code", "message", "param", "type"]
            assert body["error"]["code"]
            text = body["error"]["message"]
            assert text.endswith(f". Request id: {answer.headers['x-request-id']}")
        case "openai":
            assert (answer.status_code, list(body)) == ({402: 429}.get(status, status), ["error"])
            assert list(body["error"]) == ["message", "type", "param", "code"]
            assert body["error"]["code"]
            text = body["error"]["message"]
        case "native":
            assert (answer.status_code, list(body)) == (status, ["error"])
            assert body["error"]["code"]
            text = str(body["error"])
        case _:
            code = {
                400: "invalid_request",
                401: "unauthorized",
                402: "insufficient_credits",
                404: "not_found",
                409: "invalid_state",
                413: "payload_too_large",
                500: "internal_error",
                503: "internal_error",
            }[status]
            assert (answer.status_code, body["success"], body["error"]["code"]) == (status, False, code)
            assert list(body) == ["success", "error"]
            text = body["error"]["message"]
    assert says in text

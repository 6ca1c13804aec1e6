"""Receivers of webhooks on loopback, written as a customer would: with the library of Standard Webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web
from standardwebhooks import Webhook
from tests.conftest import Clock
from tests.store.delivery_helpers import Post
from tests.store.store_helpers import Store

from filmgate.dialects import build_dialects
from filmgate.links import FileLinks
from filmgate.outbound import Outbound
from filmgate.store.claims import Claims
from filmgate.store.db import Database
from filmgate.webhook import Secret
from filmgate.work.news import NewsWriter
from filmgate.work.notify import Notifier

Answer = int | web.Response


class Heard(msgspec.Struct, frozen=True):
    """One request, as it came."""

    headers: dict[str, str]
    body: bytes

    def verified(self, secret: Secret) -> Any:
        """The body, if the library finds it signed with the secret."""
        return Webhook(secret.secret).verify(self.body, self.headers)


class Receiver:
    """Answers with what the test says, one after the other, and with 200 once it has said all; keeps what it hears."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.heard: list[Heard] = []
        self.hangs = False
        """While set, nobody is answered."""
        self.takes_seconds = 0.0
        self.at_once = 0
        self.most_at_once = 0
        self.url = ""

    def says(self, *answers: Answer) -> None:
        self._answers = list(answers)

    @property
    def ids(self) -> list[str]:
        return [heard.headers["webhook-id"] for heard in self.heard]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(heard.body) for heard in self.heard]

    async def receive(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.heard.append(Heard({name.lower(): value for name, value in request.headers.items()}, body))
            if self.hangs:
                await asyncio.Event().wait()
            await asyncio.sleep(self.takes_seconds)
            answer = self._answers.pop(0) if self._answers else 200
            return web.Response(status=answer) if isinstance(answer, int) else answer
        finally:
            self.at_once -= 1


@asynccontextmanager
async def receiving(*answers: Answer, hangs: bool = False, host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    receiver = Receiver(*answers)
    receiver.hangs = hangs
    runner = web.ServerRunner(web.Server(receiver.receive), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    receiver.url = f"http://{host}:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


class Newsroom(Post):
    """Everything that it takes to tell news, on one database."""

    def __init__(self, database: Database, database_url: str, clock: Clock) -> None:
        super().__init__(Store(database))
        self.database_url = database_url
        # The library refuses what is more than five minutes from its own clock, which no test holds.
        clock.now = datetime.now(UTC)
        self.clock = clock
        self.dialects = build_dialects()
        self.files = FileLinks(b"0123456789abcdef")

    def writer(self, public_url: str | None = None) -> NewsWriter:
        return NewsWriter(dialects=self.dialects, files=self.files, public_url=public_url)

    @asynccontextmanager
    async def notifying(self, *, outbound: Outbound | None = None, **changes: Any) -> AsyncIterator[Notifier]:
        """A notifier at work, as in a worker process of its own."""
        outward = outbound or Outbound(allow_private_networks=True)
        parts: dict[str, Any] = {
            "claims": Claims(self.store.database),
            "deliveries": self.deliveries,
            "webhooks": self.webhooks,
            "tasks": self.store.tasks,
            "writer": self.writer(),
            "outbound": outward,
            "database_url": self.database_url,
            "clock": self.clock,
            "luck": lambda: 0.5,
            "look_seconds": 0.02,
        }
        notifier = Notifier(**(parts | changes))
        stop = asyncio.Event()
        running = asyncio.create_task(notifier.run_until(stop))
        try:
            yield notifier
        finally:
            stop.set()
            await asyncio.wait_for(running, 20)
            await outward.close()

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.store.database.rows("SELECT state FROM deliveries ORDER BY id")]


async def eventually(true: Callable[[], bool], seconds: float = 20) -> None:
    """Return once it is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)

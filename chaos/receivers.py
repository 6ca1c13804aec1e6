"""The receivers of webhooks: a server that answers each order's news as its plan says, and keeps all it hears."""

import asyncio
import json
from collections import Counter, defaultdict
from typing import Any

import msgspec
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from chaos.plan import Manners, PlannedOrder

_HANG_SECONDS = 3.0


class News(msgspec.Struct, frozen=True):
    """One call, as it came."""

    identifier: str
    body: Any
    is_signed: bool
    """By the account's secret, as the library of Standard Webhooks finds."""


class Receivers:
    """One server for all: ``/orders/<number>`` for an order's own webhook, ``/accounts/<number>`` for an endpoint.

    Args:
        orders: whose webhooks lead here.
    """

    def __init__(self, orders: tuple[PlannedOrder, ...]) -> None:
        self._manners: dict[str, Manners] = {f"orders/{order.number}": order.manners or "good" for order in orders}
        self._accounts = {order.number: order.account for order in orders}
        self._calls: Counter[str] = Counter()
        self.secrets: list[str] = []
        """Of each account."""
        self.heard: defaultdict[str, list[News]] = defaultdict(list)
        """By path; only what was answered with 200 or was heard without an answer."""
        self.calls = 0
        self.url = ""
        self._runner = web.ServerRunner(web.Server(self._receive), shutdown_timeout=0.1)

    async def open(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        await self._runner.cleanup()

    def hook(self, order: PlannedOrder) -> str | None:
        """The webhook link for an order."""
        return None if order.manners is None else f"{self.url}/orders/{order.number}"

    async def _receive(self, request: web.BaseRequest) -> web.StreamResponse:
        path, body = request.path.strip("/"), await request.read()
        self.calls += 1
        self._calls[path] += 1
        manners = self._manners.get(path, "good")
        if manners == "fails twice" and self._calls[path] <= 2:
            return web.Response(status=503)
        if manners == "hangs once" and self._calls[path] == 1:
            # Too late for whoever called, and it forgets: only the next call can tell it.
            await asyncio.sleep(_HANG_SECONDS)
            return web.Response(status=503)
        self.heard[path].append(self._read(path, request, body))
        if manners == "hears twice" and self._calls[path] == 1 and request.transport is not None:
            request.transport.close()
        return web.Response()

    def _read(self, path: str, request: web.BaseRequest, body: bytes) -> News:
        kind, number = path.split("/")
        secret = self.secrets[int(number) if kind == "accounts" else self._accounts[int(number)]]
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            Webhook(secret).verify(body, headers)
            is_signed = True
        except WebhookVerificationError:
            is_signed = False
        return News(identifier=headers.get("webhook-id", ""), body=json.loads(body), is_signed=is_signed)

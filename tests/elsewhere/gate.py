"""A gate before a simulated vendor: calls go through it, until the test says what happens to them instead.

It stands for what lies between us and a vendor, or for a vendor that is out of order as a whole: a maintenance page, a
proxy that redirects, an error that repeats what it was sent.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from tests.elsewhere.station import upstream
from tests.simulator.simulating import Simulated

from filmgate.settings import UpstreamSettings

Say = Callable[[web.Request], web.Response | None]
"""What is answered to a call; None: it goes through."""

Alter = Callable[[bytes], bytes]
"""What becomes of the body of an answer that goes through."""

_HOP_BY_HOP = {"host", "connection", "transfer-encoding", "content-length", "keep-alive", "content-encoding"}


class Gate:
    """One gate."""

    def __init__(self, vendor: Simulated) -> None:
        self.vendor = vendor
        self.say: Say = lambda _request: None
        self.alter: Alter = lambda answer: answer
        self.origin = ""
        self.calls: Counter[str] = Counter()
        """By method."""

    def as_upstream(self, name: str = "north", **changes: object) -> UpstreamSettings:
        """How the vendor is set up as an upstream, by way of the gate."""
        base_url = self.vendor.base_url.replace(self.vendor.origin, self.origin)
        return upstream(self.vendor, name, base_url=base_url, **changes)


def answering(status: int, body: str = "out of order", **headers: str) -> Say:
    """The same answer to every call; the names of its headers with underscores."""
    plain = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: web.Response(status=status, text=body, headers=plain)


@asynccontextmanager
async def gate(vendor: Simulated) -> AsyncIterator[Gate]:
    """Open a gate before a simulator for as long as the block lasts."""
    opened = Gate(vendor)
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def pass_or_say(request: web.Request) -> web.StreamResponse:
            opened.calls[request.method] += 1
            said = opened.say(request)
            if said is not None:
                return said
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
            async with session.request(
                request.method,
                vendor.origin + request.path_qs,
                data=await request.read(),
                headers=headers,
                allow_redirects=False,
            ) as answer:
                content = opened.alter(await answer.read())
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
                return web.Response(status=answer.status, body=content, headers=kept)

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", pass_or_say)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        opened.origin = f"http://{host}:{port}"
        try:
            yield opened
        finally:
            await runner.cleanup()

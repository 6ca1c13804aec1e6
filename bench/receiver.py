"""A receiver of webhooks that checks nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def receiving(heard: Callable[[web.BaseRequest, bytes], None]) -> AsyncIterator[str]:
    """Answer everything with 200; yields the address.

    Args:
        heard: called with each request and its body, before it is answered.
    """

    async def receive(request: web.BaseRequest) -> web.StreamResponse:
        heard(request, await request.read())
        return web.Response()

    runner = web.ServerRunner(web.Server(receive), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()

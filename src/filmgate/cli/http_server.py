"""Uvicorn on a socket of ours, until we say stop. Signals are for the command that runs it."""

import asyncio
import gc
import socket
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import uvicorn

_GRACE_SECONDS = 5


class _Server(uvicorn.Server):
    """Uvicorn without signal handlers of its own: our stop event also knows of a parent that is gone."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


async def serve_until(
    stop: asyncio.Event,
    application: Any,
    listener: socket.socket,
    protocol: type[asyncio.Protocol],
    *,
    log_level: str = "warning",
    grace_seconds: int = _GRACE_SECONDS,
) -> None:
    """Serve an ASGI application.

    Args:
        protocol: what a connection is.
        log_level: which of uvicorn's own lines are logged.
        grace_seconds: how long open requests have after the stop.
    """
    server = _Server(
        uvicorn.Config(
            application,
            http=protocol,
            log_config=None,
            log_level=log_level,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=grace_seconds,
        )
    )
    serving = asyncio.create_task(server.serve([listener]))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    server.should_exit = True
    await serving


def collect_rarely() -> None:
    """Keep the garbage collector from walking, in the middle of requests, through what was built at start for good.

    Requests leave hardly any cycles behind. Measured with 64 clients: the slowest hundredth of status queries went
    from 55 ms to 20 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)

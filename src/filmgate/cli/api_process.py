"""One API process of ``filmgate serve``: uvicorn on a socket that the supervisor holds."""

import asyncio
import socket
from typing import Annotated

import typer

from filmgate.cli.options import DataOption, running_database
from filmgate.cli.supervise import stop_requested
from filmgate.logs import set_up_logs
from filmgate.settings import Settings, load_settings


def api_process(
    socket_fd: Annotated[int, typer.Option(help="The listening socket, inherited.")],
    data: DataOption = None,
) -> None:
    """One API process of ``filmgate serve``."""
    import uvloop

    settings = load_settings(data)
    set_up_logs(settings)
    with running_database(settings) as url, socket.socket(fileno=socket_fd) as listener:
        uvloop.run(_serve_api(settings, url, listener))


async def _serve_api(settings: Settings, database_url: str, listener: socket.socket) -> None:
    # The web framework takes a second to import, which other commands need not wait for.
    from filmgate.api import build_api
    from filmgate.api.connection import Connection
    from filmgate.app import open_services
    from filmgate.cli.http_server import collect_rarely, serve_until

    stop = await stop_requested()
    services = await open_services(settings, database_url)
    try:
        collect_rarely()
        # Beside serving: an order with files that comes at once waits no longer than it would have.
        warming_up = asyncio.create_task(services.prober.warm_up())
        await serve_until(stop, build_api(services), listener, Connection)
        warming_up.cancel()
        await asyncio.gather(warming_up, return_exceptions=True)
    finally:
        await services.close()

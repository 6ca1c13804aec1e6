"""``filmgate serve``: the API, its pages and a worker, on an embedded Postgres unless there is a real one.

The command itself only supervises: it holds the listening socket and starts one process for each ``--processes`` and
one worker, so that a fault in one takes nothing else down.
"""

import asyncio
import fcntl
import os
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from filmgate.cli.options import DataOption, running_database
from filmgate.cli.supervise import Child, stop_requested, supervise
from filmgate.errors import SetupError
from filmgate.logs import set_up_logs
from filmgate.settings import Settings, load_settings

_LOCK_FILE = "serve.lock"
_BACKLOG = 2048
_ASK_AGAIN_SECONDS = 0.05


def serve(
    data: DataOption = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port. Default: 8787; 0: any.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many API processes.")] = 1,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Also run a worker.")] = True,
) -> None:
    """Serve the API, its pages and a worker."""
    settings = load_settings(data, host=host, port=port)
    set_up_logs(settings)
    with (
        _only_server_of(settings.data),
        listening(settings.host, settings.port) as listener,
        running_database(settings, kept=True),
    ):
        asyncio.run(_supervise(settings, listener, processes, worker=worker))


async def _supervise(settings: Settings, listener: socket.socket, processes: int, *, worker: bool) -> None:
    stop = await stop_requested()
    data = ("--data", str(settings.data))
    descriptor = listener.fileno()
    children = [
        Child(
            name=f"api-{number}",
            arguments=("api-process", "--socket-fd", str(descriptor), *data),
            pass_fds=(descriptor,),
        )
        for number in range(processes)
    ]
    if worker:
        children.append(Child(name="worker", arguments=("work", *data)))
    announcing = asyncio.create_task(_announce(settings, listener, worker=worker))
    try:
        await supervise(children, stop)
    finally:
        announcing.cancel()


async def _announce(settings: Settings, listener: socket.socket, *, worker: bool) -> None:
    """Say where the server is, once it answers."""
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    # An address that stands for all of this machine's is asked through loopback.
    local = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    while not await asyncio.to_thread(_is_ready, local):  # noqa: ASYNC110 - another process has no event for us.
        await asyncio.sleep(_ASK_AGAIN_SECONDS)
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"filmgate serves [bold]{address}[/] from {settings.data}" + ("" if worker else ", without a worker"))
    console.print(f"  pages   {address}/docs")
    console.print("  a key   filmgate keys create --account me --credits 1000" + _data_hint(settings))
    names = ", ".join(each.name for each in settings.upstream)
    local = "the local animatic engine: previsualisations, not generated video"
    console.print(f"  films   are made by {names or local}")


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:  # noqa: S310 - our own address.
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def _data_hint(settings: Settings) -> str:
    return "" if settings.data == load_settings().data else f" --data {settings.data}"


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket that children may inherit.

    Raises:
        SetupError: the address or the port cannot be had.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as exc:
        raise SetupError(
            f"cannot listen on {host} port {port}: {exc.strerror or exc}.", "Choose another with --host or --port."
        ) from exc
    with listener:
        listener.set_inheritable(True)
        yield listener


@contextmanager
def _only_server_of(data: Path) -> Iterator[None]:
    """Hold the data folder's lock. The system lets go of it when the process ends, however it ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as exc:
        raise SetupError(
            f"the data folder {data} cannot be written: {exc.strerror}.", "Choose another with --data."
        ) from exc
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            raise SetupError(
                f"another filmgate (process {holder}) already serves {data}.", "Stop it or choose another --data."
            ) from exc
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)

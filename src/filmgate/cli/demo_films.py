"""What ``filmgate demo`` does: a server of its own, three orders over real HTTP, three films and a contact sheet."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import aiohttp
from aiohttp import web
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from filmgate import ids
from filmgate.cli.contact_sheet import draw_contact_sheet
from filmgate.cli.demo_inputs import make_inputs
from filmgate.cli.demo_orders import DemoOrder, curl_lines, demo_orders
from filmgate.cli.options import with_accounts
from filmgate.errors import SetupError
from filmgate.money import MICROS_PER_CREDIT
from filmgate.store.accounts import Accounts

_FOLDER = Path("demo")
_CREDITS = 1000
_START_SECONDS = 60.0
_FILM_SECONDS = 180.0
_POLL_SECONDS = 0.2


def make_demo(data: Path | None) -> None:
    """Order one film in each dialect as a customer would, and leave everything in ``./demo/``."""
    console = Console(soft_wrap=True, highlight=False)
    folder = _writable(_FOLDER)
    inputs = make_inputs(folder / "inputs")
    with _server(data or folder / "data", folder / "server.log") as (address, data_folder):
        secret = _new_key(data_folder)
        orders, films = asyncio.run(_order_all(console, address, secret, inputs, folder))
    sheet = folder / "contact-sheet.png"
    draw_contact_sheet([(order.title, order.prompt, film) for order, film in zip(orders, films, strict=True)], sheet)
    (folder / "curl.sh").write_text(curl_lines(secret, data_folder))
    console.print("\nMade by the local animatic engine, a previsualisation and not a generative model:")
    for path in (*films, sheet):
        console.print(f"  [bold]{path}[/]  {path.stat().st_size / 1e6:.1f} MB")
    console.print(f"\nThe same by hand ({folder / 'curl.sh'}):\n")
    console.print((folder / "curl.sh").read_text(), markup=False)


async def _order_all(
    console: Console, address: str, secret: str, inputs: Path, folder: Path
) -> tuple[list[DemoOrder], list[Path]]:
    async with _pictures_served(inputs) as pictures, aiohttp.ClientSession(base_url=address) as session:
        orders = demo_orders(pictures)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[word]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as progress:
            films = await asyncio.gather(*(_order_one(order, session, secret, progress, folder) for order in orders))
        return orders, list(films)


async def _order_one(
    order: DemoOrder, session: aiohttp.ClientSession, secret: str, progress: Progress, folder: Path
) -> Path:
    bar = progress.add_task(f"{order.title:<11} {order.kind:<26}", total=None, word="ordering")
    headers = {"Authorization": f"Bearer {secret}"}
    async with session.post(order.create_path, json=order.body, headers=headers) as answer:
        identifier = order.read_id(await _good(answer))
    async with asyncio.timeout(_FILM_SECONDS):
        while True:
            async with session.get(order.status_path.format(id=identifier), headers=headers) as answer:
                state = order.read_state(await _good(answer))
            # Ink has no progress on its wire; its bar stays a pulse until the film is there.
            progress.update(bar, word=state.word, total=100 if state.progress else None, completed=state.progress or 0)
            if state.error is not None:
                raise SetupError(f"{order.title}: the film failed: {state.error}.", "demo/server.log says more.")
            if state.film_url is not None:
                break
            await asyncio.sleep(_POLL_SECONDS)
    path = folder / f"{order.name}.mp4"
    async with session.get(state.film_url) as answer:
        answer.raise_for_status()
        path.write_bytes(await answer.read())
    progress.update(bar, completed=100, total=100, word="saved")
    return path


async def _good(answer: aiohttp.ClientResponse) -> dict[str, object]:
    body: dict[str, object] = await answer.json()
    if answer.status != 200 or body.get("code", 20000) != 20000:
        raise SetupError(f"the server refused an order: {body}.", "demo/server.log says more.")
    return body


@contextmanager
def _server(data: Path, log: Path) -> Iterator[tuple[str, Path]]:
    """A ``filmgate serve`` of our own; it may fetch the demo's pictures from this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = data.absolute()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "filmgate", "serve", "--data", str(data), "--port", str(port)],
            stdout=output,
            stderr=output,
            env={**os.environ, "FILMGATE_ALLOW_PRIVATE_NETWORKS": "1"},
        )
        try:
            _wait_until_ready(process, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}", data
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:  # noqa: S310
                if answer.status == HTTPStatus.OK:
                    return
        except OSError:
            time.sleep(0.05)
    said = log.read_text(errors="replace").strip().splitlines()
    raise SetupError(f"the server did not start: {said[-1] if said else 'it said nothing'}.", f"{log} says more.")


def _new_key(data: Path) -> str:
    secret = ids.new_key_secret(test=False)

    async def act(accounts: Accounts) -> None:
        now = datetime.now(UTC)
        account = await accounts.open_account("demo", now)
        await accounts.create_key(account.id, name="demo", secret=secret, test=False, quota_micros=0, now=now)
        await accounts.top_up(account.id, _CREDITS * MICROS_PER_CREDIT, "demo", now)

    with_accounts(data, act)
    return secret


@asynccontextmanager
async def _pictures_served(inputs: Path) -> AsyncIterator[str]:
    """The demo's pictures and sound on a loopback address, as a customer's own web server would have them."""
    application = web.Application()
    application.router.add_static("/", inputs)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(exist_ok=True)
        (folder / "server.log").write_bytes(b"")
    except OSError as exc:
        raise SetupError(
            f"{folder.absolute()} cannot be written: {exc.strerror}.", "Run the demo in another folder."
        ) from exc
    return folder

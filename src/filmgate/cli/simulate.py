"""``filmgate simulate``: a vendor that generates nothing and lies on request, to test against."""

import socket
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from filmgate.cli.serve import listening
from filmgate.cli.supervise import stop_requested
from filmgate.errors import SetupError
from filmgate.logs import set_up_logs
from filmgate.settings import load_settings
from filmgate.simulator.lies import Lie, read_rate
from filmgate.simulator.options import DialectName, Options

_GRACE_SECONDS = 1

_PORT_HELP = "The port; 0: any."
_LIE_HELP = "A lie and how often it is told, such as lost-answer=0.05; may be given many times. A name alone: always."


def simulate(
    dialect: Annotated[DialectName, typer.Option(help="Whose API it speaks.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=_PORT_HELP)] = 9100,
    key: Annotated[str | None, typer.Option(help="The one key that is good. Default: any is.")] = None,
    median: Annotated[float, typer.Option(help="The median of the seconds that a film takes.")] = 120.0,
    sigma: Annotated[float, typer.Option(help="How far they lie apart; 0: not at all.")] = 0.3,
    queue: Annotated[float, typer.Option(help="The median of the seconds that every order waits first.")] = 0.0,
    speed: Annotated[float, typer.Option(help="Divides all times.")] = 1.0,
    max_running: Annotated[int | None, typer.Option(help="So many films are made at once; default: any.")] = None,
    lie: Annotated[list[str] | None, typer.Option(metavar="NAME=RATE", help=_LIE_HELP)] = None,
    seed: Annotated[int | None, typer.Option(help="The same orders meet the same times and lies.")] = None,
    honour_idempotency_keys: Annotated[
        bool, typer.Option("--honour-idempotency-keys", help="Know repeated orders by their Idempotency-Key.")
    ] = False,
    film_bytes: Annotated[int, typer.Option(help="Pad films to this size.")] = 0,
    huge_film_bytes: Annotated[int, typer.Option(help="The size of the lie huge-film.")] = 4 * 1024**3,
    link_seconds: Annotated[float | None, typer.Option(help="How long a link is good; default: for ever.")] = None,
    slow_seconds: Annotated[float, typer.Option(help="How long the lie slow takes.")] = 20.0,
    storm_seconds: Annotated[float, typer.Option(help="How long a storm of 429 lasts.")] = 30.0,
    webhook_secret: Annotated[str | None, typer.Option(help="Signs callbacks, where the dialect signs them.")] = None,
    state: Annotated[Path | None, typer.Option(help="A file that outlives the simulator with all its orders.")] = None,
    catalogue: Annotated[Path | None, typer.Option(help="A folder with models beside the shipped ones.")] = None,
) -> None:
    """Simulate a vendor: every call of its API, films of the ordered size and length, and every lie on request."""
    import uvloop

    try:
        options = Options(
            dialect=dialect,
            key=key,
            seed=seed,
            speed=speed,
            median_seconds=median,
            sigma=sigma,
            queue_seconds=queue,
            max_running=max_running,
            honour_idempotency_keys=honour_idempotency_keys,
            film_bytes=film_bytes,
            huge_film_bytes=huge_film_bytes,
            link_seconds=link_seconds,
            slow_seconds=slow_seconds,
            storm_seconds=storm_seconds,
            lies=_rates(lie or []),
            webhook_secret=webhook_secret,
        )
    except ValueError as exc:
        raise SetupError(f"{exc}.", "`filmgate simulate --help` says what can be given.") from exc
    set_up_logs(load_settings())
    with listening(host, port) as listener:
        uvloop.run(_simulate(options, listener, state, catalogue))


async def _simulate(options: Options, listener: socket.socket, state: Path | None, catalogue: Path | None) -> None:
    # The web framework takes a second to import, which other commands need not wait for.
    from filmgate.cli.http_server import collect_rarely, serve_until
    from filmgate.simulator.connection import Connection
    from filmgate.simulator.opening import open_simulator

    stop = await stop_requested()
    async with open_simulator(options, state=state, catalogue=catalogue) as simulator:
        collect_rarely()
        _announce(listener, simulator.base_path, options.dialect)
        # What a lie leaves hanging is nothing to wait for.
        await serve_until(stop, simulator, listener, Connection, log_level="critical", grace_seconds=_GRACE_SECONDS)


def _rates(texts: list[str]) -> dict[Lie, float]:
    return dict(read_rate(text) for text in texts)


def _announce(listener: socket.socket, base_path: str, dialect: DialectName) -> None:
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"filmgate simulates {dialect}; the base URL is [bold]{address}{base_path}[/]")
    console.print(f"  what was ordered, and how it behaves   {address}/simulator")

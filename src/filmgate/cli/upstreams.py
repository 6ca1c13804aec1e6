"""``filmgate upstreams``: who makes which model, and whether each of them can be used."""

import asyncio
from typing import Annotated

import msgspec
import typer
from rich.table import Column, Table

from filmgate.app.services import build_router
from filmgate.app.upstreams import build_upstreams
from filmgate.catalogue.load import load_catalogue
from filmgate.catalogue.model import Route
from filmgate.catalogue.routes import ANY
from filmgate.cli.options import DataOption, print_whole
from filmgate.errors import SetupError
from filmgate.outbound import Outbound
from filmgate.settings import Settings, UpstreamSettings, load_settings
from filmgate.upstreams.check import Checked, check

app = typer.Typer(help="Show who makes the films, and try them.", no_args_is_help=True)

_ANSWERS = {True: "yes", False: "no", None: "?"}


@app.command("list")
def list_upstreams(
    search: Annotated[str, typer.Argument(help="Show only models whose name contains this.")] = "",
    data: DataOption = None,
) -> None:
    """Show by whom each model is made, in the order in which they are asked."""
    settings = load_settings(data)
    catalogue = load_catalogue(settings.catalogue_folder)
    router = build_router(settings, catalogue)
    table = Table(Column("model", no_wrap=True), "asked first, and then", box=None)
    for offer in catalogue.offers():
        if search.lower() in offer.id.lower():
            table.add_row(offer.id, ", ".join(map(_route, router.routes(offer))))
    print_whole(table)


@app.command("check")
def check_upstreams(
    name: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
    data: DataOption = None,
) -> None:
    """Try each upstream without ordering anything: is it there, does it take the key? Exit code 1 if one is no use."""
    settings = load_settings(data)
    chosen = [each for each in settings.upstream if name in (None, each.name)]
    if name is not None and not chosen:
        raise SetupError(f"there is no upstream {name[:80]!r}.", "`filmgate.toml` names them, each as [[upstream]].")
    found = asyncio.run(_check_all(settings, chosen))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    elif not found:
        typer.echo("No upstream is set up: the engine on this machine makes every film.")
    else:
        print_whole(_table(found))
    if not all(each.usable for each in found):
        raise typer.Exit(1)


async def _check_all(settings: Settings, chosen: list[UpstreamSettings]) -> list[Checked]:
    outbound = Outbound(allow_private_networks=settings.allow_private_networks)
    try:
        return await asyncio.gather(*(_check(each, outbound, settings) for each in chosen))
    finally:
        await outbound.close()


async def _check(each: UpstreamSettings, outbound: Outbound, settings: Settings) -> Checked:
    try:
        built = build_upstreams([each], outbound, plain_http_allowed=settings.allow_private_networks)
    except SetupError as exc:
        return Checked(
            name=each.name,
            dialect=each.dialect,
            base_url=each.base_url,
            usable=False,
            reached=False,
            key_taken=None,
            asked="nothing",
            detail=exc.message,
            milliseconds=0,
        )
    return await check(built[each.name], {name for name in each.models.values() if name != ANY})


def _table(found: list[Checked]) -> Table:
    table = Table(
        Column("upstream", no_wrap=True),
        "usable",
        "there",
        "key taken",
        "asked about",
        "ms",
        "models",
        "detail",
        box=None,
    )
    for each in found:
        table.add_row(
            each.name,
            _ANSWERS[each.usable],
            _ANSWERS[each.reached],
            _ANSWERS[each.key_taken],
            each.asked,
            str(each.milliseconds),
            "?" if each.models_listed is None else str(each.models_listed),
            each.detail or (f"does not list {', '.join(each.models_missing)}" if each.models_missing else ""),
        )
    return table


def _route(route: Route) -> str:
    return f"{route.upstream} ({route.model})" if route.model else route.upstream

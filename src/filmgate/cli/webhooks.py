"""``filmgate webhooks``: where an account's news goes, and what it is signed with."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from filmgate.cli.options import AccountOption, DataOption, known_account, plain, with_database
from filmgate.dialects.native.webhook_read import WEBHOOK_PREFIX, read_webhook_id
from filmgate.errors import SetupError
from filmgate.ids import short_form
from filmgate.settings import load_settings
from filmgate.store.accounts import Accounts
from filmgate.store.db import Database
from filmgate.store.webhooks import MOST_ENDPOINTS, Webhooks
from filmgate.task import TERMINAL, Status
from filmgate.webhook import OVERLAP_HOURS, STATUSES, Endpoint, Secret, event_name, event_status
from filmgate.work.placing import broken_receiver

app = typer.Typer(help="Say where an account's news goes, and what it is signed with.", no_args_is_help=True)


@app.command("list")
def list_webhooks(account: AccountOption, data: DataOption = None) -> None:
    """Show an account's endpoints."""

    async def act(database: Database) -> list[Endpoint]:
        owner = await known_account(Accounts(database), account)
        return await Webhooks(database).endpoints(owner.id)

    table = Table(Column("id", no_wrap=True), "url", "events", "state", "description", box=None)
    for endpoint in with_database(data, act):
        table.add_row(
            short_form(WEBHOOK_PREFIX, endpoint.id),
            Text(plain(endpoint.url)),
            " ".join(map(event_name, endpoint.events)),
            f"off since {endpoint.disabled_at:%Y-%m-%d}" if endpoint.disabled_at else "on",
            Text(plain(endpoint.description)),
        )
    Console().print(table)


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="Where the news goes.")],
    account: AccountOption,
    event: Annotated[
        list[str] | None,
        typer.Option("--event", help="What is told, such as task.succeeded; may be repeated. Default: all ends."),
    ] = None,
    description: Annotated[str, typer.Option(help="For people.")] = "",
    data: DataOption = None,
) -> None:
    """Add an endpoint and print its id."""
    events = _events(event or [])
    settings = load_settings(data)
    broken = broken_receiver(
        "url", url, plain_http_allowed=settings.allow_private_networks, link_ports=settings.link_ports
    )
    if broken:
        raise SetupError(f"the url {broken[0].message}.", "Give a public https link.")

    async def act(database: Database) -> Endpoint | None:
        owner = await known_account(Accounts(database), account)
        return await Webhooks(database).add_endpoint(owner.id, url, events, description, datetime.now(UTC))

    endpoint = with_database(data, act)
    if endpoint is None:
        raise SetupError(f"the account has {MOST_ENDPOINTS} endpoints already.", "Remove one first.")
    typer.echo(short_form(WEBHOOK_PREFIX, endpoint.id))


@app.command("remove")
def remove(
    webhook: Annotated[str, typer.Argument(help="The endpoint's id, as `webhooks list` shows it.")],
    account: AccountOption,
    data: DataOption = None,
) -> None:
    """Remove an endpoint. What still waits for it is not sent."""
    endpoint_id = read_webhook_id(webhook)

    async def act(database: Database) -> bool:
        owner = await known_account(Accounts(database), account)
        return endpoint_id is not None and await Webhooks(database).remove_endpoint(owner.id, endpoint_id)

    if not with_database(data, act):
        raise SetupError(f"the account has no endpoint {webhook!r}.", "`filmgate webhooks list` shows them.")
    typer.echo(f"Removed {webhook}.")


@app.command("secret")
def secret(account: AccountOption, data: DataOption = None) -> None:
    """Print what an account's news is signed with: the secret alone is the last line of the output."""

    async def act(database: Database) -> list[Secret]:
        owner = await known_account(Accounts(database), account)
        return await Webhooks(database).secrets(owner.id, datetime.now(UTC))

    _print_secrets(with_database(data, act))


@app.command("rotate")
def rotate(
    account: AccountOption,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=168, help="How long the secret before signs too.")
    ] = OVERLAP_HOURS,
    data: DataOption = None,
) -> None:
    """Make a new secret and print it: it alone is the last line of the output."""

    async def act(database: Database) -> list[Secret]:
        owner = await known_account(Accounts(database), account)
        return await Webhooks(database).rotate_secret(owner.id, timedelta(hours=overlap_hours), datetime.now(UTC))

    _print_secrets(with_database(data, act))


def _events(names: Sequence[str]) -> list[Status]:
    found = [event_status(name) for name in names]
    events = [status for status in found if status is not None]
    if len(events) < len(names):
        wrong = names[found.index(None)]
        raise SetupError(f"{wrong!r} is no event.", f"There are {', '.join(map(event_name, STATUSES))}.")
    return list(dict.fromkeys(events)) or sorted(TERMINAL)


def _print_secrets(secrets: Sequence[Secret]) -> None:
    current, *before = secrets
    for each in before:
        typer.echo(f"One from before signs too until {each.expires_at:%Y-%m-%d %H:%M} UTC.", err=True)
    typer.echo(current.secret)

"""``filmgate deliveries``: what became of an account's news, and telling it again."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from filmgate.cli.options import AccountOption, DataOption, known_account, plain, with_database
from filmgate.dialects.native.webhook_read import DELIVERY_PREFIX, read_delivery_id
from filmgate.errors import SetupError
from filmgate.ids import short_form
from filmgate.store.accounts import Accounts
from filmgate.store.db import Database
from filmgate.store.deliveries import Deliveries
from filmgate.webhook import STATES, Delivery, DeliveryFilter, DeliveryState, event_name

app = typer.Typer(help="Show what became of an account's news, and tell it again.", no_args_is_help=True)

StateOption = Annotated[str | None, typer.Option("--state", help=f"Only these: {', '.join(STATES)}.")]

_REPLAYED_AT_ONCE = 10_000


@app.command("list")
def list_deliveries(
    account: AccountOption,
    state: StateOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    data: DataOption = None,
) -> None:
    """Show an account's deliveries, newest first."""
    wanted = DeliveryFilter(state=_state(state))

    async def act(database: Database) -> list[Delivery]:
        owner = await known_account(Accounts(database), account)
        return await Deliveries(database).page(owner.id, wanted, limit)

    table = Table(Column("id", no_wrap=True), "written", "event", "url", "state", "tries", "last answer", box=None)
    for delivery in with_database(data, act):
        table.add_row(
            short_form(DELIVERY_PREFIX, delivery.id),
            f"{delivery.created_at:%Y-%m-%d %H:%M}",
            event_name(delivery.event),
            Text(plain(delivery.url)),
            delivery.state,
            str(delivery.attempts),
            Text(plain(delivery.error or str(delivery.http_status or ""))),
        )
    Console().print(table)


@app.command("replay")
def replay(
    account: AccountOption,
    delivery: Annotated[
        str | None, typer.Argument(help="The delivery's id; without one, all in the given state are replayed.")
    ] = None,
    state: StateOption = "dead",
    data: DataOption = None,
) -> None:
    """Send deliveries again: one, or all that are dead."""
    wanted = DeliveryFilter(state=_state(state))
    delivery_id = None if delivery is None else read_delivery_id(delivery)
    if delivery is not None and delivery_id is None:
        raise SetupError(f"{delivery!r} is no id of a delivery.", "`filmgate deliveries list` shows them.")

    async def act(database: Database) -> int:
        owner = await known_account(Accounts(database), account)
        if delivery_id is None:
            return await _replay_all(Deliveries(database), owner.id, wanted)
        await Deliveries(database).replay(owner.id, delivery_id, datetime.now(UTC))
        return 1

    count = with_database(data, act)
    typer.echo(f"{count} {'delivery is' if count == 1 else 'deliveries are'} sent again.")


async def _replay_all(deliveries: Deliveries, account_id: UUID, wanted: DeliveryFilter) -> int:
    now = datetime.now(UTC)
    total, after = await deliveries.replay_many(account_id, wanted, now, _REPLAYED_AT_ONCE)
    while after is not None:
        count, after = await deliveries.replay_many(account_id, wanted, now, _REPLAYED_AT_ONCE, after)
        total += count
    return total


def _state(text: str | None) -> DeliveryState | None:
    states: dict[str, DeliveryState] = {state: state for state in STATES}
    if text is not None and text not in states:
        raise SetupError(f"{text!r} is no state of a delivery.", f"There are {', '.join(STATES)}.")
    return states.get(text or "")

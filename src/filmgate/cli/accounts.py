"""``filmgate accounts``: who has how much."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from filmgate import money
from filmgate.cli.options import DataOption, credits_option, known_account, with_accounts
from filmgate.ledger import Balance
from filmgate.store.accounts import Accounts

app = typer.Typer(help="Show accounts and put money into them.", no_args_is_help=True)


@app.command("list")
def list_accounts(data: DataOption = None) -> None:
    """Show every account with its balance in credits."""
    table = Table("account", "available", "reserved", "spent", "paid in", "opened", box=None)
    for account, balance in with_accounts(data, lambda accounts: accounts.all_accounts()):
        amounts = (balance.available, balance.held, balance.spent, balance.funded)
        table.add_row(account.name, *map(money.as_text, amounts), f"{account.created_at:%Y-%m-%d}")
    Console().print(table)


@app.command("top-up")
def top_up(
    account: Annotated[str, typer.Argument(help="The account's name.")],
    credit_amount: Annotated[str, typer.Argument(metavar="CREDITS", help="How much to put in.")],
    note: Annotated[str, typer.Option(help="Kept with the ledger entry.")] = "top-up",
    data: DataOption = None,
) -> None:
    """Put credits into an account."""
    amount = credits_option("CREDITS", credit_amount, least=1)

    async def act(accounts: Accounts) -> Balance:
        owner = await known_account(accounts, account)
        await accounts.top_up(owner.id, amount, note, datetime.now(UTC))
        return await accounts.balance(owner.id)

    typer.echo(f"{account} has {money.as_text(with_accounts(data, act).available)} credits to spend.")

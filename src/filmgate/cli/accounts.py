"""``filmgate accounts``: who has how much, and may use how much."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from filmgate import money
from filmgate.cli import limits as limit_options
from filmgate.cli.limits import (
    DailyOption,
    ModelsOption,
    OpenOrdersOption,
    RequestsOption,
    RetentionOption,
    TotalOption,
    VisibleMarkOption,
    limit_changes,
)
from filmgate.cli.options import (
    MOST_CREDITS,
    DataOption,
    checked_name,
    credits_option,
    known_account,
    with_accounts,
    with_database,
)
from filmgate.errors import InsufficientFunds, SetupError
from filmgate.ledger import Balance
from filmgate.settings import Settings, load_settings
from filmgate.store.accounts import Account, Accounts
from filmgate.store.db import Database
from filmgate.store.usage import Usage, account_usage

app = typer.Typer(help="Open accounts, put money into them, and say how much they may use.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The account's name.")]


@app.command("list")
def list_accounts(data: DataOption = None) -> None:
    """Show every account with its balance in credits and its limits."""
    table = Table("account", "available", "reserved", "spent", "paid in", "opened", "limits", box=None)
    for account, balance in with_accounts(data, lambda accounts: accounts.all_accounts()):
        amounts = (balance.available, balance.held, balance.spent, balance.funded)
        words = limit_options.as_words(account.limits, retention=account.retention_hours, marked=account.visible_mark)
        table.add_row(Text(account.name), *map(money.as_text, amounts), f"{account.created_at:%Y-%m-%d}", Text(words))
    Console().print(table)


@app.command("create")
def create(name: NameArgument, data: DataOption = None) -> None:
    """Open an account without money and without limits."""
    name = checked_name("NAME", name)

    async def act(accounts: Accounts) -> None:
        if await accounts.find_account(name) is not None:
            raise SetupError(f"there is an account {name!r} already.", "Choose another name.")
        await accounts.open_account(name, datetime.now(UTC))

    with_accounts(data, act)
    typer.echo(f"Opened {name}. `filmgate keys create` makes a key for it, `filmgate accounts set` its limits.")


@app.command("show")
def show(name: NameArgument, data: DataOption = None) -> None:
    """Show an account with its balance, what it uses, and what it may use."""

    async def act(database: Database) -> tuple[Account, Balance, Usage]:
        accounts = Accounts(database)
        account = await known_account(accounts, name)
        usage = await account_usage(database, account.id, datetime.now(UTC))
        return account, await accounts.balance(account.id), usage

    table = Table(box=None, show_header=False)
    for word, text in _about(*with_database(data, act), load_settings(data)):
        table.add_row(word, Text(text))
    Console(soft_wrap=True, highlight=False).print(table)


@app.command("set")
def set_limits(
    name: NameArgument,
    requests_per_minute: RequestsOption = None,
    max_open_orders: OpenOrdersOption = None,
    daily_credits: DailyOption = None,
    total_credits: TotalOption = None,
    models: ModelsOption = None,
    retention_hours: RetentionOption = None,
    visible_mark: VisibleMarkOption = None,
    data: DataOption = None,
) -> None:
    """Say how much an account may use, all its keys together, and what becomes of its films.

    What is not named stays as it is. Orders of test keys count for requests and models alone.
    """
    changes = limit_changes(
        data,
        requests_per_minute=requests_per_minute,
        max_open_orders=max_open_orders,
        daily_credits=daily_credits,
        total_credits=total_credits,
        models=models,
    )
    if not changes and retention_hours is None and visible_mark is None:
        raise SetupError("there is nothing to set.", "Name at least one option; --help shows them.")
    kept_hours = None if retention_hours is None else limit_options.retention_hours(retention_hours)

    async def act(accounts: Accounts) -> Account:
        account = await known_account(accounts, name)
        limits = msgspec.structs.replace(account.limits, **changes)
        hours = account.retention_hours if retention_hours is None else kept_hours
        await accounts.set_account(account.id, limits, hours)
        if visible_mark is not None:
            await accounts.set_visible_mark(account.id, visible_mark)
        return await accounts.account(account.id)

    account = with_accounts(data, act)
    words = limit_options.as_words(account.limits, retention=account.retention_hours, marked=account.visible_mark)
    typer.echo(f"{name}: {words or 'no limits'}.")


@app.command("top-up")
def top_up(
    account: NameArgument,
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


# A negative amount must not be taken for an option.
@app.command("adjust", context_settings={"ignore_unknown_options": True})
def adjust(
    name: NameArgument,
    credit_amount: Annotated[str, typer.Argument(metavar="CREDITS", help="How much to add, or to take: -2.5.")],
    note: Annotated[str, typer.Option(help="Why; kept with the ledger entry.")],
    data: DataOption = None,
) -> None:
    """Put an account right by hand, with an entry of its own in the ledger."""
    amount = credits_option("CREDITS", credit_amount, least=-MOST_CREDITS * money.MICROS_PER_CREDIT)
    if amount == 0 or not note.strip():
        raise SetupError("an adjustment needs an amount and a note.", "Say how much, and why.")

    async def act(accounts: Accounts) -> Balance:
        account = await known_account(accounts, name)
        try:
            await accounts.adjust(account.id, amount, note, datetime.now(UTC))
        except InsufficientFunds as exc:
            left = money.as_text(exc.available_micros)
            raise SetupError(f"{name} has only {left} credits to take.", "Take less.") from exc
        return await accounts.balance(account.id)

    typer.echo(f"{name} has {money.as_text(with_accounts(data, act).available)} credits to spend.")


def _about(account: Account, balance: Balance, usage: Usage, settings: Settings) -> list[tuple[str, str]]:
    limits = account.limits
    hours = account.retention_hours
    return [
        ("account", account.name),
        ("id", str(account.id)),
        ("opened", f"{account.created_at:%Y-%m-%d %H:%M} UTC"),
        ("keys", f"{usage.valid_keys} valid, {usage.revoked_keys} revoked"),
        ("paid in", _credits(balance.funded)),
        ("available", _credits(balance.available)),
        ("reserved", _credits(balance.held)),
        ("spent", _credits(balance.spent)),
        ("open orders", _beside(str(usage.open_orders), limits.max_open_orders)),
        ("spent today", _beside(_credits(usage.day_micros), _text_of(limits.daily_micros))),
        ("spent in all", _beside(_credits(balance.held + balance.spent), _text_of(limits.total_micros))),
        ("requests", "no limit" if limits.requests_per_minute is None else f"{limits.requests_per_minute} a minute"),
        ("models", "all" if limits.models is None else ", ".join(limits.models)),
        ("films are marked", "all" if account.visible_mark else "where it is ordered"),
        ("films are kept", f"{settings.result_retention_hours} hours (default)" if hours is None else f"{hours} hours"),
    ]


def _beside(used: str, most: int | str | None) -> str:
    return f"{used}, no limit" if most is None else f"{used} of at most {most}"


def _credits(amount: money.Micros) -> str:
    return f"{money.as_text(amount)} credits"


def _text_of(amount: money.Micros | None) -> str | None:
    return None if amount is None else money.as_text(amount)

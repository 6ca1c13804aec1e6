"""``filmgate keys``: give out, list, limit and revoke API keys."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from filmgate import ids, money
from filmgate.cli import limits as limit_options
from filmgate.cli.limits import DailyOption, ModelsOption, OpenOrdersOption, RequestsOption, limit_changes
from filmgate.cli.options import DataOption, checked_name, credits_option, known_account, with_accounts
from filmgate.errors import SetupError
from filmgate.ledger import Balance
from filmgate.store.accounts import Account, Accounts, Key

app = typer.Typer(help="Give out, list, limit and revoke API keys.", no_args_is_help=True)

_SECRET_LENGTHS = range(12, 201)

KeyArgument = Annotated[str, typer.Argument(help="The key's name, or the first characters that `keys list` shows.")]


@app.command("create")
def create(
    account: Annotated[str, typer.Option(help="The account the key belongs to; opened when it is new.")],
    credit_amount: Annotated[str, typer.Option("--credits", help="Credits to put into the account.")] = "0",
    name: Annotated[str, typer.Option(help="What the key is for, shown in lists.")] = "",
    quota: Annotated[str, typer.Option(help="Credits this key may spend in all; 0 is unlimited.")] = "0",
    test: Annotated[bool, typer.Option("--test", help="A test key: never costs, never leaves this machine.")] = False,
    secret: Annotated[str | None, typer.Option(help="Import this text as the key instead of making one.")] = None,
    requests_per_minute: RequestsOption = None,
    max_open_orders: OpenOrdersOption = None,
    daily_credits: DailyOption = None,
    models: ModelsOption = None,
    data: DataOption = None,
) -> None:
    """Make a key and print it, once: the secret alone is the last line of the output."""
    account, name = checked_name("--account", account), checked_name("--name", name or account)
    paid_in, quota_micros = credits_option("--credits", credit_amount), credits_option("--quota", quota)
    secret = ids.new_key_secret(test=test) if secret is None else _checked_secret(secret)
    changes = limit_changes(
        data,
        requests_per_minute=requests_per_minute,
        max_open_orders=max_open_orders,
        daily_credits=daily_credits,
        models=models,
    )

    async def act(accounts: Accounts) -> Balance:
        now = datetime.now(UTC)
        owner = await accounts.open_account(account, now)
        key = await accounts.create_key(
            owner.id, name=name, secret=secret, test=test, quota_micros=quota_micros, now=now
        )
        if changes:
            await accounts.set_key(key.id, msgspec.structs.replace(key.limits, **changes), key.quota_micros)
        if paid_in:
            await accounts.top_up(owner.id, paid_in, "keys create", now)
        return await accounts.balance(owner.id)

    balance = with_accounts(data, act)
    kind = "a test key, its orders cost nothing" if test else f"{money.as_text(balance.available)} credits to spend"
    typer.echo(f"Key for account {account}: {kind}. It is shown this once:", err=True)
    typer.echo(secret)


@app.command("list")
def list_keys(
    account: Annotated[str | None, typer.Option(help="Only this account's keys.")] = None,
    data: DataOption = None,
) -> None:
    """Show all keys, without their secrets."""

    async def act(accounts: Accounts) -> list[tuple[Account, Key]]:
        return await accounts.keys(None if account is None else (await known_account(accounts, account)).id)

    table = Table("account", "name", "key", "kind", "quota", "used", "made", "state", "limits", box=None)
    for owner, key in with_accounts(data, act):
        table.add_row(
            Text(owner.name),
            Text(key.name),
            Text(f"{key.hint}…"),
            "test" if key.test else "live",
            money.as_text(key.quota_micros) if key.quota_micros else "unlimited",
            money.as_text(key.used_micros),
            f"{key.created_at:%Y-%m-%d}",
            f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "valid",
            Text(limit_options.as_words(key.limits)),
        )
    Console().print(table)


@app.command("set")
def set_limits(
    key: KeyArgument,
    requests_per_minute: RequestsOption = None,
    max_open_orders: OpenOrdersOption = None,
    daily_credits: DailyOption = None,
    models: ModelsOption = None,
    quota: Annotated[
        str | None, typer.Option(metavar="X|none", help="Credits this key may spend in all, from its first order on.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Say how much a key may use, beside what its account may. What is not named stays as it is."""
    changes = limit_changes(
        data,
        requests_per_minute=requests_per_minute,
        max_open_orders=max_open_orders,
        daily_credits=daily_credits,
        models=models,
    )
    if not changes and quota is None:
        raise SetupError("there is nothing to set.", "Name at least one option; --help shows them.")
    quota_micros = None if quota is None else limit_options.quota_micros(quota)

    async def act(accounts: Accounts) -> Key:
        found = await accounts.find_key(key.removesuffix("…"))
        if found is None:
            raise _no_such_key(key)
        limits = msgspec.structs.replace(found.limits, **changes)
        await accounts.set_key(found.id, limits, found.quota_micros if quota_micros is None else quota_micros)
        return await accounts.key(found.id) or found

    now = with_accounts(data, act)
    words = [f"quota {money.as_text(now.quota_micros)}"] if now.quota_micros else []
    words += [text] if (text := limit_options.as_words(now.limits)) else []
    typer.echo(f"{now.hint}… ({now.name}): {', '.join(words) or 'no limits'}.")


@app.command("revoke")
def revoke(key: KeyArgument, data: DataOption = None) -> None:
    """End a key. Orders it made go on; new requests with it are refused within seconds."""
    revoked = with_accounts(data, lambda accounts: accounts.revoke_key(key.removesuffix("…"), datetime.now(UTC)))
    if revoked is None:
        raise _no_such_key(key)
    typer.echo(f"Revoked {revoked.hint}… ({revoked.name}).")


def _no_such_key(key: str) -> SetupError:
    return SetupError(f"there is no one valid key called {key!r}.", "`filmgate keys list` shows them.")


def _checked_secret(secret: str) -> str:
    # What an Authorization header can carry, and long enough not to be guessed.
    if len(secret) not in _SECRET_LENGTHS or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise SetupError("--secret must be 12 to 200 visible ASCII characters without spaces.", "Choose another one.")
    return secret

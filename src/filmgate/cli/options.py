"""What several commands share: the data folder option, amounts of credits, the database they open."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from filmgate import money
from filmgate.errors import SetupError
from filmgate.objects import Objects
from filmgate.settings import Settings, load_settings
from filmgate.store.accounts import Account, Accounts
from filmgate.store.db import Database
from filmgate.store.embedded import start_embedded
from filmgate.store.migrate import migrate

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="The data folder. Default: $FILMGATE_DATA, else ~/.local/share/filmgate."),
]

AccountOption = Annotated[str, typer.Option("--account", help="The account's name.")]

Answer = TypeVar("Answer")

MOST_CREDITS = 10**12

_NAME_LENGTHS = range(1, 201)
_WIDEST = 1000


@contextmanager
def running_database(settings: Settings, *, kept: bool = False) -> Iterator[str]:
    """The address of a database that runs and has the current schema, for as long as the block lasts.

    The embedded one is started when nobody uses it yet and stopped with its last user. ``kept``: should it die
    meanwhile, it is started again.

    Raises:
        SetupError: it cannot be started, reached or brought up to date.
    """
    if settings.database_url is not None:
        migrate(settings.database_url)
        yield settings.database_url
        return
    embedded = start_embedded(settings.data)
    try:
        migrate(embedded.url)
        with embedded.kept_running() if kept else nullcontext():
            yield embedded.url
    finally:
        embedded.stop()


def print_whole(table: Table) -> None:
    """Print a table as wide as it needs to be: an id that was cut cannot be copied. A terminal wraps long lines."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.width = max(console.width, Console(width=_WIDEST).measure(table).maximum)
    console.print(table)


def plain(text: str) -> str:
    """What strangers wrote, for people at a terminal: in one line, and steering neither the terminal nor the direction
    of what stands beside it."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def with_database(data: Path | None, act: Callable[[Database], Awaitable[Answer]]) -> Answer:
    """Do one thing with the database of a data folder, whether or not a server runs on it."""

    async def run(url: str) -> Answer:
        database = await Database.open(url, connections=1)
        try:
            return await act(database)
        finally:
            await database.close()

    with running_database(load_settings(data)) as url:
        return asyncio.run(run(url))


def with_accounts(data: Path | None, act: Callable[[Accounts], Awaitable[Answer]]) -> Answer:
    """The same with its accounts."""
    return with_database(data, lambda database: act(Accounts(database)))


def save_object(data: Path | None, object_name: str | None, path: Path) -> None:
    """Write an object of the data folder's store to a file, and say so.

    Raises:
        SetupError: there is none.
    """
    if object_name is None:
        raise SetupError("There are no bytes to save.", "It has no file, or the file was deleted.")
    asyncio.run(Objects.open(load_settings(data).object_store).fetch_to(object_name, path))
    typer.echo(f"Saved as {path}.")


async def known_account(accounts: Accounts, name: str) -> Account:
    """The account of that name.

    Raises:
        SetupError: there is none.
    """
    account = await accounts.find_account(name)
    if account is None:
        raise SetupError(f"there is no account {name!r}.", "`filmgate accounts list` shows them.")
    return account


def credits_option(option: str, text: str, *, least: money.Micros = 0) -> money.Micros:
    """An amount of credits from the command line, in micro-credits.

    Raises:
        SetupError: it is no amount, or out of range.
    """
    mend = "Give a number such as 100 or 0.5."
    try:
        amount = money.micros_from_credits(text)
    except ValueError as exc:
        raise SetupError(f"{option}: {exc}.", mend) from exc
    if not least <= amount < MOST_CREDITS * money.MICROS_PER_CREDIT:
        raise SetupError(f"{option} must be at least {money.as_text(least)} and below {MOST_CREDITS}.", mend)
    return amount


def checked_name(option: str, text: str) -> str:
    """The name of an account or a key, without spaces around it.

    Raises:
        SetupError: people could not read it.
    """
    if len(text.strip()) not in _NAME_LENGTHS or not text.isprintable():
        raise SetupError(f"{option} must be 1 to 200 printable characters.", "Choose another name.")
    return text.strip()

"""``filmgate consents``: what real people agreed to, whom it covers, and what was made under it."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from filmgate.cli.options import AccountOption, DataOption, known_account, plain, save_object, with_database
from filmgate.consent import Consent, read_consent_id, show_consent_id
from filmgate.dialects import build_dialects
from filmgate.errors import SetupError
from filmgate.store.accounts import Accounts
from filmgate.store.consents import Consents
from filmgate.store.db import Database
from filmgate.store.tasks import Tasks
from filmgate.task import Task

app = typer.Typer(help="See the consents of real people, and whom they cover.", no_args_is_help=True)

ConsentArgument = Annotated[str, typer.Argument(metavar="ID", help="As `consents list` shows it.")]

_MOST_TASKS = 1000


@app.command("list")
def list_consents(
    account: AccountOption,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    data: DataOption = None,
) -> None:
    """Show the consents that an account gave or that cover it, newest first."""

    async def act(database: Database) -> list[Consent]:
        found = await known_account(Accounts(database), account)
        return await Consents(database).page(found.id, after=None, limit=limit)

    table = Table(Column("id", no_wrap=True), "person", "since", "until", "models", "revoked", box=None)
    for consent in with_database(data, act):
        table.add_row(
            show_consent_id(consent.id),
            Text(plain(consent.person)),
            f"{consent.created_at:%Y-%m-%d}",
            "" if consent.valid_until is None else f"{consent.valid_until:%Y-%m-%d}",
            "all" if consent.models is None else ", ".join(consent.models),
            "" if consent.revoked_at is None else f"{consent.revoked_at:%Y-%m-%d}",
        )
    Console().print(table)


@app.command("show")
def show(
    consent: ConsentArgument,
    save: Annotated[Path | None, typer.Option(help="Write the file that proves it here.")] = None,
    data: DataOption = None,
) -> None:
    """Show one consent with its proof, and every order of any account that was accepted under it, newest first."""
    consent_id = _consent_id(consent)

    async def act(database: Database) -> tuple[list[str], list[Task], str | None]:
        consents, tasks = Consents(database), Tasks(database)
        found = await _known(consents, consent_id, consent)
        names = [(await Accounts(database).account(each)).name for each in (found.account_id, *found.shared_with)]
        ids = await consents.tasks_under(consent_id, None, after=None, limit=_MOST_TASKS)
        made = await tasks.get_many(ids)
        count = await consents.count_under(consent_id, None)
        lines = [*_about(found, names), f"orders: {count}"]
        return lines, [made[task_id] for task_id in ids if task_id in made], found.evidence_object

    lines, made, proof = with_database(data, act)
    dialects = build_dialects()
    for line in lines:
        typer.echo(plain(line))
    for task in made:
        shown_id = dialects.named(task.dialect).show_id(task.id)
        typer.echo(f"  {task.created_at:%Y-%m-%d %H:%M} {shown_id} {task.request.model} {task.status}")
    if save is not None:
        save_object(data, proof, save)


@app.command("share")
def share(consent: ConsentArgument, account: AccountOption, data: DataOption = None) -> None:
    """Let a consent cover another account too, for assets of its own."""
    _change(data, consent, account, shared=True)


@app.command("unshare")
def unshare(consent: ConsentArgument, account: AccountOption, data: DataOption = None) -> None:
    """Let a consent cover another account no longer; what it ordered meanwhile goes on."""
    _change(data, consent, account, shared=False)


def _change(data: Path | None, shown_id: str, account: str, *, shared: bool) -> None:
    consent_id = _consent_id(shown_id)

    async def act(database: Database) -> None:
        consents = Consents(database)
        found = await _known(consents, consent_id, shown_id)
        other = await known_account(Accounts(database), account)
        if other.id == found.account_id:
            raise SetupError(f"{account} gave the consent itself.", "Name another account.")
        await (consents.share if shared else consents.unshare)(consent_id, other.id)

    with_database(data, act)
    typer.echo(f"{shown_id} {'covers' if shared else 'does not cover'} {account}.")


def _about(consent: Consent, accounts: list[str]) -> list[str]:
    """A consent in lines. The first of the accounts gave it."""
    lines = [
        f"person: {consent.person}",
        f"account: {accounts[0]}",
        f"covers too: {', '.join(accounts[1:]) or 'nobody'}",
        f"models: {'all' if consent.models is None else ', '.join(consent.models)}",
        f"given: {consent.created_at:%Y-%m-%d %H:%M}, {consent.given_by}",
        f"until: {'it is revoked' if consent.valid_until is None else f'{consent.valid_until:%Y-%m-%d %H:%M}'}",
        f"evidence: {consent.evidence}",
    ]
    if consent.evidence_object is not None:
        lines.append(f"evidence file: {consent.evidence_object}, sha256 {consent.evidence_sha256}")
    if consent.revoked_at is not None:
        lines.append(f"revoked: {consent.revoked_at:%Y-%m-%d %H:%M}, {consent.revoked_because}")
    return lines


async def _known(consents: Consents, consent_id: UUID, shown_id: str) -> Consent:
    found = await consents.anyones(consent_id)
    if found is None:
        raise _unknown(shown_id)
    return found


def _consent_id(text: str) -> UUID:
    consent_id = read_consent_id(text.strip())
    if consent_id is None:
        raise _unknown(text)
    return consent_id


def _unknown(text: str) -> SetupError:
    return SetupError(f"there is no consent {text[:60]!r}.", "`filmgate consents list` shows an account's.")

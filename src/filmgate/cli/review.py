"""``filmgate review``: what waits for a person to look at it, and deciding it."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from filmgate.cli.options import DataOption, plain, save_object, with_database
from filmgate.errors import SetupError
from filmgate.review import STATES, Decision, Review, ReviewState, read_review_id, show_review_id
from filmgate.store.accounts import Accounts
from filmgate.store.asset_files import AssetFiles
from filmgate.store.db import Database
from filmgate.store.reviews import Outcome, Reviews
from filmgate.store.secrets import moderation_secret
from filmgate.store.tasks import Tasks

app = typer.Typer(help="Look at what waits for review, and decide it.", no_args_is_help=True)

ReviewArgument = Annotated[str, typer.Argument(metavar="ID", help="As `review list` shows it.")]
ReasonOption = Annotated[str, typer.Option(help="Why; the customer reads it.")]
WhoOption = Annotated[str | None, typer.Option("--by", help="Who decides, for the record. Default: your user's name.")]


@app.command("list")
def list_reviews(
    state: Annotated[str, typer.Option(help=f"Only these: {', '.join(STATES)}, or all.")] = "pending",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    data: DataOption = None,
) -> None:
    """Show reviews of all accounts, oldest first."""
    wanted = _state(state)

    async def act(database: Database) -> list[tuple[Review, str]]:
        accounts = Accounts(database)
        found = await Reviews(database).page(wanted, after=None, limit=limit)
        return [(review, (await accounts.account(review.account_id)).name) for review in found]

    table = Table(Column("id", no_wrap=True), "since", "account", "of", "state", "reason", box=None)
    for review, account in with_database(data, act):
        table.add_row(
            show_review_id(review.id),
            f"{review.created_at:%Y-%m-%d %H:%M}",
            Text(account),
            "a file" if review.task_id is None else "a prompt",
            review.state,
            Text(plain(review.reason)),
        )
    Console().print(table)


@app.command("show")
def show(
    review: ReviewArgument,
    save: Annotated[Path | None, typer.Option(help="Write the file that it is about here.")] = None,
    data: DataOption = None,
) -> None:
    """Show what a review is about, and all that was decided."""
    review_id = _review_id(review)

    async def act(database: Database) -> tuple[list[str], list[Decision], str | None]:
        reviews = Reviews(database)
        found = await reviews.get(review_id)
        if found is None:
            raise _unknown(review)
        about, name = await _about(database, found)
        return about, await reviews.decisions(review_id), name

    about, decisions, object_name = with_database(data, act)
    for line in about:
        typer.echo(plain(line))
    for decision in decisions:
        who = f" ({decision.who})" if decision.who else ""
        said = f"{decision.state} by {decision.by}{who}: {decision.reason}"
        typer.echo(f"{decision.decided_at:%Y-%m-%d %H:%M} {plain(said)}")
    if save is not None:
        save_object(data, object_name, save)


@app.command("approve")
def approve(review: ReviewArgument, reason: ReasonOption = "", who: WhoOption = None, data: DataOption = None) -> None:
    """Approve a file or a prompt; what waits for it goes on."""
    _decide(data, review, "approved", reason, who)


@app.command("reject")
def reject(
    review: ReviewArgument,
    reason: Annotated[str, typer.Option(help="Why; the customer reads it.")],
    who: WhoOption = None,
    data: DataOption = None,
) -> None:
    """Reject a file or a prompt. Assets of a file cannot be ordered with; an order that waits fails without cost."""
    _decide(data, review, "rejected", reason, who)


@app.command("secret")
def secret(data: DataOption = None) -> None:
    """Print what questions to the moderator and its answers are signed with."""
    typer.echo(with_database(data, moderation_secret))


def _decide(data: Path | None, shown_id: str, state: ReviewState, reason: str, who: str | None) -> None:
    review_id, by = _review_id(shown_id), who or _user()

    async def act(database: Database) -> Outcome:
        return await Reviews(database).decide(
            review_id, state, by="operator", who=by, reason=reason, now=datetime.now(UTC)
        )

    match with_database(data, act):
        case "decided":
            typer.echo(f"{shown_id} is {state}.")
        case "same":
            typer.echo(f"{shown_id} was {state} already.")
        case "closed":
            raise SetupError(f"{shown_id} was decided otherwise, and a prompt is decided once.", "Nothing is changed.")
        case "unknown":
            raise _unknown(shown_id)


async def _about(database: Database, review: Review) -> tuple[list[str], str | None]:
    """What a review is about, in lines, and the name of its object."""
    lines = [f"{show_review_id(review.id)} is {review.state}: {review.reason}"]
    if review.task_id is not None:
        task = await Tasks(database).get(review.task_id)
        return [*lines, *([] if task is None else [f"{task.request.model}: {task.request.prompt}"])], None
    file = None if review.file_id is None else await AssetFiles(database).get(review.file_id)
    if file is None:
        return lines, None
    return [*lines, f"{file.kind}, {file.size_bytes} bytes, sha256 {file.sha256}"], file.object_name


def _state(text: str) -> ReviewState | None:
    states: dict[str, ReviewState | None] = {**{state: state for state in STATES}, "all": None}
    if text not in states:
        raise SetupError(f"{text[:40]!r} is no state of a review.", f"There are {', '.join(states)}.")
    return states[text]


def _review_id(text: str) -> UUID:
    review_id = read_review_id(text.strip())
    if review_id is None:
        raise _unknown(text)
    return review_id


def _unknown(text: str) -> SetupError:
    return SetupError(f"there is no review {text[:60]!r}.", "`filmgate review list` shows them.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"

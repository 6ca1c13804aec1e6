"""``filmgate attempts``: what is at vendors, and doubts that are settled by hand."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from filmgate.app.services import utc_now
from filmgate.app.upstreams import build_upstreams
from filmgate.attempt import Attempt
from filmgate.cli.options import DataOption, print_whole, with_database
from filmgate.dialects import build_dialects
from filmgate.errors import SetupError
from filmgate.outbound import Outbound
from filmgate.settings import Settings, load_settings
from filmgate.store.attempts import Attempts
from filmgate.store.db import Database
from filmgate.store.tasks import Tasks
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.by_hand import ByHand
from filmgate.work.steps import Steps

app = typer.Typer(help="Show what is at vendors, and settle doubts by hand.", no_args_is_help=True)

TaskArgument = Annotated[str, typer.Argument(metavar="TASK", help="The order's id, as any of the APIs shows it.")]


@app.command("list")
def list_attempts(
    in_doubt: Annotated[bool, typer.Option("--in-doubt", help="Only those whose answer was lost.")] = False,
    upstream: Annotated[str | None, typer.Option("--upstream", help="Only at this one.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 100,
    data: DataOption = None,
) -> None:
    """Show the open attempts at vendors, the oldest first."""

    async def act(database: Database) -> list[Attempt]:
        return await Attempts(database).open_remote(upstream, limit, only_in_doubt=in_doubt)

    show_id = build_dialects().native.show_id
    table = Table("task", "try", "upstream", "begun", "state", "vendor's id", "looks", "detail", box=None)
    for attempt in with_database(data, act):
        table.add_row(
            show_id(attempt.task_id),
            str(attempt.number),
            attempt.upstream,
            f"{attempt.started_at:%Y-%m-%d %H:%M:%S}",
            _state(attempt, datetime.now(UTC)),
            attempt.vendor_id or "",
            str(attempt.looks),
            attempt.detail or "",
        )
    print_whole(table)


@app.command("adopt")
def adopt(
    task: TaskArgument,
    vendor_id: Annotated[str, typer.Argument(metavar="VENDOR_ID", help="The vendor's id for what it made of it.")],
    data: DataOption = None,
) -> None:
    """Say under which id a vendor has an order that is in doubt. The vendor is asked about it first; then a worker
    follows it."""
    settings, task_id = load_settings(data), _task_id(task)

    async def act(by_hand: ByHand) -> str:
        order, attempt = await by_hand.doubtful(task_id)
        outbound = Outbound(allow_private_networks=settings.allow_private_networks)
        try:
            upstream = _upstream(settings, attempt.upstream, outbound)
            return f"{attempt.upstream} has it: {await by_hand.adopt(order, attempt, upstream, vendor_id)}."
        finally:
            await outbound.close()

    typer.echo(_with_hand(data, act))


@app.command("abandon")
def abandon(
    task: TaskArgument,
    resubmit: Annotated[
        bool, typer.Option("--resubmit", help="Send it again, at the risk that the first one is billed too.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Give up an attempt that is in doubt: the order fails and costs nothing, unless it is to be sent again."""
    task_id = _task_id(task)

    async def act(by_hand: ByHand) -> str:
        await by_hand.abandon(*await by_hand.doubtful(task_id), resubmits=resubmit)
        return "It is sent again." if resubmit else "The order has failed, and its money is given back."

    typer.echo(_with_hand(data, act))


def _with_hand(data: Path | None, act: Callable[[ByHand], Awaitable[str]]) -> str:
    async def run(database: Database) -> str:
        return await act(ByHand(Steps(tasks=Tasks(database), attempts=Attempts(database), clock=utc_now)))

    return with_database(data, run)


def _upstream(settings: Settings, name: str, outbound: Outbound) -> RemoteUpstream:
    """The one upstream that is to be asked; the keys of the others need not be there."""
    found = [each for each in settings.upstream if each.name == name]
    if not found:
        raise SetupError(
            f"the upstream {name!r} is not set up any more.",
            "Set it up again to ask it, or give the attempt up with `filmgate attempts abandon`.",
        )
    return build_upstreams(found, outbound, plain_http_allowed=settings.allow_private_networks)[name]


def _task_id(text: str) -> UUID:
    task_id = build_dialects().read_id(text.strip())
    if task_id is None:
        raise SetupError(f"{text[:80]!r} is not the id of an order.", "`filmgate attempts list` shows them.")
    return task_id


def _state(attempt: Attempt, now: datetime) -> str:
    if attempt.doubt_since is not None:
        return f"in doubt for {_age(now - attempt.doubt_since)}"
    return "being sent" if attempt.vendor_id is None else attempt.vendor_state or "sent"


def _age(age: timedelta) -> str:
    return str(age).partition(".")[0]

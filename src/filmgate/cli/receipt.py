"""``filmgate receipt``: what one order cost and why."""

from typing import Annotated

import msgspec
import typer

from filmgate.cli.options import DataOption, with_database
from filmgate.dialects import build_dialects
from filmgate.dialects.native.receipt import Receipt
from filmgate.errors import SetupError
from filmgate.store.attempts import Attempts
from filmgate.store.db import Database
from filmgate.store.ledger import Ledger
from filmgate.store.tasks import Tasks
from filmgate.work.receipt import receipt as written_receipt


def receipt(
    task: Annotated[str, typer.Argument(metavar="ID", help="The order's id, as any of the APIs shows it.")],
    data: DataOption = None,
) -> None:
    """Print an order's receipt as JSON: its price, its attempts, and every ledger entry that belongs to it."""
    dialects = build_dialects()
    task_id = dialects.read_id(task.strip())
    if task_id is None:
        raise SetupError(f"{task[:80]!r} is not the id of an order.", "Give it as one of the APIs showed it.")

    async def act(database: Database) -> Receipt:
        found = await Tasks(database).get(task_id)
        if found is None:
            raise SetupError(f"there is no order {task[:80]}.", "See whether it is of this data folder or database.")
        return await written_receipt(
            Attempts(database), Ledger(database), found, dialects.named(found.dialect).show_id(task_id)
        )

    typer.echo(msgspec.json.format(msgspec.json.encode(with_database(data, act)), indent=2))

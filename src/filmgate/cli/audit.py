"""``filmgate audit``: prove that the books are right."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from filmgate.cli.options import DataOption, with_database
from filmgate.store.audit import Audit
from filmgate.store.audit import audit as run_audit


def audit(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything that was found as JSON.")] = False,
    data: DataOption = None,
) -> None:
    """Prove that every account balances and every order was charged once or not at all; else print the offenders.

    The exit code is 0 when everything is proven and 1 when something is not.
    """
    found = with_database(data, run_audit)
    if as_json:
        said = {"is_proven": found.is_proven, **msgspec.to_builtins(found)}
        typer.echo(msgspec.json.format(msgspec.json.encode(said), indent=2))
    else:
        _show(found)
    if not found.is_proven:
        raise typer.Exit(1)


def _show(found: Audit) -> None:
    console = Console(soft_wrap=True, highlight=False)
    table = Table("", "of", "what", box=None)
    for proof in found.proofs:
        verdict = Text("wrong", style="red") if proof.offenders else Text("proven", style="green")
        table.add_row(verdict, f"{found.counts[proof.of]:,} {proof.of}", proof.what)
    console.print(table)
    for proof in found.proofs:
        for offender in proof.offenders:
            console.print(Text(offender))
        if proof.more:
            console.print(f"and {proof.more:,} more of this kind")

"""The command line: the list of commands, and how an error of ours ends one."""

import sys

import typer
from rich.console import Console

from filmgate.cli import (
    accounts,
    api_process,
    attempts,
    audit,
    consents,
    deliveries,
    demo,
    doctor,
    keys,
    models,
    receipt,
    review,
    serve,
    simulate,
    upstreams,
    verify,
    webhooks,
    work,
)
from filmgate.errors import FilmgateError

app = typer.Typer(
    name="filmgate",
    help="A self-hosted platform for generated video that speaks the APIs people already write against.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(serve.serve)
app.command("work")(work.work)
app.add_typer(keys.app, name="keys")
app.add_typer(accounts.app, name="accounts")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(review.app, name="review")
app.add_typer(consents.app, name="consents")
app.add_typer(upstreams.app, name="upstreams")
app.add_typer(attempts.app, name="attempts")
app.command("models")(models.models)
app.command("audit")(audit.audit)
app.command("receipt")(receipt.receipt)
app.command("verify")(verify.verify)
app.command("simulate")(simulate.simulate)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("api-process", hidden=True)(api_process.api_process)


def main() -> None:
    """Run the command; an error of ours is one line and exit code 1, never a traceback."""
    try:
        app()
    except FilmgateError as error:
        Console(stderr=True, soft_wrap=True).print(f"filmgate: {error}", markup=False, highlight=False)
        sys.exit(1)

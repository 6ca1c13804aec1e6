"""The options that say how much an account or a key may use, and how lists show it."""

import difflib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from filmgate import money
from filmgate.catalogue.load import load_catalogue
from filmgate.cli.options import credits_option
from filmgate.errors import SetupError
from filmgate.settings import load_settings
from filmgate.store.accounts import Limits

NONE, ALL, DEFAULT = "none", "all", "default"
"""The words for "no limit", "every model", and "as the installation's settings say"."""

RequestsOption = Annotated[
    str | None, typer.Option("--requests-per-minute", metavar="N|none", help="Requests of any kind a minute.")
]
OpenOrdersOption = Annotated[
    str | None, typer.Option("--max-open-orders", metavar="N|none", help="Orders accepted and not yet ended.")
]
DailyOption = Annotated[
    str | None, typer.Option("--daily-credits", metavar="X|none", help="Price of the orders of one day (UTC).")
]
TotalOption = Annotated[
    str | None, typer.Option("--total-credits", metavar="X|none", help="What it may reserve and spend in all.")
]
ModelsOption = Annotated[
    str | None, typer.Option("--models", metavar="A,B|all", help="The models that may be ordered.")
]
RetentionOption = Annotated[
    str | None, typer.Option("--retention-hours", metavar="N|default", help="How long films of new orders are kept.")
]
VisibleMarkOption = Annotated[
    bool | None,
    typer.Option("--visible-mark/--no-visible-mark", help="Words in the pictures of all films of new orders."),
]

_LARGEST_NUMBER = 2**31 - 1
_LONGEST_RETENTION_HOURS = 100 * 366 * 24
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)


def limit_changes(
    data: Path | None,
    *,
    requests_per_minute: str | None,
    max_open_orders: str | None,
    daily_credits: str | None,
    models: str | None,
    total_credits: str | None = None,
) -> dict[str, Any]:
    """The members of ``Limits`` that the options change, with their new values.

    Raises:
        SetupError: an option's value is none, or names an unknown model.
    """
    readers: dict[str, tuple[str | None, Callable[[str], Any]]] = {
        "requests_per_minute": (requests_per_minute, lambda text: _number("--requests-per-minute", text)),
        "max_open_orders": (max_open_orders, lambda text: _number("--max-open-orders", text)),
        "daily_micros": (daily_credits, lambda text: _credits("--daily-credits", text)),
        "total_micros": (total_credits, lambda text: _credits("--total-credits", text)),
        "models": (models, lambda text: _models(data, text)),
    }
    return {name: read(text) for name, (text, read) in readers.items() if text is not None}


def retention_hours(text: str) -> int | None:
    """How long films are kept; None: as the installation's settings say.

    Raises:
        SetupError: it is no number of hours.
    """
    if text == DEFAULT:
        return None
    return whole_number("--retention-hours", text, most=_LONGEST_RETENTION_HOURS, other=DEFAULT)


def quota_micros(text: str) -> money.Micros:
    """A key's quota, 0 for none.

    Raises:
        SetupError: it is no amount of credits.
    """
    return 0 if text == NONE else credits_option("--quota", text)


def whole_number(option: str, text: str, *, most: int, other: str) -> int:
    """A number from 1 on.

    Raises:
        SetupError: it is none, or too large.
    """
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
        raise SetupError(f"{option} must be a number from 1 to {most}, or {other}.", f"It was {text[:40]!r}.")
    return int(text)


def as_words(limits: Limits, *, retention: int | None = None, marked: bool = False) -> str:
    """The limits in few words, for lists: ``60/min, 5 open, 2 models``. Empty where there are none."""
    words = []
    if limits.requests_per_minute is not None:
        words.append(f"{limits.requests_per_minute}/min")
    if limits.max_open_orders is not None:
        words.append(f"{limits.max_open_orders} open")
    if limits.daily_micros is not None:
        words.append(f"{money.as_text(limits.daily_micros)} a day")
    if limits.total_micros is not None:
        words.append(f"{money.as_text(limits.total_micros)} in all")
    if limits.models is not None:
        words.append(limits.models[0] if len(limits.models) == 1 else f"{len(limits.models)} models")
    if retention is not None:
        words.append(f"kept {retention} h")
    if marked:
        words.append("marked")
    return ", ".join(words)


def _number(option: str, text: str) -> int | None:
    return None if text == NONE else whole_number(option, text, most=_LARGEST_NUMBER, other=NONE)


def _credits(option: str, text: str) -> money.Micros | None:
    return None if text == NONE else credits_option(option, text)


def _models(data: Path | None, text: str) -> tuple[str, ...] | None:
    """The ids of the named models, each of which may be named by any of its names."""
    if text == ALL:
        return None
    catalogue = load_catalogue(load_settings(data).catalogue_folder)
    known = [offer.id for offer in catalogue.offers()]
    found: dict[str, None] = {}
    for name in (part.strip() for part in text.split(",")):
        offer = catalogue.find(name, "")
        if offer is None:
            near = difflib.get_close_matches(name[:100], known, n=3, cutoff=0.5)
            mend = f"Did you mean {', '.join(near)}?" if near else "`filmgate models` shows them all."
            raise SetupError(f"--models: there is no model {name[:100]!r}.", mend)
        found[offer.model] = None
    return tuple(found)

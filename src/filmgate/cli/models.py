"""``filmgate models``: what can be ordered, on which terms."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from filmgate import money
from filmgate.catalogue.load import load_catalogue
from filmgate.catalogue.model import Offer
from filmgate.cli.options import DataOption
from filmgate.settings import load_settings


def models(
    search: Annotated[str, typer.Argument(help="Show only models whose name contains this.")] = "",
    dialect: Annotated[str | None, typer.Option(help="Show what this dialect's vendor lists, on its terms.")] = None,
    data: DataOption = None,
) -> None:
    """Show what can be ordered, on which terms. Every model can be ordered in every dialect that can express it."""
    catalogue = load_catalogue(load_settings(data).catalogue_folder)
    offers = catalogue.offers() if dialect is None else catalogue.sold_in(dialect)
    model = Column("model", no_wrap=True)
    table = Table(model, "modes", "seconds", "resolutions", "ratios", "price in credits", box=None)
    for offer in offers:
        if search.lower() in offer.id.lower():
            table.add_row(
                offer.id,
                " ".join(offer.modes),
                _seconds(offer.durations),
                " ".join(offer.resolutions),
                " ".join(offer.ratios),
                _price(offer),
            )
    Console(soft_wrap=True, highlight=False).print(table)


def _seconds(durations: Sequence[int]) -> str:
    whole_range = list(durations) == list(range(durations[0], durations[-1] + 1))
    return f"{durations[0]}-{durations[-1]}" if whole_range and len(durations) > 1 else " ".join(map(str, durations))


def _price(offer: Offer) -> str:
    prices = [money.as_text(price) for price in dict.fromkeys(offer.unit_prices(with_media=False).values())]
    return f"{' / '.join(prices)} {offer.price.mode.replace('_', ' ')}"

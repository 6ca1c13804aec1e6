"""Building a simulator, and taking it down again."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from filmgate.catalogue.load import load_catalogue
from filmgate.simulator.app import Simulator
from filmgate.simulator.callbacks import Callbacks
from filmgate.simulator.journal import open_journal
from filmgate.simulator.options import Options
from filmgate.simulator.studio import Studio
from filmgate.simulator.vendors import build_vendor


@asynccontextmanager
async def open_simulator(
    options: Options,
    *,
    state: Path | None = None,
    catalogue: Path | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Simulator]:
    """A simulator that tells its webhooks what happens, for as long as the block lasts.

    Args:
        state: the state file: what stands in it was ordered, and what is ordered is written there.
        catalogue: a folder with models beside the shipped ones.
        clock: Unix seconds.

    Raises:
        SetupError: the state file or the catalogue cannot be used.
    """
    models, vendor = load_catalogue(catalogue), build_vendor(options.dialect)
    journal, lines = (None, []) if state is None else open_journal(state, options.dialect)
    studio = Studio(vendor, options, models, clock=clock, journal=journal)
    try:
        studio.book.restore(lines)
        studio.book.slots.advance(clock())
        async with Callbacks(studio) as callbacks:
            studio.herald = callbacks
            callbacks.resume()
            yield Simulator(studio)
    finally:
        studio.book.close()

"""``python -m bench [accept query save lag whole open looks render film audit]``: measure and print the table.

All of them together are also kept in docs/performance.md. With ``--json`` the figures are printed as JSON and nothing
is kept.
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import uvloop

from bench import accept, audit, film, lag, looks, open_tasks, query, render, save, whole
from bench.figures import Figure, keep, table

_MEASUREMENTS: dict[str, Callable[[], list[Figure]]] = {
    "accept": lambda: [accept.measure()],
    "query": lambda: [query.measure()],
    "save": save.measure,
    "lag": lag.measure,
    "whole": whole.measure,
    "open": open_tasks.measure,
    "looks": looks.measure,
    "render": render.measure,
    "film": lambda: [film.measure()],
    "audit": lambda: [audit.measure()],
}


def main() -> None:
    """Run the measurements that were named, or all."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    unknown = set(words) - _MEASUREMENTS.keys()
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(_MEASUREMENTS)}")
    uvloop.install()
    figures: list[Figure] = []
    for name in words or _MEASUREMENTS:
        print(f"measuring {name} …", file=sys.stderr)
        figures += _MEASUREMENTS[name]()
    if "--json" in sys.argv:
        print(json.dumps([msgspec.to_builtins(figure) | {"share": figure.share} for figure in figures], indent=2))
        return
    print(table(figures))
    if not words:
        keep(figures, _conditions())


def _conditions() -> str:
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with {os.cpu_count()} cores, on which client, server and database "
        f"run together; Python {platform.python_version()}, embedded Postgres, every commit flushed."
    )


if __name__ == "__main__":
    main()

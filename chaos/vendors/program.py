"""``python -m chaos vendors``: have orders made by simulated vendors, kill the workers, prove it, print the figures.

    --orders N        how many (default 1000)
    --seed N          of the vendors' lies and of who is killed; without one it is drawn, and printed
    --workers N       how many worker processes (default 2)
    --kill-every S    seconds between two kills (default 4); whoever is killed is started again at once
    --limit S         seconds after which an order that is open is a violation (default 1800)
    --keep            leave the data of a run with violations in ./chaos-vendors-<seed>

The exit code is 1 where anything was violated.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from chaos.vendors.run import RunOptions, run


def main(words: Sequence[str]) -> None:
    """Run and print."""
    # Told to stop, it ends what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = _options(words)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    with tempfile.TemporaryDirectory(prefix="chaos") as name:
        # Postgres runs as another user when root starts it.
        Path(name).chmod(0o755)
        data = Path(name) / "data"
        result = uvloop.run(
            run(
                data,
                RunOptions(
                    seed=seed,
                    orders=options.orders,
                    workers=options.workers,
                    kill_every_seconds=options.kill_every,
                    limit_seconds=options.limit,
                ),
            )
        )
        print(result.line(), flush=True)
        for violation in result.violations:
            print(f"  violated: {violation}", flush=True)
        if result.violations and options.keep:
            shutil.copytree(data, f"chaos-vendors-{seed}", dirs_exist_ok=True)
    sys.exit(bool(result.violations))


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m chaos vendors", description="Order at vendors that lie, kill workers, prove that all is right."
    )
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-every", type=float, default=4.0)
    parser.add_argument("--limit", type=float, default=1800.0)
    parser.add_argument("--keep", action="store_true")
    return parser.parse_args(words)

"""``python -m chaos``: haunt a house for some runs, prove each, print the figures.

    --runs N      how many, each with the next seed (default 5)
    --seed N      the first seed; without one it is drawn, and printed
    --orders N    in each run (default 200)
    --faults N    in each run (default 16)
    --seconds S   over how long orders and faults are spread (default 10)
    --keep        leave the data of a run with violations in ./chaos-<seed>

``python -m chaos vendors`` is about films that vendors make (``vendors.program``).

The exit code is 1 where anything was violated. A run that is asked for again by its seed plans the same orders and
faults.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import uvloop

from chaos.house import template_folder
from chaos.run import RunResult, run
from chaos.vendors import program as vendors


def main() -> None:
    """Run and print."""
    if sys.argv[1:2] == ["vendors"]:
        vendors.main(sys.argv[2:])
        return
    # Told to stop, it ends what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = _options()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    results: list[RunResult] = []
    with tempfile.TemporaryDirectory(prefix="chaos") as name:
        # Postgres runs as another user when root starts it.
        Path(name).chmod(0o755)
        template = template_folder(Path(name))
        for number in range(options.runs):
            result = uvloop.run(
                run(seed + number, Path(name), template, options.orders, options.faults, options.seconds)
            )
            results.append(result)
            print(result.line(), flush=True)
            for violation in result.violations:
                print(f"  violated: {violation}", flush=True)
            if result.violations and options.keep:
                shutil.copytree(Path(name) / "run", f"chaos-{result.seed}", dirs_exist_ok=True)
    print(_total(results))
    sys.exit(any(result.violations for result in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m chaos", description="Kill everything, then prove that all is right."
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--faults", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--keep", action="store_true")
    return parser.parse_args()


def _total(results: list[RunResult]) -> str:
    runs = len(results)
    orders, kills = sum(each.orders for each in results), sum(each.kills for each in results)
    retries, calls = sum(each.retries for each in results), sum(each.calls for each in results)
    violations = sum(len(each.violations) for each in results)
    seconds = sum(each.seconds for each in results)
    return (
        f"{runs} runs in {seconds / 60:.1f} min: {orders} orders, {kills} kills ({kills / runs:.1f} a run), "
        f"{retries} creates asked again, {calls} webhook calls, {violations} violations; "
        f"seeds {results[0].seed} to {results[-1].seed}"
    )


if __name__ == "__main__":
    main()

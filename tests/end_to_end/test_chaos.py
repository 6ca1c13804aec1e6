"""A short run of what ``make chaos`` does for minutes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Plans a kill of each kind of process, a full disk, and cut connections.
SEED = 1


def test_orders_are_whole_after_everything_was_killed() -> None:
    words = ("--runs", "1", "--seed", str(SEED), "--orders", "60", "--faults", "8", "--seconds", "5")
    done = subprocess.run(
        (sys.executable, "-m", "chaos", *words), cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) orders, (\d+) kills .* 0 violations", done.stdout)
    assert found, done.stdout
    assert (int(found[1]), int(found[2]) >= 3) == (60, True)


@pytest.mark.long
def test_no_order_is_made_twice_by_vendors_that_lie_while_workers_are_killed() -> None:
    words = ("--orders", "200", "--seed", "1")
    done = subprocess.run(
        (sys.executable, "-m", "chaos", "vendors", *words),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"200 orders .* (\d+) kills, (\d+) doubts .* 0 violations", done.stdout)
    assert found, done.stdout
    assert min(int(found[1]), int(found[2])) >= 1

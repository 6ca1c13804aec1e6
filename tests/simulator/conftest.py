"""One simulator of each dialect for all tests here; every test finds it new."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.simulator.simulating import Simulated, simulating

from filmgate.simulator.options import DialectName

KEY = "sk-simulated"
SECRET = "whsec_c2ltdWxhdGVkLXNlY3JldA=="

USUAL: dict[str, object] = {
    "speed": 1.0,
    "median_seconds": 0.5,
    "sigma": 0.0,
    "queue_seconds": 0.0,
    "max_running": None,
    "honour_idempotency_keys": False,
    "film_bytes": 0,
    "huge_film_bytes": 3_000_000,
    "link_seconds": None,
    "slow_seconds": 0.5,
    "storm_seconds": 0.5,
    "lies": {},
}

Simulate = Callable[..., Simulated]
"""From a dialect and changed settings to the simulator of it."""


@pytest.fixture(scope="session")
def _running() -> Iterator[Callable[[DialectName], Simulated]]:
    with ExitStack() as stack:
        running: dict[DialectName, Simulated] = {}

        def of(dialect: DialectName) -> Simulated:
            if dialect not in running:
                running[dialect] = stack.enter_context(simulating(dialect, key=KEY, webhook_secret=SECRET, seed=7))
            return running[dialect]

        yield of


@pytest.fixture
def simulate(_running: Callable[[DialectName], Simulated]) -> Simulate:
    """Gives the simulator of a dialect, without orders and with the usual settings but for those named."""

    def ready(dialect: DialectName, **settings: object) -> Simulated:
        simulated = _running(dialect)
        simulated.change(**(USUAL | settings))
        simulated.reset()
        return simulated

    return ready

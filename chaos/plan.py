"""What happens in one run, drawn from its seed: the orders, who cancels, how receivers behave, and the faults.

The same seed plans the same run. What comes of it depends on the machine's timing too, as it does in life.
"""

import random
from typing import Literal, TypeVar

import msgspec

Word = TypeVar("Word", bound=str)

Dialect = Literal["jimmy", "senseaudio", "ink", "native"]
FaultKind = Literal[
    "kill api",
    "kill worker",
    "kill postgres",
    "kill backend",
    "cut connections",
    "freeze worker",
    "refuse writes",
    "fill disk",
]
Manners = Literal["good", "fails twice", "hangs once", "hears twice"]
"""How a receiver of webhooks behaves. ``hears twice``: it takes the news and loses its answer."""

DIALECTS: tuple[Dialect, ...] = ("jimmy", "senseaudio", "ink", "native")
_TOLD: tuple[Dialect, ...] = ("ink", "native")

# Of a hundred faults. Killing is most of it.
_FAULTS: dict[FaultKind, int] = {
    "kill worker": 30,
    "kill api": 22,
    "kill backend": 14,
    "kill postgres": 7,
    "cut connections": 10,
    "freeze worker": 5,
    "refuse writes": 6,
    "fill disk": 6,
}
_MANNERS: dict[Manners, int] = {"good": 60, "fails twice": 20, "hangs once": 6, "hears twice": 14}


class PlannedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order that a client will have made, however often it has to ask."""

    number: int
    dialect: Dialect
    at_seconds: float
    account: int
    ends: Literal["succeeded", "failed"]
    """How it ends if nobody cancels it."""
    cancel_after_seconds: float | None
    manners: Manners | None
    """Of the order's own webhook; None: it has none."""


class PlannedFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that goes wrong."""

    at_seconds: float
    kind: FaultKind
    lasts_seconds: float
    choice: int
    """Decides which of several is hit."""


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    seed: int
    accounts: int
    orders: tuple[PlannedOrder, ...]
    faults: tuple[PlannedFault, ...]


def plan_run(seed: int, *, orders: int, faults: int, seconds: float) -> RunPlan:
    """Draw a run.

    Args:
        seconds: over how long orders and faults are spread.
    """
    chance = random.Random(seed)
    accounts = chance.randint(2, 4)
    planned = [_order(chance, number, accounts, seconds) for number in range(orders)]
    wrong = [_fault(chance, seconds) for _ in range(faults)]
    return RunPlan(
        seed=seed,
        accounts=accounts,
        orders=tuple(sorted(planned, key=lambda order: order.at_seconds)),
        faults=tuple(sorted(wrong, key=lambda fault: fault.at_seconds)),
    )


def _order(chance: random.Random, number: int, accounts: int, seconds: float) -> PlannedOrder:
    dialect = chance.choice(DIALECTS)
    is_cancelled = dialect in _TOLD and chance.random() < 0.12
    return PlannedOrder(
        number=number,
        dialect=dialect,
        at_seconds=chance.uniform(0, seconds * 0.8),
        account=chance.randrange(accounts),
        ends="failed" if chance.random() < 0.1 else "succeeded",
        cancel_after_seconds=chance.uniform(0, 3) if is_cancelled else None,
        manners=_drawn(chance, _MANNERS) if dialect in _TOLD and chance.random() < 0.7 else None,
    )


def _fault(chance: random.Random, seconds: float) -> PlannedFault:
    kind = _drawn(chance, _FAULTS)
    # A frozen worker is gone for longer than its heartbeat may be away.
    lasts_seconds = chance.uniform(4, 6) if kind == "freeze worker" else chance.uniform(0.5, 3)
    return PlannedFault(
        at_seconds=chance.uniform(0.5, seconds), kind=kind, lasts_seconds=lasts_seconds, choice=chance.randrange(1000)
    )


def _drawn(chance: random.Random, weights: dict[Word, int]) -> Word:
    return chance.choices(list(weights), weights=list(weights.values()))[0]

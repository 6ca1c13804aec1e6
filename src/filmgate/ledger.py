"""The ledger's rules: money is reserved once, then settled or released once, and nothing is ever rewritten.

Each entry is one movement between four pools that always sum to zero, so every entry is double by construction:

    funded     what was paid in from outside (counted negative: it is the source)
    available  what the account can still spend
    held       reserved for open orders
    spent      settled

    top_up, adjustment   funded  -> available
    reserve              available -> held
    settle               held -> spent; what was reserved too much goes back to available, what was reserved too
                         little comes from there
    release              held -> available

The natural key (task, kind) makes writing an entry twice harmless. An account's balances are the sums of its entries;
the schema keeps them beside the account and checks both.
"""

from typing import Literal

import msgspec

from filmgate.money import Micros

EntryKind = Literal["top_up", "adjustment", "reserve", "settle", "release"]


class Postings(msgspec.Struct, frozen=True, kw_only=True):
    """How much an entry moves into (positive) or out of (negative) each pool, in micro-credits."""

    funded: Micros = 0
    available: Micros = 0
    held: Micros = 0
    spent: Micros = 0

    def __post_init__(self) -> None:
        if self.funded + self.available + self.held + self.spent != 0:
            raise ValueError(f"an entry must sum to zero: {self!r}")


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has, in micro-credits."""

    funded: Micros
    """All that was ever paid in, positive here."""
    available: Micros
    held: Micros
    spent: Micros

    @property
    def used(self) -> Micros:
        """All consumption less all refunds, open reserves included (spec jimmy 10, ``used_coin``)."""
        return self.held + self.spent


def top_up(amount: Micros) -> Postings:
    """Money comes in from outside. A negative amount takes it back."""
    return Postings(funded=-amount, available=amount)


def reserve(price: Micros) -> Postings:
    """The price of an accepted order is put aside."""
    if price < 0:
        raise ValueError("a price is never negative")
    return Postings(available=-price, held=price)


def settle(reserved: Micros, cost: Micros, most: Micros | None = None) -> Postings:
    """The film is there: its true cost is spent, the rest of the reserve goes back.

    Args:
        most: what was promised as the most it can cost; the reserve, unless given.
    """
    if not 0 <= cost <= (reserved if most is None else most):
        raise ValueError(f"a settlement of {cost} must lie between 0 and what was promised")
    return Postings(held=-reserved, spent=cost, available=reserved - cost)


def release(reserved: Micros) -> Postings:
    """There will be no film: the whole reserve goes back."""
    return Postings(held=-reserved, available=reserved)

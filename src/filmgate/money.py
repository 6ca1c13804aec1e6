"""Money: an integer of micro-credits, and the only place where anything is rounded.

One credit is a million micro-credits. What a credit is worth is the operator's matter; the shipped catalogue prices
Jimmy models in its coin, SenseAudio in yuan and Ink in its credits, each taken as one credit.
"""

from decimal import ROUND_HALF_UP, Decimal

MICROS_PER_CREDIT = 1_000_000

Micros = int
"""An amount in micro-credits."""


def micros_from_credits(credit_amount: Decimal | int | str) -> Micros:
    """Turn credits into micro-credits, exactly.

    Raises:
        ValueError: the amount is not a number, not finite, or finer than a micro-credit.
    """
    try:
        amount = Decimal(credit_amount) * MICROS_PER_CREDIT
    except ArithmeticError as exc:
        raise ValueError(f"{credit_amount!r} is not an amount of credits") from exc
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise ValueError(f"{credit_amount!r} is not an amount of credits with at most six decimals")
    return int(amount)


def times(price_micros: Micros, units: Decimal | int) -> Micros:
    """Price times units, rounded to the micro-credit, half away from zero."""
    return int((Decimal(price_micros) * units).to_integral_value(rounding=ROUND_HALF_UP))


def whole_seconds(seconds: float) -> int:
    """A measured length as billed seconds: the nearest second, half away from zero (spec jimmy 4.8)."""
    return int(Decimal(repr(seconds)).to_integral_value(rounding=ROUND_HALF_UP))


def as_number(micros: Micros) -> int | float:
    """Credits as a JSON number: an integer where it is whole, as the vendors' samples print it."""
    whole, rest = divmod(micros, MICROS_PER_CREDIT)
    return whole if rest == 0 else micros / MICROS_PER_CREDIT


def as_text(micros: Micros) -> str:
    """Credits for people, without trailing zeros: ``0.06``, ``12``."""
    text = f"{Decimal(micros) / MICROS_PER_CREDIT:.6f}".rstrip("0").rstrip(".")
    return text or "0"

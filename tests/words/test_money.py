from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate import money


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_credits_as_text_are_read_back_exactly(micros: int) -> None:
    assert money.micros_from_credits(money.as_text(micros)) == micros


@pytest.mark.parametrize("text", ["", "ten", "0.0000001", "NaN", "Infinity", "1e400x"])
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        money.micros_from_credits(text)


def test_a_whole_amount_prints_as_an_integer() -> None:
    assert repr(money.as_number(40_000_000)) == "40"
    assert repr(money.as_number(900_000)) == "0.9"
    assert repr(money.as_number(-1_500_000)) == "-1.5"


@pytest.mark.parametrize(("seconds", "billed"), [(3.4, 3), (3.5, 4), (2.5, 3), (0.49999, 0), (14.999999, 15)])
def test_seconds_round_half_away_from_zero(seconds: float, billed: int) -> None:
    assert money.whole_seconds(seconds) == billed


def test_price_times_units_is_rounded_once() -> None:
    assert money.times(46_000_000, Decimal("0.050638")) == 2_329_348
    assert money.times(1, Decimal("0.5")) == 1

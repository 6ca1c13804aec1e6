import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate import ledger
from filmgate.ledger import Postings

amounts = st.integers(min_value=0, max_value=10**15)


def _total(*entries: Postings) -> tuple[int, int, int, int]:
    return (
        sum(entry.funded for entry in entries),
        sum(entry.available for entry in entries),
        sum(entry.held for entry in entries),
        sum(entry.spent for entry in entries),
    )


@given(amounts, amounts)
def test_a_settled_order_spends_its_cost_and_holds_nothing(one: int, other: int) -> None:
    cost, reserved = sorted((one, other))
    assert _total(ledger.reserve(reserved), ledger.settle(reserved, cost)) == (0, -cost, 0, cost)


@given(amounts)
def test_a_released_order_leaves_no_trace_in_the_balance(reserved: int) -> None:
    assert _total(ledger.reserve(reserved), ledger.release(reserved)) == (0, 0, 0, 0)


@given(st.integers(), st.integers(), st.integers(), st.integers())
def test_an_entry_that_does_not_sum_to_zero_cannot_be_written(one: int, two: int, three: int, four: int) -> None:
    if one + two + three + four:
        with pytest.raises(ValueError, match="sum to zero"):
            Postings(funded=one, available=two, held=three, spent=four)


def test_a_settlement_never_exceeds_what_was_promised() -> None:
    with pytest.raises(ValueError, match="must lie between"):
        ledger.settle(10, 11)
    with pytest.raises(ValueError, match="must lie between"):
        ledger.settle(10, -1)
    assert ledger.settle(10, 12, most=12) == ledger.Postings(held=-10, spent=12, available=-2)
    with pytest.raises(ValueError):
        ledger.settle(10, 13, most=12)
    with pytest.raises(ValueError, match="never negative"):
        ledger.reserve(-1)


def test_used_counts_open_reserves() -> None:
    assert ledger.Balance(funded=100, available=60, held=30, spent=10).used == 40

"""Cursors are sealed: nobody makes one up, changes one, or uses another's."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.errors import BadRequest
from filmgate.work.cursors import Cursors

SECRET = bytes(range(32))
ONE, OTHER = UUID(int=1), UUID(int=2)

positions = st.lists(st.text(max_size=20) | st.integers() | st.none(), max_size=3)


@given(position=positions, what=st.text(max_size=20))
def test_a_cursor_opens_where_it_was_sealed(position: list[object], what: str) -> None:
    cursors = Cursors(SECRET)
    assert Cursors(SECRET).open(cursors.seal(ONE, what, position), ONE, what) == position


@given(st.text(max_size=2000))
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        Cursors(SECRET).open(text, ONE, "tasks")
    assert refusal.value.field == "cursor"


def test_a_cursor_is_of_one_account_one_list_and_one_installation() -> None:
    sealed = Cursors(SECRET).seal(ONE, "tasks", [7])
    for cursors, account, what in (
        (Cursors(SECRET), OTHER, "tasks"),
        (Cursors(SECRET), ONE, "ledger"),
        (Cursors(bytes(32)), ONE, "tasks"),
    ):
        with pytest.raises(BadRequest):
            cursors.open(sealed, account, what)


@given(st.data())
def test_a_changed_cursor_is_refused(data: st.DataObject) -> None:
    sealed = Cursors(SECRET).seal(ONE, "tasks", ["2026-01-02T03:04:05+00:00", str(OTHER)])
    place = data.draw(st.integers(0, len(sealed) - 2))
    changed = data.draw(st.sampled_from("AZaz09-_").filter(lambda character: character != sealed[place]))
    with pytest.raises(BadRequest):
        Cursors(SECRET).open(sealed[:place] + changed + sealed[place + 1 :], ONE, "tasks")

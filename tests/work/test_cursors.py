"""Cursors open for their own account and list, and for nothing else."""

import json
import zlib
from base64 import urlsafe_b64encode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from filmgate.errors import BadRequest
from filmgate.work.cursors import Cursors

ACCOUNT, OTHER_ACCOUNT = UUID(int=1), UUID(int=2)
CURSORS = Cursors(b"0123456789abcdef")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(json_values, max_size=4))
def test_a_position_comes_back_as_it_was(position: list[object]) -> None:
    text = CURSORS.seal(ACCOUNT, "deliveries", position)
    assert CURSORS.open(text, ACCOUNT, "deliveries") == position
    assert text.isascii()
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_every_process_with_the_secret_opens_it() -> None:
    text = CURSORS.seal(ACCOUNT, "deliveries", ["2026-01-02T03:04:05Z", 7])
    assert Cursors(b"0123456789abcdef").open(text, ACCOUNT, "deliveries") == ["2026-01-02T03:04:05Z", 7]


def test_a_cursor_is_no_use_to_another_account_list_or_installation() -> None:
    text = CURSORS.seal(ACCOUNT, "deliveries", [1])
    for cursors, account_id, what in (
        (CURSORS, OTHER_ACCOUNT, "deliveries"),
        (CURSORS, ACCOUNT, "tasks"),
        (CURSORS, ACCOUNT, "deliveries\0"),
        (Cursors(b"fedcba9876543210"), ACCOUNT, "deliveries"),
    ):
        _assert_refused(cursors, text, account_id, what)


@given(st.data())
def test_a_changed_cursor_is_refused(data: st.DataObject) -> None:
    text = CURSORS.seal(ACCOUNT, "deliveries", ["2026-01-02", "abc"])
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(sorted(set("ABCabc019-_.") - {text[place]})))
    changed = text[:place] + other + text[place + 1 :]
    # The last character of base64 carries bits that mean nothing; all others count.
    if place < len(text) - 1:
        _assert_refused(CURSORS, changed, ACCOUNT, "deliveries")


@pytest.mark.parametrize(
    "text", ["", ".", "x", "W10", "W10.", ".W10", "💥", "\0", "\ud800", "a" * 100_000, "ü.ü", "é" * 50]
)
def test_what_was_never_a_cursor_is_refused(text: str) -> None:
    _assert_refused(CURSORS, text, ACCOUNT, "deliveries")


@given(st.text(max_size=200))
def test_any_text_is_refused_in_words(text: str) -> None:
    _assert_refused(CURSORS, text, ACCOUNT, "deliveries")


def test_a_cursor_signed_with_a_plain_use_of_the_secret_is_refused() -> None:
    _assert_refused(CURSORS, URLSafeSerializer(b"0123456789abcdef").dumps([1]), ACCOUNT, "deliveries")


def test_a_bomb_is_not_unpacked() -> None:
    packed = urlsafe_b64encode(zlib.compress(json.dumps([0] * 10_000).encode())).rstrip(b"=").decode()
    _assert_refused(CURSORS, f".{packed}.{'A' * 43}", ACCOUNT, "deliveries")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        Cursors(b"short")


def _assert_refused(cursors: Cursors, text: str, account_id: UUID, what: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        cursors.open(text, account_id, what)
    assert refusal.value.field == "cursor"

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate import ids

uuids = st.integers(min_value=0, max_value=(1 << 128) - 1).map(lambda number: UUID(int=number))


@given(uuids, st.sampled_from(["vid_", "req_", ""]))
def test_a_short_form_is_read_back(identifier: UUID, prefix: str) -> None:
    text = ids.short_form(prefix, identifier)
    assert len(text) == len(prefix) + 22
    assert ids.from_short_form(prefix, text) == identifier


@given(uuids, uuids)
def test_short_forms_sort_like_their_ids(one: UUID, other: UUID) -> None:
    assert (one < other) == (ids.short_form("", one) < ids.short_form("", other))


@given(st.text(max_size=40))
def test_any_other_text_is_no_id(text: str) -> None:
    found = ids.from_short_form("vid_", text)
    assert found is None or ids.short_form("vid_", found) == text
    dated = ids.from_dated_form("cgt-", text)
    assert dated is None or ids.dated_form("cgt-", dated) == text
    other = ids.from_uuid_form(text)
    assert other is None or str(other) == text.lower()


def test_a_short_form_beyond_128_bits_is_no_id() -> None:
    assert ids.from_short_form("vid_", "vid_" + "z" * 22) is None


@given(uuids, st.sampled_from(["cgt-", ""]))
def test_a_dated_form_is_read_back(identifier: UUID, prefix: str) -> None:
    assert ids.from_dated_form(prefix, ids.dated_form(prefix, identifier)) == identifier


@given(st.integers(0, (1 << 47) - 1), st.integers(0, (1 << 47) - 1))
def test_dated_forms_sort_like_their_ids(one: int, other: int) -> None:
    earlier, later = sorted([UUID(int=one << 80 | other), UUID(int=other << 80 | one)])
    assert ids.dated_form("", earlier) <= ids.dated_form("", later)


def test_a_dated_form_tells_the_second_in_beijing() -> None:
    # 2026-09-01 12:00:00 in Beijing, and 250 ms.
    identifier = UUID(int=1788235200250 << 80)
    assert ids.dated_form("cgt-", identifier).startswith("cgt-20260901120000-")
    assert len(ids.dated_form("cgt-", identifier)) == len("cgt-20260901120000-") + 18


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cgt-",
        "20260901120000-000000000000000000",
        "cgt-20260901120000-k3m9q",
        "cgt-20260901120000-00000000000000000A",
        "cgt-20260901120000-0000000000000000 1",
        "cgt-20260901120000-0000000000000000_1",
        "cgt-20261301120000-000000000000000000",
        "cgt-20260229120000-000000000000000000",
        "cgt-00010101000000-000000000000000000",
        "cgt-20260901120000-zzzzzzzzzzzzzzzzzz",
        "cgt-20260901120000-0000000000000000000",
        "cgt-99991231235959-zzzzzzzzzzzzzzzzzzzzzzzzz",
        "cgt-２０２６0901120000-000000000000000000",
        "cgt-20260901120000-000000000000000000\n",
    ],
)
def test_what_is_almost_a_dated_form_is_no_id(text: str) -> None:
    assert ids.from_dated_form("cgt-", text) is None


def test_later_ids_sort_later() -> None:
    made = [ids.new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert all(identifier.version == 7 for identifier in made)


@given(uuids)
def test_a_companion_is_stable_and_another(identifier: UUID) -> None:
    record = ids.companion(identifier, "record")
    assert record == ids.companion(identifier, "record")
    assert record not in {identifier, ids.companion(identifier, "other")}
    assert record.version == 4


def test_a_key_says_what_it_is_and_is_never_stored_itself() -> None:
    live, test = ids.new_key_secret(test=False), ids.new_key_secret(test=True)
    assert live.startswith("fg_live_")
    assert test.startswith("fg_test_")
    assert len(ids.key_digest(live)) == 32
    assert live.encode() not in ids.key_digest(live)

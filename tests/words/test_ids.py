from uuid import UUID

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
    other = ids.from_uuid_form(text)
    assert other is None or str(other) == text.lower()


def test_a_short_form_beyond_128_bits_is_no_id() -> None:
    assert ids.from_short_form("vid_", "vid_" + "z" * 22) is None


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

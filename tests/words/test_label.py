"""The AIGC entry: as the standard writes it, read from whatever stands in a file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.label import AigcEntry, entry_text, read_entry, wanted_entry

OWN = AigcEntry(
    label="1", content_producer="影门", produce_id="film 1", content_propagator="a platform", propagate_id="film 1"
)
NAMES = ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"]


def test_an_entry_has_seven_texts_in_the_order_of_the_standard() -> None:
    said = json.loads(entry_text(OWN))
    assert list(said) == NAMES
    assert all(isinstance(value, str) for value in said.values())
    assert (said["Label"], said["ContentProducer"], said["ReservedCode1"]) == ("1", "影门", "")


def test_chinese_stands_in_it_as_it_is() -> None:
    assert "影门" in entry_text(OWN)


@given(st.text(), st.text())
def test_an_entry_is_read_as_it_was_written(producer: str, number: str) -> None:
    entry = AigcEntry(label="1", content_producer=producer, produce_id=number)
    assert read_entry(entry_text(entry)) == entry


def test_an_entry_with_more_in_it_is_still_one() -> None:
    text = json.dumps({name: name for name in NAMES} | {"Later": [1, {"a": None}]})
    assert read_entry(text) == AigcEntry(
        label="Label",
        content_producer="ContentProducer",
        produce_id="ProduceID",
        reserved_code_1="ReservedCode1",
        content_propagator="ContentPropagator",
        propagate_id="PropagateID",
        reserved_code_2="ReservedCode2",
    )


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "AIGC",
        "null",
        "[]",
        "{}",
        '{"Label":"1"}',
        '{"Label":1,"ContentProducer":"a","ProduceID":"b"}',
        '{"Label":null,"ContentProducer":"a","ProduceID":"b"}',
        '{"label":"1","content_producer":"a","produce_id":"b"}',
        '{"Label":"1","ContentProducer":"a","ProduceID":"b"',
        '{"Label":"\ud800","ContentProducer":"a","ProduceID":"b"}',
        json.dumps({"Label": "1", "ContentProducer": "a" * 20_000, "ProduceID": "b"}),
        '{"Label":"1","ContentProducer":"a","ProduceID":"b","x":' + "[" * 15_000,
    ],
)
def test_what_is_no_entry_is_none(text: str | None) -> None:
    assert read_entry(text) is None


def test_a_film_without_an_entry_gets_ours() -> None:
    assert wanted_entry(None, OWN) == OWN


def test_who_generated_a_film_stays_so() -> None:
    theirs = AigcEntry(label="1", content_producer="a vendor", produce_id="theirs", reserved_code_1="signed")
    assert wanted_entry(theirs, OWN) == AigcEntry(
        label="1",
        content_producer="a vendor",
        produce_id="theirs",
        reserved_code_1="signed",
        content_propagator="a platform",
        propagate_id="film 1",
    )


def test_an_entry_that_names_who_passes_it_on_stays_as_it_is() -> None:
    theirs = AigcEntry(label="2", content_producer="a vendor", produce_id="theirs", content_propagator="another")
    assert wanted_entry(theirs, OWN) is theirs


def test_whoever_passes_on_nothing_adds_nothing() -> None:
    theirs = AigcEntry(label="1", content_producer="a vendor", produce_id="theirs")
    producer_alone = AigcEntry(label="1", content_producer="影门", produce_id="film 1")
    assert wanted_entry(theirs, producer_alone) is theirs

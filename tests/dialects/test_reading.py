"""Reading JSON bodies: any bytes give values or an error of ours."""

import msgspec
import pytest

from filmgate.catalogue.rules import LARGEST_SEED, shortened
from filmgate.dialects.reading import DEEPEST, MOST_LINKS, Members, read_object
from filmgate.errors import BadRequest, RulesBroken

HOSTILE = {
    "nothing": b"",
    "not JSON": b"{",
    "not an object": b"[1]",
    "null": b"null",
    "bytes that are not UTF-8": b'{"model": "\xff"}',
    "a key that is not UTF-8": b'{"\xff": 1}',
    "half of a surrogate pair": rb'{"prompt": "\ud800"}',
    "the other half": rb'{"prompt": "\udc00 x"}',
    "NaN": b'{"duration": NaN}',
    "Infinity": b'{"duration": Infinity}',
    "a float beyond floats": b'{"duration": 1e999}',
    "an endless integer": b'{"duration": ' + b"9" * 10_000 + b"}",
    "deep nesting": b'{"a": ' + b"[" * 100_000,
    "deep nesting of objects": b'{"a": ' * 100_000,
    "a byte order mark inside": b'{"a": \xef\xbb\xbf1}',
    "UTF-16": '{"model": "m"}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_json_object_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        read_object(body)


def test_a_large_body_of_very_many_values_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(BadRequest, match="more than 200000 values"):
        read_object(b'{"content": [' + b"{}," * 500_000 + b"{}]}")


def test_a_byte_order_mark_before_the_object_is_overlooked() -> None:
    assert read_object(b'\xef\xbb\xbf{"model": "m"}') == {"model": "m"}


def test_the_largest_seed_of_the_catalogue_is_no_huge_number() -> None:
    members = Members({"seed": LARGEST_SEED, "huge": 2 * LARGEST_SEED})
    assert members.whole_number("seed", floats=False) == LARGEST_SEED
    assert members.whole_number("huge", floats=False) is None


def test_an_object_inside_is_read_with_its_path() -> None:
    members = Members({"link": {"url": 5}, "text": "t", "none": None}, path="content[1].")
    inner = members.object("link", required=True)
    assert inner is not None
    assert inner.text("url") is None
    assert members.object("text") is None
    assert members.object("none") is None
    assert members.object("none", required=True) is None
    assert [(broken.field, broken.rule) for broken in members.violations] == [
        ("content[1].link.url", "type"),
        ("content[1].text", "type"),
        ("content[1].none", "missing"),
    ]


def test_a_large_body_of_few_values_is_read() -> None:
    text = "x" * (2 << 20)
    assert read_object(msgspec.json.encode({"url": text})) == {"url": text}


def test_the_last_of_doubled_keys_counts() -> None:
    assert read_object(b'{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize("value", [True, 5.5, "5", "5.0", [], {}, "", 10**400, -(10**12), 1e300])
def test_a_strict_whole_number_is_only_an_integer(value: object) -> None:
    members = Members({"n": value})
    assert members.whole_number("n", floats=True) is None
    assert [violation.field for violation in members.violations] == ["n"]
    msgspec.json.encode(members.violations)


@pytest.mark.parametrize(("value", "number"), [("5", 5), (" 5.0 ", 5), ("-1", -1), (5.0, 5), (7, 7), ("0007", 7)])
def test_a_lenient_whole_number_is_read_from_text(value: object, number: int) -> None:
    members = Members({"n": value}, lenient=True)
    assert members.whole_number("n", floats=True, texts=True) == number
    assert members.violations == []


@pytest.mark.parametrize("value", [2**32 - 1, -(2**32), "4294967295"])
def test_a_seed_of_32_bits_is_a_whole_number(value: object) -> None:
    members = Members({"n": value})
    assert members.whole_number("n", floats=False, texts=True) == int(str(value))
    assert members.violations == []


@pytest.mark.parametrize("value", [2**32 + 1, "9999999999"])
def test_a_number_of_more_than_32_bits_is_out_of_range(value: object) -> None:
    members = Members({"n": value})
    assert members.whole_number("n", floats=False, texts=True) is None
    assert [violation.rule for violation in members.violations] == ["range"]


@pytest.mark.parametrize(("value", "switch"), [("true", True), (" False ", False), (True, True), (None, None)])
def test_a_lenient_switch_is_read_from_words(value: object, switch: bool | None) -> None:
    members = Members({"s": value})
    assert members.switch("s", texts=True) is switch
    assert members.violations == []


@pytest.mark.parametrize("value", ["1", "yes", "", 1, 0, [], "TRUE\0"])
def test_anything_else_is_no_switch(value: object) -> None:
    members = Members({"s": value, "strict": "true"})
    assert members.switch("s", texts=True) is None
    assert members.switch("strict") is None
    assert [violation.field for violation in members.violations] == ["s", "strict"]


@pytest.mark.parametrize("value", ["5s", "5.5", "0x5", "٥", "1e3", "9" * 5000, True])
def test_text_that_is_no_whole_number_is_told(value: object) -> None:
    members = Members({"n": value}, lenient=True)
    assert members.whole_number("n", floats=True, texts=True) is None
    assert [violation.rule for violation in members.violations] == ["type"]


def test_integers_only_where_floats_are_not_taken() -> None:
    members = Members({"n": 5.0})
    assert members.whole_number("n", floats=False) is None
    assert members.violations


def test_nul_is_refused_wherever_it_would_be_kept() -> None:
    nul = "a\0b"
    members = Members({"text": nul, "link": nul, "links": ["ok", nul], "free": {"deep": [{nul: 1}]}})
    members.text("text")
    members.link("link")
    assert members.links("links") == [("links[0]", "ok")]
    assert members.free_object("free", limit_bytes=100) is None
    assert [violation.field for violation in members.violations] == ["text", "link", "links[1]", "free"]


def test_a_free_object_is_bounded_in_bytes_and_in_depth() -> None:
    deep: object = 1
    for _ in range(DEEPEST):
        deep = [deep]
    members = Members({"large": {"a": "x" * 100}, "deep": {"a": deep}, "good": {"a": [1, {"b": None}]}, "list": []})
    assert members.free_object("large", limit_bytes=100) is None
    assert members.free_object("deep", limit_bytes=10_000) is None
    assert members.free_object("list", limit_bytes=100) is None
    assert members.free_object("good", limit_bytes=100) == {"a": [1, {"b": None}]}
    assert [violation.rule for violation in members.violations] == ["length", "length", "type"]


def test_far_too_many_links_are_one_violation() -> None:
    members = Members({"images": ["https://a/b.png"] * (MOST_LINKS + 1)})
    assert members.links("images") == []
    assert [(violation.field, violation.rule) for violation in members.violations] == [("images", "count")]


def test_an_endless_link_is_refused_but_a_data_url_may_be_long() -> None:
    members = Members({"images": ["https://a/" + "b" * 9000, "data:image/png;base64," + "A" * 9000]})
    assert [path for path, _ in members.links("images")] == ["images[1]"]
    assert [(violation.field, violation.rule) for violation in members.violations] == [("images[0]", "length")]


def test_everything_that_is_wrong_is_told_at_once_and_briefly() -> None:
    members = Members({"model": 5, "prompt": "x" * 1000, "flag": "x" * 1000})
    members.text("model")
    members.text("absent", required=True)
    members.switch("flag")
    with pytest.raises(RulesBroken) as raised:
        members.finish()
    assert [(violation.field, violation.rule) for violation in raised.value.violations] == [
        ("model", "type"),
        ("absent", "missing"),
        ("flag", "type"),
    ]
    assert raised.value.violations[2].value == shortened("x" * 1000)

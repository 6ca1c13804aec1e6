"""Reading what a vendor answers: anything gives values that can be stored and shown, or none."""

import json
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.dialect_samples import encode, moment
from tests.dialects.test_reading import HOSTILE

from filmgate.dialects.answer import (
    LONGEST_RETRY_SECONDS,
    Answer,
    as_sentence,
    read_answer,
    request_id,
    retry_after_seconds,
)

ODD = [None, True, False, [], {}, "", " ", "\0", 5.5, -1, 10**400, 1e300, ["text"], {"text": "x"}]


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_json_object_says_nothing(body: bytes) -> None:
    answer = read_answer(body)
    assert (answer.word("model"), answer.sentence("prompt"), answer.has("a")) == ("", "", False)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_an_answer(body: bytes) -> None:
    assert isinstance(read_answer(body), Answer)


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_odd_values_read_as_what_they_are_or_as_nothing(value: Any) -> None:
    answer = Answer({"m": value})
    assert answer.word("m") in ("", "-1")
    assert answer.sentence("m") == ""
    assert answer.identifier("m") in ("", "-1")
    assert answer.link("m") is None
    assert answer.percent("m") in (None, 0, 5, 100)
    assert answer.count("m") is None
    assert answer.amount("m") in (None, 5.5)
    assert answer.text("m") in (None, " ")
    assert answer.moment("m") in (None, moment(5.5))
    assert answer.inner("m").word("text") in ("", "x")
    assert answer.objects("m") == (None if value != ["text"] and value != [] else [])
    assert answer.words("m") in ([], ["text"])
    assert answer.error("m") == ("", "")
    assert answer.is_text("m") == isinstance(value, str)
    assert answer.affirms("m") == (value is True)


@given(text=st.text(max_size=60))
def test_texts_can_be_stored_and_shown(text: str) -> None:
    answer = Answer({"m": text})
    for read in (answer.word("m"), answer.sentence("m"), answer.identifier("m")):
        assert "\0" not in read
        assert "\n" not in read
        read.encode()


def test_codes_come_as_numbers_and_as_text() -> None:
    assert Answer({"code": 20000}).word("code") == "20000"
    assert Answer({"code": " 20000 "}).word("code") == "20000"
    assert Answer({"code": 0}).word("code") == "0"
    assert Answer({"code": False}).word("code") == ""


def test_the_first_name_that_says_something_counts() -> None:
    answer = Answer({"msg": "", "message": 7, "error": {"a": 1}, "reason": "no\x00 room \n left"})
    assert answer.sentence("msg", "message", "error", "reason") == "no room left"


def test_long_texts_are_cut() -> None:
    answer = Answer({"m": "x" * 1_000_000})
    assert len(answer.word("m")) == 200
    assert len(answer.sentence("m")) == 1001
    assert answer.identifier("m") == ""
    assert as_sentence("two\n lines " + "x" * 2000).startswith("two lines xxx")
    assert len(as_sentence("x" * 2000)) == 1001


@pytest.mark.parametrize("identifier", ["vid_1", "a/b?c#d", "视频-1", "...", 7, 2**60, "-"])
def test_ids_are_kept_whole(identifier: str | int) -> None:
    assert Answer({"id": identifier}).identifier("id") == str(identifier)


@pytest.mark.parametrize("identifier", ["", " ", "a b", "a\nb", "\0", ".", "..", "x" * 401, True, 1.5, 10**60, None])
def test_what_cannot_be_an_id_is_none(identifier: object) -> None:
    assert Answer({"id": identifier}).identifier("id") == ""


def test_ids_may_have_to_be_text() -> None:
    answer = Answer({"id": 7, "name": "vid_7"})
    assert answer.identifier("id", "name", numbers=False) == "vid_7"
    assert answer.identifier("id", numbers=False) == ""


@pytest.mark.parametrize("text", ["A boat", " two\n lines\t", "x" * 50_000, "视频 \u2028", "."])
def test_a_text_to_compare_is_whole(text: str) -> None:
    assert Answer({"prompt": text}).text("prompt") == text


@pytest.mark.parametrize("text", ["", "nul \0", None, 7, ["A boat"], {"text": "A boat"}])
def test_a_text_that_is_none_of_ours_is_not_compared(text: object) -> None:
    assert Answer({"prompt": text}).text("prompt") is None
    assert Answer({"prompt": text, "text": "A boat"}).text("prompt", "text") == "A boat"


@pytest.mark.parametrize("seconds", [1783000000, 1783000000.0, 1, 253_402_300_799])
def test_an_instant_is_told_in_seconds(seconds: float) -> None:
    assert Answer({"at": seconds}).moment("at") == moment(int(seconds))


@pytest.mark.parametrize(
    "seconds", [0, -5, 1783000000000, 10**400, 1e300, True, "1783000000", "2026-07-01T00:00:00Z", None, [], {}]
)
def test_what_is_no_instant_is_none(seconds: object) -> None:
    assert Answer({"at": seconds}).moment("at") is None


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"error": {"code": "c", "message": "m"}}, ("c", "m")),
        ({"error": {"code": 5}}, ("5", "")),
        ({"error": "m"}, ("", "m")),
        ({"error": {}, "failure_reason": {"code": "c"}}, ("c", "")),
        ({"error": None, "failure_reason": "m"}, ("", "m")),
        ({"error": ["m"], "failure_reason": 5}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_an_error_is_an_object_or_a_text(members: dict[str, Any], error: tuple[str, str]) -> None:
    assert Answer(members).error("error", "failure_reason") == error


def test_lists_are_read_item_by_item() -> None:
    answer = Answer({"data": [{"id": "a"}, None, 5, "b", [], {"id": "c"}], "loc": ["body", 3, None, {}, "a\nb"]})
    found = answer.objects("data")
    assert found is not None
    assert [one.word("id") for one in found] == ["a", "c"]
    assert answer.words("loc") == ["body", "3", "a b"]
    assert answer.objects("nothing") is None


def test_the_first_count_counts() -> None:
    assert Answer({"total": 0, "completion": 7}).count("total", "completion") == 0
    assert Answer({"total": "5", "completion": 7}).count("total", "completion") == 7


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://cdn.example.org/a.mp4?sig=a%20b", "https://cdn.example.org/a.mp4?sig=a%20b"),
        (" http://cdn.example.org/a.mp4\n", "http://cdn.example.org/a.mp4"),
        ("HTTPS://cdn.example.org/a", "HTTPS://cdn.example.org/a"),
        ("out/5f0c.mp4", None),
        ("//cdn.example.org/a.mp4", None),
        ("/a.mp4", None),
        ("https://", None),
        ("https:///a", None),
        ("https://[::1", None),
        ("https://a:99999/", None),
        ("https://a b/", None),
        ("https://a/\0", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("data:video/mp4;base64,AA", None),
        ("https://a/" + "x" * 9000, None),
    ],
)
def test_a_link_is_whole_or_none(text: str, link: str | None) -> None:
    assert Answer({"url": text}).link("url") == link


@pytest.mark.parametrize(
    ("value", "percent"), [(0, 0), (42, 42), (42.9, 42), (100, 100), (101, 100), (-5, 0), (10**400, 100), ("42", None)]
)
def test_progress_stays_within_bounds(value: object, percent: int | None) -> None:
    assert Answer({"p": value}).percent("p") == percent


@pytest.mark.parametrize(("value", "count"), [(108900, 108900), (5.0, 5), (5.5, None), (-1, None), (2**60, None)])
def test_counts_are_whole_and_not_negative(value: object, count: int | None) -> None:
    assert Answer({"n": value}).count("n") == count


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists))
def test_any_value_reads_as_something_that_json_can_hold(value: Any) -> None:
    answer = Answer({"m": value})
    read = [
        answer.word("m"),
        answer.sentence("m"),
        answer.identifier("m"),
        answer.link("m"),
        answer.percent("m"),
        answer.count("m"),
        answer.amount("m"),
    ]
    json.loads(msgspec.json.encode(read))


def test_members_are_found_inside_members() -> None:
    answer = read_answer(encode({"data": {"result": {"video_url": "https://a/b"}}, "error": None, "success": False}))
    assert answer.inner("data").inner("result").link("video_url") == "https://a/b"
    assert answer.has("data")
    assert not answer.has("error")
    assert answer.denies("success")
    assert not answer.denies("error")
    assert Answer({"deleted": True}).affirms("deleted")
    assert not answer.affirms("success")
    assert Answer({"status": ""}).is_text("status")
    assert not answer.is_text("error")


# --- headers ------------------------------------------------------------------------------------------------------

NOW = "Tue, 30 Jun 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 7.5 "}, 7.5),
        ({"RETRY-AFTER": "0"}, 0),
        ({"Retry-After": "9" * 5000}, LONGEST_RETRY_SECONDS),
        ({"Retry-After-Ms": "1500", "Retry-After": "9"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "9"}, 9),
        ({"Retry-After-Ms": "-1"}, None),
        ({"Retry-After-Ms": "9" * 5000}, LONGEST_RETRY_SECONDS),
        ({"Retry-After": "Tue, 30 Jun 2026 12:01:30 GMT", "Date": NOW}, 90),
        ({"Retry-After": "Tue, 30 Jun 2026 11:00:00 GMT", "Date": NOW}, 0),
        ({"Retry-After": "Tue Jun 30 12:00:20 2026", "Date": NOW}, 20),
        ({"Retry-After": "Tue, 30 Jun 2026 12:00:20 -0000", "Date": NOW}, 20),
        ({"Retry-After": "Wed, 30 Jun 2027 12:00:00 GMT", "Date": NOW}, LONGEST_RETRY_SECONDS),
        ({"Retry-After": "Tue, 30 Jun 2026 12:01:30 GMT"}, None),
        ({"Retry-After": "Tue, 30 Jun 2026 12:01:30 GMT", "Date": "today"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "Wed, 21 Oct 99999 07:28:00 GMT", "Date": NOW}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
)
def test_retry_after_has_two_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds


@given(wait=st.integers(-10_000, 10_000), now=st.integers(1_000_000_000, 4_000_000_000))
def test_a_date_is_read_against_the_answers_own(wait: int, now: int) -> None:
    headers = {"Retry-After": format_datetime(moment(now + wait), True), "Date": format_datetime(moment(now), True)}
    assert retry_after_seconds(headers) == max(wait, 0)


@given(said=st.text(max_size=40), date=st.text(max_size=40))
def test_any_header_is_a_wait_or_none(said: str, date: str) -> None:
    seconds = retry_after_seconds({"Retry-After": said, "Date": date})
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_SECONDS


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"X-Request-Id": "r-1", "Traceparent": "t-1"}, "r-1"),
        ({"traceparent": "00-4bf92f-01"}, "00-4bf92f-01"),
        ({"CF-Ray": "8f2\udce9"}, "8f2"),
        ({"X-Request-Id": "r" * 5000}, "r" * 200),
        ({"X-Request-Id": " "}, None),
        ({}, None),
    ],
)
def test_a_call_has_the_vendors_name_for_it(headers: dict[str, str], name: str | None) -> None:
    assert request_id(headers) == name

"""Ranges and conditions of a request for a file."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.ranges import RangeOutside, Slice, http_date, is_not_modified, is_still_the_same, wanted_slice

MODIFIED = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", Slice(0, 1)),
        ("bytes=0-99", Slice(0, 100)),
        ("bytes=10-19", Slice(10, 10)),
        ("bytes=90-", Slice(90, 10)),
        ("bytes=90-500", Slice(90, 10)),
        ("bytes=-10", Slice(90, 10)),
        ("bytes=-500", Slice(0, 100)),
        ("Bytes = 1 - 2", Slice(1, 2)),
    ],
)
def test_a_single_range_is_a_part_of_the_file(header: str, part: Slice) -> None:
    assert wanted_slice(header, 100) == part


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,5-6",
        "bytes=--1",
        "bytes=" + "9" * 40 + "-",
    ],
)
def test_no_range_several_ranges_and_nonsense_mean_the_whole_file(header: str | None) -> None:
    assert wanted_slice(header, 100) is None


@pytest.mark.parametrize(
    ("header", "size_bytes"),
    [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)],
)
def test_a_range_without_a_byte_of_the_file_cannot_be_answered(header: str, size_bytes: int) -> None:
    with pytest.raises(RangeOutside):
        wanted_slice(header, size_bytes)


@given(st.text(alphabet="bytes=0123456789-, ", max_size=24), st.integers(0, 300))
def test_whatever_the_header_a_part_lies_inside_the_file(header: str, size_bytes: int) -> None:
    try:
        part = wanted_slice(header, size_bytes)
    except RangeOutside:
        return
    assert part is None or (part.start >= 0 and part.length > 0 and part.start + part.length <= size_bytes)


def test_if_range_holds_for_the_same_tag_or_the_same_second_only() -> None:
    assert is_still_the_same(None, '"a"', MODIFIED)
    assert is_still_the_same('"a"', '"a"', MODIFIED)
    assert not is_still_the_same('"b"', '"a"', MODIFIED)
    assert not is_still_the_same('W/"a"', '"a"', MODIFIED)
    assert is_still_the_same(http_date(MODIFIED), '"a"', MODIFIED)
    assert not is_still_the_same("Sun, 06 Nov 1994 08:49:37 GMT", '"a"', MODIFIED)


def test_the_tag_decides_before_the_date() -> None:
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    assert is_not_modified('"x", W/"a"', None, '"a"', MODIFIED)
    assert is_not_modified("*", None, '"a"', MODIFIED)
    assert not is_not_modified('"x"', later, '"a"', MODIFIED)
    assert is_not_modified(None, later, '"a"', MODIFIED)
    assert is_not_modified(None, http_date(MODIFIED), '"a"', MODIFIED)
    assert not is_not_modified(None, "Sun, 06 Nov 1994 08:49:37 GMT", '"a"', MODIFIED)
    assert not is_not_modified(None, "yesterday", '"a"', MODIFIED)
    assert not is_not_modified(None, None, '"a"', MODIFIED)

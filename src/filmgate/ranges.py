"""Ranges and conditions of a request for a file (RFC 9110, sections 13 and 14). Pure."""

import re
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

import msgspec

_SINGLE_RANGE = re.compile(r"bytes\s*=\s*([0-9]*)\s*-\s*([0-9]*)\s*,?", re.IGNORECASE)
_LONGEST_NUMBER = 18


class Slice(msgspec.Struct, frozen=True):
    """A part of a file: ``length`` bytes from ``start`` on."""

    start: int
    length: int


class RangeOutside(ValueError):
    """Nothing of the range lies inside the file."""


def wanted_slice(header: str | None, size_bytes: int) -> Slice | None:
    """The part asked for, or None for the whole file.

    Several ranges, other units and anything malformed mean the whole file, as the RFC allows.

    Raises:
        RangeOutside: a well-formed range that has no byte of the file.
    """
    match = _SINGLE_RANGE.fullmatch(header.strip()) if header else None
    if match is None or max(map(len, match.groups())) > _LONGEST_NUMBER:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size_bytes)
        if length == 0:
            raise RangeOutside
        return Slice(size_bytes - length, length)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size_bytes:
        raise RangeOutside
    end = min(int(last), size_bytes - 1) if last else size_bytes - 1
    return Slice(start, end - start + 1)


def is_still_the_same(if_range: str | None, etag: str, modified_at: datetime) -> bool:
    """Whether a range may be answered: the file is still the one the caller has a part of."""
    if if_range is None:
        return True
    text = if_range.strip()
    return text == etag if text.startswith('"') else text == http_date(modified_at)


def is_not_modified(if_none_match: str | None, if_modified_since: str | None, etag: str, modified_at: datetime) -> bool:
    """Whether the caller has the file already (304). The tag decides where both conditions are given."""
    if if_none_match is not None:
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in tags or etag in tags
    if if_modified_since is None:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since)
    except ValueError:
        return False
    return since.tzinfo is not None and modified_at.replace(microsecond=0) <= since


def http_date(moment: datetime) -> str:
    """``Sun, 06 Nov 1994 08:49:37 GMT``."""
    return format_datetime(moment, usegmt=True)

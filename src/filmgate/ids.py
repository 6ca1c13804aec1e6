"""Ids: one UUIDv7 inside, and the forms in which each dialect shows it.

Every form is computed from the one id and back, so there is one index. An id carries no authority: every read is by
owner.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta, timezone
from uuid import UUID

import uuid_utils

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_BASE62_LENGTH = 22
# Two digits at a time: every status answer shows an id.
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)

_BEIJING = timezone(timedelta(hours=8))
# The last second that a calendar can name. An id of ours is never that late, but any 128 bits have their form.
_LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=_BEIJING).timestamp())
_RANDOM_BITS = 80
_LOW_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# 999 ms and 80 bits.
_BASE36_LENGTH = 18
_DATED_FORM = re.compile(r"([0-9]{14})-([0-9a-z]{18,25})")

LIVE_PREFIX = "fg_live_"
TEST_PREFIX = "fg_test_"


def new_id() -> UUID:
    """A fresh UUIDv7: later ids sort later."""
    return UUID(int=uuid_utils.uuid7().int)


def short_form(prefix: str, identifier: UUID) -> str:
    """``vid_`` and 22 letters and digits, for instance. Sorts like the id."""
    pairs = []
    number = identifier.int
    for _ in range(_BASE62_LENGTH // 2):
        number, pair = divmod(number, 62 * 62)
        pairs.append(_PAIRS[pair])
    return prefix + "".join(reversed(pairs))


def from_short_form(prefix: str, text: str) -> UUID | None:
    """The id behind a short form, or None if the text is not one."""
    body = text.removeprefix(prefix)
    if len(text) != len(prefix) + _BASE62_LENGTH or len(body) != _BASE62_LENGTH:
        return None
    number = 0
    for character in body:
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number * 62 + value
    return UUID(int=number) if number < 1 << 128 else None


def dated_form(prefix: str, identifier: UUID) -> str:
    """``cgt-20260901120000-`` and 18 letters and digits, for instance: the second a UUIDv7 was made at, in Beijing
    time, and the rest of it in base 36. Sorts like the id."""
    milliseconds, rest = divmod(identifier.int, 1 << _RANDOM_BITS)
    seconds = min(milliseconds // 1000, _LAST_SECOND)
    rest |= (milliseconds - seconds * 1000) << _RANDOM_BITS
    digits = []
    while rest:
        rest, digit = divmod(rest, 36)
        digits.append(_LOW_DIGITS[digit])
    date = datetime.fromtimestamp(seconds, _BEIJING).strftime("%Y%m%d%H%M%S")
    return f"{prefix}{date}-{''.join(reversed(digits)).rjust(_BASE36_LENGTH, '0')}"


def from_dated_form(prefix: str, text: str) -> UUID | None:
    """The id behind a dated form, or None if the text is not one."""
    match = _DATED_FORM.fullmatch(text.removeprefix(prefix))
    if match is None:
        return None
    try:
        moment = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=_BEIJING)
    except ValueError:
        return None
    number = (int(moment.timestamp()) * 1000 << _RANDOM_BITS) + int(match[2], 36)
    if not 0 <= number < 1 << 128:
        return None
    identifier = UUID(int=number)
    return identifier if dated_form(prefix, identifier) == text else None


def from_uuid_form(text: str) -> UUID | None:
    """The id behind its canonical text (36 characters, any case), or None if the text is not one."""
    if len(text) != 36:
        return None
    try:
        identifier = UUID(text)
    except ValueError:
        return None
    return identifier if str(identifier) == text.lower() else None


def companion(identifier: UUID, purpose: str) -> UUID:
    """Another stable id for the same thing, such as SenseAudio's record id beside its task id."""
    digest = bytearray(hashlib.sha256(identifier.bytes + purpose.encode()).digest()[:16])
    return UUID(bytes=bytes(digest), version=4)


def new_key_secret(*, test: bool) -> str:
    """A fresh API key: 256 random bits behind a prefix that says what it is."""
    return (TEST_PREFIX if test else LIVE_PREFIX) + secrets.token_urlsafe(32)


def key_digest(secret: str) -> bytes:
    """What is stored of a key. Keys are random, so SHA-256 without salt is enough."""
    return hashlib.sha256(secret.encode()).digest()

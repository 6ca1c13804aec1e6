"""Ids: one UUIDv7 inside, and the forms in which each dialect shows it.

Every form is computed from the one id and back, so there is one index. An id carries no authority: every read is by
owner.
"""

import hashlib
import secrets
from uuid import UUID

import uuid_utils

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_BASE62_LENGTH = 22
# Two digits at a time: every status answer shows an id.
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)

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

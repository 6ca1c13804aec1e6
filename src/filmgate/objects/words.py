"""Names of objects, what is known of them, and what a store's errors are to us."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from obstore.exceptions import AlreadyExistsError, BaseError

from filmgate.errors import NotFound, Unavailable

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*", re.ASCII)
_NAME_LENGTH = 512


class NewObject(msgspec.Struct, frozen=True):
    """A file that is to become an object."""

    name: str
    path: Path
    content_type: str


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What was just put into the store."""

    name: str
    size_bytes: int
    sha256: str
    """Of the bytes as they went in, lower-case hex."""


class ObjectInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an object without reading it."""

    size_bytes: int
    etag: str | None
    """With its quotes, as a header carries it."""
    modified_at: datetime
    content_type: str
    """By the suffix of the name."""


class AlreadyThere(Exception):
    """There is an object of that name."""


def is_name(name: str) -> bool:
    return len(name) <= _NAME_LENGTH and _NAME.fullmatch(name) is not None


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn the store's errors into ours. Refuses what is not a name, before the store sees it."""
    if not is_name(name):
        raise NotFound("there is no such object")
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFound("there is no such object") from exc
    except AlreadyExistsError as exc:
        raise AlreadyThere from exc
    except (BaseError, OSError) as exc:
        raise Unavailable("the object store does not answer as it should") from exc

"""The AIGC entry in the metadata of an MP4 or MOV: read, and written without touching anything else.

It lies where TC260-PG-20257A wants it and FFmpeg puts it with ``use_metadata_tags``: the key in the ``keys`` and the
text in the ``ilst`` of a ``meta`` box with the handler ``mdta``, in ``moov.udta``. Only the description of the film
grows; the bytes of its streams stay as they are, at their places or that much further behind.
"""

import shutil
import struct
from pathlib import Path
from typing import BinaryIO

import msgspec

from filmgate.label import AIGC_KEY
from filmgate.media.boxes import BadBoxes, box, children, moved, movie_box, read_movie

_NO_FLAGS = bytes(4)
_HANDLER = box(b"hdlr", _NO_FLAGS + bytes(4) + b"mdta" + bytes(12) + b"\0")
_KEY_NAMESPACE = b"mdta"
_KEY_HEADER = struct.Struct(">I4s")
_COUNT = struct.Struct(">I")
# Before a value: that it is UTF-8, and of no country or language.
_UTF8 = struct.pack(">II", 1, 0)
_COPIED_BYTES = 1024**2


class _Tags(msgspec.Struct):
    """The content of a ``meta`` box that names its values by keys."""

    prefix: bytes
    """Flags, which QuickTime's kind of the box does not have."""
    others: list[tuple[bytes, bytes]]
    names: list[bytes]
    items: list[tuple[bytes, bytes]]
    """Each with the number of its key, from 1, for a type."""

    def value(self, name: bytes) -> bytes | None:
        if name not in self.names:
            return None
        number = _COUNT.pack(self.names.index(name) + 1)
        content = next((content for kind, content in self.items if kind == number), b"")
        data = next((data for kind, data in children(content) if kind == b"data"), b"")
        return data[len(_UTF8) :]

    def put(self, name: bytes, value: bytes) -> None:
        if name not in self.names:
            self.names.append(name)
        number = _COUNT.pack(self.names.index(name) + 1)
        self.items = [item for item in self.items if item[0] != number]
        self.items.append((number, box(b"data", _UTF8 + value)))

    def content(self) -> bytes:
        keys = b"".join(_KEY_HEADER.pack(_KEY_HEADER.size + len(name), _KEY_NAMESPACE) + name for name in self.names)
        return b"".join(
            [
                self.prefix,
                *(box(kind, content) for kind, content in self.others),
                box(b"keys", _NO_FLAGS + _COUNT.pack(len(self.names)) + keys),
                box(b"ilst", b"".join(box(number, content) for number, content in self.items)),
            ]
        )


def found_entry(path: Path) -> str | None:
    """The text of the film's entry, or None where there is none that can be found."""
    try:
        with path.open("rb") as file:
            movie = read_movie(file, movie_box(file))
        for kind, user_data in children(movie):
            for name, content in children(user_data) if kind == b"udta" else ():
                tags = _read_tags(content) if name == b"meta" else None
                value = None if tags is None else tags.value(AIGC_KEY.encode())
                if value is not None:
                    return value.decode("utf-8", "replace")
    except BadBoxes:
        return None
    return None


def write_entry(path: Path, target: Path, text: str) -> None:
    """Copy a film with another entry in it, or its first one.

    Raises:
        BadBoxes: nothing can be written into this file; there may be half a target.
    """
    with path.open("rb") as file, target.open("wb") as copy:
        top = movie_box(file)
        movie = _with_entry(read_movie(file, top), text.encode())
        grown = len(box(b"moov", movie)) - top.size
        movie = moved(movie, behind=top.end, by=grown)
        _copy(file, copy, top.start)
        copy.write(box(b"moov", movie))
        file.seek(top.end)
        shutil.copyfileobj(file, copy, _COPIED_BYTES)


def _with_entry(movie: bytes, text: bytes) -> bytes:
    parts, is_written = [], False
    for kind, content in children(movie):
        if kind == b"udta" and not is_written:
            parts.append(box(kind, _with_entry_in(content, text)))
            is_written = True
        else:
            parts.append(box(kind, content))
    return b"".join(parts if is_written else [*parts, box(b"udta", _with_entry_in(b"", text))])


def _with_entry_in(user_data: bytes, text: bytes) -> bytes:
    """User data with the entry among others of its kind; else in a box of its own, before those of other kinds."""
    parts, is_written = [], False
    for kind, content in children(user_data):
        tags = _read_tags(content) if kind == b"meta" and not is_written else None
        if tags is not None:
            tags.put(AIGC_KEY.encode(), text)
            is_written = True
        parts.append(box(kind, content if tags is None else tags.content()))
    if not is_written:
        tags = _Tags(prefix=_NO_FLAGS, others=[], names=[], items=[])
        tags.put(AIGC_KEY.encode(), text)
        parts.insert(0, box(b"meta", _NO_FLAGS + _HANDLER + tags.content()[len(_NO_FLAGS) :]))
    return b"".join(parts)


def _read_tags(meta: bytes) -> _Tags | None:
    """What a ``meta`` box holds, or None where it names its values otherwise than by keys."""
    prefix = b"" if meta[4:8] == b"hdlr" else meta[: len(_NO_FLAGS)]
    boxes = list(children(meta[len(prefix) :]))
    by_kind = dict(boxes)
    if by_kind.get(b"hdlr", b"")[8:12] != b"mdta" or b"keys" not in by_kind:
        return None
    return _Tags(
        prefix=prefix,
        others=[(kind, content) for kind, content in boxes if kind not in (b"keys", b"ilst")],
        names=_read_names(by_kind[b"keys"]),
        items=list(children(by_kind.get(b"ilst", b""))),
    )


def _read_names(keys: bytes) -> list[bytes]:
    names = []
    at = len(_NO_FLAGS) + _COUNT.size
    while at < len(keys):
        if len(keys) - at < _KEY_HEADER.size:
            raise BadBoxes("has a key that is cut off")
        size, _ = _KEY_HEADER.unpack_from(keys, at)
        if not _KEY_HEADER.size <= size <= len(keys) - at:
            raise BadBoxes("has a key that does not fit into its list")
        names.append(keys[at + _KEY_HEADER.size : at + size])
        at += size
    return names


def _copy(file: BinaryIO, copy: BinaryIO, count: int) -> None:
    file.seek(0)
    while count > 0 and (part := file.read(min(count, _COPIED_BYTES))):
        copy.write(part)
        count -= len(part)

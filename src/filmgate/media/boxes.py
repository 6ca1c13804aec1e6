"""The boxes of an MP4 or MOV file (ISO 14496-12), as far as an entry in its metadata needs them.

A box is four bytes of size, four of type, and its content, which may be boxes again. Nothing here decodes anything, and
nothing trusts a number: what does not add up is a ``BadBoxes``.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

_LARGEST_MOVIE_BYTES = 64 * 1024**2
"""What describes a film is a few bytes a frame; more is somebody's joke."""

_MOST_TOP_BOXES = 10_000
_SMALL_HEADER_BYTES, _LARGE_HEADER_BYTES = 8, 16
_LARGEST_OFFSET = {b"stco": 2**32 - 1, b"co64": 2**64 - 1}
_OFFSET_FORMAT = {b"stco": "I", b"co64": "Q"}
_WAY_TO_OFFSETS = (b"trak", b"mdia", b"minf", b"stbl")
# With these, places in the file are told by more than the chunk offsets. Films for downloading have none of them.
_REFUSED_OUTSIDE = frozenset({b"moof", b"mfra", b"meta"})
_REFUSED_INSIDE = frozenset({b"cmov", b"mvex", b"saio"})


class BadBoxes(Exception):
    """The file is no film that an entry can be written into. The message continues a sentence that begins with it."""


class TopBox(msgspec.Struct, frozen=True):
    """A box of the outermost level: where it begins in the file, and how long it is with its header."""

    kind: bytes
    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


def box(kind: bytes, content: bytes) -> bytes:
    """A whole box."""
    return struct.pack(">I4s", _SMALL_HEADER_BYTES + len(content), kind) + content


def children(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes that follow each other in a content: type and content of each.

    Raises:
        BadBoxes: they do not fill it.
    """
    at = 0
    while at < len(content):
        # QuickTime ends a list of user data with four zero bytes.
        if content[at:] == bytes(4):
            return
        if len(content) - at < _SMALL_HEADER_BYTES:
            raise BadBoxes("has a box that is cut off")
        size, kind = struct.unpack_from(">I4s", content, at)
        if not _SMALL_HEADER_BYTES <= size <= len(content) - at:
            raise BadBoxes("has a box that does not fit into its parent")
        yield kind, content[at + _SMALL_HEADER_BYTES : at + size]
        at += size


def movie_box(file: BinaryIO) -> TopBox:
    """Where the box with all that is known of the film lies.

    Raises:
        BadBoxes: it is not there, or the file is laid out in a way in which it cannot grow.
    """
    found = None
    for top in _top_boxes(file):
        if top.kind in _REFUSED_OUTSIDE:
            raise BadBoxes(f"has a {top.kind.decode('latin-1')} box at its outermost level")
        if top.kind == b"moov":
            if found is not None:
                raise BadBoxes("has two descriptions")
            found = top
    if found is None or not _SMALL_HEADER_BYTES <= found.size <= _LARGEST_MOVIE_BYTES:
        raise BadBoxes("has no description of a usual size")
    return found


def read_movie(file: BinaryIO, top: TopBox) -> bytes:
    """The content of the film's description.

    Raises:
        BadBoxes: it is cut off.
    """
    file.seek(top.start)
    whole = file.read(top.size)
    if len(whole) != top.size or struct.unpack_from(">I", whole)[0] != top.size:
        raise BadBoxes("has a description that is cut off")
    return whole[_SMALL_HEADER_BYTES:]


def moved(movie: bytes, behind: int, by: int) -> bytes:
    """The description of a film of which everything from one place on lies so many bytes further behind.

    Raises:
        BadBoxes: the offsets make no sense, or the numbers would become too large for their boxes.
    """
    return _moved(movie, _WAY_TO_OFFSETS, behind, by) if by else movie


def _moved(content: bytes, way: tuple[bytes, ...], behind: int, by: int) -> bytes:
    parts = []
    for kind, inner in children(content):
        if kind in _REFUSED_INSIDE:
            raise BadBoxes(f"has a {kind.decode('latin-1')} box in its description")
        if way and kind == way[0]:
            inner = _moved(inner, way[1:], behind, by)
        elif not way and kind in _OFFSET_FORMAT:
            inner = _moved_offsets(kind, inner, behind, by)
        parts.append(box(kind, inner))
    # What follows the last box, if anything does, is the end of a QuickTime list.
    return b"".join(parts) + content[sum(map(len, parts)) :]


def _moved_offsets(kind: bytes, content: bytes, behind: int, by: int) -> bytes:
    if len(content) < _SMALL_HEADER_BYTES:
        raise BadBoxes("has a list of offsets that is cut off")
    (count,) = struct.unpack_from(">I", content, 4)
    form = f">{count}{_OFFSET_FORMAT[kind]}"
    if struct.calcsize(form) != len(content) - _SMALL_HEADER_BYTES:
        raise BadBoxes("has a list of offsets of another length than it says")
    offsets = struct.unpack_from(form, content, _SMALL_HEADER_BYTES)
    new = [offset + by if offset >= behind else offset for offset in offsets]
    if max(new, default=0) > _LARGEST_OFFSET[kind]:
        raise BadBoxes("is too large for its own offsets")
    return content[:_SMALL_HEADER_BYTES] + struct.pack(form, *new)


def _top_boxes(file: BinaryIO) -> Iterator[TopBox]:
    file_size = file.seek(0, 2)
    start = 0
    for _ in range(_MOST_TOP_BOXES):
        if start == file_size:
            return
        file.seek(start)
        head = file.read(_LARGE_HEADER_BYTES)
        if len(head) < _SMALL_HEADER_BYTES:
            raise BadBoxes("ends in the middle of a box")
        size, kind = struct.unpack_from(">I4s", head)
        least = _SMALL_HEADER_BYTES
        if size == 0:
            size = file_size - start
        elif size == 1:
            if len(head) < _LARGE_HEADER_BYTES:
                raise BadBoxes("ends in the middle of a box")
            size, least = struct.unpack_from(">Q", head, _SMALL_HEADER_BYTES)[0], _LARGE_HEADER_BYTES
        if not least <= size <= file_size - start:
            raise BadBoxes("has a box that goes on behind its end")
        yield TopBox(kind, start, size)
        start += size
    raise BadBoxes("has more boxes than a film needs")

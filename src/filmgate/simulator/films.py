"""The films as files: each size and length made once (``encode.py``) and then served to everybody who ordered the like.

Behind a film stands a box that players pass over: it names the task whose film this is, and pads the file to the size
asked for. None of that padding is ever in memory.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator

import msgspec

from filmgate.video import Size

CHUNK_BYTES = 256 * 1024
"""The largest piece of a file that is handed out at once."""

_ZEROS = bytes(CHUNK_BYTES)


class Reel(msgspec.Struct, frozen=True, kw_only=True):
    """A file, without having it in memory: its beginning, and zeros behind it."""

    head: bytes
    zeros: int = 0

    @property
    def size_bytes(self) -> int:
        return len(self.head) + self.zeros

    def pieces(self, start: int, length: int) -> Iterator[bytes]:
        """The ``length`` bytes from ``start`` on, in pieces."""
        end = start + length
        while start < end:
            most = min(end - start, CHUNK_BYTES)
            piece = self.head[start : start + most] or _ZEROS[:most]
            yield piece
            start += len(piece)


class Films:
    """Makes films and pictures, each kind once, in threads of their own."""

    def __init__(self) -> None:
        self._made: dict[Hashable, asyncio.Task[bytes]] = {}

    async def film(self, size: Size, seconds: int, *, sound: bool) -> bytes:
        """An MP4 of exactly this size and length."""
        return await self._once(("film", size, seconds, sound), lambda: _film(size, seconds, sound=sound))

    async def picture(self, size: Size, form: str) -> bytes:
        """The last frame of every film of a size.

        Args:
            form: Pillow's word for the format: ``PNG``, ``WEBP``.
        """
        return await self._once(("picture", size, form), lambda: _picture(size, form))

    async def _once(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        if key not in self._made:
            self._made[key] = asyncio.create_task(asyncio.to_thread(make))
        return await asyncio.shield(self._made[key])


def labelled(film: bytes, label: str, size_bytes: int = 0) -> Reel:
    """A film with a box behind it that holds a text, and zeros up to a size."""
    text = label.encode()
    box_bytes = max(size_bytes - len(film), 16 + len(text))
    # The long form of a box's length (ISO/IEC 14496-12, 4.2), because some of ours are longer than the short one holds.
    header = (1).to_bytes(4, "big") + b"free" + box_bytes.to_bytes(8, "big")
    return Reel(head=film + header + text, zeros=box_bytes - len(header) - len(text))


def _film(size: Size, seconds: int, *, sound: bool) -> bytes:
    # The encoder takes a while to import, and most simulators end before anybody has fetched a film.
    from filmgate.simulator.encode import make_film

    return make_film(size, seconds, sound=sound)


def _picture(size: Size, form: str) -> bytes:
    from filmgate.simulator.encode import make_picture

    return make_picture(size, form)

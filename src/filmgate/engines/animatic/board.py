"""What a storyboard says: the cuts of a film and what is written over them."""

from collections.abc import Callable

import msgspec

from filmgate.engines.animatic.beats import Beat
from filmgate.engines.animatic.palette import Colour
from filmgate.engines.animatic.pictures import Picture


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """One shot of the film: frames from ``start`` up to ``end``, dissolves aside."""

    start: int
    end: int
    make: Callable[[], Picture]
    """Prepares the picture; called when the cut comes up, so that only what is on the screen takes memory."""
    move: str
    """The camera's move, for the slate."""
    accent: Colour


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """A beat's words and when they stand on the screen."""

    start: int
    end: int
    beat: Beat
    accent: Colour


class Storyboard(msgspec.Struct, frozen=True, kw_only=True):
    """The cuts of a film, which lie end to end, and its titles."""

    cuts: tuple[Cut, ...]
    titles: tuple[Title, ...]
    bare_start: bool = False
    """Nothing is written over the very first frame: it is exactly a picture of the order."""
    bare_end: bool = False

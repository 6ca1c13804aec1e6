"""What the pictures of an animatic are made from: the order, and its media decoded to pixels.

``decode.py`` makes the inputs, ``shots.py`` makes the frames, ``render.py`` brings the two together. Pixels are always
uint8 RGB of shape (height, width, 3).
"""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from filmgate.video import MediaRole, Size, VideoRequest

Pixels = NDArray[np.uint8]
"""Shape (height, width, 3), RGB; an overlay has a fourth channel, alpha."""


class StillInput(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of the order."""

    role: MediaRole
    pixels: Pixels
    """At most 4400 pixels a side."""


class ClipInput(msgspec.Struct, frozen=True, kw_only=True):
    """A clip of the order, decoded as it is read."""

    role: MediaRole
    size: Size
    frames_per_second: float
    frame_count: int
    open: Callable[[], Iterator[Pixels]]
    """Starts from the first frame at each call. Yields frames of at most the film's size, one at a time."""


class FilmPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides the pictures of a film: the same plan gives the same frames."""

    request: VideoRequest
    size: Size
    frame_count: int
    seed: int
    stills: tuple[StillInput, ...] = ()
    clips: tuple[ClipInput, ...] = ()
    has_sound: bool = False
    sound_names: tuple[str, ...] = ()

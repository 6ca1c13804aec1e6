"""Sizes as the wire has them, ``1280x720``, and what they are to a model: a resolution and a ratio.

Every size of the table in ``video.py`` can be ordered, and OpenAI's own four (spec openai_videos 2.2 and 11). Two of
those are in no table: the film then gets the nearest shape of the resolution that comes closest.
"""

import re

from filmgate.video import ADAPTIVE, RATIOS, RESOLUTIONS, Ratio, Resolution, Size, VideoRequest, frame_size

_OPENAI_SIZES: dict[str, tuple[Resolution, Ratio]] = {
    "1024x1792": ("1080p", "9:16"),
    "1792x1024": ("1080p", "16:9"),
}
SIZES: dict[str, tuple[Resolution, Ratio]] = {
    **{
        f"{width}x{height}": (resolution, ratio)
        for resolution in RESOLUTIONS
        for ratio in RATIOS
        if ratio != ADAPTIVE
        for width, height in [frame_size(resolution, ratio)]
    },
    **_OPENAI_SIZES,
}
"""Every size that can be ordered."""

SIZE = "size"
"""The size as it was ordered, as a name in VideoRequest.extras: the answer shows it again."""

_SIZE = re.compile(r"\s*([1-9][0-9]{0,4})\s*[xX×*]\s*([1-9][0-9]{0,4})\s*", re.ASCII)


def read_size(text: str) -> str | None:
    """A caller's text in the one form of ``SIZES``, or None where it is no such size."""
    match = _SIZE.fullmatch(text)
    size = f"{match[1]}x{match[2]}" if match else ""
    return size if size in SIZES else None


def show_size(size: Size) -> str:
    """A size as the wire has it."""
    return f"{size[0]}x{size[1]}"


def asked_size(request: VideoRequest) -> str | None:
    """The size an order was written with, where it means the film that will be made."""
    asked = request.extras.get(SIZE)
    return asked if isinstance(asked, str) and SIZES.get(asked) == (request.resolution, request.ratio) else None


def size_of(request: VideoRequest) -> str | None:
    """The size of an ordered film, or None where resolution and ratio leave it open."""
    resolution, ratio = request.resolution, request.ratio
    if resolution not in RESOLUTIONS or ratio not in RATIOS or ratio == ADAPTIVE:
        return None
    return asked_size(request) or show_size(frame_size(resolution, ratio))

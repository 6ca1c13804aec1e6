"""What is in a film's file, by decoding it."""

import io
from typing import NamedTuple

import av


class Facts(NamedTuple):
    """What is in a film's file."""

    width: int
    height: int
    frames: int
    seconds: float
    kinds: tuple[str, ...]


def facts_of(film: bytes) -> Facts:
    """Decode a film from its beginning to its end."""
    with av.open(io.BytesIO(film), "r") as container:
        kinds = tuple(stream.type for stream in container.streams)
        frames = list(container.decode(video=0))
        seconds = (container.duration or 0) / av.time_base
    return Facts(frames[0].width, frames[0].height, len(frames), seconds, kinds)

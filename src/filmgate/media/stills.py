"""Two pictures of a film, taken while it is decoded from end to end. Runs only in the child process, as ``decode``."""

from io import BytesIO
from pathlib import Path
from typing import Any

from av.video.frame import VideoFrame
from PIL import Image

from filmgate.media.decode import watch
from filmgate.media.facts import Watched

# Where the film has begun and has not yet moved on.
_POSTER_SECONDS = 1.0

_JPEG: dict[str, Any] = {"format": "JPEG", "quality": 88}
# Little is gained by packing harder, and it takes longer than decoding.
_PNG: dict[str, Any] = {"format": "PNG", "compress_level": 3}


class _Eye:
    """Keeps the pictures that are wanted of those that pass."""

    def __init__(self) -> None:
        self.poster: VideoFrame | None = None
        self.last: VideoFrame | None = None

    def see(self, frame: VideoFrame) -> None:
        if self.poster is None or (frame.time or 0.0) <= _POSTER_SECONDS:
            self.poster = frame
        self.last = frame


def watch_with_pictures(path: Path) -> Watched:
    """The facts of a film with its poster and its last frame."""
    eye = _Eye()
    probe = watch(path, eye.see)
    # A film without a picture was refused.
    assert eye.poster is not None  # noqa: S101
    assert eye.last is not None  # noqa: S101
    return Watched(probe=probe, poster=_written(eye.poster, _JPEG), last_frame=_written(eye.last, _PNG))


def _written(frame: VideoFrame, form: dict[str, Any]) -> bytes:
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    file = BytesIO()
    image.save(file, **form)
    return file.getvalue()

"""An engine that makes real films without drawing them: one small film for each size and length, copied for each order.

The films decode and are what was ordered, so everything after the engine is as in earnest, at a hundredth of the cost.
"""

import asyncio
import random
import shutil
from pathlib import Path

import av
import numpy as np
from PIL import Image

from filmgate.engines.base import EngineJob, Film, Progress
from filmgate.video import ADAPTIVE, FRAMES_PER_SECOND, frame_size

_NAMES = ("film.mp4", "poster.jpg", "last.png")


class Stock:
    """Hands out copies. Each order takes a random while, so that there is something to interrupt."""

    name = "stock"

    def __init__(self, folder: Path, *, longest_seconds: float) -> None:
        self._folder = folder
        self._longest_seconds = longest_seconds
        self._making = asyncio.Lock()

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        """As ``Engine.make``."""
        request = job.request
        seconds, resolution = request.duration_seconds or 1, request.resolution or "480p"
        width, height = frame_size(resolution, request.ratio or ADAPTIVE)
        original = self._folder / f"{width}x{height}-{seconds}"
        async with self._making:
            if not (original / _NAMES[-1]).exists():
                await asyncio.to_thread(_make, original, width, height, seconds)
        pause_seconds = random.uniform(0, self._longest_seconds)
        for percent in (20, 60):
            await asyncio.sleep(pause_seconds / 2)
            progress(percent)
        film, poster, last_frame = (Path(shutil.copy(original / name, job.folder / name)) for name in _NAMES)
        return Film(
            film=film,
            poster=poster,
            last_frame=last_frame,
            width=width,
            height=height,
            frames=seconds * FRAMES_PER_SECOND,
            # Drawing words into it would cost the hundred times that this saves.
            marked=True,
        )

    async def close(self) -> None:
        """As ``Engine.close``."""


def _make(folder: Path, width: int, height: int, seconds: int) -> None:
    """Make one film and its pictures. Other processes may make the same; the last one to finish is kept."""
    unfinished = folder.with_name(f"{folder.name}.{random.randrange(1 << 32):x}")
    unfinished.mkdir(parents=True)
    with av.open(str(unfinished / _NAMES[0]), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(seconds * FRAMES_PER_SECOND):
            pixels = np.full((height, width, 3), number * 4 % 256, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    picture = Image.new("RGB", (width, height), "teal")
    picture.save(unfinished / _NAMES[1])
    picture.save(unfinished / _NAMES[2])
    try:
        unfinished.rename(folder)
    except OSError:
        shutil.rmtree(unfinished)

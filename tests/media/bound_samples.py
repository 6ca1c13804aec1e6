"""Plain files of exactly the size, length and weight that a test wants, as cheap as they can be made."""

import os
import struct
import wave
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream
from PIL import Image

from filmgate.video import Size

SOUND_RATE = 8000


def plain_picture(path: Path, size: Size) -> Path:
    """A white picture in the format of the path's suffix."""
    mode = "L" if path.suffix in (".jpeg", ".webp") else "1"
    Image.new(mode, size, 1).save(path)
    return path


def plain_clip(
    path: Path, frames: int, rate: int | Fraction = 24, size: Size = (64, 64), codec: str = "libx264"
) -> Path:
    """A silent black clip of so many frames, in the container of the path's suffix. Sides may be odd with H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv444p" if codec == "libx264" else "yuv420p"
        stream.options = {"preset": "ultrafast"} if codec == "libx264" else {}
        frame = av.VideoFrame(*size, stream.pix_fmt)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for number in range(frames):
            frame.pts, frame.time_base = number, 1 / Fraction(rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def plain_sound(path: Path, samples: int) -> Path:
    """A silent WAV of so many samples, eight thousand a second."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(SOUND_RATE)
        file.writeframes(bytes(samples))
    return path


def weighing(path: Path, size_bytes: int) -> Path:
    """The file with as much behind it as makes it so heavy; in clips and sounds as a part that says so, which spares
    their readers a look at every byte. It takes no disk."""
    room = size_bytes - path.stat().st_size
    heads = {".mp4": struct.pack(">I4s", room, b"free"), ".wav": struct.pack("<4sI", b"JUNK", room - 8)}
    heads[".mov"] = heads[".mp4"]
    with path.open("ab") as file:
        file.write(heads.get(path.suffix, b""))
    os.truncate(path, size_bytes)
    return path

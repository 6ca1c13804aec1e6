"""Making real films quickly: H.264 with 24 frames per second and, where sound was ordered, AAC; the index stands first.

The picture repeats every second, so one second is encoded, and its packets are written as often as there are seconds.
"""

import io
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Stream
from numpy.typing import NDArray
from PIL import Image

from filmgate.video import FRAMES_PER_SECOND, Size

_SAMPLES_PER_SECOND = 48_000
_SAMPLES_PER_PACKET = 1024
_X264 = {"preset": "ultrafast", "crf": "30", "g": str(FRAMES_PER_SECOND), "bf": "0", "threads": "1"}
# Brightness in studio range: a grey ground, and a bar that goes across it every second.
_GROUND, _BAR, _NO_COLOUR = 96, 200, 128
# The bar goes from block to block of the encoder, which makes for small files.
_BLOCK_PIXELS = 16


def make_film(size: Size, seconds: int, *, sound: bool) -> bytes:
    """Encode an MP4 of exactly this size and length."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            video = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_X264)
            video.width, video.height = size
            video.pix_fmt = "yuv420p"
            video.time_base = video.codec_context.time_base = Fraction(1, FRAMES_PER_SECOND)
            audio = container.add_stream("aac", rate=_SAMPLES_PER_SECOND, layout="stereo") if sound else None
            second = _encoded_second(video, size)
            for number in range(seconds):
                for place, packet in enumerate(second):
                    container.mux(_again(packet, number * FRAMES_PER_SECOND + place))
            if audio is not None:
                container.mux(list(_silence(audio, seconds)))
        return path.read_bytes()


def make_picture(size: Size, form: str) -> bytes:
    """The last frame of a film of a size, as a picture."""
    buffer = io.BytesIO()
    Image.fromarray(_brightness(size, FRAMES_PER_SECOND - 1)).convert("RGB").save(buffer, form)
    return buffer.getvalue()


def _encoded_second(stream: av.VideoStream, size: Size) -> "list[av.Packet[av.VideoStream]]":
    packets = []
    for number in range(FRAMES_PER_SECOND):
        bright = _brightness(size, number)
        colour = np.full((size[1] // 2, size[0]), _NO_COLOUR, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.concatenate((bright, colour)), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
        packets += stream.encode(frame)
    return packets + stream.encode()


def _brightness(size: Size, number: int) -> NDArray[np.uint8]:
    """A frame of the second, as brightness alone: shape (height, width)."""
    width, height = size
    step = width // FRAMES_PER_SECOND // _BLOCK_PIXELS * _BLOCK_PIXELS or _BLOCK_PIXELS
    picture = np.full((height, width), _GROUND, np.uint8)
    picture[:, number * step : (number + 1) * step] = _BAR
    return picture


def _again(packet: "av.Packet[av.VideoStream]", number: int) -> "av.Packet[Stream]":
    """A packet of the second, as the ``number``-th of the film."""
    copy = av.Packet(bytes(packet))
    copy.pts = copy.dts = number
    copy.duration, copy.time_base = 1, Fraction(1, FRAMES_PER_SECOND)
    copy.stream, copy.is_keyframe = packet.stream, packet.is_keyframe
    return copy


def _silence(stream: av.AudioStream, seconds: int) -> "Iterator[av.Packet[av.AudioStream]]":
    end = seconds * _SAMPLES_PER_SECOND
    for start in range(0, end, _SAMPLES_PER_PACKET):
        samples = np.zeros((2, min(_SAMPLES_PER_PACKET, end - start)), np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = _SAMPLES_PER_SECOND
        frame.pts, frame.time_base = start, Fraction(1, _SAMPLES_PER_SECOND)
        yield from stream.encode(frame)
    yield from stream.encode()

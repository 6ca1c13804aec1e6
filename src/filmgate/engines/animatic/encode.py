"""Frames and sound to a film file: H.264 High, 4:2:0, BT.709, 24 frames per second; AAC-LC, 48 kHz, stereo; faststart.

The caller draws the next frames while this encodes the last ones, in a thread of its own; a short queue between them
bounds the memory. The picture is the same bytes for the same frames.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType

import av
import cv2
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from filmgate.engines.animatic.plan import Pixels
from filmgate.video import FRAMES_PER_SECOND, Size

SAMPLES_PER_SECOND = 48_000
SAMPLES_PER_FRAME = SAMPLES_PER_SECOND // FRAMES_PER_SECOND
Samples = NDArray[np.float32]
"""Sound: shape (count, 2), left and right, from -1 to 1."""

_X264 = {
    "preset": "veryfast",
    "crf": "21",
    "profile": "high",
    # Fixed, not "as many as there are cores": the bytes of the picture depend on it.
    "threads": "2",
    "g": str(2 * FRAMES_PER_SECOND),
    # More bits for dark gradients, where banding shows first.
    "aq-mode": "3",
    # With the macroblock tree the same frames give different bytes from run to run, on processors with AVX-512 and for
    # sides that are no multiples of 16 (seen with x264 core 165). Without it, a film of this size is a decibel worse.
    "x264-params": "mbtree=0",
}
_AAC_BITS_PER_SECOND = 160_000
_SAMPLES_PER_PACKET = 1024
_QUEUED_FRAMES = 3
_ROWS_AT_ONCE = 64
"""Converted in one go: so many stay in the processor's cache."""

# RGB to studio-range YCbCr of BT.709, for bytes: rows Y, Cb, Cr; the fourth column is added.
_BT709 = np.array(
    [
        [0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16],
        [-0.114572 * 224 / 255, -0.385428 * 224 / 255, 0.5 * 224 / 255, 128],
        [0.5 * 224 / 255, -0.454153 * 224 / 255, -0.045847 * 224 / 255, 128],
    ],
    np.float32,
)


class FilmWriter:
    """Writes one film while the ``with`` block draws it.

    The encoder's own failure comes out of ``add``, or of the block's end; a block that fails leaves half a file.
    """

    def __init__(self, path: Path, size: Size, sound: Samples | None, finished: Callable[[int], None]) -> None:
        """Nothing is written yet.

        Args:
            sound: exactly as long as the frames to come; None for a film without a sound track.
            finished: called from the encoding thread with the number of frames that the encoder has taken.
        """
        self._path, self._size, self._sound, self._finished = path, size, sound, finished
        self._queue: Queue[Pixels | None] = Queue(_QUEUED_FRAMES)
        self._failure: BaseException | None = None
        self._complete = False
        self._thread = Thread(target=self._encode, name="encode", daemon=True)

    def __enter__(self) -> "FilmWriter":
        self._thread.start()
        return self

    def add(self, frame: Pixels) -> None:
        """Append a frame: RGB, of the film's size, not to be changed afterwards. Waits while the queue is full."""
        self._queue.put(frame)
        if self._failure is not None:
            raise self._failure

    def complete(self) -> None:
        """Say that no more frames come. What is still to be done is done by the end of the block."""
        if not self._complete:
            self._complete = True
            self._queue.put(None)

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.complete()
        self._thread.join()
        if exc is None and self._failure is not None:
            raise self._failure

    def _encode(self) -> None:
        frames = self._taken()
        try:
            _write(self._path, self._size, frames, self._sound, self._finished)
        except BaseException as exc:
            self._failure = exc
            for _ in frames:
                pass  # The drawing thread must not wait for room in the queue for ever.

    def _taken(self) -> Iterator[Pixels]:
        while (frame := self._queue.get()) is not None:
            yield frame


def _write(
    path: Path, size: Size, frames: Iterator[Pixels], sound: Samples | None, finished: Callable[[int], None]
) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = video_stream(container, size)
        track = None if sound is None else _SoundTrack(container, sound)
        for number, pixels in enumerate(frames):
            frame = to_yuv(pixels)
            frame.pts = number
            container.mux(video.encode(frame))
            if track is not None:
                track.write_until((number + 1) * SAMPLES_PER_FRAME)
            finished(number + 1)
        container.mux(video.encode())
        if track is not None:
            track.end()


def video_stream(container: av.container.OutputContainer, size: Size) -> av.VideoStream:
    """The H.264 stream of a film in an open file, ready for frames of ``to_yuv``."""
    stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_X264)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, FRAMES_PER_SECOND)
    context = stream.codec_context
    # Whole frames in parallel: slices would cost compression.
    context.thread_type = "FRAME"
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    return stream


def to_yuv(pixels: Pixels) -> av.VideoFrame:
    """RGB to yuv420p. Four times as fast as swscale here, which has no short way from packed RGB."""
    height, width = pixels.shape[:2]
    frame = av.VideoFrame(width, height, "yuv420p")
    luma, blue, red = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    )
    for top in range(0, height, _ROWS_AT_ONCE):
        full = cv2.transform(pixels[top : top + _ROWS_AT_ONCE], _BT709)
        half = cv2.resize(full, (width // 2, len(full) // 2), interpolation=cv2.INTER_AREA)
        cv2.extractChannel(full, 0, luma[top : top + len(full)])
        cv2.extractChannel(half, 1, blue[top // 2 : (top + len(full)) // 2])
        cv2.extractChannel(half, 2, red[top // 2 : (top + len(full)) // 2])
    frame.time_base = Fraction(1, FRAMES_PER_SECOND)
    return frame


class _SoundTrack:
    """The AAC stream of a film, written piece by piece beside the picture so that players need not seek."""

    def __init__(self, container: av.container.OutputContainer, sound: Samples) -> None:
        self._container = container
        # The thorough way to weigh the bits takes more than twice as long, for nothing to be heard at this rate.
        self._stream = container.add_stream(
            "aac", rate=SAMPLES_PER_SECOND, layout="stereo", options={"aac_coder": "fast"}
        )
        self._stream.bit_rate = _AAC_BITS_PER_SECOND
        self._planes = np.ascontiguousarray(sound.T)
        self._written = 0

    def write_until(self, count: int) -> None:
        while self._written + _SAMPLES_PER_PACKET <= count:
            self._write(self._planes[:, self._written : self._written + _SAMPLES_PER_PACKET])

    def end(self) -> None:
        if self._written < self._planes.shape[1]:
            self._write(self._planes[:, self._written :])
        self._container.mux(self._stream.encode())

    def _write(self, block: NDArray[np.float32]) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLES_PER_SECOND
        frame.time_base = Fraction(1, SAMPLES_PER_SECOND)
        frame.pts = self._written
        self._written += block.shape[1]
        self._container.mux(self._stream.encode(frame))

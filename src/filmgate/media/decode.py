"""Looks into files. Runs only in the child process: the bytes are a stranger's.

Whatever Pillow and FFmpeg raise over a damaged file passes through here; ``child`` turns it into an answer.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from filmgate.facts import Probe
from filmgate.sniff import DEMUXERS, IMAGE_FORMATS, sniff
from filmgate.video import LARGEST_PICTURE_PIXELS, MediaKind, Size

Frame = VideoFrame | AudioFrame

_ORIENTATION_TAG = 0x0112
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
# A stream that was cut out of another may begin with packets that cannot be decoded alone.
_PATIENCE_PACKETS = 16
_FILM_THREADS = 2
# A packet more or less, and as much again for gaps, times in whole milliseconds, and last packets of unknown length.
_RATE_TOLERANCE = 0.02
# How many samples of a packet are not to be heard: at its beginning, at its end.
_SKIPPED = struct.Struct("<II")


class Refusal(Exception):
    """The file is not what it was meant to be. The message continues the sentence of ``Trouble.message``."""

    def __init__(self, message: str, *, too_large: bool = False) -> None:
        super().__init__(message)
        self.too_large = too_large


def look(path: Path, kind: MediaKind) -> Probe:
    """The facts of one picture, clip or sound. A picture is decoded; of a clip or a sound, the beginning is."""
    name = _format(path)
    if name is None:
        raise Refusal(f"is in none of the formats {', '.join(IMAGE_FORMATS if kind == 'image' else DEMUXERS)}")
    if (name in IMAGE_FORMATS) != (kind == "image"):
        raise Refusal(f"is {'an image' if name in IMAGE_FORMATS else 'a video or a sound'} ({name})")
    if kind == "image":
        return _look_at_image(path, name)
    with _opened(path, name) as container:
        return _look_at_video(container, path, name) if kind == "video" else _listen(container, path, name)


def watch(path: Path, seen: Callable[[VideoFrame], None] | None = None) -> Probe:
    """The facts of a film, decoded from its first packet to its last, pictures and sound.

    Args:
        seen: called with each picture.
    """
    with opened_film(path) as (container, stream, name):
        length = _Length(stream)
        frames = 0
        for frame in _every_frame(container, stream, length):
            if isinstance(frame, VideoFrame):
                frames += 1
                size = shown_size(frame)
                if seen is not None:
                    seen(frame)
        if frames == 0:
            raise Refusal("does not decode: it has no pictures")
        declared_seconds = float((stream.duration or 0) * (stream.time_base or 0))
        if declared_seconds - length.seconds > 0.5 / length.frames_per_second:
            raise Refusal(f"does not decode: it ends after {length.seconds} of {declared_seconds:.3f} seconds")
        return _video_facts(container, stream, path, name, size, length, frames)


@contextmanager
def opened_film(path: Path) -> Iterator[tuple[InputContainer, VideoStream, str]]:
    """A film as a container, its moving pictures and its format. Its pictures are decoded by several threads."""
    name = _format(path)
    if name not in DEMUXERS:
        raise Refusal("does not decode: it is not a video")
    with _opened(path, name) as container:
        stream = _pictures(container)
        if stream is None:
            raise Refusal("does not decode: it has no pictures")
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = _FILM_THREADS
        yield container, stream, name


def _format(path: Path) -> str | None:
    with path.open("rb") as file:
        return sniff(file)


def _look_at_image(path: Path, name: str) -> Probe:
    Image.MAX_IMAGE_PIXELS = None  # Ours is checked below, as a refusal instead of a warning.
    with Image.open(path, formats=[name]) as image:
        _check_pixels(image.size)
        image.load()
        width, height = image.size
        if image.getexif().get(_ORIENTATION_TAG) in _ON_ITS_SIDE:
            width, height = height, width
    return Probe(kind="image", format=name, size_bytes=path.stat().st_size, width=width, height=height)


def _look_at_video(container: InputContainer, path: Path, name: str) -> Probe:
    stream = _pictures(container)
    if stream is None:
        raise Refusal("has no pictures, only sound")
    length = _Length(stream)
    frame = _first_frame(container, stream, length)
    if not isinstance(frame, VideoFrame):
        raise Refusal("does not decode: it has no pictures")
    return _video_facts(container, stream, path, name, shown_size(frame), length, None)


def _listen(container: InputContainer, path: Path, name: str) -> Probe:
    if _pictures(container) is not None:
        raise Refusal("is a video")
    if not container.streams.audio:
        raise Refusal("has no sound in it")
    stream = container.streams.audio[0]
    length = _Length(stream, padded=name == "mp3")
    _first_frame(container, stream, length)
    return Probe(
        kind="audio",
        format=name,
        size_bytes=path.stat().st_size,
        seconds=length.seconds,
        audio_codec=_codec(stream),
    )


def _video_facts(
    container: InputContainer,
    stream: VideoStream,
    path: Path,
    name: str,
    size: Size,
    length: "_Length",
    frames: int | None,
) -> Probe:
    sounds = container.streams.audio
    return Probe(
        kind="video",
        format=name,
        size_bytes=path.stat().st_size,
        width=size[0],
        height=size[1],
        seconds=length.seconds,
        frames_per_second=round(length.frames_per_second, 3),
        frames=frames,
        video_codec=_codec(stream),
        audio_codec=_codec(sounds[0]) if sounds else None,
    )


@contextmanager
def _opened(path: Path, name: str) -> Iterator[InputContainer]:
    # The demuxer is named, and only files may be read: nothing in the bytes can make FFmpeg open something else.
    with av.open(
        f"file:{path}",
        "r",
        format=DEMUXERS[name],
        options={"protocol_whitelist": "file"},
        metadata_errors="replace",
    ) as container:
        yield container


def _pictures(container: InputContainer) -> VideoStream | None:
    """The stream with the moving pictures; the cover of a sound file is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is None:
                raise Refusal("has pictures in a codec that is not known")
            _check_pixels((stream.codec_context.width, stream.codec_context.height))
            return stream
    return None


def _first_frame(container: InputContainer, stream: VideoStream | AudioStream, length: "_Length") -> Frame:
    """Decode the beginning, and go through the rest without decoding, to measure it."""
    if stream.codec_context is None:
        raise Refusal("is in a codec that is not known")
    stream.codec_context.thread_count = 1  # More threads would hold the first frame back.
    first: Frame | None = None
    failed = 0
    for packet in container.demux(stream):
        length.add(packet)
        if first is not None:
            continue
        try:
            first = next(_frames(packet), None)
        except av.InvalidDataError:
            failed += 1
            if failed > _PATIENCE_PACKETS:
                raise
    if first is None:
        raise Refusal("does not decode: nothing in it can be decoded")
    return first


def _every_frame(container: InputContainer, pictures: VideoStream, length: "_Length") -> Iterator[Frame]:
    for packet in container.demux(pictures, *container.streams.audio):
        if packet.is_corrupt:
            raise Refusal("does not decode: it is cut off")
        if packet.stream is pictures:
            length.add(packet)
        for frame in _frames(packet):
            if frame.is_corrupt:
                raise Refusal("does not decode: a part of it is damaged")
            yield frame


def _frames(packet: "Packet[Stream]") -> Iterator[Frame]:
    for frame in packet.decode():
        if isinstance(frame, VideoFrame | AudioFrame):
            yield frame


class _Length:
    """How long a stream is, by its packets. Headers are not asked: they may say anything."""

    def __init__(self, stream: VideoStream | AudioStream, *, padded: bool = False) -> None:
        """``padded``: the format has what the encoder put around a sound in its packets, and not in their times."""
        self._tick_seconds = stream.time_base or Fraction(1, 1000)
        rate = stream.average_rate if isinstance(stream, VideoStream) else None
        self._declared_rate = float(rate) if rate else None
        self._unheard_samples = 0
        self._sample_seconds = Fraction(1, stream.rate) if isinstance(stream, AudioStream) and padded else Fraction(0)
        self._start: int | None = None
        self._last_start = self._end = 0
        self._packets = 0

    def add(self, packet: "Packet[Stream]") -> None:
        start = packet.dts if packet.pts is None else packet.pts
        if start is None:
            return
        # What lies before zero is there for the decoder, not to be shown or heard.
        start = max(start, 0)
        self._start = start if self._start is None else min(self._start, start)
        self._last_start = max(self._last_start, start)
        self._end = max(self._end, start + (packet.duration or 0))
        self._packets += 1
        if packet.has_sidedata("skip_samples"):
            self._unheard_samples += sum(_SKIPPED.unpack_from(bytes(packet.get_sidedata("skip_samples"))))

    @property
    def seconds(self) -> float:
        """Raises Refusal where there is no length at all."""
        return round(float(self._exact_seconds), 3)

    @property
    def frames_per_second(self) -> float:
        """The declared rate is the exact one, since times are rounded; but it may also say anything."""
        seconds = float(self._exact_seconds)
        declared = self._declared_rate
        if declared and abs(declared * seconds - self._packets) <= 1 + self._packets * _RATE_TOLERANCE:
            return declared
        return self._packets / seconds

    @property
    def _exact_seconds(self) -> Fraction:
        ticks = Fraction(self._end - (self._start or 0))
        if self._end == self._last_start and self._packets > 1:
            ticks = ticks * self._packets / (self._packets - 1)  # The last packet's own length is not told.
        seconds = ticks * self._tick_seconds - self._unheard_samples * self._sample_seconds
        if seconds <= 0:
            raise Refusal("has no length")
        return seconds


def shown_size(frame: VideoFrame) -> Size:
    """Width and height of a frame once it is turned as the file asks for."""
    _check_pixels((frame.width, frame.height))
    return (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)


def _check_pixels(size: Size) -> None:
    if size[0] * size[1] > LARGEST_PICTURE_PIXELS:
        most = LARGEST_PICTURE_PIXELS // 1_000_000
        message = f"is {size[0]} by {size[1]} pixels large; more than {most} megapixels are refused"
        raise Refusal(message, too_large=True)


def _codec(stream: VideoStream | AudioStream) -> str:
    return stream.codec_context.codec.canonical_name

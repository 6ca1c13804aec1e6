"""The work of a burner's child process: a film with the mark drawn into every picture, its sound copied as it is."""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import msgspec
import numpy as np
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.stream import Disposition
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from filmgate.engines.animatic.slate import watermark
from filmgate.engines.base import Progress
from filmgate.engines.burn import BurnJob, Burnt
from filmgate.errors import EngineFailed
from filmgate.video import Size

# The encoder of the film's own codec, with a quality at which nobody sees that it was encoded twice. Threads are fixed,
# and x264 does without its macroblock tree, for the same bytes each time (see ``animatic.encode``).
_ENCODERS = {
    "h264": (
        "libx264",
        {"preset": "veryfast", "crf": "16", "aq-mode": "3", "threads": "2", "x264-params": "mbtree=0"},
    ),
    "hevc": (
        "libx265",
        {"preset": "veryfast", "crf": "17", "x265-params": "log-level=none:pools=2:frame-threads=1"},
    ),
    "av1": ("libsvtav1", {"preset": "8", "crf": "22"}),
}
_ANY_OTHER = _ENCODERS["h264"]
# Apple's players take HEVC under this name alone.
_TAGS = {"libx265": "hvc1"}
_PLAIN_FORMAT = "yuv420p"
# How the pixels of a film are called where the mark is laid over them. Left to choose, it would turn them into RGB and
# back, and colours would suffer.
_OVERLAY_FORMATS = {
    "yuv420p": "yuv420",
    "yuvj420p": "yuv420",
    "yuv420p10le": "yuv420p10",
    "yuv422p": "yuv422",
    "yuv422p10le": "yuv422p10",
    "yuv444p": "yuv444",
    "yuv444p10le": "yuv444p10",
}
_SECONDS_BETWEEN_KEY_FRAMES = 2
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]


def prepare() -> None:
    """Draw a mark for nobody, so that fonts are read before a job comes."""
    watermark((128, 72))


def work(job: bytes, report: Progress) -> bytes:
    """As ``child.Work``: an encoded ``BurnJob`` to an encoded ``Burnt``."""
    return msgspec.msgpack.encode(burn(msgspec.msgpack.decode(job, type=BurnJob), report))


def burn(job: BurnJob, report: Progress) -> Burnt:
    """Draw the mark into a film and its poster.

    Raises:
        EngineFailed: the film is of a kind that cannot be marked without changing more than its corner.
    """
    with (
        av.open(f"file:{job.film}", "r", format="mov", options={"protocol_whitelist": "file"}) as source,
        av.open(f"file:{job.marked_film}", "w", format="mp4", options={"movflags": "+faststart"}) as target,
    ):
        frames = _burn_film(source, target, report)
    _burn_poster(Path(job.poster), Path(job.marked_poster))
    return Burnt(frames=frames)


def _burn_film(source: InputContainer, target: OutputContainer, report: Progress) -> int:
    pictures = _pictures(source)
    drawn = _encoded_stream(pictures, target)
    copies = {sound.index: target.add_stream_from_template(sound) for sound in source.streams.audio}
    pen = _Pen(pictures, drawn)
    count = 0
    for packet in source.demux(pictures, *source.streams.audio):
        copy = copies.get(packet.stream_index)
        if copy is not None:
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
            continue
        for frame in packet.decode():
            if not isinstance(frame, VideoFrame):
                continue
            if frame.rotation:
                raise EngineFailed("a film that is turned when it is shown cannot be marked")
            for marked in pen.draw(frame):
                target.mux(drawn.encode(marked))
                count += 1
            report(min(99, 100 * count // max(pictures.frames, 1)))
    for marked in pen.draw(None):
        target.mux(drawn.encode(marked))
        count += 1
    target.mux(drawn.encode())
    return count


def _pictures(source: InputContainer) -> VideoStream:
    for stream in source.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            stream.thread_type = "AUTO"
            return stream
    raise EngineFailed("a film without pictures cannot be marked")


def _encoded_stream(pictures: VideoStream, target: OutputContainer) -> VideoStream:
    """A stream in the film's own codec, size, rhythm and colours."""
    context = pictures.codec_context
    name, options = _ENCODERS.get(context.codec.canonical_name, _ANY_OTHER)
    rate = pictures.average_rate or 24
    key_frames = {"g": str(round(rate * _SECONDS_BETWEEN_KEY_FRAMES))}
    stream = target.add_stream(name, rate=rate, options=options | key_frames)
    if not isinstance(stream, VideoStream):
        raise TypeError(f"{name} encodes pictures")
    known = _OVERLAY_FORMATS.keys() & {form.name for form in av.Codec(name, "w").video_formats or ()}
    stream.width, stream.height = context.width, context.height
    stream.pix_fmt = context.pix_fmt if context.pix_fmt in known else _PLAIN_FORMAT
    encoder = stream.codec_context
    if pictures.time_base is not None:
        stream.time_base = encoder.time_base = pictures.time_base
    encoder.color_range, encoder.colorspace = context.color_range, context.colorspace
    encoder.color_primaries, encoder.color_trc = context.color_primaries, context.color_trc
    if context.sample_aspect_ratio:
        encoder.sample_aspect_ratio = context.sample_aspect_ratio
    if name in _TAGS:
        encoder.codec_tag = _TAGS[name]
    return stream


class _Pen:
    """Lays the mark over frames; outside of its corner they stay as they were decoded."""

    def __init__(self, pictures: VideoStream, drawn: VideoStream) -> None:
        mark, left, top = _corner(watermark((pictures.codec_context.width, pictures.codec_context.height)))
        self._graph = Graph()
        self._pictures = self._graph.add_buffer(template=pictures)
        height, width = mark.shape[:2]
        form = av.VideoFormat("rgba", width, height)
        marks = self._graph.add_buffer(width=width, height=height, format=form, time_base=pictures.time_base)
        kind = _OVERLAY_FORMATS[drawn.pix_fmt or _PLAIN_FORMAT]
        wanted = self._graph.add("format", f"pix_fmts={drawn.pix_fmt}")
        overlay = self._graph.add("overlay", f"x={left}:y={top}:format={kind}:eof_action=repeat")
        self._sink = self._graph.add("buffersink")
        self._pictures.link_to(wanted)
        wanted.link_to(overlay, 0, 0)
        marks.link_to(overlay, 0, 1)
        overlay.link_to(self._sink)
        self._graph.configure()
        sheet = VideoFrame.from_ndarray(mark, format="rgba")
        sheet.pts, sheet.time_base = 0, pictures.time_base
        marks.push(sheet)
        marks.push(None)

    def draw(self, frame: VideoFrame | None) -> Iterator[VideoFrame]:
        """The marked frames that are ready; with None, the last ones."""
        self._pictures.push(frame)
        while True:
            try:
                marked = self._sink.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            if isinstance(marked, VideoFrame):
                # The encoder decides anew which frames stand for themselves.
                marked.pict_type = PictureType.NONE
                yield marked


def _corner(sheet: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int, int]:
    """The used part of a sheet, and where it lies: left and top, even so that colours stay on their grid."""
    rows, columns = np.nonzero(sheet[..., 3])
    top, left = rows.min() // 2 * 2, columns.min() // 2 * 2
    return np.ascontiguousarray(sheet[top : rows.max() + 1, left : columns.max() + 1]), int(left), int(top)


def _burn_poster(poster: Path, target: Path) -> None:
    picture = cv2.imread(str(poster), cv2.IMREAD_COLOR)
    if picture is None:
        raise EngineFailed("the film's poster does not decode")
    size: Size = (picture.shape[1], picture.shape[0])
    sheet = cv2.cvtColor(watermark(size), cv2.COLOR_RGBA2BGRA).astype(np.float32)
    share = sheet[..., 3:] / 255
    marked = picture * (1 - share) + sheet[..., :3] * share
    cv2.imwrite(str(target), np.round(marked).astype(np.uint8), _JPEG)

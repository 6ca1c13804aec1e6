"""Strangers' pictures and clips to pixels, and sounds to samples, within limits. Runs in the engine's child only.

Everything here raises ``MediaUnreadable`` for bytes that do not decode as what they should be and ``MediaTooLarge``
for what is over a limit. A clip or sound that breaks off in the middle is used as far as it goes.
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import TypeVar

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import ExifTags, Image, ImageCms, ImageOps

from filmgate.engines.animatic.encode import SAMPLES_PER_SECOND, Samples
from filmgate.engines.animatic.plan import ClipInput, Pixels, StillInput
from filmgate.engines.base import LocalMedia
from filmgate.errors import MediaTooLarge, MediaUnreadable
from filmgate.video import FRAMES_PER_SECOND, LARGEST_PICTURE_PIXELS, Size

LARGEST_CLIP_PIXELS = 40_000_000
LONGEST_CLIP_SECONDS = 30.0
LONGEST_SIDE_PIXELS = 4400

_PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
# Only real containers, and only from files: playlists could name other files of this machine, or the network.
_CLIP_FORMATS = "mov,matroska,avi,mpegts"
_SOUND_FORMATS = f"wav,mp3,aac,flac,ogg,{_CLIP_FORMATS}"
_HD_LINES = 720
_UNSAID_COLOURS = 2

AnyFrame = TypeVar("AnyFrame", av.VideoFrame, av.AudioFrame)


def read_size(media: LocalMedia) -> Size:
    """How large a picture or clip is seen: turned upright, with square pixels."""
    if media.kind == "image":
        with _picture(media) as image:
            return _upright_size(image)
    with _container(media, _CLIP_FORMATS) as container:
        return _seen_size(_first_frame(media, container))


def read_still(media: LocalMedia, film: Size) -> StillInput:
    """A picture, upright, in sRGB on white. Large ones are reduced to twice what covers the film."""
    with _picture(media) as image:
        upright = _upright_size(image)
        width, height = _covering(upright, film, spare=2)
        stored = (width, height) if image.size == upright else (height, width)
        image.draft("RGB", stored)
        reduced = _flat(image).resize(stored, Image.Resampling.LANCZOS, reducing_gap=3)
        # The turn is told by the file's own EXIF data, which the copies above do not carry.
        turned = ImageOps.exif_transpose(_with_exif_of(image, _in_srgb(reduced, image.info.get("icc_profile"))))
        return StillInput(role=media.role, pixels=np.ascontiguousarray(turned))


def read_clip(media: LocalMedia, film: Size) -> ClipInput:
    """A clip at the film's own rate, upright, no larger than what covers the film; at most the first 30 seconds."""
    with _container(media, _CLIP_FORMATS) as container:
        size = _covering(_seen_size(_first_frame(media, container)), film)
    with _container(media, _CLIP_FORMATS) as container:
        seconds = min(_measured_seconds(container), LONGEST_CLIP_SECONDS)
    count = max(1, round(seconds * FRAMES_PER_SECOND))
    return ClipInput(
        role=media.role,
        size=size,
        frames_per_second=FRAMES_PER_SECOND,
        frame_count=count,
        open=partial(_clip_frames, media, size, count),
    )


def read_sound(media: LocalMedia, longest_seconds: float) -> Samples | None:
    """The beginning of a sound, or of a clip's own sound; None for a clip without one."""
    count = round(longest_seconds * SAMPLES_PER_SECOND)
    with _container(media, _SOUND_FORMATS if media.kind == "audio" else _CLIP_FORMATS) as container:
        if media.kind == "video" and not container.streams.audio:
            return None
        blocks = list(_sound_blocks(container, count))
    if not blocks and media.kind == "audio":
        raise _unreadable(media)
    if not blocks:
        return None
    samples = np.concatenate(blocks, axis=1).T[:count]
    return np.clip(np.nan_to_num(samples), -1, 1).astype(np.float32)


# Pictures.


@contextmanager
def _picture(media: LocalMedia) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            # Pillow's own alarms for large pictures are looser than the limit below.
            warnings.simplefilter("ignore")
            with Image.open(media.path, formats=_PICTURE_FORMATS) as image:
                _check_pixels(media, image.size, LARGEST_PICTURE_PIXELS)
                yield image
    except Image.DecompressionBombError as exc:
        raise _too_large(media, None, LARGEST_PICTURE_PIXELS) from exc
    except (MediaTooLarge, MemoryError):
        raise
    except Exception as exc:
        # Pillow's readers of strangers' bytes raise whatever they stumble over: OSError, SyntaxError, struct.error …
        raise _unreadable(media) from exc


def _upright_size(image: Image.Image) -> Size:
    lies_on_its_side = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if lies_on_its_side else image.size


def _flat(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        # Sixteen bits and more a channel; Pillow's own conversion would clip them.
        values = np.asarray(image, np.float32)
        brightest = 65535 if image.mode.startswith("I") else max(1.0, float(values.max()))
        return Image.fromarray(np.clip(values * (255 / brightest), 0, 255).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    paper = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(paper, clear).convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        # A broken profile is no reason to refuse a picture that can be seen without it.
        return image
    return converted or image


def _with_exif_of(original: Image.Image, image: Image.Image) -> Image.Image:
    image.getexif()[ExifTags.Base.Orientation] = original.getexif().get(ExifTags.Base.Orientation, 1)
    return image


# Clips and sounds.


@contextmanager
def _container(media: LocalMedia, formats: str) -> Iterator[av.container.InputContainer]:
    options = {"format_whitelist": formats, "protocol_whitelist": "file"}
    try:
        with av.open(f"file:{media.path}", options=options, metadata_errors="replace") as container:
            if not (container.streams.video if media.kind == "video" else container.streams.audio):
                raise _unreadable(media)
            for stream in container.streams.video:
                stream.codec_context.options = {"max_pixels": str(LARGEST_CLIP_PIXELS)}
                _check_pixels(media, (stream.width, stream.height), LARGEST_CLIP_PIXELS)
            yield container
    except (av.FFmpegError, ValueError) as exc:
        raise _unreadable(media) from exc


def _decoded(
    container: av.container.InputContainer, stream: av.VideoStream | av.AudioStream, kind: type[AnyFrame]
) -> Iterator[AnyFrame]:
    """What decodes of a stream; damaged packets are passed over, and a broken end is an end."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            if isinstance(frame, kind):
                yield frame


def _first_frame(media: LocalMedia, container: av.container.InputContainer) -> av.VideoFrame:
    for frame in _decoded(container, container.streams.video[0], av.VideoFrame):
        return frame
    raise _unreadable(media)


def _seen_size(frame: av.VideoFrame) -> Size:
    width, height = frame.width, frame.height
    return (height, width) if frame.rotation % 180 else (width, height)


def _measured_seconds(container: av.container.InputContainer) -> float:
    """From the packets, not the header: a header can say anything."""
    stream = container.streams.video[0]
    times: list[tuple[int, int]] = []
    try:
        for packet in container.demux(stream):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is not None:
                times.append((stamp, stamp + (packet.duration or 0)))
    except av.FFmpegError:
        pass  # As far as it goes.
    if not times or stream.time_base is None:
        return 0.0
    return float((max(end for _, end in times) - min(begin for begin, _ in times)) * stream.time_base)


def _clip_frames(media: LocalMedia, size: Size, count: int) -> Iterator[Pixels]:
    """Exactly ``count`` frames at the film's rate, whatever the clip's own rate is: the one that is on at each time."""
    with _container(media, _CLIP_FORMATS) as container:
        shown: av.VideoFrame | None = None
        pixels: Pixels | None = None
        begin = 0.0
        done = 0
        for frame in _decoded(container, container.streams.video[0], av.VideoFrame):
            begin = frame.time if shown is None else begin
            until = count if shown is None else math.ceil((frame.time - begin) * FRAMES_PER_SECOND - 1e-3)
            while shown is not None and done < min(until, count):
                pixels = _pixels(shown, size) if pixels is None else pixels
                yield pixels
                done += 1
            if done == count:
                return
            shown, pixels = frame, None
        if shown is None:
            raise _unreadable(media)
        last = _pixels(shown, size) if pixels is None else pixels
        for _ in range(count - done):
            yield last


def _pixels(frame: av.VideoFrame, size: Size) -> Pixels:
    turns = round(frame.rotation / 90) % 4
    width, height = size[::-1] if turns % 2 else size
    guess = Colorspace.ITU709 if frame.height >= _HD_LINES else Colorspace.ITU601
    picture = frame.reformat(
        width,
        height,
        "rgb24",
        src_colorspace=guess if frame.colorspace == _UNSAID_COLOURS else None,
        src_color_range=ColorRange.JPEG if frame.color_range == ColorRange.JPEG else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.BICUBIC,
        threads=1,
    )
    return np.ascontiguousarray(np.rot90(picture.to_ndarray(), turns))


def _sound_blocks(container: av.container.InputContainer, count: int) -> Iterator[Samples]:
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLES_PER_SECOND)
    heard = 0
    for frame in _decoded(container, container.streams.audio[0], av.AudioFrame):
        for block in resampler.resample(frame):
            heard += block.samples
            yield block.to_ndarray().astype(np.float32, copy=False)
        if heard >= count:
            return
    for block in resampler.resample(None):
        yield block.to_ndarray().astype(np.float32, copy=False)


# For both.


def _covering(size: Size, film: Size, spare: float = 1.0) -> Size:
    """The size reduced, never enlarged, to ``spare`` times what still covers the film."""
    width, height = size
    covering = max(film[0] / width, film[1] / height) * spare
    scale = min(1.0, covering, LONGEST_SIDE_PIXELS / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _check_pixels(media: LocalMedia, size: Size, limit_pixels: int) -> None:
    if size[0] * size[1] > limit_pixels:
        raise _too_large(media, size, limit_pixels)


def _too_large(media: LocalMedia, size: Size | None, limit_pixels: int) -> MediaTooLarge:
    seen = "the file" if size is None else f"{size[0]}x{size[1]}"
    return MediaTooLarge(f"{seen} is over {limit_pixels // 1_000_000} megapixels", kind=media.kind, field=media.field)


def _unreadable(media: LocalMedia) -> MediaUnreadable:
    word = {"image": "picture", "video": "clip", "audio": "sound"}[media.kind]
    return MediaUnreadable(f"the file is not a {word} that can be read", kind=media.kind, field=media.field)

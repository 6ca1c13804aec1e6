"""Pictures, clips and sounds made on the spot, for the tests of what is in them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from filmgate.video import Size

SAMPLE_RATE = 48_000


def make_picture(path: Path, size: Size = (64, 48), *, mode: str = "RGB", turned: bool = False) -> Path:
    """A picture in the format of the path's suffix; ``turned`` asks the viewer to turn it by a quarter."""
    image = Image.effect_mandelbrot(size, (-2, -1, 1, 1), 50).convert(mode)
    if turned:
        exif = Image.Exif()
        exif[0x0112] = 6
        image.save(path, exif=exif)
    else:
        image.save(path)
    return path


def make_clip(
    path: Path,
    seconds: float = 1.0,
    *,
    size: Size = (160, 120),
    rate: int = 24,
    video: str | None = "libx264",
    audio: str | None = "aac",
) -> Path:
    """A clip (or a sound, without ``video``) in the container of the path's suffix."""
    options = {"movflags": "faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        pictures = container.add_stream(video, rate=rate) if video else None
        sound = container.add_stream(audio, rate=SAMPLE_RATE, layout="stereo") if audio else None
        if isinstance(pictures, VideoStream):
            pictures.width, pictures.height = size
            pictures.pix_fmt = "yuv420p"
            noise = np.random.default_rng(1)
            for number in range(round(seconds * rate)):
                pixels = noise.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8) // 4 + number % 190
                container.mux(pictures.encode(av.VideoFrame.from_ndarray(pixels.astype(np.uint8), format="rgb24")))
            container.mux(pictures.encode(None))
        if isinstance(sound, AudioStream):
            _add_tone(container, sound, seconds)
    return path


def _add_tone(container: OutputContainer, sound: AudioStream, seconds: float) -> None:
    samples = (np.sin(np.arange(round(seconds * SAMPLE_RATE)) / 20) * 8000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(np.repeat(samples, 2)[None], format="s16", layout="stereo")
    frame.sample_rate = SAMPLE_RATE
    frame.time_base = Fraction(1, SAMPLE_RATE)
    frame.pts = 0
    resampler = av.AudioResampler(
        format=sound.codec_context.format, layout="stereo", rate=SAMPLE_RATE, frame_size=sound.codec_context.frame_size
    )
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        container.mux(sound.encode(part))
    container.mux(sound.encode(None))

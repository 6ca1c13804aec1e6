"""The work of the animatic's child process: a job to a film and its two pictures, in the job's folder."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np

from filmgate.engines.animatic.decode import read_clip, read_size, read_sound, read_still
from filmgate.engines.animatic.encode import SAMPLES_PER_SECOND, FilmWriter, Samples
from filmgate.engines.animatic.job import FILM, LAST_FRAME, POSTER, Made, read_job
from filmgate.engines.animatic.plan import FilmPlan, Pixels
from filmgate.engines.animatic.prompt import read_look
from filmgate.engines.animatic.shots import frames, storyboard
from filmgate.engines.animatic.slate import watermark
from filmgate.engines.animatic.sound import Piece, film_sound
from filmgate.engines.base import EngineJob, LocalMedia, Progress
from filmgate.video import ADAPTIVE, FRAMES_PER_SECOND, Size, VideoRequest, frame_size

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]
# Stronger compression takes seconds at 4k and saves a tenth.
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]

# What of the whole work is done when the media are decoded and when the last frame is drawn.
_DECODED_PERCENT, _DRAWN_PERCENT = 3, 97


def prepare() -> None:
    """Draw and sound a tiny film for nobody: fonts are read, patterns compiled and tables made before a job comes."""
    request = VideoRequest(model="", prompt="风 wind, rain", duration_seconds=1)
    plan = FilmPlan(request=request, size=(128, 72), frame_count=2, seed=0)
    for _ in frames(plan):
        pass
    film_sound(read_look(request.prompt), plan.seed, 1, [])


def work(job: bytes, report: Progress) -> bytes:
    """As ``child.Work``: an encoded ``EngineJob`` to an encoded ``Made``."""
    return msgspec.msgpack.encode(render(read_job(job), report))


def render(job: EngineJob, report: Progress) -> Made:
    """Make the film.

    Raises:
        MediaError: one of the job's files cannot be used.
    """
    plan = _plan(job)
    sound = _sound(job, plan)
    report(_DECODED_PERCENT)

    def finished(count: int) -> None:
        report(_DECODED_PERCENT + (_DRAWN_PERCENT - _DECODED_PERCENT) * count // plan.frame_count)

    stamp = _Stamp(watermark(plan.size)) if plan.request.watermark else None
    poster_number = 0 if plan.request.mode == "frames" else plan.frame_count // 3
    poster = last = None
    with FilmWriter(job.folder / FILM, plan.size, sound, finished) as writer:
        for number, last in enumerate(_checked(frames(plan), plan)):
            shown = last if stamp is None else stamp.on(last)
            poster = shown if number == poster_number else poster
            writer.add(shown)
        writer.complete()
        _save_picture(job.folder / POSTER, poster, _JPEG)
        _save_picture(job.folder / LAST_FRAME, last, _PNG)
    return Made(width=plan.size[0], height=plan.size[1], frames=plan.frame_count)


def _plan(job: EngineJob) -> FilmPlan:
    size = _film_size(job)
    sounds = [media for media in job.media if media.kind == "audio"]
    return FilmPlan(
        request=job.request,
        size=size,
        frame_count=_seconds(job) * FRAMES_PER_SECOND,
        seed=job.seed,
        stills=tuple(read_still(media, size) for media in job.media if media.kind == "image"),
        clips=tuple(read_clip(media, size) for media in job.media if media.kind == "video"),
        has_sound=bool(sounds),
        sound_names=tuple(media.field for media in sounds),
    )


def _seconds(job: EngineJob) -> int:
    if job.request.duration_seconds is None:
        raise ValueError("an engine's job says how long the film is")
    return job.request.duration_seconds


def _film_size(job: EngineJob) -> Size:
    request = job.request
    if request.resolution is None or request.ratio is None:
        raise ValueError("an engine's job says how large the film is")
    return frame_size(request.resolution, request.ratio, _first_seen(job.media) if request.ratio == ADAPTIVE else None)


def _first_seen(media: tuple[LocalMedia, ...]) -> Size | None:
    for item in media:
        if item.kind != "audio":
            return read_size(item)
    return None


def _sound(job: EngineJob, plan: FilmPlan) -> Samples | None:
    """The order's sounds one after the other; without one, its clips' own, each where the clip is seen."""
    if job.request.audio is False:
        return None
    pieces = _sounds_in_turn(job) if plan.has_sound else _sounds_of_clips(job, plan)
    return film_sound(read_look(job.request.prompt), job.seed, _seconds(job), pieces)


def _sounds_in_turn(job: EngineJob) -> list[Piece]:
    pieces: list[Piece] = []
    begin = 0.0
    for media in job.media:
        left = _seconds(job) - begin
        if media.kind == "audio" and left > 0 and (sound := read_sound(media, left)) is not None:
            pieces.append((begin, sound))
            begin += len(sound) / SAMPLES_PER_SECOND
    return pieces


def _sounds_of_clips(job: EngineJob, plan: FilmPlan) -> list[Piece]:
    if not plan.clips:
        return []
    # One cut for each picture and clip, in the caller's order.
    seen = [media for media in job.media if media.kind != "audio"]
    pieces: list[Piece] = []
    for media, cut in zip(seen, storyboard(plan).cuts, strict=True):
        length = (cut.end - cut.start) / FRAMES_PER_SECOND
        if media.kind == "video" and (sound := read_sound(media, length)) is not None:
            pieces.append((cut.start / FRAMES_PER_SECOND, sound))
    return pieces


def _checked(drawn: Iterator[Pixels], plan: FilmPlan) -> Iterator[Pixels]:
    """The frames, if they are what the plan says: the length and size of a film are a promise."""
    width, height = plan.size
    count = 0
    for count, frame in enumerate(drawn, start=1):
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise ValueError(f"frame {count} is {frame.shape} {frame.dtype}, the film {plan.size}")
        yield frame
    if count != plan.frame_count:
        raise ValueError(f"{count} frames were drawn, {plan.frame_count} ordered")


class _Stamp:
    """The watermark, ready to be laid over frames: only its own corner is touched."""

    def __init__(self, overlay: Pixels) -> None:
        rows, columns = np.nonzero(overlay[..., 3])
        self._corner = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        cut = overlay[self._corner].astype(np.uint16)
        self._ink = cut[..., :3] * cut[..., 3:] + 127
        self._rest = 255 - cut[..., 3:]

    def on(self, frame: Pixels) -> Pixels:
        stamped = frame.copy()
        stamped[self._corner] = (stamped[self._corner] * self._rest + self._ink) // 255
        return stamped


def _save_picture(path: Path, pixels: Pixels | None, options: list[int]) -> None:
    if pixels is None:
        raise ValueError("a film without frames has no pictures")
    _, data = cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    path.write_bytes(data.tobytes())

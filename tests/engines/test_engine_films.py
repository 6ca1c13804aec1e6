"""Whole films of the animatic, decoded and measured. Each is rendered once for all the tests that look at it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from filmgate.engines.animatic import Animatic
from filmgate.engines.animatic.encode import FilmWriter, Samples
from filmgate.engines.animatic.plan import Pixels
from filmgate.engines.base import Engine, EngineJob, Film, LocalMedia
from filmgate.errors import MediaUnreadable
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest, frame_size

PROMPT = "A lighthouse in the rain at dusk, the camera pushes in. 海浪拍打礁石。"
WIDE = (864, 496)

Item = tuple[MediaKind, MediaRole, Path]
Make = Callable[..., Awaitable[Film]]


def order(folder: Path, *items: Item, seed: int = 7, **wishes: object) -> EngineJob:
    """A job for a small film; ``wishes`` are fields of the request."""
    fields: dict[str, object] = {
        "prompt": PROMPT,
        "duration_seconds": 1,
        "resolution": "480p",
        "ratio": "16:9",
        **wishes,
    }
    media = tuple(
        Media(kind=kind, role=role, url="https://example.com/x", field=f"media[{at}]")
        for at, (kind, role, _) in enumerate(items)
    )
    files = tuple(
        LocalMedia(kind=kind, role=role, path=path, field=f"media[{at}]") for at, (kind, role, path) in enumerate(items)
    )
    request = VideoRequest(model="any", media=media, **fields)  # type: ignore[arg-type]
    return EngineJob(task_id="task", request=request, media=files, seed=seed, folder=folder)


@pytest.fixture(scope="module")
async def engine() -> AsyncIterator[Engine]:
    engine = Animatic(2)
    yield engine
    await engine.close()


@pytest.fixture(scope="module")
def make(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Make:
    async def make(*items: Item, **wishes: object) -> Film:
        job = order(tmp_path_factory.mktemp("film"), *items, **wishes)  # type: ignore[arg-type]
        return await engine.make(job, lambda percent: None)

    return make


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two pictures, a tone, a clip with a tone of its own, and a file that is nothing."""
    folder = tmp_path_factory.mktemp("things")
    for name, seed in (("first.png", 1), ("last.png", 2)):
        dots = np.random.default_rng(seed).integers(20, 235, (6, 10, 3), np.uint8)
        Image.fromarray(dots).resize(WIDE, Image.Resampling.BICUBIC).save(folder / name)
    with av.open(str(folder / "tone.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        wave = (tone(1, 1000).T * 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave.T.reshape(1, -1)), format="s16", layout="stereo")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
    with FilmWriter(folder / "clip.mp4", (300, 400), tone(1, 2000), lambda done: None) as film:
        for number in range(24):
            film.add(np.full((400, 300, 3), (200, 60 + 4 * number, 40), np.uint8))
    (folder / "nothing.png").write_bytes(b"nothing" * 100)
    return folder


@pytest.fixture(scope="module")
async def plain(make: Make) -> Film:
    return await make(duration_seconds=2)


@pytest.fixture(scope="module")
async def marked(make: Make) -> Film:
    return await make(duration_seconds=2, watermark=True, audio=False)


@pytest.fixture(scope="module")
async def morph(make: Make, things: Path) -> Film:
    return await make(("image", "first_frame", things / "first.png"), ("image", "last_frame", things / "last.png"))


@pytest.fixture(scope="module")
async def referenced(make: Make, things: Path) -> Film:
    return await make(
        ("video", "reference", things / "clip.mp4"), ("audio", "reference", things / "tone.wav"), ratio="adaptive"
    )


def tone(seconds: float, hertz: float) -> Samples:
    time = np.arange(round(seconds * 48_000)) / 48_000
    return np.stack([0.4 * np.sin(2 * np.pi * hertz * time)] * 2, axis=1).astype(np.float32)


def pictures(film: Film) -> list[Pixels]:
    with av.open(str(film.film)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]


def sound(film: Film) -> NDArray[np.float32]:
    with av.open(str(film.film)) as container:
        blocks = [frame.to_ndarray().astype(np.float32) for frame in container.decode(audio=0)]
    left, right = np.concatenate(blocks, axis=1)
    middle: NDArray[np.float32] = (left + right) / 2
    return middle


def loudest_hertz(samples: NDArray[np.float32]) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * 48_000 / len(samples)


def psnr(one: Pixels, other: Pixels) -> float:
    return 10 * float(np.log10(255**2 / max(np.mean((one.astype(float) - other.astype(float)) ** 2), 1e-3)))


def opened(path: Path, kind: str = "PNG") -> Pixels:
    with Image.open(path, formats=[kind]) as image:
        return np.asarray(image.convert("RGB"))


def test_a_film_is_what_was_ordered(plain: Film) -> None:
    assert (plain.width, plain.height, plain.frames) == (*WIDE, 48)
    with av.open(str(plain.film)) as container:
        assert container.duration == 2 * av.time_base
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.profile, video.pix_fmt) == ("h264", "High", "yuv420p")
        assert (video.width, video.height, video.frames) == (*WIDE, 48)
        assert video.average_rate == video.guessed_rate == 24
        context = video.codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert (audio.codec_context.name, audio.codec_context.profile) == ("aac", "LC")
        assert (audio.codec_context.sample_rate, audio.codec_context.layout.name) == (48_000, "stereo")
        assert audio.duration == 2 * 48_000
    assert len(pictures(plain)) == 48


def test_poster_and_last_frame_are_pictures_of_the_film(plain: Film) -> None:
    frames = pictures(plain)
    assert psnr(opened(plain.poster, "JPEG"), frames[16]) > 30
    assert psnr(opened(plain.last_frame), frames[-1]) > 30


def test_the_ambience_can_be_heard(plain: Film) -> None:
    assert 0.02 < float(np.sqrt(np.mean(sound(plain) ** 2))) < 0.3


async def test_the_same_order_and_seed_make_the_same_picture(plain: Film, make: Make) -> None:
    again, other = await asyncio.gather(make(duration_seconds=2), make(seed=8))
    assert again.film.read_bytes() == plain.film.read_bytes()
    assert again.last_frame.read_bytes() == plain.last_frame.read_bytes()
    assert not np.array_equal(pictures(other)[0], pictures(plain)[0])


def test_the_watermark_is_in_its_corner_and_nowhere_else(plain: Film, marked: Film) -> None:
    bare, stamped = pictures(plain)[30].astype(int), pictures(marked)[30].astype(int)
    difference = np.abs(stamped - bare).max(axis=2)
    assert difference[-60:, -400:].max() > 60
    assert np.mean(difference[:300] > 16) < 0.001
    assert plain.last_frame.read_bytes() == marked.last_frame.read_bytes()
    assert psnr(opened(marked.poster, "JPEG"), pictures(marked)[16]) > 30


def test_without_audio_there_is_no_sound_track(marked: Film) -> None:
    with av.open(str(marked.film)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_morph_begins_and_ends_on_the_given_pictures(morph: Film, things: Path) -> None:
    frames = pictures(morph)
    assert psnr(frames[0], opened(things / "first.png")) > 32
    assert psnr(frames[-1], opened(things / "last.png")) > 32
    assert psnr(opened(morph.last_frame), opened(things / "last.png")) > 36
    assert psnr(opened(morph.poster, "JPEG"), opened(things / "first.png")) > 30


def test_an_adaptive_film_has_the_shape_of_the_first_picture_or_clip(referenced: Film) -> None:
    assert (referenced.width, referenced.height) == frame_size("480p", "adaptive", (300, 400))
    assert referenced.width / referenced.height == pytest.approx(0.75, abs=0.01)
    middle = pictures(referenced)[12][300:400, 200:300].reshape(-1, 3).mean(axis=0)
    assert np.abs(middle - (200, 108, 40)).max() < 30


def test_a_reference_sound_is_the_sound(referenced: Film) -> None:
    assert loudest_hertz(sound(referenced)) == pytest.approx(1000, abs=5)


async def test_a_clip_brings_its_own_sound_where_no_other_is_given(make: Make, things: Path) -> None:
    film = await make(("image", "reference", things / "first.png"), ("video", "reference", things / "clip.mp4"))
    heard = sound(film)
    assert loudest_hertz(heard[30_000:44_000]) == pytest.approx(2000, abs=10)
    assert loudest_hertz(heard[:18_000]) < 1900


@pytest.mark.parametrize("kind", ["image", "video", "audio"])
async def test_a_file_that_does_not_decode_is_named(make: Make, things: Path, kind: MediaKind) -> None:
    good: Item = ("image", "reference", things / "first.png")
    with pytest.raises(MediaUnreadable) as refusal:
        await make(good, (kind, "reference", things / "nothing.png"))
    assert (refusal.value.kind, refusal.value.field) == (kind, "media[1]")
    assert str(things) not in refusal.value.message


async def test_progress_rises_to_the_end(engine: Engine, tmp_path: Path) -> None:
    reports: list[int] = []
    await engine.make(order(tmp_path), reports.append)
    assert reports == sorted(reports)
    assert len(set(reports)) > 10
    assert reports[-1] == 100


async def test_a_cancelled_film_grows_no_further(engine: Engine, tmp_path: Path) -> None:
    drawing = asyncio.Event()
    job = order(tmp_path, duration_seconds=15, resolution="1080p")
    task = asyncio.create_task(engine.make(job, lambda percent: drawing.set() if percent > 3 else None))
    await asyncio.wait_for(drawing.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not (tmp_path / "last_frame.png").exists()
    # The index of a film is written at its end.
    assert b"moov" not in (tmp_path / "film.mp4").read_bytes()

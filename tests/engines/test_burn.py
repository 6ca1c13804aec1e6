"""The mark in films of others: in its corner, and everything else as it was."""

import asyncio
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.engines.test_engine_encode import gradient, write
from tests.media.box_samples import packets, top_boxes

from filmgate.engines.animatic.encode import SAMPLES_PER_SECOND
from filmgate.engines.burn import Burner
from filmgate.errors import EngineFailed

Frames = list[NDArray[np.uint8]]


@pytest.fixture(scope="module")
async def burner() -> AsyncIterator[Burner]:
    burner = Burner(2)
    yield burner
    await burner.close()


@pytest.fixture
def poster(tmp_path: Path) -> Path:
    path = tmp_path / "poster.jpg"
    Image.new("RGB", (320, 180), "teal").save(path, quality=90)
    return path


def encode(path: Path, codec: str, *, pixels: str = "yuv420p", times: list[int] | None = None, tag: str = "") -> Path:
    """A small film in any codec; ``times`` are those of its frames, in hundredths of a second."""
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 180, pixels
        stream.codec_context.time_base = Fraction(1, 100)
        if tag:
            stream.codec_context.codec_tag = tag
        for number, time in enumerate(times or range(0, 100, 4)):
            frame = av.VideoFrame.from_ndarray(gradient(320, 180, number), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def decoded(path: Path) -> Frames:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in container.decode(video=0)]


def corner_and_rest(before: Frames, after: Frames) -> tuple[int, float]:
    """By how much the lower right corner differs at most, and the rest on average."""
    difference = np.abs(np.stack(after).astype(int) - np.stack(before).astype(int))
    rows, columns = difference.shape[1:3]
    corner = difference[:, rows * 4 // 5 :, columns // 3 :].max()
    return int(corner), float(difference[:, : rows * 4 // 5].mean())


async def burnt(burner: Burner, film: Path, poster: Path) -> Path:
    target = film.with_name(f"{film.stem}-marked.mp4")
    await burner.burn(film, poster, target, film.with_name(f"{film.stem}-marked.jpg"), task_id="task")
    return target


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (630, 270)])
async def test_the_mark_is_in_its_corner_and_nowhere_else(
    burner: Burner, poster: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    film = write(tmp_path / "film.mp4", size, 24)
    marked = await burnt(burner, film, poster)
    before, after = decoded(film), decoded(marked)
    assert len(after) == len(before) == 24
    corner, rest = corner_and_rest(before, after)
    assert corner > 60
    assert rest < 2


async def test_the_sound_is_copied_as_it_is(burner: Burner, poster: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (SAMPLES_PER_SECOND, 2)).astype(np.float32)
    film = write(tmp_path / "film.mp4", (320, 180), 24, noise)
    marked = await burnt(burner, film, poster)
    before, after = packets(film), packets(marked)
    assert after[1] == before[1]
    assert after[0] != before[0]
    with av.open(str(marked)) as container:
        assert container.duration == av.time_base


async def test_players_can_begin_at_once(burner: Burner, poster: Path, tmp_path: Path) -> None:
    marked = await burnt(burner, write(tmp_path / "film.mp4", (320, 180), 6), poster)
    assert top_boxes(marked).index("moov") < top_boxes(marked).index("mdat")


async def test_the_same_film_is_marked_to_the_same_bytes(burner: Burner, poster: Path, tmp_path: Path) -> None:
    one, two = (write(tmp_path / name, (320, 180), 48) for name in ("one.mp4", "two.mp4"))
    marked = [await burnt(burner, film, poster) for film in (one, two)]
    assert marked[0].read_bytes() == marked[1].read_bytes()


@pytest.mark.parametrize(
    ("codec", "tag", "pixels"),
    [
        ("libx264", "avc1", "yuv420p"),
        ("libx264", "avc1", "yuv444p"),
        ("libx265", "hvc1", "yuv420p10le"),
        ("libsvtav1", "av01", "yuv420p"),
    ],
)
async def test_a_film_keeps_its_codec_and_its_pixels(
    burner: Burner, poster: Path, tmp_path: Path, codec: str, tag: str, pixels: str
) -> None:
    film = encode(tmp_path / "film.mp4", codec, pixels=pixels, tag=tag if codec == "libx265" else "")
    marked = await burnt(burner, film, poster)
    with av.open(str(marked)) as container:
        context = container.streams.video[0].codec_context
        assert (context.codec_tag, context.pix_fmt) == (tag, pixels)
    assert times(marked) == times(film)
    assert corner_and_rest(decoded(film), decoded(marked))[0] > 60


async def test_a_film_of_an_uneven_rhythm_keeps_it(burner: Burner, poster: Path, tmp_path: Path) -> None:
    uneven = [0, 1, 5, 6, 20, 40, 41, 42, 99]
    film = encode(tmp_path / "film.mp4", "libx264", times=uneven)
    marked = await burnt(burner, film, poster)
    assert times(marked) == times(film) == [Fraction(time, 100) for time in uneven]


async def test_the_poster_is_marked_too(burner: Burner, poster: Path, tmp_path: Path) -> None:
    await burnt(burner, write(tmp_path / "film.mp4", (320, 180), 2), poster)
    with Image.open(tmp_path / "film-marked.jpg") as after, Image.open(poster) as before:
        assert after.size == before.size
        corner, rest = corner_and_rest([np.asarray(before)], [np.asarray(after)])
    assert corner > 60
    assert rest < 2


async def test_what_is_no_film_is_refused(burner: Burner, poster: Path, tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("text", b"text" * 1000), ("cut", b"\0\0\0\x10ftypisom\0\0\0\0")):
        film = tmp_path / f"{name}.mp4"
        film.write_bytes(content)
        with pytest.raises(EngineFailed):
            await burnt(burner, film, poster)


async def test_a_film_without_pictures_or_with_a_bad_poster_is_refused(burner: Burner, tmp_path: Path) -> None:
    film, poster = write(tmp_path / "film.mp4", (320, 180), 2), tmp_path / "poster.jpg"
    poster.write_bytes(b"no picture")
    with pytest.raises(EngineFailed, match="poster"):
        await burnt(burner, film, poster)


async def test_a_film_that_is_no_longer_wanted_is_let_go_at_once(burner: Burner, poster: Path, tmp_path: Path) -> None:
    film = write(tmp_path / "film.mp4", (1280, 720), 48)
    burning = asyncio.create_task(burnt(burner, film, poster))
    await asyncio.sleep(0.2)
    burning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await burning

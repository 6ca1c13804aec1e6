"""Small pictures of a film on one sheet."""

import struct
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from PIL import Image, ImageStat
from tests.media.media_samples import make_clip, make_picture

from filmgate.errors import EngineFailed
from filmgate.media.probe import Prober
from filmgate.media.spritesheet import COLUMNS, LONGER_SIDE_PIXELS, MOST_TILES
from filmgate.video import Size


@pytest.fixture(scope="module")
async def prober() -> AsyncIterator[Prober]:
    opened = Prober()
    yield opened
    await opened.close()


def _growing_brighter(path: Path, frames: int, size: Size = (640, 360)) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            level = round(number * 250 / frames)
            pixels = np.full((size[1], size[0], 3), level, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


async def _drawn(prober: Prober, path: Path) -> Image.Image:
    sheet = Image.open(BytesIO(await prober.draw_spritesheet(path)))
    assert sheet.format == "JPEG"
    return sheet.convert("L")


def _levels(sheet: Image.Image, tile: Size, count: int) -> list[float]:
    """The brightness in the middle of each tile, row by row."""
    found = []
    for number in range(count):
        row, column = divmod(number, COLUMNS)
        left, top = column * tile[0], row * tile[1]
        middle = sheet.crop((left + 5, top + 5, left + tile[0] - 5, top + tile[1] - 5))
        found.append(ImageStat.Stat(middle).mean[0])
    return found


async def test_a_sheet_shows_the_whole_film_in_its_order(prober: Prober, tmp_path: Path) -> None:
    sheet = await _drawn(prober, _growing_brighter(tmp_path / "film.mp4", 100))
    tile = (LONGER_SIDE_PIXELS, 180)
    assert sheet.size == (tile[0] * COLUMNS, tile[1] * MOST_TILES // COLUMNS)
    levels = _levels(sheet, tile, MOST_TILES)
    # Every fourth frame, from the third on: a tile shows the middle of its part of the film.
    assert levels == pytest.approx([(4 * number + 2) * 2.5 for number in range(MOST_TILES)], abs=6)


async def test_a_short_film_has_every_frame_on_it_and_an_upright_one_stands(prober: Prober, tmp_path: Path) -> None:
    sheet = await _drawn(prober, _growing_brighter(tmp_path / "film.mp4", 7, (360, 640)))
    assert sheet.size == (180 * COLUMNS, LONGER_SIDE_PIXELS * 2)
    levels = _levels(sheet, (180, LONGER_SIDE_PIXELS), 10)
    assert levels[:7] == sorted(set(levels[:7]))
    assert levels[7:] == pytest.approx([0, 0, 0], abs=3)


async def test_a_film_of_one_frame_is_one_picture_and_no_larger_than_it_was(prober: Prober, tmp_path: Path) -> None:
    assert (await _drawn(prober, _growing_brighter(tmp_path / "film.mp4", 1, (64, 48)))).size == (64, 48)


async def test_a_film_that_asks_to_be_turned_is_turned(prober: Prober, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        pixels = np.zeros((48, 64, 3), dtype=np.uint8)
        pixels[:, :32] = 255
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    matrix = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    quarter_clockwise = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    track = data.index(b"tkhd")
    place = data.index(matrix, track)
    path.write_bytes(data[:place] + quarter_clockwise + data[place + len(matrix) :])
    sheet = await _drawn(prober, path)
    assert sheet.size == (48, 64)
    assert ImageStat.Stat(sheet.crop((4, 4, 44, 28))).mean[0] > 200
    assert ImageStat.Stat(sheet.crop((4, 36, 44, 60))).mean[0] < 50


async def test_what_is_no_film_has_no_sheet(prober: Prober, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"no film at all")
    (tmp_path / "cut").write_bytes(make_clip(tmp_path / "clip.mp4", 2).read_bytes()[:900])
    picture, sound = make_picture(tmp_path / "a.png"), make_clip(tmp_path / "a.wav", video=None, audio="pcm_s16le")
    for path in (tmp_path / "text", tmp_path / "cut", picture, sound, tmp_path / "none"):
        with pytest.raises(EngineFailed, match="the film does not decode"):
            await prober.draw_spritesheet(path)
    assert await prober.draw_spritesheet(tmp_path / "clip.mp4")

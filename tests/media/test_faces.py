"""Counting faces: what is bright is a face here, because the model says so."""

from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from PIL import Image
from tests.media.face_model import write_face_model
from tests.media.media_samples import make_clip

from filmgate.errors import MediaUnreadable, SetupError
from filmgate.media.faces import LONGER_SIDE_PIXELS
from filmgate.media.probe import Prober
from filmgate.video import Size

ONE, TWO = [(64, 64)], [(64, 64), (224, 160)]


@pytest.fixture(scope="module")
async def prober() -> AsyncIterator[Prober]:
    opened = Prober()
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face_model(tmp_path_factory.mktemp("model") / "bright.onnx")


def pixels_with(places: list[tuple[int, int]], size: Size = (320, 240), side: int = 16) -> np.ndarray:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    for left, top in places:
        pixels[top : top + side, left : left + side] = 255
    return pixels


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
@pytest.mark.parametrize("places", [[], TWO])
async def test_the_faces_of_a_picture_are_counted(
    prober: Prober, model: Path, tmp_path: Path, name: str, places: list[tuple[int, int]]
) -> None:
    Image.fromarray(pixels_with(places)).save(tmp_path / name)
    assert await prober.count_faces(tmp_path / name, "image", model, "file") == len(places)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
async def test_a_picture_may_have_any_colours(prober: Prober, model: Path, tmp_path: Path, mode: str) -> None:
    pixels = pixels_with(TWO)
    # What is dark of 16 bits is far above what is bright of 8.
    deep = Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 200 + 5000)
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    (deep if mode == "I;16" else Image.fromarray(pixels).convert(mode)).save(path)
    assert await prober.count_faces(path, "image", model, "file") == 2


async def test_a_large_picture_is_made_smaller_and_keeps_its_faces(prober: Prober, model: Path, tmp_path: Path) -> None:
    size = (4 * LONGER_SIDE_PIXELS, 4 * LONGER_SIDE_PIXELS // 2)
    Image.fromarray(pixels_with([(256, 256), (3200, 1600)], size, 64)).save(tmp_path / "a.png")
    assert await prober.count_faces(tmp_path / "a.png", "image", model, "file") == 2


async def test_a_clip_has_as_many_faces_as_the_fullest_of_its_frames(
    prober: Prober, model: Path, tmp_path: Path
) -> None:
    def clip(name: str, frames: list[list[tuple[int, int]]]) -> Path:
        with av.open(str(tmp_path / name), "w") as container:
            stream = container.add_stream("libx264", rate=24)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for places in frames:
                frame = av.VideoFrame.from_ndarray(pixels_with(places), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return tmp_path / name

    late = clip("late.mp4", [[]] * 60 + [TWO] * 20 + [ONE] * 20)
    assert await prober.count_faces(late, "video", model, "file") == 2
    assert await prober.count_faces(clip("none.mp4", [[]] * 30), "video", model, "file") == 0
    assert await prober.count_faces(clip("one.mp4", [ONE]), "video", model, "file") == 1


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"hello" * 100])
async def test_what_does_not_decode_is_told_so(prober: Prober, model: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(MediaUnreadable):
        await prober.count_faces(tmp_path / "a.png", "image", model, "file")
    with pytest.raises(MediaUnreadable):
        await prober.count_faces(tmp_path / "a.png", "video", model, "file")


async def test_a_clip_that_is_cut_off_is_told_so_or_counted(prober: Prober, model: Path, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "walk.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[:600])
    with pytest.raises(MediaUnreadable):
        await prober.count_faces(tmp_path / "cut.mp4", "video", model, "file")


async def test_a_model_is_looked_at_before_it_is_used(prober: Prober, model: Path, tmp_path: Path) -> None:
    await prober.check_face_model(model)
    (tmp_path / "torn.onnx").write_bytes(model.read_bytes()[:200])
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "text.onnx").write_text("no model")
    for name in ("torn.onnx", "empty.onnx", "text.onnx", "missing.onnx"):
        with pytest.raises(SetupError, match="face_model"):
            await prober.check_face_model(tmp_path / name)

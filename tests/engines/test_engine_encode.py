"""The film file, from frames that the test draws itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from filmgate.engines.animatic.encode import SAMPLES_PER_SECOND, FilmWriter, Samples, to_yuv
from filmgate.engines.animatic.plan import Pixels
from filmgate.video import RATIOS, frame_size


def gradient(width: int, height: int, number: int = 0) -> Pixels:
    rows, columns = np.mgrid[0:height, 0:width]
    planes = (columns * 255 // width, rows * 255 // height, np.full_like(rows, 10 * number))
    return np.stack(planes, axis=2).astype(np.uint8)


def write(path: Path, size: tuple[int, int], count: int, sound: Samples | None = None) -> Path:
    with FilmWriter(path, size, sound, lambda done: None) as film:
        for number in range(count):
            film.add(gradient(*size, number))
    return path


def boxes(path: Path) -> list[str]:
    data, names, at = path.read_bytes(), [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4])
    return names


def test_the_colours_are_those_of_bt709() -> None:
    pixels = gradient(320, 180, 9)
    reference = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    difference = to_yuv(pixels).to_ndarray().astype(int) - reference.to_ndarray()
    assert np.abs(difference).max() <= 2
    assert np.abs(difference).mean() < 0.3


@pytest.mark.parametrize("size", sorted({frame_size("480p", ratio, (777, 500)) for ratio in RATIOS} | {(1470, 630)}))
def test_every_shape_can_be_written(tmp_path: Path, size: tuple[int, int]) -> None:
    with av.open(str(write(tmp_path / "film.mp4", size, 2))) as container:
        frames = list(container.decode(video=0))
    assert [(frame.width, frame.height) for frame in frames] == [size, size]


@pytest.mark.parametrize("seconds", [1, 2, 3])
def test_the_length_is_exact_with_and_without_sound(tmp_path: Path, seconds: int) -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (seconds * SAMPLES_PER_SECOND, 2)).astype(np.float32)
    for sound, streams in ((None, 1), (noise, 2)):
        with av.open(str(write(tmp_path / "film.mp4", (64, 64), seconds * 24, sound))) as container:
            assert container.duration == seconds * av.time_base
            assert [length_seconds(stream) for stream in container.streams] == [seconds] * streams
            times = [frame.time for frame in container.decode(video=0)]
            assert times == pytest.approx([number / 24 for number in range(seconds * 24)])


def length_seconds(stream: av.stream.Stream) -> float:
    assert stream.duration is not None
    assert stream.time_base is not None
    return float(stream.duration * stream.time_base)


def test_the_index_comes_first_and_the_brand_is_plain(tmp_path: Path) -> None:
    film = write(tmp_path / "film.mp4", (64, 64), 24)
    names = boxes(film)
    assert names.index("moov") < names.index("mdat")
    assert film.read_bytes()[8:12] == b"isom"


def test_the_same_frames_make_the_same_file(tmp_path: Path) -> None:
    # A side that is no multiple of 16, several times over: what differs from run to run does so now and then.
    files = {write(tmp_path / "film.mp4", (320, 180), 30).read_bytes() for _ in range(12)}
    assert len(files) == 1


def test_sound_and_picture_lie_side_by_side(tmp_path: Path) -> None:
    silence = np.zeros((3 * SAMPLES_PER_SECOND, 2), np.float32)
    latest = {"video": 0.0, "audio": 0.0}
    with av.open(str(write(tmp_path / "film.mp4", (64, 64), 72, silence))) as container:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                kind = packet.stream.type
                latest[kind] = max(latest[kind], float(packet.pts * packet.time_base))
                assert abs(latest["video"] - latest["audio"]) < 1.5
    assert min(latest.values()) > 2.9


def test_the_encoders_failure_comes_out_of_the_block(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write(tmp_path / "no folder" / "film.mp4", (64, 64), 24)


def test_a_failure_at_the_very_end_comes_out_too(tmp_path: Path) -> None:
    def break_down(done: int) -> None:
        if done == 3:
            raise RuntimeError("the last frame")

    with pytest.raises(RuntimeError, match="the last frame"):
        draw(tmp_path / "film.mp4", iter([gradient(64, 64)] * 3), break_down)


def test_a_failure_while_drawing_is_the_one_that_is_seen(tmp_path: Path) -> None:
    def drawn() -> Iterator[Pixels]:
        yield gradient(64, 64)
        raise ValueError("no more paint")

    with pytest.raises(ValueError, match="no more paint"):
        draw(tmp_path / "film.mp4", drawn(), lambda done: None)


def draw(path: Path, frames: Iterator[Pixels], finished: Callable[[int], None]) -> None:
    with FilmWriter(path, (64, 64), None, finished) as film:
        for frame in frames:
            film.add(frame)

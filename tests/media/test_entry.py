"""The AIGC entry in real files: there, where FFmpeg finds it, and nothing else touched."""

import random
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.box_samples import codecs, decoded_frames, metadata, packets, top_boxes
from tests.media.media_samples import make_clip

from filmgate.media.boxes import BadBoxes, box, children, moved
from filmgate.media.entry import found_entry, write_entry

TEXT = '{"Label":"1","ContentProducer":"影门","ProduceID":"1"}'


def other_clip(path: Path, codec: str, *, movflags: str = "", pixels: str = "yuv420p", tag: str | None = None) -> Path:
    """A clip of a second in another codec, or laid out in another way."""
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as container:
        stream = container.add_stream(codec, rate=24, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 120, pixels
        if tag is not None:
            stream.codec_context.codec_tag = tag
        for number in range(24):
            picture = np.full((120, 160, 3), number * 8, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("audio", ["aac", None])
@pytest.mark.parametrize("size", [(160, 120), (864, 496), (210, 90)])
def test_an_entry_is_there_and_the_streams_are_as_they_were(
    tmp_path: Path, size: tuple[int, int], audio: str | None
) -> None:
    film, target = make_clip(tmp_path / "film.mp4", size=size, audio=audio), tmp_path / "target.mp4"
    write_entry(film, target, TEXT)
    assert metadata(target)["AIGC"] == found_entry(target) == TEXT
    assert packets(target) == packets(film)
    assert codecs(target) == codecs(film)
    assert decoded_frames(target) == 24
    assert {name: text for name, text in metadata(target).items() if name != "AIGC"} == metadata(film)


def test_what_stands_first_still_stands_first(tmp_path: Path) -> None:
    film, target = make_clip(tmp_path / "film.mp4"), tmp_path / "target.mp4"
    write_entry(film, target, TEXT)
    assert top_boxes(target) == top_boxes(film) == ["ftyp", "moov", "free", "mdat"]


def test_the_same_film_and_entry_give_the_same_bytes(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4")
    for name in ("one.mp4", "two.mp4"):
        write_entry(film, tmp_path / name, TEXT)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


@pytest.mark.parametrize(
    ("name", "codec", "movflags", "pixels", "tag"),
    [
        ("at_the_end.mp4", "libx264", "", "yuv420p", None),
        ("apple.mp4", "libx265", "", "yuv420p", "hvc1"),
        ("quicktime.mov", "libx264", "faststart", "yuv420p", None),
        ("studio.mov", "prores_ks", "", "yuv422p10le", None),
        ("keyed.mp4", "libx264", "use_metadata_tags+faststart", "yuv420p", None),
    ],
)
def test_files_of_every_layout_take_one(
    tmp_path: Path, name: str, codec: str, movflags: str, pixels: str, tag: str | None
) -> None:
    film, target = (
        other_clip(tmp_path / name, codec, movflags=movflags, pixels=pixels, tag=tag),
        tmp_path / f"target{Path(name).suffix}",
    )
    write_entry(film, target, TEXT)
    assert metadata(target)["AIGC"] == TEXT
    assert packets(target) == packets(film)
    assert codecs(target) == codecs(film)
    assert decoded_frames(target) == 24
    assert top_boxes(target) == top_boxes(film)


def test_a_second_entry_takes_the_place_of_the_first(tmp_path: Path) -> None:
    film, one, two = make_clip(tmp_path / "film.mp4"), tmp_path / "one.mp4", tmp_path / "two.mp4"
    write_entry(film, one, TEXT * 3)
    write_entry(one, two, TEXT)
    assert metadata(two)["AIGC"] == found_entry(two) == TEXT
    assert two.read_bytes().count(b"AIGC") == 1
    assert packets(two) == packets(film)
    assert two.stat().st_size == one.stat().st_size - 2 * len(TEXT.encode())


def test_an_entry_that_ffmpeg_wrote_is_found_and_its_neighbours_stay(tmp_path: Path) -> None:
    film, theirs, ours = make_clip(tmp_path / "film.mp4"), tmp_path / "theirs.mp4", tmp_path / "ours.mp4"
    with (
        av.open(str(film)) as source,
        av.open(str(theirs), "w", options={"movflags": "use_metadata_tags"}) as target,
    ):
        target.metadata.update({"AIGC": "theirs", "title": "纸船", "com.example.number": "7"})
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream_index]
                target.mux(packet)
    assert found_entry(theirs) == "theirs"
    write_entry(theirs, ours, TEXT)
    assert metadata(ours) == metadata(theirs) | {"AIGC": TEXT}
    assert packets(ours) == packets(theirs)


def test_a_film_with_large_offsets_keeps_them_right(tmp_path: Path) -> None:
    film, large, target = make_clip(tmp_path / "film.mp4"), tmp_path / "large.mp4", tmp_path / "target.mp4"
    large.write_bytes(_with_large_offsets(film.read_bytes()))
    assert packets(large) == packets(film)
    write_entry(large, target, TEXT)
    assert packets(target) == packets(film)


def test_offsets_that_would_overflow_are_refused() -> None:
    offsets = box(b"stco", bytes(4) + struct.pack(">II", 1, 2**32 - 10))
    movie = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", offsets))))
    with pytest.raises(BadBoxes, match="too large"):
        moved(movie, behind=0, by=100)
    assert moved(movie, behind=2**32, by=100) == movie


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no description"),
        (b"\0\0\0\x08ftyp", "no description"),
        (b"\0\0\0\x07ftyp", "behind its end"),
        (b"\0\0\0\xffftypisom", "behind its end"),
        (b"\0\0\0\x01ftyp", "middle of a box"),
        (b"\0\0\0\x01ftyp" + b"\xff" * 8, "behind its end"),
        (b"moov", "middle of a box"),
        (box(b"moov", b"") * 2, "two descriptions"),
        (box(b"moov", b"") + box(b"moof", b""), "moof"),
        (box(b"meta", b"") + box(b"moov", b""), "meta"),
        (box(b"free", b"") * 20_000, "more boxes"),
        (box(b"moov", b"\0\0\0\x20trak"), "into its parent"),
        (box(b"moov", b"\0\0\0"), "cut off"),
        (box(b"moov", box(b"cmov", b"")), "cmov"),
        (box(b"moov", box(b"mvex", b"")), "mvex"),
        (b"\0\0\0\0moov", "no description|cut off"),
    ],
)
def test_what_is_no_film_is_refused_with_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(content)
    with pytest.raises(BadBoxes, match=reason):
        write_entry(film, tmp_path / "target.mp4", TEXT)
    assert found_entry(film) is None


@pytest.mark.parametrize("seed", range(4))
def test_no_damaged_film_does_worse_than_to_be_refused(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    film, target = tmp_path / "film.mp4", tmp_path / "target.mp4"
    write_entry(make_clip(tmp_path / "whole.mp4", 0.2), film, TEXT)
    whole = film.read_bytes()
    movie_end = whole.find(b"mdat")
    refused = 0
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            broken[dice.randrange(movie_end)] = dice.choice((0, 1, 0x7F, 0xFF, dice.randrange(256)))
        film.write_bytes(broken[: dice.choice((len(broken), dice.randrange(len(broken))))])
        found_entry(film)
        try:
            write_entry(film, target, TEXT)
        except BadBoxes:
            refused += 1
            continue
        assert target.read_bytes()[-200:] == film.read_bytes()[-200:]
    assert 20 < refused < 150


def _with_large_offsets(film: bytes) -> bytes:
    """The same film with 64 bits for each offset, as films of many gigabytes have them."""
    start = film.find(b"moov") - 4
    size = int.from_bytes(film[start : start + 4])
    movie = film[start + 8 : start + size]
    grown = len(_widened(movie, (b"trak", b"mdia", b"minf", b"stbl"), 0)) - len(movie)
    return (
        film[:start] + box(b"moov", _widened(movie, (b"trak", b"mdia", b"minf", b"stbl"), grown)) + film[start + size :]
    )


def _widened(content: bytes, way: tuple[bytes, ...], by: int) -> bytes:
    parts = []
    for kind, inner in children(content):
        if way and kind == way[0]:
            parts.append(box(kind, _widened(inner, way[1:], by)))
        elif not way and kind == b"stco":
            count = int.from_bytes(inner[4:8])
            offsets = [offset + by for offset in struct.unpack(f">{count}I", inner[8:])]
            parts.append(box(b"co64", inner[:8] + struct.pack(f">{count}Q", *offsets)))
        else:
            parts.append(box(kind, inner))
    return b"".join(parts)

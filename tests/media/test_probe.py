"""What is found in files, good and hostile."""

import asyncio
import contextlib
import os
import random
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest
from PIL import Image
from tests.media.media_samples import make_clip, make_picture

from filmgate.errors import EngineFailed, MediaTooLarge, MediaUnreadable
from filmgate.media import probe as probe_module
from filmgate.media.probe import Probe, Prober
from filmgate.video import MediaKind

FIELD = "images[2]"


@pytest.fixture(scope="module")
async def prober() -> AsyncIterator[Prober]:
    opened = Prober(2)
    yield opened
    await opened.close()


@pytest.mark.parametrize("suffix", ["png", "jpeg", "webp", "bmp", "tiff", "gif"])
async def test_a_picture_s_format_and_size(prober: Prober, suffix: str, tmp_path: Path) -> None:
    path = make_picture(tmp_path / f"picture.{suffix}", (64, 48)).rename(tmp_path / "no-name")
    size = path.stat().st_size
    wanted = Probe(kind="image", format=suffix, size_bytes=size, width=64, height=48)
    assert await prober.probe(path, "image", FIELD) == wanted


async def test_a_picture_that_asks_to_be_turned_is_as_wide_as_it_is_shown(prober: Prober, tmp_path: Path) -> None:
    found = await prober.probe(make_picture(tmp_path / "a.jpeg", (64, 48), turned=True), "image", FIELD)
    assert (found.width, found.height) == (48, 64)


@pytest.mark.parametrize(
    ("suffix", "video", "audio", "codecs"),
    [
        ("mp4", "libx264", "aac", ("h264", "aac")),
        ("mov", "libx264", None, ("h264", None)),
        ("webm", "libvpx-vp9", "libopus", ("vp9", "opus")),
        ("mkv", "libx264", "aac", ("h264", "aac")),
        ("avi", "mpeg4", "libmp3lame", ("mpeg4", "mp3")),
        ("flv", "libx264", "aac", ("h264", "aac")),
    ],
)
async def test_a_clip_s_facts(
    prober: Prober, suffix: str, video: str, audio: str | None, codecs: tuple[str, str | None], tmp_path: Path
) -> None:
    path = make_clip(tmp_path / f"clip.{suffix}", 1.5, video=video, audio=audio)
    found = await prober.probe(path, "video", FIELD)
    assert (found.kind, found.format, found.width, found.height) == ("video", suffix, 160, 120)
    assert (found.video_codec, found.audio_codec) == codecs
    assert found.seconds == pytest.approx(1.5, abs=0.05)
    assert found.frames_per_second == 24
    assert found.frames is None


@pytest.mark.parametrize(
    ("suffix", "audio", "codec"),
    [
        ("wav", "pcm_s16le", "pcm_s16le"),
        ("mp3", "libmp3lame", "mp3"),
        ("aac", "aac", "aac"),
        ("m4a", "aac", "aac"),
        ("mp4", "aac", "aac"),
        ("flac", "flac", "flac"),
        ("ogg", "libopus", "opus"),
    ],
)
async def test_a_sound_s_facts(prober: Prober, suffix: str, audio: str, codec: str, tmp_path: Path) -> None:
    path = make_clip(tmp_path / f"sound.{suffix}", 2, video=None, audio=audio)
    found = await prober.probe(path, "audio", FIELD)
    assert (found.kind, found.format, found.audio_codec, found.width) == ("audio", suffix, codec, None)
    assert found.seconds == pytest.approx(2, abs=0.06)


async def test_a_length_is_measured_and_not_believed(prober: Prober, tmp_path: Path) -> None:
    """The header of this clip declares a hundredth of what is in it."""
    path = make_clip(tmp_path / "clip.mkv", 2)
    content = path.read_bytes()
    at = content.index(b"\x44\x89\x88") + 3
    (declared,) = struct.unpack(">d", content[at : at + 8])
    assert declared == pytest.approx(2000, abs=50)
    path.write_bytes(content[:at] + struct.pack(">d", declared / 100) + content[at + 8 :])
    assert (await prober.probe(path, "video", FIELD)).seconds == pytest.approx(2, abs=0.05)


async def test_a_frame_rate_is_measured_where_the_file_declares_another(prober: Prober, tmp_path: Path) -> None:
    """The header of this clip declares 60 frames a second, and there are 24."""
    path = make_clip(tmp_path / "clip.mkv", 2)
    content = path.read_bytes()
    at = content.index(b"\x23\xe3\x83\x84") + 4
    assert struct.unpack(">I", content[at : at + 4]) == (41_666_666,)
    path.write_bytes(content[:at] + struct.pack(">I", 16_666_666) + content[at + 4 :])
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 60
    assert (await prober.probe(path, "video", FIELD)).frames_per_second == pytest.approx(24, abs=0.5)


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60])
async def test_a_frame_rate_is_exact(prober: Prober, rate: int, tmp_path: Path) -> None:
    for suffix in ("mp4", "mov", "mkv"):
        found = await prober.probe(make_clip(tmp_path / f"clip.{suffix}", 2, rate=rate), "video", FIELD)
        assert found.frames_per_second == rate
        assert found.seconds == pytest.approx(2, abs=0.03)


@pytest.mark.parametrize("seconds", [2, 3.3, 15])
async def test_what_an_encoder_adds_to_a_sound_is_not_part_of_its_length(
    prober: Prober, seconds: float, tmp_path: Path
) -> None:
    path = make_clip(tmp_path / "sound.mp3", seconds, video=None, audio="libmp3lame")
    assert (await prober.probe(path, "audio", FIELD)).seconds == seconds


async def test_a_cover_does_not_make_a_sound_a_clip(prober: Prober, tmp_path: Path) -> None:
    make_clip(tmp_path / "sound.mp3", 1, video=None, audio="libmp3lame")
    cover = make_picture(tmp_path / "cover.jpeg").read_bytes()
    picture = b"\0image/jpeg\0\3\0" + cover
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    size = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    tagged = tmp_path / "tagged.mp3"
    tagged.write_bytes(b"ID3\3\0\0" + size + frame + (tmp_path / "sound.mp3").read_bytes())
    with av.open(str(tagged)) as container:
        assert container.streams.video  # The cover is there, and FFmpeg calls it a stream.
    found = await prober.probe(tagged, "audio", FIELD)
    assert (found.kind, found.format, found.audio_codec) == ("audio", "mp3", "mp3")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("picture.png", "video", "given as video is an image"),
        ("picture.png", "audio", "given as audio is an image"),
        ("clip.mp4", "image", "given as image is a video or a sound"),
        ("clip.mp4", "audio", "given as audio is a video"),
        ("sound.wav", "image", "given as image is a video or a sound"),
        ("sound.mp4", "video", "has no pictures, only sound"),
        ("silent.mp4", "audio", "given as audio is a video"),
    ],
)
async def test_a_file_of_another_kind_is_called_so(
    prober: Prober, name: str, kind: MediaKind, words: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if name == "picture.png":
        make_picture(path)
    else:
        make_clip(
            path,
            0.5,
            video=None if name.startswith("sound") else "libx264",
            audio=None if name == "silent.mp4" else "pcm_s16le" if name == "sound.wav" else "aac",
        )
    with pytest.raises(MediaUnreadable, match=words) as caught:
        await prober.probe(path, kind, FIELD)
    assert (caught.value.kind, caught.value.field) == (kind, FIELD)


@pytest.mark.parametrize("kind", ["image", "video", "audio"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>",
        b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile 'clip.mp4'\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"\xff\xd8\xff",
        b"BM" + b"\xff" * 60,
        b"II*\0\xff\xff\xff\xff",
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"#EXTM3U\nhttp://127.0.0.1/\n" * 9,
        b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff",
        b"\x1a\x45\xdf\xa3\x42\x82\x84webm",
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        b"OggS" + bytes(200),
        b"\xff\xfb\x90\x00" * 3,
    ],
)
async def test_what_is_no_media_is_refused(prober: Prober, content: bytes, kind: MediaKind, tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(content)
    with pytest.raises(MediaUnreadable):
        await prober.probe(path, kind, FIELD)


def png_header(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


async def test_a_bomb_is_refused_by_its_header(prober: Prober, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(60_000, 60_000, bytes(7501) * 200))
    with pytest.raises(MediaTooLarge, match="60000 by 60000 pixels large; more than 64 megapixels"):
        await prober.probe(path, "image", FIELD)


async def test_the_largest_picture_is_decoded(prober: Prober, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(png_header(8000, 8000, bytes(1001) * 8000))
    assert (await prober.probe(path, "image", FIELD)).width == 8000


async def test_a_gif_of_very_many_frames_is_one_picture(prober: Prober, tmp_path: Path) -> None:
    frame = Image.new("P", (2, 2))
    frame.save(tmp_path / "one.gif")
    content = (tmp_path / "one.gif").read_bytes()
    start = content.index(b"\x2c")
    (tmp_path / "many.gif").write_bytes(content[:start] + content[start:-1] * 100_000 + b";")
    assert (await prober.probe(tmp_path / "many.gif", "image", FIELD)).width == 2


@pytest.mark.parametrize("suffix", ["png", "jpeg", "webp", "bmp", "tiff", "gif"])
async def test_a_picture_that_is_cut_off_does_not_decode(prober: Prober, suffix: str, tmp_path: Path) -> None:
    path = make_picture(tmp_path / f"picture.{suffix}", (200, 150))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaUnreadable, match="does not decode"):
        await prober.probe(path, "image", FIELD)


async def test_damaged_files_are_refused_or_read_and_harm_nobody(prober: Prober, tmp_path: Path) -> None:
    files: list[tuple[bytes, MediaKind]] = [
        (make_picture(tmp_path / f"picture.{suffix}").read_bytes(), "image")
        for suffix in ("png", "jpeg", "webp", "bmp", "tiff", "gif")
    ]
    files += [(make_clip(tmp_path / f"clip.{suffix}", 0.3).read_bytes(), "video") for suffix in ("mp4", "mkv", "flv")]
    files += [(make_clip(tmp_path / "sound.mp3", 0.3, video=None, audio="libmp3lame").read_bytes(), "audio")]
    chance = random.Random(2)

    async def damage_and_look(number: int, content: bytes, kind: MediaKind) -> None:
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 8, 64))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path = tmp_path / f"{number}"
        path.write_bytes(damaged)
        with contextlib.suppress(MediaUnreadable, MediaTooLarge):
            assert (await prober.probe(path, kind, FIELD)).kind == kind

    jobs = [(content, kind) for content, kind in files for _ in range(20)]
    await asyncio.gather(*(damage_and_look(number, *job) for number, job in enumerate(jobs)))
    assert (await prober.probe(make_picture(tmp_path / "good.png"), "image", FIELD)).format == "png"


async def test_a_file_that_never_ends_is_given_up_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "never")
    opened = Prober(1)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(probe_module, "PROBE_SECONDS", 0.2)
            patched.setattr(probe_module, "FILM_SECONDS", 0.2)
            with pytest.raises(MediaUnreadable, match=r"does not decode within 0\.2 seconds"):
                await opened.probe(tmp_path / "never", "image", FIELD)
            with pytest.raises(EngineFailed, match=r"the film does not decode within 0\.2 seconds"):
                await opened.check_film(tmp_path / "never")
        assert (await opened.probe(make_picture(tmp_path / "a.png"), "image", FIELD)).format == "png"
    finally:
        await opened.close()


async def test_a_file_that_is_not_there_is_unreadable(prober: Prober, tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable):
        await prober.probe(tmp_path / "none", "image", FIELD)


def asked_of(prober: Prober, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every question that is put to a child from now on."""
    questions: list[bytes] = []
    ask = prober._probes.ask

    async def note_and_ask(question: bytes, limit_seconds: float) -> bytes:
        questions.append(question)
        return await ask(question, limit_seconds)

    monkeypatch.setattr(prober._probes, "ask", note_and_ask)
    return questions


async def test_the_same_bytes_are_looked_into_once(
    prober: Prober, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = asked_of(prober, monkeypatch)
    picture = make_picture(tmp_path / "a.png", (61, 37))
    copies = [tmp_path / f"copy-{number}" for number in range(9)]
    for copy in copies:
        copy.write_bytes(picture.read_bytes())
    found = await asyncio.gather(*(prober.probe(copy, "image", FIELD) for copy in copies))
    assert {(probe.width, probe.height) for probe in found} == {(61, 37)}
    assert len(questions) == 1
    picture.write_bytes(picture.read_bytes() + b"\0")
    assert (await prober.probe(picture, "image", FIELD)).size_bytes == found[0].size_bytes + 1
    assert len(questions) == 2


async def test_what_the_bytes_were_meant_to_be_is_part_of_the_question(prober: Prober, tmp_path: Path) -> None:
    path = make_picture(tmp_path / "a.png", (62, 37))
    for _ in range(2):
        assert (await prober.probe(path, "image", FIELD)).width == 62
        with pytest.raises(MediaUnreadable, match="given as video is an image"):
            await prober.probe(path, "video", "reference_videos[0]")


async def test_a_refusal_is_remembered_and_told_with_the_field_of_each_order(
    prober: Prober, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = asked_of(prober, monkeypatch)
    (tmp_path / "a").write_bytes(b"\x89PNG\r\n\x1a\nnonsense of this test")
    for field in ("images[0]", "images[1]"):
        with pytest.raises(MediaUnreadable, match="does not decode") as caught:
            await prober.probe(tmp_path / "a", "image", field)
        assert caught.value.field == field
    assert len(questions) == 1


async def test_a_film_is_decoded_to_its_end(prober: Prober, tmp_path: Path) -> None:
    film = await prober.check_film(make_clip(tmp_path / "film.mp4", 2.5))
    assert (film.frames, film.seconds, film.frames_per_second) == (60, 2.5, 24)
    assert (film.width, film.height, film.video_codec, film.audio_codec) == (160, 120, "h264", "aac")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("film") / "film.mp4", 2)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.99])
async def test_a_film_that_is_cut_off_does_not_decode(prober: Prober, film: Path, part: float, tmp_path: Path) -> None:
    content = film.read_bytes()
    (tmp_path / "film.mp4").write_bytes(content[: int(len(content) * part)])
    with pytest.raises(EngineFailed, match="the film does not decode"):
        await prober.check_film(tmp_path / "film.mp4")


async def test_a_film_without_its_last_frame_or_half_of_it_does_not_decode(prober: Prober, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mp4", 2, audio=None)
    with av.open(str(path)) as container:
        last = max(packet.pos or 0 for packet in container.demux() if packet.size)
    path.write_bytes(path.read_bytes()[: last + 20])
    with pytest.raises(EngineFailed, match="the film does not decode: it is cut off"):
        await prober.check_film(path)
    path.write_bytes(path.read_bytes()[:last])
    with pytest.raises(EngineFailed, match="the film does not decode: it ends after"):
        await prober.check_film(path)


@pytest.mark.parametrize("audio", ["aac", None])
async def test_a_film_that_is_damaged_does_not_decode(prober: Prober, audio: str | None, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mp4", 2, audio=audio)
    content = bytearray(path.read_bytes())
    chance = random.Random(1)
    for _ in range(20):
        content[chance.randrange(len(content) // 2, len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    with pytest.raises(EngineFailed, match="the film does not decode"):
        await prober.check_film(path)


async def test_a_picture_or_a_sound_is_no_film(prober: Prober, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="it is not a video"):
        await prober.check_film(make_picture(tmp_path / "a.png"))
    with pytest.raises(EngineFailed, match="it has no pictures"):
        await prober.check_film(make_clip(tmp_path / "a.m4a", 0.5, video=None))

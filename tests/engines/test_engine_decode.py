"""Strangers' pictures, clips and sounds: what comes out of them, and what is refused."""

import struct
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from filmgate.engines.animatic import decode
from filmgate.engines.animatic.decode import read_clip, read_size, read_sound, read_still
from filmgate.engines.animatic.encode import FilmWriter, Samples
from filmgate.engines.animatic.plan import Pixels
from filmgate.engines.base import LocalMedia
from filmgate.errors import MediaTooLarge, MediaUnreadable
from filmgate.video import MediaKind

FILM = (320, 180)


def media(path: Path, kind: MediaKind = "image") -> LocalMedia:
    return LocalMedia(kind=kind, role="reference", path=path, field="images[3]")


def corners(width: int = 320, height: int = 180) -> Pixels:
    """Red above left, green above right, blue below left, white below right."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[: height // 2, : width // 2] = (220, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 200, 40)
    pixels[height // 2 :, : width // 2] = (30, 40, 210)
    return pixels


def near(pixel: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= 6)


def tone(seconds: float, hertz: float = 440.0) -> Samples:
    time = np.arange(round(seconds * 48_000)) / 48_000
    return np.stack([0.4 * np.sin(2 * np.pi * hertz * time)] * 2, axis=1).astype(np.float32)


def write_film(path: Path, frames: list[Pixels], sound: Samples | None = None) -> Path:
    with FilmWriter(path, (frames[0].shape[1], frames[0].shape[0]), sound, lambda count: None) as film:
        for frame in frames:
            film.add(frame)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [np.full((180, 320, 3), 4 * number, np.uint8) for number in range(48)]
    return write_film(tmp_path_factory.mktemp("clip") / "clip.mp4", frames, tone(2))


# Pictures.


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tiff", "gif"])
def test_every_picture_format_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(corners()).save(path)
    pixels = read_still(media(path), FILM).pixels
    assert pixels.shape == (180, 320, 3)
    assert pixels.dtype == np.uint8
    assert near(pixels[20, 20], (220, 30, 30))
    assert near(pixels[160, 20], (30, 40, 210))


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    image = Image.fromarray(corners())
    image.getexif()[ExifTags.Base.Orientation] = 6
    image.save(tmp_path / "turned.jpg", exif=image.getexif(), quality=95)
    assert read_size(media(tmp_path / "turned.jpg")) == (180, 320)
    pixels = read_still(media(tmp_path / "turned.jpg"), FILM).pixels
    assert pixels.shape == (320, 180, 3)
    assert near(pixels[20, 160], (220, 30, 30))
    assert near(pixels[20, 20], (30, 40, 210))


def test_what_is_clear_lies_on_white(tmp_path: Path) -> None:
    clear = np.zeros((32, 32, 4), np.uint8)
    clear[:16] = (10, 20, 30, 255)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    pixels = read_still(media(tmp_path / "clear.png"), FILM).pixels
    assert pixels[4, 4].tolist() == [10, 20, 30]
    assert pixels[28, 28].tolist() == [255, 255, 255]


def test_sixteen_bits_keep_their_greys(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    pixels = read_still(media(tmp_path / "deep.png"), FILM).pixels
    assert np.abs(pixels[..., 0].astype(int).ravel() - np.arange(256)).max() <= 1


def test_only_the_first_picture_of_an_animation_counts(tmp_path: Path) -> None:
    first, second = Image.fromarray(corners()), Image.new("RGB", (320, 180), "black")
    first.save(tmp_path / "moving.gif", save_all=True, append_images=[second])
    assert near(read_still(media(tmp_path / "moving.gif"), FILM).pixels[160, 300], (255, 255, 255))


def test_a_large_picture_is_reduced_to_twice_the_film(tmp_path: Path) -> None:
    Image.fromarray(corners(1600, 1600)).save(tmp_path / "large.png")
    pixels = read_still(media(tmp_path / "large.png"), FILM).pixels
    assert pixels.shape == (640, 640, 3)
    assert near(pixels[100, 100], (220, 30, 30))


def test_a_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    Image.fromarray(corners(8, 6)).save(tmp_path / "small.png")
    assert read_still(media(tmp_path / "small.png"), FILM).pixels.shape == (6, 8, 3)


def test_a_broken_colour_profile_is_passed_over(tmp_path: Path) -> None:
    Image.fromarray(corners()).save(tmp_path / "profile.png", icc_profile=b"no profile")
    assert near(read_still(media(tmp_path / "profile.png"), FILM).pixels[20, 20], (220, 30, 30))


def test_a_colour_profile_is_followed(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A device whose red shines blue and whose blue shines red.
    swapped = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    Image.fromarray(corners()).save(tmp_path / "profile.png", icc_profile=swapped)
    assert near(read_still(media(tmp_path / "profile.png"), FILM).pixels[20, 20], (30, 30, 220))


@pytest.mark.parametrize("size", [(10_000, 7_000), (20_000, 10_000)])
def test_a_picture_of_too_many_pixels_is_refused_unread(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("1", size).save(tmp_path / "bomb.png")
    with pytest.raises(MediaTooLarge, match="over 64 megapixels") as refusal:
        read_still(media(tmp_path / "bomb.png"), FILM)
    assert refusal.value.field == "images[3]"


@pytest.mark.parametrize("content", [b"", b"not a picture" * 40])
def test_what_is_no_picture_is_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "text.png").write_bytes(content)
    with pytest.raises(MediaUnreadable) as refusal:
        read_still(media(tmp_path / "text.png"), FILM)
    assert (refusal.value.kind, refusal.value.field) == ("image", "images[3]")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif"])
def test_half_a_picture_is_unreadable(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"half.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (180, 320, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaUnreadable):
        read_still(media(path), FILM)


def test_text_beside_the_pixels_may_be_anything(tmp_path: Path) -> None:
    notes, buffer = PngInfo(), BytesIO()
    notes.add_text("comment", "雨" * 1000, zip=True)
    Image.fromarray(corners()).save(buffer, "png", pnginfo=notes)
    (tmp_path / "notes.png").write_bytes(buffer.getvalue())
    assert read_size(media(tmp_path / "notes.png")) == (320, 180)


# Clips.


def test_a_clip_comes_at_the_films_rate_and_again_from_the_start(clip: Path) -> None:
    taken = read_clip(media(clip, "video"), FILM)
    assert (taken.size, taken.frames_per_second, taken.frame_count) == ((320, 180), 24, 48)
    for _ in range(2):
        frames = list(taken.open())
        assert len(frames) == 48
        assert [near(frames[number][90, 160], (4 * number,) * 3) for number in (0, 20, 47)] == [True] * 3


def test_a_clip_of_another_rate_keeps_its_speed(tmp_path: Path) -> None:
    path = tmp_path / "ten.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 12 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    taken = read_clip(media(path, "video"), FILM)
    greys = [int(frame[32, 32, 0]) for frame in taken.open()]
    assert len(greys) == taken.frame_count == 48
    assert [abs(greys[at] - 12 * shown) <= 4 for at, shown in ((0, 0), (24, 10), (47, 19))] == [True] * 3


def test_a_clip_is_turned_upright_and_reduced(tmp_path: Path) -> None:
    path = write_film(tmp_path / "phone.mp4", [corners()] * 3)
    data = path.read_bytes()
    # The matrix in the track's header: a quarter turn clockwise, as phones write it.
    at = data.index(b"tkhd") + 44
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data[:at] + matrix + data[at + 36 :])
    assert read_size(media(path, "video")) == (180, 320)
    taken = read_clip(media(path, "video"), (90, 90))
    frame = next(taken.open())
    assert frame.shape == (160, 90, 3)
    assert taken.size == (90, 160)
    assert near(frame[20, 70], (220, 30, 30))
    assert near(frame[20, 20], (30, 40, 210))


def test_a_long_clip_is_used_from_its_beginning(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "LONGEST_CLIP_SECONDS", 0.5)
    taken = read_clip(media(clip, "video"), FILM)
    assert len(list(taken.open())) == taken.frame_count == 12


def test_a_clip_that_breaks_off_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (48, 180, 320, 3), np.uint8)
    whole = write_film(tmp_path / "whole.mp4", list(noise))
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    taken = read_clip(media(broken, "video"), FILM)
    assert len(list(taken.open())) == taken.frame_count <= 48


@pytest.mark.parametrize("kind", ["video", "audio"])
@pytest.mark.parametrize(
    "content", [b"", b"noise" * 300, b"#EXTM3U\n#EXTINF:1,\nclip.mp4\n", b"ffconcat version 1.0\nfile clip.mp4\n"]
)
def test_what_is_no_clip_or_sound_is_unreadable(clip: Path, tmp_path: Path, content: bytes, kind: MediaKind) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "list.m3u8").write_bytes(content)
    found = media(tmp_path / "list.m3u8", kind)
    with pytest.raises(MediaUnreadable) as refusal:
        read_clip(found, FILM) if kind == "video" else read_sound(found, 1)
    assert (refusal.value.kind, refusal.value.field) == (kind, "images[3]")


def test_a_clip_of_too_many_pixels_is_refused(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "LARGEST_CLIP_PIXELS", 1000)
    with pytest.raises(MediaTooLarge):
        read_clip(media(clip, "video"), FILM)


# Sounds.


@pytest.mark.parametrize(("suffix", "codec", "rate"), [("wav", "pcm_s16le", 22_050), ("mp3", "libmp3lame", 44_100)])
def test_a_sound_of_any_rate_is_resampled(tmp_path: Path, suffix: str, codec: str, rate: int) -> None:
    path = tmp_path / f"tone.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        time = np.arange(2 * rate) / rate
        wave = (12_000 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    sound = read_sound(media(path, "audio"), 1.5)
    assert sound is not None
    assert sound.shape == (72_000, 2)
    assert sound.dtype == np.float32
    assert np.argmax(np.abs(np.fft.rfft(sound[:, 0]))) == pytest.approx(1500, abs=2)


def test_a_clip_gives_its_own_sound(clip: Path) -> None:
    sound = read_sound(media(clip, "video"), 10)
    assert sound is not None
    assert len(sound) == pytest.approx(2 * 48_000, abs=2048)
    assert np.argmax(np.abs(np.fft.rfft(sound[:48_000, 0]))) == pytest.approx(440, abs=1)


def test_a_silent_clip_gives_none(tmp_path: Path) -> None:
    assert read_sound(media(write_film(tmp_path / "silent.mp4", [corners()] * 3), "video"), 10) is None


def test_a_film_is_no_sound_without_a_track(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable):
        read_sound(media(write_film(tmp_path / "silent.mp4", [corners()] * 3), "audio"), 10)

"""Real files at, just inside and just outside every bound that the specs publish for media, on the shipped models."""

from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.media.bound_samples import SOUND_RATE, plain_clip, plain_picture, plain_sound, weighing
from tests.media.media_samples import make_clip

from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.catalogue.media_rules import broken_media, largest_bytes
from filmgate.catalogue.model import Offer
from filmgate.errors import MediaError
from filmgate.facts import Probe
from filmgate.media.probe import Prober
from filmgate.video import Media, MediaKind, Size, VideoRequest

MIB = 1024**2

Make = Callable[[Path], Path]
Found = set[str]
"""The words of the rules that are broken."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
async def prober() -> AsyncIterator[Prober]:
    opened = Prober(2)
    yield opened
    await opened.close()


@pytest.fixture
def found(catalogue: Catalogue, prober: Prober, tmp_path: Path) -> Callable[..., Any]:
    """What is broken in an order of a model with these files as its references of a kind."""

    async def find(sold: tuple[str, str], kind: MediaKind, *makes: Make) -> Found:
        offer = catalogue.find(*sold)
        assert offer is not None
        media, probes = [], {}
        for number, make in enumerate(makes):
            (tmp_path / str(number)).mkdir()
            field = f"{kind}[{number}]"
            media.append(Media(kind=kind, role="reference", url="https://m.example/a", field=field))
            probes[field] = await _look(prober, make(tmp_path / str(number)), kind, field)
        broken = broken_media(offer, VideoRequest(model=sold[0], media=tuple(media)), probes)
        assert all(violation.field in probes for violation in broken)
        return {violation.rule for violation in broken}

    return find


async def _look(prober: Prober, path: Path, kind: MediaKind, field: str) -> Probe | MediaError:
    try:
        return await prober.probe(path, kind, field)
    except MediaError as exc:
        return exc


def picture(size: Size, suffix: str = "png", size_bytes: int | None = None) -> Make:
    def make(folder: Path) -> Path:
        path = plain_picture(folder / f"a.{suffix}", size)
        return path if size_bytes is None else weighing(path, size_bytes)

    return make


def clip(frames: int = 12, rate: int | Fraction = 24, size: Size = (64, 64), **more: Any) -> Make:
    suffix, size_bytes = more.pop("suffix", "mp4"), more.pop("size_bytes", None)

    def make(folder: Path) -> Path:
        path = plain_clip(folder / f"a.{suffix}", frames, rate, size, **more)
        return path if size_bytes is None else weighing(path, size_bytes)

    return make


def sound(seconds: float, size_bytes: int | None = None) -> Make:
    def make(folder: Path) -> Path:
        path = plain_sound(folder / "a.wav", round(seconds * SOUND_RATE))
        return path if size_bytes is None else weighing(path, size_bytes)

    return make


def packed_sound(seconds: float, suffix: str, codec: str) -> Make:
    return lambda folder: make_clip(folder / f"a.{suffix}", seconds, video=None, audio=codec)


SENSEAUDIO = ("doubao-seedance-2-0-260128", "senseaudio")
ARK = ("doubao-seedance-2-0-260128", "ark")
ARK_25 = ("doubao-seedance-2-5-260628", "ark")
MD = ("seedance2.0-md", "jimmy")
STD = ("seedance2.0-std", "jimmy")
TIER = ("seedance-2.0-720p", "jimmy")
FULL = ("sd2_mx_video_720p", "jimmy")
JIMMY_25 = ("seedance-2.5", "jimmy")
GZ_25 = ("seedance2.5-gz", "jimmy")
INK = ("seedance-2.0", "ink")

OK: Found = set()


@pytest.mark.parametrize(
    ("sold", "make", "broken"),
    [
        # SenseAudio leaves the ends out (spec senseaudio 3.4, 10 X11).
        (SENSEAUDIO, picture((301, 301)), OK),
        (SENSEAUDIO, picture((300, 400)), {"media_width"}),
        (SENSEAUDIO, picture((400, 300)), {"media_height"}),
        (SENSEAUDIO, picture((299, 299)), {"media_width", "media_height"}),
        (SENSEAUDIO, picture((379, 158)), {"media_height"}),
        (SENSEAUDIO, picture((5999, 5999)), OK),
        (SENSEAUDIO, picture((6000, 5999)), {"media_width"}),
        (SENSEAUDIO, picture((5999, 6000)), {"media_height"}),
        (SENSEAUDIO, picture((401, 1000)), OK),
        (SENSEAUDIO, picture((400, 1000)), {"media_shape"}),
        (SENSEAUDIO, picture((399, 1000)), {"media_shape"}),
        (SENSEAUDIO, picture((999, 400)), OK),
        (SENSEAUDIO, picture((1000, 400)), {"media_shape"}),
        (SENSEAUDIO, picture((1001, 400)), {"media_shape"}),
        *((SENSEAUDIO, picture((400, 400), suffix), OK) for suffix in ("jpeg", "png", "webp", "bmp", "tiff", "gif")),
        (SENSEAUDIO, picture((400, 400), size_bytes=30 * MIB), OK),
        (SENSEAUDIO, picture((400, 400), size_bytes=30 * MIB + 1), {"media_bytes"}),
        # Ark does not (spec ark 3).
        (ARK, picture((300, 300)), OK),
        (ARK, picture((299, 300)), {"media_width"}),
        (ARK, picture((6000, 6000)), OK),
        (ARK, picture((6001, 6000)), {"media_width"}),
        (ARK, picture((400, 1000)), OK),
        (ARK, picture((399, 1000)), {"media_shape"}),
        (ARK, picture((1000, 400)), OK),
        (ARK, picture((1001, 400)), {"media_shape"}),
        # The audit of Jimmy's Full route does not either (spec jimmy 4.10).
        (FULL, picture((300, 300)), OK),
        (FULL, picture((300, 299)), {"media_height"}),
        (FULL, picture((6000, 2400)), OK),
        (FULL, picture((6001, 3000)), {"media_width"}),
        (FULL, picture((1000, 400)), OK),
        (FULL, picture((400, 1000)), OK),
        (FULL, picture((399, 1000)), {"media_shape"}),
        # MD takes everything but GIFs, the fixed tier three formats, Ink five (spec jimmy 4.10, spec ink 3.3).
        (MD, picture((400, 400), "gif"), {"media_format"}),
        *((MD, picture((400, 400), suffix), OK) for suffix in ("jpeg", "png", "webp", "bmp", "tiff")),
        *((TIER, picture((400, 400), suffix), OK) for suffix in ("jpeg", "png", "webp")),
        *((TIER, picture((400, 400), suffix), {"media_format"}) for suffix in ("bmp", "tiff", "gif")),
        (TIER, picture((301, 301)), OK),
        (TIER, picture((300, 301)), {"media_width"}),
        (TIER, picture((5999, 5999)), OK),
        (TIER, picture((5999, 6000)), {"media_height"}),
        (TIER, picture((400, 400), size_bytes=30 * MIB), OK),
        (TIER, picture((400, 400), size_bytes=30 * MIB + 1), {"media_bytes"}),
        *((INK, picture((400, 400), suffix), OK) for suffix in ("jpeg", "png", "webp", "gif", "bmp")),
        (INK, picture((400, 400), "tiff"), {"media_format"}),
        (INK, picture((301, 301)), OK),
        (INK, picture((300, 301)), {"media_width"}),
        (INK, picture((5999, 5999)), OK),
        (INK, picture((6000, 5999)), {"media_width"}),
        (INK, picture((401, 1000)), OK),
        (INK, picture((400, 1000)), {"media_shape"}),
        (INK, picture((999, 400)), OK),
        (INK, picture((1000, 400)), {"media_shape"}),
        (INK, picture((400, 400), size_bytes=30 * MIB), OK),
        (INK, picture((400, 400), size_bytes=30 * MIB + 1), {"media_bytes"}),
        # Anything else is no picture at all.
        (STD, clip(), {"media_unreadable"}),
    ],
)
async def test_a_picture_at_and_beside_a_bound(
    found: Callable[..., Any], sold: tuple[str, str], make: Make, broken: Found
) -> None:
    assert await found(sold, "image", make) == broken


# In both directions the window of pixels lies well inside the sides, so only the rule that is meant is looked at.
@pytest.mark.parametrize(
    ("sold", "make", "rule", "is_broken"),
    [
        (SENSEAUDIO, clip(size=(300, 64)), "media_width", False),
        (SENSEAUDIO, clip(size=(299, 64)), "media_width", True),
        (SENSEAUDIO, clip(size=(64, 300)), "media_height", False),
        (SENSEAUDIO, clip(size=(64, 299)), "media_height", True),
        (SENSEAUDIO, clip(2, size=(6000, 64)), "media_width", False),
        (SENSEAUDIO, clip(2, size=(6001, 64)), "media_width", True),
        (SENSEAUDIO, clip(2, size=(64, 6000)), "media_height", False),
        (SENSEAUDIO, clip(2, size=(64, 6001)), "media_height", True),
        (SENSEAUDIO, clip(size=(40, 100)), "media_shape", False),
        (SENSEAUDIO, clip(size=(399, 1000)), "media_shape", True),
        (SENSEAUDIO, clip(size=(100, 40)), "media_shape", False),
        (SENSEAUDIO, clip(size=(1001, 400)), "media_shape", True),
        (SENSEAUDIO, clip(size=(640, 640)), "media_pixels", False),
        (SENSEAUDIO, clip(size=(640, 639)), "media_pixels", True),
        (SENSEAUDIO, clip(size=(834, 1112)), "media_pixels", False),
        (SENSEAUDIO, clip(size=(1112, 834)), "media_pixels", False),
        (SENSEAUDIO, clip(size=(834, 1113)), "media_pixels", True),
        (SENSEAUDIO, clip(rate=24), "media_frame_rate", False),
        (SENSEAUDIO, clip(rate=23), "media_frame_rate", True),
        (SENSEAUDIO, clip(48, rate=Fraction(24000, 1001)), "media_frame_rate", True),
        (SENSEAUDIO, clip(rate=60), "media_frame_rate", False),
        (SENSEAUDIO, clip(rate=61), "media_frame_rate", True),
        (SENSEAUDIO, clip(48), "media_seconds", False),
        (SENSEAUDIO, clip(47), "media_seconds", True),
        (SENSEAUDIO, clip(360), "media_seconds", False),
        (SENSEAUDIO, clip(361), "media_seconds", True),
        (SENSEAUDIO, clip(suffix="mov"), "media_format", False),
        (SENSEAUDIO, clip(suffix="mkv"), "media_format", True),
        (SENSEAUDIO, clip(suffix="avi", codec="mpeg4"), "media_format", True),
        (SENSEAUDIO, clip(size_bytes=50 * MIB), "media_bytes", False),
        (SENSEAUDIO, clip(size_bytes=50 * MIB + 1), "media_bytes", True),
        (SENSEAUDIO, clip(codec="mpeg4"), "media_codec", False),
        # 0.2 s of slack were measured at Ark (spec ark 3).
        (ARK, clip(456, rate=30), "media_seconds", False),
        (ARK, clip(457, rate=30), "media_seconds", True),
        (ARK, clip(48), "media_codec", False),
        (ARK, clip(48, codec="libx265"), "media_codec", False),
        (ARK, clip(48, codec="mpeg4"), "media_codec", True),
        (ARK, clip(2, size=(1000, 407)), "media_pixels", True),
        (ARK, clip(2, size=(1000, 408)), "media_pixels", False),
        (ARK_25, clip(906, rate=30), "media_seconds", False),
        (ARK_25, clip(907, rate=30), "media_seconds", True),
        # MD's lines mean the shorter side (spec jimmy 4.10, 17 X31).
        (MD, clip(2, size=(1280, 720)), "media_side", False),
        (MD, clip(2, size=(720, 1280)), "media_side", False),
        (MD, clip(2, size=(1280, 719)), "media_side", True),
        (MD, clip(2, size=(640, 360)), "media_side", True),
        (MD, clip(1, size=(2160, 2160)), "media_side", False),
        (MD, clip(1, size=(2161, 2161)), "media_side", True),
        (MD, clip(2, size=(1920, 1080)), "media_pixels", False),
        (MD, clip(rate=24), "media_frame_rate", False),
        (MD, clip(rate=23), "media_frame_rate", True),
        (MD, clip(rate=60), "media_frame_rate", False),
        (MD, clip(rate=61), "media_frame_rate", True),
        (STD, picture((400, 400)), "media_unreadable", True),
        (JIMMY_25, clip(906, rate=30), "media_seconds", False),
        (JIMMY_25, clip(907, rate=30), "media_seconds", True),
        (GZ_25, clip(48), "media_seconds", False),
        (GZ_25, clip(47), "media_seconds", True),
        (GZ_25, clip(720), "media_seconds", False),
        (GZ_25, clip(721), "media_seconds", True),
        *((INK, clip(suffix=suffix), "media_format", False) for suffix in ("mp4", "mov", "m4v")),
        (INK, clip(suffix="mkv"), "media_format", True),
        (SENSEAUDIO, clip(suffix="m4v"), "media_format", True),
        (INK, clip(rate=24), "media_frame_rate", False),
        (INK, clip(rate=23), "media_frame_rate", True),
        (INK, clip(rate=60), "media_frame_rate", False),
        (INK, clip(rate=61), "media_frame_rate", True),
        (INK, clip(48), "media_seconds", False),
        (INK, clip(47), "media_seconds", True),
        (INK, clip(360), "media_seconds", False),
        (INK, clip(361), "media_seconds", True),
        (INK, clip(size=(300, 64)), "media_width", False),
        (INK, clip(size=(299, 64)), "media_width", True),
        (INK, clip(2, size=(64, 6000)), "media_height", False),
        (INK, clip(2, size=(64, 6001)), "media_height", True),
        (INK, clip(size=(40, 100)), "media_shape", False),
        (INK, clip(size=(399, 1000)), "media_shape", True),
        (INK, clip(size=(100, 40)), "media_shape", False),
        (INK, clip(size=(1001, 400)), "media_shape", True),
        (INK, clip(2, size=(1920, 1080)), "media_pixels", False),
        (INK, clip(size_bytes=50 * MIB), "media_bytes", False),
        (INK, clip(size_bytes=50 * MIB + 1), "media_bytes", True),
    ],
)
async def test_a_clip_at_and_beside_a_bound(
    found: Callable[..., Any], sold: tuple[str, str], make: Make, rule: str, is_broken: bool
) -> None:
    assert (rule in await found(sold, "video", make)) == is_broken


@pytest.mark.parametrize(
    ("sold", "make", "broken"),
    [
        (SENSEAUDIO, sound(2), OK),
        (SENSEAUDIO, sound(1.999), {"media_seconds"}),
        (SENSEAUDIO, sound(15), OK),
        (SENSEAUDIO, sound(15.001), {"media_seconds", "media_total_seconds"}),
        (SENSEAUDIO, packed_sound(2, "mp3", "libmp3lame"), OK),
        (SENSEAUDIO, packed_sound(15, "mp3", "libmp3lame"), OK),
        (SENSEAUDIO, packed_sound(15.01, "mp3", "libmp3lame"), {"media_seconds", "media_total_seconds"}),
        (SENSEAUDIO, packed_sound(3, "m4a", "aac"), {"media_format"}),
        (SENSEAUDIO, packed_sound(3, "flac", "flac"), {"media_format"}),
        (SENSEAUDIO, sound(3, size_bytes=15 * MIB), OK),
        (SENSEAUDIO, sound(3, size_bytes=15 * MIB + 1), {"media_bytes"}),
        (ARK, sound(15.2), OK),
        (ARK, sound(15.201), {"media_seconds", "media_total_seconds"}),
        (ARK_25, sound(30.2), OK),
        (ARK_25, sound(30.201), {"media_total_seconds"}),
        (JIMMY_25, sound(30), OK),
        (JIMMY_25, sound(30.001), {"media_seconds"}),
        (STD, sound(15), OK),
        (STD, picture((400, 400)), {"media_unreadable"}),
        (INK, packed_sound(3, "ogg", "libopus"), {"media_format"}),
        (INK, sound(2), OK),
        (INK, sound(1.999), {"media_seconds"}),
        (INK, sound(15), OK),
        (INK, sound(15.001), {"media_seconds", "media_total_seconds"}),
        (INK, sound(3, size_bytes=15 * MIB), OK),
        (INK, sound(3, size_bytes=15 * MIB + 1), {"media_bytes"}),
    ],
)
async def test_a_sound_at_and_beside_a_bound(
    found: Callable[..., Any], sold: tuple[str, str], make: Make, broken: Found
) -> None:
    assert await found(sold, "audio", make) == broken


HD: Size = (1280, 720)
TOTAL = "media_total_seconds"


@pytest.mark.parametrize(
    ("sold", "kind", "makes", "broken"),
    [
        (MD, "video", [clip(180, size=HD), clip(180, size=HD)], OK),
        (MD, "video", [clip(180, size=HD), clip(181, size=HD)], {"media_total_seconds"}),
        (MD, "video", [clip(48, size=HD, size_bytes=100 * MIB)] * 2, OK),
        (
            MD,
            "video",
            [clip(48, size=HD, size_bytes=100 * MIB), clip(48, size=HD, size_bytes=100 * MIB + 1)],
            {"media_total_bytes"},
        ),
        (MD, "video", [clip(48, size=HD, size_bytes=200 * MIB)], OK),
        (SENSEAUDIO, "audio", [sound(5), sound(5), sound(5)], OK),
        (SENSEAUDIO, "audio", [sound(5), sound(5), sound(5.001)], {"media_total_seconds"}),
        (SENSEAUDIO, "video", [clip(120, size=(640, 640))] * 3, OK),
        (SENSEAUDIO, "video", [clip(120, size=(640, 640))] * 2 + [clip(121, size=(640, 640))], {"media_total_seconds"}),
        (INK, "video", [clip(180, size=(300, 300)), clip(180, size=(300, 300))], OK),
        (INK, "video", [clip(180, size=(300, 300)), clip(181, size=(300, 300))], {"media_total_seconds"}),
        (INK, "audio", [sound(5), sound(5), sound(5)], OK),
        (INK, "audio", [sound(5), sound(5), sound(5.001)], {"media_total_seconds"}),
        # The sums of Jimmy's Full route (spec jimmy 4.10).
        (FULL, "audio", [sound(5), sound(5), sound(5)], OK),
        (FULL, "audio", [sound(5), sound(5), sound(5.001)], {"media_total_seconds"}),
        (FULL, "video", [clip(48, size=(640, 640), size_bytes=250 * MIB)] * 2, OK),
        (
            FULL,
            "video",
            [clip(48, size=(640, 640), size_bytes=250 * MIB), clip(48, size=(640, 640), size_bytes=250 * MIB + 1)],
            {"media_total_bytes"},
        ),
        (FULL, "video", [clip(180, size=(640, 640))] * 2, OK),
        (FULL, "video", [clip(180, size=(640, 640)), clip(181, size=(640, 640))], {"media_total_seconds"}),
        (FULL, "audio", [sound(3, size_bytes=250 * MIB)] * 2, OK),
        (FULL, "audio", [sound(3, size_bytes=250 * MIB), sound(3, size_bytes=250 * MIB + 1)], {"media_total_bytes"}),
        (JIMMY_25, "video", [clip(453, rate=30, size=(640, 640))] * 2, OK),
        (JIMMY_25, "video", [clip(453, rate=30, size=(640, 640)), clip(454, rate=30, size=(640, 640))], {TOTAL}),
        (GZ_25, "video", [clip(360, size=(640, 640))] * 2, OK),
        (GZ_25, "video", [clip(360, size=(640, 640)), clip(361, size=(640, 640))], {TOTAL}),
        (JIMMY_25, "audio", [sound(30)] * 3, OK),
        (ARK_25, "audio", [sound(15), sound(15.201)], {"media_total_seconds"}),
    ],
)
async def test_media_together_at_and_beside_a_bound(
    found: Callable[..., Any], sold: tuple[str, str], kind: MediaKind, makes: list[Make], broken: Found
) -> None:
    assert await found(sold, kind, *makes) == broken


def test_nothing_is_fetched_that_the_model_would_not_take(catalogue: Catalogue) -> None:
    def limits(offer: Offer | None) -> list[int | None]:
        assert offer is not None
        return [largest_bytes(offer, kind) for kind in ("image", "video", "audio")]

    assert limits(catalogue.find(*SENSEAUDIO)) == [30 * MIB, 50 * MIB, 15 * MIB]
    assert limits(catalogue.find(*MD)) == [30 * MIB, 200 * MIB, 15 * MIB]

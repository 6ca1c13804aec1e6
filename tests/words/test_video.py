import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.video import RATIOS, RESOLUTIONS, Media, VideoRequest, frame_size, link_scheme


@pytest.mark.parametrize(
    ("resolution", "ratio", "size"),
    [
        ("480p", "16:9", (864, 496)),
        ("720p", "16:9", (1280, 720)),
        ("720p", "3:4", (834, 1112)),
        ("1080p", "9:16", (1080, 1920)),
        ("1080p", "21:9", (2206, 946)),
        ("4k", "1:1", (2880, 2880)),
    ],
)
def test_named_ratios_have_the_sizes_of_the_family(resolution: str, ratio: str, size: tuple[int, int]) -> None:
    assert frame_size(resolution, ratio) == size


@given(st.sampled_from(RESOLUTIONS), st.sampled_from(RATIOS), st.tuples(st.integers(1, 9000), st.integers(1, 9000)))
def test_every_size_can_be_encoded(resolution: str, ratio: str, picture: tuple[int, int]) -> None:
    width, height = frame_size(resolution, ratio, picture)
    assert width % 2 == height % 2 == 0
    assert 0.39 < width / height < 2.52


def test_adaptive_takes_the_shape_of_the_first_picture() -> None:
    assert frame_size("720p", "adaptive", (1920, 1080)) == (1280, 720)
    width, height = frame_size("720p", "adaptive", (800, 500))
    assert width / height == pytest.approx(1.6, rel=0.01)
    assert width * height == pytest.approx(1280 * 720, rel=0.01)
    assert frame_size("720p", "adaptive") == (1280, 720)


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("https://a.example/b:c", "https"),
        ("Data:image/png;base64,AAAA", "data"),
        ("database", ""),
        (":", ""),
        ("", ""),
        (" https://a.example", " https"),
    ],
)
def test_a_link_begins_with_its_scheme_or_has_none(url: str, scheme: str) -> None:
    assert link_scheme(url) == scheme


def test_the_roles_of_the_media_say_the_mode() -> None:
    first = Media(kind="image", role="first_frame", url="https://a/1.png", field="first_image")
    reference = Media(kind="video", role="reference", url="https://a/1.mp4", field="reference_videos[0]")
    assert VideoRequest(model="m").mode == "text"
    assert VideoRequest(model="m", media=(first,)).mode == "frames"
    assert VideoRequest(model="m", media=(reference,)).mode == "references"
    assert VideoRequest(model="m", media=(first, reference)).mode == "frames"
    assert VideoRequest(model="m", media=(first, reference)).of_kind("video") == (reference,)
    assert VideoRequest(model="m", media=(first,)).of_kind("image", "reference") == ()

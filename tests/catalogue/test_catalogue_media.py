"""What is in media against the rules of a model: pure comparisons and their sentences."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.catalogue.limits import Bounds
from filmgate.catalogue.load import load_catalogue
from filmgate.catalogue.media_rules import broken_media, within_counts
from filmgate.catalogue.model import Offer
from filmgate.errors import MediaError, MediaTooLarge, MediaUnreachable, Violation
from filmgate.facts import Probe
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest

MIB = 1024**2


def sold(model: str = "doubao-seedance-2-0-260128", dialect: str = "senseaudio") -> Offer:
    offer = load_catalogue().find(model, dialect)
    assert offer is not None
    return offer


def image(**changes: Any) -> Probe:
    facts: dict[str, Any] = {"kind": "image", "format": "png", "size_bytes": 1, "width": 1000, "height": 1000}
    return Probe(**(facts | changes))


def clip(**changes: Any) -> Probe:
    facts: dict[str, Any] = {"kind": "video", "format": "mp4", "size_bytes": 1, "width": 640, "height": 640}
    return Probe(**(facts | {"seconds": 5.0, "frames_per_second": 24.0, "video_codec": "h264"} | changes))


def sound(**changes: Any) -> Probe:
    facts: dict[str, Any] = {"kind": "audio", "format": "mp3", "size_bytes": 1, "seconds": 5.0, "audio_codec": "mp3"}
    return Probe(**(facts | changes))


def broken(offer: Offer | None, *found: Probe | MediaError) -> list[Violation]:
    media = tuple(
        Media(kind=_kind(facts), role="reference", url="https://m.example/a", field=f"content[{number}].url")
        for number, facts in enumerate(found)
    )
    by_field = {item.field: facts for item, facts in zip(media, found, strict=True)}
    return broken_media(offer, VideoRequest(model="m", media=media), by_field)


def _kind(facts: Probe | MediaError) -> Any:
    return facts.kind


@pytest.mark.parametrize(
    ("facts", "rule", "message", "value", "allowed"),
    [
        (
            image(format="gif"),
            "media_format",
            "must be jpeg, png, webp, bmp or tiff, not gif",
            "gif",
            ["jpeg", "png", "webp", "bmp", "tiff"],
        ),
        (
            image(size_bytes=30 * MIB + 1),
            "media_bytes",
            "must have at most 30 MB (31457280 bytes), not 31457281 bytes",
            31457281,
            31457280,
        ),
        (
            image(width=300),
            "media_width",
            "must be more than 300 and less than 6000 pixels wide, not 300",
            300,
            [300, 6000],
        ),
        (clip(height=719), "media_side", "must have a shorter side of 720 to 2160 pixels, not 640", 640, [720, 2160]),
        (
            clip(width=1800, height=719),
            "media_shape",
            "must have a width of 0.4 to 2.5 times its height, not 2.503",
            2.503,
            [0.4, 2.5],
        ),
        (
            clip(frames_per_second=23.976),
            "media_frame_rate",
            "must have 24 to 60 frames per second, not 23.976",
            23.976,
            [24, 60],
        ),
        (clip(seconds=1.958), "media_seconds", "must be 2 to 15 seconds long, not 1.958", 1.958, [2, 15]),
    ],
)
def test_a_broken_rule_says_what_is_there_and_what_may_be(
    facts: Probe, rule: str, message: str, value: Any, allowed: Any
) -> None:
    found = {violation.rule: violation for violation in broken(sold("seedance2.0-md", "jimmy"), facts)}
    assert found[rule] == Violation(field="content[0].url", rule=rule, message=message, value=value, allowed=allowed)


def test_the_pixels_of_senseaudio_s_clips_have_a_window() -> None:
    (violation,) = broken(sold(), clip(height=639))
    assert violation.message == "must have 409600 to 927408 pixels in all, not 408960"


def test_a_codec_is_named_where_the_model_does() -> None:
    (violation,) = broken(sold(dialect="ark"), clip(video_codec="mpeg4"))
    assert (violation.rule, violation.message) == ("media_codec", "must be encoded as h264 or hevc, not mpeg4")
    assert broken(sold(), clip(video_codec="mpeg4")) == []


def test_everything_that_is_wrong_with_one_medium_is_told() -> None:
    facts = clip(format="webm", size_bytes=51 * MIB, width=100, height=10, frames_per_second=12.0, seconds=16.0)
    assert [violation.rule for violation in broken(sold(), facts)] == [
        "media_format",
        "media_bytes",
        "media_width",
        "media_height",
        "media_pixels",
        "media_shape",
        "media_frame_rate",
        "media_seconds",
        "media_total_seconds",
    ]


def test_a_sum_is_told_of_the_medium_that_goes_over_it() -> None:
    (violation,) = broken(sold(), sound(seconds=7.0), sound(seconds=8.1), sound(seconds=2.0))
    assert violation == Violation(
        field="content[1].url",
        rule="media_total_seconds",
        message="must not bring the sounds to 17.1 seconds together; there may be at most 15",
        value=17.1,
        allowed=[None, 15],
    )


def test_kinds_are_summed_apart() -> None:
    assert broken(sold(), clip(seconds=15.0), sound(seconds=15.0)) == []


def test_a_sum_of_many_small_parts_is_not_over_by_a_rounding() -> None:
    offer = sold("doubao-seedance-2-5-260628", "ark")
    assert broken(offer, *(clip(width=1280, height=720, seconds=3.02) for _ in range(10))) == []


def test_what_cannot_be_used_is_told_in_its_place_and_counts_in_no_sum() -> None:
    gone = MediaUnreachable("the link given as audio cannot be fetched", kind="audio", field="content[1].url")
    found = broken(sold(), sound(seconds=1.0), gone, sound(seconds=14.5))
    assert [(violation.field, violation.rule) for violation in found] == [
        ("content[0].url", "media_seconds"),
        ("content[1].url", "media_unreachable"),
        ("content[2].url", "media_total_seconds"),
    ]


def test_without_a_model_only_what_cannot_be_used_is_told() -> None:
    bomb = MediaTooLarge("is too large", kind="image", field="content[1].url")
    assert [violation.rule for violation in broken(None, image(width=1), bomb)] == ["media_too_large"]


def test_media_of_which_nothing_is_known_are_passed_over() -> None:
    request = VideoRequest(model="m", media=(_medium("image", "reference", 0),))
    assert broken_media(sold(), request, {}) == []


def test_frames_are_pictures_like_any_other() -> None:
    request = VideoRequest(model="m", media=(_medium("image", "first_frame", 0),))
    (violation,) = broken_media(sold(), request, {"0": image(height=158, width=379)})
    assert (violation.field, violation.rule) == ("0", "media_height")


def _medium(kind: MediaKind, role: MediaRole, number: int) -> Media:
    return Media(kind=kind, role=role, url="https://m.example/a", field=str(number))


def test_nobody_looks_at_more_than_a_right_order_could_have() -> None:
    kinds: list[tuple[MediaKind, MediaRole]] = [
        ("image", "first_frame"),
        *(("audio", "reference") for _ in range(5)),
        *(("image", "reference") for _ in range(20)),
        *(("image", "last_frame") for _ in range(5)),
        *(("video", "reference") for _ in range(4)),
    ]
    media = tuple(_medium(kind, role, number) for number, (kind, role) in enumerate(kinds))
    kept = [int(item.field) for item in within_counts(sold(), VideoRequest(model="m", media=media))]
    assert kept == [0, 1, 2, 3, *range(6, 15), 26, 31, 32, 33]


@given(st.floats(-10, 10), st.none() | st.floats(-5, 0), st.none() | st.floats(1, 5), st.booleans())
def test_open_bounds_leave_their_ends_out(value: float, least: float | None, most: float | None, is_open: bool) -> None:
    bounds = Bounds(min=least, max=most, open=is_open)
    inside = (least is None or value > least) and (most is None or value < most)
    assert bounds.hold(value) == (inside or (not is_open and value in (least, most)))
    for end in (least, most):
        if end is not None:
            assert bounds.hold(end) is not is_open


def test_every_limit_of_a_shipped_model_can_be_met() -> None:
    """A medium in the middle of all bounds breaks none, in whatever dialect the model is sold."""
    catalogue = load_catalogue()
    for offer in catalogue.offers():
        for dialect in ("jimmy", "senseaudio", "ink", "ark", "openai", "native"):
            terms = catalogue.find(offer.id, dialect)
            assert terms is not None
            for facts in (image(), clip(width=834, height=834), sound()):
                assert broken(terms, facts) == [], (offer.id, dialect)

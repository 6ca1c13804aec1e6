"""Reading SenseAudio create bodies (spec senseaudio 3, 11)."""

from typing import Any

import pytest
from tests.dialects.dialect_samples import encode

from filmgate.dialects import build_dialects
from filmgate.dialects.senseaudio import EXAMPLES
from filmgate.errors import RulesBroken
from filmgate.video import Media, VideoRequest

SENSEAUDIO = build_dialects().senseaudio
TEXT = {"type": "text", "text": "A boat"}
BASE = {
    "model": "doubao-seedance-2-0-260128",
    "content": [TEXT],
    "duration": 6,
    "resolution": "720p",
    "ratio": "9:16",
}


def read(**members: Any) -> VideoRequest:
    return SENSEAUDIO.read_create(encode(BASE | members))


def read_content(*content: Any) -> VideoRequest:
    return read(content=list(content))


def rules_broken(**members: Any) -> list[tuple[str, str]]:
    with pytest.raises(RulesBroken) as raised:
        read(**members)
    return [(violation.field, violation.rule) for violation in raised.value.violations]


def image(role: str | None = None, name: str = "1") -> dict[str, Any]:
    element = {"type": "image", "url": f"https://i/{name}.png"}
    return element if role is None else element | {"role": role}


VIDEO = {"type": "video", "video_url": "https://v/1.mp4"}
AUDIO = {"type": "audio", "audio_url": "https://a/1.mp3"}


def test_the_sample_of_the_documents() -> None:
    assert SENSEAUDIO.read_create(encode(EXAMPLES[1].body)) == VideoRequest(
        model="doubao-seedance-2-0-260128",
        prompt="根据参考图生成一段自然运镜的商品短片",
        media=(Media(kind="image", role="reference", url="https://example.com/ref1.jpg", field="content[1].url"),),
        duration_seconds=10,
        resolution="720p",
        ratio="16:9",
        audio=True,
        watermark=False,
        extras={"provider_specific": {"generate_audio": True}},
    )


def test_five_members_must_be_there() -> None:
    with pytest.raises(RulesBroken) as raised:
        SENSEAUDIO.read_create(b'{"watermark": null}')
    assert [(broken.field, broken.rule) for broken in raised.value.violations] == [
        ("model", "missing"),
        ("content", "missing"),
        ("duration_seconds", "missing"),
        ("resolution", "missing"),
        ("ratio", "missing"),
    ]


def test_a_watermark_unless_the_order_says_otherwise() -> None:
    assert read().watermark is True
    assert read(watermark=None).watermark is True
    assert read(watermark=False).watermark is False
    assert rules_broken(watermark="no") == [("watermark", "type")]


def test_sound_is_ordered_only_inside_provider_specific() -> None:
    assert read(generate_audio=True).audio is None
    assert read(provider_specific={"generate_audio": False}).audio is False
    assert read(provider_specific={"camera_fixed": True}).audio is None
    assert rules_broken(provider_specific={"generate_audio": 1}) == [("provider_specific.generate_audio", "type")]
    assert rules_broken(provider_specific=[]) == [("provider_specific", "type")]


def test_unknown_members_are_ignored() -> None:
    flat = {"seed": -5, "camera_fixed": 1, "frames": {}, "callback_url": [], "return_last_frame": True, "draft": "x"}
    assert read(**flat) == read()
    assert read_content(TEXT | {"weight": 5}) == read()


@pytest.mark.parametrize(("duration", "seconds"), [(6, 6), (6.0, 6), (3, 3), (16, 16), (-1, -1)])
def test_durations_are_whole_and_their_range_is_the_rules_matter(duration: object, seconds: int) -> None:
    assert read(duration=duration).duration_seconds == seconds


@pytest.mark.parametrize("duration", ["6", 6.5, True, [6], "six"])
def test_durations_of_another_type_are_refused(duration: object) -> None:
    assert rules_broken(duration=duration) == [("duration_seconds", "type")]


def test_the_timeout_is_read_like_the_duration() -> None:
    assert read(timeout=88200).timeout_seconds == 88200
    assert read(timeout=3599).timeout_seconds == 3599
    assert read().timeout_seconds is None
    assert rules_broken(timeout="1h") == [("timeout_seconds", "type")]


def test_resolutions_in_any_case_and_unjudged() -> None:
    assert read(resolution="1080P", ratio="2:1").resolution == "1080p"
    assert read(ratio="2:1").ratio == "2:1"


def test_media_of_all_kinds_keep_the_callers_order() -> None:
    request = read_content(AUDIO, image("reference"), TEXT, VIDEO, image("reference", "2"))
    assert request.prompt == "A boat"
    assert [(media.field, media.kind, media.role, media.url) for media in request.media] == [
        ("content[0].audio_url", "audio", "reference", "https://a/1.mp3"),
        ("content[1].url", "image", "reference", "https://i/1.png"),
        ("content[3].video_url", "video", "reference", "https://v/1.mp4"),
        ("content[4].url", "image", "reference", "https://i/2.png"),
    ]
    assert request.extras == {"text_at": 2}


def test_data_urls_are_links() -> None:
    url = "data:image/png;base64," + "A" * 100_000
    assert read_content(TEXT, {"type": "image", "url": url, "role": "first_frame"}).media[0].url == url


def roles_of(*content: Any) -> list[str]:
    return [media.role for media in read_content(*content).media]


def test_images_without_a_role() -> None:
    assert roles_of(TEXT, image()) == ["first_frame"]
    assert roles_of(TEXT, image(), image()) == ["first_frame", "last_frame"]
    assert roles_of(TEXT, image(), AUDIO) == ["reference", "reference"]
    assert roles_of(image("reference"), image(), image(), image()) == ["reference"] * 4
    assert rules_broken(content=[image(), image(), image()]) == [
        ("content[0].role", "missing"),
        ("content[1].role", "missing"),
        ("content[2].role", "missing"),
    ]
    assert rules_broken(content=[image("first_frame"), image()]) == [("content[1].role", "missing")]


def test_mixed_modes_are_read_for_the_rules_to_refuse() -> None:
    assert roles_of(image("first_frame"), image("first_frame"), VIDEO) == ["first_frame", "first_frame", "reference"]


def test_what_is_wrong_inside_content_is_told_with_its_place() -> None:
    content = [
        5,
        {"text": "no type"},
        {"type": "image_url", "url": "x"},
        {"type": "image", "url": "", "role": "reference_image"},
        {"type": "video", "url": "https://v/1.mp4"},
        {"type": "audio", "audio_url": {"url": "https://a/1.mp3"}},
        {"type": "text", "text": ["x"]},
        {"type": "text", "text": "nul \0"},
        TEXT,
        {"type": "text", "text": "again"},
    ]
    assert rules_broken(content=content) == [
        ("content[0]", "type"),
        ("content[1].type", "missing"),
        ("content[2].type", "choice"),
        ("content[3].role", "choice"),
        ("content[3].url", "format"),
        ("content[4].video_url", "missing"),
        ("content[5].audio_url", "type"),
        ("content[6].text", "type"),
        ("content[7].text", "format"),
        ("content[9]", "count"),
    ]


@pytest.mark.parametrize(
    ("content", "rule"), [([], "count"), ({}, "type"), ("A boat", "type"), ([TEXT] * 1001, "count"), (None, "missing")]
)
def test_content_is_a_list_of_some_elements(content: object, rule: str) -> None:
    assert rules_broken(content=content) == [("content", rule)]

"""Reading Ink create bodies (spec ink 3)."""

from typing import Any

import pytest
from tests.dialects.dialect_samples import encode

from filmgate.dialects import build_dialects
from filmgate.dialects.ink import EXAMPLES
from filmgate.errors import RulesBroken
from filmgate.video import Media, VideoRequest

INK = build_dialects().ink
BASE = {"model": "seedance-2.0", "prompt": "A boat"}


def read(**members: Any) -> VideoRequest:
    return INK.read_create(encode(BASE | members))


def rules_broken(**members: Any) -> list[tuple[str, str]]:
    with pytest.raises(RulesBroken) as raised:
        read(**members)
    return [(violation.field, violation.rule) for violation in raised.value.violations]


def test_the_sample_of_the_documents() -> None:
    assert INK.read_create(encode(EXAMPLES[0].body)) == VideoRequest(
        model="seedance-2.0",
        prompt="A river flowing through an autumn forest, aerial view, cinematic motion",
        duration_seconds=5,
        resolution="720p",
        ratio="16:9",
        webhook_url="https://your-app.com/webhooks/seedance",
        metadata={"projectId": "proj_1001", "sceneId": "scene_08"},
    )


def test_only_model_and_prompt_must_be_there() -> None:
    assert read() == VideoRequest(model="seedance-2.0", prompt="A boat")
    assert read(mediaUrls=None, duration=None, metadata=None, webhookUrl=None) == read()
    assert read(mediaUrls=[]) == read()
    assert rules_broken(model=None, prompt="  ") == [("model", "missing"), ("prompt", "missing")]


def test_unknown_members_are_ignored() -> None:
    assert read(seed=5, aspect_ratio=["x"], watermark="yes") == read()


@pytest.mark.parametrize(
    ("urls", "roles"),
    [
        (["https://m/a.png"], ["first_frame"]),
        (["https://m/a.png", "https://m/b.JPG"], ["first_frame", "last_frame"]),
        (["https://m/a.png"] * 3, ["reference"] * 3),
        (["https://m/a.mp4"], ["reference"]),
        (["https://m/a.mp3"], ["reference"]),
        (["https://m/a.png", "https://m/b.mp4"], ["reference", "reference"]),
    ],
)
def test_the_mode_follows_from_count_and_kinds(urls: list[str], roles: list[str]) -> None:
    assert [media.role for media in read(mediaUrls=urls).media] == roles


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://m/a.jpeg", "image"),
        ("https://m/a.webp?width=5&x=.mp4", "image"),
        ("https://m/a.gif#part.wav", "image"),
        ("https://m/a.b.bmp", "image"),
        ("https://m/x.png/a.MOV", "video"),
        ("https://m/a.m4v", "video"),
        ("https://m/a.wav", "audio"),
        ("http://m/a.png", "image"),
    ],
)
def test_the_kind_follows_from_the_extension_of_the_path(url: str, kind: str) -> None:
    assert read(mediaUrls=[url]).media[0].kind == kind


@pytest.mark.parametrize(
    "url",
    [
        "https://m/a",
        "https://m/a.svg",
        "https://m/a.png/",
        "https://m/?file=a.png",
        "https://m/.png",
        "https://[/a.png",
        "data:image/png;base64,AAAA",
        "asset://one",
        "x" * 50,
    ],
)
def test_an_unknown_extension_is_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(RulesBroken) as raised:
        read(mediaUrls=["https://m/a.png", url])
    (violation,) = raised.value.violations
    assert (violation.field, violation.rule) == ("mediaUrls[1]", "format")
    assert ".jpg" in violation.message
    assert ".wav" in violation.message


def test_media_know_where_they_stood() -> None:
    assert read(mediaUrls=["https://m/a.png", "https://m/b.mp3"]).media == (
        Media(kind="image", role="reference", url="https://m/a.png", field="mediaUrls[0]"),
        Media(kind="audio", role="reference", url="https://m/b.mp3", field="mediaUrls[1]"),
    )


@pytest.mark.parametrize("duration", ["5", 5.0, 5.5, True, [5]])
def test_durations_are_integers_only(duration: object) -> None:
    assert rules_broken(duration=duration) == [("duration_seconds", "type")]


def test_values_are_passed_on_for_the_rules_to_judge() -> None:
    request = read(duration=99, aspectRatio="21:9", resolution="8K")
    assert (request.duration_seconds, request.ratio, request.resolution) == (99, "21:9", "8K")


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("", "scheme"),
        ("ftp://h/x", "scheme"),
        ("hooks.example.org", "scheme"),
        ("https://", "scheme"),
        ("https://[x", "scheme"),
        ("https://h/" + "x" * 3000, "length"),
        ("https://h/\0", "format"),
        (5, "type"),
    ],
)
def test_a_webhook_is_a_web_link(url: object, rule: str) -> None:
    assert rules_broken(webhookUrl=url) == [("webhook_url", rule)]


def test_metadata_is_an_object_of_at_most_16_kb() -> None:
    assert read(metadata={"a": {"b": [1, None, "x"]}}).metadata == {"a": {"b": [1, None, "x"]}}
    assert read(metadata={}).metadata == {}
    assert rules_broken(metadata=[1]) == [("metadata", "type")]
    assert rules_broken(metadata={"a": "x" * 16_384}) == [("metadata", "length")]
    assert rules_broken(metadata={"a": "\0"}) == [("metadata", "format")]


def test_wrong_types_are_told_together() -> None:
    wrong = rules_broken(
        model=1, prompt={}, mediaUrls="https://m/a.png", duration="5", resolution=720, aspectRatio=[], metadata="x"
    )
    assert wrong == [
        ("model", "type"),
        ("prompt", "type"),
        ("mediaUrls", "type"),
        ("duration_seconds", "type"),
        ("resolution", "type"),
        ("ratio", "type"),
        ("metadata", "type"),
    ]
    assert rules_broken(mediaUrls=["", None, 5, {}]) == [
        ("mediaUrls[0]", "format"),
        ("mediaUrls[1]", "type"),
        ("mediaUrls[2]", "type"),
        ("mediaUrls[3]", "type"),
    ]

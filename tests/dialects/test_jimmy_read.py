"""Reading Jimmy create bodies (spec jimmy 4)."""

from typing import Any

import pytest
from tests.dialects.dialect_samples import encode

from filmgate.dialects import build_dialects
from filmgate.dialects.jimmy import EXAMPLES
from filmgate.errors import RulesBroken
from filmgate.video import Media, VideoRequest

JIMMY = build_dialects().jimmy
BASE = {"model": "seedance2.0-sp", "prompt": "A boat"}


def read(**members: Any) -> VideoRequest:
    return JIMMY.read_create(encode(BASE | members))


def fields_broken(**members: Any) -> list[str]:
    with pytest.raises(RulesBroken) as raised:
        read(**members)
    return [violation.field for violation in raised.value.violations]


def seen(request: VideoRequest) -> list[tuple[str, str, str]]:
    return [(media.field, media.kind, media.role) for media in request.media]


def test_the_sample_of_the_documents() -> None:
    assert JIMMY.read_create(encode(EXAMPLES[0].body)) == VideoRequest(
        model="seedance2.0-of-sp",
        prompt="雨夜街头，女孩回头微笑，电影感镜头推进",
        duration_seconds=5,
        resolution="720p",
        ratio="16:9",
        media=(Media(kind="image", role="first_frame", url="https://example.com/start.png", field="first_image"),),
    )


def test_only_model_and_prompt_must_be_there() -> None:
    assert read() == VideoRequest(model="seedance2.0-sp", prompt="A boat")
    with pytest.raises(RulesBroken) as raised:
        JIMMY.read_create(b"{}")
    assert [(broken.field, broken.rule) for broken in raised.value.violations] == [
        ("model", "missing"),
        ("prompt", "missing"),
    ]


@pytest.mark.parametrize("prompt", ["", None, "  \n"])
def test_a_blank_prompt_is_missing(prompt: object) -> None:
    assert fields_broken(prompt=prompt) == ["prompt"]


def test_the_prompt_passes_untouched() -> None:
    assert read(prompt=" @图片1 walks \n").prompt == " @图片1 walks \n"


def test_unknown_members_are_ignored() -> None:
    assert read(seed="x", watermark=[1], callback_url=5, metadata=None) == read()


@pytest.mark.parametrize(("duration", "seconds"), [(6, 6), (6.0, 6), ("6", 6), ("6.0", 6), ("", None), (None, None)])
def test_durations_as_clients_write_them(duration: object, seconds: int | None) -> None:
    assert read(duration=duration).duration_seconds == seconds


@pytest.mark.parametrize("duration", [5.5, "five", "5.5", True, [5], {"s": 5}, 10**400])
def test_other_durations_are_refused(duration: object) -> None:
    assert fields_broken(duration=duration) == ["duration_seconds"]


@pytest.mark.parametrize(
    ("members", "ratio"),
    [
        ({}, None),
        ({"ratio": "9:16"}, "9:16"),
        ({"ratio": "Adaptive"}, "adaptive"),
        ({"ratio": "auto"}, None),
        ({"ratio": "AUTO"}, None),
        ({"ratio": ""}, None),
        ({"ratio": "2:1"}, "2:1"),
        ({"orientation": "portrait"}, "9:16"),
        ({"orientation": "Landscape"}, "16:9"),
        ({"ratio": "16:9", "orientation": "portrait"}, "16:9"),
        ({"ratio": "auto", "orientation": "portrait"}, "9:16"),
        ({"ratio": "16:9", "orientation": "sideways"}, "16:9"),
        ({"ratio": "16:9", "aspect_ratio": "1:1"}, "1:1"),
        ({"ratio": "16:9", "aspect_ratio": ""}, "16:9"),
        ({"ratio": "16:9", "aspect_ratio": "auto"}, "16:9"),
    ],
)
def test_the_ratio_by_its_names(members: dict[str, Any], ratio: str | None) -> None:
    assert read(**members).ratio == ratio


def test_an_unknown_orientation_is_told() -> None:
    assert fields_broken(orientation="sideways") == ["orientation"]


def test_the_resolution_in_any_case_and_unjudged() -> None:
    assert read(resolution="1080P").resolution == "1080p"
    assert read(resolution="").resolution is None
    assert read(resolution="8k").resolution == "8k"


def test_media_keep_their_order_within_a_kind_and_know_where_they_stood() -> None:
    request = read(
        reference_audios=["https://a/1.mp3"],
        reference_videos=["https://v/1.mp4", "https://v/2.mp4"],
        images=["https://i/1.png", "", None, "asset://two"],
    )
    assert seen(request) == [
        ("images[0]", "image", "reference"),
        ("images[3]", "image", "reference"),
        ("reference_videos[0]", "video", "reference"),
        ("reference_videos[1]", "video", "reference"),
        ("reference_audios[0]", "audio", "reference"),
    ]


def test_empty_frames_beside_images_count_as_absent() -> None:
    assert seen(read(images=["https://i/1.png"], first_image=None, last_image="")) == [
        ("images[0]", "image", "reference")
    ]


def test_mixed_modes_are_read_for_the_rules_to_refuse() -> None:
    assert read(images=["https://i/1.png"], first_image="https://i/2.png").mode == "frames"


def test_one_link_may_stand_for_a_list() -> None:
    assert seen(read(images="https://i/1.png", reference_videos="")) == [("images", "image", "reference")]


def test_aliases_are_used_where_the_usual_member_is_empty() -> None:
    request = read(
        images=[], reference_images=["https://i/1.png"], videos=["https://v/1.mp4"], audios=["https://a/1.mp3"]
    )
    assert [media.field for media in request.media] == ["reference_images[0]", "videos[0]", "audios[0]"]
    both = read(images=["https://i/1.png"], reference_images=["https://i/2.png"])
    assert [media.url for media in both.media] == ["https://i/1.png"]


def test_a_hundred_images_are_the_rules_matter_and_thousands_are_not_read() -> None:
    assert len(read(images=["https://i/1.png"] * 100).media) == 100
    assert fields_broken(images=["https://i/1.png"] * 1001) == ["images"]


def test_wrong_types_are_told_together() -> None:
    wrong = fields_broken(
        model=5,
        prompt=["x"],
        images={"a": 1},
        first_image=["https://i/1.png"],
        reference_videos=[5, "https://v/1.mp4", True],
        duration="long",
        resolution=720,
        ratio=1.5,
        generate_audio="yes",
    )
    assert wrong == [
        "model",
        "prompt",
        "images",
        "first_image",
        "reference_videos[0]",
        "reference_videos[2]",
        "duration_seconds",
        "resolution",
        "ratio",
        "audio",
    ]


def test_sound_is_ordered_by_its_switch() -> None:
    assert read(generate_audio=False).audio is False
    assert read().audio is None


def test_reference_mode_frame_makes_images_frames_on_933_models() -> None:
    images = ["https://i/1.png", "https://i/2.png"]
    request = read(model="seedance2.0-933", images=images, reference_mode="frame")
    assert seen(request) == [("images[0]", "image", "first_frame"), ("images[1]", "image", "last_frame")]
    assert read(model="seedance2.0-933", images=images).mode == "references"
    assert read(model="sd2-933-720p", images=images).mode == "frames"
    assert read(model="sd2-933-720p", images=images, reference_mode="media").mode == "references"
    assert read(model="sd2-933-720p", images=images, reference_videos=["https://v/1.mp4"]).mode == "references"
    assert fields_broken(model="seedance2.0-933", images=images * 2, reference_mode="frame") == ["images"]
    assert fields_broken(model="seedance2.0-933", reference_mode="story") == ["reference_mode"]


@pytest.mark.parametrize("model", ["seedance2.0-933", "sd2-933-720p", "SD2-ADB-720p"])
def test_frames_for_933_models_are_written_as_images_in_frame_mode(model: str) -> None:
    order = read(model=model, first_image="https://i/1.png", last_image="https://i/2.png")
    body = JIMMY.write_create(order)
    assert (body["images"], body["reference_mode"]) == (["https://i/1.png", "https://i/2.png"], "frame")
    assert not {"first_image", "last_image"} & body.keys()


def test_reference_mode_is_an_unknown_member_elsewhere() -> None:
    assert read(images=["https://i/1.png"], reference_mode="frame").mode == "references"
    assert read(reference_mode=5) == read()


def test_face_processing_is_kept_for_933_models() -> None:
    assert read(model="seedance2.0-933", face_processing=False).extras == {"face_processing": False}
    assert read(face_processing=False).extras == {}

"""Reading Ark create bodies (spec ark 2, 3)."""

from typing import Any

import msgspec
import pytest
from tests.dialects.ark_samples import (
    ARK,
    AUDIO,
    MP3,
    MP4,
    OTHER,
    PNG,
    TEXT,
    V10,
    V15,
    V20,
    V25,
    VIDEO,
    broken,
    image,
    read,
    violations,
)
from tests.dialects.dialect_samples import encode

from filmgate.errors import RulesBroken
from filmgate.video import Media, VideoRequest


def seen(request: VideoRequest) -> list[tuple[str, str, str]]:
    return [(media.field, media.kind, media.role) for media in request.media]


# --- what clients send --------------------------------------------------------------------------------------------


def test_the_body_of_the_vendors_sdk_with_all_its_nulls() -> None:
    body = {
        "model": V20,
        "content": [{"type": "text", "text": "A red paper boat on a calm pond"}],
        "safety_identifier": None,
        "callback_url": None,
        "return_last_frame": None,
        "service_tier": None,
        "execution_expires_after": None,
        "priority": None,
        "generate_audio": None,
        "draft": None,
        "camera_fixed": None,
        "watermark": None,
        "seed": None,
        "resolution": "480p",
        "ratio": "16:9",
        "duration": 5,
        "frames": None,
        "tools": None,
        "output_format": None,
        "omni_reference_task_type": None,
    }
    assert ARK.read_create(encode(body)) == VideoRequest(
        model=V20, prompt="A red paper boat on a calm pond", duration_seconds=5, resolution="480p", ratio="16:9"
    )


def test_a_first_frame_inside_the_body() -> None:
    frame = image("first_frame", "data:image/png;base64,iVBORw0KGgo=")
    request = read(content=[TEXT, frame], ratio="adaptive", duration=5, return_last_frame=True)
    assert request == VideoRequest(
        model=V20,
        prompt="A boat",
        media=(
            Media(
                kind="image",
                role="first_frame",
                url="data:image/png;base64,iVBORw0KGgo=",
                field="content[1].image_url",
            ),
        ),
        ratio="adaptive",
        duration_seconds=5,
        last_frame=True,
    )


def test_every_member_has_its_place() -> None:
    request = read(
        V25,
        safety_identifier="5" * 64,
        callback_url="https://hooks.example/ark",
        return_last_frame=False,
        service_tier="default",
        execution_expires_after=7200,
        priority=9,
        generate_audio=False,
        watermark=True,
        seed=-1,
        resolution="1080P",
        ratio="ADAPTIVE",
        duration=-1,
        tools=[{"type": "web_search"}],
        output_format="mov",
        omni_reference_task_type="auto",
    )
    assert request == VideoRequest(
        model=V25,
        prompt="A boat",
        webhook_url="https://hooks.example/ark",
        timeout_seconds=7200,
        audio=False,
        watermark=True,
        seed=-1,
        resolution="1080p",
        ratio="adaptive",
        duration_seconds=-1,
        extras={
            "safety_identifier": "5" * 64,
            "service_tier": "default",
            "priority": 9,
            "tools": [{"type": "web_search"}],
            "output_format": "mov",
            "omni_reference_task_type": "auto",
        },
    )


def test_unknown_members_are_ignored() -> None:
    assert read(framespersecond=999, aspect_ratio="1:1", metadata=[1], prompt=5) == read()


def test_an_endpoint_name_is_a_model_like_any_other() -> None:
    assert read("ep-20260901-abcde", camera_fixed=True).model == "ep-20260901-abcde"


@pytest.mark.parametrize("seed", [0, 2_147_483_647, 4_294_967_295])
def test_seeds_of_older_and_newer_documents(seed: int) -> None:
    assert read(seed=seed).seed == seed


# --- content ------------------------------------------------------------------------------------------------------


def test_a_single_image_without_a_role_is_the_first_frame() -> None:
    assert seen(read(content=[TEXT, image()])) == [("content[1].image_url", "image", "first_frame")]
    assert seen(read(content=[image() | {"role": None}])) == [("content[0].image_url", "image", "first_frame")]


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ([TEXT, image(), image()], ["content[1].role", "content[2].role"]),
        ([image("first_frame"), image()], ["content[1].role"]),
        ([image(), VIDEO], ["content[0].role"]),
        ([{"type": "video_url", "video_url": {"url": MP4}}], ["content[0].role"]),
        ([{"type": "audio_url", "audio_url": {"url": MP3}}, image()], ["content[0].role", "content[1].role"]),
    ],
)
def test_any_other_medium_needs_a_role(content: list[Any], fields: list[str]) -> None:
    assert broken(content=content) == [(field, "missing") for field in fields]


@pytest.mark.parametrize("role", ["reference", "subject", "start_frame", "end_frame", "First_Frame", ""])
def test_roles_of_other_names_are_refused(role: str) -> None:
    assert broken(content=[image(role)]) == [("content[0].role", "choice")]


def test_a_role_belongs_to_its_kind() -> None:
    wrong = [image("reference_video"), VIDEO | {"role": "reference_image"}, AUDIO | {"role": "first_frame"}]
    assert broken(content=wrong) == [(f"content[{index}].role", "choice") for index in range(3)]


def test_references_keep_the_callers_order() -> None:
    assert seen(read(content=[AUDIO, image("reference_image"), TEXT, VIDEO])) == [
        ("content[0].audio_url", "audio", "reference"),
        ("content[1].image_url", "image", "reference"),
        ("content[3].video_url", "video", "reference"),
    ]


def test_modes_that_exclude_each_other_are_read_for_the_rules_to_refuse() -> None:
    assert read(content=[image("first_frame"), image("reference_image")]).mode == "frames"
    assert read(content=[image("first_frame"), image("first_frame")]).mode == "frames"
    assert read(content=[image("last_frame")]).mode == "frames"


@pytest.mark.parametrize(
    ("content", "field", "rule"),
    [
        ([], "content", "missing"),
        ("A boat", "content", "type"),
        ({"type": "text", "text": "A boat"}, "content", "type"),
        ([TEXT] * 1001, "content", "count"),
        ([TEXT, TEXT], "content[1]", "count"),
        (["A boat"], "content[0]", "type"),
        ([None], "content[0]", "type"),
        ([{"text": "A boat"}], "content[0].type", "missing"),
        ([{"type": None}], "content[0].type", "missing"),
        ([{"type": ["text"]}], "content[0].type", "type"),
        ([{"type": "image", "url": PNG}], "content[0].type", "choice"),
        ([{"type": "text"}], "content[0].text", "missing"),
        ([{"type": "text", "text": 5}], "content[0].text", "type"),
        ([{"type": "text", "text": "nul \0"}], "content[0].text", "format"),
        ([{"type": "image_url"}], "content[0].image_url", "missing"),
        ([{"type": "image_url", "image_url": PNG}], "content[0].image_url", "type"),
        ([{"type": "image_url", "image_url": {}}], "content[0].image_url.url", "missing"),
        ([{"type": "image_url", "image_url": {"url": ""}}], "content[0].image_url.url", "format"),
        ([{"type": "image_url", "image_url": {"url": [PNG]}}], "content[0].image_url.url", "type"),
        ([image("first_frame", "https://m.example/" + "a" * 9000)], "content[0].image_url.url", "length"),
        ([image(role=5)], "content[0].role", "type"),  # type: ignore[arg-type]
    ],
)
def test_content_that_cannot_be_read(content: Any, field: str, rule: str) -> None:
    assert broken(content=content)[0] == (field, rule)


def test_a_body_without_anything_names_both_that_must_be_there() -> None:
    with pytest.raises(RulesBroken) as raised:
        ARK.read_create(b"{}")
    assert [(one.field, one.rule) for one in raised.value.violations] == [("model", "missing"), ("content", "missing")]


def test_everything_wrong_is_told_together() -> None:
    wrong = {
        "model": 5,
        "content": [image("subject"), 7],
        "safety_identifier": "x" * 65,
        "callback_url": ["https://hooks.example"],
        "return_last_frame": "yes",
        "service_tier": "slow",
        "execution_expires_after": "1 h",
        "priority": 10,
        "generate_audio": 1,
        "draft": "true",
        "camera_fixed": 0,
        "watermark": "false",
        "seed": 1.5,
        "resolution": 720,
        "ratio": [16, 9],
        "duration": "5",
        "frames": 30,
        "tools": [{"type": "calculator"}, "web_search", {}],
        "output_format": "webm",
        "omni_reference_task_type": "remix",
    }
    with pytest.raises(RulesBroken) as raised:
        ARK.read_create(encode(wrong))
    assert {one.field for one in raised.value.violations} == {
        "model",
        "content[0].role",
        "content[1]",
        "safety_identifier",
        "webhook_url",
        "last_frame",
        "service_tier",
        "timeout_seconds",
        "priority",
        "audio",
        "draft",
        "camera_fixed",
        "watermark",
        "seed",
        "resolution",
        "ratio",
        "duration_seconds",
        "frames",
        "tools[0].type",
        "tools[1]",
        "tools[2].type",
        "output_format",
        "omni_reference_task_type",
    }


# --- members that a model does not know ---------------------------------------------------------------------------

DOES_NOT_APPLY: list[tuple[str, dict[str, Any], str]] = [
    (V20, {"frames": 121}, "frames"),
    (V15, {"frames": 121}, "frames"),
    (V20, {"camera_fixed": False}, "camera_fixed"),
    (V25, {"camera_fixed": True}, "camera_fixed"),
    (V10, {"generate_audio": False}, "audio"),
    (V20, {"output_format": "mp4"}, "output_format"),
    (V20, {"draft": True}, "draft"),
    (V10, {"draft": False}, "draft"),
    (V20, {"service_tier": "flex"}, "service_tier"),
    (V15, {"priority": 0}, "priority"),
    (V10, {"tools": [{"type": "web_search"}]}, "tools"),
    (V20, {"omni_reference_task_type": "auto"}, "omni_reference_task_type"),
    ("dreamina-seedance-2-0-260128", {"frames": 121}, "frames"),
    ("seedance-2-0-fast-260128", {"frames": 121}, "frames"),
]


@pytest.mark.parametrize(("model", "members", "field"), DOES_NOT_APPLY)
def test_what_a_model_does_not_know_is_refused_by_name(model: str, members: dict[str, Any], field: str) -> None:
    (found,) = violations(model, **members)
    assert (found.field, found.rule) == (field, "unsupported")
    assert found.message == f"is not supported by {model} in t2v"


def test_a_refusal_names_the_vendors_word_for_the_mode() -> None:
    def mode(*content: Any) -> str:
        return violations(V20, list(content), frames=121)[0].message.rpartition(" ")[2]

    assert mode(image("first_frame")) == "i2v"
    assert mode(image("first_frame"), image("last_frame")) == "flf2v"
    assert mode(image("reference_image"), VIDEO) == "r2v"


def test_null_is_never_there() -> None:
    for model, members, _ in DOES_NOT_APPLY:
        assert read(model, **dict.fromkeys(members)) == read(model)


@pytest.mark.parametrize("model", [OTHER, "seedance2.0-md", "ep-1", "seedance-2.0"])
def test_models_of_other_vendors_are_told_no_member_off(model: str) -> None:
    request = read(model, camera_fixed=True, priority=1, output_format="mov", tools=[{"type": "web_search"}])
    assert request.extras == {
        "camera_fixed": True,
        "priority": 1,
        "output_format": "mov",
        "tools": [{"type": "web_search"}],
    }


def test_searching_belongs_to_text_alone() -> None:
    tools = [{"type": "web_search"}]
    assert read(V20, tools=tools * 3).extras == {"tools": tools}
    assert read(V20, tools=[]).extras == {}
    assert broken(V20, [TEXT, image("first_frame")], tools=tools) == [("tools", "unsupported")]
    assert read(OTHER, [TEXT, image("first_frame")], tools=tools).extras == {"tools": tools}


def test_flex_has_no_priority() -> None:
    assert broken(OTHER, service_tier="flex", priority=1) == [("priority", "exclusive")]
    assert read(V15, service_tier="flex").extras == {"service_tier": "flex"}


@pytest.mark.parametrize("count", [29, 33, 57, 121, 289])
def test_frames_decide_the_length_and_are_kept(count: int) -> None:
    request = read(V10, frames=count, duration=5)
    assert request.extras == {"frames": count}
    assert request.duration_seconds is not None
    assert request.duration_seconds * 24 + 1 >= count > (request.duration_seconds - 1) * 24 + 1


@pytest.mark.parametrize("count", [0, -1, 25, 28, 30, 120, 290, 293, 2**31])
def test_a_film_has_no_such_number_of_frames(count: int) -> None:
    assert broken(V10, frames=count) == [("frames", "range")]


def test_a_draft_is_made_in_480p() -> None:
    assert read(V25, draft=True).resolution == "480p"
    assert read(V25, draft=True, resolution="1080p").resolution == "480p"
    assert read(V25, draft=False, resolution="1080p").resolution == "1080p"


def test_editing_needs_a_clip_and_leaves_its_length_and_shape_alone() -> None:
    edit = {"omni_reference_task_type": "edit"}
    assert read(V25, [TEXT, VIDEO], **edit).duration_seconds is None
    assert read(V25, [TEXT, VIDEO], **edit, duration=-1, ratio="adaptive").duration_seconds == -1
    assert broken(V25, [TEXT, image("reference_image")], **edit, duration=5, ratio="16:9") == [
        ("omni_reference_task_type", "needs"),
        ("ratio", "choice"),
        ("duration_seconds", "choice"),
    ]


def test_extending_needs_a_clip_and_leaves_its_shape_alone() -> None:
    extend = {"omni_reference_task_type": "extend"}
    assert read(V25, [TEXT, VIDEO], **extend, duration=8).duration_seconds == 8
    assert broken(V25, [TEXT], **extend, ratio="1:1") == [("omni_reference_task_type", "needs"), ("ratio", "choice")]
    assert read(V25, [TEXT], omni_reference_task_type="reference", ratio="1:1").ratio == "1:1"


# --- writing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [
        read(V10, frames=57, camera_fixed=True, service_tier="flex"),
        read(V15, draft=True, seed=-1),
        read(V20, priority=5, tools=[{"type": "web_search"}], return_last_frame=True),
        read(V25, [TEXT, VIDEO], omni_reference_task_type="edit", output_format="mov"),
        read(OTHER, camera_fixed=True, draft=False, frames=121),
    ],
    ids=lambda order: order.model,
)
def test_an_order_with_options_reads_back_the_same(order: VideoRequest) -> None:
    assert ARK.read_create(msgspec.json.encode(ARK.write_create(order))) == order


def test_a_silent_model_is_told_nothing_of_sound() -> None:
    body = ARK.write_create(VideoRequest(model=V10, prompt="A boat", audio=False))
    assert "generate_audio" not in body

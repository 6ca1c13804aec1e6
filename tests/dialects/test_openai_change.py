"""Remixes, edits and extensions of videos that are there already (spec openai_videos 7)."""

import json
from typing import Any

import pytest
from tests.dialects.dialect_samples import LINKS, TASK_ID_SHORT, encode, finished, make_task, offer
from tests.dialects.openai_samples import FORM_TYPE, MP4, MP4_URL, PNG, form, medium

from filmgate import errors
from filmgate.catalogue.choose import plan
from filmgate.catalogue.limits import MediaRules
from filmgate.catalogue.load import load_catalogue
from filmgate.dialects.openai import OpenAIServer
from filmgate.video import VideoRequest

OPENAI = OpenAIServer(default_model="seedance-2.0")
NAME = f"video_{TASK_ID_SHORT}"
FILM = "https://films.example/source.mp4"
SOURCE = finished(
    VideoRequest(
        model="source-model",
        prompt="A boat",
        duration_seconds=6,
        resolution="1080p",
        ratio="16:9",
        audio=False,
        watermark=True,
        seed=3,
        extras={"size": "1792x1024"},
    )
)
CAN = offer("source-model", video=MediaRules(max_count=1))
CANNOT = offer("source-model")
SOURCE_CLIP = medium("video", "reference", FILM, "video")


def test_a_remix_is_as_its_source_but_for_the_prompt() -> None:
    change = OPENAI.read_change("remix", encode({"prompt": "At night"}), video_id=NAME)
    assert change.source_id == NAME
    assert OPENAI.order_change(change, CAN, SOURCE, FILM) == VideoRequest(
        model="source-model",
        prompt="Make video 1 anew, with this change: At night",
        media=(SOURCE_CLIP,),
        duration_seconds=6,
        resolution="1080p",
        ratio="16:9",
        audio=False,
        watermark=True,
        extras={"size": "1792x1024", "prompt": "At night", "source_id": NAME},
    )


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (encode({"prompt": "At night", "video": {"id": NAME}}), "application/json"),
        (encode({"prompt": "At night", "video": NAME}), None),
        (encode({"prompt": "At night", "video": f'{{"id": "{NAME}"}}'}), None),
        (form(("prompt", "At night"), ("video[id]", NAME)), FORM_TYPE),
        (form(("prompt", "At night"), ("video", NAME)), FORM_TYPE),
        (form(("prompt", "At night"), ("video", f'{{"id": "{NAME}"}}')), FORM_TYPE),
    ],
)
def test_an_edit_names_its_video_in_many_forms(body: bytes, content_type: str | None) -> None:
    change = OPENAI.read_change("edit", body, content_type)
    assert change.source_id == NAME
    request = OPENAI.order_change(change, CAN, SOURCE, FILM)
    assert request.media == (SOURCE_CLIP,)
    assert request.prompt == "Edit video 1, and keep everything else of it as it is: At night"


def test_an_edit_may_change_what_it_names() -> None:
    body = {"prompt": "p", "video": NAME, "model": "other", "seconds": 4, "size": "720x1280", "generate_audio": True}
    request = OPENAI.order_change(OPENAI.read_change("edit", encode(body)), CAN, SOURCE, FILM)
    assert (request.model, request.duration_seconds, request.audio) == ("other", 4, True)
    assert (request.resolution, request.ratio, request.extras["size"]) == ("720p", "9:16", "720x1280")


def test_a_new_ratio_alone_keeps_the_resolution_and_drops_the_asked_size() -> None:
    change = OPENAI.read_change("edit", encode({"prompt": "p", "video": NAME, "ratio": "1:1"}))
    request = OPENAI.order_change(change, CAN, SOURCE, FILM)
    assert (request.resolution, request.ratio, "size" in request.extras) == ("1080p", "1:1", False)


def test_an_uploaded_video_is_its_own_source() -> None:
    change = OPENAI.read_change("edit", form(("prompt", "p"), ("video", MP4, "upload", "x/y")), FORM_TYPE)
    assert change.source_id is None
    request = OPENAI.order_change(change, CAN)
    assert (request.model, request.media) == ("seedance-2.0", (medium("video", "reference", MP4_URL, "video"),))
    assert "source_id" not in request.extras


def test_an_extension_is_the_new_part() -> None:
    change = OPENAI.read_change("extension", encode({"prompt": "It lands", "seconds": "8", "video": {"id": NAME}}))
    request = OPENAI.order_change(change, CAN, SOURCE, FILM)
    assert request.prompt == "Continue video 1 without a cut, from its last frame on: It lands"
    assert request.duration_seconds == 8
    assert "source_id" not in request.extras


def test_the_answer_shows_the_callers_prompt_and_the_source() -> None:
    change = OPENAI.read_change("remix", encode({"prompt": "At night"}), video_id=NAME)
    task = make_task(OPENAI.order_change(change, CAN, SOURCE, FILM))
    found = json.loads(OPENAI.phrase_task(task, LINKS).body)
    assert (found["prompt"], found["remixed_from_video_id"], found["size"]) == ("At night", NAME, "1792x1024")


@pytest.mark.parametrize(
    ("kind", "body", "fields"),
    [
        ("remix", {}, ["prompt"]),
        ("remix", {"prompt": " ", "seconds": "x"}, ["prompt", "duration_seconds"]),
        ("edit", {"prompt": "p"}, ["video"]),
        ("edit", {"prompt": "p", "video": {}}, ["video.id"]),
        ("edit", {"prompt": "p", "video": {"id": 5}}, ["video.id"]),
        ("edit", {"prompt": "p", "video": [NAME]}, ["video"]),
        ("edit", {"prompt": "p", "video": "data:image/png;base64,AA"}, ["video"]),
        ("edit", {"prompt": "p", "video": '{"id": '}, ["video"]),
        ("extension", {"prompt": "p", "video": NAME}, ["duration_seconds"]),
        ("extension", {}, ["video", "prompt", "duration_seconds"]),
    ],
)
def test_changes_that_cannot_be_read_are_told(kind: Any, body: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(errors.RulesBroken) as raised:
        OPENAI.read_change(kind, encode(body), video_id=NAME if kind == "remix" else None)
    assert [violation.field for violation in raised.value.violations] == fields


def test_a_picture_is_no_video_to_edit() -> None:
    with pytest.raises(errors.RulesBroken):
        OPENAI.read_change("edit", form(("prompt", "p"), ("video", PNG, "a.mp4", "video/mp4")), FORM_TYPE)


@pytest.mark.parametrize(("kind", "verb"), [("remix", "remix"), ("edit", "edit"), ("extension", "extend")])
def test_a_model_without_reference_videos_cannot(kind: Any, verb: str) -> None:
    change = OPENAI.read_change(kind, encode({"prompt": "p", "video": NAME, "seconds": 4}), video_id=NAME)
    with pytest.raises(errors.Unsupported, match=f"source-model cannot {verb} a video") as raised:
        OPENAI.order_change(change, CANNOT, SOURCE, FILM)
    reply = OPENAI.phrase_error(raised.value)
    assert (reply.status, json.loads(reply.body)["error"]["code"]) == (400, "unsupported_operation")


@pytest.mark.parametrize("status", ["queued", "running", "saving", "failed", "cancelled", "expired"])
def test_only_a_finished_video_can_be_changed(status: str) -> None:
    change = OPENAI.read_change("remix", encode({"prompt": "p"}), video_id=NAME)
    with pytest.raises(errors.RulesBroken) as raised:
        OPENAI.order_change(change, CAN, make_task(SOURCE.request, status=status), FILM)
    reply = OPENAI.phrase_error(raised.value)
    assert (reply.status, json.loads(reply.body)["error"]["param"]) == (400, "video")


def test_a_change_is_an_order_that_the_catalogue_can_plan() -> None:
    catalogue = load_catalogue()
    body = {"prompt": "At night", "video": NAME, "model": "doubao-seedance-2-0-260128"}
    change = OPENAI.read_change("edit", encode(body))
    request = OPENAI.order_change(change, catalogue.find(change.request.model, "openai"), SOURCE, FILM)
    assert plan(catalogue, request, "openai").request.mode == "references"

"""What the SenseAudio dialect answers, byte for byte as in the spec's samples (spec senseaudio 3.6, 4, 6)."""

import json
from typing import Any

import msgspec
import pytest
from tests.dialects.dialect_samples import FILM_LINK, LINKS, TASK_ID, encode, finished, make_task, moment, offer

from filmgate.dialects import build_dialects
from filmgate.ids import companion
from filmgate.task import Task, TaskError
from filmgate.video import VideoRequest

SENSEAUDIO = build_dialects().senseaudio
RECORD_ID = companion(TASK_ID, "senseaudio record")
MODEL = "doubao-seedance-2-0-260128"
BODY: dict[str, Any] = {
    "model": MODEL,
    "content": [{"type": "text", "text": "A paper boat drifts down a rain gutter at dusk"}],
    "duration": 6,
    "resolution": "720p",
    "ratio": "9:16",
    "watermark": False,
    "provider_specific": {"generate_audio": False},
}


def order(**members: Any) -> VideoRequest:
    return SENSEAUDIO.read_create(encode(BODY | members))


def answer(task: Task) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SENSEAUDIO.phrase_task(task, LINKS).body)
    return found


def test_an_accepted_order_is_exactly_one_member() -> None:
    reply = SENSEAUDIO.phrase_created(make_task(order()), LINKS)
    assert (reply.status, reply.body) == (200, b'{"task_id":"019f8c8e-3c52-7c0e-9a55-0f6f2a1f7b11"}')


def test_a_fresh_order() -> None:
    reply = SENSEAUDIO.phrase_task(make_task(order()), LINKS)
    assert reply.status == 200
    assert reply.body.decode() == (
        f'{{"id":"{RECORD_ID}","model":"{MODEL}","task_id":"{TASK_ID}","status":"pending","progress":0,'
        '"duration":6,"is_new":true,"created_at":1783000000,"prompt":"","resolution":"720p",'
        '"content":[{"type":"text","text":"A paper boat drifts down a rain gutter at dusk"}],'
        '"ratio":"9:16","provider_specific":{"generate_audio":false}}'
    )


def test_a_finished_order() -> None:
    assert SENSEAUDIO.phrase_task(finished(order()), LINKS).body.decode() == (
        f'{{"id":"{RECORD_ID}","model":"{MODEL}","task_id":"{TASK_ID}","status":"completed","progress":100,'
        f'"video_url":"{FILM_LINK}","duration":6,"is_new":true,"created_at":1783000000,'
        '"completed_at":1783000184,"prompt":"","resolution":"720p",'
        '"content":[{"type":"text","text":"A paper boat drifts down a rain gutter at dusk"}],'
        '"ratio":"9:16","provider_specific":{"generate_audio":false}}'
    )


def test_a_failed_order() -> None:
    request = SENSEAUDIO.read_create(encode({key: BODY[key] for key in BODY if key != "provider_specific"}))
    error = TaskError("content_rejected", "")
    task = make_task(request, status="failed", error=error, completed_at=moment(1783000044), cost_micros=0)
    assert SENSEAUDIO.phrase_task(task, LINKS).body.decode() == (
        f'{{"id":"{RECORD_ID}","model":"{MODEL}","task_id":"{TASK_ID}","status":"failed","progress":100,'
        '"error_message":"input content was rejected","duration":6,"is_new":true,"created_at":1783000000,'
        '"completed_at":1783000044,"prompt":"","resolution":"720p",'
        '"content":[{"type":"text","text":"A paper boat drifts down a rain gutter at dusk"}],"ratio":"9:16"}'
    )


def test_a_running_order_is_processing_with_its_progress() -> None:
    for status in ("running", "saving"):
        found = answer(make_task(order(), status=status, progress=42))
        assert (found["status"], found["progress"]) == ("processing", 42)
    assert not {"video_url", "completed_at", "error_message"} & found.keys()


@pytest.mark.parametrize(
    ("status", "error", "timeout", "text"),
    [
        ("expired", TaskError("timeout", "x"), 7200, "the task exceeded its timeout of 7200 seconds"),
        ("cancelled", TaskError("cancelled", "cancelled by the customer"), 7200, "cancelled by the customer"),
        ("failed", TaskError("content_rejected", "brand"), 7200, "input content was rejected: brand"),
        ("failed", TaskError("provider_error", "it broke"), 7200, "it broke"),
        ("failed", None, 7200, "the generation failed"),
    ],
)
def test_every_end_without_a_film_is_failed(status: str, error: TaskError | None, timeout: int, text: str) -> None:
    found = answer(make_task(order(timeout=timeout), status=status, error=error, completed_at=moment(1783000044)))
    assert (found["status"], found["error_message"]) == ("failed", text)
    assert "video_url" not in found


def test_the_duration_is_the_ordered_one_and_then_the_measured_one() -> None:
    assert answer(make_task(order(duration=6)))["duration"] == 6
    assert answer(finished(order(duration=6), seconds=5.04))["duration"] == 5


def test_a_watermark_adds_its_link_from_the_start() -> None:
    marked = order(watermark=True)
    assert answer(make_task(marked))["provider_specific"] == {"generate_audio": False, "watermark_url": FILM_LINK}
    assert answer(make_task(marked, status="failed"))["provider_specific"] == {"generate_audio": False}
    silent = SENSEAUDIO.read_create(
        encode({key: BODY[key] for key in BODY if key not in ("watermark", "provider_specific")})
    )
    assert answer(make_task(silent))["provider_specific"] == {"watermark_url": FILM_LINK}


def test_provider_specific_comes_back_as_it_was_sent() -> None:
    sent = {"camera_fixed": True, "watermark_url": "https://forged.example/"}
    assert answer(make_task(order(provider_specific=sent)))["provider_specific"] == {"camera_fixed": True}
    assert answer(make_task(order(provider_specific={})))["provider_specific"] == {}


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "image", "url": "https://i/1.png", "role": "first_frame"}],
        [{"type": "image", "url": "https://i/1.png"}, {"type": "text", "text": "after"}],
        [{"type": "text", "text": ""}, {"type": "video", "video_url": "https://v/1.mp4"}],
        [
            {"type": "audio", "audio_url": "https://a/1.mp3"},
            {"type": "image", "url": "https://i/1.png"},
            {"type": "text", "text": "between"},
            {"type": "image", "url": "https://i/2.png", "role": "reference"},
            {"type": "video", "video_url": "https://v/1.mp4"},
        ],
    ],
)
def test_content_comes_back_in_its_order_and_shape(content: list[dict[str, Any]]) -> None:
    assert answer(make_task(order(content=content)))["content"] == content


def test_bytes_sent_inside_the_body_come_back_as_a_link() -> None:
    request = order(content=[{"type": "image", "url": "data:image/png;base64,AAAA", "role": "first_frame"}])
    assert "data:" not in str(request.extras)
    kept = tuple(msgspec.structs.replace(media, url="object://inputs/7/0") for media in request.media)
    found = answer(make_task(msgspec.structs.replace(request, media=kept)))
    assert found["content"] == [{"type": "image", "url": "https://films.example/inputs/7/0", "role": "first_frame"}]


def test_the_record_has_an_id_of_its_own_that_is_not_answered_to() -> None:
    found = answer(make_task(order()))
    assert SENSEAUDIO.read_id(found["task_id"]) == TASK_ID
    assert found["id"] != found["task_id"]
    assert SENSEAUDIO.read_id(found["id"]) != TASK_ID
    assert SENSEAUDIO.read_id(str(TASK_ID).upper()) == TASK_ID
    for other in ("", "task_1234567890", TASK_ID.hex, f"{{{TASK_ID}}}", str(TASK_ID) + "\0", "٠" * 36):
        assert SENSEAUDIO.read_id(other) is None


def test_the_models_of_a_mode() -> None:
    offers = [offer(MODEL, display_name="Doubao-Seedance-2.0")]
    listed = SENSEAUDIO.phrase_models(offers, " Video ").body
    assert listed.decode() == (
        f'{{"object":"list","data":[{{"id":"{MODEL}","display_name":"Doubao-Seedance-2.0","object":"model",'
        '"type":"model","mode":"video","protocols":["http"],"created":1769558400,"owned_by":"volcengine",'
        f'"desc":"Text, frame and reference to video"}}],"first_id":"{MODEL}","last_id":"{MODEL}","has_more":false}}'
    )
    assert SENSEAUDIO.phrase_models(offers, "").body == SENSEAUDIO.phrase_models(offers, None).body == listed
    empty = b'{"object":"list","data":[],"first_id":"","last_id":"","has_more":false}'
    assert SENSEAUDIO.phrase_models(offers, "image").body == empty
    assert SENSEAUDIO.phrase_models(offers, "nonsense").body == empty

"""From an order to a film that plays, in each of the three seed dialects."""

from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from PIL import Image
from tests.end_to_end.serving import finished_at_jimmy, ordered_through_jimmy, wait_until

_FILM_SECONDS = 120


def _saved(url: str, folder: Path) -> Path:
    """The film behind a link, fetched without a key as any player would."""
    answer = httpx.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    path = folder / "film.mp4"
    path.write_bytes(answer.content)
    return path


def _frames(path: Path) -> list[np.ndarray[Any, Any]]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def _measured(path: Path) -> tuple[str, int, int, float, int, list[tuple[str, int]]]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frames = sum(1 for _ in container.decode(video))
        sounds = [(sound.codec_context.name, sound.rate) for sound in container.streams.audio]
        assert container.duration is not None
        return video.codec_context.name, video.width, video.height, container.duration / 1e6, frames, sounds


def _likeness_db(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Peak signal to noise ratio, in decibels."""
    error = np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def test_a_text_order_through_jimmy_becomes_a_film(client: httpx.Client, tmp_path: Path) -> None:
    task_id = ordered_through_jimmy(
        client, prompt="雨夜街头，女孩回头微笑，电影感镜头推进", duration=5, resolution="720p", ratio="16:9"
    )
    data = finished_at_jimmy(client, task_id)
    assert (data["status"], data["progress"], data["error_message"]) == ("completed", 100, "")
    codec, width, height, seconds, frames, sounds = _measured(_saved(data["result"]["video_url"], tmp_path))
    assert (codec, width, height, frames) == ("h264", 1280, 720, 120)
    assert seconds == pytest.approx(5, abs=0.03)
    assert sounds == [("aac", 48000)]


def test_first_and_last_frame_through_ink_begin_and_end_the_film(
    client: httpx.Client, pictures: str, inputs: Path, tmp_path: Path
) -> None:
    order = {
        "model": "seedance-2.0",
        "prompt": "Fog lifts from the valley",
        "mediaUrls": [f"{pictures}/valley-dawn.png", f"{pictures}/valley-day.png"],
        "aspectRatio": "16:9",
        "duration": 4,
        "resolution": "480p",
    }
    created = client.post("/api/open/v1/video/generations", json=order).json()
    assert (created["success"], created["status"]) == (True, "queued")
    body: dict[str, Any] = {}

    def ended() -> bool:
        body.update(client.get(f"/api/open/v1/video/generations/{created['requestId']}").json())
        return body["status"] in {"succeeded", "failed", "cancelled"}

    wait_until(ended, _FILM_SECONDS, lambda: str(body))
    assert (body["status"], body["error"]) == ("succeeded", None)
    frames = _frames(_saved(body["output"]["url"], tmp_path))
    assert len(frames) == 96
    height, width = frames[0].shape[:2]
    for name, frame in (("valley-dawn", frames[0]), ("valley-day", frames[-1])):
        with Image.open(inputs / f"{name}.png") as picture:
            given = np.asarray(_cover(picture.convert("RGB"), width, height))
        assert _likeness_db(frame, given) > 30
    assert _likeness_db(frames[0], frames[-1]) < 20


def test_references_with_sound_through_senseaudio_are_seen_and_heard(
    client: httpx.Client, pictures: str, tmp_path: Path
) -> None:
    order = {
        "model": "doubao-seedance-2-0-260128",
        "content": [
            {"type": "text", "text": "Image 1 and image 2, cut to audio 1"},
            {"type": "image", "url": f"{pictures}/station-dusk.png", "role": "reference"},
            {"type": "image", "url": f"{pictures}/station-night.png", "role": "reference"},
            {"type": "audio", "audio_url": f"{pictures}/train.wav"},
        ],
        "duration": 4,
        "resolution": "480p",
        "ratio": "9:16",
        "watermark": False,
        "provider_specific": {"generate_audio": True},
    }
    created = client.post("/v1/video/create", json=order).json()
    assert list(created) == ["task_id"]
    body: dict[str, Any] = {}

    def ended() -> bool:
        body.update(client.get("/v1/video/status", params={"id": created["task_id"]}).json())
        return body["status"] in {"completed", "failed"}

    wait_until(ended, _FILM_SECONDS, lambda: str(body))
    assert (body["status"], body["content"]) == ("completed", order["content"])
    film = _saved(body["video_url"], tmp_path)
    codec, width, height, seconds, frames, sounds = _measured(film)
    assert (codec, width, height, frames) == ("h264", 496, 864, 96)
    assert seconds == pytest.approx(4, abs=0.03)
    assert sounds == [("aac", 48000)]
    assert _loudness(film) > 0.01


def test_a_link_serves_parts_and_heads_of_a_film(client: httpx.Client) -> None:
    url = finished_at_jimmy(client, ordered_through_jimmy(client))["result"]["video_url"]
    whole = httpx.get(url)
    head = httpx.head(url)
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.content == b""
    part = httpx.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert httpx.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert httpx.get(url.replace("signature=", "signature=0")).status_code == 404


def test_a_dead_link_fails_the_order_and_costs_nothing(client: httpx.Client, pictures: str) -> None:
    before = client.get("/api/open-api/v1/user/balance").json()["data"]
    data = finished_at_jimmy(client, ordered_through_jimmy(client, images=[f"{pictures}/none.png"]))
    assert (data["status"], data["cost"]) == ("failed", 0)
    assert "images[0]" in data["error_message"]
    assert client.get("/api/open-api/v1/user/balance").json()["data"] == before


def _loudness(path: Path) -> float:
    with av.open(str(path)) as container:
        samples = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def _cover(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture scaled and cropped around its centre so that it fills the frame."""
    scale = max(width / picture.width, height / picture.height)
    scaled = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    left, top = (scaled.width - width) // 2, (scaled.height - height) // 2
    return scaled.crop((left, top, left + width, top + height))

"""OpenAI's own client against this server: only the base URL and the key are ours."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types import Video
from PIL import Image
from tests.end_to_end.serving import Server, customer, wait_until
from tests.sdk.films import Receiver, Seen

# OpenAI has closed its own service, and its client says so at each call.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")

SMALL: dict[str, Any] = {"model": "seedance-2.0", "seconds": "4", "size": "864x496"}
STALL = "[[stall]] A paper boat"


@pytest.fixture(scope="module")
def client(server: Server, key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key=key) as speaking:
        yield speaking


@pytest.fixture
def trial(server: Server, test_key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key=test_key) as speaking:
        yield speaking


@pytest.fixture(scope="module")
def video(client: OpenAI) -> Video:
    """A finished film from text, silent."""
    return client.videos.create_and_poll(
        **SMALL,
        prompt="A red paper boat on a calm pond",
        poll_interval_ms=100,
        extra_body={"generate_audio": False, "seed": 7},
    )


def test_an_order_is_polled_to_its_end_and_its_film_saved(client: OpenAI, video: Video, tmp_path: Path) -> None:
    assert (video.status, video.progress, video.error) == ("completed", 100, None)
    assert (video.model, video.seconds, video.size) == ("seedance-2.0", "4", "864x496")
    assert video.completed_at is not None
    assert video.expires_at is not None
    assert video.created_at <= video.completed_at < video.expires_at
    client.videos.download_content(video.id).write_to_file(tmp_path / "film.mp4")
    seen = Seen((tmp_path / "film.mp4").read_bytes())
    assert (seen.codec, seen.size, seen.frames, seen.sounds) == ("h264", (864, 496), 96, 0)


def test_a_film_is_streamed_with_its_pictures_beside_it(client: OpenAI, video: Video) -> None:
    with client.videos.with_streaming_response.download_content(video.id, variant="video") as answer:
        film = b"".join(answer.iter_bytes(65_536))
        assert answer.headers["content-type"] == "video/mp4"
        assert int(answer.headers["content-length"]) == len(film)
    thumbnail = Image.open(BytesIO(client.videos.download_content(video.id, variant="thumbnail").read()))
    assert thumbnail.size == (864, 496)
    sheet = Image.open(BytesIO(client.videos.download_content(video.id, variant="spritesheet").read()))
    assert (sheet.format, sheet.size) == ("JPEG", (1600, 920))


def test_a_picture_that_is_uploaded_begins_the_film(client: OpenAI, gold: Path) -> None:
    # In the three ways of the client: bytes, an open file, and the object form, which only extra_body can send.
    with gold.open("rb") as file:
        uploaded = client.videos.create(**SMALL, prompt="The camera pulls back", input_reference=file)
    client.videos.delete(uploaded.id)
    made = client.videos.create_and_poll(
        **SMALL, prompt="The camera pulls back", input_reference=gold.read_bytes(), poll_interval_ms=100
    )
    assert (made.status, made.error) == ("completed", None)
    assert Seen(client.videos.download_content(made.id).read()).begins_with("gold")


def test_a_link_is_sent_as_an_object(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(
            **SMALL,
            prompt="The camera pulls back",
            extra_body={"input_reference": {"image_url": "http://127.0.0.1:9/none.png"}},
        )
    assert refused.value.param == "input_reference.image_url"


def test_poll_ends_with_a_failure_and_says_why(trial: OpenAI) -> None:
    video = trial.videos.create_and_poll(prompt="[[fail:moderation]]", poll_interval_ms=100)
    assert (video.status, video.model) == ("failed", "seedance-2.0")
    assert video.error is not None
    assert video.error.code == "moderation_blocked"
    with pytest.raises(openai.NotFoundError) as refused:
        trial.videos.download_content(video.id)
    assert refused.value.code == "video_failed"


def test_the_end_is_told_in_an_event_that_the_client_can_verify(
    server: Server, trial: OpenAI, receiver: Receiver
) -> None:
    video = trial.videos.create(prompt="[[fail:provider]]", extra_body={"callback_url": receiver.url})
    wait_until(lambda: receiver.heard, 30)
    [(body, headers)] = receiver.heard
    with customer(server, trial.api_key) as native:
        secret = native.get("/filmgate/v1/webhooks/secret").json()["secret"]
    trial.webhooks.verify_signature(body, headers, secret=secret)
    event = json.loads(body)
    assert (event["object"], event["type"], event["data"]) == ("event", "video.failed", {"id": video.id})
    with pytest.raises(openai.InvalidWebhookSignatureError):
        trial.webhooks.verify_signature(body + b" ", headers, secret=secret)


def test_lists_turn_their_own_pages(trial: OpenAI) -> None:
    made = [trial.videos.create(prompt=STALL).id for _ in range(5)]
    assert [video.id for video in trial.videos.list(limit=2)][:5] == made[::-1]
    assert [video.id for video in trial.videos.list(limit=2, order="asc")][-5:] == made
    page = trial.videos.list(limit=3)
    assert page.has_next_page()
    assert [video.id for video in page.get_next_page().data][:2] == made[1::-1]
    assert trial.videos.list(after=made[4], limit=1).data[0].id == made[3]


def test_a_video_is_deleted_in_any_state(trial: OpenAI) -> None:
    waiting = trial.videos.create(prompt=STALL)
    deleted = trial.videos.delete(waiting.id)
    assert (deleted.id, deleted.object, deleted.deleted) == (waiting.id, "video.deleted", True)
    ended = trial.videos.create_and_poll(prompt="[[fail:provider]]", poll_interval_ms=100)
    assert trial.videos.delete(ended.id).deleted
    for video in (waiting, ended):
        with pytest.raises(openai.NotFoundError):
            trial.videos.retrieve(video.id)
    assert {waiting.id, ended.id}.isdisjoint(video.id for video in trial.videos.list())


def test_a_finished_video_is_remixed_edited_and_extended(client: OpenAI, video: Video) -> None:
    remixed = client.videos.remix(video.id, prompt="The same at night")
    assert (remixed.remixed_from_video_id, remixed.prompt, remixed.size) == (
        video.id,
        "The same at night",
        "864x496",
    )
    film = client.videos.download_content(video.id).read()
    edited = client.videos.edit(prompt="The boat is blue", video=film, extra_body={"model": "seedance-2.0"})
    extended = client.videos.extend(
        prompt="It reaches the shore",
        seconds="5",  # type: ignore[arg-type]  # The client's types know OpenAI's three lengths alone.
        video=("a.mp4", film, "video/mp4"),
    )
    assert extended.seconds == "5"
    for made in (remixed, edited, extended):
        assert made.status == "queued"
        client.videos.delete(made.id)
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create_character(name="Ada", video=film)
    assert refused.value.code == "unsupported_operation"


def test_models_are_listed(client: OpenAI) -> None:
    models = {model.id: model for model in client.models.list()}
    assert models["seedance-2.0"].object == "model"
    assert "doubao-seedance-2-0-260128" in models


def test_refusals_are_the_clients_own_exceptions(client: OpenAI, server: Server) -> None:
    with (
        OpenAI(base_url=f"{server.url}/v1", api_key="wrong") as stranger,
        pytest.raises(openai.AuthenticationError) as unknown,
    ):
        stranger.videos.retrieve("video_1")
    assert unknown.value.code == "invalid_api_key"
    with pytest.raises(openai.BadRequestError) as wrong:
        client.videos.create(prompt="A boat", seconds="99", size="13x7")  # type: ignore[arg-type]
    assert (wrong.value.param, wrong.value.type) == ("size", "invalid_request_error")
    assert "864x496" in wrong.value.message
    with pytest.raises(openai.BadRequestError) as too_long:
        client.videos.create(prompt="A boat", seconds="99")  # type: ignore[arg-type]
    assert (too_long.value.param, too_long.value.code) == ("seconds", "invalid_value")
    with pytest.raises(openai.NotFoundError) as missing:
        client.videos.retrieve("video_00ooKlYDK8GjUr5LX2kMhG")
    assert missing.value.request_id
    with pytest.raises(openai.NotFoundError) as no_model:
        client.videos.create(prompt="A boat", model="sora-9")
    assert (no_model.value.code, no_model.value.param) == ("model_not_found", "model")


def test_an_account_without_credit_is_told_so_once(server: Server, poor_key: str) -> None:
    with (
        OpenAI(base_url=f"{server.url}/v1", api_key=poor_key) as client,
        pytest.raises(openai.RateLimitError) as refused,
    ):
        client.videos.create(**SMALL, prompt="A paper boat")
    assert refused.value.code == "insufficient_quota"
    assert refused.value.response.request.headers["x-stainless-retry-count"] == "0"


async def test_the_other_client_waits_for_nobody(server: Server, test_key: str) -> None:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=test_key) as client:
        video = await client.videos.create(prompt=STALL)
        assert (await client.videos.retrieve(video.id)).id == video.id
        listed = [one.id async for one in client.videos.list(limit=1)]
        assert listed[0] == video.id
        assert (await client.videos.delete(video.id)).deleted

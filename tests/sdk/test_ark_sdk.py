"""The Ark client of Volcengine against this server: only the base URL and the key are ours."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.end_to_end.serving import Server, customer, wait_until
from tests.sdk.films import Receiver, Seen, cancel_all
from volcenginesdkarkruntime import Ark, AsyncArk
from volcenginesdkarkruntime import _exceptions as exceptions

# A server makes two films at once unless it is told otherwise, so a third one waits.
FILMS_AT_ONCE = 2

MODEL = "doubao-seedance-2-0-260128"
DRAFT_MODEL = "doubao-seedance-2-5-260628"
SMALL: dict[str, Any] = {"model": MODEL, "resolution": "480p", "duration": 4}
STALL = [{"type": "text", "text": "[[stall]] A paper boat"}]

_FILM_SECONDS = 120


@pytest.fixture(autouse=True)
def no_keys_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARK_API_KEY", "VOLC_ACCESSKEY", "VOLC_SECRETKEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def tasks(server: Server, key: str) -> Any:
    return Ark(base_url=f"{server.url}/api/v3", api_key=key).content_generation.tasks


@pytest.fixture
def trials(server: Server, test_key: str) -> Any:
    return Ark(base_url=f"{server.url}/api/v3/", api_key=test_key).content_generation.tasks


@pytest.fixture
def long_films(server: Server, key: str) -> Iterator[dict[str, Any]]:
    """Orders that take a while. What is left of them is cancelled after the test."""
    yield {"model": MODEL, "resolution": "1080p", "duration": 15, "content": [{"type": "text", "text": "A long road"}]}
    with customer(server, key) as client:
        cancel_all(client)


def ended(tasks: Any, task_id: str) -> Any:
    """The task once it has ended, asked for as every user of this client does: in a loop of their own."""
    found: list[Any] = []

    def has_ended() -> bool:
        found.append(tasks.get(task_id=task_id))
        return found[-1].status not in ("queued", "running")

    wait_until(has_ended, _FILM_SECONDS, lambda: str(found[-1]))
    return found[-1]


@pytest.fixture(scope="module")
def film(tasks: Any) -> Any:
    created = tasks.create(
        **SMALL,
        content=[{"type": "text", "text": "A red paper boat on a calm pond"}],
        ratio="16:9",
        seed=7,
        return_last_frame=True,
        safety_identifier="5f2c9a",
    )
    return ended(tasks, created.id)


def test_an_order_becomes_a_film_and_its_last_frame(film: Any) -> None:
    assert (film.status, film.error, film.model, film.safety_identifier) == ("succeeded", None, MODEL, "5f2c9a")
    assert (film.resolution, film.ratio, film.duration, film.framespersecond) == ("480p", "16:9", 4, 24)
    assert (film.seed, film.service_tier, film.generate_audio, film.draft) == (7, "default", True, False)
    assert film.usage.total_tokens == film.usage.completion_tokens == 864 * 496 * 97 // 1024
    assert 0 <= datetime.now(UTC).timestamp() - film.updated_at < 600
    answer = httpx.get(film.content.video_url)
    assert answer.headers["content-type"] == "video/mp4"
    seen = Seen(answer.content)
    assert (seen.codec, seen.size, seen.frames, seen.sounds) == ("h264", (864, 496), 96, 1)
    assert Image.open(BytesIO(httpx.get(film.content.last_frame_url).content)).size == (864, 496)


def test_a_picture_inside_the_order_begins_its_film(tasks: Any, gold: Path) -> None:
    url = "data:image/png;base64," + base64.b64encode(gold.read_bytes()).decode()
    content = [
        {"type": "text", "text": "The camera pulls back"},
        # A single picture without a role is the first frame.
        {"type": "image_url", "image_url": {"url": url}},
    ]
    task = ended(tasks, tasks.create(**SMALL, content=content, ratio="adaptive", generate_audio=False).id)
    assert (task.status, task.error) == ("succeeded", None)
    seen = Seen(httpx.get(task.content.video_url).content)
    assert seen.begins_with("gold")
    assert seen.sounds == 0


@pytest.mark.usefixtures("long_films")
def test_a_draft_becomes_a_full_film(tasks: Any) -> None:
    created = tasks.create(model=DRAFT_MODEL, content=[{"type": "text", "text": "Lanterns"}], duration=4, draft=True)
    draft = ended(tasks, created.id)
    assert (draft.status, draft.draft, draft.resolution) == ("succeeded", True, "480p")
    final = tasks.create(model=DRAFT_MODEL, content=[{"type": "draft_task", "draft_task": {"id": draft.id}}])
    assert tasks.get(task_id=final.id).status in ("queued", "running")


def test_a_failure_says_why(trials: Any) -> None:
    content = [{"type": "text", "text": "[[fail:moderation]]"}]
    task = ended(trials, trials.create(model=MODEL, content=content).id)
    assert (task.status, task.content) == ("failed", None)
    assert task.error.code == "SensitiveContentDetected"


def test_every_change_of_state_is_told_as_a_query_would_answer(trials: Any, receiver: Receiver) -> None:
    content = [{"type": "text", "text": "[[fail:provider]]"}]
    created = trials.create(model=MODEL, content=content, callback_url=receiver.url)
    wait_until(lambda: len(receiver.heard) == 3, 30, lambda: str(receiver.heard))
    told = {body["status"]: body for body in (json.loads(body) for body, _ in receiver.heard)}
    assert told.keys() == {"queued", "running", "failed"}
    assert {body["id"] for body in told.values()} == {created.id}
    asked = trials.get(task_id=created.id)
    assert told["failed"]["error"]["code"] == asked.error.code
    assert told["failed"]["updated_at"] == asked.updated_at


def test_lists_have_pages_and_filters(trials: Any) -> None:
    made = [trials.create(model=MODEL, content=STALL).id for _ in range(3)]
    other = trials.create(model=DRAFT_MODEL, content=STALL).id
    everything = trials.list(page_size=4)
    assert [task.id for task in everything.items] == [other, *made[::-1]]
    assert [task.id for task in trials.list(page_num=2, page_size=2).items] == made[1::-1]
    chosen = trials.list(task_ids=[made[0], made[2], "cgt-unknown"])
    assert ([task.id for task in chosen.items], chosen.total) == ([made[2], made[0]], 2)
    assert other not in [task.id for task in trials.list(model=MODEL, page_size=100).items]
    assert trials.list(status="succeeded").items == []
    assert trials.list(service_tier="flex").total == 0


def test_what_waits_is_cancelled_and_what_runs_is_not(
    server: Server, key: str, tasks: Any, long_films: dict[str, Any]
) -> None:
    first, *_, last = [tasks.create(**long_films).id for _ in range(FILMS_AT_ONCE + 1)]
    tasks.delete(task_id=last)
    assert tasks.get(task_id=last).status == "cancelled"
    wait_until(lambda: tasks.get(task_id=first).status == "running", 30)
    sent: list[httpx.Request] = []
    with httpx.Client(event_hooks={"request": [sent.append]}) as counting:
        counted = Ark(base_url=f"{server.url}/api/v3", api_key=key, http_client=counting).content_generation.tasks
        with pytest.raises(exceptions.ArkConflictError) as refused:
            counted.delete(task_id=first)
    assert refused.value.code == "InvalidAction.RunningTaskDeletion"
    assert len(sent) == 1, "the client has sent the call again"
    assert tasks.get(task_id=first).status == "running"


def test_the_record_of_what_has_ended_is_deleted(trials: Any) -> None:
    content = [{"type": "text", "text": "[[fail:provider]]"}]
    task = ended(trials, trials.create(model=MODEL, content=content).id)
    trials.delete(task_id=task.id)
    with pytest.raises(exceptions.ArkNotFoundError):
        trials.get(task_id=task.id)
    with pytest.raises(exceptions.ArkNotFoundError):
        trials.delete(task_id=task.id)


def refusal(kind: Any, call: Callable[[], Any]) -> Any:
    with pytest.raises(kind) as refused:
        call()
    # What the client reports is the name that it gave the call; the server has heard it.
    assert f"Request id: {refused.value.request_id}" in refused.value.message
    return refused.value


def test_refusals_are_the_clients_own_exceptions(tasks: Any, server: Server, poor_key: str) -> None:
    text = [{"type": "text", "text": "A paper boat"}]
    stranger = Ark(base_url=f"{server.url}/api/v3", api_key="wrong").content_generation.tasks
    unknown = refusal(exceptions.ArkAuthenticationError, lambda: stranger.get(task_id="cgt-1"))
    assert (unknown.code, unknown.type) == ("AuthenticationError", "Unauthorized")
    wrong = refusal(exceptions.ArkBadRequestError, lambda: tasks.create(model=MODEL, content=text, duration=99))
    assert (wrong.code, wrong.param, wrong.type) == ("InvalidParameter", "duration", "BadRequest")
    assert "15" in wrong.message
    frames = refusal(exceptions.ArkBadRequestError, lambda: tasks.create(model=MODEL, content=text, frames=121))
    assert frames.code == "InvalidParameter.UnsupportedParameter"
    missing = refusal(exceptions.ArkNotFoundError, lambda: tasks.get(task_id="cgt-20260901120000-k3m9q"))
    assert (missing.code, missing.param) == ("ResourceNotFound", "id")
    no_model = refusal(exceptions.ArkNotFoundError, lambda: tasks.create(model="ep-1", content=text))
    assert no_model.code == "InvalidEndpointOrModel.NotFound"
    poor = Ark(base_url=f"{server.url}/api/v3", api_key=poor_key).content_generation.tasks
    broke = refusal(exceptions.ArkPermissionDeniedError, lambda: poor.create(model=MODEL, content=text))
    assert broke.code == "AccountOverdueError"


async def test_the_other_client_waits_for_nobody(server: Server, test_key: str) -> None:
    async with AsyncArk(base_url=f"{server.url}/api/v3", api_key=test_key) as client:
        tasks = client.content_generation.tasks
        created = await tasks.create(model=MODEL, content=STALL)
        assert (await tasks.get(task_id=created.id)).id == created.id
        assert (await tasks.list(page_size=1)).items[0].id == created.id

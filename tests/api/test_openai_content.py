"""What the OpenAI dialect does with finished films: sends them and their pictures, and makes others of them."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.api.api_helpers import CREATE_PATHS, Customer, House, assert_refused, open_house
from tests.media.bound_samples import plain_clip

from filmgate.task import Task, film_name, spritesheet_name

VIDEOS = CREATE_PATHS["openai"]
PROMPT = {"prompt": "The same boat at night"}


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("content")) as house:
        yield house


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    # Long enough to go along with another order.
    return plain_clip(tmp_path_factory.mktemp("film") / "film.mp4", 48, size=(640, 368)).read_bytes()


@pytest.fixture(scope="module")
async def customer(house: House) -> Customer:
    return await house.customer(100_000)


@pytest.fixture(scope="module")
async def video(house: House, customer: Customer, film: bytes) -> Task:
    return await filmed(house, customer, film)


async def filmed(house: House, customer: Customer, film: bytes, **changes: Any) -> Task:
    """A finished video of the customer's, with this film."""
    task = await house.finished(await house.ordered(customer, "openai", **changes), film)
    await house.services.objects.put_bytes(film_name(task.id), film, "video/mp4")
    return task


def shown(house: House, task: Task) -> str:
    return house.dialect("openai").show_id(task.id)


async def fetch(
    house: House, customer: Customer, task: Task, variant: str | None = None, method: str = "GET", **headers: str
) -> httpx.Response:
    return await house.client.request(
        method,
        f"{VIDEOS}/{shown(house, task)}/content",
        params={} if variant is None else {"variant": variant},
        headers={**customer.headers, **{name.replace("_", "-"): value for name, value in headers.items()}},
    )


# --- content ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", [None, "", "video"])
async def test_a_film_comes_whole(
    house: House, customer: Customer, video: Task, film: bytes, variant: str | None
) -> None:
    answer = await fetch(house, customer, video, variant, Accept="application/binary")
    assert (answer.status_code, answer.content) == (200, film)
    assert (answer.headers["content-type"], answer.headers["content-length"]) == ("video/mp4", str(len(film)))
    assert answer.headers["content-disposition"] == f'inline; filename="{shown(house, video)}.mp4"'
    assert answer.headers["x-request-id"]


async def test_a_film_comes_in_parts_as_a_head_and_not_again(
    house: House, customer: Customer, video: Task, film: bytes
) -> None:
    part = await fetch(house, customer, video, Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, film[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(film)}"
    outside = await fetch(house, customer, video, Range=f"bytes={len(film)}-")
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{len(film)}")
    head = await fetch(house, customer, video, method="HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(film)))
    again = await fetch(house, customer, video, If_None_Match=head.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


async def test_its_thumbnail_is_its_poster(house: House, customer: Customer, video: Task) -> None:
    answer = await fetch(house, customer, video, "thumbnail")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.endswith(b"jpg")
    part = await fetch(house, customer, video, "thumbnail", Range="bytes=-3")
    assert (part.status_code, part.content) == (206, b"jpg")


async def test_its_spritesheet_is_made_when_it_is_asked_for(house: House, customer: Customer, film: bytes) -> None:
    task = await filmed(house, customer, film)
    assert await house.services.objects.head(spritesheet_name(task.id)) is None
    first = await fetch(house, customer, task, "spritesheet")
    assert (first.status_code, first.headers["content-type"]) == (200, "image/jpeg")
    assert first.headers["content-disposition"] == f'inline; filename="{shown(house, task)}-spritesheet.jpg"'
    assert Image.open(BytesIO(first.content)).size == (1600, 920)
    again = await fetch(house, customer, task, "spritesheet", If_None_Match=first.headers["etag"])
    assert again.status_code == 304
    assert await house.services.objects.head(spritesheet_name(task.id)) is not None


async def test_what_a_video_does_not_have_is_refused(house: House, customer: Customer, video: Task) -> None:
    for variant in ("0", "poster", "Video", "\0", "x" * 5000):
        answer = await fetch(house, customer, video, variant)
        assert_refused("openai", answer, says="variant must be video, thumbnail or spritesheet")


async def test_a_video_that_is_not_there_yet_or_never_has_no_content(house: House, customer: Customer) -> None:
    task = await house.ordered(customer, "openai")
    for variant in (None, "thumbnail", "spritesheet"):
        answer = await fetch(house, customer, task, variant)
        assert_refused("openai", answer, status=404, says="not ready yet")
        assert answer.json()["error"]["code"] == "video_not_ready"
    await house.services.canceller.cancel(task)
    answer = await fetch(house, customer, task)
    assert_refused("openai", answer, status=404)
    assert answer.json()["error"]["code"] == "video_failed"


async def test_nobody_else_sees_a_film(house: House, customer: Customer, video: Task) -> None:
    assert_refused("openai", await fetch(house, await house.customer(), video), status=404)
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = await house.client.get(f"{VIDEOS}/{shown(house, video)}/content", headers=headers)
        assert_refused("openai", answer, status=401)


async def test_a_film_that_was_removed_is_told_in_the_callers_own_form(
    house: House, customer: Customer, film: bytes
) -> None:
    task = await filmed(house, customer, film)
    await house.services.objects.delete(film_name(task.id))
    for variant in ("video", "spritesheet"):
        assert_refused("openai", await fetch(house, customer, task, variant), status=404, says="gone")


async def test_a_film_that_does_not_decode_has_no_spritesheet_and_is_no_secret_of_ours(
    house: House, customer: Customer
) -> None:
    task = await filmed(house, customer, b"no film at all")
    answer = await fetch(house, customer, task, "spritesheet")
    assert_refused("openai", answer, status=500)
    assert (await fetch(house, customer, task)).content == b"no film at all"


# --- videos made of videos ----------------------------------------------------------------------------------------


async def post(house: House, customer: Customer, path: str, **how: Any) -> httpx.Response:
    return await house.client.post(VIDEOS + path, headers=customer.headers, **how)


async def accepted(house: House, answer: httpx.Response) -> Task:
    assert answer.status_code == 200, answer.text
    return await house.task(house.dialect("openai").read_id(answer.json()["id"]))  # type: ignore[arg-type]


async def assert_has_its_own_copy(house: House, task: Task, film: bytes) -> None:
    (media,) = task.request.media
    assert (media.kind, media.role, media.url) == ("video", "reference", f"object://inputs/{task.id}/0")
    kept = [piece async for piece in house.services.objects.stream(f"inputs/{task.id}/0")]
    assert b"".join(kept) == film


async def test_a_remix_has_the_first_film_as_its_material(
    house: House, customer: Customer, video: Task, film: bytes
) -> None:
    answer = await post(house, customer, f"/{shown(house, video)}/remix", json=PROMPT)
    task = await accepted(house, answer)
    assert answer.json()["remixed_from_video_id"] == shown(house, video)
    assert (answer.json()["prompt"], answer.json()["seconds"]) == (PROMPT["prompt"], "4")
    assert (task.request.model, task.request.resolution) == (video.request.model, video.request.resolution)
    assert task.request.prompt.endswith(PROMPT["prompt"])
    await assert_has_its_own_copy(house, task, film)


@pytest.mark.parametrize("kind", ["remix", "edits", "extensions"])
async def test_a_change_that_is_sent_again_needs_its_video_no_more(house: House, film: bytes, kind: str) -> None:
    customer = await house.customer()
    video = await filmed(house, customer, film)
    name = shown(house, video)
    path = f"/{name}/remix" if kind == "remix" else f"/{kind}"
    body = PROMPT if kind == "remix" else {**PROMPT, "video": {"id": name}, "seconds": "4"}

    async def send(key: str, **more: str) -> httpx.Response:
        headers = {**customer.headers, "Idempotency-Key": key}
        return await house.client.post(VIDEOS + path, json={**body, **more}, headers=headers)

    first = await send("a")
    assert first.status_code == 200, first.text
    await house.client.delete(f"{VIDEOS}/{name}", headers=customer.headers)
    before = await house.traces(customer)
    again, other, new = await send("a"), await send("a", prompt="another"), await send("b")
    assert (again.status_code, again.content) == (200, first.content)
    assert (other.status_code, new.status_code) == (409, 404)
    assert await house.traces(customer) == before


async def test_an_edit_names_its_video_in_any_form(house: House, customer: Customer, video: Task, film: bytes) -> None:
    name = shown(house, video)
    answers = [
        await post(house, customer, "/edits", json={**PROMPT, "video": {"id": name}}),
        await post(house, customer, "/edits", json={**PROMPT, "video": name}),
        await post(house, customer, "/edits", files={"prompt": (None, PROMPT["prompt"]), "video[id]": (None, name)}),
        await post(house, customer, "/edits", data=PROMPT, files={"video": ("upload", film, "application/binary")}),
    ]
    for answer in answers:
        await assert_has_its_own_copy(house, await accepted(house, answer), film)
    assert [answer.json()["remixed_from_video_id"] for answer in answers] == [name, name, name, None]


async def test_an_extension_is_as_long_as_it_is_said_to_be(
    house: House, customer: Customer, video: Task, film: bytes
) -> None:
    body = {**PROMPT, "seconds": "6", "video": {"id": shown(house, video)}}
    task = await accepted(house, await post(house, customer, "/extensions", json=body))
    assert (task.request.duration_seconds, task.request.resolution) == (6, video.request.resolution)
    await assert_has_its_own_copy(house, task, film)


async def test_a_changed_video_outlives_the_first(house: House, customer: Customer, film: bytes) -> None:
    first = await filmed(house, customer, film)
    task = await accepted(house, await post(house, customer, f"/{shown(house, first)}/remix", json=PROMPT))
    await house.services.deleter.delete(first)
    await house.services.objects.delete(film_name(first.id))
    await assert_has_its_own_copy(house, task, film)


async def test_a_model_that_takes_no_clips_changes_no_video(house: House, customer: Customer, film: bytes) -> None:
    source = await filmed(house, customer, film, model="seedance-1.5-pro", seconds="5")
    before = await house.traces(customer)
    for path, body in (
        (f"/{shown(house, source)}/remix", PROMPT),
        ("/edits", {**PROMPT, "video": {"id": shown(house, source)}}),
        ("/extensions", {**PROMPT, "seconds": "5", "video": {"id": shown(house, source)}}),
    ):
        answer = await post(house, customer, path, json=body)
        assert_refused("openai", answer, says="seedance-1.5-pro cannot")
        assert answer.json()["error"]["code"] == "unsupported_operation"
    assert await house.traces(customer) == before


async def test_what_is_no_finished_video_of_the_callers_is_not_changed(
    house: House, customer: Customer, film: bytes
) -> None:
    waiting = await house.ordered(customer, "openai")
    anothers = await filmed(house, await house.customer(), film)
    deleted = await filmed(house, customer, film)
    await house.services.deleter.delete(deleted)
    gone = await filmed(house, customer, film)
    await house.services.objects.delete(film_name(gone.id))
    before = await house.traces(customer)
    for task, status, says in (
        (waiting, 400, "must be a completed video"),
        (anothers, 404, "not found"),
        (deleted, 404, "not found"),
        (gone, 400, "not stored here any more"),
    ):
        remix = await post(house, customer, f"/{shown(house, task)}/remix", json=PROMPT)
        edit = await post(house, customer, "/edits", json={**PROMPT, "video": {"id": shown(house, task)}})
        for answer in (remix, edit):
            assert_refused("openai", answer, status=status, says=says)
    assert await house.traces(customer) == before


@pytest.mark.parametrize(
    ("path", "body", "status", "param"),
    [
        ("/video_1/remix", PROMPT, 404, None),
        ("/%00/remix", PROMPT, 404, None),
        ("/edits", {}, 400, "video"),
        ("/edits", PROMPT, 400, "video"),
        ("/edits", {**PROMPT, "video": {"id": 7}}, 400, "video.id"),
        ("/edits", {**PROMPT, "video": {"id": "video_1"}}, 404, None),
        ("/edits", {**PROMPT, "video": "object://films/a.mp4"}, 404, None),
        ("/edits", {**PROMPT, "video": {"id": "object://films/a.mp4"}}, 404, None),
        ("/edits", {**PROMPT, "video": "file:///etc/passwd"}, 404, None),
        ("/edits", {**PROMPT, "video": "data:image/png;base64,AAAA"}, 400, "video"),
        ("/edits", {**PROMPT, "video": "https://127.0.0.1/a.mp4"}, 400, "video"),
        ("/extensions", {**PROMPT, "video": {"id": "video_1"}}, 400, "seconds"),
        ("/edits", [], 400, None),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(
    house: House, customer: Customer, path: str, body: Any, status: int, param: str | None
) -> None:
    before = await house.traces(customer)
    answer = await post(house, customer, path, json=body)
    assert_refused("openai", answer, status=status)
    assert answer.json()["error"]["param"] == param
    assert await house.traces(customer) == before


async def test_a_change_without_a_good_key_is_refused_before_anything_is_read(house: House, video: Task) -> None:
    for path in (f"/{shown(house, video)}/remix", "/edits", "/extensions"):
        assert_refused("openai", await house.client.post(VIDEOS + path, content=b"not JSON"), status=401)


async def test_a_film_as_large_as_a_form_may_be_is_too_large_only_as_a_whole(
    house: House, customer: Customer, film: bytes
) -> None:
    limit_bytes = house.dialect("openai").body_limit_bytes
    large = film + bytes(limit_bytes // 2)
    files = {"video": ("upload", large, "application/octet-stream")}
    task = await accepted(house, await post(house, customer, "/edits", data=PROMPT, files=files))
    info = await house.services.objects.head(f"inputs/{task.id}/0")
    assert info is not None
    assert info.size_bytes == len(large)
    files = {"video": ("upload", film + bytes(limit_bytes), "application/octet-stream")}
    assert_refused("openai", await post(house, customer, "/edits", data=PROMPT, files=files), status=413)

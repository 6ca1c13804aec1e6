"""The doors of the Ark dialect: drafts and their full films, lists, deletions, and how requests are named."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from tests.api.api_helpers import CREATE_PATHS, ORDERS, Customer, House, assert_refused, open_house, picture

from filmgate.errors import Unavailable, Unconfirmed
from filmgate.task import Status, Task, TaskError, cancelled, expired, failed, rendered, started

TASKS = CREATE_PATHS["ark"]
TEXT = {"type": "text", "text": "Lanterns rise over the river"}
V15 = "doubao-seedance-1-5-pro-251215"
V25 = "doubao-seedance-2-5-260628"
# As the official SDK sends an order: every member it knows, null where the caller said nothing (spec ark 2.1).
UNSAID = dict.fromkeys(
    (
        "safety_identifier", "callback_url", "return_last_frame", "service_tier", "execution_expires_after", "priority",
        "generate_audio", "draft", "camera_fixed", "watermark", "seed", "resolution", "ratio", "duration", "frames",
        "tools", "output_format", "omni_reference_task_type",
    )
)  # fmt: skip


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("ark")) as house:
        yield house


async def get(house: House, customer: Customer, path: str = "", **fields: Any) -> httpx.Response:
    return await house.client.get(TASKS + path, params=fields, headers=customer.headers)


async def moved(house: House, task: Task, *moves: Any) -> Task:
    for move in moves:
        assert await house.services.tasks.apply(move(await house.task(task.id), datetime.now(UTC)))
    return await house.task(task.id)


def out_of_luck(task: Task, now: datetime) -> Any:
    return failed(task, TaskError("provider_error", "the lamp went out"), now)


def shown(house: House, task: Task) -> str:
    return house.dialect("ark").show_id(task.id)


async def test_an_order_as_the_sdk_sends_it(house: House) -> None:
    customer = await house.customer()
    body = {"model": "doubao-seedance-2-0-260128", "content": [TEXT], **UNSAID, "safety_identifier": "5f2c9a"}
    answer = await house.client.post(TASKS, json=body, headers=customer.headers)
    assert answer.status_code == 200
    assert list(answer.json()) == ["id", "safety_identifier"]
    task = (await get(house, customer, f"/{answer.json()['id']}")).json()
    assert list(task) == ["id", "model", "status", "created_at", "updated_at"]
    assert (task["status"], type(task["created_at"])) == ("queued", int)


async def test_a_callback_is_told_what_the_vendor_tells(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "ark", callback_url="https://hooks.example.org/ark")
    events = await house.services.db.value("SELECT webhook_events FROM tasks WHERE id = $1", task.id)
    assert set(events) == {"queued", "running", "succeeded", "failed", "expired"}


# --- the names of requests ----------------------------------------------------------------------------------------


async def test_the_clients_own_name_comes_back_with_every_answer(house: House) -> None:
    customer = await house.customer()
    own = {"X-Client-Request-Id": "20261125221006AbCdEf0123456789wxyz"}
    answers = [
        await house.client.post(TASKS, json=ORDERS["ark"], headers=customer.headers | own),
        await house.client.get(TASKS, headers=customer.headers | own),
        await house.client.get(TASKS, headers=own),
        await house.client.get(f"{TASKS}/cgt-1", headers=customer.headers | own),
        await house.client.post(TASKS, json={}, headers=customer.headers | own),
        await house.client.get("/api/v3/nowhere", headers=own),
        await house.client.put(TASKS, headers=own),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 401, 404, 400, 404, 405]
    for answer in answers:
        assert answer.headers["x-client-request-id"] == own["X-Client-Request-Id"]
        assert answer.headers["x-request-id"] == own["X-Client-Request-Id"]


async def test_a_request_has_one_name_and_x_request_id_gives_it(house: House) -> None:
    both = {"X-Client-Request-Id": "client-1", "X-Request-Id": "shot-7"}
    answer = await house.client.get(TASKS, headers=both)
    assert_refused("ark", answer, status=401)
    assert (answer.headers["x-request-id"], answer.headers["x-client-request-id"]) == ("shot-7", "client-1")


@pytest.mark.parametrize("name", ["", "a b", "<script>", "x" * 129, "a\tb"])
async def test_an_odd_name_is_not_repeated(house: House, name: str) -> None:
    answer = await house.client.get(TASKS, headers={"X-Client-Request-Id": name})
    assert_refused("ark", answer, status=401)
    assert "x-client-request-id" not in answer.headers
    assert answer.headers["x-request-id"].isalnum()


async def test_other_dialects_repeat_no_client_name(house: House) -> None:
    answer = await house.client.get("/v1/videos", headers={"X-Client-Request-Id": "client-1"})
    assert "x-client-request-id" not in answer.headers
    assert answer.headers["x-request-id"] == "client-1"


async def test_the_clients_own_name_is_in_the_log(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = await house.customer()

    async def away(_new: object) -> None:
        raise Unconfirmed("the database is away (at 10.0.0.7)")

    monkeypatch.setattr(house.services.tasks, "accept", away)
    with capture_logs() as logs:
        answer = await house.client.post(
            TASKS, json=ORDERS["ark"], headers={**customer.headers, "X-Client-Request-Id": "client-1"}
        )
    assert_refused("ark", answer, status=503, says="may have been created")
    assert [line["request_id"] for line in logs if line["event"] == "request_failed"] == ["client-1"]
    assert "10.0.0.7" not in answer.text


@pytest.mark.parametrize("dialect", ["ark", "openai"])
async def test_an_sdk_sends_no_order_again_that_may_be_kept(
    house: House, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await house.customer()

    async def away(_new: object) -> None:
        raise Unconfirmed("the database is away")

    monkeypatch.setattr(house.services.tasks, "accept", away)
    answer = await house.order(customer, dialect)
    assert_refused(dialect, answer, status=503)
    assert answer.headers["x-should-retry"] == "false"
    assert "retry-after" not in answer.headers
    with_key = {**customer.headers, "Idempotency-Key": "once"}
    again = await house.client.post(CREATE_PATHS[dialect], json=ORDERS[dialect], headers=with_key)
    assert_refused(dialect, again, status=503)
    assert "x-should-retry" not in again.headers
    assert again.headers["retry-after"]


async def test_a_query_that_fails_may_be_sent_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = await house.customer()

    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(house.services.task_lists, "numbered_page", away)
    answer = await get(house, customer)
    assert_refused("ark", answer, status=503)
    assert "x-should-retry" not in answer.headers


# --- drafts -------------------------------------------------------------------------------------------------------


def full_film_of(draft_id: str, model: str = V25, **changes: Any) -> dict[str, Any]:
    return {"model": model, "content": [{"type": "draft_task", "draft_task": {"id": draft_id}}], **changes}


async def test_a_finished_draft_becomes_a_full_film(house: House) -> None:
    customer = await house.customer()
    draft = await house.ordered(customer, "ark", model=V25, content=[TEXT], draft=True, seed=58291, ratio=None)
    assert draft.request.resolution == "480p"
    await house.finished(draft)
    answer = await house.client.post(TASKS, json=full_film_of(shown(house, draft)), headers=customer.headers)
    assert answer.status_code == 200, answer.text
    final = await house.task(house.dialect("ark").read_id(answer.json()["id"]))  # type: ignore[arg-type]
    assert (final.request.prompt, final.request.seed, final.request.resolution) == (TEXT["text"], 58291, "1080p")
    assert final.request.duration_seconds == draft.request.duration_seconds
    assert final.quote.price_micros > draft.quote.price_micros
    done = await house.finished(final)
    assert (await get(house, customer, f"/{shown(house, done)}")).json()["draft_task_id"] == shown(house, draft)


async def test_a_full_film_that_is_ordered_again_needs_its_draft_no_more(house: House) -> None:
    customer = await house.customer()
    draft = await house.finished(await house.ordered(customer, "ark", model=V25, content=[TEXT], draft=True))

    async def send(key: str, **changes: Any) -> httpx.Response:
        headers = {**customer.headers, "Idempotency-Key": key}
        return await house.client.post(TASKS, json=full_film_of(shown(house, draft), **changes), headers=headers)

    first = await send("a")
    assert first.status_code == 200, first.text
    await house.services.deleter.delete(draft)
    before = await house.traces(customer)
    again, other, new = await send("a"), await send("a", watermark=True), await send("b")
    assert (again.status_code, again.content) == (200, first.content)
    assert (other.status_code, new.status_code) == (409, 400)
    assert await house.traces(customer) == before


async def test_a_full_film_keeps_the_pictures_that_came_inside_its_draft(house: House) -> None:
    customer = await house.customer()
    frame = {
        "type": "image_url",
        "role": "first_frame",
        "image_url": {"url": "data:image/png;base64," + base64.b64encode(picture()).decode()},
    }
    draft = await house.finished(
        await house.ordered(customer, "ark", model=V15, content=[TEXT, frame], draft=True, resolution=None)
    )
    body = full_film_of(shown(house, draft), V15, resolution="720p")
    answer = await house.client.post(TASKS, json=body, headers=customer.headers)
    assert answer.status_code == 200, answer.text
    final = await house.task(house.dialect("ark").read_id(answer.json()["id"]))  # type: ignore[arg-type]
    (kept,) = final.request.media
    assert (kept.role, kept.url) == ("first_frame", f"object://inputs/{final.id}/0")
    assert await house.services.objects.head(f"inputs/{final.id}/0") is not None
    assert await house.services.objects.head(f"inputs/{draft.id}/0") is not None


async def test_what_is_no_finished_draft_of_the_callers_makes_no_film(house: House) -> None:
    customer, stranger = await house.customer(), await house.customer()
    open_draft = await house.ordered(customer, "ark", model=V25, draft=True)
    no_draft = await house.finished(await house.ordered(customer, "ark", model=V25))
    anothers = await house.finished(await house.ordered(stranger, "ark", model=V25, draft=True))
    deleted = await house.finished(await house.ordered(customer, "ark", model=V25, draft=True))
    await house.services.deleter.delete(deleted)
    before = await house.traces(customer)
    for task in (open_draft, no_draft, anothers, deleted):
        answer = await house.client.post(TASKS, json=full_film_of(shown(house, task)), headers=customer.headers)
        assert_refused("ark", answer, says="content[0].draft_task.id")
    for text in ("cgt-1", "x" * 90, str(open_draft.id), "%00"):
        answer = await house.client.post(TASKS, json=full_film_of(text), headers=customer.headers)
        assert_refused("ark", answer, says="names no draft of yours")
    assert await house.traces(customer) == before


# --- lists --------------------------------------------------------------------------------------------------------


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["items", "total"]
    return [item["id"] for item in answer.json()["items"]]


async def test_a_list_has_pages_newest_first_and_a_total(house: House) -> None:
    customer = await house.customer(5000)
    tasks = [await house.ordered(customer, "ark") for _ in range(5)]
    names = [shown(house, task) for task in reversed(tasks)]
    assert ids(await get(house, customer)) == names
    first = await get(house, customer, page_num=1, page_size=2)
    assert (ids(first), first.json()["total"]) == (names[:2], 5)
    assert ids(await get(house, customer, page_num=3, page_size=2)) == names[4:]
    beyond = await get(house, customer, page_num=9, page_size=2)
    assert (ids(beyond), beyond.json()["total"]) == ([], 5)


async def test_a_list_has_the_callers_tasks_of_this_dialect_alone(house: House) -> None:
    customer, stranger = await house.customer(5000), await house.customer()
    await house.ordered(customer, "native")
    await house.ordered(customer, "openai")
    await house.ordered(stranger, "ark")
    gone = await house.finished(await house.ordered(customer, "ark"))
    await house.services.deleter.delete(gone)
    mine = await house.ordered(customer, "ark")
    answer = await get(house, customer)
    assert (ids(answer), answer.json()["total"]) == ([shown(house, mine)], 1)


async def test_a_list_is_filtered_by_status_as_the_vendor_counts_them(house: House) -> None:
    customer = await house.customer(5000)
    moves: dict[Status, tuple[Any, ...]] = {
        "queued": (),
        "running": (started,),
        "saving": (started, rendered),
        "failed": (out_of_luck,),
        "cancelled": (cancelled,),
        "expired": (expired,),
    }
    names = {
        status: shown(house, await moved(house, await house.ordered(customer, "ark"), *way))
        for status, way in moves.items()
    }
    names["succeeded"] = shown(house, await house.finished(await house.ordered(customer, "ark")))
    for status in ("queued", "failed", "cancelled", "expired", "succeeded"):
        found = await get(house, customer, **{"filter.status": status})
        assert (ids(found), found.json()["items"][0]["status"]) == ([names[status]], status)
    assert ids(await get(house, customer, **{"filter.status": "running"})) == [names["saving"], names["running"]]
    (listed,) = (await get(house, customer, **{"filter.status": "failed"})).json()["items"]
    assert listed["failure_reason"] == listed["error"]


async def test_a_list_is_filtered_by_ids_and_unknown_ones_are_simply_not_found(house: House) -> None:
    customer = await house.customer(5000)
    tasks = [await house.ordered(customer, "ark") for _ in range(3)]
    names = [shown(house, task) for task in tasks]
    foreign = shown(house, await house.ordered(await house.customer(), "ark"))
    wanted: dict[str, Any] = {"filter.task_ids": [names[0], names[2], foreign, "cgt-1", "\0", "video_1"]}
    answer = await get(house, customer, **wanted)
    assert (ids(answer), answer.json()["total"]) == ([names[2], names[0]], 2)
    assert ids(await get(house, customer, **{"filter.task_ids": "nonsense"})) == []
    many: dict[str, Any] = {
        "filter.task_ids": [shown(house, task) for task in tasks for _ in range(200)],
        "page_size": 500,
    }
    assert ids(await get(house, customer, **many)) == names[::-1]


async def test_a_list_is_filtered_by_model_under_any_of_its_names(house: House) -> None:
    customer = await house.customer(5000)
    mine = shown(house, await house.ordered(customer, "ark"))
    other = shown(house, await house.ordered(customer, "ark", model=V15))
    for name in ("doubao-seedance-2-0-260128", "dreamina-seedance-2-0-260128", "seedance-2-0-260128"):
        assert ids(await get(house, customer, **{"filter.model": name})) == [mine]
    assert ids(await get(house, customer, **{"filter.model": V15})) == [other]
    for name in ("ep-20260101-abcde", "\0", "é" * 500):
        assert ids(await get(house, customer, **{"filter.model": name})) == []


async def test_tasks_of_the_flex_tier_are_listed_only_when_they_are_asked_for(house: House) -> None:
    customer = await house.customer(5000)
    plain = shown(house, await house.ordered(customer, "ark"))
    said = shown(house, await house.ordered(customer, "ark", service_tier="default"))
    flex = shown(house, await house.ordered(customer, "ark", model=V15, service_tier="flex"))
    assert ids(await get(house, customer)) == [said, plain]
    assert ids(await get(house, customer, **{"filter.service_tier": "default"})) == [said, plain]
    assert ids(await get(house, customer, **{"filter.service_tier": "flex"})) == [flex]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("page_num", "0"), ("page_num", "501"), ("page_num", "one"), ("page_size", "501"), ("page_size", "1e2"),
        ("page_size", "-1"), ("filter.status", "done"), ("filter.service_tier", "best"), ("page_num", "9" * 4000),
    ],
)  # fmt: skip
async def test_a_list_that_makes_no_sense_is_refused(house: House, field: str, value: str) -> None:
    answer = await get(house, await house.customer(0), **{field: value})
    assert_refused("ark", answer, says=field)
    assert answer.json()["error"]["param"] == field


# --- deletions ----------------------------------------------------------------------------------------------------


async def delete(house: House, customer: Customer, task: Task, body: bytes = b"{}") -> httpx.Response:
    path = f"{TASKS}/{shown(house, task)}"
    return await house.client.request("DELETE", path, content=body, headers=customer.headers)


async def test_a_task_that_waits_is_cancelled_and_can_still_be_read(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "ark")
    answer = await delete(house, customer, task)
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, "application/json", "{}")
    assert (await get(house, customer, f"/{shown(house, task)}")).json()["status"] == "cancelled"
    assert (await house.services.accounts.balance(customer.account.id)).held == 0
    again = await delete(house, customer, task)
    assert_refused("ark", again, status=409, says="a cancelled task cannot be deleted")
    assert again.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("way", [(started,), (started, rendered)], ids=["running", "saving"])
async def test_a_task_that_runs_is_left_as_it_is(house: House, way: tuple[Any, ...]) -> None:
    customer = await house.customer()
    task = await moved(house, await house.ordered(customer, "ark"), *way)
    answer = await delete(house, customer, task)
    assert_refused("ark", answer, status=409, says="a running task cannot be deleted")
    assert answer.json()["error"]["code"] == "InvalidAction.RunningTaskDeletion"
    assert answer.headers["x-should-retry"] == "false"
    assert await house.task(task.id) == task


async def test_a_task_that_begins_in_the_same_moment_is_left_as_it_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await house.customer()
    seen = await house.ordered(customer, "ark")
    running = await moved(house, seen, started)

    async def a_moment_ago(_ids: object) -> dict[Any, Task]:
        return {seen.id: seen}

    monkeypatch.setattr(house.services.tasks, "get_many", a_moment_ago)
    answer = await delete(house, customer, seen)
    assert_refused("ark", answer, status=409)
    assert answer.json()["error"]["code"] == "InvalidAction.RunningTaskDeletion"
    assert await house.task(seen.id) == running


@pytest.mark.parametrize("end", [out_of_luck, expired], ids=["failed", "expired"])
async def test_the_record_of_a_task_that_has_ended_is_deleted(house: House, end: Any) -> None:
    customer = await house.customer()
    task = await moved(house, await house.ordered(customer, "ark"), end)
    assert (await delete(house, customer, task, b"")).text == "{}"
    assert_refused("ark", await get(house, customer, f"/{shown(house, task)}"), status=404)
    assert_refused("ark", await delete(house, customer, task), status=404)
    assert ids(await get(house, customer)) == []


async def test_a_deleted_film_may_go_with_the_next_sweep(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "ark"))
    assert (await delete(house, customer, task, b"\xff not JSON" * 1000)).text == "{}"
    deleted = await house.task(task.id)
    assert deleted.kept_until is not None
    assert deleted.kept_until <= datetime.now(UTC)
    assert (await get(house, customer, f"/{shown(house, task)}")).status_code == 404
    assert [entry.kind for entry in await house.services.ledger.entries_of_task(task.id)] == ["reserve", "settle"]


async def test_nobody_deletes_what_is_not_theirs(house: House) -> None:
    task = await house.finished(await house.ordered(await house.customer(), "ark"))
    assert_refused("ark", await delete(house, await house.customer(), task), status=404)
    nobody = await house.client.delete(f"{TASKS}/{shown(house, task)}")
    assert_refused("ark", nobody, status=401)
    assert (await house.task(task.id)).deleted_at is None
    recent = datetime.now(UTC) - timedelta(minutes=5)
    assert (await house.task(task.id)).completed_at > recent  # type: ignore[operator]

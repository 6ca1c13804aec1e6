"""The native API, from door to door: orders of every dialect, waiting, lists, quotes, money."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.api.api_helpers import (
    CREATE_PATHS,
    CREDIT,
    DIALECTS,
    ORDERS,
    Customer,
    House,
    assert_refused,
    open_house,
    shown_id,
)

from filmgate.store.accounts import Limits
from filmgate.task import Task, failed, rendered, started
from filmgate.task import TaskError as Fault
from filmgate.work import quote as quote_module

TASKS = "/filmgate/v1/tasks"


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("native")
    async with open_house(postgres_url, template, folder, allow_private_networks=True) as house:
        yield house


async def get(house: House, customer: Customer, path: str, **fields: Any) -> httpx.Response:
    return await house.client.get(path, params=fields, headers=customer.headers)


async def moved(house: House, task: Task, to: Any) -> Task:
    assert await house.services.tasks.apply(to(await house.task(task.id), datetime.now(UTC)))
    return await house.task(task.id)


def violated(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 400, answer.text
    return [violation["field"] for violation in answer.json()["error"]["violations"]]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_order_of_any_dialect_is_found_by_any_of_its_names(house: House, dialect: str) -> None:
    customer = await house.customer()
    answer = await house.order(customer, dialect)
    task = await house.task(house.dialect(dialect).read_id(shown_id(dialect, answer)))  # type: ignore[arg-type]
    for name in (shown_id(dialect, answer), house.dialect("native").show_id(task.id), str(task.id)):
        found = (await get(house, customer, f"{TASKS}/{name}")).json()
        assert (found["dialect"], found["dialect_id"]) == (dialect, shown_id(dialect, answer))
        assert (found["status"], found["order"]["model"]) == ("queued", task.request.model)
        assert found["price"]["credits"] * CREDIT == task.quote.price_micros


async def test_a_finished_order_shows_its_film_and_what_it_cost(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "native", metadata={"a": [1]}))
    found = (await get(house, customer, f"{TASKS}/{task.id}")).json()
    assert (found["status"], found["progress"], found["error"]) == ("succeeded", 100, None)
    assert found["cost"] == found["max_cost"] == found["price"]["credits"]
    assert found["order"]["metadata"] == {"a": [1]}
    assert found["kept_until"] > found["completed_at"] >= found["rendered_at"] >= found["started_at"]
    assert (await house.client.get(found["film"]["url"])).content.startswith(b"film")
    for link in ("poster_url", "last_frame_url"):
        assert (await house.client.get(found["film"][link])).status_code == 200


async def test_nobody_sees_what_another_account_ordered(house: House) -> None:
    one, other = await house.customer(), await house.customer()
    task = await house.ordered(one, "native")
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "?wait=1")):
        answer = await house.client.request(method, f"{TASKS}/{task.id}{path}", headers=other.headers)
        assert_refused("native", answer, status=404)
    assert (await get(house, other, TASKS)).json()["data"] == []
    assert (await house.task(task.id)).status == "queued"


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_deleted_order_is_found_nowhere_by_anybody(house: House, dialect: str) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, dialect))
    await house.services.deleter.delete(task)
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "?wait=1")):
        answer = await house.client.request(method, f"{TASKS}/{task.id}{path}", headers=customer.headers)
        assert_refused("native", answer, status=404)
    assert_refused(dialect, await house.query(customer, task), status=404)
    assert (await get(house, customer, TASKS)).json()["data"] == []
    assert (await get(house, customer, "/filmgate/v1/ledger")).json()["data"][0]["kind"] == "settle"


async def test_an_order_is_cancelled_in_every_open_state_and_only_there(house: House) -> None:
    customer = await house.customer()
    waiting = await house.ordered(customer, "jimmy")
    making = await moved(house, await house.ordered(customer, "senseaudio"), started)
    saving = await moved(house, await moved(house, await house.ordered(customer, "ink"), started), rendered)
    for task in (waiting, making, saving):
        for _ in range(2):
            answer = await house.client.post(f"{TASKS}/{task.id}/cancel", headers=customer.headers)
            assert (answer.status_code, answer.json()["status"], answer.json()["cost"]) == (200, "cancelled", 0)
    done = await house.finished(await house.ordered(customer, "native"))
    answer = await house.client.post(f"{TASKS}/{done.id}/cancel", headers=customer.headers)
    assert_refused("native", answer, status=409, says="already succeeded")
    assert await house.services.ledger.audit() == []


# --- waiting ------------------------------------------------------------------------------------------------------


async def test_waiting_ends_with_the_next_status(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    waiting = asyncio.create_task(get(house, customer, f"{TASKS}/{task.id}", wait=30))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await moved(house, task, started)
    answer = await asyncio.wait_for(waiting, 3)
    assert answer.json()["status"] == "running"


async def test_waiting_for_what_has_happened_ends_at_once(house: House) -> None:
    customer = await house.customer()
    task = await moved(house, await house.ordered(customer, "native"), started)
    seen = await asyncio.wait_for(get(house, customer, f"{TASKS}/{task.id}", wait=30, seen="queued"), 3)
    assert seen.json()["status"] == "running"
    await moved(house, task, lambda task, now: failed(task, Fault("provider_error", "no"), now))
    ended = await asyncio.wait_for(get(house, customer, f"{TASKS}/{task.id}", wait=30, seen="failed"), 3)
    assert ended.json()["status"] == "failed"


async def test_waiting_in_vain_ends_when_time_is_up(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    answer = await asyncio.wait_for(get(house, customer, f"{TASKS}/{task.id}", wait=1), 5)
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")


async def test_who_hangs_up_waits_no_longer(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    with pytest.raises(httpx.ReadTimeout):
        await house.client.get(f"{TASKS}/{task.id}?wait=60", headers=customer.headers, timeout=0.3)
    async with asyncio.timeout(5):
        while house.services.changes.waiting:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("field", "value"),
    [("wait", "-1"), ("wait", "301"), ("wait", "soon"), ("wait", "1e1"), ("seen", "done"), ("wiat", "5")],
)
async def test_a_wait_that_makes_no_sense_is_refused(house: House, field: str, value: str) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "native")
    assert violated(await get(house, customer, f"{TASKS}/{task.id}", **{field: value})) == [field]


# --- lists --------------------------------------------------------------------------------------------------------


async def test_a_list_is_read_page_by_page_without_a_gap(house: House) -> None:
    customer = await house.customer()
    tasks = [await house.ordered(customer, DIALECTS[number % len(DIALECTS)]) for number in range(7)]
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = (await get(house, customer, TASKS, limit=3, **({"cursor": cursor} if cursor else {}))).json()
        found += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        # What comes meanwhile stands before the first page and moves nothing.
        await house.ordered(customer, "native")
    native = house.dialect("native")
    assert found == [native.show_id(task.id) for task in reversed(tasks)]


async def test_a_list_shows_what_was_asked_for(house: House) -> None:
    customer = await house.customer()
    made = {dialect: await house.ordered(customer, dialect) for dialect in DIALECTS}
    tagged = await house.ordered(customer, "native", metadata={"project": "A-77", "shots": [1, 2]})
    await moved(house, made["ink"], started)
    moment = tagged.created_at.isoformat()

    async def ids(**fields: Any) -> set[str]:
        answer = await get(house, customer, TASKS, **fields)
        assert answer.status_code == 200, answer.text
        return {str(house.dialect("native").read_id(one["id"])) for one in answer.json()["data"]}

    everything = {str(task.id) for task in (*made.values(), tagged)}
    assert await ids() == await ids(test="false") == everything
    assert await ids(status="running") == {str(made["ink"].id)}
    assert await ids(status="running,queued") == everything
    assert await ids(dialect=["ink", "jimmy"]) == {str(made["ink"].id), str(made["jimmy"].id)}
    assert await ids(model=made["jimmy"].request.model) == {str(made["jimmy"].id)}
    assert await ids(metadata='{"project":"A-77"}') == {str(tagged.id)}
    assert await ids(metadata='{"shots":[2]}') == {str(tagged.id)}
    assert await ids(metadata='{"project":"other"}') == set()
    assert await ids(created_from=moment) == {str(tagged.id)}
    assert await ids(created_before=moment) == everything - {str(tagged.id)}
    assert await ids(test="true") == set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-5"),
        ("limit", "٣"),
        ("status", "done"),
        ("dialect", "klingon"),
        ("created_from", "yesterday"),
        ("created_before", "2026-01-02T03:04:05"),
        ("metadata", "[1]"),
        ("metadata", "{"),
        ("metadata", '{"a":"\\u0000"}'),
        ("metadata", "[" * 3000),
        ("test", "maybe"),
        ("cursor", "made-up"),
        ("cursor", "x" * 5000),
        ("colour", "red"),
    ],
)
async def test_a_list_that_makes_no_sense_is_refused(house: House, field: str, value: str) -> None:
    customer = await house.customer()
    assert violated(await get(house, customer, TASKS, **{field: value})) == [field]


async def test_everything_that_is_wrong_with_a_list_is_told_at_once(house: House) -> None:
    customer = await house.customer()
    answer = await house.client.get(f"{TASKS}?limit=0&status=x&limit=5&when=now", headers=customer.headers)
    assert sorted(violated(answer)) == ["limit", "status", "when"]


async def test_a_cursor_is_good_for_its_own_list_alone(house: House) -> None:
    one, other = await house.customer(), await house.customer()
    for customer in (one, other):
        for _ in range(2):
            await house.ordered(customer, "native")
    cursor = (await get(house, one, TASKS, limit=1)).json()["next_cursor"]
    assert (await get(house, one, TASKS, limit=1, cursor=cursor)).status_code == 200
    assert violated(await get(house, other, TASKS, limit=1, cursor=cursor)) == ["cursor"]
    assert violated(await get(house, one, TASKS, limit=1, cursor=cursor, status="queued")) == ["cursor"]
    assert violated(await get(house, one, "/filmgate/v1/ledger", cursor=cursor)) == ["cursor"]
    assert violated(await get(house, one, TASKS, limit=1, cursor=cursor[:-2])) == ["cursor"]


# --- what it costs ------------------------------------------------------------------------------------------------


async def quoted(house: House, customer: Customer, order: dict[str, Any]) -> dict[str, Any]:
    answer = await house.client.post("/filmgate/v1/quotes", json=order, headers=customer.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_quote_says_the_price_and_an_order_may_name_it(house: House) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    quote = await quoted(house, customer, ORDERS["native"])
    assert await house.traces(customer) == before
    assert (quote["violations"], quote["rejection_charged"], quote["routes"]) == ([], False, ["local"])
    assert quote["order"]["ratio"] == "16:9"
    task = await house.ordered(customer, "native", quote_id=quote["quote_id"], webhook_url="https://a.example/x")
    assert task.quote.price_micros == quote["price"]["credits"] * CREDIT


async def test_a_quote_is_only_for_its_order_its_account_and_its_time(house: House) -> None:
    one, other = await house.customer(), await house.customer()
    quote_id = (await quoted(house, one, ORDERS["native"]))["quote_id"]
    for customer, changes in ((other, {}), (one, {"duration_seconds": 5}), (one, {"quote_id": quote_id + "x"})):
        answer = await house.order(customer, "native", **{"quote_id": quote_id, **changes})
        assert violated(answer) == ["quote_id"]
    assert violated(await house.order(one, "native", quote_id="x" * 5000)) == ["quote_id"]
    assert violated(await house.order(one, "native", quote_id=7)) == ["quote_id"]


async def test_who_asks_again_after_a_quotes_time_gets_the_order_that_it_made(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await house.customer()
    monkeypatch.setattr(quote_module, "VALID_FOR", timedelta(seconds=2))
    quote_id = (await quoted(house, customer, ORDERS["native"]))["quote_id"]
    first = await create(house, customer, "native", "a", quote_id=quote_id)
    assert first.status_code == 201, first.text
    await asyncio.sleep(2)
    again = await create(house, customer, "native", "a", quote_id=quote_id)
    assert (again.status_code, again.content) == (201, first.content)
    assert violated(await create(house, customer, "native", "b", quote_id=quote_id)) == ["quote_id"]
    new_quote = {**ORDERS["native"], "quote_id": quote_id}
    assert violated(await house.client.post("/filmgate/v1/quotes", json=new_quote, headers=customer.headers)) == [
        "quote_id"
    ]


async def test_a_quote_tells_what_is_wrong_with_the_order_and_its_real_media(house: House) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="no picture", content_type="image/png")

    application = web.Application()
    application.add_routes([web.get("/a.png", page)])
    customer = await house.customer()
    async with TestServer(application) as site:
        picture = {"kind": "image", "role": "reference", "url": str(site.make_url("/a.png"))}
        gone = {**picture, "url": str(site.make_url("/gone.png"))}
        quote = await quoted(house, customer, {**ORDERS["native"], "duration_seconds": 99, "media": [picture, gone]})
    assert (quote["quote_id"], quote["price"]) == (None, None)
    fields = [violation["field"] for violation in quote["violations"]]
    assert fields == ["duration_seconds", "media[0].url", "media[1].url"]


async def test_an_order_never_costs_more_than_its_ceiling(house: House) -> None:
    customer = await house.customer()
    price = (await quoted(house, customer, ORDERS["native"]))["price"]["credits"]
    assert violated(await house.order(customer, "native", max_cost=price - 0.000001)) == ["max_cost"]
    task = await house.ordered(customer, "native", max_cost=price)
    assert task.promise.max_cost_micros == price * CREDIT
    for nonsense in (-1, "5", True, 1e300, [1]):
        assert violated(await house.order(customer, "native", max_cost=nonsense)) == ["max_cost"]


async def test_the_ledger_shows_every_movement_newest_first(house: House) -> None:
    customer = await house.customer(100)
    task = await house.finished(await house.ordered(customer, "native"))
    entries = (await get(house, customer, "/filmgate/v1/ledger")).json()["data"]
    assert [entry["kind"] for entry in entries] == ["settle", "reserve", "top_up"]
    assert all(entry["funded"] + entry["available"] + entry["held"] + entry["spent"] == 0 for entry in entries)
    assert entries[0]["task_id"] == house.dialect("native").show_id(task.id)
    first = (await get(house, customer, "/filmgate/v1/ledger", limit=2)).json()
    rest = (await get(house, customer, "/filmgate/v1/ledger", limit=2, cursor=first["next_cursor"])).json()
    assert (first["data"] + rest["data"], rest["next_cursor"]) == (entries, None)


async def test_a_receipt_tells_of_an_orders_money_in_any_form_of_its_id(house: House) -> None:
    customer, other = await house.customer(100), await house.customer(100)
    task = await house.finished(await house.ordered(customer, "ink"))
    shown = house.dialect("ink").show_id(task.id)
    found = (await get(house, customer, f"/filmgate/v1/tasks/{shown}/receipt")).json()
    price = task.quote.price_micros / CREDIT
    assert (found["dialect"], found["dialect_id"], found["task_id"]) == (
        "ink",
        shown,
        house.dialect("native").show_id(task.id),
    )
    assert [entry["kind"] for entry in found["entries"]] == ["reserve", "settle"]
    assert (found["totals"]["reserved"], found["totals"]["charged"], found["totals"]["held"]) == (price, price, 0)
    refused = await get(house, other, f"/filmgate/v1/tasks/{shown}/receipt")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")


async def test_the_account_is_shown_as_it_is_now(house: House) -> None:
    customer = await house.customer(100, quota=50)
    await house.services.accounts.set_account(customer.account.id, Limits(max_open_orders=3, daily_micros=CREDIT), 24)
    await house.services.accounts.set_account(customer.account.id, Limits(max_open_orders=3), 24)
    task = await house.ordered(customer, "native")
    found = (await get(house, customer, "/filmgate/v1/account")).json()
    price = task.quote.price_micros / CREDIT
    assert found["balance"] == {"funded": 100, "available": 100 - price, "held": price, "spent": 0}
    assert (found["limits"]["max_open_orders"], found["limits"]["daily"], found["retention_hours"]) == (3, None, 24)
    assert (found["key"]["used"], found["key"]["limits"]["total"]) == (price, 50)
    assert customer.secret not in json.dumps(found)


async def test_only_models_that_are_open_to_the_key_are_listed_and_sold(house: House) -> None:
    customer = await house.customer()
    everything = (await get(house, customer, "/filmgate/v1/models")).json()["data"]
    assert len(everything) == len(house.services.catalogue.offers())
    narrow = await house.customer()
    await house.services.accounts.set_key(narrow.key.id, Limits(models=("seedance-1.5-pro",)), 0)
    listed = (await get(house, narrow, "/filmgate/v1/models")).json()["data"]
    assert [model["id"] for model in listed] == ["seedance-1.5-pro"]
    assert violated(await house.order(narrow, "native")) == ["model"]


# --- bad orders ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"model": None}, ["model"]),
        ({"model": 5}, ["model"]),
        ({"prompt": ["x"]}, ["prompt"]),
        ({"duration_seconds": "4"}, ["duration_seconds"]),
        ({"duration_seconds": 4.5}, ["duration_seconds"]),
        ({"duration_seconds": True}, ["duration_seconds"]),
        ({"media": {}}, ["media"]),
        ({"media": ["x"]}, ["media[0]"]),
        ({"media": [{"kind": "image", "role": "hero", "url": "https://a.example/a.png"}]}, ["media[0].role"]),
        ({"media": [{"kind": "hologram", "role": "reference"}]}, ["media[0].kind", "media[0].url"]),
        ({"media": [{"kind": "video", "role": "first_frame", "url": "https://a.example/a.mp4"}]}, ["media[0].role"]),
        ({"webhook_url": "ftp://a.example/x"}, ["webhook_url"]),
        ({"webhook_url": "https://u:p@a.example/x"}, ["webhook_url"]),
        ({"webhook_url": "https://a.example/x", "webhook_events": []}, ["webhook_events"]),
        ({"webhook_url": "https://a.example/x", "webhook_events": ["done"]}, ["webhook_events"]),
        ({"webhook_events": ["succeeded"]}, ["webhook_events"]),
        ({"metadata": {"a": "x" * (1 << 20)}}, ["metadata"]),
        ({"metadata": "x"}, ["metadata"]),
        ({"seed": 1.5, "audio": "yes", "last_frame": 1, "nonsense": 1}, ["nonsense", "audio", "seed", "last_frame"]),
    ],
)
async def test_a_bad_order_is_told_everything_and_leaves_nothing(
    house: House, changes: dict[str, Any], fields: list[str]
) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    assert violated(await house.order(customer, "native", **changes)) == fields
    assert await house.traces(customer) == before


# --- creates that are sent twice ----------------------------------------------------------------------------------


async def create(house: House, customer: Customer, dialect: str, key: str, **changes: Any) -> httpx.Response:
    return await house.client.post(
        CREATE_PATHS[dialect],
        json={**ORDERS[dialect], **changes},
        headers={**customer.headers, "Idempotency-Key": key},
    )


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_repeated_create_is_answered_the_same_and_makes_nothing(house: House, dialect: str) -> None:
    customer = await house.customer()
    first = await create(house, customer, dialect, "a")
    task = await house.task(house.dialect(dialect).read_id(shown_id(dialect, first)))  # type: ignore[arg-type]
    await house.finished(task)
    traces = await house.traces(customer)
    again = await create(house, customer, dialect, "a")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert await house.traces(customer) == traces


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_key_with_another_order_is_a_conflict(house: House, dialect: str) -> None:
    customer = await house.customer()
    await create(house, customer, dialect, "a")
    traces = await house.traces(customer)
    answer = await create(house, customer, dialect, "a", resolution="720p")
    assert answer.status_code == 409
    assert "idempotency" in answer.text
    assert await house.traces(customer) == traces


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("key", ["", "x" * 300, "a b", "über", "a\tb"])
async def test_a_key_that_is_none_is_refused(house: House, dialect: str, key: str) -> None:
    customer = await house.customer()
    answer = await house.client.post(
        CREATE_PATHS[dialect],
        json=ORDERS[dialect],
        headers={b"Authorization": f"Bearer {customer.secret}".encode(), b"Idempotency-Key": key.encode()},
    )
    assert_refused(dialect, answer)
    assert (await house.traces(customer))[1] == 0


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_two_keys_for_one_order_are_refused(house: House, dialect: str) -> None:
    customer = await house.customer()
    keys = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await house.client.post(
        CREATE_PATHS[dialect], json=ORDERS[dialect], headers=[*customer.headers.items(), *keys]
    )
    assert_refused(dialect, answer, says="Idempotency-Key")
    assert (await house.traces(customer))[1] == 0


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_storm_of_one_create_makes_one_order(house: House, dialect: str) -> None:
    customer = await house.customer()
    answers = await asyncio.gather(*(create(house, customer, dialect, "storm") for _ in range(30)))
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (answers[0].status_code, answers[0].content)
    }
    assert await house.services.db.value("SELECT count(*) FROM tasks WHERE account_id = $1", customer.account.id) == 1

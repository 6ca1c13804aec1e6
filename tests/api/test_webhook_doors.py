"""The doors for webhooks: endpoints, secrets, deliveries and replay; and whatever callers may send there."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.api.api_helpers import Customer, House, open_house

from filmgate.api import webhooks
from filmgate.store.webhooks import MOST_ENDPOINTS, MOST_OLD_SECRETS
from filmgate.task import Task
from filmgate.webhook import STATUSES, event_name, message_id

URL = "https://hooks.example/films"
WEBHOOKS = "/filmgate/v1/webhooks"
SECRET = f"{WEBHOOKS}/secret"
DELIVERIES = "/filmgate/v1/deliveries"
NO_WEBHOOK = "wh_" + "0" * 22
NO_DELIVERY = "dlv_" + "0" * 22


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("webhooks")) as house:
        yield house


async def ask(house: House, who: Customer, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
    content = None if body is None else json.dumps(body).encode()
    return await house.client.request(method, path, content=content, params=query or None, headers=who.headers)


async def added(house: House, who: Customer, **said: Any) -> dict[str, Any]:
    answer = await ask(house, who, "POST", WEBHOOKS, {"url": URL, **said})
    assert answer.status_code == 201, answer.text
    endpoint: dict[str, Any] = answer.json()
    return endpoint


async def listed(house: House, who: Customer, **query: Any) -> list[dict[str, Any]]:
    answer = await ask(house, who, "GET", DELIVERIES, **query)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def told(house: House, who: Customer, orders: int = 1) -> list[Task]:
    """So many finished orders, each with one delivery to its own webhook that waits."""
    return [
        await house.finished(await house.ordered(who, "ink", webhookUrl=f"https://hooks.example/{number}"))
        for number in range(orders)
    ]


async def make_dead(house: House, who: Customer) -> None:
    await house.services.db.run(
        "UPDATE deliveries SET state = 'dead', next_at = NULL, ended_at = $2, error = 'x' WHERE account_id = $1",
        who.account.id,
        datetime.now(UTC),
    )


def violations(answer: httpx.Response, status: int = 400) -> dict[str, str]:
    """What a refusal names: rules by field."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert list(answer.json()) == ["error"]
    return {each["field"]: each["rule"] for each in error["violations"]}


def assert_not_found(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), answer.text


async def test_an_endpoint_is_added_listed_shown_changed_and_removed(house: House) -> None:
    who = await house.customer(0)
    endpoint = await added(house, who, events=["task.failed", "task.succeeded"], description="生产")
    assert list(endpoint) == ["object", "id", "url", "events", "description", "disabled", "created_at", "disabled_at"]
    assert (endpoint["url"], endpoint["events"]) == (URL, ["task.succeeded", "task.failed"])
    assert (await ask(house, who, "GET", WEBHOOKS)).json() == {"object": "list", "data": [endpoint]}
    path = f"{WEBHOOKS}/{endpoint['id']}"
    assert (await ask(house, who, "GET", path)).json() == endpoint
    changed = (await ask(house, who, "PATCH", path, {"url": URL + "/2", "disabled": True})).json()
    assert changed == endpoint | {"url": URL + "/2", "disabled": True, "disabled_at": changed["disabled_at"]}
    assert (await ask(house, who, "PATCH", path, {})).json() == changed
    changed = (await ask(house, who, "PATCH", path, {"disabled": False, "events": ["task.queued"]})).json()
    assert (changed["disabled_at"], changed["events"], changed["description"]) == (None, ["task.queued"], "生产")
    removed = await ask(house, who, "DELETE", path)
    assert (removed.status_code, removed.json()["removed"]) == (200, True)
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert_not_found(await ask(house, who, method, path, body))


async def test_an_endpoint_is_told_of_every_end_unless_it_says_otherwise(house: House) -> None:
    endpoint = await added(house, await house.customer(0))
    assert sorted(endpoint["events"]) == ["task.cancelled", "task.expired", "task.failed", "task.succeeded"]


async def test_another_accounts_endpoint_is_not_there(house: House) -> None:
    owner, stranger = await house.customer(0), await house.customer(0)
    endpoint = await added(house, owner)
    path = f"{WEBHOOKS}/{endpoint['id']}"
    for method, body in (("GET", None), ("PATCH", {"url": "https://evil.example"}), ("DELETE", None)):
        assert_not_found(await ask(house, stranger, method, path, body))
    assert (await ask(house, stranger, "GET", WEBHOOKS)).json()["data"] == []
    assert (await ask(house, owner, "GET", path)).json() == endpoint


@pytest.mark.parametrize("url", [
    "http://hooks.example/", "ftp://hooks.example/", "https://user:pass@hooks.example/", "https://user@hooks.example/",
    "https://10.0.0.1/", "https://127.0.0.1/x", "https://[::1]/", "https://169.254.169.254/", "https://2130706433/",
    "https://0x7f.1/", "https://", "hooks.example", "", " ", "https://hooks.example/a b", "https://hooks.example/\n",
    "https://hooks.example/\u202e", "javascript:alert(1)", "https://hooks.example:0/", "https://hooks.example:99999/",
    "https://hooks.example/\0", "https://[fd00::1]/", "object://films/a.mp4", "data:text/plain,x",
    "https://hooks.example/" + "a" * 9000, 7, True, {"href": URL}, [URL], None,
])  # fmt: skip
async def test_a_url_that_leads_where_we_do_not_go_is_refused(house: House, url: object) -> None:
    who = await house.customer(0)
    assert "url" in violations(await ask(house, who, "POST", WEBHOOKS, {"url": url}))
    assert (await ask(house, who, "GET", WEBHOOKS)).json()["data"] == []


@pytest.mark.parametrize("events", [
    [], ["succeeded"], ["task.done"], ["task.succeeded", "task.*"], [None], [7], [["task.failed"]], "task.failed", {},
    ["task.succeeded\0"], ["TASK.SUCCEEDED"], 3, False,
])  # fmt: skip
async def test_events_that_are_none_are_refused(house: House, events: object) -> None:
    who = await house.customer(0)
    assert set(violations(await ask(house, who, "POST", WEBHOOKS, {"url": URL, "events": events}))) == {"events"}


async def test_everything_that_is_wrong_is_told_at_once(house: House) -> None:
    who = await house.customer(0)
    body = {"url": "http://10.0.0.1", "events": ["x"], "description": "a" * 501, "Url": URL, "disabled": True}
    assert violations(await ask(house, who, "POST", WEBHOOKS, body)) == {
        "url": "scheme", "events": "choice", "description": "length", "Url": "unknown", "disabled": "unknown",
    }  # fmt: skip
    path = f"{WEBHOOKS}/{(await added(house, who))['id']}"
    body = {"url": 7, "events": "x", "description": ["a"], "disabled": "yes", "id": "wh_1"}
    assert violations(await ask(house, who, "PATCH", path, body)) == {
        "url": "type", "events": "type", "description": "type", "disabled": "type", "id": "unknown",
    }  # fmt: skip


@pytest.mark.parametrize("body", [
    b"", b"[]", b"null", b'"x"', b"{", b'{"url": "\xff"}', b"{}{}", b'{"a":' + b"[" * 60_000, b"7", b'{"url":\x00}',
    b'{"url": "https://hooks.example/\\ud800"}',
])  # fmt: skip
async def test_what_is_no_object_is_refused(house: House, body: bytes) -> None:
    who = await house.customer(0)
    path = f"{WEBHOOKS}/{(await added(house, who))['id']}"
    for method, door in (("POST", WEBHOOKS), ("PATCH", path)):
        answer = await house.client.request(method, door, content=body, headers=who.headers)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["code"] in ("bad_request", "rules_broken")
    for door in (f"{SECRET}/rotate", f"{DELIVERIES}/replay"):
        answer = await house.client.post(door, content=body, headers=who.headers)
        # Nothing at all is something to say here: that nothing special is wanted.
        assert answer.status_code == (400 if body else 202 if "replay" in door else 200), answer.text


async def test_a_body_without_end_is_refused(house: House) -> None:
    who = await house.customer(0)
    answer = await house.client.post(WEBHOOKS, content=b" " * 100_000, headers=who.headers)
    assert answer.status_code == 413


async def test_an_account_has_so_many_endpoints_and_no_more(house: House) -> None:
    who = await house.customer(0)
    answers = await asyncio.gather(
        *(ask(house, who, "POST", WEBHOOKS, {"url": URL}) for _ in range(MOST_ENDPOINTS + 5))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * MOST_ENDPOINTS + [400] * 5
    # Also beside what else is wrong.
    refused = await ask(house, who, "POST", WEBHOOKS, {"url": URL, "events": []})
    assert violations(refused) == {"url": "count", "events": "choice"}
    assert str(MOST_ENDPOINTS) in refused.text


async def test_every_door_wants_a_key(house: House) -> None:
    for method, path in (
        ("GET", WEBHOOKS), ("POST", WEBHOOKS), ("GET", f"{WEBHOOKS}/{NO_WEBHOOK}"),
        ("PATCH", f"{WEBHOOKS}/{NO_WEBHOOK}"), ("DELETE", f"{WEBHOOKS}/{NO_WEBHOOK}"),
        ("GET", SECRET), ("POST", f"{SECRET}/rotate"), ("GET", DELIVERIES),
        ("GET", f"{DELIVERIES}/{NO_DELIVERY}"), ("POST", f"{DELIVERIES}/{NO_DELIVERY}/replay"),
        ("POST", f"{DELIVERIES}/replay"),
    ):  # fmt: skip
        for headers in ({}, {"Authorization": "Bearer fg_live_nobody"}):
            answer = await house.client.request(method, path, headers=headers)
            assert answer.status_code == 401, (method, path)
            assert answer.json()["error"]["code"] == "unauthenticated"


async def test_an_id_that_is_none_is_not_found(house: House) -> None:
    who = await house.customer(0)
    for text in (NO_WEBHOOK, "x", "%00", "%ff", "é" * 300, "'", "wh_" + "z" * 22, "dlv_1", "secrets"):
        assert_not_found(await ask(house, who, "GET", f"{WEBHOOKS}/{text}"))
        assert_not_found(await ask(house, who, "DELETE", f"{WEBHOOKS}/{text}"))
        assert_not_found(await ask(house, who, "PATCH", f"{WEBHOOKS}/{text}", {}))
    for text in (NO_DELIVERY, "x", "%00", "%ff", "é" * 300, "wh_" + "0" * 22):
        assert_not_found(await ask(house, who, "GET", f"{DELIVERIES}/{text}"))
        assert_not_found(await ask(house, who, "POST", f"{DELIVERIES}/{text}/replay"))


async def test_the_secret_is_no_id_and_a_method_that_is_none_is_told_so(house: House) -> None:
    who = await house.customer(0)
    assert (await ask(house, who, "GET", f"{SECRET}/")).json()["object"] == "webhook_secret"
    for method, path, allowed in (
        ("DELETE", SECRET, "GET"), ("PATCH", WEBHOOKS, "POST"), ("GET", f"{DELIVERIES}/replay", "POST"),
        ("PUT", f"{WEBHOOKS}/{NO_WEBHOOK}", "PATCH"),
    ):  # fmt: skip
        answer = await ask(house, who, method, path)
        assert answer.status_code == 405, (method, path)
        assert allowed in answer.headers["allow"]


async def test_the_secret_stays_until_it_is_rotated(house: House) -> None:
    who, other = await house.customer(0), await house.customer(0)
    first = (await ask(house, who, "GET", SECRET)).json()
    assert list(first) == ["object", "secret", "created_at", "previous"]
    assert first["secret"].startswith("whsec_")
    assert (await ask(house, who, "GET", SECRET)).json() == first
    rotated = (await ask(house, who, "POST", f"{SECRET}/rotate")).json()
    assert rotated["secret"] != first["secret"]
    [previous] = rotated["previous"]
    assert previous["secret"] == first["secret"]
    hours = datetime.fromisoformat(previous["expires_at"]) - datetime.fromisoformat(rotated["created_at"])
    assert hours.total_seconds() == 24 * 3600
    assert (await ask(house, who, "GET", SECRET)).json() == rotated
    leaked = (await ask(house, who, "POST", f"{SECRET}/rotate", {"overlap_hours": 0})).json()
    assert [each["secret"] for each in leaked["previous"]] == [first["secret"]]
    assert (await ask(house, other, "GET", SECRET)).json()["secret"] not in json.dumps(leaked)


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "24", True, [1], 10**30])
async def test_an_overlap_that_is_none_is_refused(house: House, hours: object) -> None:
    who = await house.customer(0)
    before = (await ask(house, who, "GET", SECRET)).json()
    refused = await ask(house, who, "POST", f"{SECRET}/rotate", {"overlap_hours": hours})
    assert set(violations(refused)) == {"overlap_hours"}
    assert (await ask(house, who, "GET", SECRET)).json() == before


async def test_too_many_rotations_wait_for_each_other(house: House) -> None:
    who = await house.customer(0)
    await ask(house, who, "GET", SECRET)
    for _ in range(MOST_OLD_SECRETS):
        assert (await ask(house, who, "POST", f"{SECRET}/rotate")).status_code == 200
    refused = await ask(house, who, "POST", f"{SECRET}/rotate")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")


async def test_a_delivery_is_shown_with_its_attempts(house: House) -> None:
    who = await house.customer()
    endpoint = await added(house, who, events=["task.succeeded"])
    [task] = await told(house, who)
    own, other = sorted(await listed(house, who), key=lambda each: each["webhook_id"] is not None)
    assert list(own) == [
        "object", "id", "message_id", "event", "task_id", "webhook_id", "url", "state", "attempt_count", "http_status",
        "error", "created_at", "next_at", "ended_at",
    ]  # fmt: skip
    assert own["message_id"] == other["message_id"] == message_id(task.id, "succeeded")
    assert (own["webhook_id"], other["webhook_id"]) == (None, endpoint["id"])
    assert (own["event"], own["state"], own["attempt_count"]) == ("task.succeeded", "waiting", 0)
    assert own["task_id"] == house.services.dialects.native.show_id(task.id)
    detail = (await ask(house, who, "GET", f"{DELIVERIES}/{own['id']}")).json()
    assert detail == own | {"attempts": []}


async def test_pages_follow_each_other_and_belong_to_their_account(house: House) -> None:
    who, stranger = await house.customer(), await house.customer()
    await told(house, who, 7)
    seen, cursor = [], ""
    for size in (3, 3, 1):
        page = (await ask(house, who, "GET", DELIVERIES, limit=3, cursor=cursor)).json()
        assert len(page["data"]) == size
        seen += page["data"]
        last, cursor = cursor, page["next_cursor"]
    assert cursor is None
    assert [each["url"] for each in seen] == [f"https://hooks.example/{number}" for number in reversed(range(7))]
    for whose, text in ((stranger, last), (who, last[:-2] + "xx"), (who, "x"), (who, "💥"), (who, last * 10)):
        refused = await ask(house, whose, "GET", DELIVERIES, cursor=text)
        assert violations(refused) == {"cursor": "bad_request"}


async def test_a_filter_shows_what_it_says(house: House) -> None:
    who = await house.customer()
    endpoint = await added(house, who, events=["task.queued"])
    first, second = await told(house, who, 2)
    native = house.services.dialects.native
    assert len(await listed(house, who)) == 4
    assert len(await listed(house, who, event="task.queued")) == 2
    assert len(await listed(house, who, webhook_id=endpoint["id"])) == 2
    assert len(await listed(house, who, task_id=native.show_id(first.id))) == 2
    [only] = await listed(house, who, task_id=str(second.id), event="task.succeeded", state="waiting")
    assert only["url"] == "https://hooks.example/1"
    assert await listed(house, who, state="dead") == []
    assert await listed(house, who, created_before="2000-01-01T00:00:00Z") == []
    assert len(await listed(house, who, created_from="2000-01-01T00:00:00+08:00", state="", event="")) == 4


@pytest.mark.parametrize(("name", "value"), [
    ("state", "gone"), ("state", "DEAD"), ("event", "succeeded"), ("event", "task.\0"), ("task_id", "x"),
    ("task_id", "req_" + "0" * 22), ("webhook_id", "1"), ("webhook_id", "task_" + "0" * 22), ("limit", "0"),
    ("limit", "101"), ("limit", "-1"), ("limit", "many"), ("limit", "1e9"), ("limit", "9" * 400),
    ("created_from", "yesterday"), ("created_from", "2026-01-31"), ("created_from", "2026-01-31T12:00:00"),
    ("created_before", "0001-01-01T00:00:00+23:00"), ("created_before", "9999-12-31T23:59:59-23:00"),
    ("created_before", "2026-13-01T00:00:00Z"),
])  # fmt: skip
async def test_a_filter_that_is_none_is_refused(house: House, name: str, value: str) -> None:
    who = await house.customer(0)
    assert set(violations(await ask(house, who, "GET", DELIVERIES, **{name: value}))) == {name}


async def test_a_filter_that_nobody_knows_or_that_comes_twice_is_refused(house: House) -> None:
    who = await house.customer(0)
    assert violations(await ask(house, who, "GET", DELIVERIES, stat="dead")) == {"stat": "unknown"}
    twice = await ask(house, who, "GET", f"{DELIVERIES}?state=dead&state=waiting")
    assert violations(twice) == {"state": "count"}


async def test_a_time_may_have_a_plus_sign_that_nobody_escaped(house: House) -> None:
    who = await house.customer()
    await told(house, who)
    assert (
        len((await ask(house, who, "GET", f"{DELIVERIES}?created_from=2000-01-01T00:00:00+08:00")).json()["data"]) == 1
    )


async def test_every_event_can_be_asked_for(house: House) -> None:
    who = await house.customer()
    await added(house, who, events=[event_name(status) for status in STATUSES])
    await house.finished(await house.ordered(who, "native"))
    found = {status: len(await listed(house, who, event=event_name(status))) for status in STATUSES}
    assert found == {status: int(status in ("queued", "running", "saving", "succeeded")) for status in STATUSES}


async def test_a_cursor_is_good_for_the_filter_that_it_was_given_for(house: House) -> None:
    who = await house.customer()
    await told(house, who, 3)
    cursor = (await ask(house, who, "GET", DELIVERIES, limit=1, state="waiting")).json()["next_cursor"]
    assert (await ask(house, who, "GET", DELIVERIES, limit=2, state="waiting", cursor=cursor)).status_code == 200
    for other in ({}, {"state": "dead"}, {"state": "waiting", "event": "task.succeeded"}):
        refused = await ask(house, who, "GET", DELIVERIES, cursor=cursor, **other)
        assert violations(refused) == {"cursor": "bad_request"}


async def test_everything_that_is_wrong_with_a_filter_is_told_at_once(house: House) -> None:
    who = await house.customer(0)
    wrong = {"state": "x", "event": "x", "task_id": "x", "webhook_id": "x", "created_from": "x", "created_before": "x"}
    assert set(violations(await ask(house, who, "GET", DELIVERIES, **wrong, limit="x"))) == {*wrong, "limit"}
    refused = await ask(house, who, "POST", f"{DELIVERIES}/replay", {**dict.fromkeys(wrong, 7), "limit": 3})
    assert set(violations(refused)) == {*wrong, "limit"}


async def test_a_delivery_is_replayed_by_hand(house: House) -> None:
    who = await house.customer()
    await told(house, who)
    await make_dead(house, who)
    [dead] = await listed(house, who, state="dead")
    answer = await ask(house, who, "POST", f"{DELIVERIES}/{dead['id']}/replay")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert [each["id"] for each in await listed(house, who, state="waiting")] == [dead["id"]]


async def test_nobody_replays_what_is_another_accounts(house: House) -> None:
    owner, stranger = await house.customer(), await house.customer()
    await told(house, owner)
    await make_dead(house, owner)
    [dead] = await listed(house, owner)
    assert_not_found(await ask(house, stranger, "GET", f"{DELIVERIES}/{dead['id']}"))
    assert_not_found(await ask(house, stranger, "POST", f"{DELIVERIES}/{dead['id']}/replay"))
    replayed = await ask(house, stranger, "POST", f"{DELIVERIES}/replay", {"task_id": dead["task_id"]})
    assert (replayed.status_code, replayed.json()["count"]) == (202, 0)
    assert await listed(house, owner) == [dead]


async def test_many_are_replayed_by_what_they_are(house: House) -> None:
    who = await house.customer()
    tasks = await told(house, who, 4)
    await make_dead(house, who)
    native = house.services.dialects.native
    one = await ask(house, who, "POST", f"{DELIVERIES}/replay", {"task_id": native.show_id(tasks[0].id)})
    assert one.json() == {"object": "replay", "count": 1, "next_cursor": None}
    none = await ask(house, who, "POST", f"{DELIVERIES}/replay", {"state": "delivered"})
    assert none.json()["count"] == 0
    # Without a word: all that are dead.
    assert (await ask(house, who, "POST", f"{DELIVERIES}/replay")).json()["count"] == 3
    assert len(await listed(house, who, state="waiting")) == 4


async def test_more_than_one_call_takes_are_replayed_call_by_call(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_REPLAYED_AT_ONCE", 2)
    who, stranger = await house.customer(), await house.customer()
    await told(house, who, 5)
    await make_dead(house, who)
    counts: list[int] = []
    cursor = None
    while not counts or cursor is not None:
        answer = (await ask(house, who, "POST", f"{DELIVERIES}/replay", {"cursor": cursor})).json()
        counts.append(answer["count"])
        cursor = answer["next_cursor"]
        if cursor is not None:
            refused = await ask(house, stranger, "POST", f"{DELIVERIES}/replay", {"cursor": cursor})
            assert violations(refused) == {"cursor": "bad_request"}
            refused = await ask(house, who, "POST", f"{DELIVERIES}/replay", {"cursor": cursor, "state": "delivered"})
            assert violations(refused) == {"cursor": "bad_request"}
            # Nor is it one for the list.
            assert violations(await ask(house, who, "GET", DELIVERIES, cursor=cursor)) == {"cursor": "bad_request"}
    assert counts == [2, 2, 1]
    assert await listed(house, who, state="dead") == []


async def test_what_has_no_endpoint_any_more_is_not_replayed(house: House) -> None:
    who = await house.customer()
    endpoint = await added(house, who, events=["task.queued"])
    await house.ordered(who, "jimmy")
    await make_dead(house, who)
    [dead] = await listed(house, who)
    await ask(house, who, "DELETE", f"{WEBHOOKS}/{endpoint['id']}")
    refused = await ask(house, who, "POST", f"{DELIVERIES}/{dead['id']}/replay")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")


async def test_every_event_that_the_document_names_can_be_asked_for(house: House) -> None:
    who = await house.customer(0)
    names = [event_name(status) for status in STATUSES]
    assert (await added(house, who, events=names))["events"] == names
    document = (await house.client.get("/docs/openapi.json")).json()
    named = document["components"]["schemas"]["NativeNewWebhook"]["properties"]["events"]["items"]["enum"]
    assert sorted(names) == sorted(named)

"""From door to door: orders, queries, balances, lists, and who may see what."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs
from tests.api.api_helpers import (
    CREATE_PATHS,
    CREDIT,
    DIALECTS,
    LENGTHS,
    ORDERS,
    QUERY_PATHS,
    House,
    assert_refused,
    film_link,
    open_house,
    shown_id,
)

from filmgate.store.accounts import Limits
from filmgate.task import TaskError, failed


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("doors")) as house:
        yield house


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_order_is_accepted_and_found_again(house: House, dialect: str) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, dialect)
    assert (task.status, task.dialect, task.account_id) == ("queued", dialect, customer.account.id)
    answer = await house.query(customer, task)
    assert answer.status_code == 200
    assert house.dialect(dialect).show_id(task.id) in answer.text
    assert await house.services.db.value("SELECT count(*) FROM pgqueuer WHERE dedupe_key = $1", str(task.id)) == 1


async def test_the_answers_have_the_members_of_the_vendors(house: House) -> None:
    customer = await house.customer()
    jimmy = (await house.order(customer, "jimmy")).json()
    assert (list(jimmy), jimmy["code"], jimmy["msg"]) == (["code", "msg", "data"], 20000, "ok")
    assert list(jimmy["data"]) == ["task_id", "status", "model", "created_at", "cost"]
    assert list((await house.order(customer, "senseaudio")).json()) == ["task_id"]
    ink = (await house.order(customer, "ink")).json()
    assert list(ink) == ["success", "requestId", "status", "creditsCharged"]
    query = await house.client.get(QUERY_PATHS["ink"] + ink["requestId"], headers=customer.headers)
    assert list(query.json()) == [
        "success", "requestId", "status", "model", "prompt", "duration", "aspectRatio", "output", "error",
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_failed_order_is_a_successful_query(house: House, dialect: str) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, dialect)
    assert await house.services.tasks.apply(
        failed(task, TaskError("provider_error", "the lamp went out"), datetime.now(UTC))
    )
    answer = await house.query(customer, task)
    assert answer.status_code == 200
    assert "failed" in answer.text
    assert "the lamp went out" in answer.text


async def test_an_ink_order_is_cancelled_and_stays_so(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "ink")
    request_id = house.dialect("ink").show_id(task.id)
    path = f"{QUERY_PATHS['ink']}{request_id}/cancel"
    for _ in range(2):
        answer = await house.client.post(path, headers=customer.headers)
        assert answer.json() == {"success": True, "requestId": request_id, "status": "cancelled"}
    query = (await house.query(customer, task)).json()
    assert (query["status"], query["output"], query["error"]) == ("cancelled", None, None)
    assert (await house.services.accounts.balance(customer.account.id)).held == 0


async def test_a_finished_ink_order_is_not_cancelled(house: House) -> None:
    customer = await house.customer()
    task = await house.finished(await house.ordered(customer, "ink"))
    path = f"{QUERY_PATHS['ink']}{house.dialect('ink').show_id(task.id)}/cancel"
    answer = await house.client.post(path, headers=customer.headers)
    assert_refused("ink", answer, status=409, says="already succeeded")
    assert answer.json()["error"]["code"] == "invalid_state"


async def test_another_accounts_ink_order_is_not_cancelled(house: House) -> None:
    task = await house.ordered(await house.customer(), "ink")
    path = f"{QUERY_PATHS['ink']}{house.dialect('ink').show_id(task.id)}/cancel"
    stranger = await house.customer()
    assert_refused("ink", await house.client.post(path, headers=stranger.headers), status=404)
    assert (await house.task(task.id)).status == "queued"


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_another_accounts_order_is_not_there(house: House, dialect: str) -> None:
    task = await house.ordered(await house.customer(), dialect)
    assert_refused(dialect, await house.query(await house.customer(), task), status=404)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "text", ["x", "req_" + "0" * 22, "00000000-0000-7000-8000-000000000000", "%00", "%ff", "é" * 300, "'"]
)
async def test_an_id_that_is_none_is_not_found(house: House, dialect: str, text: str) -> None:
    customer = await house.customer(0)
    answer = await house.client.get(QUERY_PATHS[dialect] + text, headers=customer.headers)
    assert_refused(dialect, answer, status=404)


async def test_an_order_of_another_dialect_is_not_there(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "jimmy")
    foreign = house.dialect("ink").show_id(task.id)
    assert_refused("ink", await house.client.get(QUERY_PATHS["ink"] + foreign, headers=customer.headers), status=404)


async def test_a_status_query_without_an_id_is_told_so(house: House) -> None:
    customer = await house.customer(0)
    for path in ("/v1/video/status", "/v1/video/status?id=", "/v1/video/status?task_id=x", "/v1/video/status?&&=%"):
        assert_refused("senseaudio", await house.client.get(path, headers=customer.headers), status=400)


async def test_a_model_of_the_other_jimmy_path_is_shown_the_way(house: House) -> None:
    customer = await house.customer()
    there = "/api/open-api/v1/seedance25/videos"
    order = {"model": "seedance-2.5", "prompt": "A paper boat", "duration": 4}
    wrong = await house.client.post(CREATE_PATHS["jimmy"], json=order, headers=customer.headers)
    assert_refused("jimmy", wrong, says="/seedance25/videos")
    right = await house.client.post(there, json=order, headers=customer.headers)
    assert right.json()["data"]["model"] == "seedance-2.5"
    wrong = await house.client.post(there, json=ORDERS["jimmy"], headers=customer.headers)
    assert_refused("jimmy", wrong, says="/seedance/videos")


async def test_any_model_can_be_ordered_in_a_dialect_that_has_words_for_it(house: House) -> None:
    customer = await house.customer()
    assert (await house.order(customer, "ink", model="seedance2.0-md", resolution="720p")).status_code == 200
    jimmy = await house.order(customer, "jimmy", model="doubao-seedance-2-0-260128")
    assert jimmy.json()["code"] == 20000
    assert (await house.order(customer, "ink", model="seedance-2.5")).status_code == 200


async def test_balances_tell_what_an_order_holds(house: House) -> None:
    customer = await house.customer(100, quota=50)
    task = await house.ordered(customer, "jimmy")
    cost = task.quote.price_micros / CREDIT
    user = await house.client.get("/api/open-api/v1/user/balance", headers=customer.headers)
    assert user.json()["data"] == {"balance": 100, "used_coin": cost, "available": 100 - cost}
    key = await house.client.get("/api/open-api/v1/key/balance", headers=customer.headers)
    assert key.json()["data"] == {
        "name": "main", "total_quota": 50, "used_quota": cost, "available_quota": 50 - cost, "unlimited": False,
    }  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_too_little_money_is_refused_without_a_trace(house: House, dialect: str) -> None:
    customer = await house.customer(0)
    before = await house.traces(customer)
    assert_refused(dialect, await house.order(customer, dialect), status=402)
    assert await house.traces(customer) == before


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_key_cannot_spend_more_than_its_quota(house: House, dialect: str) -> None:
    customer = await house.customer(100_000, quota=1)
    before = await house.traces(customer)
    length = LENGTHS.get(dialect, "duration")
    answer = await house.order(customer, dialect, **{length: 15, "resolution": "1080p"})
    assert_refused(dialect, answer, status=429 if dialect == "ark" else 402)
    assert await house.traces(customer) == before


async def test_a_test_key_orders_for_nothing(house: House) -> None:
    customer = await house.customer(0, test=True)
    for dialect in DIALECTS:
        assert (await house.ordered(customer, dialect)).quote.price_micros == 0


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "wrong", "Bearer  {}", "{}", "Basic {}", "Bearer {} x", "Bearer", ""]
)
async def test_without_a_good_key_nobody_orders_or_asks(house: House, dialect: str, header: str | None) -> None:
    customer = await house.customer()
    headers = {} if header is None else {"Authorization": header.format(customer.secret)}
    create = await house.client.post(CREATE_PATHS[dialect], content=b"not even JSON", headers=headers)
    assert_refused(dialect, create, status=401)
    assert_refused(dialect, await house.client.get(QUERY_PATHS[dialect] + "x", headers=headers), status=401)


async def test_the_words_for_a_wrong_key_are_those_that_were_measured(house: House) -> None:
    none: dict[str, str] = {}
    wrong = {"Authorization": "Bearer wrong"}
    path = QUERY_PATHS["senseaudio"] + "x"
    assert (await house.client.get(path, headers=none)).json() == {
        "code": "authentication_error", "message": "invalid authorization",
    }  # fmt: skip
    assert (await house.client.get(path, headers=wrong)).json() == {
        "code": "authentication_error", "message": "incorrect API key provided",
    }  # fmt: skip
    for headers in (none, wrong):
        assert (await house.client.get(QUERY_PATHS["ink"] + "x", headers=headers)).json() == {
            "success": False, "error": {"code": "unauthorized", "message": "Invalid API key"},
        }  # fmt: skip


async def test_a_revoked_key_orders_nothing_more_though_it_was_just_seen(house: House) -> None:
    customer = await house.customer()
    await house.ordered(customer, "ink")
    await house.services.accounts.revoke_key(str(customer.key.id), datetime.now(UTC))
    before = await house.traces(customer)
    assert_refused("ink", await house.order(customer, "ink"), status=401)
    assert await house.traces(customer) == before


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_order_is_one_line_in_the_log_without_prompt_key_or_link(house: House, dialect: str) -> None:
    customer = await house.customer()
    with capture_logs() as logs:
        task = await house.ordered(customer, dialect, prompt="nobody's business")
        link = film_link(dialect, await house.query(customer, await house.finished(task)))
        assert (await house.client.get(link, headers=customer.headers)).status_code == 200
    assert [line["event"] for line in logs] == ["task.accepted"]
    for secret in (customer.secret, "business", "A paper boat", "signature"):
        assert secret not in str(logs)


async def test_the_price_catalogue_needs_no_key_and_can_be_searched(house: House) -> None:
    everything = (await house.client.get("/api/openapi/model/catalog")).json()["data"]["list"]
    mini = (await house.client.get("/api/openapi/model/catalog?search=MINI")).json()["data"]["list"]
    assert 0 < len(mini) < len(everything)
    assert (await house.client.get("/api/openapi/model/catalog?search=%00")).json()["data"]["list"] == []


async def test_models_are_listed_in_each_vendors_form(house: House) -> None:
    customer = await house.customer(0)
    assert_refused("senseaudio", await house.client.get("/v1/models?mode=video"), status=401)
    for query in ("?mode=", "?mode", "?mode=video", "?mode=%20VIDEO%20"):
        listed = (await house.client.get("/v1/models" + query, headers=customer.headers)).json()
        assert (listed["object"], listed["first_id"]) == ("list", "doubao-seedance-2-0-260128")
    none = (await house.client.get("/v1/models?mode=tts", headers=customer.headers)).json()
    assert (none["data"], none["first_id"], none["has_more"]) == ([], "", False)
    ink = (await house.client.get("/api/open/v1/models")).json()
    assert [model["id"] for model in ink["data"]][:3] == ["seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"]
    wrong = {"Authorization": "Bearer wrong"}
    assert_refused("ink", await house.client.get("/api/open/v1/models", headers=wrong), status=401)


async def test_models_without_a_mode_are_listed_as_openai_does(house: House) -> None:
    assert_refused("openai", await house.client.get("/v1/models"), status=401)
    customer = await house.customer(0)
    listed = (await house.client.get("/v1/models?limit=3", headers=customer.headers)).json()
    assert (list(listed), listed["object"]) == (["object", "data"], "list")
    assert all(list(model) == ["id", "object", "created", "owned_by"] for model in listed["data"])
    ids = [model["id"] for model in listed["data"]]
    assert ids == [offer.id for offer in house.services.catalogue.offers()]
    closed = await house.customer(0)
    await house.services.accounts.set_key(closed.key.id, Limits(models=("seedance-2.0",)), 0)
    listed = (await house.client.get("/v1/models", headers=closed.headers)).json()
    assert [model["id"] for model in listed["data"]] == ["seedance-2.0"]


async def test_every_answer_names_its_request(house: House) -> None:
    customer = await house.customer(0)
    own = {"X-Request-Id": "shot-7/take.2", **customer.headers}
    for path in ("/healthz", "/v1/models", "/v1/nowhere", "/files/x/y", "/nowhere"):
        assert (await house.client.get(path, headers=own)).headers["x-request-id"] == "shot-7/take.2"
        odd = await house.client.get(path, headers={"X-Request-Id": "a b <script>"})
        assert odd.headers["x-request-id"].isalnum()


async def test_a_head_is_a_get_without_its_body(house: House) -> None:
    for path in ("/healthz", "/readyz", "/docs", "/api/open/v1/models", "/api/openapi/model/catalog"):
        head, get = await house.client.head(path), await house.client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]


async def test_health_and_readiness(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await house.client.get("/healthz")).json() == {"status": "ok"}
    ready = await house.client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": "ok", "objects": "ok"})

    async def away() -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(house.services.db, "ping", away)
    away_answer = await house.client.get("/readyz")
    assert away_answer.status_code == 503
    assert away_answer.json() == {"status": "unavailable", "database": "unavailable", "objects": "ok"}
    assert (await house.client.get("/healthz")).status_code == 200


async def test_the_id_of_a_create_is_the_one_of_the_query(house: House) -> None:
    customer = await house.customer()
    for dialect in DIALECTS:
        identifier = shown_id(dialect, await house.order(customer, dialect))
        answer = await house.client.get(QUERY_PATHS[dialect] + identifier, headers=customer.headers)
        assert identifier in answer.text

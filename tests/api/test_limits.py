"""Limits at the doors: told in the caller's own dialect, and only to whom they concern."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from tests.api.api_helpers import CREATE_PATHS, DIALECTS, ORDERS, QUERY_PATHS, Customer, House, film_link, open_house

from filmgate.api.guesses import MOST_WRONG_KEYS
from filmgate.errors import Unavailable
from filmgate.store.accounts import Limits
from filmgate.store.requests import RequestCounts


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("limits")) as house:
        yield house


async def limited(house: House, **limits: Any) -> Customer:
    """A customer whose key has these limits."""
    customer = await house.customer()
    await house.services.accounts.set_key(customer.key.id, Limits(**limits), 0)
    return customer


async def until_refused(house: House, customer: Customer, path: str, most: int) -> tuple[int, httpx.Response]:
    """How many requests passed before the first one that was refused, and its answer."""
    for passed in range(most):
        answer = await house.client.get(path, headers=customer.headers)
        if answer.status_code == 429:
            return passed, answer
    raise AssertionError(f"{most} requests passed")


def assert_told(dialect: str, answer: httpx.Response) -> None:
    """The answer is the dialect's own 429, and says when to come back."""
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/json"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    body = answer.json()
    match dialect:
        case "jimmy":
            assert (list(body), body["code"], body["data"]) == (["code", "msg", "data"], -1, None)
        case "senseaudio":
            assert (body["code"], body["ref_code"]) == ("rate_limit_error", 429000)
        case "native":
            assert body["error"]["code"] == "rate_limited"
        case "ark":
            assert (body["error"]["code"], body["error"]["type"]) == ("AccountRateLimitExceeded", "TooManyRequests")
        case "openai":
            assert (body["error"]["code"], body["error"]["type"]) == ("rate_limit_exceeded", "rate_limit_error")
        case _:
            assert (body["success"], body["error"]["code"]) == (False, "rate_limited")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_who_sends_too_many_requests_is_told_in_their_dialect(house: House, dialect: str) -> None:
    customer = await limited(house, requests_per_minute=3)
    path = QUERY_PATHS[dialect] + "x"
    # A minute may begin in between, which gives three more.
    passed, answer = await until_refused(house, customer, path, 8)
    assert passed in (3, 4, 5, 6)
    assert_told(dialect, answer)
    before = await house.traces(customer)
    create = await house.client.post(CREATE_PATHS[dialect], json=ORDERS[dialect], headers=customer.headers)
    if create.status_code == 429:
        assert_told(dialect, create)
        assert await house.traces(customer) == before


async def test_the_limit_is_one_for_all_dialects(house: House) -> None:
    customer = await limited(house, requests_per_minute=4)
    answers = [
        (await house.client.get(QUERY_PATHS[dialect] + "x", headers=customer.headers)).status_code
        for _ in range(5)
        for dialect in DIALECTS
    ]
    assert answers.count(429) >= 15 - 2 * 4


async def test_doors_without_a_key_are_not_counted(house: House) -> None:
    customer = await limited(house, requests_per_minute=2)
    task = await house.finished(await house.ordered(customer, "ink"))
    link = film_link("ink", await house.query(customer, task))
    for _ in range(5):
        assert (await house.client.get(link)).status_code == 200
        assert (await house.client.get("/healthz", headers=customer.headers)).status_code == 200
        assert (await house.client.get("/api/openapi/model/catalog")).status_code == 200
    _, answer = await until_refused(house, customer, "/v1/models?mode=video", 5)
    assert_told("senseaudio", answer)
    assert (await house.client.get(link, headers=customer.headers)).status_code == 200


async def test_an_optional_key_is_counted_where_it_is_given(house: House) -> None:
    customer = await limited(house, requests_per_minute=2)
    await until_refused(house, customer, "/api/open/v1/models", 6)
    assert (await house.client.get("/api/open/v1/models")).status_code == 200


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_counts_that_cannot_be_kept_are_no_fault_of_ours(
    house: House, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> int:
        raise Unavailable("the database is away")

    customer, free = await limited(house, requests_per_minute=3), await house.customer()
    monkeypatch.setattr(RequestCounts, "lease", away)
    answer = await house.client.get(QUERY_PATHS[dialect] + "x", headers=customer.headers)
    assert answer.status_code == {"jimmy": 200, "senseaudio": 500}.get(dialect, 503)
    assert answer.headers["retry-after"]
    assert "internal error" not in answer.text
    assert (await house.client.get("/v1/models", headers=free.headers)).status_code == 200


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_who_tries_keys_out_is_told_to_stop_and_a_good_key_is_not(
    postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory, dialect: str
) -> None:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("guessed")) as house:
        customer = await house.customer()
        path = QUERY_PATHS[dialect] + "x"
        wrong = [
            await house.client.get(path, headers={"Authorization": f"Bearer guess-{number}"})
            for number in range(MOST_WRONG_KEYS + 3)
        ]
        assert {answer.status_code for answer in wrong[:MOST_WRONG_KEYS]} <= {200, 401}
        for answer in wrong[MOST_WRONG_KEYS:]:
            assert_told(dialect, answer)
        assert (await house.order(customer, dialect)).is_success


@pytest.mark.parametrize("whose", ["key", "account"])
async def test_only_models_that_are_open_to_the_caller_are_listed(house: House, whose: str) -> None:
    customer = await house.customer()
    limits = Limits(models=("doubao-seedance-2-0-260128", "seedance-2.0-fast"))
    if whose == "key":
        await house.services.accounts.set_key(customer.key.id, limits, 0)
    else:
        await house.services.accounts.set_account(customer.account.id, limits, None)
    openai = (await house.client.get("/v1/models", headers=customer.headers)).json()
    assert {model["id"] for model in openai["data"]} == {"doubao-seedance-2-0-260128", "seedance-2.0-fast"}
    senseaudio = (await house.client.get("/v1/models?mode=video", headers=customer.headers)).json()
    assert [model["id"] for model in senseaudio["data"]] == ["doubao-seedance-2-0-260128"]
    assert (senseaudio["first_id"], senseaudio["last_id"]) == ("doubao-seedance-2-0-260128",) * 2
    ink = (await house.client.get("/api/open/v1/models", headers=customer.headers)).json()
    assert [model["id"] for model in ink["data"]] == ["seedance-2.0-fast"]
    everything = (await house.client.get("/api/open/v1/models")).json()["data"]
    assert len(everything) > 1
    refused = await house.order(customer, "ink", model="seedance-2.0")
    assert refused.status_code == 400
    assert "not open" in refused.json()["error"]["message"]


async def test_a_model_must_be_open_to_key_and_account(house: House) -> None:
    customer = await house.customer()
    await house.services.accounts.set_key(customer.key.id, Limits(models=("seedance-2.0", "seedance-2.0-fast")), 0)
    await house.services.accounts.set_account(customer.account.id, Limits(models=("seedance-2.0-fast",)), None)
    ink = (await house.client.get("/api/open/v1/models", headers=customer.headers)).json()
    assert [model["id"] for model in ink["data"]] == ["seedance-2.0-fast"]


async def test_a_new_limit_holds_within_seconds_and_for_every_key_of_the_account(house: House) -> None:
    customer = await house.customer()
    assert (await house.client.get("/v1/models", headers=customer.headers)).status_code == 200
    await house.services.accounts.set_account(customer.account.id, Limits(requests_per_minute=1), None)
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while (await house.client.get("/v1/models", headers=customer.headers)).status_code == 200:
        assert datetime.now(UTC) < deadline
    kept = await house.services.accounts.key(customer.key.id)
    assert kept is not None
    assert msgspec.structs.replace(kept.account_limits, requests_per_minute=None) == Limits()

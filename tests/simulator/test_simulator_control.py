"""The simulator's own API."""

import httpx
import pytest
from tests.simulator.conftest import KEY, Simulate
from tests.simulator.simulator_customer import CLIENTS, Customer

from filmgate.simulator.lies import LIES
from filmgate.simulator.options import DialectName

each_dialect = pytest.mark.parametrize("dialect", CLIENTS)


@each_dialect
def test_the_summary_says_what_there_is(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, median_seconds=0.01), KEY)
    customer.made("boat")
    customer.simulated.change(median_seconds=60.0)
    customer.order("another boat", "key-2")
    summary = customer.simulated.control()
    assert (summary["dialect"], summary["base_url"]) == (dialect, customer.simulated.base_url)
    assert (summary["jobs"], summary["by_status"]) == (2, {"succeeded": 1, "running": 1})
    assert summary["charged"] == customer.simulated.jobs(prompt="boat")[0]["charged"] > 0


def test_jobs_are_found_by_what_was_ordered(simulate: Simulate) -> None:
    customer = Customer(simulate("ark"), KEY)
    first, second = customer.order("boat", "key-1"), customer.order("纸船", "key-2")
    simulated = customer.simulated
    assert [job["id"] for job in simulated.jobs()] == [first, second]
    assert [job["id"] for job in simulated.jobs(prompt="纸船")] == [second]
    assert [job["id"] for job in simulated.jobs(idempotency_key="key-1")] == [first]
    assert [job["id"] for job in simulated.jobs(id=first)] == [first]
    assert simulated.jobs(id=first, prompt="纸船") == []
    assert len(simulated.control("/jobs", limit="1")["jobs"]) == 1
    assert simulated.control("/jobs", limit="1")["total"] == 2


def test_counts_prove_how_many_jobs_one_create_made(simulate: Simulate) -> None:
    customer = Customer(simulate("ark"), KEY)
    for key in ("key-1", "key-2", "key-1"):
        customer.order("boat", key)
    assert customer.simulated.control("/counts") == {"jobs": 3, "most": 2, "counts": {"key-1": 2, "key-2": 1}}
    assert customer.simulated.control("/counts", by="prompt") == {"jobs": 3, "most": 3, "counts": {"boat": 3}}
    customer.simulated.reset()
    assert customer.simulated.control("/counts") == {"jobs": 0, "most": 0, "counts": {}}


def test_calls_are_counted_by_door_and_answer(simulate: Simulate) -> None:
    customer = Customer(simulate("ark", median_seconds=0.01), KEY)
    report = customer.made("boat")
    customer.fetch(report)
    with pytest.raises(httpx.RemoteProtocolError):
        customer.order("boat [[lie:lost-answer]]")
    customer.send(customer.client.query("cgt-none"))
    customer.send(customer.client.list())
    calls = customer.simulated.control("/calls")
    assert (calls["create"], calls["list"], calls["film"]) == ({"200": 1, "none": 1}, {"200": 1}, {"200": 1})
    assert calls["query"]["404"] == 1


def test_lies_are_listed(simulate: Simulate) -> None:
    assert tuple(simulate("ark").control("/lies")) == LIES


def test_settings_change_what_comes_and_not_what_is(simulate: Simulate) -> None:
    customer = Customer(simulate("ark", median_seconds=60.0), KEY)
    before = customer.order("boat")
    customer.simulated.change(median_seconds=0.01, lies={"no-link": 1})
    assert customer.made("another boat").film_url is None
    assert customer.ask(before).state == "running"
    settings = customer.simulated.control("/settings")
    assert (settings["median_seconds"], settings["lies"]) == (0.01, {"no-link": 1.0})
    assert not {"key", "webhook_secret"} & settings.keys()


def test_a_limit_can_be_set_while_jobs_run(simulate: Simulate) -> None:
    customer = Customer(simulate("ink", median_seconds=60.0), KEY)
    customer.order("boat")
    customer.simulated.change(max_running=1)
    assert customer.send(customer.create_call("another boat")).status == 429
    customer.simulated.change(max_running=2)
    customer.order("another boat")


@each_dialect
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"speed":0}', b'{"speed":"x"}', b'{"dialect":"ink"}', b'{"lies":{"x":1}}']
)
def test_settings_that_make_no_sense_are_refused(dialect: DialectName, body: bytes, simulate: Simulate) -> None:
    simulated = simulate(dialect)
    before = simulated.control("/settings")
    answer = simulated.http.patch(f"{simulated.origin}/simulator/settings", content=body)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert simulated.control("/settings") == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/jobs?limit=-1", 400),
        ("/jobs?limit=x", 400),
        ("/jobs?limit=99999999999999999999", 400),
        ("/jobs?limit=%E0%A5%A7", 400),
        ("/jobs?limit=", 400),
        ("/counts?by=model", 400),
    ],
)
def test_a_wrong_question_is_told_so(path: str, status: int, simulate: Simulate) -> None:
    simulated = simulate("jimmy")
    answer = simulated.http.get(f"{simulated.origin}/simulator{path}")
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_the_control_api_goes_on_in_a_storm(simulate: Simulate) -> None:
    customer = Customer(simulate("ark", storm_seconds=60.0), KEY)
    assert customer.send(customer.create_call("boat [[lie:429-storm]]")).status == 429
    assert customer.simulated.control()["jobs"] == 0
    customer.simulated.reset()
    customer.order("boat")

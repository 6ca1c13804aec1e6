"""Every lie does what it says, seen by a client half over real HTTP."""

import time

import av.error
import httpx
import pytest
from tests.simulator.conftest import KEY, Simulate
from tests.simulator.film_facts import facts_of
from tests.simulator.simulator_customer import CLIENTS, Customer, until

from filmgate.dialects.client import Report
from filmgate.errors import Fault, UpstreamFailed
from filmgate.simulator.lies import LIES, MEANINGS
from filmgate.simulator.options import DialectName

pytestmark = pytest.mark.long

each_dialect = pytest.mark.parametrize("dialect", CLIENTS)


def refused(customer: Customer, prompt: str) -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as raised:
        customer.order(prompt)
    return raised.value


def fault_of(customer: Customer, vendor_id: str) -> Fault:
    with pytest.raises(UpstreamFailed) as raised:
        customer.ask(vendor_id)
    return raised.value.fault


def only_id(customer: Customer) -> str:
    """The id of the one job there is, as only the control API tells it."""
    (job,) = customer.simulated.jobs()
    return str(job["id"])


def test_every_lie_has_a_meaning() -> None:
    assert tuple(MEANINGS) == LIES


# --- the create call -------------------------------------------------------------------


@each_dialect
def test_lost_answer(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    with pytest.raises(httpx.RemoteProtocolError):
        customer.order("boat [[lie:lost-answer]]")
    customer.wait_for(only_id(customer), "succeeded")


@each_dialect
def test_timeout(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    with pytest.raises(httpx.ReadTimeout):
        customer.send(customer.create_call("boat [[lie:timeout]]"), timeout=0.3)
    customer.wait_for(only_id(customer), "succeeded")


@each_dialect
@pytest.mark.parametrize("lie", ["500-after-accept", "garbage-after-accept"])
def test_an_order_that_was_accepted_and_answered_badly_is_in_doubt(
    dialect: DialectName, lie: str, simulate: Simulate
) -> None:
    customer = Customer(simulate(dialect), KEY)
    assert refused(customer, f"boat [[lie:{lie}]]").fault == "unclear"
    customer.wait_for(only_id(customer), "succeeded")


@each_dialect
def test_502_before_accept(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    error = refused(customer, "boat [[lie:502-before-accept]]")
    assert (error.fault, error.http_status) == ("unclear", 502)
    assert customer.simulated.jobs() == []
    customer.order("boat [[lie:502-before-accept]]")


@each_dialect
def test_429_storm(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, storm_seconds=2.0), KEY)
    vendor_id = customer.order("boat")
    error = refused(customer, "another boat [[lie:429-storm]]")
    assert (error.fault, error.http_status, error.retry_after_seconds) == ("busy", 429, 2.0)
    assert fault_of(customer, vendor_id) == "busy"
    assert len(customer.simulated.jobs()) == 1
    time.sleep(2.0)
    customer.ask(vendor_id)
    customer.order("another boat [[lie:429-storm]]")


@each_dialect
def test_429_storm_bare(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    error = refused(customer, "boat [[lie:429-storm-bare]]")
    assert (error.fault, error.http_status, error.retry_after_seconds) == ("busy", 429, None)


@each_dialect
def test_slow(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    for act in (lambda: customer.order("boat [[lie:slow]]"), lambda: customer.ask(only_id(customer))):
        began = time.monotonic()
        act()
        assert time.monotonic() - began >= 0.5


# --- questions -------------------------------------------------------------------------


@each_dialect
def test_garbage(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, median_seconds=5.0), KEY)
    vendor_id = customer.order("boat [[lie:garbage]]")
    for _ in range(2):
        assert fault_of(customer, vendor_id) in ("unclear", "vendor")
    assert customer.ask(vendor_id).state == "running"


@each_dialect
def test_unknown_word(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, median_seconds=0.6), KEY)
    vendor_id = customer.order("boat [[lie:unknown-word]]")
    assert customer.ask(vendor_id).state == "running"
    report = customer.wait_for(vendor_id, "unknown")
    assert (report.word, report.film_url) == ("reviewing", None)
    customer.wait_for(vendor_id, "running")
    customer.wait_for(vendor_id, "succeeded")


@pytest.mark.parametrize("dialect", ["ark", "openai"])
def test_unknown_word_in_a_list(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, median_seconds=1.5), KEY)
    lying, honest = customer.order("boat [[lie:unknown-word]]"), customer.order("boat")
    customer.wait_for(lying, "unknown")
    page = customer.client.listed(customer.send(customer.client.list()))
    assert {report.vendor_id: report.state for report in page.reports} == {lying: "unknown", honest: "running"}


@each_dialect
def test_forgets(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, median_seconds=0.01), KEY)
    vendor_id = customer.order("boat [[lie:forgets]]")
    assert fault_of(customer, vendor_id) == "missing"
    listing = customer.client.list()
    assert listing is None or customer.client.listed(customer.send(listing)).reports == []
    (job,) = until(customer.simulated.jobs, lambda jobs: jobs[0]["status"] == "succeeded")
    assert job["charged"] > 0


# --- its life --------------------------------------------------------------------------


@each_dialect
def test_stuck(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, speed=1_000_000.0), KEY)
    vendor_id = customer.order("boat [[lie:stuck]]")
    time.sleep(0.3)
    assert customer.ask(vendor_id).state == "running"
    assert customer.simulated.jobs()[0]["ends_at"] is None


@each_dialect
def test_fail(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    report = customer.wait_for(customer.order("boat [[lie:fail]]"), "failed", "succeeded")
    assert (report.state, report.failure.reason if report.failure else None) == ("failed", "provider_error")
    assert customer.simulated.jobs()[0]["charged"] == 0


@each_dialect
def test_moderation_after_render(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    vendor_id = customer.order("boat [[lie:moderation-after-render]]")
    while (report := customer.ask(vendor_id)).state == "running":
        reached = report.progress
    assert (report.state, report.failure.reason if report.failure else None) == ("failed", "content_rejected")
    assert reached is None or reached > 50


@each_dialect
def test_late_success(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    vendor_id = customer.order("boat [[lie:late-success]]")
    customer.wait_for(vendor_id, "failed")
    report = customer.wait_for(vendor_id, "succeeded")
    assert customer.fetch(report).status_code == 200
    assert customer.simulated.jobs()[0]["charged"] > 0


@pytest.mark.parametrize("dialect", ["ink", "ark", "openai"])
def test_lies_about_cancel(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    vendor_id = customer.order("boat [[lie:lies-about-cancel]]")
    assert customer.cancel(vendor_id).state == "cancelled"
    assert customer.ask(vendor_id).state == "running"
    customer.wait_for(vendor_id, "succeeded")
    (job,) = customer.simulated.jobs()
    assert not job["cancelled"]
    assert job["charged"] > 0


# --- its film --------------------------------------------------------------------------


def film_of(dialect: DialectName, lie: str, simulate: Simulate) -> tuple[Customer, Report]:
    customer = Customer(simulate(dialect, median_seconds=0.01), KEY)
    return customer, customer.made(f"boat [[lie:{lie}]]")


@each_dialect
def test_no_link(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = film_of(dialect, "no-link", simulate)
    if dialect == "openai":
        # Its films have no link: they are fetched below the video's own address.
        assert customer.fetch(report).status_code == 404
    else:
        assert report.film_url is None


@each_dialect
def test_html_link(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = film_of(dialect, "html-link", simulate)
    answer = customer.fetch(report)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@each_dialect
def test_dead_link(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = film_of(dialect, "dead-link", simulate)
    untried = customer.ask(report.vendor_id)
    assert untried.film_url == report.film_url
    for _ in range(2):
        assert customer.fetch(report).status_code in (403, 404)
    fresh = customer.ask(report.vendor_id)
    assert facts_of(customer.fetch(fresh).content).frames == 96
    if dialect != "openai":
        assert customer.fetch(report).status_code in (403, 404)
    assert customer.ask(report.vendor_id).film_url == fresh.film_url


@each_dialect
def test_truncated(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = film_of(dialect, "truncated", simulate)
    answer = customer.fetch(report)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(av.error.InvalidDataError):
        facts_of(answer.content)


@each_dialect
def test_cut(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = film_of(dialect, "cut", simulate)
    headers = {"Authorization": f"Bearer {KEY}"}
    received = b""
    with customer.simulated.http.stream("GET", customer.whole(report.film_url or ""), headers=headers) as answer:
        size_bytes = int(answer.headers["content-length"])
        with pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012  What came before is needed.
            for piece in answer.iter_raw():
                received += piece
    assert len(received) == size_bytes // 2
    rest = customer.fetch(report, Range=f"bytes={len(received)}-")
    assert (rest.status_code, len(received) + len(rest.content)) == (206, size_bytes)
    assert facts_of(received + rest.content).frames == 96


@each_dialect
def test_wrong_length(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = film_of(dialect, "wrong-length", simulate)
    assert facts_of(customer.fetch(report).content)[:3] == (864, 496, 72)


@each_dialect
def test_wrong_size(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = film_of(dialect, "wrong-size", simulate)
    assert facts_of(customer.fetch(report).content)[:3] == (432, 248, 96)


@each_dialect
def test_huge_film(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = film_of(dialect, "huge-film", simulate)
    answer = customer.fetch(report)
    assert int(answer.headers["content-length"]) == len(answer.content) == 3_000_000
    assert facts_of(answer.content).frames == 96


# --- how lies are asked for ------------------------------------------------------------


def test_rates_lie_to_about_as_many_orders_as_they_say(simulate: Simulate) -> None:
    customer = Customer(simulate("ark", lies={"fail": 0.5}), KEY)
    for number in range(60):
        customer.order(f"boat {number}")
    lying = sum(job["lies"] == ["fail"] for job in customer.simulated.jobs())
    assert 15 <= lying <= 45


def test_a_rate_of_one_refuses_the_same_order_again_and_again(simulate: Simulate) -> None:
    customer = Customer(simulate("ark", lies={"502-before-accept": 1.0}), KEY)
    for _ in range(3):
        assert refused(customer, "boat").http_status == 502
    assert customer.simulated.jobs() == []


@each_dialect
def test_a_word_that_is_no_lie_is_refused(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    error = refused(customer, "boat [[lie:lost-answers]]")
    assert error.fault == "order"
    assert customer.simulated.jobs() == []


def test_an_order_may_meet_several_lies(simulate: Simulate) -> None:
    customer = Customer(simulate("ark", median_seconds=0.01), KEY)
    refused(customer, "boat [[lie:500-after-accept]] [[lie:no-link]] [[lie:garbage]]")
    vendor_id = only_id(customer)
    assert customer.simulated.jobs()[0]["lies"] == ["500-after-accept", "garbage", "no-link"]
    assert [fault_of(customer, vendor_id) for _ in range(2)] == ["unclear", "unclear"]
    assert customer.wait_for(vendor_id, "succeeded").film_url is None

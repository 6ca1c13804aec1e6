"""Films as any file server has them, and links that end."""

import socket
import time

import httpx
import psutil
import pytest
from tests.simulator.conftest import KEY, Simulate
from tests.simulator.simulator_customer import CLIENTS, Customer, until

from filmgate.dialects.client import Report
from filmgate.simulator.options import DialectName

each_dialect = pytest.mark.parametrize("dialect", CLIENTS)


def made(dialect: DialectName, simulate: Simulate, prompt: str = "boat", **settings: object) -> tuple[Customer, Report]:
    customer = Customer(simulate(dialect, median_seconds=0.01, **settings), KEY)
    return customer, customer.made(prompt)


@each_dialect
def test_any_part_of_a_film_can_be_had(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = made(dialect, simulate)
    whole = customer.fetch(report)
    assert whole.headers["accept-ranges"] == "bytes"
    size_bytes = len(whole.content)
    for span, part in (("0-9", slice(0, 10)), ("100-", slice(100, None)), ("-5", slice(-5, None))):
        answer = customer.fetch(report, Range=f"bytes={span}")
        assert (answer.status_code, answer.content) == (206, whole.content[part])
        assert answer.headers["content-range"].endswith(f"/{size_bytes}")
    assert customer.fetch(report, Range=f"bytes={size_bytes}-").status_code == 416
    assert customer.fetch(report, Range="bytes=0-9", **{"If-Range": '"other"'}).status_code == 200
    assert customer.fetch(report, Range="bytes=0-9", **{"If-Range": whole.headers["etag"]}).status_code == 206
    assert customer.fetch(report, **{"If-None-Match": whole.headers["etag"]}).status_code == 304


@each_dialect
def test_a_head_tells_the_length_and_sends_nothing(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = made(dialect, simulate, "boat [[lie:huge-film]]", huge_film_bytes=2**40)
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = customer.simulated.http.head(customer.whole(report.film_url or ""), headers=headers)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, str(2**40), b"")


def test_a_film_is_padded_to_the_size_asked_for(simulate: Simulate) -> None:
    customer, report = made("ark", simulate, film_bytes=1_000_000)
    assert len(customer.fetch(report).content) == 1_000_000


@each_dialect
def test_a_link_ends_when_its_time_is_over(dialect: DialectName, simulate: Simulate) -> None:
    customer, report = made(dialect, simulate, link_seconds=0.5)
    assert customer.fetch(report).status_code == 200
    time.sleep(0.6)
    assert customer.fetch(report).status_code in (403, 404)
    fresh = customer.ask(report.vendor_id)
    # OpenAI's films themselves are gone then: they have no links that could be fresh.
    assert customer.fetch(fresh).status_code == (404 if dialect == "openai" else 200)


@pytest.mark.parametrize("query", ["?until=soon", "?until=nan", "?until=-inf", "?until=", "?until=0"])
def test_a_link_that_was_tampered_with_is_forbidden(query: str, simulate: Simulate) -> None:
    customer, report = made("ark", simulate)
    assert customer.simulated.http.get((report.film_url or "").partition("?")[0] + query).status_code == 403


def test_there_is_no_film_where_there_is_none(simulate: Simulate) -> None:
    customer = Customer(simulate("ark"), KEY)
    running = customer.order("boat")
    for name in (f"{running}.mp4", running, "cgt-none.mp4", ".mp4", "%00.mp4", "..%2f..%2fetc", "视.mp4"):
        assert customer.simulated.http.get(f"{customer.simulated.origin}/films/{name}").status_code == 404


def test_who_stops_reading_a_huge_film_costs_nothing_more(simulate: Simulate) -> None:
    customer, report = made("ark", simulate, "boat [[lie:huge-film]]", huge_film_bytes=2**40)
    process = psutil.Process(customer.simulated.process.pid)
    before_bytes = process.memory_info().rss
    path = (report.film_url or "").partition("/films")[2]
    with socket.create_connection(("127.0.0.1", customer.simulated.port)) as connection:
        connection.sendall(f"GET /films{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = 0
        while received < 50_000_000:
            received += len(connection.recv(1 << 20))
    customer.order("another boat")
    assert process.memory_info().rss - before_bytes < 50_000_000

    def busy_seconds() -> float:
        before = process.cpu_times()
        time.sleep(0.3)
        after = process.cpu_times()
        return after.user + after.system - before.user - before.system

    until(busy_seconds, lambda busy: busy < 0.1)


def test_a_slow_reader_holds_nobody_up(simulate: Simulate) -> None:
    customer, report = made("ark", simulate, "boat [[lie:huge-film]]", huge_film_bytes=2**40)
    with httpx.stream("GET", report.film_url or "") as answer:
        next(answer.iter_raw())
        began = time.monotonic()
        for _ in range(20):
            customer.ask(report.vendor_id)
        assert time.monotonic() - began < 5

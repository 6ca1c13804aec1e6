"""News to webhooks, as a receiver gets them."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import httpx
import pytest
from msgspec.structs import replace
from tests.simulator.conftest import KEY, SECRET, Simulate
from tests.simulator.simulating import Simulated
from tests.simulator.simulator_customer import CLIENTS, MODELS, until

from filmgate.dialects.client import Report
from filmgate.simulator.opening import open_simulator
from filmgate.simulator.options import DialectName, Options

pytestmark = pytest.mark.long

TELLING: list[DialectName] = ["ink", "ark", "openai"]
LAST: dict[DialectName, list[str]] = {
    "ink": ["succeeded"],
    "ark": ["running", "succeeded"],
    "openai": ["succeeded"],
}
"""What an order without a queue is told of."""


class News(NamedTuple):
    """One callback."""

    at: float
    headers: dict[str, str]
    body: bytes


class Receiver:
    """A web server that keeps what is posted to it."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self.refusals = 0
        """So many are answered with 500 first."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.news.append(News(time.time(), headers, body))
                is_refused = len(receiver.news) <= receiver.refusals
                self.send_response(500 if is_refused else 204)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def reports(self, dialect: DialectName) -> list[Report]:
        """What the client half reads in them."""
        found = [CLIENTS[dialect].callback(news.headers, news.body) for news in self.news]
        assert all(found)
        return [report for report in found if report]

    def states(self, dialect: DialectName) -> list[str]:
        return [report.state for report in self.reports(dialect)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


def order(simulated: Simulated, webhook_url: str, prompt: str = "boat") -> str:
    """Order a film with a webhook, which the client halves keep to themselves; its id."""
    model = MODELS[simulated.dialect]
    bodies: dict[str, tuple[str, dict[str, object], str]] = {
        "ink": (
            "/api/open/v1/video/generations",
            {"model": model, "prompt": prompt, "webhookUrl": webhook_url, "metadata": {"shot": 3}},
            "requestId",
        ),
        "ark": (
            "/contents/generations/tasks",
            {"model": model, "content": [{"type": "text", "text": prompt}], "callback_url": webhook_url},
            "id",
        ),
        "openai": ("/videos", {"model": model, "prompt": prompt, "callback_url": webhook_url}, "id"),
    }
    path, body, name = bodies[simulated.dialect]
    answer = simulated.http.post(simulated.base_url + path, json=body, headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()[name])


@pytest.mark.parametrize("dialect", TELLING)
def test_a_webhook_is_told_of_every_change_when_it_comes(
    dialect: DialectName, simulate: Simulate, receiver: Receiver
) -> None:
    simulated = simulate(dialect)
    vendor_id = order(simulated, receiver.url)
    until(lambda: len(receiver.news), lambda count: count == len(LAST[dialect]))
    assert receiver.states(dialect) == LAST[dialect]
    assert {report.vendor_id for report in receiver.reports(dialect)} == {vendor_id}
    (job,) = simulated.jobs()
    assert 0 <= receiver.news[-1].at - job["ends_at"] < 2
    if dialect != "openai":
        link = receiver.reports(dialect)[-1].film_url
        assert link is not None
        assert simulated.http.get(link).headers["content-type"] == "video/mp4"
    time.sleep(0.2)
    assert len(receiver.news) == len(LAST[dialect])


def test_ark_tells_of_the_queue_too(simulate: Simulate, receiver: Receiver) -> None:
    order(simulate("ark", queue_seconds=0.2), receiver.url)
    until(lambda: len(receiver.news), lambda count: count == 3)
    assert receiver.states("ark") == ["queued", "running", "succeeded"]


def test_one_that_waits_for_room_is_told_though_nobody_asks(simulate: Simulate, receiver: Receiver) -> None:
    simulated = simulate("ark", max_running=1)
    first, second = order(simulated, receiver.url, "boat 1"), order(simulated, receiver.url, "boat 2")
    until(lambda: len(receiver.news), lambda count: count == 5)
    told = [(report.vendor_id, report.state) for report in receiver.reports("ark")]
    assert [state for vendor_id, state in told if vendor_id == first] == ["running", "succeeded"]
    assert [state for vendor_id, state in told if vendor_id == second] == ["queued", "running", "succeeded"]


@pytest.mark.parametrize("dialect", TELLING)
def test_a_failure_is_told(dialect: DialectName, simulate: Simulate, receiver: Receiver) -> None:
    order(simulate(dialect), receiver.url, "boat [[lie:fail]]")
    until(lambda: len(receiver.news), lambda count: count == len(LAST[dialect]))
    assert receiver.states(dialect)[-1] == "failed"


def test_ink_tells_of_a_cancel_with_metadata(simulate: Simulate, receiver: Receiver) -> None:
    simulated = simulate("ink", queue_seconds=60)
    vendor_id = order(simulated, receiver.url)
    url = f"{simulated.base_url}/api/open/v1/video/generations/{vendor_id}/cancel"
    simulated.http.post(url, headers={"Authorization": f"Bearer {KEY}"}).raise_for_status()
    until(lambda: len(receiver.news), lambda count: count == 1)
    assert receiver.states("ink") == ["cancelled"]
    assert b'"metadata":{"shot":3}' in receiver.news[0].body


def test_late_success_is_told_after_the_failure(simulate: Simulate, receiver: Receiver) -> None:
    order(simulate("ark"), receiver.url, "boat [[lie:late-success]]")
    until(lambda: len(receiver.news), lambda count: count == 3)
    assert receiver.states("ark") == ["running", "failed", "succeeded"]


# --- signatures ------------------------------------------------------------------------


def ink_signature(news: News) -> str:
    signed = f"{news.headers['x-webhook-timestamp']}.".encode() + news.body
    return "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def openai_signature(news: News) -> str:
    signed = f"{news.headers['webhook-id']}.{news.headers['webhook-timestamp']}.".encode() + news.body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


SIGNATURES = {"ink": ("x-webhook-signature", ink_signature), "openai": ("webhook-signature", openai_signature)}


@pytest.mark.parametrize("dialect", ["ink", "openai"])
def test_callbacks_are_signed(dialect: DialectName, simulate: Simulate, receiver: Receiver) -> None:
    order(simulate(dialect), receiver.url)
    until(lambda: len(receiver.news), lambda count: count == 1)
    header, signature = SIGNATURES[dialect]
    assert receiver.news[0].headers[header] == signature(receiver.news[0])


# --- lies ------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", TELLING)
def test_double_callback(dialect: DialectName, simulate: Simulate, receiver: Receiver) -> None:
    order(simulate(dialect), receiver.url, "boat [[lie:double-callback]]")
    until(lambda: len(receiver.news), lambda count: count == 2 * len(LAST[dialect]))
    assert sorted(receiver.states(dialect)) == sorted(2 * LAST[dialect])
    names = {news.headers.get("webhook-id") or news.headers.get("x-webhook-id") for news in receiver.news}
    assert len(names) == 1


@pytest.mark.parametrize("dialect", TELLING)
def test_lost_callback(dialect: DialectName, simulate: Simulate, receiver: Receiver) -> None:
    simulated = simulate(dialect, median_seconds=0.1)
    order(simulated, receiver.url, "boat [[lie:lost-callback]] [[lie:early-callback]] [[lie:forged-callback]]")
    until(simulated.jobs, lambda jobs: jobs[0]["status"] == "succeeded")
    time.sleep(0.2)
    assert receiver.news == []


@pytest.mark.parametrize("dialect", TELLING)
def test_early_callback(dialect: DialectName, simulate: Simulate, receiver: Receiver) -> None:
    simulated = simulate(dialect, median_seconds=1.0)
    order(simulated, receiver.url, "boat [[lie:early-callback]]")
    until(lambda: receiver.states(dialect), lambda states: "succeeded" in states)
    assert simulated.jobs()[0]["status"] == "running"
    until(lambda: receiver.states(dialect), lambda states: states.count("succeeded") == 2)
    assert simulated.jobs()[0]["status"] == "succeeded"


@pytest.mark.parametrize("dialect", TELLING)
def test_forged_callback(dialect: DialectName, simulate: Simulate, receiver: Receiver) -> None:
    simulated = simulate(dialect, median_seconds=1.0)
    order(simulated, receiver.url, "boat [[lie:forged-callback]]")
    until(lambda: receiver.states(dialect), lambda states: "succeeded" in states)
    assert simulated.jobs()[0]["status"] == "running"
    report = receiver.reports(dialect)[-1]
    if dialect in SIGNATURES:
        header, signature = SIGNATURES[dialect]
        assert receiver.news[-1].headers[header] != signature(receiver.news[-1])
    if dialect != "openai":
        assert (report.film_url or "").startswith("https://elsewhere.invalid/")


# --- receivers that are not there ------------------------------------------------------


def test_an_end_is_told_again_until_it_is_acknowledged(simulate: Simulate, receiver: Receiver) -> None:
    receiver.refusals = 3
    simulated = simulate("ink", speed=20.0, median_seconds=1.0)
    order(simulated, receiver.url)
    until(lambda: len(receiver.news), lambda count: count == 4)
    assert len({news.body for news in receiver.news}) == 1
    assert len({news.headers["x-webhook-id"] for news in receiver.news}) == 1
    time.sleep(0.2)
    assert simulated.control("/calls")["callback"] == {"500": 3, "204": 1}


def test_a_state_before_the_end_is_told_once(simulate: Simulate, receiver: Receiver) -> None:
    receiver.refusals = 1
    order(simulate("ark", speed=20.0, median_seconds=10.0), receiver.url)
    until(lambda: len(receiver.news), lambda count: count == 2)
    assert receiver.states("ark") == ["running", "succeeded"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/"])
def test_a_receiver_that_cannot_be_reached_harms_nobody(url: str, simulate: Simulate) -> None:
    simulated = simulate("ink", speed=1000.0)
    vendor_id = order(simulated, url)
    until(lambda: simulated.control("/calls").get("callback"), lambda counts: counts == {"none": 4})
    assert simulated.jobs(id=vendor_id)[0]["status"] == "succeeded"


async def test_after_a_restart_only_what_comes_then_is_told(tmp_path: Path, receiver: Receiver) -> None:
    body = {"model": MODELS["ark"], "content": [{"type": "text", "text": "boat"}], "callback_url": receiver.url}
    options = Options(dialect="ark", sigma=0.0, median_seconds=0.2)

    @asynccontextmanager
    async def vendor(options: Options) -> AsyncIterator[httpx.AsyncClient]:
        async with open_simulator(options, state=tmp_path / "state") as simulator:
            headers = {"Authorization": "Bearer sk"}
            transport = httpx.ASGITransport(simulator)  # type: ignore[arg-type]  # ASGI, typed in another way.
            async with httpx.AsyncClient(transport=transport, headers=headers, base_url="http://vendor") as client:
                yield client

    async def told(count: int) -> list[str]:
        while len(receiver.news) < count:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        return receiver.states("ark")

    tasks = "/api/v3/contents/generations/tasks"
    async with vendor(options) as client:
        await client.post(tasks, json=body)
        assert await told(2) == ["running", "succeeded"]
    async with vendor(replace(options, median_seconds=3.0)) as client:
        await client.post(tasks, json=body)
        assert await told(3) == ["running", "succeeded", "running"]
    async with vendor(options):
        assert await told(3) == ["running", "succeeded", "running"]
        assert await told(4) == ["running", "succeeded", "running", "succeeded"]


def test_a_reset_silences_what_was_still_to_be_told(simulate: Simulate, receiver: Receiver) -> None:
    simulated = simulate("ink")
    order(simulated, receiver.url)
    simulated.reset()
    time.sleep(0.6)
    assert receiver.news == []

"""What a simulator remembers when it is killed."""

import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.simulator.conftest import KEY
from tests.simulator.simulating import Simulated, simulating
from tests.simulator.simulator_customer import Customer

from filmgate.errors import UpstreamFailed
from filmgate.simulator.options import DialectName

pytestmark = pytest.mark.long


def kill(simulated: Simulated) -> None:
    simulated.process.send_signal(signal.SIGKILL)
    simulated.process.wait()


@pytest.mark.parametrize("dialect", ["ark", "openai"])
def test_a_killed_simulator_remembers_what_it_had_accepted(dialect: DialectName, tmp_path: Path) -> None:
    options: dict[str, Any] = {"key": KEY, "state": tmp_path / "state", "median": 2.0, "sigma": 0.0}
    with simulating(dialect, **options) as simulated:
        customer = Customer(simulated, KEY)
        known = customer.order("boat, 纸船", "key-1")
        with pytest.raises(httpx.RemoteProtocolError):
            customer.order("boat [[lie:lost-answer]] [[lie:no-link]]", "key-2")
        before = simulated.jobs()
        kill(simulated)
    with simulating(dialect, **options) as simulated:
        customer = Customer(simulated, KEY)
        for old, new in zip(before, simulated.jobs(), strict=True):
            for name in ("id", "prompt", "idempotency_key", "lies", "created_at", "started_at", "ends_at"):
                assert new[name] == old[name]
        customer.wait_for(known, "succeeded")
        assert customer.fetch(customer.ask(known)).status_code == 200
        assert simulated.most_jobs() == 1


def test_what_became_of_jobs_is_remembered(tmp_path: Path) -> None:
    options: dict[str, Any] = {"key": KEY, "state": tmp_path / "state", "max_running": 1, "sigma": 0.0}
    with simulating("ark", median=0.5, **options) as simulated:
        customer = Customer(simulated, KEY)
        deleted = customer.made("boat that is deleted").vendor_id
        customer.cancel(deleted)
        simulated.change(median_seconds=600.0)
        running, cancelled, waiting = (customer.order(f"boat {number}") for number in range(3))
        customer.cancel(cancelled)
        kill(simulated)
    with simulating("ark", median=600.0, **options) as simulated:
        customer = Customer(simulated, KEY)
        states = {vendor_id: customer.ask(vendor_id).state for vendor_id in (running, cancelled, waiting)}
        assert states == {running: "running", cancelled: "cancelled", waiting: "queued"}
        with pytest.raises(UpstreamFailed):
            customer.ask(deleted)
        assert len(simulated.jobs()) == 4
        simulated.reset()
        kill(simulated)
    with simulating("ark", **options) as simulated:
        assert simulated.jobs() == []


def test_a_key_is_honoured_across_a_restart(tmp_path: Path) -> None:
    options: dict[str, Any] = {"key": KEY, "state": tmp_path / "state", "honour_idempotency_keys": True}
    with simulating("ink", **options) as simulated:
        with pytest.raises(httpx.RemoteProtocolError):
            Customer(simulated, KEY).order("boat [[lie:lost-answer]]", "key-1")
        kill(simulated)
    with simulating("ink", **options) as simulated:
        vendor_id = Customer(simulated, KEY).order("boat [[lie:lost-answer]]", "key-1")
        assert [job["id"] for job in simulated.jobs()] == [vendor_id]


def test_without_a_state_file_nothing_is_remembered() -> None:
    with simulating("ark", key=KEY) as simulated:
        Customer(simulated, KEY).order("boat")
    with simulating("ark", key=KEY, port=simulated.port) as simulated:
        assert simulated.jobs() == []


def test_a_simulator_ends_at_once_though_callers_hang_on_it() -> None:
    with simulating("ark", key=KEY) as simulated:
        customer = Customer(simulated, KEY)
        with pytest.raises(httpx.ReadTimeout):
            customer.send(customer.create_call("boat [[lie:timeout]]"), timeout=0.2)
        began = time.monotonic()
        simulated.process.send_signal(signal.SIGTERM)
        assert simulated.process.wait(10) == 0
        assert time.monotonic() - began < 5


def test_any_key_is_good_where_none_was_named() -> None:
    with simulating("ark") as simulated:
        Customer(simulated, "whatever").order("boat")
        answer = simulated.http.get(f"{simulated.base_url}/contents/generations/tasks")
        assert answer.status_code == 401

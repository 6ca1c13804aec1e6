"""What a customer is told of who was asked to make a film, and of what became of a cancel."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.api_helpers import answering, free_listener
from tests.elsewhere.station import Station, station, upstream
from tests.elsewhere.vendor_orders import begun
from tests.simulator.simulating import simulating

from filmgate.app import utc_now
from filmgate.simulator.options import DialectName
from filmgate.task import Task

pytestmark = pytest.mark.long


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with free_listener() as listener:
        yield listener


async def key_of(here: Station) -> dict[str, str]:
    """The header of a key of the station's customer."""
    secret = f"fg_live_{here.key.id}"
    await here.services.accounts.create_key(
        here.key.account_id, name="doors", secret=secret, test=False, quota_micros=0, now=utc_now()
    )
    return {"Authorization": f"Bearer {secret}"}


async def sent(here: Station, task: Task) -> None:
    async with asyncio.timeout(20):
        while not any(attempt.vendor_id for attempt in await here.attempts(task)):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(("dialect", "did"), [("ink", "stopped"), ("jimmy", "cannot_stop")])
async def test_a_cancel_says_what_the_vendor_did_and_says_it_again(
    dialect: DialectName, did: str, listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating(dialect, median=60.0) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here, answering(here.services, listener) as api:
            task, headers = await here.order(), await key_of(here)
            await sent(here, task)
            for _ in range(2):
                answer = (await api.post(f"/filmgate/v1/tasks/{task.id}/cancel", headers=headers)).json()
                assert (answer["object"], answer["status"], answer["cost"]) == ("task", "cancelled", 0)
                assert answer["called_off"] == did
            listed = (await api.get(f"/filmgate/v1/tasks/{task.id}/attempts", headers=headers)).json()
            [attempt] = listed["data"]
            assert (attempt["outcome"], attempt["called_off"], attempt["fault"]) == ("cancelled", did, None)
            assert attempt["submitted_at"] > attempt["started_at"]


async def test_a_customer_sees_who_was_asked_and_nothing_that_is_the_operators(
    listener: socket.socket, database_url: str, tmp_path: Path
) -> None:
    with simulating("ark", median=60.0) as vendor:
        north = upstream(vendor, models={"*": "ep-of-the-operator"})
        south = upstream(vendor, "south", models={"*": "ep-of-the-operator"})
        async with (
            station(database_url, tmp_path, north, south, workers=0) as here,
            answering(here.services, listener) as api,
        ):
            task, headers = await here.order(), await key_of(here)
            attempts = here.services.attempts
            first = await begun(here, task, north)
            await attempts.end(first, "failed", "http://10.0.0.7 says: key sk-1", utc_now(), fault="account")
            second = await begun(here, task, south)
            await attempts.doubted(second, "a secret of the vendor's", "req-9", utc_now())
            assert await here.services.db.value("SELECT count(*) FROM attempts") == 2
            answer = await api.get(f"/filmgate/v1/tasks/{task.id}/attempts", headers=headers)
            assert answer.status_code == 200
            said = answer.json()
            assert (said["object"], said["task_id"]) == ("list", here.dialect("native").show_id(task.id))
            one, two = said["data"]
            assert (one["number"], one["upstream"], one["outcome"], one["fault"]) == (1, "north", "failed", "upstream")
            assert (two["number"], two["upstream"], two["outcome"], two["fault"]) == (2, "south", None, None)
            assert (one["doubt_since"], two["doubt_since"] is None) == (None, False)
            for hidden in ("10.0.0.7", "sk-1", "secret", "req-9", "ep-of-the-operator"):
                assert hidden not in answer.text
            cancelled = (await api.post(f"/filmgate/v1/tasks/{task.id}/cancel", headers=headers)).json()
            assert (cancelled["status"], cancelled["called_off"]) == ("cancelled", "not_known")


async def test_attempts_are_shown_to_nobody_else(listener: socket.socket, database_url: str, tmp_path: Path) -> None:
    async with station(database_url, tmp_path, workers=0) as here, answering(here.services, listener) as api:
        task, path = await here.order(), "/filmgate/v1/tasks/{}/attempts"
        assert (await api.get(path.format(task.id))).status_code == 401
        headers = await key_of(here)
        stranger = await here.services.accounts.open_account("stranger", utc_now())
        await here.services.accounts.create_key(
            stranger.id, name="main", secret="fg_live_stranger", test=False, quota_micros=0, now=utc_now()
        )
        theirs = {"Authorization": "Bearer fg_live_stranger"}
        assert (await api.get(path.format(task.id), headers=theirs)).status_code == 404
        for wrong in ("x", "%00", "🎬", "task_" + "9" * 30, "a" * 3000):
            assert (await api.get(path.format(wrong), headers=headers)).status_code == 404, wrong
        none: httpx.Response = await api.get(path.format(task.id), headers=headers)
        assert none.json()["data"] == []

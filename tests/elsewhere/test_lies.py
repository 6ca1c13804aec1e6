"""What vendors have been seen to do to an order, and the end that each of it has."""

from pathlib import Path
from typing import NamedTuple

import pytest
from tests.elsewhere.station import station, upstream
from tests.simulator.simulating import simulating

from filmgate.simulator.options import DialectName

pytestmark = pytest.mark.long


class End(NamedTuple):
    """How an order ends over which a lie was told."""

    status: str
    words: str = ""
    """In what the customer is told."""


GOOD = End("succeeded")
# At a vendor that can be asked what it has.
LIES_AT_ARK = {
    "502-before-accept": GOOD,
    "429-storm": GOOD,
    "429-storm-bare": GOOD,
    "lost-answer": GOOD,
    "timeout": GOOD,
    "500-after-accept": GOOD,
    "garbage-after-accept": GOOD,
    "slow": GOOD,
    "garbage": GOOD,
    "unknown-word": GOOD,
    "fail": End("failed"),
    "moderation-after-render": End("failed"),
    "no-link": End("failed", "names no link"),
    "dead-link": GOOD,
    "html-link": End("failed", "not a video"),
    "truncated": End("failed", "does not decode"),
    "cut": GOOD,
    "wrong-length": End("failed", "instead of 4 s"),
    "wrong-size": End("failed", "which is not 480p"),
    "huge-film": End("failed", "larger than"),
}
# What was seen first is what counts.
EITHER_WAY = "late-success"
OF_CREATES = ("502-before-accept", "lost-answer", "timeout", "500-after-accept", "garbage-after-accept")


async def test_every_lie_of_a_vendor_with_a_list_has_its_end(database_url: str, tmp_path: Path) -> None:
    with simulating(
        "ark", median=1.0, sigma=0.1, storm_seconds=1.0, slow_seconds=1.0, huge_film_bytes=5 << 30, speed=1.0
    ) as vendor:
        settings = upstream(vendor, answer_seconds=2.0)
        async with station(database_url, tmp_path, settings) as here:
            tasks = {lie: await here.order(f"a kite [[lie:{lie}]]") for lie in (*LIES_AT_ARK, EITHER_WAY)}
            ended = dict(zip(tasks, await here.ended(*tasks.values(), seconds=120), strict=True))
            found = {lie: (task.status, task.error.message if task.error else "") for lie, task in ended.items()}
            assert found.pop(EITHER_WAY)[0] in ("succeeded", "failed")
            for lie, (status, message) in found.items():
                assert status == LIES_AT_ARK[lie].status, (lie, message)
                assert LIES_AT_ARK[lie].words in message, (lie, message)
            assert ended["moderation-after-render"].error is not None
            assert ended["moderation-after-render"].error.code == "content_rejected"
            for task in ended.values():
                kinds, spent = await here.cost(task)
                is_good = task.status == "succeeded"
                assert kinds == ["reserve", "settle" if is_good else "release"]
                assert spent == (task.quote.price_micros if is_good else 0)
            assert vendor.most_jobs("prompt") == 1
            assert await here.services.ledger.audit() == []


@pytest.mark.parametrize("dialect", ["jimmy", "senseaudio"])
@pytest.mark.parametrize("in_doubt", ["fail", "resubmit"])
async def test_where_nobody_can_ask_the_policy_decides(
    dialect: DialectName, in_doubt: str, database_url: str, tmp_path: Path
) -> None:
    with simulating(dialect, median=0.5, sigma=0.1) as vendor:
        settings = upstream(vendor, in_doubt=in_doubt, answer_seconds=2.0)
        async with station(database_url, tmp_path, settings) as here:
            tasks = [await here.order(f"a kite [[lie:{lie}]]") for lie in OF_CREATES]
            for task in await here.ended(*tasks):
                attempts = await here.attempts(task)
                assert attempts[0].outcome == "doubtful"
                if in_doubt == "fail":
                    assert (task.status, len(attempts)) == ("failed", 1)
                    assert task.error is not None
                    assert "not known whether the vendor took the order" in task.error.message
            assert vendor.most_jobs("prompt") == (1 if in_doubt == "fail" else 2)


async def test_a_vendor_that_honours_idempotency_keys_is_simply_asked_again(database_url: str, tmp_path: Path) -> None:
    with simulating("jimmy", median=0.5, sigma=0.1, honour_idempotency_keys=True) as vendor:
        settings = upstream(vendor, honours_idempotency_key=True, answer_seconds=2.0)
        async with station(database_url, tmp_path, settings) as here:
            tasks = [await here.order(f"a kite [[lie:{lie}]]") for lie in OF_CREATES]
            assert [task.status for task in await here.ended(*tasks)] == ["succeeded"] * len(tasks)
            assert vendor.most_jobs("prompt") == 1


async def test_an_order_that_its_vendor_forgets_costs_nothing(database_url: str, tmp_path: Path) -> None:
    with simulating("ink", median=0.5, sigma=0.1) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here:
            [task] = await here.ended(await here.order("a kite [[lie:forgets]]"), seconds=100)
            assert task.error is not None
            assert (task.status, task.error.message) == ("failed", "the vendor does not know the task any more")


async def test_an_order_that_never_ends_is_called_off_at_its_time(database_url: str, tmp_path: Path) -> None:
    with simulating("ark", median=0.5, sigma=0.1) as vendor:
        async with station(database_url, tmp_path, upstream(vendor)) as here:
            task = await here.order("a kite [[lie:stuck]]")
            await here.allow(task, seconds=5)
            [task] = await here.ended(task)
            [attempt] = await here.attempts(task)
            assert task.status == "expired"
            assert attempt.outcome == "cancelled"
            assert "did not stop" in (attempt.detail or "")

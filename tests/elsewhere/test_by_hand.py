"""Doubts that an operator settles from the command line, while workers may settle them too."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.cli.shell import Shell
from tests.elsewhere.station import PACE, NoEngine, Station, station, upstream
from tests.elsewhere.vendor_orders import begun, ordered
from tests.simulator.simulating import Simulated, simulating
from tests.work.workshop import working

from filmgate.app import utc_now
from filmgate.app.worker import open_worker
from filmgate.attempt import GIVEN_UP, Attempt
from filmgate.errors import FilmgateError, WrongState
from filmgate.settings import UpstreamSettings
from filmgate.task import Task
from filmgate.work.by_hand import ByHand
from filmgate.work.steps import Steps

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def vendor() -> Iterator[Simulated]:
    with simulating("ark", median=0.3, sigma=0.1) as vendor:
        yield vendor


@pytest.fixture
def shell(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendor: Simulated) -> Shell:
    monkeypatch.setenv("FILMGATE_DATABASE_URL", database_url)
    monkeypatch.setenv("FILMGATE_ALLOW_PRIVATE_NETWORKS", "1")
    settings = upstream(vendor)
    lines = (f'{name} = "{getattr(settings, name)}"' for name in ("name", "dialect", "base_url", "key_env"))
    (tmp_path / "filmgate.toml").write_text("\n".join(("[[upstream]]", *lines)))
    return Shell(tmp_path)


async def run(shell: Shell, *words: str) -> str:
    """What a command says, whether it does what it is told or not."""
    done = await asyncio.to_thread(shell, "attempts", *words)
    assert done.exception is None or isinstance(done.exception, FilmgateError), done.exception
    return done.output if done.exception is None else done.exception.message


async def doubted(here: Station, settings: UpstreamSettings, prompt: str, seed: int = 7) -> Task:
    """An order whose answer was lost."""
    task = await here.order(prompt, seed=seed)
    await here.services.attempts.doubted(await begun(here, task, settings), "the answer was lost", None, utc_now())
    # Whoever sent it has let go of it.
    await here.services.db.run("DELETE FROM pgqueuer")
    return task


def hand(here: Station) -> ByHand:
    return ByHand(Steps(tasks=here.services.tasks, attempts=here.services.attempts, clock=utc_now))


@asynccontextmanager
async def worker(here: Station) -> AsyncIterator[None]:
    async with working(await open_worker(here.services, NoEngine(), PACE)):
        yield


async def test_what_was_adopted_is_followed_by_a_running_worker(
    vendor: Simulated, shell: Shell, database_url: str, tmp_path: Path
) -> None:
    settings = upstream(vendor, honours_idempotency_key=False)
    async with station(database_url, tmp_path, settings, workers=0) as here:
        task = await doubted(here, settings, "a kite to adopt")
        shown = here.dialect("native").show_id(task.id)
        listed = await run(shell, "list", "--in-doubt")
        assert shown in listed
        assert "in doubt for 0:00:0" in listed
        vendor_id = ordered(vendor, "a kite to adopt", 7)
        assert "north has it" in await run(shell, "adopt", shown, vendor_id)
        assert shown not in await run(shell, "list", "--in-doubt")
        assert vendor_id in await run(shell, "list", "--upstream", "north")
        assert shown not in await run(shell, "list", "--upstream", "south")
        assert "nothing is in doubt" in await run(shell, "adopt", shown, vendor_id)
        async with worker(here):
            [task] = await here.ended(task)
        assert task.status == "succeeded"
        assert vendor_id.encode() in await here.film(task)
        assert vendor.most_jobs("prompt") == 1


async def test_what_cannot_be_adopted_is_told_and_stays_in_doubt(
    vendor: Simulated, shell: Shell, database_url: str, tmp_path: Path
) -> None:
    settings = upstream(vendor)
    async with station(database_url, tmp_path, settings, workers=0) as here:
        task, other = await doubted(here, settings, "in doubt"), await doubted(here, settings, "another", seed=8)
        theirs, unlike = ordered(vendor, "another", 8), ordered(vendor, "in doubt", 99)
        [taken] = await here.attempts(other)
        assert await here.services.attempts.adopted(taken, theirs, None, utc_now())
        await asyncio.sleep(1)
        quiet = await here.order("nothing of it")
        shown = str(task.id)
        for words, says in (
            ((shown, "cgt-20260101000000-aaaaa"), "could not confirm"),
            ((shown, "../../keys"), "could not confirm"),
            ((shown, ""), "no id of a vendor's task"),
            ((shown, "x" * 10_000), "no id of a vendor's task"),
            ((shown, "a\tb"), "no id of a vendor's task"),
            ((shown, theirs), "is what attempt 1 of order"),
            ((shown, unlike), "other words, another seed or another key"),
            (("nonsense", theirs), "is not the id of an order"),
            ((str(quiet.id), theirs), "nothing of it is at a vendor"),
            (("00000000-0000-7000-8000-000000000001", theirs), "there is no such order"),
        ):
            assert says in await run(shell, "adopt", *words), words
        [attempt] = await here.attempts(task)
        assert attempt.is_in_doubt
        (tmp_path / "filmgate.toml").unlink()
        assert "not set up any more" in await run(shell, "adopt", shown, unlike)


async def test_what_is_abandoned_fails_and_costs_nothing_or_is_sent_again(
    vendor: Simulated, shell: Shell, database_url: str, tmp_path: Path
) -> None:
    settings = upstream(vendor)
    async with station(database_url, tmp_path, settings, workers=0) as here:
        lost, again = await doubted(here, settings, "given up"), await doubted(here, settings, "sent again")
        assert "has failed" in await run(shell, "abandon", str(lost.id))
        assert "sent again" in await run(shell, "abandon", str(again.id), "--resubmit")
        assert "nothing of it is at a vendor" in await run(shell, "abandon", str(lost.id))
        [ended] = await here.ended(lost)
        assert (ended.status, await here.cost(ended)) == ("failed", (["reserve", "release"], 0))
        async with worker(here):
            [made] = await here.ended(again)
        assert made.status == "succeeded"
        assert [attempt.outcome for attempt in await here.attempts(made)] == ["doubtful", "ok"]
        assert vendor.jobs(prompt="given up") == []


async def test_of_all_who_settle_a_doubt_at_once_one_is_right(
    vendor: Simulated, database_url: str, tmp_path: Path
) -> None:
    settings = upstream(vendor)
    async with station(database_url, tmp_path, settings, workers=0) as here:
        by_hand, north = hand(here), here.services.upstreams["north"]
        for number in range(6):
            task = await doubted(here, settings, f"race {number}")
            [attempt] = await here.attempts(task)
            first, second = ordered(vendor, f"race {number}", 7), ordered(vendor, f"race {number}", 7)
            outcomes = await asyncio.gather(
                by_hand.adopt(task, attempt, north, first),
                by_hand.adopt(task, attempt, north, second),
                by_hand.abandon(task, attempt, resubmits=False),
                return_exceptions=True,
            )
            assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 2, outcomes
            [now], task = await here.attempts(task), await here.task(task.id)
            if now.ended_at is None:
                assert now.vendor_id in (first, second)
                assert task.status == "queued"
            else:
                assert (now.vendor_id, now.outcome, task.status) == (None, "doubtful", "failed")


async def test_an_order_whose_giving_up_was_cut_short_is_not_sent_again(
    vendor: Simulated, database_url: str, tmp_path: Path
) -> None:
    settings = upstream(vendor)
    async with station(database_url, tmp_path, settings, workers=0) as here:
        task = await doubted(here, settings, "cut short")
        [attempt] = await here.attempts(task)
        # Here whoever gave it up dies, before the order is ended.
        assert await here.services.attempts.end(attempt, "doubtful", "lost", utc_now(), fault=GIVEN_UP)
        async with worker(here):
            [task] = await here.ended(task)
        assert task.error is not None
        assert "not known whether the vendor took the order" in task.error.message
        assert vendor.jobs(prompt="cut short") == []


async def test_a_found_order_that_is_another_attempts_is_not_called_off(
    vendor: Simulated, database_url: str, tmp_path: Path
) -> None:
    settings = upstream(vendor)
    async with station(database_url, tmp_path, settings, workers=0) as here:
        task = await doubted(here, settings, "mine")
        [mine] = await here.attempts(task)
        other = await doubted(here, settings, "theirs")
        [theirs] = await here.attempts(other)
        assert await here.services.attempts.adopted(theirs, "cgt-1", None, utc_now())
        assert not await here.services.attempts.adopted(mine, "cgt-1", None, utc_now())
        assert isinstance(mine, Attempt)
        assert await here.services.attempts.adopted(mine, "cgt-2", None, utc_now())
        assert not await here.services.attempts.adopted(mine, "cgt-3", None, utc_now())
        assert await here.services.attempts.adopted(mine, "cgt-2", None, utc_now())
        assert not await here.services.attempts.end(mine, "doubtful", "late", utc_now(), only_without_id=True)
        assert (await here.attempts(task))[0].ended_at is None

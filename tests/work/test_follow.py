"""Following: a worker that was silent for a while lets go of what others took, and of nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from filmgate.errors import Unavailable
from filmgate.ids import new_id
from filmgate.store.followers import Followed
from filmgate.work.follow import Follower, Lease
from filmgate.work.kinds import KnownKinds


def film(vendor_id: str) -> Followed:
    return Followed(
        task_id=new_id(),
        number=1,
        upstream="vendor",
        vendor_model="m",
        vendor_id=vendor_id,
        submitted_at=datetime.now(UTC),
        looks=0,
        resolution="480p",
        seconds=4,
    )


class Leases:
    """The rows of a worker, of which some come in while the database is asked which there are."""

    def __init__(self, before: list[Followed], meanwhile: list[Followed]) -> None:
        self._before, self._meanwhile = before, meanwhile
        self._is_asked, self._has_more = asyncio.Event(), asyncio.Event()
        self.is_told = asyncio.Event()

    async def beat(self, *_: object) -> None:
        # The first one comes after what was there before was taken over.
        await asyncio.sleep(0.05)

    async def leave(self, _: UUID) -> None:
        pass

    async def take_over(self, *_: object) -> list[Followed]:
        if self._before:
            taken, self._before = self._before, []
            return taken
        await self._is_asked.wait()
        taken, self._meanwhile = self._meanwhile, []
        self._has_more.set()
        return taken

    async def of_worker(self, _: UUID) -> set[UUID]:
        self._is_asked.set()
        await self._has_more.wait()
        await asyncio.sleep(0.05)
        self.is_told.set()
        # Read before the others came, and others had taken the first ones.
        return set()


async def never(*_: object) -> Any:
    await asyncio.Event().wait()


@asynccontextmanager
async def following(leases: Any) -> AsyncIterator[Follower]:
    # Stand-ins that the follower asks for nothing but these.
    breaker = SimpleNamespace(state="closed")
    upstream: Any = SimpleNamespace(name="vendor", lists=False, looks_per_second=10.0, look=never, breaker=breaker)
    steps: Any = SimpleNamespace(clock=lambda: datetime.now(UTC), attempts=SimpleNamespace(note_looks=never))
    endings: Any = SimpleNamespace(in_the_making=never, ended=never, lost=never)
    film_times: Any = SimpleNamespace(last=never)
    follower = Follower(
        worker_id=new_id(),
        followers=leases,
        steps=steps,
        upstreams={"vendor": upstream},
        endings=endings,
        kinds=KnownKinds(film_times),
        database_url="",
        lease=Lease(beat_seconds=0.01, gone_after=timedelta(seconds=1), stray_seconds=0.02),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(follower.run_until(stop))
    try:
        yield follower
    finally:
        stop.set()
        await running


async def test_what_comes_in_while_it_is_asked_what_is_ours_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filmgate.work.follow.keep_listening", never)
    leases = Leases([film("taken by others")], [film("ours")])
    async with following(leases) as follower, asyncio.timeout(10):
        await leases.is_told.wait()
        await asyncio.sleep(0.05)
        assert [entry.followed.vendor_id for entry in follower.entries()] == ["ours"]


class LossyLeases:
    """Rows of a worker that took some over, and never heard so."""

    def __init__(self, lost: Followed) -> None:
        self._lost = lost
        self._owned: set[UUID] = set()
        self.was_given_back = asyncio.Event()

    async def beat(self, *_: object) -> None:
        pass

    async def leave(self, _: UUID) -> None:
        pass

    async def take_over(self, *_: object) -> list[Followed]:
        if not self._owned and not self.was_given_back.is_set():
            self._owned = {self._lost.task_id}
            raise Unavailable("the answer was lost")
        if self.was_given_back.is_set() and not self._owned:
            self._owned = {self._lost.task_id}
            return [self._lost]
        return []

    async def of_worker(self, _: UUID) -> set[UUID]:
        return set(self._owned)

    async def give_back(self, _: UUID, task_ids: set[UUID]) -> None:
        assert task_ids == self._owned
        self._owned = set()
        self.was_given_back.set()


async def test_what_was_taken_with_an_answer_that_was_lost_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filmgate.work.follow.keep_listening", never)
    leases = LossyLeases(film("lost"))
    async with following(leases) as follower, asyncio.timeout(10):
        await leases.was_given_back.wait()
        await asyncio.sleep(0.1)
        # It stays ours from now on: what is watched is no stray.
        assert [entry.followed.vendor_id for entry in follower.entries()] == ["lost"]

"""Who is made when, by the times alone."""

import heapq
import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.simulator_jobs import make_job

from filmgate.simulator.job import Job
from filmgate.simulator.slots import Slots


def waiting(*times: tuple[float, float]) -> list[Job]:
    """Jobs that become ready at a time and take so many seconds, all accepted at 0."""
    return [
        make_job(created_at=0.0, ready_at=ready, making_seconds=making, expires_at=math.inf, started_at=None)
        for ready, making in times
    ]


def filled(most: int | None, jobs: Sequence[Job]) -> Slots:
    slots = Slots(most, lambda job: None)
    for job in jobs:
        slots.add(job)
    return slots


def test_without_a_limit_everybody_starts_when_ready() -> None:
    jobs = waiting((5, 10), (1, 10), (3, 10))
    slots = filled(None, jobs)
    slots.advance(3)
    assert [job.started_at for job in jobs] == [None, 1, 3]
    slots.advance(100)
    assert [job.started_at for job in jobs] == [5, 1, 3]
    assert slots.has_room()


def test_one_starts_when_another_ends_however_late_anybody_looks() -> None:
    jobs = waiting((0, 10), (0, 10), (0, 5), (2, 5))
    slots = filled(2, jobs)
    slots.advance(1000)
    assert [job.started_at for job in jobs] == [0, 0, 10, 10]


def test_nobody_starts_before_it_is_time() -> None:
    jobs = waiting((0, 10), (0, 10))
    slots = filled(1, jobs)
    slots.advance(9.9)
    assert (jobs[1].started_at, slots.next_at(), slots.has_room()) == (None, 10, False)
    slots.advance(10)
    assert (jobs[1].started_at, slots.next_at(), slots.has_room()) == (10, math.inf, False)
    slots.advance(20)
    assert slots.has_room()


def test_a_cancelled_job_makes_room_at_once() -> None:
    jobs = waiting((0, 100), (0, 100))
    slots = filled(1, jobs)
    slots.advance(10)
    jobs[0].cancelled_at = 10.0
    slots.cancelled(jobs[0])
    slots.advance(10)
    assert jobs[1].started_at == 10


def test_a_job_that_is_cancelled_or_expires_while_it_waits_takes_no_room() -> None:
    jobs = waiting((0, 10), (0, 10), (0, 10), (0, 10))
    jobs[2].expires_at = 5.0
    slots = filled(1, jobs)
    slots.advance(1)
    jobs[1].cancelled_at = 1.0
    slots.cancelled(jobs[1])
    slots.advance(100)
    assert [job.started_at for job in jobs] == [0, None, None, 10]


def test_what_is_stuck_keeps_its_room_for_ever() -> None:
    jobs = waiting((0, math.inf), (0, 10))
    slots = filled(1, jobs)
    slots.advance(1e12)
    assert (jobs[1].started_at, slots.next_at()) == (None, math.inf)


def test_a_higher_limit_counts_at_once_and_a_lower_one_as_they_end() -> None:
    jobs = waiting((0, 10), (0, 20), (0, 30), (0, 10), (0, 10))
    slots = filled(3, jobs)
    slots.advance(1)
    slots.limit(1, 1)
    slots.advance(25)
    assert [job.started_at for job in jobs] == [0, 0, 0, None, None]
    assert slots.next_at() == 30
    slots.advance(35)
    assert [job.started_at for job in jobs[3:]] == [30, None]
    slots.limit(2, 36)
    assert jobs[4].started_at == 36


TIMES = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30)), max_size=30)


@given(times=TIMES, most=st.integers(1, 5), looks=st.lists(st.integers(0, 300), max_size=20))
def test_the_same_happens_however_often_anybody_looks(
    times: list[tuple[int, int]], most: int, looks: list[int]
) -> None:
    jobs = waiting(*times)
    slots = filled(most, jobs)
    for now in (*sorted(looks), 10_000):
        slots.advance(now)
    # Every place of a workshop is free from some time on; who comes first takes the one that is free first.
    free = [0.0] * most
    for job in sorted(jobs, key=lambda job: job.ready_at):
        start_at = max(job.ready_at, heapq.heappop(free))
        heapq.heappush(free, start_at + job.making_seconds)
        assert job.started_at == start_at


@given(times=TIMES, most=st.integers(1, 5), cancels=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 100))))
def test_cancels_never_let_too_many_be_made_at_once(
    times: list[tuple[int, int]], most: int, cancels: list[tuple[int, int]]
) -> None:
    jobs = waiting(*times)
    slots = filled(most, jobs)
    for number, now in sorted(cancels, key=lambda cancel: cancel[1]):
        slots.advance(now)
        if number < len(jobs) and jobs[number].ends_at > now:
            jobs[number].cancelled_at = float(now)
            slots.cancelled(jobs[number])
    slots.advance(10_000)
    made = [(job.started_at, job.ends_at) for job in jobs if job.started_at is not None]
    for start, _ in made:
        assert sum(begun <= start < ended for begun, ended in made) <= most
    assert all(job.started_at is not None or job.cancelled_at is not None for job in jobs)

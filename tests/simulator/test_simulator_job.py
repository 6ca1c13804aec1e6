"""What there is to see of a job follows from its times and the clock."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.simulator_jobs import make_job

from filmgate.dialects import build_dialects
from filmgate.simulator.job import Job, Sight, as_task, charged_micros, next_change_at, seen
from filmgate.simulator.options import DialectName

MADE = ("fail", "moderation-after-render", "late-success", "unknown-word", "lies-about-cancel")


def test_a_job_waits_runs_and_succeeds() -> None:
    job = make_job()
    assert [seen(job, now).status for now in (100, 109.9, 110, 139.9, 140, 9999)] == [
        *("queued", "queued", "running", "running", "succeeded", "succeeded"),
    ]
    assert [seen(job, now).progress for now in (110, 125, 139.99, 140)] == [1, 50, 99, 100]
    assert seen(job, 9999).ended_at == 140
    assert [charged_micros(job, now) for now in (139.9, 140)] == [0, 2_000_000]


def test_a_job_waits_until_its_start_is_known() -> None:
    job = make_job(started_at=None)
    assert seen(job, 999.9).status == "queued"
    assert next_change_at(job, 100) == 1000


@pytest.mark.parametrize("changes", [{"started_at": None}, {"making_seconds": 891.0}, {"started_at": 990.0}])
def test_a_job_that_takes_too_long_expires(changes: dict[str, float | None]) -> None:
    job = make_job(**changes)
    sight = seen(job, 1000)
    assert (sight.status, sight.ended_at, sight.error.code if sight.error else "") == ("expired", 1000, "timeout")
    assert charged_micros(job, 2000) == 0


def test_a_job_that_ends_in_its_last_moment_has_not_expired() -> None:
    assert seen(make_job(making_seconds=890.0), 1000).status == "succeeded"


@pytest.mark.parametrize(("lie", "code"), [("fail", "provider_error"), ("moderation-after-render", "content_rejected")])
def test_a_job_that_fails_has_a_reason_and_costs_nothing(lie: str, code: str) -> None:
    job = make_job(lie)
    sight = seen(job, 140)
    assert (seen(job, 139.9).status, sight.status, sight.error.code if sight.error else "") == (
        "running",
        "failed",
        code,
    )
    assert charged_micros(job, 9999) == 0


def test_a_late_success_has_failed_first() -> None:
    job = make_job("late-success")
    assert [seen(job, now).status for now in (139.9, 140, 154.9, 155)] == ["running", "failed", "failed", "succeeded"]
    assert seen(job, 155).ended_at == 155
    assert seen(job, 155).error is None


def test_a_word_is_unknown_in_the_middle_third() -> None:
    job = make_job("unknown-word")
    assert [seen(job, now).is_word_unknown for now in (105, 119.9, 120.1, 129.9, 130.1, 140)] == [
        *(False, False, True, True, False, False),
    ]


def test_what_never_ends_runs_for_ever() -> None:
    job = make_job("stuck", making_seconds=math.inf, expires_at=math.inf)
    assert seen(job, 1e12) == Sight("running", progress=1)
    assert next_change_at(job, 200) == math.inf


def test_a_cancelled_job_stays_so_whatever_else_was_to_come() -> None:
    for lie in MADE:
        job = make_job(lie, cancelled_at=120.0)
        assert [seen(job, now).status for now in (119.9, 120, 140, 155, 1000)] == ["running", *["cancelled"] * 4]
        assert charged_micros(job, 9999) == 0


JOBS = st.builds(
    lambda lies, ready, waited, making, limit, cancelled: make_job(
        *lies,
        ready_at=100 + ready,
        started_at=None if waited is None else 100 + ready + waited,
        making_seconds=making,
        expires_at=100 + limit,
        cancelled_at=None if cancelled is None else 100 + cancelled,
    ),
    st.sets(st.sampled_from(MADE)),
    st.floats(0, 100),
    st.none() | st.floats(0, 100),
    st.floats(0.001, 1000) | st.just(math.inf),
    st.floats(201, 10_000) | st.just(math.inf),
    st.none() | st.floats(0, 1000),
)


@given(job=JOBS, now=st.floats(100, 20_000), part=st.floats(0, 1, exclude_max=True))
def test_nothing_changes_before_the_next_change(job: Job, now: float, part: float) -> None:
    change_at = next_change_at(job, now)
    assert change_at > now
    between = now + part * (min(change_at, now + 1e6) - now)
    if between < change_at:
        assert seen(job, between).status == seen(job, now).status


@given(job=JOBS, moments=st.lists(st.floats(100, 20_000), min_size=2, max_size=2))
def test_progress_never_falls_while_a_job_is_open(job: Job, moments: list[float]) -> None:
    before, after = (seen(job, now) for now in sorted(moments))
    assert 0 <= before.progress <= 100
    assert after.progress >= before.progress or after.ended_at is not None


@given(job=JOBS, now=st.floats(100, 20_000), dialect=st.sampled_from(["jimmy", "senseaudio", "ink", "ark", "openai"]))
def test_every_sight_can_be_told_in_every_dialect(job: Job, now: float, dialect: DialectName) -> None:
    class Nowhere:
        def film(self, task: object) -> str:
            return "http://vendor.example/film"

        poster = last_frame = media = film

    task = as_task(job, seen(job, now), dialect, (864, 496), 60.0)
    reply = build_dialects().named(dialect).phrase_task(task, Nowhere())
    assert reply.status == 200
    assert (b"http://vendor.example/film" in reply.body) == (task.status == "succeeded" and dialect != "openai")

"""Likeness: whether a vendor's task may be what one of our attempts ordered, by what the vendor repeats. Pure."""

from datetime import timedelta

from filmgate.attempt import Attempt
from filmgate.dialects.client import Report
from filmgate.task import Task

CLOCK_SKEW = timedelta(minutes=2)
"""How far a vendor's clock may be from ours."""


def may_be(report: Report, task: Task, attempt: Attempt, clock_skew: timedelta | None = CLOCK_SKEW) -> bool:
    """Whether nothing that the vendor repeats speaks against it.

    Args:
        clock_skew: None: times do not count.
    """
    marks = report.marks
    if marks.key is not None:
        return marks.key == attempt.idempotency_key
    seed = task.request.seed if attempt.seed is None else attempt.seed
    if marks.seed is not None and seed is not None and marks.seed != seed:
        return False
    if marks.prompt is not None and marks.prompt != task.request.prompt:
        return False
    since, until = attempt.started_at, attempt.doubt_since or attempt.started_at
    if marks.created_at is None or clock_skew is None:
        return True
    return since - clock_skew <= marks.created_at <= until + clock_skew


def is_certain(report: Report, attempt: Attempt) -> bool:
    """Whether what the vendor repeats is this attempt's alone."""
    return report.marks.key == attempt.idempotency_key or (
        attempt.seed is not None and report.marks.seed == attempt.seed
    )

"""Attempts in the native form: what a customer may see of how an order was got made.

Which upstreams were tried, when, and whose fault it was if they failed, explains an order's time and end. What an
upstream calls the order and the model, what it says in its own words, and what it takes for it, is between the
operator and the vendor: with the vendor's id and a guess at the account one could ask about an order behind the
operator's back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from filmgate.attempt import FIRST_CHOICE, Attempt, AttemptOutcome, CalledOff
from filmgate.dialects.native.wire import TaskAnswer, TaskId

ShownFault = Literal["order", "content", "busy", "timeout", "lost", "unclear", "upstream"]

_FAULTS: dict[str, ShownFault] = {
    "order": "order",
    "media_error": "order",
    "content": "content",
    "content_rejected": "content",
    "busy": "busy",
    "timeout": "timeout",
    "missing": "lost",
    "unclear": "unclear",
    "given_up": "unclear",
}


class AttemptAnswer(Struct, frozen=True, kw_only=True):
    """One try to get the film made. Only the order's end decides what is charged, however many there were."""

    number: Annotated[int, Meta(description="Counts from 1 within the order.")]
    upstream: Annotated[str, Meta(description="The operator's name for who was asked.", examples=["north"])]
    chosen: Annotated[
        Literal["first_choice", "after_others"],
        Meta(description="`after_others`: those before it had no room, were left alone, or had failed."),
    ]
    started_at: datetime
    submitted_at: Annotated[datetime | None, Meta(description="When the upstream was known to have the order.")]
    doubt_since: Annotated[
        datetime | None, Meta(description="Since when it is not known whether the upstream has the order.")
    ]
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    fault: Annotated[
        ShownFault | None,
        Meta(description="Why there was no film: the order itself, its content, or what happened at the upstream."),
    ]
    called_off: Annotated[
        CalledOff | None,
        Meta(description="What the upstream did when it was told to stop: see the cancel of an order."),
    ]


class AttemptList(Struct, frozen=True, kw_only=True):
    """Every attempt at an order, the first one in front."""

    object: Literal["list"] = "list"
    task_id: TaskId
    data: list[AttemptAnswer]


class CancelAnswer(TaskAnswer, frozen=True, kw_only=True):
    """The cancelled order, and what the upstream really did about it."""

    called_off: Annotated[
        CalledOff | None,
        Meta(
            description="`stopped`: the upstream makes it no more. `went_on`: it was too late for it. `cannot_stop`: "
            "its API has no cancel. `not_known`: it did not say, or may not even have the order. null: no upstream had "
            "it. What the order costs is the same in every case."
        ),
    ]


def say_attempts(task_id: str, attempts: Sequence[Attempt]) -> AttemptList:
    """Attempts as a customer may see them."""
    return AttemptList(task_id=task_id, data=[_attempt(attempt) for attempt in attempts])


def say_cancelled(task: TaskAnswer, attempts: Sequence[Attempt]) -> CancelAnswer:
    """A cancelled task with what became of its last attempt."""
    last = attempts[-1] if attempts else None
    called_off = None if last is None else last.called_off
    if last is not None and last.remote and last.vendor_id is None and last.outcome in (None, "doubtful", "cancelled"):
        called_off = "not_known"
    return CancelAnswer(**structs.asdict(task), called_off=called_off)


def _attempt(attempt: Attempt) -> AttemptAnswer:
    return AttemptAnswer(
        number=attempt.number,
        upstream=attempt.upstream,
        chosen="first_choice" if attempt.reason in (None, FIRST_CHOICE) else "after_others",
        started_at=attempt.started_at,
        submitted_at=attempt.submitted_at,
        doubt_since=attempt.doubt_since,
        ended_at=attempt.ended_at,
        outcome=attempt.outcome,
        fault=_FAULTS.get(attempt.fault or "", "upstream") if attempt.outcome in ("failed", "doubtful") else None,
        called_off=attempt.called_off,
    )

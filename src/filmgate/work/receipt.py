"""Receipts: what one order cost and why, from the ledger's own lines."""

from collections import Counter
from collections.abc import Sequence

from filmgate.attempt import Attempt
from filmgate.dialects.native import NativeServer
from filmgate.dialects.native.receipt import (
    Receipt,
    ReceiptAttempt,
    ReceiptEntry,
    ReceiptOrder,
    ReceiptPromise,
    ReceiptTotals,
)
from filmgate.dialects.native.server import price
from filmgate.dialects.native.wire import Fault
from filmgate.money import as_number
from filmgate.store.attempts import Attempts
from filmgate.store.ledger import Entry, Ledger
from filmgate.task import Task
from filmgate.video import VideoRequest

_native = NativeServer()


async def receipt(attempts: Attempts, ledger: Ledger, task: Task, dialect_id: str | None = None) -> Receipt:
    """The receipt of a task.

    Args:
        dialect_id: how the dialect that it was ordered through calls it, where that is not the native one.

    Raises:
        Unavailable: the database is away.
    """
    return written(task, await attempts.of_task(task.id), await ledger.entries_of_task(task.id), dialect_id)


def written(
    task: Task, attempts: Sequence[Attempt], entries: Sequence[Entry], dialect_id: str | None = None
) -> Receipt:
    """The same, from what belongs to the task. Pure."""
    task_id = _native.show_id(task.id)
    promise = task.promise
    return Receipt(
        task_id=task_id,
        dialect=task.dialect,
        dialect_id=dialect_id or task_id,
        test=task.test,
        status=task.status,
        order=_order(task.request),
        price=price(task.quote),
        promise=ReceiptPromise(
            max_cost=as_number(promise.max_cost_micros or task.quote.price_micros),
            cancel_fee=as_number(promise.cancel_fee_micros),
            retention_hours=promise.retention_hours,
        ),
        error=None if task.error is None else Fault(code=task.error.code, message=task.error.message),
        attempts=[_attempt(attempt) for attempt in attempts],
        entries=[_entry(entry) for entry in entries],
        totals=_totals(entries),
        created_at=task.created_at,
        started_at=task.started_at,
        rendered_at=task.rendered_at,
        completed_at=task.completed_at,
        kept_until=task.kept_until,
        forgotten_at=task.forgotten_at,
    )


def _order(request: VideoRequest) -> ReceiptOrder:
    return ReceiptOrder(
        model=request.model,
        duration_seconds=request.duration_seconds,
        resolution=request.resolution,
        ratio=request.ratio,
        audio=request.audio,
        media=dict(Counter(media.kind for media in request.media)),
    )


def _attempt(attempt: Attempt) -> ReceiptAttempt:
    # Without its detail, which is for the operator.
    return ReceiptAttempt(
        number=attempt.number,
        upstream=attempt.upstream,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        outcome=attempt.outcome,
    )


def _entry(entry: Entry) -> ReceiptEntry:
    return ReceiptEntry(
        id=entry.id,
        kind=entry.kind,
        available=as_number(entry.postings.available),
        held=as_number(entry.postings.held),
        spent=as_number(entry.postings.spent),
        units=entry.units,
        price_version=entry.price_version,
        note=entry.note,
        created_at=entry.created_at,
    )


def _totals(entries: Sequence[Entry]) -> ReceiptTotals:
    ends = [entry.postings for entry in entries if entry.kind in ("settle", "release")]
    by_hand = [entry.postings for entry in entries if entry.kind in ("top_up", "adjustment")]
    return ReceiptTotals(
        reserved=as_number(sum(entry.postings.held for entry in entries if entry.kind == "reserve")),
        charged=as_number(sum(postings.spent for postings in ends)),
        # A settlement that took more than was put aside gave nothing back.
        given_back=as_number(sum(max(postings.available, 0) for postings in ends)),
        adjusted=as_number(sum(postings.available for postings in by_hand)),
        held=as_number(sum(entry.postings.held for entry in entries)),
    )

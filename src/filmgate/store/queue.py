"""What filmgate and PgQueuer agree on: names, and the columns that our own SQL touches.

Orders enter the queue inside ``accept_order`` (schema), in the transaction that also takes the money, so PgQueuer's
own ``enqueue`` is not used. Of its table ``pgqueuer`` our SQL relies on: ``priority``, ``entrypoint``, ``payload`` (the
task's id as 36 ASCII bytes), ``dedupe_key`` (the same text; unique while the job is queued or picked), ``status``
(``queued``, ``picked``) and the defaults of the rest. A job that PgQueuer finished, or holds as ``failed``, no longer
counts: an open task without a live job is found by ``Tasks.open_without_job``.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from filmgate.task import LOCAL

if TYPE_CHECKING:
    from pgqueuer.domain.settings import DBSettings

MAKE_FILM = "make_film"
"""The lane, which is PgQueuer's entrypoint, of jobs for the local engine: run the task whose id is the payload."""
PLAY_SCRIPT = "play_script"
"""The same for orders of test keys. A lane of their own: scripts that wait keep no customer's film waiting."""
SEND_PREFIX = "send:"
"""Begins the lanes of jobs for upstreams elsewhere; the upstreams' names follow, in the order of the routes. A lane for
each such row of names: where all of them are full, nothing is taken out that could only be put back."""

QUEUE_CHANNEL = "ch_pgqueuer"
"""Where PgQueuer listens."""
WAKE_WORKERS = json.dumps(
    {
        "channel": QUEUE_CHANNEL,
        "operation": "insert",
        # Nobody looks at it, and a constant lets many wake-ups become one.
        "sent_at": "1970-01-01T00:00:00Z",
        "table": "pgqueuer",
        "type": "table_changed_event",
    }
)
"""What PgQueuer's trigger would send at every change; sent instead by ``Database.notify_soon``, once for many."""

WITHDRAW_JOB = """
WITH gone AS (DELETE FROM pgqueuer WHERE dedupe_key = $1 AND status IN ('queued', 'picked') RETURNING id)
SELECT pg_notify('ch_pgqueuer', json_build_object('channel', 'ch_pgqueuer', 'sent_at', now(),
                                                  'type', 'cancellation_event', 'ids', json_agg(id))::text)
FROM gone HAVING count(*) > 0
"""
"""Takes a task's job away (pgqueuer_unique_dedupe_key), with PgQueuer's own notice: whichever worker holds it stops."""

QUIET_QUEUE = "DROP TRIGGER IF EXISTS tg_pgqueuer_changed ON pgqueuer"
"""Takes PgQueuer's notifications of every change away; run after its installer. Who accepts an order wakes the workers,
once for many; and a worker that has ended a job knows that it has room for another. A lost wake-up costs a worker's
``dequeue_timeout``."""


def lane_of(upstreams: Sequence[str]) -> str:
    """The lane of a task that these upstreams can make, in order."""
    return MAKE_FILM if tuple(upstreams) == (LOCAL,) else SEND_PREFIX + ",".join(upstreams)


def is_for_vendors(lane: str) -> bool:
    """Whether a lane's jobs are sent to upstreams elsewhere."""
    return lane.startswith(SEND_PREFIX)


def upstreams_of(lane: str) -> tuple[str, ...]:
    """The upstreams that a lane's tasks can be made by, in order."""
    return tuple(lane.removeprefix(SEND_PREFIX).split(",")) if is_for_vendors(lane) else (LOCAL,)


def queue_settings() -> "DBSettings":
    """PgQueuer's names, spelled out: left to itself it would take them from variables such as ``CHANNEL``.

    Its log and statistics are unlogged tables: they are for looking at, and the ledger and the tasks are the record.
    """
    # PgQueuer takes half a second to import, which a command that only reads rows need not wait for.
    from pgqueuer.domain.settings import DBSettings, Durability
    from pgqueuer.domain.types import Channel

    return DBSettings(
        prefix="",
        db_schema=None,
        channel=Channel(QUEUE_CHANNEL),
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
        durability=Durability.balanced,
        widen_id=True,
    )

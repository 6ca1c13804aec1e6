"""Listening: what other processes say through Postgres, on a connection that is opened again whenever it breaks.

A notification means "look now" and nothing else: it may come late, twice, or not at all. Whoever listens also looks
by itself now and then.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg
import structlog

TASKS_CHANNEL = "filmgate_tasks"
"""Says that tasks have changed: their ids, as canonical text."""
NUDGES_CHANNEL = "filmgate_nudges"
"""Says that a vendor may have done something about a task: its id, as canonical text."""
DELIVERIES_CHANNEL = "filmgate_deliveries"
"""Says that there is news to deliver."""

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0
_CONNECT_SECONDS = 5.0

_log = structlog.get_logger("filmgate.listen")


async def keep_listening(url: str, channel: str, heard: Callable[[str], None], stopping: asyncio.Event) -> None:
    """Call ``heard`` with each notification's payload until ``stopping`` is set or the caller is cancelled.

    Args:
        heard: called in the event loop. Also once, with an empty payload, whenever a connection was opened: what was
            said before that was not heard.
    """
    pause_seconds = _FIRST_PAUSE_SECONDS
    while not stopping.is_set():
        try:
            await _listen(url, channel, heard)
            pause_seconds = _FIRST_PAUSE_SECONDS
            reason = "the connection was lost"
        except Exception as exc:
            reason = type(exc).__name__
        _log.warning("not_listening", channel=channel, reason=reason, again_in_seconds=pause_seconds)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause_seconds)
        pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)


async def _listen(url: str, channel: str, heard: Callable[[str], None]) -> None:
    """Return when the connection is lost."""
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
    try:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: heard(payload))
        _log.info("listening", channel=channel)
        heard("")
        await lost.wait()
    finally:
        connection.terminate()

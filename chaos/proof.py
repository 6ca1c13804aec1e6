"""What must be true after a run, whatever happened in it. Each violation is one sentence."""

import asyncio
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import av
from av.error import FFmpegError

from chaos.clients import FILM_SECONDS, Outcome
from chaos.receivers import News, Receivers
from filmgate.store.audit import audit
from filmgate.store.db import Database
from filmgate.video import FRAMES_PER_SECOND

_QUIET_SECONDS = 30.0
_LOOK_SECONDS = 0.1
_FILMS_AT_ONCE = 4
_ENDS = ("succeeded", "failed", "cancelled")

_LEFT_OVER = """
SELECT (SELECT count(*) FROM pgqueuer WHERE status IN ('queued', 'picked')),
       (SELECT count(*) FROM deliveries WHERE state = 'waiting'),
       (SELECT count(*) FROM attempts WHERE ended_at IS NULL)
"""


async def prove(outcomes: Sequence[Outcome], receivers: Receivers, database: Database, log: Path) -> list[str]:
    """Every violation that there is."""
    return [
        *_of_clients(outcomes),
        *await _of_films(outcomes),
        *await _of_books(outcomes, database),
        *await _of_left_overs(database),
        *_of_news(outcomes, receivers),
        *_of_log(log),
    ]


async def until_quiet(database: Database) -> None:
    """Wait for what goes on after the last order has ended: news, and attempts that were overtaken."""
    end = asyncio.get_running_loop().time() + _QUIET_SECONDS
    while asyncio.get_running_loop().time() < end:
        rows = await database.rows(_LEFT_OVER)
        if not any(rows[0].values()):
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _of_clients(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        order = outcome.order
        expected = {order.ends} | ({"cancelled"} if order.cancel_after_seconds is not None else set())
        if outcome.status not in expected:
            yield f"order {order.number} ({order.dialect}) {outcome.shown_id} is {outcome.status!r}, not {order.ends}"
        for surprise in outcome.surprises:
            yield f"order {order.number} ({order.dialect}) {outcome.shown_id}: {surprise}"


async def _of_films(outcomes: Sequence[Outcome]) -> list[str]:
    slots = asyncio.Semaphore(_FILMS_AT_ONCE)

    async def wrong(outcome: Outcome, session: aiohttp.ClientSession) -> str | None:
        if outcome.film_url is None:
            return f"order {outcome.order.number} succeeded without a film"
        async with slots, session.get(outcome.film_url) as answer:
            film, status = await answer.read(), answer.status
            frames = await asyncio.to_thread(_frames, film)
        if status != 200 or frames != FILM_SECONDS * FRAMES_PER_SECOND:
            return f"the film of order {outcome.order.number}: status {status}, {frames} frames"
        return None

    async with aiohttp.ClientSession() as session:
        succeeded = [outcome for outcome in outcomes if outcome.status == "succeeded"]
        said = await asyncio.gather(*(wrong(outcome, session) for outcome in succeeded))
    return [words for words in said if words is not None]


def _frames(film: bytes) -> int:
    try:
        with av.open(io.BytesIO(film), "r") as container:
            return len(list(container.decode(video=0)))
    except (FFmpegError, IndexError):
        return 0


async def _of_books(outcomes: Sequence[Outcome], database: Database) -> list[str]:
    found = await audit(database)
    violations = [offender for proof in found.proofs for offender in proof.offenders]
    if found.counts["orders"] != len(outcomes):
        violations.append(f"{len(outcomes)} orders were asked for, {found.counts['orders']} were made")
    spent = await database.rows(
        "SELECT t.status, t.price_micros, e.kinds, e.spent FROM tasks t CROSS JOIN LATERAL ("
        "SELECT array_agg(kind ORDER BY id) AS kinds, sum(spent) AS spent FROM entries WHERE task_id = t.id) e"
    )
    for row in spent:
        is_billed = row["status"] == "succeeded"
        right = ["reserve", "settle" if is_billed else "release"]
        if row["kinds"] != right or row["spent"] != (row["price_micros"] if is_billed else 0):
            violations.append(f"an order that {row['status']} has the entries {row['kinds']}, spent {row['spent']}")
    return violations


async def _of_left_overs(database: Database) -> list[str]:
    jobs, deliveries, attempts = (await database.rows(_LEFT_OVER))[0].values()
    undelivered = await database.value("SELECT count(*) FROM deliveries WHERE state <> 'delivered'")
    left = {"jobs": jobs, "waiting deliveries": deliveries, "open attempts": attempts, "undelivered": undelivered}
    return [f"{count} {what} are left" for what, count in left.items() if count]


def _of_news(outcomes: Sequence[Outcome], receivers: Receivers) -> Iterator[str]:
    for outcome in outcomes:
        if outcome.order.manners is not None and outcome.status in _ENDS:
            heard = receivers.heard[f"orders/{outcome.order.number}"]
            yield from _of_receiver(f"order {outcome.order.number}", heard)
            if not any(_status(news.body) == outcome.status for news in heard):
                yield f"order {outcome.order.number} is {outcome.status}, and its webhook never heard so"
    for account in range(len(receivers.secrets)):
        heard = receivers.heard[f"accounts/{account}"]
        yield from _of_receiver(f"account {account}", heard)
        ended = Counter(outcome.status for outcome in outcomes if outcome.order.account == account)
        told = Counter(status for _, status in {(_task(news.body), _status(news.body)) for news in heard})
        if ended != told:
            yield f"account {account} has orders that ended {dict(ended)}, and was told of {dict(told)}"


def _of_receiver(whose: str, heard: Sequence[News]) -> Iterator[str]:
    identifiers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for news in heard:
        identifiers[_task(news.body), _status(news.body)].add(news.identifier)
        if not news.is_signed:
            yield f"news for {whose} has no valid signature: {news.body}"
    for (task, status), found in identifiers.items():
        if len(found) != 1 or not all(found):
            yield f"news for {whose} that {task} {status} has the ids {sorted(found)}"


def _task(body: Any) -> str:
    # Ink's news is the answer to its query, the native one an event around the task.
    return str(body["requestId"] if "requestId" in body else body["data"]["id"])


def _status(body: Any) -> str:
    status = body["status"] if "requestId" in body else body["data"]["status"]
    return "succeeded" if status == "completed" else str(status)


def _of_log(log: Path) -> Iterator[str]:
    """Faults of ours that no client saw."""
    with log.open(errors="replace") as lines:
        for line in lines:
            if "request_crashed" in line or "internal_error" in line or "news.stumbled" in line:
                yield f"the log says {_shown(line)}"


def _shown(line: str) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return line.strip()[:1000]
    return json.dumps({name: said[name] for name in said if name != "timestamp"})[:3000]

"""What must be true after a run at the vendors, whatever happened in it. Each violation is one sentence."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from chaos.vendors.market import CANNOT_BE_ASKED
from filmgate.store.audit import audit
from filmgate.store.db import Database

UNKNOWN = "it is not known whether the vendor took the order; it was not sent again, and costs nothing"

_MOST_SHOWN = 20
# Faults of ours.
_FAULTS = ("stumbled", "run.failed", "request_crashed", "internal_error", "worker.stumbled", "sweep.failed")
_LEFT_OVER = """
SELECT (SELECT count(*) FROM tasks WHERE completed_at IS NULL) AS "open orders",
       (SELECT count(*) FROM pgqueuer) AS jobs,
       (SELECT count(*) FROM attempts WHERE ended_at IS NULL) AS "open attempts",
       (SELECT coalesce(sum(abs(running)), 0) FROM upstreams) AS "places taken at vendors"
"""
_ORDERS = """
SELECT request->>'prompt' AS prompt, status, error->>'message' AS message,
       (SELECT count(*) FROM attempts WHERE task_id = tasks.id AND outcome = 'ok') AS good,
       (SELECT upstream FROM attempts WHERE task_id = tasks.id ORDER BY number DESC LIMIT 1) AS upstream
FROM tasks
"""


class Doubts(msgspec.Struct, frozen=True):
    """How many orders were in doubt, and how it ended."""

    settled: dict[str, int]

    def line(self) -> str:
        words = ", ".join(f"{count} {how}" for how, count in sorted(self.settled.items()))
        return f"{sum(self.settled.values())} doubts ({words})"


async def is_quiet(database: Database) -> bool:
    """Whether nothing is left to be done."""
    return not any((await database.rows(_LEFT_OVER))[0].values())


async def prove(orders: int, jobs: Mapping[str, Counter[str]], database: Database, log: Path) -> list[str]:
    """Every violation that there is."""
    return [
        *await _of_orders(orders, jobs, database),
        *(offender for proof in (await audit(database)).proofs for offender in proof.offenders),
        *(f"{count} {what} are left" for what, count in (await database.rows(_LEFT_OVER))[0].items() if count),
        *_of_log(log),
    ]


def doubts_in(log: Path) -> Doubts:
    """As the workers told of them."""
    settled: Counter[str] = Counter()
    for said in _lines(log):
        match said.get("event"):
            case "doubt.settled":
                settled["found " + said["how"] if said["how"].startswith(("by", "in")) else "never arrived"] += 1
            case "doubt.given_up":
                settled["given up"] += 1
    return Doubts(dict(settled))


async def _of_orders(orders: int, jobs: Mapping[str, Counter[str]], database: Database) -> list[str]:
    made: Counter[str] = Counter()
    for of_vendor in jobs.values():
        made += of_vendor
    rows = await database.rows(_ORDERS)
    violations = [] if len(rows) == orders else [f"{orders} orders were placed, {len(rows)} are there"]
    for row in rows:
        count = made.pop(row["prompt"], 0)
        right = _is_right(row["status"], row["message"], row["upstream"], count, row["good"])
        if not right:
            violations.append(
                f"{row['prompt']} is {row['status']} ({row['message']}) by {row['upstream']}, with {count} jobs and "
                f"{row['good']} good attempts"
            )
    violations += [f"a vendor made {prompt!r}, which nobody ordered" for prompt in made]
    return violations[:_MOST_SHOWN]


def _is_right(status: str, message: str | None, upstream: str | None, jobs: int, good_attempts: int) -> bool:
    """Made once and brought home; or given up where nobody could be asked, with one job at most."""
    if status == "succeeded":
        return (jobs, good_attempts) == (1, 1)
    return status == "failed" and message == UNKNOWN and upstream in CANNOT_BE_ASKED and jobs <= 1


def _of_log(log: Path) -> Iterator[str]:
    found = [said for said in _lines(log) if any(word in said.get("event", "") for word in _FAULTS)]
    for said in found[:_MOST_SHOWN]:
        yield f"the log says {json.dumps({name: said[name] for name in said if name != 'timestamp'})[:3000]}"


def _lines(log: Path) -> Iterator[dict[str, str]]:
    with log.open(errors="replace") as lines:
        for line in lines:
            # A worker that is killed leaves half a line.
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict):
                yield said

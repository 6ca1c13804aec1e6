"""How far back a vendor's list is read when it must tell whether an order ever arrived."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from filmgate.dialects import build_clients
from filmgate.upstreams.breaker import Breaker
from filmgate.upstreams.remote import RemoteUpstream

NOW = datetime(2026, 11, 26, tzinfo=UTC)
PAGE = 100


class Shelf:
    """A vendor that has made a task every second, and lists them a page at a time, newest first."""

    def __init__(self, tasks: int) -> None:
        self._jobs = [
            {"id": f"video_{number}", "status": "queued", "created_at": int(NOW.timestamp()) - number}
            for number in range(tasks)
        ]
        self.calls = 0

    async def call(self, _method: str, _url: str, *, query: Sequence[tuple[str, str]], **_: Any) -> Any:
        self.calls += 1
        after = dict(query).get("after")
        first = 0 if after is None else int(after.removeprefix("video_")) + 1
        page = self._jobs[first : first + PAGE]
        body = {"data": page, "last_id": page[-1]["id"] if page else None, "has_more": first + PAGE < len(self._jobs)}
        return SimpleNamespace(status=200, headers={}, body=json.dumps(body).encode())


def vendor_with(shelf: Any) -> RemoteUpstream:
    return RemoteUpstream(
        name="north",
        client=build_clients(plain_http_allowed=False)["openai"],
        base_url="https://vendor.example",
        key="a key of the test",
        outbound=shelf,
        breaker=Breaker(time.monotonic),
        max_running=1,
        submits_per_minute=1,
        answer_seconds=1.0,
        looks_per_second=1.0,
        resubmits_in_doubt=False,
    )


@pytest.mark.parametrize(("age_seconds", "calls"), [(30, 1), (1500, 16), (10_000, 30)])
async def test_a_list_is_read_until_it_reaches_the_order_or_ends(age_seconds: int, calls: int) -> None:
    shelf = Shelf(3000)
    recent = await vendor_with(shelf).recent(NOW - timedelta(seconds=age_seconds))
    assert recent is not None
    assert (recent.reaches_back, shelf.calls) == (True, calls)
    assert len(recent.reports) == min(calls * PAGE, 3000)


async def test_a_list_that_does_not_reach_the_order_says_so() -> None:
    shelf = Shelf(20_000)
    recent = await vendor_with(shelf).recent(NOW - timedelta(seconds=15_000))
    assert recent is not None
    assert not recent.reaches_back
    assert shelf.calls < 200

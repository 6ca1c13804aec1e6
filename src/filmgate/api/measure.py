"""How many requests this process answered, and how soon. Plain counts in memory: noting one costs a microsecond."""

import time
from bisect import bisect_left
from collections import Counter

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NO_OPERATION = "none"
"""The operation of requests that found no door, whatever they asked for."""

_OPERATION = "operation"


class HttpFigures:
    """The counts of one process."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        """By operation and class of status: ``("GET /healthz", "2xx")``."""
        self.buckets: dict[str, list[int]] = {}
        """By operation: how many answers began within each of ``BOUNDS_SECONDS`` and not the one before; the last are
        all later ones."""
        self.seconds: dict[str, float] = {}
        """By operation, added up."""

    def note(self, operation: str, status: int, seconds: float) -> None:
        """An answer has begun, so many seconds after its request."""
        self.requests[operation, f"{status // 100}xx"] += 1
        buckets = self.buckets.get(operation)
        if buckets is None:
            buckets = self.buckets[operation] = [0] * (len(BOUNDS_SECONDS) + 1)
            self.seconds[operation] = 0.0
        buckets[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.seconds[operation] += seconds


def note_operation(scope: Scope, operation: str) -> None:
    """Remember which door a request came to."""
    scope["state"][_OPERATION] = operation


def measured(application: ASGIApp, figures: HttpFigures) -> ASGIApp:
    """The application, with each of its answers noted when it begins: how long a film then flows says nothing."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await application(scope, receive, send)
            return
        began = time.perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                operation = scope["state"].get(_OPERATION, NO_OPERATION)
                figures.note(operation, message["status"], time.perf_counter() - began)
            await send(message)

        await application(scope, receive, noting)

    return call

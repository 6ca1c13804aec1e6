"""Which jobs are being made and which wait for room, by their times alone.

There are no timers here. ``advance`` brings everything up to a moment, in the order in which it happened.
"""

import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush, nsmallest
from itertools import count

from filmgate.simulator.job import Job

_Place = tuple[float, int, Job]
"""A time, a number that keeps the order of arrival, and the job."""


class Slots:
    """At most so many jobs are made at once; the others wait, and the first that was ready comes first.

    Args:
        most: how many; None: any number.
        started: told of every job when its start is known.
    """

    def __init__(self, most: int | None, started: Callable[[Job], None]) -> None:
        self._most = most
        self._started = started
        self._making: list[_Place] = []
        """A heap by their ends."""
        self._waiting: list[_Place] = []
        """A heap by the times from which they can be made."""
        self._numbers = count()

    def limit(self, most: int | None, now: float) -> None:
        """Another number from now on. What is being made stays so, and nobody has begun before now because of it."""
        self.advance(now)
        self._most = most
        self._sort_by_ends()
        self._waiting = [(max(ready_at, now), number, job) for ready_at, number, job in self._waiting]
        heapify(self._waiting)
        self.advance(now)

    def add(self, job: Job) -> None:
        """A job was accepted; it is made from ``ready_at`` on, or later."""
        heappush(self._waiting, (job.ready_at, next(self._numbers), job))

    def cancelled(self, job: Job) -> None:
        """A job that has been cancelled leaves its room to others. One that was waiting itself is passed over."""
        if self._most is not None and job.started_at is not None:
            self._sort_by_ends()

    def clear(self) -> None:
        """Nothing is being made, and nobody waits."""
        self._making.clear()
        self._waiting.clear()

    def advance(self, now: float) -> None:
        """Let everything happen that has happened by ``now``."""
        while self._waiting and (start_at := self.next_at()) <= now:
            _, number, job = heappop(self._waiting)
            if job.ends_at <= start_at:
                continue
            # No more of those that have ended than it takes: the next that waits had no room before they did.
            for _ in range(self._missing()):
                heappop(self._making)
            job.started_at = start_at
            heappush(self._making, (job.ends_at, number, job))
            self._started(job)
        while self._making and self._making[0][0] <= now:
            heappop(self._making)

    def has_room(self) -> bool:
        """Whether one more can be made at once, as of the last ``advance``."""
        return self._most is None or len(self._making) + len(self._waiting) < self._most

    def next_at(self) -> float:
        """When the first that waits is made; infinite where nobody waits, or nothing ends."""
        if not self._waiting:
            return math.inf
        ready_at, missing = self._waiting[0][0], self._missing()
        if not missing:
            return ready_at
        ends_at = self._making[0][0] if missing == 1 else nsmallest(missing, self._making)[-1][0]
        return max(ready_at, ends_at)

    def first_end_at(self) -> float:
        """When the first of those that are being made ends; infinite where none does."""
        return self._making[0][0] if self._making else math.inf

    def _missing(self) -> int:
        """How many must end before one more can be made: 1 at most, unless the limit was lowered."""
        return 0 if self._most is None else max(len(self._making) - self._most + 1, 0)

    def _sort_by_ends(self) -> None:
        self._making = [(job.ends_at, number, job) for _, number, job in self._making]
        heapify(self._making)

"""What one worker watches at one upstream: which films are to be looked at next, and when. No input or output.

Fifty thousand of them must fit into one process, so an entry is small, and a change of time costs one push: what lies
in the heap from before is found stale when it comes up.
"""

import heapq
import itertools
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from filmgate.dialects.client import VendorState
from filmgate.store.followers import Followed


class Entry:
    """One film in the making. Its times are seconds of a clock that only goes forward."""

    __slots__ = (
        "due",
        "errors",
        "followed",
        "is_busy",
        "last_open",
        "looks",
        "misses",
        "state",
        "submitted",
        "was_told",
    )

    def __init__(self, followed: Followed, submitted: float) -> None:
        self.followed = followed
        self.submitted = submitted
        """When the vendor took the order."""
        self.due = 0.0
        self.last_open = submitted
        """When it was last known to be unfinished."""
        self.looks = 0
        """Of which the database does not know yet."""
        self.errors = 0
        """Looks in a row that taught nothing."""
        self.misses = 0
        """Times in a row that the vendor did not know it."""
        self.state: VendorState | None = None
        self.was_told = True
        """Whether the database knows the state."""
        self.is_busy = False
        """Being looked at, or brought home."""

    def as_looks(self, now: datetime) -> tuple[UUID, int, int, datetime, str | None]:
        """What ``Attempts.note_looks`` writes of it."""
        return self.followed.task_id, self.followed.number, self.looks, now, self.state


class WatchList:
    """The entries of one upstream, by when they are due."""

    def __init__(self) -> None:
        self._entries: dict[UUID, Entry] = {}
        self._heap: list[tuple[float, int, UUID]] = []
        self._count = itertools.count()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def get(self, task_id: UUID) -> Entry | None:
        return self._entries.get(task_id)

    def add(self, entry: Entry, due: float) -> None:
        """Watch a film; in the place of an earlier attempt at it, if there is one."""
        self._entries[entry.followed.task_id] = entry
        self.set_due(entry, due)

    def remove(self, entry: Entry) -> None:
        """Watch it no more."""
        if self._entries.get(entry.followed.task_id) is entry:
            del self._entries[entry.followed.task_id]

    def set_due(self, entry: Entry, due: float) -> None:
        """Look at it then, whatever was said before. It is busy no more."""
        entry.due = due
        entry.is_busy = False
        heapq.heappush(self._heap, (due, next(self._count), entry.followed.task_id))

    def next_due(self) -> float | None:
        """When the next one is due; None where nothing is."""
        while self._heap:
            due, _, task_id = self._heap[0]
            entry = self._entries.get(task_id)
            if entry is not None and entry.due == due and not entry.is_busy:
                return due
            heapq.heappop(self._heap)
        return None

    def take_due(self, now: float) -> Entry | None:
        """One that is due, the longest first. It is busy until ``set_due``."""
        due = self.next_due()
        if due is None or due > now:
            return None
        entry = self._entries[heapq.heappop(self._heap)[2]]
        entry.is_busy = True
        return entry

"""The looks at one upstream, at the pace that it bears: at each film when its time has come, or at all with one call.

A list of many costs one call and finds every end within a second, so it is used as soon as films end so often that
looks at each would find their ends no sooner. Where there are more films than looks, or than lists hold, those come
first whose end is likely, and the looks at each are thinned out.
"""

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog

from filmgate.dialects.client import ENDS, Report
from filmgate.errors import Unavailable, UpstreamFailed
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.work.kinds import KnownKinds, kind_of
from filmgate.work.poll_times import LOOKS
from filmgate.work.watch import Entry, WatchList

_LOOKS_AT_ONCE = 32
_BROUGHT_AT_ONCE = 16
_FEWEST_LOOKS = 2.0
_LISTED_AT_ONCE = 500
_LIST_SECONDS = 1.0
# Five thousand films a second are a sixth of a core, and twelve looks at each of fifty thousand.
_LISTS_A_ROUND = 10
# A schedule of looks finds an end after about as long.
_LOOK_DELAY_SECONDS = 3.0
_FIRST_BACK_OFF_SECONDS = 1.0
_LONGEST_BACK_OFF_SECONDS = 60.0
_BUSY_SECONDS = 5.0
_FIRST_LOOK_SECONDS = 3.0
_ACCOUNT_SECONDS = 30.0
_AFTER_TROUBLE_SECONDS = 5.0
# Vendors forget late and remember late: only what is missing again and again is gone.
_MISSES = 6
MISS_SECONDS = 10.0

_log = structlog.get_logger("filmgate.follow")


class Pump:
    """Looks at the films of one upstream.

    Args:
        in_the_making: told what was seen of a film that has not ended.
        ended: told what was seen of one that has, and after how many seconds; returns False where it is to be looked at
            again.
        lost: told of one that the vendor does not know any more.
    """

    def __init__(
        self,
        upstream: RemoteUpstream,
        kinds: KnownKinds,
        *,
        in_the_making: Callable[[Entry, Report], Awaitable[None]],
        ended: Callable[[Entry, Report, float], Awaitable[bool]],
        lost: Callable[[Entry], Awaitable[None]],
        miss_seconds: float = MISS_SECONDS,
    ) -> None:
        self.list = WatchList()
        self._upstream = upstream
        self._kinds = kinds
        self._in_the_making = in_the_making
        self._ended = ended
        self._lost = lost
        self._miss_seconds = miss_seconds
        self._news = asyncio.Event()
        self._slots = asyncio.Semaphore(_LOOKS_AT_ONCE)
        self._bringing = asyncio.Semaphore(_BROUGHT_AT_ONCE)
        self._at_work: set[asyncio.Task[None]] = set()
        self._next_call = 0.0
        self._strange_words: set[str] = set()

    def add(self, entry: Entry, *, due_now: bool) -> None:
        """Watch a film."""
        now = time.monotonic()
        self.list.add(entry, now if due_now else self._next_look(entry, now))
        self._news.set()

    def nudge(self, task_id: UUID) -> None:
        """Something may have happened to the film: look now."""
        entry = self.list.get(task_id)
        if entry is not None and not entry.is_busy:
            self.list.set_due(entry, time.monotonic())
            self._news.set()

    def saw(self, entry: Entry, report: Report) -> None:
        """What was learned of a film, here or elsewhere."""
        entry.is_busy = True
        self._start(self._take_in(entry, report))

    async def run(self) -> None:
        """Look until it is cancelled."""
        try:
            while True:
                self._news.clear()
                if self._listing_pays():
                    await self._look_at_all()
                else:
                    await self._look_at_one()
        finally:
            for task in self._at_work:
                task.cancel()
            await asyncio.gather(*self._at_work, return_exceptions=True)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _look_at_one(self) -> None:
        """Begin one look that is due, or wait until one is."""
        due, now = self.list.next_due(), time.monotonic()
        wait_seconds = None if due is None else max(due, self._next_call) - now
        if wait_seconds is None or wait_seconds > 0:
            await _first_of(self._news, timeout_seconds=wait_seconds)
            return
        await self._slots.acquire()
        entry = self.list.take_due(time.monotonic())
        if entry is None:
            self._slots.release()
            return
        self._next_call = max(self._next_call, now) + 1 / self._upstream.looks_per_second
        self._start(self._look(entry))

    async def _look(self, entry: Entry) -> None:
        try:
            entry.looks += 1
            report = await self._upstream.look(entry.followed.vendor_id)
        except UpstreamFailed as exc:
            await self._look_again(entry, exc)
        except BaseException:
            self.list.set_due(entry, time.monotonic() + _AFTER_TROUBLE_SECONDS)
            raise
        else:
            self._start(self._take_in(entry, report))
        finally:
            self._slots.release()
            self._news.set()

    def _listing_pays(self) -> bool:
        return self._upstream.lists and len(self.list) * _LOOK_DELAY_SECONDS > self._mean_seconds()

    async def _look_at_all(self) -> None:
        """One round of lists over everything that is watched, or over as much as a round bears."""
        began = time.monotonic()
        entries = [entry for entry in self.list if not entry.is_busy]
        most = self._lists_a_round() * _LISTED_AT_ONCE
        if len(entries) > most:
            entries = heapq.nsmallest(most, entries, key=lambda entry: entry.due)
        lists = range(0, len(entries), _LISTED_AT_ONCE)
        for first in lists:
            if not await self._look_at_many(entries[first : first + _LISTED_AT_ONCE]):
                break
        pause_seconds = max(
            _LIST_SECONDS,
            self._mean_seconds() / max(len(self.list), 1),
            len(lists) / self._upstream.looks_per_second,
        )
        await asyncio.sleep(max(began + pause_seconds, self._next_call) - time.monotonic())

    async def _look_at_many(self, entries: Sequence[Entry]) -> bool:
        try:
            reports = await self._upstream.look_at_many([entry.followed.vendor_id for entry in entries]) or {}
        except UpstreamFailed as exc:
            self._slow_down(exc)
            return False
        for entry in entries:
            report = reports.get(entry.followed.vendor_id)
            if report is not None and not entry.is_busy:
                self.saw(entry, report)
            elif report is None and entry.due <= time.monotonic() and not entry.is_busy:
                # The list may be behind, or its pages short. By itself it is asked for when its own time has come.
                entry.is_busy = True
                await self._slots.acquire()
                self._start(self._look(entry))
        return True

    async def _take_in(self, entry: Entry, report: Report) -> None:
        entry.errors = entry.misses = 0
        entry.was_told = entry.was_told and entry.state == report.state
        entry.state = report.state
        now = time.monotonic()
        try:
            if report.state in ENDS:
                await self._end(entry, report, now)
                return
            if report.state == "unknown":
                self._alarm(report)
            entry.last_open = now
            await self._in_the_making(entry, report)
            self.list.set_due(entry, self._next_look(entry, now))
        except Unavailable as exc:
            _log.warning("follow.unavailable", task=str(entry.followed.task_id), reason=exc.message)
            self.list.set_due(entry, now + _AFTER_TROUBLE_SECONDS)
        except Exception:
            _log.exception("follow.stumbled", task=str(entry.followed.task_id), upstream=self._upstream.name)
            self.list.set_due(entry, now + _AFTER_TROUBLE_SECONDS)
        self._news.set()

    async def _end(self, entry: Entry, report: Report, now: float) -> None:
        # Between the last two looks, as far as anybody knows who is not told.
        between = (entry.last_open + now) / 2 - entry.submitted
        took_seconds = between if report.took_seconds is None else report.took_seconds
        async with self._bringing:
            is_over = await self._ended(entry, report, took_seconds)
        if is_over:
            self.list.remove(entry)
        else:
            self.list.set_due(entry, time.monotonic() + _AFTER_TROUBLE_SECONDS)
        self._news.set()

    async def _look_again(self, entry: Entry, exc: UpstreamFailed) -> None:
        """A look taught nothing: later once more."""
        now = time.monotonic()
        if exc.fault == "missing":
            entry.misses += 1
            self.list.set_due(entry, now + self._miss_seconds)
            if entry.misses >= _MISSES:
                await self._end_lost(entry)
            return
        entry.errors += 1
        self._slow_down(exc)
        back_off_seconds = min(_FIRST_BACK_OFF_SECONDS * 2.0 ** (entry.errors - 1), _LONGEST_BACK_OFF_SECONDS)
        self.list.set_due(entry, now + max(back_off_seconds, exc.retry_after_seconds or 0.0))

    async def _end_lost(self, entry: Entry) -> None:
        try:
            await self._lost(entry)
        except Unavailable as exc:
            _log.warning("follow.unavailable", task=str(entry.followed.task_id), reason=exc.message)
        else:
            self.list.remove(entry)

    def _slow_down(self, exc: UpstreamFailed) -> None:
        _log.warning("look.failed", upstream=self._upstream.name, fault=exc.fault, reason=exc.message)
        match exc.fault:
            case "busy":
                pause_seconds = exc.retry_after_seconds or _BUSY_SECONDS
            case "account":
                self._upstream.breaker.failed(exc.message, at_once=True)
                pause_seconds = _ACCOUNT_SECONDS
            case _:
                return
        self._next_call = max(self._next_call, time.monotonic() + pause_seconds)

    def _alarm(self, report: Report) -> None:
        if report.word not in self._strange_words and len(self._strange_words) < 100:
            self._strange_words.add(report.word)
            _log.error(
                "vendor.word_unknown", upstream=self._upstream.name, word=report.word, vendor_id=report.vendor_id
            )

    def _next_look(self, entry: Entry, now: float) -> float:
        times = self._kinds.times(kind_of(entry.followed))
        # As many as there is time for, where there are more films than looks.
        affordable = self._most_per_second() * times.mean_seconds / max(len(self.list), 1)
        looks = min(LOOKS, max(affordable, _FEWEST_LOOKS))
        elapsed_seconds = now - entry.submitted
        following = times.next_after(elapsed_seconds, looks)
        if entry.state != "running" and elapsed_seconds < _FIRST_LOOK_SECONDS:
            # So that its customer soon sees that it is being made.
            following = min(following, _FIRST_LOOK_SECONDS)
        return entry.submitted + following

    def _most_per_second(self) -> float:
        """How many films can be asked about in a second."""
        if not self._listing_pays():
            return self._upstream.looks_per_second
        return min(self._upstream.looks_per_second, self._lists_a_round() / _LIST_SECONDS) * _LISTED_AT_ONCE

    def _lists_a_round(self) -> int:
        return min(max(int(self._upstream.looks_per_second * _LIST_SECONDS), 1), _LISTS_A_ROUND)

    def _mean_seconds(self) -> float:
        """How long films take here, by one that is watched."""
        entry = next(iter(self.list), None)
        return 0.0 if entry is None else self._kinds.times(kind_of(entry.followed)).mean_seconds


async def _first_of(news: asyncio.Event, *, timeout_seconds: float | None) -> None:
    try:
        async with asyncio.timeout(timeout_seconds):
            await news.wait()
    except TimeoutError:
        pass

"""What everything in the simulator works with: the vendor that is played, and the studio where its films are made."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

import msgspec

from filmgate.catalogue.load import Catalogue
from filmgate.dialects.base import ServerDialect
from filmgate.simulator.book import Book
from filmgate.simulator.call import Answer, Call
from filmgate.simulator.dice import Dice
from filmgate.simulator.films import Films
from filmgate.simulator.job import Job
from filmgate.simulator.journal import Journal
from filmgate.simulator.options import Options
from filmgate.video import ADAPTIVE, Resolution, Size, VideoRequest, frame_size

Sign = Callable[[str | None, str, int, bytes], dict[str, str]]
"""The headers of a callback, from the secret, the name of the event, the Unix second and the body."""

# Complete orders always name one.
_RESOLUTION: Resolution = "720p"


class Door(msgspec.Struct, frozen=True):
    """One line of the list of a vendor's addresses."""

    method: str
    """``GET`` also takes HEAD."""
    path: str
    """``{id}`` stands for one part of it."""
    name: str
    """For the counts: ``create``, ``query`` and so on."""
    say: Callable[["Studio", Call], Awaitable[Answer]]
    """May raise any ``FilmgateError``, which is then phrased in the dialect."""
    key: Literal["needed", "optional", "no"] = "needed"


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five vendors."""

    dialect: ServerDialect
    base_path: str
    """What its clients put behind the host into their base URL."""
    waits_for_room: bool
    """Whether an order waits where too many are being made; otherwise it is refused."""
    task_at: tuple[str, ...] = ()
    """The members of an answer inside of which a task's own are."""
    link_at: tuple[str, ...] = ()
    """The members of a task that lead to its film's link. Empty: its answers have no link."""
    size_of: Callable[[VideoRequest], Size]
    """The size of an ordered film."""
    sign: Sign | None = None
    """None: its callbacks are not signed."""
    doors: tuple[Door, ...]


def named_size(request: VideoRequest) -> Size:
    """The size that a complete order names. The first picture of an adaptive one is not looked at."""
    return frame_size(request.resolution or _RESOLUTION, request.ratio or ADAPTIVE)


class Herald(Protocol):
    """Whoever tells webhooks of their jobs."""

    def expect(self, job: Job) -> None:
        """There may be news of the job now."""
        ...

    def started(self, job: Job) -> None:
        """It is known when the job is made."""
        ...


class Studio:
    """A vendor at work.

    Args:
        clock: Unix seconds.
        journal: where its jobs are written down; None: nowhere.
    """

    def __init__(
        self,
        vendor: Vendor,
        options: Options,
        catalogue: Catalogue,
        *,
        clock: Callable[[], float],
        journal: Journal | None = None,
    ) -> None:
        self.vendor = vendor
        self.options = options
        self.catalogue = catalogue
        self.clock = clock
        self.book = Book(options.max_running, self._started, journal)
        self.herald: Herald | None = None
        self.dice = Dice(options.seed)
        self.films = Films()
        self.calls: dict[str, Counter[str]] = {}
        """How often each door gave which answer: an HTTP status, ``none`` or ``cut``."""
        self.storm_until = 0.0
        """Every call is refused until then."""
        self.is_storm_bare = False
        """The refusals do not say for how long."""
        self.refused_prompts: set[str] = set()
        """Prompts whose own wish to be refused has been fulfilled."""

    def expect(self, job: Job) -> None:
        """There is news of a job."""
        if self.herald is not None:
            self.herald.expect(job)

    def scaled(self, seconds: float) -> float:
        """Seconds of the vendor as seconds of the clock."""
        return seconds / self.options.speed

    def reset(self) -> None:
        """Forget all jobs and all calls."""
        self.book.empty()
        self.calls.clear()
        self.refused_prompts.clear()
        self.storm_until = 0.0

    def count(self, name: str, outcome: str) -> None:
        """Remember a call."""
        self.calls.setdefault(name, Counter())[outcome] += 1

    def _started(self, job: Job) -> None:
        if self.herald is not None:
            self.herald.started(job)

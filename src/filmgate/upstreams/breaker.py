"""A circuit breaker: an upstream that keeps failing is left alone for a while, then asked once, by one order.

    closed ──failures──> open ──time──> half open ──probe went well──> closed
                           ^                └──probe failed, twice the time──┘

One for each upstream in each process: what it learned is not worth a table. Libraries of this kind wrap a call; here
it has to be asked before an order is given a place, and told long after.
"""

from collections.abc import Callable
from typing import Literal

BreakerState = Literal["closed", "open", "half open"]

_FAILURES_TO_OPEN = 5
_FIRST_SECONDS = 5.0
_LONGEST_SECONDS = 300.0


class Breaker:
    """Watches one upstream.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float], *, failures_to_open: int = _FAILURES_TO_OPEN) -> None:
        self._clock = clock
        self._failures_to_open = failures_to_open
        self._failures = 0
        self._open_until = 0.0
        self._open_seconds = _FIRST_SECONDS
        self._is_probing = False
        self.reason = ""
        """Why it is open, in words for operators."""

    @property
    def state(self) -> BreakerState:
        if self._failures < self._failures_to_open:
            return "closed"
        return "open" if self._clock() < self._open_until else "half open"

    def allows(self) -> bool:
        """Whether an order may be tried there. Of many that ask while it is half open, the first gets a yes; it must
        tell how it went."""
        match self.state:
            case "closed":
                return True
            case "half open" if not self._is_probing:
                self._is_probing = True
                return True
            case _:
                return False

    @property
    def may_allow(self) -> bool:
        """Whether ``allows`` would say yes; nothing is promised by it."""
        return self.state == "closed" or (self.state == "half open" and not self._is_probing)

    def went_well(self) -> None:
        """The upstream did what it was asked, or refused for a reason of the order's."""
        self._failures = 0
        self._open_seconds = _FIRST_SECONDS
        self._is_probing = False
        self.reason = ""

    def failed(self, reason: str, *, at_once: bool = False) -> None:
        """It did not. ``at_once``: once is enough, as with a key that it does not take."""
        was_probing, self._is_probing = self._is_probing, False
        self._failures = self._failures_to_open if at_once else self._failures + 1
        self.reason = reason
        if self._failures >= self._failures_to_open:
            if was_probing:
                self._open_seconds = min(self._open_seconds * 2, _LONGEST_SECONDS)
            self._open_until = self._clock() + self._open_seconds

    def let_go(self) -> None:
        """Nothing was tried after all, though ``allows`` said yes."""
        self._is_probing = False

    @property
    def seconds_to_probe(self) -> float:
        """How long until it may be tried again."""
        return max(self._open_until - self._clock(), 0.0) if self.state == "open" else 0.0

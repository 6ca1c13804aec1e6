"""When to look at a vendor's task: where films have ended before, often; where they have not, seldom.

Of all schedules with the same number of looks, the one with a density proportional to the square root of the hazard
rate finds a film's end with the least delay. The hazard comes from how long the last films of the same kind took, as a
smooth curve over the logarithm of time; while there are few, a broad guess stands in for what was not seen.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LOOKS = 12.0
"""How many looks a film gets on average, where the vendor's limits leave room for them."""
KEPT_FILMS = 200
"""How many of the last films of one kind are remembered."""

_SHORTEST_SECONDS = 0.25
_LONGEST_SECONDS = 24 * 3600.0
_STEP = 0.01
"""Of the grid, in the logarithm of time: one percent."""
# What is believed of a film of which nothing is known, and how many films that belief weighs.
_GUESS_MEDIAN_SECONDS = 90.0
_GUESS_SIGMA = 1.0
_GUESS_FILMS = 2.0
# Silverman's rule is for one hump; half of it keeps two apart.
_BANDWIDTH = 0.5 * 1.06
_LEAST_SPREAD = 0.02
# A look is taken when its time has come, and then its time is over.
_A_LITTLE = 1e-3

_LOG_SECONDS = np.arange(math.log(_SHORTEST_SECONDS), math.log(_LONGEST_SECONDS), _STEP)
_SECONDS = np.exp(_LOG_SECONDS)


class PollTimes:
    """The schedule of one kind of film.

    Args:
        took_seconds: how long the last films of the kind took.
    """

    def __init__(self, took_seconds: Sequence[float]) -> None:
        density = _density(took_seconds)
        survival = np.maximum(1.0 - np.cumsum(density) * _STEP, 1e-9)
        # d(looks)/d(log t) is t times the root of the hazard (density / t) / survival.
        looks = np.cumsum(np.sqrt(density * _SECONDS / survival)) * _STEP
        expected = float(np.sum(density * looks) * _STEP)
        self._looks: NDArray[np.float64] = looks / expected
        self.mean_seconds = float(np.sum(density * _SECONDS) * _STEP)
        """How long a film of the kind takes on average."""

    def next_after(self, elapsed_seconds: float, looks: float = LOOKS) -> float:
        """When to look next at a film that has been in the making for so long; in the same seconds.

        Args:
            looks: how many a film gets on average, the one that finds its end included.
        """
        # One look more is the one that finds the end.
        curve = self._looks * max(looks - 1.0, 0.5)
        reached = float(np.interp(elapsed_seconds, _SECONDS, curve, left=0.0))
        # Half a look before the first, so that the steps of the curve lie around its whole numbers.
        wanted = math.floor(reached + 0.5 + _A_LITTLE) + 0.5
        if wanted >= curve[-1]:
            return elapsed_seconds * 1.5
        return float(np.interp(wanted, curve, _SECONDS))


def _density(took_seconds: Sequence[float]) -> NDArray[np.float64]:
    """How likely an end is, over the logarithm of time."""
    guess = np.exp(-0.5 * ((_LOG_SECONDS - math.log(_GUESS_MEDIAN_SECONDS)) / _GUESS_SIGMA) ** 2)
    guess /= np.sum(guess) * _STEP
    if len(took_seconds) == 0:
        return guess
    logs = np.log(np.clip(took_seconds, _SHORTEST_SECONDS * 1.01, _LONGEST_SECONDS * 0.99))
    spread = max(float(np.std(logs)), _LEAST_SPREAD)
    seen = _smooth(logs, max(_BANDWIDTH * spread * len(logs) ** -0.2, _STEP))
    weight = _GUESS_FILMS / (len(logs) + _GUESS_FILMS)
    return weight * guess + (1.0 - weight) * seen


def _smooth(logs: NDArray[np.float64], bandwidth: float) -> NDArray[np.float64]:
    """A kernel density estimate on the grid: counts, run through a bell."""
    counts, _ = np.histogram(logs, bins=len(_LOG_SECONDS), range=(_LOG_SECONDS[0], _LOG_SECONDS[-1] + _STEP))
    reach = min(math.ceil(4 * bandwidth / _STEP), len(_LOG_SECONDS) // 2 - 1)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _STEP / bandwidth) ** 2)
    smooth = np.convolve(counts, bell, mode="same")
    return np.asarray(smooth / (np.sum(smooth) * _STEP))

"""Schedules of looks to compare ours with: the best there is for films whose lengths are known, and fixed intervals.

The best one is found by dynamic programming over a grid of moments: for a price of a look, each moment has its best
successor; the price is sought at which a film gets as many looks as wanted.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.floating[Any]]

MEDIAN_SECONDS = 120.0

_MOMENTS = 1200
# So many times the spread, in the logarithm of time, hold all films but one in millions.
_REACH = 5.0
_HALVINGS = 40


def film_seconds(sigma: float, count: int, seed: int) -> Seconds:
    """How long films take whose length is log-normal."""
    return MEDIAN_SECONDS * np.exp(sigma * np.random.default_rng(seed).standard_normal(count))


def measured(looks: Seconds, took_seconds: Seconds) -> tuple[float, float]:
    """How long films were there before somebody looked, on average in seconds, and how many looks a film got.

    Args:
        looks: moments, the last one after every end.
    """
    found = np.searchsorted(looks, took_seconds)
    return float((looks[found] - took_seconds).mean()), float((found + 1).mean())


def fixed(sigma: float, looks: float) -> Seconds:
    """Fixed intervals, so long that a film of log-normal length gets as many looks as wanted."""
    # On average, half an interval lies between a film's end and the look that finds it.
    interval_seconds = MEDIAN_SECONDS * math.exp(sigma**2 / 2) / max(looks - 0.5, 0.5)
    return np.arange(1, 100 * math.ceil(looks)) * interval_seconds


def best(sigma: float, looks: float) -> Seconds:
    """The schedule with the least mean lag, of all that look at a film of log-normal length so often on average."""
    moments = MEDIAN_SECONDS * np.exp(sigma * np.linspace(-_REACH, _REACH, _MOMENTS))
    cheap, dear = 1e-3, 1e3
    for _ in range(_HALVINGS):
        price_seconds = math.sqrt(cheap * dear)
        chosen, asked = _for_price(sigma, moments, price_seconds)
        cheap, dear = (price_seconds, dear) if asked > looks else (cheap, price_seconds)
    return np.append(chosen, chosen[-1] * 100)


def _for_price(sigma: float, moments: Seconds, price_seconds: float) -> tuple[Seconds, float]:
    """The best schedule where a look costs as much as so many seconds of lag, and its looks for a film."""
    logs = np.log(moments / MEDIAN_SECONDS) / sigma
    ended = np.append(0.0, _normal(logs))
    # The mean of the lengths, as far as they are below each moment.
    length = np.append(0.0, MEDIAN_SECONDS * math.exp(sigma**2 / 2) * _normal(logs - sigma))
    count = len(moments)
    cost, successor = np.zeros(count + 1), np.zeros(count + 1, dtype=int)
    for at in range(count - 1, -1, -1):
        later = slice(at + 1, None)
        lag = moments[at:] * (ended[later] - ended[at]) - (length[later] - length[at])
        total = price_seconds * (1 - ended[at]) + lag + cost[later]
        nearest = int(np.argmin(total))
        cost[at], successor[at] = total[nearest], at + 1 + nearest
    chosen, asked, at = list[float](), 0.0, 0
    while at < count:
        asked += 1 - ended[at]
        at = int(successor[at])
        chosen.append(float(moments[at - 1]))
    return np.array(chosen), asked


def _normal(values: Sequence[float] | Seconds) -> Seconds:
    """The normal distribution's function."""
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in values])

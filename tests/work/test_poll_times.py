"""Poll times: against the best schedule there is, and for any history."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filmgate.work.poll_times import KEPT_FILMS, LOOKS, PollTimes

Seconds = NDArray[np.floating[Any]]

# Of films of log-normal length with a median of 120 s, for 12 looks: the mean delay of the best schedule, in seconds.
BEST_SECONDS = {0.15: 1.4, 0.3: 2.7, 0.5: 4.2}


def films(sigma: float, count: int, seed: int) -> Seconds:
    return 120 * np.exp(sigma * np.random.default_rng(seed).standard_normal(count))


def looks_of(times: PollTimes, looks: float = LOOKS, until_seconds: float = 3e4) -> Seconds:
    found, now = [], 0.0
    while now < until_seconds:
        now = times.next_after(now, looks)
        found.append(now)
    return np.array(found)


def measured(looks: Seconds, ends: Seconds) -> tuple[float, float]:
    """The mean delay in seconds, and the looks of a film."""
    found = np.searchsorted(looks, ends)
    return float((looks[found] - ends).mean()), float((found + 1).mean())


@pytest.mark.parametrize("sigma", BEST_SECONDS)
def test_after_two_hundred_films_the_delay_is_near_the_best(sigma: float) -> None:
    results = [
        measured(looks_of(PollTimes(list(films(sigma, KEPT_FILMS, seed)))), films(sigma, 20_000, 100 + seed))
        for seed in range(10)
    ]
    delay_seconds, looks = np.mean(results, axis=0)
    assert looks < LOOKS * 1.05
    assert delay_seconds < BEST_SECONDS[sigma] * 1.2


def test_two_kinds_of_films_in_one_are_both_found_soon() -> None:
    ends = np.concatenate([films(0.1, 20_000, 1) / 4, films(0.1, 20_000, 2)])
    history = np.concatenate([films(0.1, 100, 3) / 4, films(0.1, 100, 4)])
    delay_seconds, looks = measured(looks_of(PollTimes(list(history))), ends)
    fixed_delay_seconds, _ = measured(np.arange(1, 10_000) * float(ends.mean()) / looks, ends)
    assert delay_seconds < fixed_delay_seconds / 2


def test_a_guess_serves_while_nothing_is_known() -> None:
    delay_seconds, looks = measured(looks_of(PollTimes([])), films(0.3, 20_000, 5))
    assert looks < 15
    assert delay_seconds < 8


def test_fewer_looks_are_further_apart() -> None:
    times, ends = PollTimes(list(films(0.3, KEPT_FILMS, 6))), films(0.3, 20_000, 7)
    few, many = measured(looks_of(times, 4), ends), measured(looks_of(times, 24), ends)
    assert few[0] > 2 * many[0]
    assert 3 < few[1] < 5


@given(
    st.lists(st.floats(0, 1e7), max_size=KEPT_FILMS),
    st.floats(0, 1e6),
    st.floats(1, 100),
)
def test_the_next_look_is_always_ahead_and_never_for_ever(took: list[float], elapsed: float, looks: float) -> None:
    times = PollTimes(took)
    following = times.next_after(elapsed, looks)
    assert following > elapsed
    assert math.isfinite(following)
    assert math.isfinite(times.mean_seconds)
    assert times.mean_seconds > 0

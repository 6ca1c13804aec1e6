"""``looks``: how long a film is finished at a vendor before we know.

Once in virtual time, with the schedule that the worker uses: of films whose lengths are log-normal, after two hundred
of them were learned, against the best schedule there is with as many looks. Once for the worker's pump as it is, at a
vendor that has a list of many.
"""

from statistics import fmean

import numpy as np

from bench import listed
from bench.figures import Figure
from bench.schedules import MEDIAN_SECONDS, Seconds, best, film_seconds, fixed, measured
from filmgate.work.poll_times import KEPT_FILMS, LOOKS, PollTimes

_SIGMAS = (0.15, 0.3, 0.5)
_HISTORIES = 10
_FILMS = 50_000
_AIM = round(1 / 1.2, 2)


def measure() -> list[Figure]:
    """Run it."""
    return [*map(_measure, _SIGMAS), listed.measure()]


def _measure(sigma: float) -> Figure:
    """Over several histories, because two hundred films are sometimes unlike the others."""
    took = film_seconds(sigma, _FILMS, seed=0)
    results = [
        measured(_ours(PollTimes(list(film_seconds(sigma, KEPT_FILMS, seed + 1))), float(took.max())), took)
        for seed in range(_HISTORIES)
    ]
    lag_seconds, looks = fmean(lag for lag, _ in results), fmean(asked for _, asked in results)
    best_seconds, best_looks = measured(best(sigma, looks), took)
    fixed_seconds, fixed_looks = measured(fixed(sigma, looks), took)
    return Figure(
        id="looks",
        work=f"mean lag of the schedule of looks, films of log-normal length (median {MEDIAN_SECONDS:.0f} s, sigma "
        f"{sigma}), {KEPT_FILMS} films learned",
        unit="s",
        measured=lag_seconds,
        limit=best_seconds,
        limit_is="the best schedule for these lengths",
        aim=_AIM,
        remarks=f"{looks:.1f} looks a film, the best one {best_looks:.1f}; fixed intervals {fixed_seconds:.1f} s with "
        f"{fixed_looks:.1f}",
        less_is_better=True,
    )


def _ours(times: PollTimes, until_seconds: float) -> Seconds:
    """Every look that the schedule takes at a film that does not end."""
    moments = [0.0]
    while moments[-1] <= until_seconds:
        moments.append(times.next_after(moments[-1], LOOKS))
    return np.array(moments[1:])

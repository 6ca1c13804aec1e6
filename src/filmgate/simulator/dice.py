"""What chance has for an order: how long it takes, and which lies it meets."""

import math
from random import Random
from statistics import NormalDist

import msgspec

from filmgate.simulator.lies import Lie, asked_for, drawn
from filmgate.simulator.options import Options

_EARLIEST_FAILURE, _LATEST_FAILURE = 0.1, 0.9
_NORMAL = NormalDist()
_SMALLEST = 2**-53


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What will become of an order, if it is accepted. Seconds are those of the clock, already divided by the speed."""

    lies: frozenset[Lie]
    asked: frozenset[Lie]
    """Those of them that the prompt asks for."""
    queue_seconds: float
    making_seconds: float
    """Until its end: infinite for ``stuck``, a part of the whole for ``fail``."""


class Dice:
    """Thrown once for each order, always the same number of times, so that orders do not disturb each other."""

    def __init__(self, seed: int | None) -> None:
        self._random = Random(seed)  # noqa: S311  Nothing here is secret.

    def throw(self, options: Options, prompt: str) -> Fate:
        """Decide about an order.

        Raises:
            BadRequest: the prompt asks for what is no lie.
        """
        asked = asked_for(prompt)
        making_seconds, queue_seconds = self._around(options.sigma), self._around(options.sigma)
        failing_at = self._random.uniform(_EARLIEST_FAILURE, _LATEST_FAILURE)
        lies = asked | drawn(self._random, options.lies)
        making_seconds *= options.median_seconds
        if "stuck" in lies:
            making_seconds = math.inf
        elif "fail" in lies:
            making_seconds *= failing_at
        return Fate(
            lies=lies,
            asked=asked,
            queue_seconds=queue_seconds * options.queue_seconds / options.speed,
            making_seconds=making_seconds / options.speed,
        )

    def _around(self, sigma: float) -> float:
        """Log-normal, with a median of 1."""
        # Not ``lognormvariate``: it may take any number of throws.
        return math.exp(sigma * _NORMAL.inv_cdf(self._random.random() or _SMALLEST))

"""How a simulator behaves. Everything but who it is can be changed while it runs (``control.py``)."""

from typing import Any, Literal

import msgspec

from filmgate.simulator.lies import Lie

DialectName = Literal["jimmy", "senseaudio", "ink", "ark", "openai"]

FIXED = ("dialect", "key", "seed")
"""What stays as it was at the start."""

_YEAR_SECONDS = 365 * 24 * 3600
_LARGEST_FILM_BYTES = 2**40
_BOUNDS: dict[str, tuple[float, float]] = {
    "speed": (0.001, 1_000_000),
    "median_seconds": (0.001, _YEAR_SECONDS),
    "sigma": (0, 5),
    "queue_seconds": (0, _YEAR_SECONDS),
    "max_running": (1, 1_000_000_000),
    "film_bytes": (0, _LARGEST_FILM_BYTES),
    "huge_film_bytes": (0, _LARGEST_FILM_BYTES),
    "link_seconds": (0, _YEAR_SECONDS),
    "slow_seconds": (0, _YEAR_SECONDS),
    "storm_seconds": (0, _YEAR_SECONDS),
}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a simulator is asked to be. Seconds are the vendor's: ``speed`` divides all of them."""

    dialect: DialectName
    key: str | None = None
    """The one key that is good. None: any is, but there must be one."""
    seed: int | None = None
    """The same orders one after the other meet the same times and lies. None: other ones every time."""

    speed: float = 1.0
    median_seconds: float = 120.0
    """Half of the films take longer to make. The times are log-normal."""
    sigma: float = 0.3
    """How far they lie apart: the standard deviation of their logarithms."""
    queue_seconds: float = 0.0
    """The median of what an order waits though there is room for it; as scattered as the making."""
    max_running: int | None = None
    """More orders than this at once wait, or are refused, as the vendor does. None: no limit."""
    honour_idempotency_keys: bool = False
    """A create with the key of an earlier one is answered with that one's order, as hardly any vendor does."""

    film_bytes: int = 0
    """Films are padded to this size; those that are larger anyway stay as they are."""
    huge_film_bytes: int = 4 * 1024**3
    """The size of the lie ``huge-film``."""
    link_seconds: float | None = None
    """How long a link to a film is good. None: for ever."""

    slow_seconds: float = 20.0
    """How long the lie ``slow`` takes."""
    storm_seconds: float = 30.0
    """How long a storm of 429 lasts."""
    lies: dict[Lie, float] = {}
    """The rates of the lies, 0 to 1."""
    webhook_secret: str | None = None
    """What callbacks are signed with, in the dialects that sign them."""

    def __post_init__(self) -> None:
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            # Written so that it is also false of what is no number.
            if value is not None and not least <= value <= most:
                raise ValueError(f"{name} must be from {least:g} to {most:g}")
        for lie, rate in self.lies.items():
            if not 0 <= rate <= 1:
                raise ValueError(f"the rate of {lie} must be from 0 to 1")

    def changed(self, changes: dict[str, Any]) -> "Options":
        """These options with some of them changed, as JSON names and has them.

        Raises:
            ValueError: one of them is fixed, unknown, of the wrong type or out of its range.
        """
        for name in FIXED:
            if name in changes:
                raise ValueError(f"{name} cannot be changed while the simulator runs")
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return msgspec.convert(values | changes, Options)

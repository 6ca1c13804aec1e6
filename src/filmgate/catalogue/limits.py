"""The forms of single limits: a range, a closed set of values, what media must be like.

Part of the form of the catalogue's files, like ``model``: what cannot be right is refused when a file is read.
"""

from typing import Generic, Literal, TypeVar

import msgspec

from filmgate.video import Mode

Value = TypeVar("Value")

AUTO = -1
"""As a duration or a seed: "you choose"."""

ALL_MODES: tuple[Mode, ...] = ("text", "frames", "references")

Scheme = Literal["https", "http", "data", "asset"]


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The range of a measured value. A missing end is no limit; ``open`` leaves the ends themselves out."""

    min: float | None = None
    max: float | None = None
    open: bool = False

    def __post_init__(self) -> None:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is greater than max")

    def hold(self, value: float) -> bool:
        """Whether a value lies within."""
        if self.open:
            return (self.min is None or self.min < value) and (self.max is None or value < self.max)
        return (self.min is None or self.min <= value) and (self.max is None or value <= self.max)


class MediaRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many references of one kind an order may have, and what each picture, clip or sound must be like."""

    max_count: int = 0
    """References only; first and last frames are not counted here."""
    min_count: int = 0
    schemes: tuple[Scheme, ...] | None = None
    """Which links this kind may have, where that differs from ``Terms.schemes``."""
    formats: tuple[str, ...] = ()
    """Found by content, in lower case: ``jpeg``, ``mp4``. Empty: whatever can be decoded."""
    codecs: tuple[str, ...] = ()
    """Of a clip's pictures or of a sound: ``h264``, ``hevc``. Empty: whatever can be decoded."""
    max_megabytes: int | None = None
    """Of 1024 x 1024 bytes, the larger reading of what vendors write. Of each item; ``total_megabytes`` of all items of
    the kind together."""
    total_megabytes: int | None = None
    seconds: Bounds = Bounds()
    """Of each item; ``total_seconds`` of all items of the kind together."""
    total_seconds: Bounds = Bounds()
    side_pixels: Bounds = Bounds()
    """Of width and of height."""
    shorter_side_pixels: Bounds = Bounds()
    area_pixels: Bounds = Bounds()
    """Width times height."""
    shape: Bounds = Bounds()
    """Width divided by height."""
    frames_per_second: Bounds = Bounds()

    def __post_init__(self) -> None:
        if not 0 <= self.min_count <= self.max_count:
            raise ValueError("min_count and max_count must be 0 or more, the first not greater than the second")


class Setting(msgspec.Struct, Generic[Value], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field with a closed set of values."""

    choices: tuple[Value, ...]
    default: Value
    ignored: bool = False
    """Whatever is ordered, the default is made, and nobody is told off for it (spec jimmy 4.7)."""

    def __post_init__(self) -> None:
        if self.default not in self.choices:
            raise ValueError(f"default {self.default!r} is not one of the choices")


class Switch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field that is on or off."""

    default: bool
    ignored: bool = False


class Duration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the film may be: every whole second from ``min`` to ``max``, or one of ``choices``."""

    default: int
    min: int | None = None
    max: int | None = None
    choices: tuple[int, ...] = ()
    auto: int | None = None
    """Where -1 ("you choose") may be ordered, the length it then gets."""

    def __post_init__(self) -> None:
        if bool(self.choices) == (self.min is not None and self.max is not None):
            raise ValueError("give either min and max or choices")
        if not self.allowed or min(self.allowed) < 1:
            raise ValueError("a film has at least one second, and min is not greater than max")
        if not {self.default, self.default if self.auto is None else self.auto} <= set(self.allowed):
            raise ValueError("default and auto must be lengths that can be ordered")

    @property
    def allowed(self) -> tuple[int, ...]:
        """Every length in seconds that can be ordered, ascending."""
        if self.min is not None and self.max is not None:
            return tuple(range(self.min, self.max + 1))
        return tuple(sorted(self.choices))


class Timeout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a task may take, in seconds."""

    min: int = 3600
    max: int = 172_800
    default: int = 172_800

    def __post_init__(self) -> None:
        if not 0 < self.min <= self.default <= self.max:
            raise ValueError("must be 0 < min <= default <= max")


class Cancel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a cancelled order costs. One that is still waiting costs nothing."""

    making_percent: int = 0
    """Of the price, where the film is already being made."""

    def __post_init__(self) -> None:
        if not 0 <= self.making_percent <= 100:
            raise ValueError("must be a percentage, 0 to 100")


class Prompt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the prompt must be like."""

    max_characters: int = 5000
    """Unicode code points."""
    required_in: tuple[Mode, ...] = ALL_MODES

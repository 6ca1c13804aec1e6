"""Where the subjects of a shot stand, how large, and how they move a little."""

import math

import msgspec
import numpy as np

from filmgate.engines.animatic.brush import Sheet, curve, ellipse, fill, soften, stroke
from filmgate.engines.animatic.easel import Easel
from filmgate.engines.animatic.layers import Effect, Layer, Sway, cropped
from filmgate.engines.animatic.pen import Pen
from filmgate.engines.animatic.prompt import Look
from filmgate.engines.animatic.subjects import DRAWINGS

_MOST_SUBJECTS = 3


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of subject is staged."""

    size: float
    """Of its square, in units."""
    foot: float
    """Its foot: 0 at the horizon, 1 at the lower edge of the frame; negative in the sky."""
    bob: float = 0.0
    """Up and down, in shares of its size."""
    rock_radians: float = 0.0
    per_second: float = 0.25
    drift: float = 0.0
    """Sideways, in frame widths a second."""
    shadow: bool = True
    from_top: bool = False
    """It hangs into the frame: ``foot`` is in shares of the frame from its top."""


MARKS: dict[str, Mark] = {
    "girl": Mark(size=0.56, foot=0.72, bob=0.004, rock_radians=0.006),
    "person": Mark(size=0.5, foot=0.66, bob=0.004, rock_radians=0.006),
    "cat": Mark(size=0.3, foot=0.62, bob=0.006, rock_radians=0.01),
    "dog": Mark(size=0.32, foot=0.6, bob=0.01),
    "paper_boat": Mark(size=0.3, foot=0.58, bob=0.03, rock_radians=0.06, drift=0.016, shadow=False),
    "boat": Mark(size=0.3, foot=0.3, bob=0.02, rock_radians=0.035, drift=0.008, shadow=False),
    "lighthouse": Mark(size=0.5, foot=0.1, shadow=False),
    "car": Mark(size=0.36, foot=0.62, bob=0.004, per_second=1.1, drift=0.02),
    "train": Mark(size=0.62, foot=0.28, bob=0.002, per_second=1.6, drift=0.03),
    "tree": Mark(size=0.62, foot=0.34, rock_radians=0.008, per_second=0.2),
    "flower": Mark(size=0.42, foot=0.86, rock_radians=0.035, per_second=0.3),
    "house": Mark(size=0.34, foot=0.3),
    "kite": Mark(size=0.36, foot=-0.16, bob=0.06, rock_radians=0.09, per_second=0.28, drift=0.008, shadow=False),
    "lantern": Mark(size=0.4, foot=0.58, rock_radians=0.05, per_second=0.22, shadow=False, from_top=True),
    "balloon": Mark(size=0.36, foot=-0.16, bob=0.03, per_second=0.12, drift=0.008, shadow=False),
    "bicycle": Mark(size=0.34, foot=0.6),
    "umbrella": Mark(size=0.36, foot=0.7, rock_radians=0.03),
    "fish": Mark(size=0.3, foot=0.5, bob=0.03, rock_radians=0.06, drift=0.02, shadow=False),
}

# What floats stays where there is water; on land these stand lower in the frame.
_PLACES = {1: (0.5,), 2: (0.36, 0.68), 3: (0.5, 0.22, 0.8)}


def stage_subjects(easel: Easel, look: Look) -> list[Layer]:
    """A layer for each subject that has a drawing, at most three, each with a soft shadow."""
    names = [name for name in look.subjects if name in DRAWINGS][:_MOST_SUBJECTS]
    if "girl" in names and "person" in names:
        names.remove("person")
    if "umbrella" in names and {"girl", "person"} & set(names):
        names.remove("umbrella")
    layers: list[Layer] = []
    for name, share in sorted(
        zip(names, _PLACES.get(len(names), ()), strict=True), key=lambda pair: MARKS[pair[0]].foot
    ):
        layers += _staged(easel, look, name, share, alone=len(names) == 1)
    return layers


def bird_flock(easel: Easel) -> Effect:
    """A few birds that cross the sky, wings beating."""
    rng = easel.rng
    width, height = easel.frame
    count = 7
    places = np.stack([rng.uniform(0.1, 0.8, count), rng.uniform(0.12, 0.38, count)], axis=1)
    sizes, phases = rng.uniform(0.012, 0.026, count) * easel.unit, rng.uniform(0, 6.28, count)
    tone = easel.palette.far(0.15)

    def draw(screen: Sheet, seconds: float) -> None:
        for (x, y), size, phase in zip(places, sizes, phases, strict=True):
            beat = math.sin(seconds * 7.0 + phase) * 0.5 + 0.25
            column = (x + 0.035 * seconds) * width
            row = (y - 0.006 * seconds + 0.006 * math.sin(seconds + phase)) * height
            tip, bend = beat, 0.35 + 0.4 * beat
            wings = ((-1.0, tip), (-0.45, bend), (0.0, 0.0), (0.45, bend), (1.0, tip))
            anchors = [(column + across * size, row - up * size) for across, up in wings]
            stroke(screen, curve(*anchors, closed=False, steps=5), tone, size * 0.14)

    return draw


def _staged(easel: Easel, look: Look, name: str, share: float, *, alone: bool) -> list[Layer]:
    mark = MARKS[name]
    close = look.close and name in ("girl", "person", "cat", "dog", "flower")
    size = mark.size * easel.unit * (1.55 if close else 1.0 if alone else 0.84)
    size = min(size, easel.frame[1] * (1.35 if close else 0.78), easel.frame[0] * (1.5 if close else 0.8))
    pen = Pen(round(size), easel.palette, look)
    DRAWINGS[name](pen)
    foot = _foot(easel, mark, size, close=close)
    x = easel.x(share)
    depth = min(0.95, 0.5 + 0.4 * max(mark.foot, 0.0)) if not mark.from_top else 0.6
    side = pen.sheet.shape[0]
    left, top = x - side / 2 - easel.left, foot - pen.side - pen.margin - easel.top
    sway = Sway(
        y=mark.bob * size,
        turn_radians=mark.rock_radians,
        per_second=mark.per_second,
        phase=float(easel.rng.uniform(0, 6.28)),
        drift_x=mark.drift * easel.frame[0],
        pivot=(side / 2, pen.margin if mark.from_top else side - pen.margin),
    )
    layers: list[Layer] = []
    if mark.shadow and not close and "space" not in look.places:
        layers += _shadow(easel, x, foot, size, depth, Sway(drift_x=sway.drift_x))
    drawn = cropped(pen.sheet, left, top, depth, sway)
    return [*layers, drawn] if drawn else layers


def _foot(easel: Easel, mark: Mark, size: float, *, close: bool) -> float:
    if close:
        # Head and shoulders: the rest is below the frame.
        return easel.y(0.16) + size
    if mark.from_top:
        return easel.y(mark.foot) + size * 0.12
    if mark.foot < 0.0:
        return max(easel.horizon + mark.foot * easel.frame[1], easel.y(0.1) + size)
    return easel.horizon + mark.foot * (easel.y(1.0) - easel.horizon)


def _shadow(easel: Easel, x: float, foot: float, size: float, depth: float, sway: Sway) -> list[Layer]:
    reach, flat = size * 0.34, size * 0.045
    sheet = np.zeros((round(flat * 6), round(reach * 3), 4), np.uint8)
    fill(sheet, ellipse(sheet.shape[1] / 2, sheet.shape[0] / 2, reach, flat), easel.palette.far(0.0), 0.6)
    soft = soften(sheet, flat * 0.8)
    laid = cropped(
        soft, x - sheet.shape[1] / 2 - easel.left, foot - sheet.shape[0] / 2 - 0.6 * flat - easel.top, depth, sway
    )
    return [laid] if laid else []

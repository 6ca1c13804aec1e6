"""Built places: a skyline, and a street between facades with wet reflections."""

import functools

import cv2
import msgspec
import numpy as np

from filmgate.engines.animatic.brush import Sheet, fill, noise, painted, soften, stroke
from filmgate.engines.animatic.easel import Easel
from filmgate.engines.animatic.layers import Layer
from filmgate.engines.animatic.palette import Colour, mix
from filmgate.engines.animatic.prompt import Look

NEONS: tuple[Colour, ...] = (
    (255.0, 74.0, 138.0),
    (62.0, 214.0, 230.0),
    (255.0, 176.0, 66.0),
    (150.0, 104.0, 255.0),
    (255.0, 92.0, 70.0),
)
_WARM: Colour = (255.0, 206.0, 132.0)


def paint_skyline(easel: Easel, tall: float = 0.3) -> list[Layer]:
    """Towers along the horizon in two ranks, with lit windows after dark."""
    layers: list[Layer] = []
    for distance, share, depth in ((0.7, 1.0, 0.12), (0.42, 0.66, 0.22)):
        sheet = easel.sheet()
        x = -0.02 * easel.unit
        while x < easel.width:
            wide = float(easel.rng.uniform(0.03, 0.085)) * easel.unit
            high = float(easel.rng.uniform(0.25, 1.0)) ** 1.4 * tall * share * easel.unit + 0.02 * easel.unit
            _tower(sheet, easel, x, wide, high, distance)
            x += wide * float(easel.rng.uniform(0.9, 1.25))
        layers += easel.layer(sheet, depth)
    return layers


class Street(msgspec.Struct, frozen=True):
    """A street in two parts: what lies far, and the nearest facades on both sides."""

    far: list[Layer]
    near: list[Layer]


def paint_street(easel: Easel, look: Look) -> Street:
    """A street that runs to the horizon between two rows of facades."""
    wet = bool({"rain", "storm"} & set(look.weather))
    far, left, right, light = (easel.sheet() for _ in range(4))
    for side, near_sheet in ((-1, left), (1, right)):
        for index in range(9, 0, -1):
            sheet = near_sheet if index <= 2 else far
            _facade(sheet, light, easel, _Side(easel, side), index)
    if easel.palette.lamps:
        bloom = _bloom(light, easel.unit)
        for sheet in (far, left, right):
            _within(sheet, bloom)
    road = _road(easel, [far, left, right], wet=wet)
    return Street(easel.layer(road, 0.4) + easel.layer(far, 0.4), easel.layer(left, 0.66) + easel.layer(right, 0.66))


def _tower(sheet: Sheet, easel: Easel, x: float, wide: float, high: float, distance: float) -> None:
    palette, rng = easel.palette, easel.rng
    foot = easel.horizon + 0.03 * easel.unit
    tone = mix(palette.far(distance), palette.lit((150.0, 152.0, 160.0), distance), 0.25)
    fill(sheet, [(x, foot), (x, foot - high), (x + wide, foot - high), (x + wide, foot)], tone)
    if rng.random() < 0.3:
        fill(
            sheet,
            [
                (x + wide * 0.3, foot - high),
                (x + wide * 0.3, foot - high - wide * 0.3),
                (x + wide * 0.7, foot - high - wide * 0.3),
                (x + wide * 0.7, foot - high),
            ],
            tone,
        )
        stroke(
            sheet,
            [(x + wide / 2, foot - high - wide * 0.3), (x + wide / 2, foot - high - wide * 0.9)],
            tone,
            easel.unit * 0.002,
        )
    size = 0.0058 * easel.unit
    share = 0.42 if palette.lamps else 0.18
    pane = mix(_WARM, palette.haze, 0.25 + 0.4 * distance) if palette.lamps else mix(tone, palette.sky[2], 0.4)
    for column in np.arange(x + size, x + wide - size, size * 1.8):
        for row in np.arange(foot - high + size, foot - 2 * size, size * 2.3):
            if rng.random() < share:
                cv2.rectangle(
                    sheet,
                    (round(column), round(row)),
                    (round(column + size * 0.8), round(row + size)),
                    (*pane, 255),
                    -1,
                )


class _Side:
    """One side of the street in perspective: depths run from 0.6 near to infinity, heights from 0 at the ground."""

    def __init__(self, easel: Easel, side: int) -> None:
        self.side = side
        self._easel = easel
        self._half_street = 0.42 * min(1.0, easel.frame[0] / easel.frame[1] / 1.5) * easel.unit

    def at(self, depth: float, height: float) -> tuple[float, float]:
        """The sheet's point at a depth and height on the line of the facades."""
        ground = self._easel.horizon + 0.24 * self._easel.unit / depth
        up = height * self._easel.unit / depth * 0.78
        return self._easel.x(0.5) + self.side * self._half_street / depth, ground - up

    def wall(self, near: float, far: float, low: float, high: float) -> list[tuple[float, float]]:
        """An upright piece of facade between two depths and two heights."""
        return [self.at(near, low), self.at(near, high), self.at(far, high), self.at(far, low)]


def _facade(sheet: Sheet, light: Sheet, easel: Easel, side: _Side, index: int) -> None:
    """One building of the street; ``index`` 1 is the nearest. All its lines run to the vanishing point."""
    palette, rng = easel.palette, easel.rng
    near, far = 0.62 + 0.42 * (index - 1), 0.62 + 0.42 * index - 0.03
    high = float(rng.uniform(0.62, 1.25))
    distance = min(0.85, 0.1 + 0.085 * index)
    brick: Colour = mix((124.0, 98.0, 88.0), (104.0, 110.0, 126.0), float(rng.random()))
    tone = mix(palette.far(distance), palette.lit(brick, distance), 0.45)
    # The front wall of a near building runs out of the frame; a far one ends behind its neighbour.
    outer = side.side * (2.0 * easel.width if index == 1 else 0.2 * easel.unit / near)
    (foot_x, foot_y), (roof_x, roof_y) = side.at(near, 0.0), side.at(near, high)
    front = [(foot_x, foot_y), (roof_x, roof_y), (roof_x + outer, roof_y), (foot_x + outer, foot_y)]
    fill(sheet, front, mix(tone, palette.shade, 0.45))
    fill(sheet, side.wall(near, far, 0.0, high), tone)
    floors = round(high * 9)
    for column in range(4):
        left, right = (near + (far - near) * (column + share) / 4 for share in (0.2, 0.8))
        for floor in range(1, floors):
            pane = side.wall(left, right, high * (floor + 0.2) / floors, high * (floor + 0.75) / floors)
            lit = palette.lamps and rng.random() < 0.34
            glass = mix(_WARM, palette.haze, 0.07 * index) if lit else mix(tone, palette.sky[1], 0.24)
            fill(sheet, pane, mix(glass, tone, float(rng.uniform(0.0, 0.5))))
    _shop(sheet, light, easel, side, (near + 0.04, far - 0.04, high / floors * 0.95), tone)
    if palette.lamps:
        _sign(sheet, light, easel, side, near + 0.1, high)


def _shop(
    sheet: Sheet, light: Sheet, easel: Easel, side: _Side, place: tuple[float, float, float], tone: Colour
) -> None:
    """The shop window at the foot of a facade; ``place`` is its near and far end and its height."""
    palette, rng = easel.palette, easel.rng
    near, far, high = place
    window = side.wall(near, far, 0.015, high)
    if not palette.lamps:
        fill(sheet, window, mix(tone, palette.shade, 0.3))
        return
    colour = mix(_WARM, NEONS[int(rng.integers(len(NEONS)))], float(rng.uniform(0.0, 0.55)))
    shown = mix(colour, tone, float(rng.uniform(0.35, 0.7)))
    fill(sheet, window, shown)
    fill(light, window, mix(shown, (0.0, 0.0, 0.0), 0.72))
    for share in (0.33, 0.66):
        post = near + (far - near) * share
        fill(sheet, side.wall(post, post + 0.012, 0.015, high), mix(tone, palette.shade, 0.4))


def _sign(sheet: Sheet, light: Sheet, easel: Easel, side: _Side, depth: float, high: float) -> None:
    """A neon sign that stands out over the pavement."""
    rng = easel.rng
    colour = NEONS[int(rng.integers(len(NEONS)))]
    low = float(rng.uniform(0.2, 0.34)) * min(high, 1.0)
    (x, bottom), (_, top) = side.at(depth, low), side.at(depth, low + float(rng.uniform(0.12, 0.26)))
    wide = -side.side * 0.05 * easel.unit / depth
    board = np.array([(x, bottom), (x, top), (x + wide, top), (x + wide, bottom), (x, bottom)])
    fill(sheet, board, mix(colour, (16.0, 10.0, 24.0), 0.72))
    middle, thick = board[:4].mean(axis=0), easel.unit * 0.004 / depth
    lines = [middle + (board - middle) * 0.86]
    for row in range(3):
        y, reach = top + (bottom - top) * (0.22 + 0.26 * row), abs(wide) * float(rng.uniform(0.16, 0.28))
        lines.append(np.array([(middle[0] - reach, y), (middle[0] + reach, y)]))
        if rng.random() < 0.6:
            lines.append(np.array([(middle[0], y - reach * 0.6), (middle[0], y + reach * 0.7)]))
    for line in lines:
        stroke(sheet, line, mix(colour, (255.0, 255.0, 255.0), 0.35), thick)
        stroke(light, line, colour, thick)


def _bloom(light: Sheet, unit: float) -> Sheet:
    """The lights as they spread, near and wide."""
    near, wide = 0.012 * unit, 0.04 * unit
    shrink = max(1, int(near / 3))
    small = painted(cv2.resize(light, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA))
    spread = cv2.add(cv2.GaussianBlur(small, (0, 0), near / shrink), soften(small, wide / shrink))
    return painted(cv2.resize(spread, light.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def _within(sheet: Sheet, light: Sheet) -> None:
    """Add light to a sheet, within its outline."""
    x, y, width, height = cv2.boundingRect(cv2.extractChannel(sheet, 3))
    window = sheet[y : y + height, x : x + width]
    alpha = cv2.extractChannel(window, 3)
    lit = cv2.add(window, light[y : y + height, x : x + width])
    cv2.min(lit, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGBA), dst=window)
    cv2.insertChannel(alpha, window, 3)


def _road(easel: Easel, above: list[Sheet], *, wet: bool) -> Sheet:
    """Asphalt with a dashed middle line; wet or after dark it mirrors what stands above it."""
    palette = easel.palette
    asphalt = mix(palette.lit((92.0, 94.0, 102.0)), palette.shade, 0.2)
    whole = easel.land(np.zeros(4), easel.horizon, 0.0)
    far, near = mix(asphalt, palette.haze, 0.6), mix(asphalt, palette.shade, 0.5)
    road = easel.gradient(whole, far, near, grain=0.14, cells=60)
    centre, paint = easel.x(0.5), mix(asphalt, (230.0, 224.0, 206.0), 0.34)
    for index in range(7):
        dash = []
        for depth in (0.4 * 1.5**index, 0.48 * 1.5**index):
            row, half = easel.horizon + 0.24 * easel.unit / depth, 0.008 * easel.unit / depth
            dash += [(centre - half, row), (centre + half, row)]
        fill(road, [dash[0], dash[1], dash[3], dash[2]], paint, 0.8)
    if wet or palette.lamps:
        top = int(easel.horizon)
        window = road[top:]
        alpha = cv2.extractChannel(window, 3)
        cv2.convertScaleAbs(window, dst=window, alpha=0.72 if wet else 0.9)
        cv2.insertChannel(alpha, window, 3)
        _within(window, _reflections(easel, above, 0.85 if wet else 0.3))
    return road


def _reflections(easel: Easel, above: list[Sheet], strength: float) -> Sheet:
    """What stands above the horizon, upside down and smeared, in puddles; from the horizon to the sheet's foot."""
    top, rows = int(easel.horizon), easel.height - int(easel.horizon)
    size = (easel.width // 4, min(top, rows) // 4)
    smalls = [cv2.resize(sheet[max(0, top - rows) : top], size, interpolation=cv2.INTER_AREA) for sheet in above]
    small = cv2.flip(functools.reduce(cv2.max, smalls), 0)
    small = cv2.copyMakeBorder(small, 0, max(0, rows // 4 - small.shape[0]), 0, 0, cv2.BORDER_REPLICATE)
    small = cv2.blur(small, (3, max(3, int(0.03 * easel.unit))))
    field = noise(easel.rng, small.shape[1], rows // 2, 24, 4)
    puddles = cv2.resize(field, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    share = np.clip((puddles - 0.36) * 3.4, 0.15, 1.0) * np.float32(strength)
    shown = cv2.convertScaleAbs(small * share[..., None])
    return painted(cv2.resize(shown, (easel.width, rows), interpolation=cv2.INTER_LINEAR))

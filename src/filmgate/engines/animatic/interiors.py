"""Inside: a room with a window, and a stage with one light."""

import cv2
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.brush import Sheet, box, ellipse, fill, glow, lay_over, shine, soften
from filmgate.engines.animatic.easel import Easel
from filmgate.engines.animatic.layers import Layer
from filmgate.engines.animatic.palette import Colour, mix

_WARM: Colour = (255.0, 206.0, 132.0)
_WHITE: Colour = (255.0, 255.0, 255.0)


def paint_room(easel: Easel) -> list[Layer]:
    """A quiet room: a wall, a window with the hour outside, its light on the floor."""
    palette, unit = easel.palette, easel.unit
    wall: Colour = palette.lit(mix((196.0, 178.0, 156.0), palette.sky[1], 0.2))
    wall = mix(wall, (96.0, 66.0, 46.0), 0.5) if palette.lamps else wall
    floor_row = easel.y(0.74)
    plank, far_plank = palette.lit((120.0, 82.0, 56.0)), palette.lit((146.0, 104.0, 72.0))
    sheet = _plane(easel, 0.0, mix(wall, palette.shade, 0.4), mix(wall, palette.shade, 0.1), grain=0.05)
    floor = _plane(
        easel, floor_row, mix(far_plank, palette.shade, 0.25), mix(plank, palette.shade, 0.6), grain=0.12, cells=40
    )
    lay_over(sheet, floor)
    box(sheet, 0.0, floor_row - 0.02 * unit, easel.width, floor_row, mix(wall, palette.shade, 0.35))
    x, wide = easel.x(0.62), 0.3 * unit
    _window(sheet, easel, x - wide / 2, easel.y(0.2), wide, 0.36 * unit)
    light = _floor_light(easel, x, floor_row, wide)
    shine(sheet, light * np.float32(0.2 if palette.moonlit else 0.5), mix(palette.sky[2], palette.sun, 0.5))
    if palette.lamps:
        lamp = glow(easel.width, easel.height, easel.x(0.2), easel.y(0.4), 0.42 * unit, 1.7)
        shine(sheet, lamp * np.float32(0.6), _WARM)
    plant = easel.sheet()
    _plant(plant, easel, easel.x(0.1), floor_row + 0.1 * unit, 0.3 * unit)
    return easel.layer(sheet, 0.2) + easel.layer(plant, 0.7)


def paint_stage(easel: Easel) -> list[Layer]:
    """A plain backdrop and floor under one light: for things that the words place nowhere."""
    palette, unit = easel.palette, easel.unit
    bright = mix(palette.sky[1], palette.haze, 0.45)
    back = mix(bright, palette.shade, 0.52)
    sheet = _plane(easel, 0.0, mix(back, palette.shade, 0.35), back, grain=0.1, cells=6)
    light = glow(easel.width, easel.height, easel.x(0.5), easel.y(0.42), 0.5 * unit, 1.5)
    shine(sheet, light * np.float32(0.42), mix(bright, palette.sun, 0.5))
    for share, lean in ((0.34, 0.1), (0.6, -0.06)):
        shine(sheet, _beam(easel, easel.x(share), easel.x(0.5 + lean)) * np.float32(0.16), palette.sun)
    near = mix(back, palette.shade, 0.55)
    floor = _plane(easel, easel.horizon, mix(back, palette.haze, 0.2), near, grain=0.08, cells=9)
    pool = easel.sheet()
    fill(pool, ellipse(easel.x(0.5), easel.horizon + 0.1 * unit, 0.36 * unit, 0.085 * unit), _WHITE)
    inside = cv2.min(_level(soften(pool, 0.035 * unit)), _level(floor, channel=3))
    shine(floor, np.asarray(inside, np.float32) * np.float32(0.42), mix(bright, palette.sun, 0.6))
    return easel.layer(sheet, 0.1) + easel.layer(floor, 0.5)


def _plane(easel: Easel, row: float, top: Colour, bottom: Colour, *, grain: float, cells: float = 14) -> Sheet:
    """A wall or floor from a row to the sheet's foot."""
    return easel.gradient(easel.land(np.zeros(4), row, 0.0), top, bottom, grain=grain, cells=cells)


def _beam(easel: Easel, top: float, foot: float) -> NDArray[np.float32]:
    """A shaft of light from above, gone at the floor."""
    beam, wide = easel.sheet(), 0.3 * easel.unit
    narrow = wide / 10.0
    outline = [(top - narrow, 0.0), (top + narrow, 0.0), (foot + wide, easel.horizon), (foot - wide, easel.horizon)]
    fill(beam, outline, _WHITE)
    fading = np.linspace(1.0, 0.0, easel.height, dtype=np.float32)[:, None]
    return _level(soften(beam, 0.03 * easel.unit)) * fading


def _window(sheet: Sheet, easel: Easel, x: float, y: float, wide: float, high: float) -> None:
    """A window with a sky and a hill in it; (x, y) is the upper left corner of the glass."""
    palette, edge = easel.palette, 0.012 * easel.unit
    frame = palette.lit(mix((236.0, 230.0, 220.0), palette.shade, 0.25))
    box(sheet, x - edge, y - edge, x + wide + edge, y + high + edge, frame)
    rows = 24
    for row in range(rows):
        tone = mix(palette.sky[0], palette.sky[2], row / (rows - 1))
        box(sheet, x, y + high * row / rows, x + wide, y + high * (row + 1) / rows, tone)
    crest = ((0.0, 0.8), (0.3, 0.7), (0.62, 0.82), (1.0, 0.74), (1.0, 1.0), (0.0, 1.0))
    fill(sheet, [(x + wide * across, y + high * down) for across, down in crest], palette.far(0.45))
    box(sheet, x + (wide - edge) / 2, y, x + (wide + edge) / 2, y + high, frame)
    box(sheet, x, y + high * 0.42, x + wide, y + high * 0.42 + edge, frame)
    sill = mix(frame, palette.shade, 0.2)
    box(sheet, x - 3 * edge, y + high + edge, x + wide + 3 * edge, y + high + 2.6 * edge, sill)


def _floor_light(easel: Easel, x: float, floor_row: float, wide: float) -> NDArray[np.float32]:
    """What falls through the two halves of the window, slanting over the floor."""
    light = easel.sheet()
    top, bottom = floor_row + 0.02 * easel.unit, floor_row + 0.16 * easel.unit
    lean = -0.24 * easel.unit
    for share in (-0.5, 0.04):
        left, right = x + wide * share, x + wide * (share + 0.46)
        near = [(right + lean + wide * 0.1, bottom), (left + lean - wide * 0.06, bottom)]
        fill(light, [(left + lean * 0.3, top), (right + lean * 0.3, top), *near], _WHITE)
    return _level(soften(light, 0.008 * easel.unit))


def _plant(sheet: Sheet, easel: Easel, x: float, foot: float, size: float) -> None:
    """A plant in a pot, in the dark of the foreground."""
    palette = easel.palette
    dark = palette.far(0.06)
    leaf = mix(dark, palette.lit((66.0, 110.0, 70.0)), 0.45)
    root = (x, foot - size * 0.3)
    for angle in np.pi * np.linspace(0.14, 0.86, 9):
        reach = size * float(easel.rng.uniform(0.75, 1.05))
        tip = (x + np.cos(angle) * reach * 0.62, root[1] - np.sin(angle) * reach * 0.8)
        middle_x, middle_y = (tip[0] + root[0]) / 2, (tip[1] + root[1]) / 2 - size * 0.06
        fill(
            sheet,
            [root, (middle_x - size * 0.045, middle_y), tip, (middle_x + size * 0.045, middle_y + size * 0.03)],
            leaf,
        )
    pot = [(-0.16, -0.32), (0.16, -0.32), (0.12, 0.0), (-0.12, 0.0)]
    clay = mix(dark, palette.lit((176.0, 104.0, 74.0)), 0.55)
    fill(sheet, [(x + across * size, foot + down * size) for across, down in pot], clay)


def _level(sheet: Sheet, channel: int = 0) -> NDArray[np.float32]:
    """One channel as light from 0 to 1."""
    return sheet[..., channel].astype(np.float32) / np.float32(255.0)

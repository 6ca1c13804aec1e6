"""Water: the sea with its waves and rocks, a still lake, a winding river."""

import math

import cv2
import numpy as np

from filmgate.engines.animatic.brush import (
    Points,
    Sheet,
    fill,
    glow,
    lay_over,
    noise,
    shine,
)
from filmgate.engines.animatic.easel import Easel
from filmgate.engines.animatic.layers import Layer, Sway
from filmgate.engines.animatic.palette import Colour, mix
from filmgate.engines.animatic.prompt import Look
from filmgate.engines.animatic.sky import sun_place
from filmgate.engines.animatic.terrain import paint_meadow


def paint_water(easel: Easel, *, calm: bool) -> list[Layer]:
    """Water to the horizon: a mirror of the sky, the sun's path on it, and waves that come and go."""
    palette = easel.palette
    sheet = _mirror(easel)
    layers = easel.layer(sheet, 0.3)
    if calm:
        return layers
    count = 4
    for index in range(count):
        near = (index + 1) / count
        row = easel.horizon + (0.12 + 0.88 * near**1.6) * (easel.y(1.0) - easel.horizon) * 0.86
        amplitude = (0.004 + 0.018 * near) * easel.unit
        outline = _wave(easel, row, amplitude, 5.0 + 9.0 * (1.0 - near))
        deep = mix(mix(palette.sky[0], palette.shade, 0.1 + 0.3 * near), palette.lit((30.0, 104.0, 124.0)), 0.3)
        top = mix(deep, palette.sky[2], 0.46 * (1.0 - near) + 0.1)
        wave = easel.gradient(outline, top, mix(deep, palette.shade, 0.35), grain=0.07, cells=20)
        _foam(wave, easel, outline, mix(palette.lit((244.0, 248.0, 250.0)), top, 0.2), near)
        sway = Sway(
            x=(0.006 + 0.016 * near) * easel.unit,
            y=(0.002 + 0.009 * near) * easel.unit,
            per_second=0.2 + 0.05 * (index % 2),
            phase=index * 1.7,
        )
        layers += easel.layer(wave, 0.36 + 0.5 * near, sway)
    return layers


def paint_shore_rocks(easel: Easel) -> list[Layer]:
    """Dark rocks in the surf."""
    sheet = easel.sheet()
    palette, rng = easel.palette, easel.rng
    for x, y, size in ((0.16, 0.66, 0.2), (0.3, 0.72, 0.1), (0.86, 0.62, 0.13), (0.05, 0.78, 0.16)):
        foot = easel.horizon + (y - 0.5) / 0.5 * (easel.y(1.0) - easel.horizon)
        _rock(
            sheet, easel.x(x), foot, size * easel.unit, palette.far(0.12), mix(palette.far(0.1), palette.sun, 0.32), rng
        )
    return easel.layer(sheet, 0.66)


def paint_valley_river(easel: Easel, look: Look) -> list[Layer]:
    """A meadow with a river that winds to the horizon."""
    layers = paint_meadow(easel, look)[:1]
    if not layers:
        return layers
    sheet = easel.sheet()
    palette = easel.palette
    left, right = river_banks(easel)
    outline = np.vstack([left, right[::-1]])
    bank = outline + np.array([0.0, 0.004 * easel.unit])
    fill(sheet, bank, mix(palette.lit(palette.grass), palette.shade, 0.72))
    water = easel.gradient(
        outline, mix(palette.sky[2], palette.haze, 0.2), mix(palette.sky[0], palette.shade, 0.25), grain=0.05
    )
    lay_over(sheet, water)
    return layers + easel.layer(sheet, 0.5)


def river_banks(easel: Easel) -> tuple[Points, Points]:
    """The two banks of the winding river, from the horizon to the sheet's foot, as rows of points."""
    shares = np.linspace(0.0, 1.0, 60)
    rows = easel.horizon + 0.012 * easel.unit + shares**1.55 * (easel.height - easel.horizon)
    near = (rows - easel.horizon) / (easel.height - easel.horizon)
    bend = 0.2 * np.sin(shares * 7.4 + 0.6) * (0.16 + 0.84 * near)
    centre = easel.x(0.52) + bend * easel.frame[0] - 0.06 * near * easel.frame[0]
    half = (0.004 + 0.17 * near**1.15) * easel.frame[0]
    return np.stack([centre - half, rows], axis=1), np.stack([centre + half, rows], axis=1)


def _mirror(easel: Easel) -> Sheet:
    """Still water: the sky upside down and darker, with the path of the light."""
    palette = easel.palette
    outline = easel.land(np.zeros(4), easel.horizon, 0.0)
    near = mix(mix(palette.sky[0], palette.shade, 0.42), (24.0, 84.0, 104.0), 0.22)
    sheet = easel.gradient(outline, mix(palette.sky[2], palette.haze, 0.35), near, grain=0.05, cells=8)
    sun_x, _ = sun_place(easel)
    # Soft lights are made at half the size.
    width, height = easel.width // 2, easel.height // 2
    horizon = easel.horizon / 2.0
    down = np.clip((np.arange(height, dtype=np.float32)[:, None] - horizon) / (height - horizon), 0.0, 1.0)
    columns = np.arange(width, dtype=np.float32)[None, :]
    wide = (0.03 + 0.2 * down) * np.float32(easel.unit / 2.0)
    path = np.exp(-(((columns - np.float32(sun_x / 2.0)) / wide) ** 2))
    stripes = cv2.resize(
        noise(easel.rng, max(8, width // 4), height, 90, 2), (width, height), interpolation=cv2.INTER_LINEAR
    )
    strength = np.float32(0.42 if palette.moonlit else 0.75)
    glitter = path * np.clip((stripes - 0.42) * 4.0, 0.0, 1.0) * (down > 0) * (1.0 - 0.5 * down) * strength
    glitter += glow(width, height, sun_x / 2.0, horizon, easel.unit * 0.2, 2.0) * (down > 0) * np.float32(0.25)
    light = cv2.resize(glitter.astype(np.float32), (easel.width, easel.height), interpolation=cv2.INTER_LINEAR)
    shine(sheet, light, palette.sun)
    sheet[: math.ceil(easel.horizon), :, :3] = np.minimum(
        sheet[: math.ceil(easel.horizon), :, :3], sheet[: math.ceil(easel.horizon), :, 3:]
    )
    return sheet


def _wave(easel: Easel, row: float, amplitude: float, crests: float) -> Points:
    columns = np.linspace(-2.0, easel.width + 2.0, 220)
    along = columns / easel.width * 2.0 * np.pi
    phase = float(easel.rng.uniform(0, 6.28))
    swell = 0.55 * np.sin(along * crests * 0.5 + phase) + 0.3 * np.sin(along * crests * 0.83 + 2 * phase)
    # Crests are narrow and troughs wide, as in real waves.
    peaks = 1.0 - np.abs(np.sin(along * crests * 0.5 + phase * 1.3))
    crest = np.stack([columns, row - amplitude * (swell + 0.8 * peaks)], axis=1)
    return np.vstack([crest, [[easel.width + 2.0, easel.height + 2.0], [-2.0, easel.height + 2.0]]])


def _foam(wave: Sheet, easel: Easel, outline: Points, colour: Colour, near: float) -> None:
    crest = outline[:220]
    steps = easel.rng.uniform(0.0, 1.0, 220)
    thick = easel.unit * (0.001 + 0.005 * near)
    lift = crest[:, 1] - np.convolve(np.pad(crest[:, 1], 20, mode="edge"), np.full(41, 1 / 41), mode="valid")
    strength = np.clip(-lift / (easel.unit * 0.008 * (0.3 + near)), 0.12, 1.0) * (0.5 + 0.5 * steps)
    lower = crest + np.stack([np.zeros(220), thick * (0.6 + 2.4 * strength * steps)], axis=1)
    fill(wave, np.vstack([crest + np.array([0.0, 0.5]), lower[::-1]]), colour, 0.34 + 0.3 * near)


def _rock(
    sheet: Sheet, x: float, foot: float, size: float, body: Colour, rim: Colour, rng: np.random.Generator
) -> None:
    angles = np.linspace(np.pi, 2.0 * np.pi, 11)
    radii = size * 0.5 * rng.uniform(0.72, 1.1, 11)
    top = np.stack([x + radii * np.cos(angles) * 1.15, foot + radii * np.sin(angles) * 0.8], axis=1)
    fill(sheet, np.vstack([top, [[x + size * 0.6, foot + size * 0.06], [x - size * 0.6, foot + size * 0.06]]]), body)
    facet = np.vstack([top[5:9], [[x + size * 0.12, foot - size * 0.08]]])
    fill(sheet, facet, rim, 0.5)
    fill(sheet, np.vstack([top[2:6], [[x - size * 0.1, foot - size * 0.05]]]), rim, 0.18)

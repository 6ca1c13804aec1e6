"""Trees: rows of them, branches very near, and a forest from the air."""

from functools import cache

import cv2
import numpy as np

from filmgate.engines.animatic.brush import Points, Sheet, curve, fill, lay_over
from filmgate.engines.animatic.easel import Easel
from filmgate.engines.animatic.layers import Layer, Sway
from filmgate.engines.animatic.palette import Colour, mix
from filmgate.engines.animatic.water import river_banks


def paint_trees(easel: Easel, distance: float, tall: float, depth: float, gap: float = 0.0) -> list[Layer]:
    """A row of trees along the horizon.

    Args:
        tall: of the trees, in units.
        gap: half the width of an opening in the middle, in frame widths.
    """
    sheet = easel.sheet()
    palette, rng = easel.palette, easel.rng
    step = tall * easel.unit * 0.26
    base = easel.horizon + (1.0 - distance) * 0.1 * easel.unit
    for start in np.arange(-step, easel.width + step, step):
        x = float(start + rng.uniform(-0.4, 0.4) * step)
        if abs(x - easel.x(0.52)) < gap * easel.frame[0]:
            continue
        size = tall * easel.unit * float(rng.uniform(0.6, 1.1))
        tone = palette.foliage[int(rng.integers(len(palette.foliage)))]
        colour = mix(palette.lit(tone, distance * 0.8), palette.far(distance), 0.2)
        foot = base + float(rng.uniform(-0.01, 0.02)) * easel.unit
        if rng.random() < 0.42:
            needles = mix(palette.lit(palette.foliage[0], distance * 0.8), palette.far(distance), 0.55)
            fill(sheet, _conifer(x, foot, size, rng), needles)
        else:
            _broadleaf(sheet, x, foot, size, colour, palette.far(distance * 0.7), rng)
    band = easel.land(np.full(30, 0.5), base, 0.012 * easel.unit)
    band[-2:, 1] = base + 0.06 * easel.unit
    fill(sheet, band, palette.far(distance))
    return easel.layer(sheet, depth)


def paint_branches(easel: Easel) -> list[Layer]:
    """Trunks and leaves that frame a forest shot from very near."""
    palette, rng = easel.palette, easel.rng
    layers: list[Layer] = []
    for side in (-1, 1):
        sheet = easel.sheet()
        edge = easel.x(0.03 if side < 0 else 0.97)
        thick = 0.055 * easel.unit
        lean = side * 0.02 * easel.unit
        outer = [
            (edge - thick * 0.5, easel.height),
            (edge - thick * 0.34 + lean, easel.y(0.35)),
            (edge - thick * 0.3, 0),
        ]
        inner = [
            (edge + thick * 0.3, 0),
            (edge + thick * 0.34 + lean, easel.y(0.35)),
            (edge + thick * 0.6, easel.height),
        ]
        fill(sheet, outer + inner, palette.far(0.02))
        for _ in range(34):
            x = edge - side * float(rng.uniform(-0.1, 0.16)) * easel.unit
            y = easel.y(float(rng.uniform(-0.1, 0.22)))
            tone = mix(palette.lit(palette.foliage[int(rng.integers(len(palette.foliage)))]), palette.shade, 0.55)
            fill(sheet, _leafy(x, y, float(rng.uniform(0.018, 0.045)) * easel.unit, rng), tone)
        sway = Sway(x=0.003 * easel.unit, y=0.002 * easel.unit, per_second=0.23, phase=float(side))
        layers += easel.layer(sheet, 1.0, sway)
    return layers


def paint_canopy(easel: Easel, *, river: bool) -> list[Layer]:
    """A forest from the air: crowns that shrink towards a high horizon, and a river between them."""
    palette, rng = easel.palette, easel.rng
    whole = easel.land(np.zeros(8), easel.horizon, 0.0)
    sheet = easel.gradient(whole, palette.haze, mix(palette.lit(palette.foliage[0]), palette.shade, 0.6), grain=0.1)
    left, right = river_banks(easel)
    if river:
        outline = np.vstack([left, right[::-1]])
        water = easel.gradient(
            outline,
            mix(palette.sky[2], palette.sky[1], 0.4),
            mix(palette.sky[0], palette.shade, 0.4),
            grain=0.1,
            cells=9,
        )
        lay_over(sheet, water)
    depth = easel.height - easel.horizon
    rows = 38
    for index in range(rows):
        near = ((index + 0.5) / rows) ** 1.7
        y = easel.horizon + 0.008 * easel.unit + near * depth * 1.02
        size = (0.006 + 0.085 * near) * easel.unit
        bank_left, bank_right = np.interp(y, left[:, 1], left[:, 0]), np.interp(y, right[:, 1], right[:, 0])
        for x in np.arange(-size, easel.width + size, size * 0.92) + rng.uniform(-0.5, 0.5) * size:
            place = float(x + rng.uniform(-0.3, 0.3) * size)
            if river and bank_left - size * 0.35 < place < bank_right + size * 0.35:
                continue
            _crown(
                sheet,
                easel,
                place,
                y + float(rng.uniform(-0.2, 0.2)) * size,
                size * float(rng.uniform(0.7, 1.15)),
                near,
            )
    return easel.layer(sheet, 0.62)


def _conifer(x: float, foot: float, size: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    left: list[tuple[float, float]] = []
    right: list[tuple[float, float]] = []
    tiers = 5
    for tier in range(tiers):
        y = foot - size * (1.0 - (tier + 0.9) / tiers * 0.96)
        half = size * 0.19 * (tier + 1) / tiers * float(rng.uniform(0.9, 1.15))
        left += [(x - half, y), (x - half * 0.5, y - size * 0.015)]
        right += [(x + half, y), (x + half * 0.5, y - size * 0.015)]
    return [(x, foot - size), *right, (x, foot), *left[::-1]]


def _broadleaf(
    sheet: Sheet, x: float, foot: float, size: float, colour: Colour, trunk: Colour, rng: np.random.Generator
) -> None:
    half = max(size * 0.03, 0.8)
    fill(
        sheet,
        [(x - half, foot), (x - half * 0.6, foot - size * 0.6), (x + half * 0.6, foot - size * 0.6), (x + half, foot)],
        trunk,
    )
    for away_x, away_y, share in ((0.0, 0.62, 0.3), (-0.16, 0.5, 0.2), (0.17, 0.52, 0.2), (0.03, 0.8, 0.2)):
        crown = _leafy(x + away_x * size, foot - away_y * size, share * size, rng)
        fill(sheet, crown, mix(colour, trunk, 0.28 if away_y < 0.6 else 0.0))
    fill(sheet, _leafy(x + 0.06 * size, foot - 0.76 * size, 0.13 * size, rng), mix(colour, (255.0, 244.0, 214.0), 0.16))


def _leafy(x: float, y: float, radius: float, rng: np.random.Generator) -> Points:
    stamps = _leafy_stamps(smooth=radius > 9.0)
    outline: Points = stamps[int(rng.integers(len(stamps)))] * radius + np.array([x, y])
    return outline


@cache
def _leafy_stamps(*, smooth: bool) -> Points:
    """A few ragged rounds of radius 1, shape (stamps, points, 2); smooth ones, with more points, for large crowns."""
    angles = np.linspace(0.0, 2.0 * np.pi, 15, endpoint=False)
    radii = 1.0 + np.random.default_rng(11).uniform(-0.17, 0.17, (24, 15))
    rough = np.stack([radii * np.cos(angles), radii * np.sin(angles) * 0.9], axis=2)
    return np.stack([curve(*map(tuple, stamp), steps=4) for stamp in rough]) if smooth else rough


def _crown(sheet: Sheet, easel: Easel, x: float, y: float, size: float, near: float) -> None:
    palette, rng = easel.palette, easel.rng
    tone = palette.foliage[int(rng.integers(len(palette.foliage)))]
    distance = 0.72 * (1.0 - near) ** 2.4
    body = palette.lit(tone, distance)
    radius = size * 0.62
    if radius < 0.011 * easel.unit:
        cv2.circle(
            sheet, (round(x), round(y)), max(1, round(radius)), (*mix(body, palette.shade, 0.15), 255), -1, cv2.LINE_AA
        )
        return
    fill(sheet, _leafy(x, y + radius * 0.3, radius, rng), mix(body, palette.shade, 0.5 * (1.0 - distance)))
    fill(sheet, _leafy(x + radius * 0.04, y, radius * 0.88, rng), mix(body, palette.shade, 0.12))
    fill(sheet, _leafy(x + radius * 0.18, y - radius * 0.2, radius * 0.52, rng), mix(body, palette.sun, 0.16))

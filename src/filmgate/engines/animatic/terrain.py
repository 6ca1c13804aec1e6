"""Open country: mountains, hills, dunes, meadows."""

import numpy as np

from filmgate.engines.animatic.brush import Points, Sheet, curve, ellipse, fill, ridge, stroke
from filmgate.engines.animatic.easel import Easel
from filmgate.engines.animatic.layers import Layer, Sway
from filmgate.engines.animatic.palette import Colour, mix
from filmgate.engines.animatic.prompt import Look
from filmgate.engines.animatic.sky import sun_place


def paint_mountains(easel: Easel, tall: float = 0.3, *, snowy: bool = False) -> list[Layer]:
    """Two ranges behind one another, the far one paler."""
    layers: list[Layer] = []
    for distance, share, depth in ((0.78, 1.0, 0.1), (0.52, 0.62, 0.2)):
        heights = ridge(easel.rng, 420, 0.52, 4)
        outline = easel.land(heights, easel.horizon + 0.015 * easel.unit, tall * share * easel.unit)
        palette = easel.palette
        sheet = easel.gradient(
            outline, palette.far(distance), mix(palette.far(distance), palette.haze, 0.75), grain=0.05
        )
        _faces(sheet, easel, outline[:420], tall * share * easel.unit, snowy=snowy, distance=distance)
        layers += easel.layer(sheet, depth)
    return layers


def paint_hills(easel: Easel, distance: float = 0.5, tall: float = 0.09, depth: float = 0.24) -> list[Layer]:
    """One soft range."""
    outline = easel.land(ridge(easel.rng, 240, 0.32, 3), easel.horizon + 0.02 * easel.unit, tall * easel.unit)
    tone = mix(easel.palette.far(distance), easel.palette.lit(easel.palette.grass, distance), 0.45)
    return easel.layer(easel.gradient(outline, tone, mix(tone, easel.palette.haze, 0.5), grain=0.06), depth)


def paint_dunes(easel: Easel) -> list[Layer]:
    """Three waves of sand, each with a sunny and a shaded face."""
    layers: list[Layer] = []
    sand: Colour = (226.0, 178.0, 118.0)
    for distance, base, tall, depth in ((0.62, 0.0, 0.08, 0.2), (0.34, 0.1, 0.13, 0.45), (0.08, 0.27, 0.16, 0.75)):
        heights = ridge(easel.rng, 200, 0.28, 2)
        row = easel.horizon + base * easel.frame[1] + 0.02 * easel.unit
        outline = easel.land(heights, row, tall * easel.unit)
        tone = easel.palette.lit(sand, distance)
        sheet = easel.gradient(
            outline, mix(tone, (255.0, 240.0, 210.0), 0.16), mix(tone, easel.palette.shade, 0.3), grain=0.05
        )
        _slip_faces(sheet, easel, outline[:200], mix(tone, easel.palette.shade, 0.42))
        layers += easel.layer(sheet, depth)
    return layers


def paint_meadow(easel: Easel, look: Look, *, depth: float = 0.5) -> list[Layer]:
    """Rolling ground to the foot of the frame; under snow where the look says so."""
    grass: Colour = (232.0, 238.0, 244.0) if "snow" in look.weather or look.season == "winter" else easel.palette.grass
    layers: list[Layer] = []
    for distance, base, tall, near in ((0.32, 0.0, 0.03, depth), (0.06, 0.2, 0.06, depth + 0.22)):
        heights = ridge(easel.rng, 160, 0.3, 2)
        outline = easel.land(heights, easel.horizon + base * easel.frame[1] + 0.02 * easel.unit, tall * easel.unit)
        top = easel.palette.lit(grass, distance)
        sheet = easel.gradient(outline, top, mix(top, easel.palette.shade, 0.5), grain=0.16, cells=26)
        _tufts(sheet, easel, outline, mix(top, easel.palette.shade, 0.35), flowers="flower" in look.subjects)
        layers += easel.layer(sheet, near)
    return layers


def paint_grass(easel: Easel) -> list[Layer]:
    """Blades along the lower edge, very near."""
    sheet = easel.sheet()
    palette, rng = easel.palette, easel.rng
    foot = easel.y(1.0) + 0.02 * easel.unit
    tones = [mix(palette.lit(palette.grass), palette.shade, share) for share in (0.55, 0.7, 0.82)]
    for _ in range(round(easel.width / easel.unit * 230)):
        x, tall = float(rng.uniform(0, easel.width)), float(rng.uniform(0.03, 0.1)) * easel.unit
        bend, half = float(rng.uniform(-0.5, 0.5)) * tall, 0.0026 * easel.unit
        blade = [
            (x - half, foot + tall),
            (x - half + bend * 0.3, foot - tall * 0.4),
            (x + bend, foot - tall),
            (x + half + bend * 0.3, foot - tall * 0.4),
            (x + half, foot + tall),
        ]
        fill(sheet, blade, tones[int(rng.integers(3))])
    return easel.layer(sheet, 0.95, Sway(x=0.006 * easel.unit, per_second=0.3))


def _faces(sheet: Sheet, easel: Easel, crest: Points, tall: float, *, snowy: bool, distance: float) -> None:
    """Light on the slopes that look to the sun, and snow on the highest parts."""
    palette = easel.palette
    sun_x, _ = sun_place(easel)
    slope = np.gradient(crest[:, 1], crest[:, 0])
    bright = mix(palette.far(distance), (244.0, 247.0, 250.0) if snowy else palette.sun, 0.5 if snowy else 0.2)
    highest = crest[:, 1].min()
    rng = easel.rng
    for index in range(4, len(crest) - 5, 3):
        x, y = crest[index]
        faces_sun = slope[index] * (1.0 if sun_x > x else -1.0) > 0.02
        level = 1.0 - (y - highest) / tall
        if not faces_sun or level < (0.45 if snowy else 0.2):
            continue
        long = tall * float(rng.uniform(0.05, 0.3)) * level
        lean = long * (0.34 if sun_x > x else -0.34)
        step = crest[index + 3] - crest[index]
        face = [(x, y + 1), (x + step[0] + 1, y + step[1] + 1), (x + lean + step[0] * 0.4, y + long)]
        fill(sheet, face, palette.lit(bright) if palette.moonlit else bright, 0.5)


def _slip_faces(sheet: Sheet, easel: Easel, crest: Points, shade: Colour) -> None:
    """The shaded side of each dune, below its crest."""
    sun_x, _ = sun_place(easel)
    away = -1.0 if sun_x > easel.width / 2 else 1.0
    peaks = [i for i in range(6, len(crest) - 6) if crest[i, 1] == crest[i - 6 : i + 7, 1].min()]
    for peak in peaks:
        x, y = crest[peak]
        reach = easel.unit * 0.2
        side = crest[(crest[:, 0] - x) * away >= 0]
        side = side[np.abs(side[:, 0] - x) < reach]
        if len(side) < 3:
            continue
        order = side[np.argsort(np.abs(side[:, 0] - x))]
        bend, foot = (x + away * reach * 0.34, y + reach * 0.2), (x - away * reach * 0.16, y + reach * 0.5)
        tail = curve(tuple(order[-1]), bend, foot, (x - away * reach * 0.02, y + reach * 0.16), (x, y), closed=False)
        fill(sheet, np.vstack([order, tail]), shade, 0.55)


def _tufts(sheet: Sheet, easel: Easel, outline: Points, colour: Colour, *, flowers: bool) -> None:
    rng = easel.rng
    top = float(outline[:, 1].min())
    bottom = float(easel.height)
    petals: tuple[Colour, ...] = (
        (238.0, 92.0, 84.0),
        (250.0, 206.0, 88.0),
        (244.0, 236.0, 244.0),
        (214.0, 120.0, 200.0),
    )
    for _ in range(420):
        near = float(rng.uniform(0.06, 1.0)) ** 1.3
        x, y = float(rng.uniform(0, easel.width)), top + 0.03 * easel.unit + near * (bottom - top)
        size = (0.002 + 0.012 * near) * easel.unit
        if y > bottom:
            continue
        if flowers and rng.random() < 0.55:
            petal = easel.palette.lit(petals[int(rng.integers(4))], 0.3 * (1 - near))
            fill(sheet, ellipse(x, y - size, size * 0.42, size * 0.34, steps=10), petal)
        else:
            stroke(sheet, [(x, y), (x + size * 0.4, y - size)], colour, size * 0.16)

"""What stands, hangs and flies: buildings, plants, a lantern, a kite."""

import numpy as np

from filmgate.engines.animatic.palette import mix
from filmgate.engines.animatic.pen import FLAME, WHITE, Pen


def draw_lighthouse(pen: Pen) -> None:
    """A banded tower on a rock, its lamp lit."""
    wall, band = pen.tone((238.0, 232.0, 222.0), 0.2), pen.tone(pen.chosen((196.0, 62.0, 52.0)), 0.25)
    rock = pen.palette.far(0.08)
    for index in range(5):
        low, high = 0.14 + index * 0.122, 0.14 + (index + 1) * 0.122
        half_low, half_high = 0.098 - index * 0.0105, 0.098 - (index + 1) * 0.0105
        tone = wall if index % 2 == 0 else band
        pen.shape(((-half_low, low), (-half_high, high), (half_high, high), (half_low, low)), tone, round_off=False)
        pen.shape(
            ((-half_low, low), (-half_high, high), (-half_high * 0.2, high), (-half_low * 0.2, low)),
            mix(tone, pen.palette.shade, 0.5),
            0.5,
            round_off=False,
        )
    pen.shape(((-0.07, 0.75), (0.07, 0.75), (0.07, 0.77), (-0.07, 0.77)), rock, round_off=False)
    pen.halo(0.0, 0.815, 0.2, FLAME, 0.8 if pen.palette.lamps else 0.35)
    pen.shape(((-0.034, 0.77), (0.034, 0.77), (0.034, 0.86), (-0.034, 0.86)), mix(FLAME, WHITE, 0.5), round_off=False)
    pen.shape(((-0.05, 0.86), (0.05, 0.86), (0.0, 0.94)), band, round_off=False)
    pen.line(((0.0, 0.93), (0.0, 0.99)), rock, 0.008)
    pen.shape(((-0.42, 0.0), (-0.3, 0.1), (-0.12, 0.15), (0.1, 0.16), (0.24, 0.11), (0.38, 0.05), (0.46, 0.0)), rock)


def draw_house(pen: Pen) -> None:
    """A small house with a lit window and smoke from its chimney."""
    wall, roof = pen.tone((214.0, 196.0, 168.0), 0.36), pen.tone(pen.chosen((150.0, 70.0, 56.0)), 0.36)
    for index in range(4):
        pen.disc(
            0.2 + 0.035 * index,
            0.84 + 0.055 * index,
            0.026 + 0.012 * index,
            mix(pen.palette.haze, WHITE, 0.2),
            0.34 - 0.06 * index,
        )
    pen.shape(
        ((0.15, 0.5), (0.15, 0.79), (0.23, 0.79), (0.23, 0.5)), mix(roof, pen.palette.shade, 0.35), round_off=False
    )
    pen.shape(((-0.34, 0.0), (-0.34, 0.42), (0.34, 0.42), (0.34, 0.0)), wall, round_off=False)
    pen.shape(((-0.42, 0.4), (0.0, 0.76), (0.42, 0.4)), roof, round_off=False)
    pen.line(((-0.42, 0.4), (0.0, 0.76)), pen.rim(roof, 0.4), 0.014)
    lit = mix(FLAME, WHITE, 0.25) if pen.palette.lamps else mix(pen.palette.sky[1], wall, 0.3)
    for x in (-0.24, 0.1):
        pen.shape(((x, 0.16), (x, 0.32), (x + 0.14, 0.32), (x + 0.14, 0.16)), lit, round_off=False)
        pen.line(((x + 0.07, 0.16), (x + 0.07, 0.32)), wall, 0.01)
    pen.shape(
        ((-0.055, 0.0), (-0.055, 0.24), (0.055, 0.24), (0.055, 0.0)), mix(roof, pen.palette.shade, 0.4), round_off=False
    )
    if pen.palette.lamps:
        pen.halo(-0.17, 0.24, 0.2, FLAME, 0.6)


def draw_tree(pen: Pen) -> None:
    """One old tree with a wide crown."""
    trunk = pen.tone((92.0, 66.0, 50.0), 0.45)
    pen.shape(
        (
            (-0.075, 0.0),
            (-0.035, 0.12),
            (-0.034, 0.36),
            (-0.16, 0.56),
            (-0.12, 0.57),
            (-0.01, 0.45),
            (0.1, 0.6),
            (0.14, 0.58),
            (0.036, 0.36),
            (0.034, 0.12),
            (0.08, 0.0),
        ),
        trunk,
    )
    rng = np.random.default_rng(7)
    leaves = pen.palette.foliage
    for ring, (count, spread, size) in enumerate(((16, 0.36, 0.13), (16, 0.28, 0.11), (14, 0.2, 0.075))):
        for index in range(count):
            angle = 2.0 * np.pi * index / count
            x = spread * np.cos(angle) * float(rng.uniform(0.55, 1.0))
            y = 0.7 + (0.02 + 0.05 * ring) + spread * 0.58 * np.sin(angle) * float(rng.uniform(0.5, 1.0))
            own = pen.tone(leaves[int(rng.integers(len(leaves)))], 0.4 - 0.17 * ring)
            pen.disc(x + 0.03 * ring, y, size * float(rng.uniform(0.75, 1.1)), pen.rim(own, 0.05 * ring), squeeze=0.85)


def draw_flower(pen: Pen) -> None:
    """A flower on its stem, with two leaves."""
    stem = pen.tone((86.0, 128.0, 70.0), 0.28)
    petal = pen.tone(pen.chosen((226.0, 96.0, 120.0)), 0.12)
    pen.line(((0.02, 0.0), (-0.02, 0.25), (0.01, 0.5), (0.0, 0.74)), stem, 0.022)
    pen.shape(((0.0, 0.22), (0.12, 0.34), (0.27, 0.36), (0.16, 0.24)), stem)
    pen.shape(((-0.015, 0.32), (-0.12, 0.46), (-0.26, 0.49), (-0.15, 0.36)), mix(stem, pen.palette.shade, 0.2))
    for ring, (count, reach, radius) in enumerate(((8, 0.13, 0.085), (6, 0.075, 0.07), (4, 0.035, 0.05))):
        for index in range(count):
            angle = 2.0 * np.pi * (index + 0.5 * ring) / count
            tone = mix(petal, WHITE, 0.12 * ring) if index % 2 else mix(petal, pen.palette.shade, 0.14)
            pen.disc(reach * np.cos(angle), 0.79 + reach * np.sin(angle) * 0.86, radius, tone)
    pen.disc(0.0, 0.79, 0.045, pen.tone((250.0, 206.0, 96.0), 0.05))


def draw_lantern(pen: Pen) -> None:
    """A paper lantern that glows from within."""
    paper = mix(pen.chosen((232.0, 84.0, 48.0)), FLAME, 0.34)
    dark = pen.palette.far(0.02)
    pen.line(((0.0, 0.86), (0.0, 1.1)), dark, 0.012)
    pen.halo(0.0, 0.54, 0.5, mix(paper, FLAME, 0.5), 0.75)
    pen.shape(
        (
            (-0.12, 0.8),
            (-0.27, 0.66),
            (-0.29, 0.54),
            (-0.27, 0.42),
            (-0.12, 0.28),
            (0.12, 0.28),
            (0.27, 0.42),
            (0.29, 0.54),
            (0.27, 0.66),
            (0.12, 0.8),
        ),
        paper,
    )
    for reach, share in ((0.21, 0.3), (0.15, 0.42), (0.09, 0.6)):
        pen.disc(0.0, 0.52, reach, mix(paper, (255.0, 236.0, 170.0), share), 0.6, squeeze=1.1)
    for x in (-0.2, -0.1, 0.0, 0.1, 0.2):
        pen.line(((x * 0.55, 0.8), (x * 1.3, 0.54), (x * 0.55, 0.28)), mix(paper, pen.palette.shade, 0.3), 0.006)
    for y, wide in ((0.78, 0.14), (0.24, 0.12)):
        pen.shape(((-wide, y), (-wide, y + 0.055), (wide, y + 0.055), (wide, y)), dark, round_off=False)
    for x in (-0.03, 0.0, 0.03):
        pen.line(((x, 0.24), (x * 1.3, 0.02)), pen.tone((232.0, 176.0, 72.0), 0.1), 0.01)


def draw_kite(pen: Pen) -> None:
    """A diamond kite with a tail of bows and its line."""
    cloth = pen.tone(pen.chosen((226.0, 76.0, 60.0)), 0.06)
    pen.line(((0.16, 0.6), (0.06, 0.36), (-0.16, 0.14), (-0.46, -0.04)), mix(pen.palette.haze, WHITE, 0.4), 0.005)
    pen.line(((0.1, 0.5), (0.18, 0.38), (0.1, 0.28), (0.2, 0.16), (0.14, 0.04)), mix(cloth, WHITE, 0.4), 0.01)
    for x, y in ((0.17, 0.38), (0.12, 0.27), (0.19, 0.16)):
        pen.shape(
            ((x - 0.04, y + 0.02), (x, y), (x - 0.04, y - 0.025)), pen.tone((250.0, 206.0, 96.0), 0.05), round_off=False
        )
        pen.shape(
            ((x + 0.04, y + 0.02), (x, y), (x + 0.04, y - 0.025)), pen.tone((250.0, 206.0, 96.0), 0.12), round_off=False
        )
    pen.shape(((0.24, 0.98), (0.42, 0.76), (0.1, 0.5), (0.0, 0.8)), cloth, round_off=False)
    pen.shape(
        ((0.24, 0.98), (0.42, 0.76), (0.1, 0.5)), mix(cloth, pen.tone((250.0, 206.0, 96.0), 0.05), 0.8), round_off=False
    )
    pen.shape(((0.24, 0.98), (0.42, 0.76), (0.2, 0.78)), mix(cloth, pen.palette.shade, 0.2), round_off=False)

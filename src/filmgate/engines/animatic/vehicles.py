"""What carries: boats, a car, a train, a bicycle, a balloon."""

import numpy as np

from filmgate.engines.animatic.brush import ellipse, stroke
from filmgate.engines.animatic.palette import mix
from filmgate.engines.animatic.pen import FLAME, WHITE, Pen


def draw_paper_boat(pen: Pen) -> None:
    """A folded paper boat with its reflection."""
    paper = pen.tone(pen.chosen((246.0, 242.0, 232.0)), 0.1)
    shade, deep = mix(paper, pen.palette.shade, 0.3), mix(paper, pen.palette.shade, 0.5)
    pen.shape(((-0.33, 0.2), (0.33, 0.2), (0.24, 0.02), (-0.24, 0.02)), deep, 0.4, round_off=False)
    pen.shape(((-0.16, 0.44), (0.0, 0.9), (0.17, 0.44)), shade, round_off=False)
    pen.shape(((-0.16, 0.44), (0.0, 0.9), (0.03, 0.44)), paper, round_off=False)
    pen.shape(
        ((-0.5, 0.56), (-0.28, 0.2), (0.28, 0.2), (0.5, 0.56), (0.14, 0.42), (-0.14, 0.42)), paper, round_off=False
    )
    pen.shape(((0.5, 0.56), (0.28, 0.2), (0.02, 0.2), (0.14, 0.42)), shade, round_off=False)
    pen.shape(((-0.14, 0.42), (0.14, 0.42), (0.0, 0.36)), deep, 0.8, round_off=False)
    pen.line(((-0.5, 0.56), (-0.14, 0.42), (0.14, 0.42), (0.5, 0.56)), pen.rim(paper, 0.5), 0.006)


def draw_boat(pen: Pen) -> None:
    """A sailing boat under two sails."""
    sail = pen.tone(pen.chosen((246.0, 238.0, 222.0)), 0.12)
    hull = pen.tone((110.0, 70.0, 52.0), 0.35)
    pen.line(((0.0, 0.12), (0.0, 1.0)), mix(hull, pen.palette.shade, 0.4), 0.012)
    pen.shape(((0.02, 0.97), (0.2, 0.6), (0.3, 0.22), (0.02, 0.2)), sail)
    pen.shape(((-0.02, 0.9), (-0.14, 0.56), (-0.27, 0.24), (-0.02, 0.22)), mix(sail, pen.palette.shade, 0.22))
    pen.shape(((-0.36, 0.16), (0.4, 0.17), (0.3, 0.05), (0.2, 0.01), (-0.22, 0.01)), hull)
    pen.line(((-0.36, 0.155), (0.0, 0.15), (0.4, 0.17)), pen.rim(hull, 0.6), 0.012)


def draw_car(pen: Pen) -> None:
    """A low car in profile with its lamps on."""
    body = pen.tone(pen.chosen((186.0, 52.0, 46.0)), 0.28)
    dark = pen.palette.far(0.02)
    pen.shape(((-0.2, 0.36), (-0.14, 0.49), (0.08, 0.5), (0.22, 0.36)), mix(pen.palette.sky[1], pen.palette.shade, 0.4))
    pen.shape(
        (
            (-0.48, 0.2),
            (-0.47, 0.33),
            (-0.3, 0.37),
            (-0.2, 0.4),
            (-0.13, 0.52),
            (0.07, 0.53),
            (0.22, 0.39),
            (0.42, 0.34),
            (0.49, 0.24),
            (0.48, 0.14),
            (-0.47, 0.14),
        ),
        body,
        round_off=False,
    )
    pen.shape(
        ((-0.165, 0.39), (-0.11, 0.49), (-0.01, 0.495), (-0.01, 0.39)),
        mix(pen.palette.sky[2], pen.palette.shade, 0.35),
        round_off=False,
    )
    pen.shape(
        ((0.02, 0.39), (0.02, 0.495), (0.06, 0.49), (0.165, 0.39)),
        mix(pen.palette.sky[2], pen.palette.shade, 0.35),
        round_off=False,
    )
    pen.line(
        ((-0.47, 0.33), (-0.2, 0.4), (-0.13, 0.52), (0.07, 0.53), (0.22, 0.39), (0.42, 0.34)), pen.rim(body, 0.5), 0.008
    )
    for x in (-0.29, 0.3):
        pen.disc(x, 0.13, 0.1, dark)
        pen.disc(x, 0.13, 0.052, mix(dark, WHITE, 0.35))
    pen.disc(0.47, 0.25, 0.024, mix(FLAME, WHITE, 0.6))
    pen.disc(-0.475, 0.27, 0.018, (255.0, 60.0, 50.0))
    if pen.palette.lamps:
        pen.halo(0.48, 0.25, 0.22, FLAME, 0.8)


def draw_train(pen: Pen) -> None:
    """Two carriages of a train with lit windows."""
    body = pen.tone(pen.chosen((66.0, 116.0, 132.0)), 0.3)
    glass = mix(FLAME, WHITE, 0.35) if pen.palette.lamps else mix(pen.palette.sky[2], body, 0.3)
    pen.shape(
        ((-0.5, 0.08), (-0.5, 0.36), (0.34, 0.36), (0.44, 0.3), (0.49, 0.18), (0.49, 0.08)), body, round_off=False
    )
    pen.shape(((-0.5, 0.12), (-0.5, 0.155), (0.49, 0.155), (0.49, 0.12)), mix(body, WHITE, 0.5), round_off=False)
    for index in range(7):
        x = -0.47 + index * 0.116
        pen.shape(((x, 0.21), (x, 0.3), (x + 0.086, 0.3), (x + 0.086, 0.21)), glass, round_off=False)
    pen.shape(((0.37, 0.2), (0.37, 0.31), (0.42, 0.29), (0.46, 0.2)), glass, round_off=False)
    pen.line(((-0.08, 0.08), (-0.08, 0.36)), mix(body, pen.palette.shade, 0.5), 0.01)
    for x in (-0.42, -0.28, 0.02, 0.16, 0.3, 0.4):
        pen.disc(x, 0.06, 0.032, pen.palette.far(0.02))
    pen.shape(((-0.62, 0.0), (-0.62, 0.025), (0.62, 0.025), (0.62, 0.0)), pen.palette.far(0.1), round_off=False)
    pen.line(((-0.5, 0.36), (0.34, 0.36), (0.44, 0.3)), pen.rim(body, 0.5), 0.008)


def draw_bicycle(pen: Pen) -> None:
    """A bicycle, leaning on nothing."""
    frame = pen.tone(pen.chosen((70.0, 130.0, 140.0)), 0.25)
    dark = pen.palette.far(0.02)
    for x in (-0.27, 0.27):
        ring = pen.pixels(np.vstack([ellipse(x, 0.21, 0.2), ellipse(x, 0.21, 0.2)[:1]]))
        stroke(pen.sheet, ring, dark, 0.016 * pen.side)
        for angle in np.arange(6) * np.pi / 6:
            spoke = np.array(
                [
                    [x - 0.19 * np.cos(angle), 0.21 - 0.19 * np.sin(angle)],
                    [x + 0.19 * np.cos(angle), 0.21 + 0.19 * np.sin(angle)],
                ]
            )
            stroke(pen.sheet, pen.pixels(spoke), dark, 0.003 * pen.side)
    for bar in (
        ((-0.27, 0.21), (-0.02, 0.2)),
        ((-0.02, 0.2), (-0.1, 0.52)),
        ((-0.27, 0.21), (-0.09, 0.48)),
        ((-0.09, 0.48), (0.2, 0.5)),
        ((-0.02, 0.2), (0.2, 0.48)),
        ((0.27, 0.21), (0.18, 0.6)),
    ):
        stroke(pen.sheet, pen.pixels(np.array(bar)), frame, 0.022 * pen.side)
    pen.line(((0.26, 0.62), (0.18, 0.6), (0.12, 0.64)), dark, 0.02)
    pen.line(((-0.17, 0.54), (-0.1, 0.535), (-0.05, 0.55)), dark, 0.035)


def draw_balloon(pen: Pen) -> None:
    """A striped balloon with its basket."""
    cloth = pen.tone(pen.chosen((218.0, 84.0, 62.0)), 0.12)
    other = pen.tone((246.0, 222.0, 176.0), 0.1)
    for x in (-0.09, 0.09):
        pen.line(((x * 1.5, 0.34), (x * 0.55, 0.12)), pen.palette.far(0.2), 0.006)
    pen.shape(
        (
            (0.0, 1.0),
            (-0.24, 0.92),
            (-0.34, 0.7),
            (-0.24, 0.46),
            (-0.08, 0.29),
            (0.08, 0.29),
            (0.24, 0.46),
            (0.34, 0.7),
            (0.24, 0.92),
        ),
        cloth,
    )
    pen.shape(
        (
            (0.0, 1.0),
            (-0.15, 0.9),
            (-0.2, 0.7),
            (-0.14, 0.46),
            (-0.05, 0.29),
            (-0.015, 0.29),
            (-0.05, 0.5),
            (-0.07, 0.7),
            (-0.05, 0.9),
        ),
        other,
    )
    pen.shape(
        (
            (0.0, 1.0),
            (0.06, 0.9),
            (0.08, 0.7),
            (0.05, 0.46),
            (0.02, 0.29),
            (0.05, 0.29),
            (0.15, 0.46),
            (0.21, 0.7),
            (0.16, 0.9),
        ),
        other,
    )
    pen.shape(((0.1, 0.97), (0.34, 0.8), (0.3, 0.55), (0.08, 0.29), (0.2, 0.55), (0.24, 0.8)), pen.rim(cloth, 0.4), 0.5)
    pen.shape(
        ((-0.065, 0.0), (-0.075, 0.13), (0.075, 0.13), (0.065, 0.0)),
        pen.tone((140.0, 96.0, 60.0), 0.3),
        round_off=False,
    )

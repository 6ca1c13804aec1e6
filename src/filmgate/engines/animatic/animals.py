"""Animals."""

from filmgate.engines.animatic.palette import mix
from filmgate.engines.animatic.pen import WHITE, Pen


def draw_cat(pen: Pen) -> None:
    """A cat that sits and looks away, its tail round its side."""
    fur = pen.tone(pen.chosen((206.0, 138.0, 82.0)), 0.34)
    pen.line(((0.2, 0.06), (0.36, 0.08), (0.42, 0.22), (0.34, 0.36), (0.38, 0.46)), fur, 0.07)
    pen.shape(
        (
            (-0.2, 0.0),
            (-0.25, 0.22),
            (-0.15, 0.48),
            (-0.09, 0.62),
            (0.09, 0.62),
            (0.15, 0.48),
            (0.25, 0.22),
            (0.2, 0.0),
        ),
        fur,
    )
    pen.disc(0.0, 0.74, 0.165, fur, squeeze=0.9)
    for side in (-1, 1):
        pen.shape(((side * 0.155, 0.76), (side * 0.15, 0.99), (side * 0.03, 0.86)), fur, round_off=False)
        pen.shape(
            ((side * 0.132, 0.82), (side * 0.132, 0.93), (side * 0.07, 0.86)),
            mix(fur, (220.0, 140.0, 130.0), 0.3),
            round_off=False,
        )
        pen.shape(
            ((side * 0.1, 0.0), (side * 0.1, 0.24), (side * 0.02, 0.26), (side * 0.02, 0.0)),
            mix(fur, pen.palette.shade, 0.18),
        )
        pen.disc(side * 0.065, 0.755, 0.026, (236.0, 212.0, 110.0), squeeze=1.15)
        pen.disc(side * 0.065, 0.755, 0.01, (20.0, 18.0, 20.0), squeeze=2.0)
    pen.shape(((-0.02, 0.7), (0.02, 0.7), (0.0, 0.68)), (190.0, 110.0, 110.0), round_off=False)
    pen.line(((-0.15, 0.86), (-0.168, 0.74), (-0.12, 0.62), (-0.2, 0.38)), pen.rim(fur, 0.45), 0.012)


def draw_dog(pen: Pen) -> None:
    """A dog in profile, its tail up."""
    fur = pen.tone(pen.chosen((198.0, 146.0, 92.0)), 0.34)
    shade = mix(fur, pen.palette.shade, 0.3)
    for x in (-0.2, 0.17):
        pen.shape(((x + 0.07, 0.3), (x + 0.075, 0.0), (x + 0.13, 0.0), (x + 0.14, 0.3)), shade, round_off=False)
    pen.line(((-0.27, 0.46), (-0.38, 0.56), (-0.37, 0.7), (-0.29, 0.74)), fur, 0.06)
    pen.shape(
        ((-0.31, 0.4), (-0.26, 0.54), (0.0, 0.52), (0.17, 0.58), (0.27, 0.46), (0.2, 0.28), (0.0, 0.27), (-0.22, 0.24)),
        fur,
    )
    for x in (-0.28, 0.12):
        pen.shape(((x, 0.36), (x + 0.02, 0.0), (x + 0.085, 0.0), (x + 0.12, 0.36)), fur, round_off=False)
    pen.shape(
        (
            (0.1, 0.48),
            (0.17, 0.74),
            (0.25, 0.82),
            (0.35, 0.79),
            (0.38, 0.7),
            (0.47, 0.66),
            (0.46, 0.59),
            (0.34, 0.57),
            (0.29, 0.42),
        ),
        fur,
    )
    pen.shape(((0.16, 0.8), (0.12, 0.62), (0.17, 0.55), (0.23, 0.66), (0.25, 0.8)), shade)
    pen.disc(0.465, 0.64, 0.02, (24.0, 20.0, 22.0))
    pen.disc(0.325, 0.715, 0.015, (24.0, 20.0, 22.0))
    pen.line(((-0.24, 0.53), (0.0, 0.525), (0.16, 0.6), (0.2, 0.76)), pen.rim(fur, 0.4), 0.012)
    pen.line(((0.15, 0.55), (0.22, 0.5), (0.3, 0.5)), pen.tone((196.0, 50.0, 44.0), 0.1), 0.03)


def draw_fish(pen: Pen) -> None:
    """A fish in profile, with a long tail."""
    body = pen.tone(pen.chosen((226.0, 110.0, 62.0)), 0.15)
    pen.shape(
        ((-0.2, 0.5), (-0.36, 0.68), (-0.5, 0.72), (-0.42, 0.5), (-0.5, 0.26), (-0.36, 0.34)), mix(body, WHITE, 0.2)
    )
    pen.shape(((-0.06, 0.62), (-0.02, 0.76), (0.12, 0.72), (0.2, 0.62)), mix(body, WHITE, 0.15))
    pen.shape(
        (
            (-0.26, 0.5),
            (-0.08, 0.64),
            (0.16, 0.66),
            (0.38, 0.56),
            (0.44, 0.49),
            (0.36, 0.42),
            (0.14, 0.35),
            (-0.08, 0.38),
        ),
        body,
    )
    pen.shape(((0.1, 0.42), (0.0, 0.3), (-0.06, 0.32), (0.04, 0.44)), mix(body, WHITE, 0.2))
    pen.shape(((-0.2, 0.46), (0.1, 0.4), (0.36, 0.44), (0.14, 0.35), (-0.08, 0.38)), mix(body, WHITE, 0.5), 0.6)
    pen.disc(0.31, 0.53, 0.026, WHITE)
    pen.disc(0.315, 0.53, 0.014, (16.0, 16.0, 20.0))

"""People, and what they carry."""

import numpy as np

from filmgate.engines.animatic.brush import curve, fill
from filmgate.engines.animatic.palette import TINT_COLOURS, mix
from filmgate.engines.animatic.pen import Pen


def draw_girl(pen: Pen) -> None:
    """A young woman in a long coat, looking back over her shoulder."""
    coat = pen.tone(pen.chosen((186.0, 70.0, 62.0)), 0.3)
    dark, skin = pen.tone((44.0, 38.0, 48.0), 0.35), pen.tone((236.0, 196.0, 170.0), 0.12)
    for x in (-0.036, 0.03):
        pen.shape(
            (
                (x - 0.022, 0.4),
                (x - 0.017, 0.06),
                (x - 0.03, 0.0),
                (x + 0.03, 0.0),
                (x + 0.022, 0.07),
                (x + 0.026, 0.4),
            ),
            dark,
            round_off=False,
        )
    pen.shape(
        (
            (-0.088, 0.79),
            (-0.112, 0.6),
            (-0.128, 0.36),
            (-0.06, 0.335),
            (0.06, 0.335),
            (0.126, 0.36),
            (0.104, 0.6),
            (0.084, 0.79),
            (0.03, 0.83),
            (-0.03, 0.83),
        ),
        coat,
    )
    pen.shape(
        ((-0.086, 0.78), (-0.122, 0.64), (-0.132, 0.5), (-0.108, 0.48), (-0.094, 0.62), (-0.066, 0.74)),
        mix(coat, pen.palette.shade, 0.25),
    )
    pen.shape(((0.074, 0.79), (0.11, 0.64), (0.12, 0.5), (0.1, 0.49), (0.086, 0.62), (0.06, 0.73)), pen.rim(coat, 0.22))
    pen.shape(
        ((0.0, 0.79), (0.006, 0.6), (0.0, 0.34), (0.012, 0.34), (0.016, 0.6), (0.01, 0.79)),
        mix(coat, pen.palette.shade, 0.35),
    )
    pen.shape(
        ((-0.024, 0.86), (-0.028, 0.8), (0.03, 0.8), (0.024, 0.86)), mix(skin, pen.palette.shade, 0.25), round_off=False
    )
    pen.shape(
        (
            (-0.074, 0.93),
            (-0.066, 0.985),
            (-0.012, 1.0),
            (0.044, 0.982),
            (0.058, 0.93),
            (0.05, 0.87),
            (0.062, 0.8),
            (0.02, 0.78),
            (-0.05, 0.755),
            (-0.108, 0.77),
            (-0.082, 0.83),
        ),
        dark,
    )
    pen.shape(
        (
            (-0.012, 0.955),
            (0.034, 0.958),
            (0.048, 0.925),
            (0.047, 0.905),
            (0.03, 0.868),
            (0.008, 0.862),
            (-0.016, 0.885),
            (-0.022, 0.925),
        ),
        skin,
    )
    pen.shape(
        (
            (-0.03, 0.975),
            (0.01, 0.982),
            (0.046, 0.962),
            (0.054, 0.93),
            (0.034, 0.95),
            (-0.002, 0.952),
            (-0.02, 0.92),
            (-0.03, 0.88),
            (-0.04, 0.93),
        ),
        dark,
    )
    lips = mix(skin, (150.0, 40.0, 48.0), 0.55)
    pen.line(((0.008, 0.888), (0.02, 0.8835), (0.032, 0.8895)), lips, 0.0034)
    eyes = mix(dark, (0.0, 0.0, 0.0), 0.3)
    pen.line(((0.0, 0.9205), (0.007, 0.9235), (0.014, 0.9205)), eyes, 0.0038)
    pen.line(((0.028, 0.921), (0.0345, 0.924), (0.041, 0.9215)), eyes, 0.0038)
    scarf = pen.tone((238.0, 224.0, 196.0), 0.2)
    pen.shape(((-0.062, 0.84), (0.0, 0.85), (0.06, 0.84), (0.066, 0.8), (0.0, 0.782), (-0.066, 0.8)), scarf)
    pen.shape(((0.03, 0.81), (0.06, 0.79), (0.066, 0.69), (0.034, 0.68)), mix(scarf, pen.palette.shade, 0.15))
    pen.line(((0.02, 0.994), (0.044, 0.982), (0.058, 0.93), (0.052, 0.88)), pen.rim(dark, 0.42), 0.004)
    if {"rain", "storm"} & set(pen.look.weather):
        _held_umbrella(pen, -0.125, 0.54)


def draw_person(pen: Pen) -> None:
    """Someone in a jacket, seen from behind, in mid step."""
    dark = pen.tone((52.0, 56.0, 68.0), 0.4)
    jacket = pen.tone(pen.chosen((70.0, 96.0, 122.0)), 0.34)
    pen.shape(
        (
            (-0.07, 0.47),
            (-0.078, 0.24),
            (-0.1, 0.05),
            (-0.12, 0.0),
            (-0.05, 0.0),
            (-0.048, 0.06),
            (-0.022, 0.26),
            (-0.002, 0.44),
        ),
        dark,
    )
    pen.shape(
        (
            (0.07, 0.47),
            (0.07, 0.25),
            (0.062, 0.06),
            (0.056, 0.0),
            (0.122, 0.0),
            (0.106, 0.05),
            (0.112, 0.26),
            (0.002, 0.44),
        ),
        mix(dark, pen.palette.shade, 0.3),
    )
    pen.shape(
        (
            (-0.096, 0.81),
            (-0.104, 0.62),
            (-0.088, 0.44),
            (0.0, 0.425),
            (0.088, 0.44),
            (0.102, 0.62),
            (0.096, 0.81),
            (0.03, 0.85),
            (-0.03, 0.85),
        ),
        jacket,
    )
    pen.shape(
        ((-0.09, 0.81), (-0.13, 0.66), (-0.138, 0.47), (-0.108, 0.46), (-0.098, 0.62), (-0.066, 0.76)),
        mix(jacket, pen.palette.shade, 0.25),
    )
    pen.shape(
        ((0.09, 0.81), (0.128, 0.66), (0.15, 0.5), (0.122, 0.48), (0.1, 0.62), (0.066, 0.76)), pen.rim(jacket, 0.25)
    )
    skin = pen.tone((226.0, 184.0, 154.0), 0.2)
    pen.shape(
        ((-0.026, 0.88), (-0.026, 0.83), (0.026, 0.83), (0.026, 0.88)),
        mix(skin, pen.palette.shade, 0.3),
        round_off=False,
    )
    pen.disc(0.004, 0.925, 0.05, skin, squeeze=1.25)
    pen.shape(
        (
            (-0.056, 0.93),
            (-0.048, 0.985),
            (0.0, 1.0),
            (0.048, 0.982),
            (0.056, 0.94),
            (0.046, 0.9),
            (0.0, 0.885),
            (-0.046, 0.895),
        ),
        dark,
    )
    pen.line(((0.048, 0.982), (0.058, 0.94), (0.05, 0.9)), pen.rim(dark, 0.5), 0.006)
    if {"rain", "storm"} & set(pen.look.weather):
        _held_umbrella(pen, 0.14, 0.5)


def draw_umbrella(pen: Pen) -> None:
    """An open umbrella, standing alone."""
    _umbrella(pen, 0.0, 0.0, 0.42, 0.98)


def _held_umbrella(pen: Pen, x: float, y: float) -> None:
    _umbrella(pen, x, y, 0.32, 0.68)


def _umbrella(pen: Pen, x: float, y: float, reach: float, tall: float) -> None:
    """A canopy of ``reach`` over a stick that starts at (x, y)."""
    named = [tint for tint in pen.look.tints if tint != "neon"]
    cloth = pen.tone(TINT_COLOURS[named[0]] if named else (222.0, 82.0, 70.0), 0.14)
    top, edge = y + tall, y + tall - reach * 0.62
    pen.line(((x, y), (x, top)), pen.palette.far(0.05), 0.012)
    dome = (
        (x - reach, edge),
        (x - reach * 0.82, edge + reach * 0.36),
        (x - reach * 0.36, top - 0.02),
        (x, top),
        (x + reach * 0.36, top - 0.02),
        (x + reach * 0.82, edge + reach * 0.36),
        (x + reach, edge),
    )
    arcs = [
        (x + reach * (1.0 - 2.0 * (index + share) / 4), edge + 0.05 * reach * 4 * share * (1 - share) * 1.6)
        for index in range(4)
        for share in (0.0, 0.25, 0.5, 0.75)
    ]
    fill(pen.sheet, pen.pixels(np.vstack([curve(*dome, closed=False), arcs])), cloth)
    pen.shape(
        ((x, top), (x - reach * 0.26, edge + reach * 0.4), (x - reach * 0.5, edge), (x, edge + 0.04 * reach)),
        mix(cloth, pen.palette.shade, 0.3),
        0.6,
    )
    pen.shape(
        ((x, top), (x + reach * 0.6, edge + reach * 0.42), (x + reach, edge), (x + reach * 0.5, edge)),
        pen.rim(cloth, 0.3),
        0.5,
    )

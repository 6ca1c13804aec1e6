"""What falls, drifts and flashes over a shot, drawn straight onto the finished screen."""

import math

import cv2
import numpy as np

from filmgate.engines.animatic.brush import Sheet, blank, ellipse, fill, soften, stroke
from filmgate.engines.animatic.layers import Effect
from filmgate.engines.animatic.palette import Colour, Palette, mix
from filmgate.engines.animatic.prompt import Look
from filmgate.video import Size


def weather_effects(look: Look, palette: Palette, size: Size, rng: np.random.Generator, seconds: float) -> list[Effect]:
    """The effects for a look's weather, in the order they are drawn."""
    effects: list[Effect] = []
    if "storm" in look.weather:
        effects.append(_lightning(size, rng, seconds))
    if {"rain", "storm"} & set(look.weather):
        tone = mix(palette.haze, (220.0, 230.0, 245.0), 0.5)
        effects.append(_falling(_rain_tile(size, rng, 220, 0.05, 0.0011, mix((0.0, 0.0, 0.0), tone, 0.2)), 1.7, 0.0))
        effects.append(_falling(_rain_tile(size, rng, 80, 0.11, 0.0016, mix((0.0, 0.0, 0.0), tone, 0.3)), 2.6, 0.0))
    if "snow" in look.weather:
        for count, radius, level, speed in (
            (240, 0.0016, 0.45, 0.09),
            (90, 0.0032, 0.7, 0.15),
            (22, 0.0075, 0.5, 0.24),
        ):
            effects.append(_falling(_snow_tile(size, rng, count, radius, level), speed, 0.02))
    if "leaves" in look.weather and "space" not in look.places:
        effects.append(_leaves(size, palette, rng))
    if "sparks" in look.weather:
        effects.append(_sparks(size, rng))
    return effects


def dust(size: Size, palette: Palette, rng: np.random.Generator) -> Effect:
    """Motes that rise slowly through a light."""
    tile = blank(size[0], size[1])
    unit = (size[0] * size[1]) ** 0.5
    for _ in range(46):
        x, y, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(0.0012, 0.006) * unit
        level = float(rng.uniform(0.06, 0.26))
        fill(tile, ellipse(x, y, max(radius, 0.8), steps=20), mix((0.0, 0.0, 0.0), palette.sun, level))
    return _falling(soften(tile, 0.0022 * unit), -0.022, 0.012)


def _falling(tile: Sheet, speed: float, sway: float) -> Effect:
    """Light that scrolls down the screen without a seam.

    Args:
        tile: of the frame's size; its upper and lower edges meet.
        speed: frame heights a second; negative rises.
        sway: how far it goes to and fro sideways, in frame widths.
    """
    height, width = tile.shape[:2]
    margin = math.ceil(sway * width) if sway else 0
    wide = np.pad(tile, ((0, 0), (margin, margin), (0, 0)), mode="wrap") if margin else tile

    def draw(screen: Sheet, seconds: float) -> None:
        top = height - 1 - int(seconds * speed * height) % height
        left = round(margin * (1.0 + math.sin(seconds * 0.9))) if margin else 0
        for shown, fallen in ((screen[: height - top], wide[top:]), (screen[height - top :], wide[:top])):
            if len(shown):
                cv2.add(shown, fallen[:, left : left + width], dst=shown)

    return draw


def _rain_tile(size: Size, rng: np.random.Generator, count: int, long: float, thick: float, colour: Colour) -> Sheet:
    width, height = size
    unit = (width * height) ** 0.5
    tile = blank(width, height)
    for _ in range(round(count * width / unit)):
        x, y = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        length = long * unit * float(rng.uniform(0.5, 1.0))
        for wrap in (0.0, -float(height)) if y + length + thick * unit + 1.0 > height else (0.0,):
            stroke(tile, [(x, y + wrap), (x - length * 0.09, y + length + wrap)], colour, thick * unit)
    return tile


def _snow_tile(size: Size, rng: np.random.Generator, count: int, radius: float, level: float) -> Sheet:
    width, height = size
    unit = (width * height) ** 0.5
    tile = blank(width, height)
    for _ in range(round(count * width / unit)):
        x, y = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        reach = max(radius * unit * float(rng.uniform(0.6, 1.2)), 0.8)
        tone = 255.0 * level * float(rng.uniform(0.6, 1.0))
        for wrap in (0.0, float(height), -float(height)):
            fill(tile, ellipse(x, y + wrap, reach, steps=14), (tone, tone, tone))
    return soften(tile, radius * unit * 0.5)


def _leaves(size: Size, palette: Palette, rng: np.random.Generator) -> Effect:
    """Leaves or petals that tumble across the frame."""
    width, height = size
    unit = (width * height) ** 0.5
    count = 26
    starts = rng.uniform(0.0, 1.0, (count, 2))
    spins, sizes = rng.uniform(0.5, 2.2, count), rng.uniform(0.006, 0.016, count) * unit
    speeds = rng.uniform(0.07, 0.16, count)
    tones = [palette.lit(palette.foliage[int(rng.integers(len(palette.foliage)))]) for _ in range(count)]
    outline = np.array([[-1.0, 0.0], [-0.4, -0.42], [0.35, -0.36], [1.0, 0.0], [0.35, 0.36], [-0.4, 0.42]])

    def draw(screen: Sheet, seconds: float) -> None:
        for index in range(count):
            y = (starts[index, 1] + seconds * speeds[index]) % 1.2 - 0.1
            x = (starts[index, 0] + seconds * 0.05 + 0.03 * math.sin(seconds * spins[index] + index)) % 1.2 - 0.1
            angle = seconds * spins[index] + index
            flat = outline * sizes[index] * (1.0, 0.35 + 0.65 * abs(math.sin(angle * 0.8)))
            cosine, sine = math.cos(angle), math.sin(angle)
            turned = flat @ np.array([[cosine, sine], [-sine, cosine]])
            fill(screen, turned + np.array([x * width, y * height]), tones[index])

    return draw


def _sparks(size: Size, rng: np.random.Generator) -> Effect:
    """Small warm lights that wander and breathe."""
    width, height = size
    unit = (width * height) ** 0.5
    count = 30
    places, phases = rng.uniform(0.05, 0.95, (count, 2)), rng.uniform(0, 6.28, (count, 3))
    reach = max(4, round(0.014 * unit))
    axis = np.arange(-reach, reach + 1, dtype=np.float32) / reach
    light = np.exp(-(axis[:, None] ** 2 + axis[None, :] ** 2) * 6.0) - math.exp(-6.0)
    core = np.clip(light, 0.0, 1.0)[..., None] * np.array([255.0, 216.0, 120.0, 0.0], np.float32)

    def draw(screen: Sheet, seconds: float) -> None:
        for (x, y), (first, second, third) in zip(places, phases, strict=True):
            column = round((x + 0.03 * math.sin(seconds * 0.7 + first)) * width) - reach
            row = round((y + 0.035 * math.sin(seconds * 0.53 + second)) * height) - reach
            if column < 0 or row < 0 or column + 2 * reach + 1 > width or row + 2 * reach + 1 > height:
                continue
            level = max(0.0, math.sin(seconds * 1.9 + third)) ** 2
            window = screen[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
            cv2.add(window, cv2.convertScaleAbs(core, alpha=level), dst=window)

    return draw


def _lightning(size: Size, rng: np.random.Generator, seconds: float) -> Effect:
    """A bolt and its flash, once or twice in the shot."""
    width, height = size
    unit = (width * height) ** 0.5
    strikes = [float(rng.uniform(0.25, 0.45)) * seconds, float(rng.uniform(0.62, 0.85)) * seconds]
    bolts = []
    for _ in strikes:
        steps = 14
        x = float(rng.uniform(0.2, 0.8)) * width + np.cumsum(rng.uniform(-0.03, 0.03, steps)) * unit
        bolts.append(np.stack([x, np.linspace(0.0, 0.56, steps) * height], axis=1))

    def draw(screen: Sheet, seconds: float) -> None:
        for strike, bolt in zip(strikes, bolts, strict=True):
            age = seconds - strike
            if not 0.0 <= age < 0.3:
                continue
            level = 1.0 - age / 0.3
            cv2.add(screen, np.full_like(screen, (70 * level, 74 * level, 90 * level, 0)), dst=screen)
            if age < 0.16:
                stroke(screen, bolt, (236.0, 240.0, 255.0), 0.003 * unit)

    return draw

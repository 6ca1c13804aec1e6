"""What the pictures are painted with: noise, gradients, soft lights, smooth shapes on transparent sheets.

A sheet is a float32 or uint8 array of shape (height, width, 4), RGB premultiplied by alpha. uint8 in, uint8 out, so
that OpenCV does the work.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.palette import Colour

Sheet = NDArray[np.uint8]
Points = NDArray[np.float64]
"""Shape (count, 2), x and y in pixels."""

_SUBPIXEL_BITS = 4


def painted(pixels: object) -> Sheet:
    """What OpenCV hands back, as the uint8 array that it is (its own annotations do not say)."""
    return np.asarray(pixels, dtype=np.uint8)


def blank(width: int, height: int) -> Sheet:
    """A transparent sheet."""
    return np.zeros((height, width, 4), np.uint8)


def noise(rng: np.random.Generator, width: int, height: int, cells: float, octaves: int = 4) -> NDArray[np.float32]:
    """Cloudy noise from 0 to 1, with ``cells`` features along the longer side in the first octave."""
    total = np.zeros((height, width), np.float32)
    strength, sum_of_strengths = 1.0, 0.0
    longer = max(width, height)
    for _ in range(octaves):
        columns = min(max(3, round(cells * width / longer) + 1), width)
        rows = min(max(3, round(cells * height / longer) + 1), height)
        grid = rng.random((rows, columns), dtype=np.float32)
        cv2.scaleAdd(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), strength, total, dst=total)
        sum_of_strengths += strength
        strength *= 0.5
        cells *= 2.1
    scaled: NDArray[np.float32] = np.clip(total / np.float32(sum_of_strengths), 0.0, 1.0)
    return scaled


def ridge(rng: np.random.Generator, count: int, roughness: float = 0.55, cells: int = 3) -> NDArray[np.float64]:
    """A skyline of ``count`` heights from 0 to 1."""
    heights = np.zeros(count)
    strength, total = 1.0, 0.0
    while cells < count / 2 and strength > 0.004:
        knots = rng.random(cells + 1)
        heights += strength * np.interp(np.linspace(0, cells, count), np.arange(cells + 1), knots)
        total += strength
        strength *= roughness
        cells *= 2
    heights /= total
    span = float(np.ptp(heights)) or 1.0
    skyline: NDArray[np.float64] = (heights - heights.min()) / span
    return skyline


def fill(sheet: Sheet, points: Points | Sequence[tuple[float, float]], colour: Colour, alpha: float = 1.0) -> None:
    """Fill a polygon with smooth edges. Below full alpha it lies over what is there."""
    fixed = _fixed(points)
    if alpha >= 1.0:
        cv2.fillPoly(sheet, [fixed], (*colour, 255), cv2.LINE_AA, _SUBPIXEL_BITS)
        return
    x, y, width, height = _bounds(fixed, sheet)
    if width <= 0 or height <= 0:
        return
    window = sheet[y : y + height, x : x + width]
    top = np.zeros_like(window)
    premultiplied = tuple(channel * alpha for channel in colour)
    corner = np.array([x, y]) << _SUBPIXEL_BITS
    cv2.fillPoly(top, [(fixed - corner).astype(np.int32)], (*premultiplied, 255 * alpha), cv2.LINE_AA, _SUBPIXEL_BITS)
    lay_over(window, top)


def box(sheet: Sheet, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
    """Fill an upright rectangle."""
    fill(sheet, [(left, top), (right, top), (right, bottom), (left, bottom)], colour)


def stroke(sheet: Sheet, points: Points | Sequence[tuple[float, float]], colour: Colour, thickness: float) -> None:
    """Draw a smooth line of at least one pixel."""
    cv2.polylines(sheet, [_fixed(points)], False, (*colour, 255), max(1, round(thickness)), cv2.LINE_AA, _SUBPIXEL_BITS)


def curve(*anchors: tuple[float, float], closed: bool = True, steps: int = 10) -> Points:
    """A smooth line through all anchors (Catmull-Rom)."""
    knots = np.array(anchors, dtype=np.float64)
    if closed:
        knots = np.vstack([knots[-1:], knots, knots[:2]])
    else:
        knots = np.vstack([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    before, first, second, after = knots[:-3, None], knots[1:-2, None], knots[2:-1, None], knots[3:, None]
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[None, :, None]
    points = 0.5 * (
        2 * first
        + (second - before) * t
        + (2 * before - 5 * first + 4 * second - after) * t**2
        + (3 * first - before - 3 * second + after) * t**3
    )
    smooth: Points = points.reshape(-1, 2)
    return smooth if closed else np.vstack([smooth, knots[-2:-1]])


def ellipse(x: float, y: float, radius_x: float, radius_y: float | None = None, steps: int = 40) -> Points:
    """A round outline."""
    angles = np.linspace(0.0, 2.0 * np.pi, steps, endpoint=False)
    return np.stack([x + radius_x * np.cos(angles), y + (radius_y or radius_x) * np.sin(angles)], axis=1)


def glow(width: int, height: int, x: float, y: float, radius: float, falloff: float = 2.0) -> NDArray[np.float32]:
    """A soft light from 0 to 1 round a point."""
    across, down = (
        np.exp(-falloff * ((np.arange(count, dtype=np.float32) - centre) / radius) ** 2)
        for count, centre in ((width, x), (height, y))
    )
    fading: NDArray[np.float32] = np.outer(down, across).astype(np.float32, copy=False)
    return fading


def soften(sheet: Sheet, radius: float) -> Sheet:
    """The sheet blurred; far off, so on a small copy."""
    if radius < 1.5:
        return sheet
    shrink = max(1, int(radius / 3))
    height, width = sheet.shape[:2]
    small = cv2.resize(sheet, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), radius / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def lay_over(under: Sheet, over: Sheet) -> None:
    """Composite a premultiplied sheet over another of the same size, in place."""
    clear = cv2.bitwise_not(cv2.extractChannel(over, 3))
    cv2.add(cv2.multiply(under, cv2.merge([clear] * 4), scale=1.0 / 255.0), over, dst=under)


def lay_on_screen(screen: Sheet, over: Sheet, passing: Sheet | None = None) -> None:
    """The same on an opaque screen, whose alpha nobody reads: cheaper. ``passing`` is ``light_through(over)``."""
    through = light_through(over) if passing is None else passing
    cv2.add(cv2.multiply(screen, through, scale=1.0 / 255.0), over, dst=screen)


def light_through(over: Sheet) -> Sheet:
    """How much of what is behind a sheet shows, in each colour; its alpha has no meaning."""
    return painted(cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(over, 3)), cv2.COLOR_GRAY2RGBA))


def shine(sheet: Sheet, light: NDArray[np.float32], colour: Colour) -> None:
    """Add coloured light to an opaque sheet, in place. ``light`` is 0 to 1, of the sheet's size."""
    none = np.zeros(light.shape, np.uint8)
    lit = cv2.merge([*(cv2.convertScaleAbs(light, alpha=float(channel)) for channel in colour), none])
    cv2.add(sheet, lit, dst=sheet)


def _fixed(points: Points | Sequence[tuple[float, float]]) -> NDArray[np.int32]:
    fixed: NDArray[np.int32] = np.round(np.asarray(points, dtype=np.float64) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    return fixed


def _bounds(fixed: NDArray[np.int32], sheet: Sheet) -> tuple[int, int, int, int]:
    low = np.maximum((fixed.min(axis=0) >> _SUBPIXEL_BITS) - 2, 0)
    high = np.minimum((fixed.max(axis=0) >> _SUBPIXEL_BITS) + 3, [sheet.shape[1], sheet.shape[0]])
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])

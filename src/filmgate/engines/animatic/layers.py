"""Flat painted layers at different depths, each where the camera and its own motion put it.

Sheets are uint8 RGBA throughout: OpenCV warps four channels more than twice as fast as three.
"""

import math
from collections.abc import Callable

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.brush import Sheet, lay_over
from filmgate.engines.animatic.camera import View, place
from filmgate.video import Size

Matrix = NDArray[np.float64]
"""2x3, from resting frame coordinates to the screen."""


class Sway(msgspec.Struct, frozen=True, kw_only=True):
    """A layer's own small motion, in pixels of the frame."""

    x: float = 0.0
    y: float = 0.0
    turn_radians: float = 0.0
    per_second: float = 0.0
    """How often it comes and goes."""
    phase: float = 0.0
    drift_x: float = 0.0
    """Pixels a second."""
    drift_y: float = 0.0
    pivot: tuple[float, float] = (0.0, 0.0)
    """Where it turns, in the layer's own pixels."""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet of the scene."""

    sheet: Sheet
    """Premultiplied RGBA."""
    left: float
    top: float
    """Where the sheet's corner lies in the resting frame; outside it where the layer is larger than the frame."""
    depth: float
    """0 the sky, 1 the nearest."""
    sway: Sway = Sway()

    def matrix(self, view: View, seconds: float, size: Size, focus: tuple[float, float]) -> Matrix:
        """From the sheet's pixels to the screen at one moment."""
        sway = self.sway
        turns = 2.0 * math.pi * sway.per_second * seconds + sway.phase
        wave, cross = (math.sin(turns), math.cos(turns)) if sway.per_second else (0.0, 0.0)
        cosine, sine = math.cos(sway.turn_radians * cross), math.sin(sway.turn_radians * cross)
        pivot_x, pivot_y = sway.pivot
        left = self.left + pivot_x - cosine * pivot_x + sine * pivot_y + sway.x * wave + sway.drift_x * seconds
        top = self.top + pivot_y - sine * pivot_x - cosine * pivot_y + sway.y * wave + sway.drift_y * seconds
        own = np.array([[cosine, -sine, left], [sine, cosine, top], [0.0, 0.0, 1.0]])
        whole: Matrix = place(view, self.depth, size, focus) @ own
        return whole


Effect = Callable[[Sheet, float], None]
"""Something drawn straight onto the finished screen at a moment, such as rain; changes the sheet in place."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A shot's ground: layers from far to near (the first covers the whole frame), then effects."""

    size: Size
    layers: tuple[Layer, ...]
    effects: tuple[Effect, ...] = ()
    focus: tuple[float, float] = (0.5, 0.5)


def cropped(sheet: Sheet, left: float, top: float, depth: float, sway: Sway | None = None) -> Layer | None:
    """A layer of the used part of a sheet; None for an empty sheet."""
    x, y, width, height = cv2.boundingRect(cv2.extractChannel(sheet, 3))
    if not width:
        return None
    x, y = max(x - 1, 0), max(y - 1, 0)
    width, height = min(width + 2, sheet.shape[1] - x), min(height + 2, sheet.shape[0] - y)
    window = np.ascontiguousarray(sheet[y : y + height, x : x + width])
    sway = sway or Sway()
    sway = msgspec.structs.replace(sway, pivot=(sway.pivot[0] - x, sway.pivot[1] - y))
    return Layer(sheet=window, left=left + x, top=top + y, depth=depth, sway=sway)


def merged(layers: list[Layer], depth: float) -> Layer:
    """One layer of several at rest: what moves as one is warped as one. The first must be the largest."""
    base = layers[0]
    sheet = base.sheet.copy()
    for layer in layers[1:]:
        x, y = round(layer.left - base.left), round(layer.top - base.top)
        rows, columns = layer.sheet.shape[:2]
        window = sheet[max(y, 0) : y + rows, max(x, 0) : x + columns]
        own = layer.sheet[max(-y, 0) :, max(-x, 0) :][: window.shape[0], : window.shape[1]]
        lay_over(window, own)
    return msgspec.structs.replace(base, sheet=sheet, depth=depth)

"""Flat painted layers at different depths, and the compositor that lays them on the screen through a camera.

The compositor works in uint8 RGBA throughout: OpenCV warps four channels more than twice as fast as three. A layer
knows in which rows it hides everything behind it, so that few pixels are painted that a nearer layer will cover.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.brush import Sheet, lay_on_screen, lay_over
from filmgate.engines.animatic.camera import View, place
from filmgate.video import Size

Matrix = NDArray[np.float64]
"""2x3, from resting frame coordinates to the screen."""

_SOLID = 250
"""Alpha from which on a pixel counts as opaque: smooth edges drawn inside a shape leave a few of 254."""


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
    solid: tuple[int, int] = (0, 0)
    """The longest run of the sheet's rows, from and up to, that hide everything behind them from side to side."""
    sway: Sway = Sway()

    def matrix(self, view: View, seconds: float, size: Size, focus: tuple[float, float]) -> Matrix:
        """From the sheet's pixels to the screen at one moment."""
        sway = self.sway
        wave = math.sin(2.0 * math.pi * sway.per_second * seconds + sway.phase) if sway.per_second else 0.0
        cross = math.cos(2.0 * math.pi * sway.per_second * seconds + sway.phase) if sway.per_second else 0.0
        angle = sway.turn_radians * cross
        cosine, sine = math.cos(angle), math.sin(angle)
        pivot_x, pivot_y = sway.pivot
        own = np.array(
            [
                [cosine, -sine, self.left + pivot_x - cosine * pivot_x + sine * pivot_y],
                [sine, cosine, self.top + pivot_y - sine * pivot_x - cosine * pivot_y],
                [0.0, 0.0, 1.0],
            ]
        )
        own[0, 2] += sway.x * wave + sway.drift_x * seconds
        own[1, 2] += sway.y * wave + sway.drift_y * seconds
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
    return Layer(sheet=window, left=left + x, top=top + y, depth=depth, solid=_solid_rows(window), sway=sway)


def merged(layers: list[Layer], depth: float) -> Layer:
    """One layer of several at rest: what moves as one is warped as one. The first must be the largest."""
    base = layers[0]
    sheet = base.sheet.copy()
    for layer in layers[1:]:
        x, y = round(layer.left - base.left), round(layer.top - base.top)
        rows, columns = layer.sheet.shape[:2]
        window = sheet[max(y, 0) : y + rows, max(x, 0) : x + columns]
        own = layer.sheet[max(-y, 0) :, max(-x, 0) :][: window.shape[0], : window.shape[1]]
        covered = np.ascontiguousarray(window)
        lay_over(covered, np.ascontiguousarray(own))
        window[...] = covered
    return msgspec.structs.replace(base, sheet=sheet, depth=depth, solid=_solid_rows(sheet))


def compose(scene: Scene, view: View, seconds: float, out: Sheet) -> None:
    """Paint the scene onto ``out``, RGBA of the scene's size. Alpha has no meaning afterwards."""
    matrices = [layer.matrix(view, seconds, scene.size, scene.focus) for layer in scene.layers]
    spans = [_span(layer, matrix, scene.size) for layer, matrix in zip(scene.layers, matrices, strict=True)]
    for layer, matrix, span in zip(scene.layers, matrices, _without_hidden(spans), strict=True):
        if span is not None:
            _lay(layer, matrix, out, span)
    for effect in scene.effects:
        effect(out, seconds)


class _Span(NamedTuple):
    """What a layer paints of the screen: columns, rows, and the rows where it hides everything."""

    left: int
    right: int
    top: int
    bottom: int
    solid_from: int
    solid_to: int


def _span(layer: Layer, matrix: Matrix, size: Size) -> _Span | None:
    width, height = size
    rows, columns = layer.sheet.shape[:2]
    corners = matrix @ np.array([[0, columns, 0, columns], [0, 0, rows, rows], [1, 1, 1, 1]], dtype=np.float64)
    left, top = (max(int(edge) - 1, 0) for edge in np.floor(corners.min(axis=1)))
    right = min(math.ceil(corners[0].max()) + 1, width)
    bottom = min(math.ceil(corners[1].max()) + 1, height)
    if left >= right or top >= bottom:
        return None
    from_side_to_side = corners[0, [0, 2]].max() <= 1 and corners[0, [1, 3]].min() >= width - 1
    if not from_side_to_side or layer.solid[1] <= layer.solid[0]:
        return _Span(left, right, top, bottom, bottom, bottom)
    # A rolled camera tilts the rows: only what is solid at both ends counts.
    ends = matrix[1, 0] * np.array([0.0, columns]) + matrix[1, 2]
    solid_from = math.ceil(float((matrix[1, 1] * layer.solid[0] + ends).max())) + 1
    solid_to = math.floor(float((matrix[1, 1] * layer.solid[1] + ends).min())) - 1
    solid_from, solid_to = min(max(solid_from, top), bottom), min(solid_to, bottom)
    if solid_to - solid_from < 8:
        solid_from = solid_to = bottom
    return _Span(left, right, top, bottom, solid_from, solid_to)


def _without_hidden(spans: list[_Span | None]) -> list[_Span | None]:
    """The spans without the upper or lower rows that a nearer layer hides."""
    shown: list[_Span | None] = []
    for index, span in enumerate(spans):
        for nearer in spans[index + 1 :]:
            if span is None or nearer is None or nearer.solid_to <= nearer.solid_from:
                continue
            top, bottom = span.top, span.bottom
            if nearer.solid_from <= top:
                top = max(top, nearer.solid_to)
            if nearer.solid_to >= bottom:
                bottom = min(bottom, nearer.solid_from)
            span = _Span(span.left, span.right, top, bottom, span.solid_from, span.solid_to) if top < bottom else None
        shown.append(span)
    return shown


def _lay(layer: Layer, matrix: Matrix, out: Sheet, span: _Span) -> None:
    solid_from = min(max(span.solid_from, span.top), span.bottom)
    solid_to = min(max(span.solid_to, solid_from), span.bottom)
    for top, bottom in ((span.top, solid_from), (solid_to, span.bottom)):
        if bottom > top:
            size = (span.right - span.left, bottom - top)
            moved = _moved(matrix, span.left, top)
            warped = cv2.warpAffine(layer.sheet, moved, size, flags=cv2.INTER_LINEAR)
            lay_on_screen(out[top:bottom, span.left : span.right], np.asarray(warped, dtype=np.uint8))
    if solid_to > solid_from:
        cv2.warpAffine(
            layer.sheet,
            _moved(matrix, span.left, solid_from),
            (span.right - span.left, solid_to - solid_from),
            dst=out[solid_from:solid_to, span.left : span.right],
            flags=cv2.INTER_LINEAR,
        )


def _moved(matrix: Matrix, left: int, top: int) -> Matrix:
    moved = matrix.copy()
    moved[:, 2] -= (left, top)
    return moved


def _solid_rows(sheet: Sheet) -> tuple[int, int]:
    least = cv2.reduce(cv2.extractChannel(sheet, 3), 1, cv2.REDUCE_MIN).ravel()
    rows = np.flatnonzero(least >= _SOLID)
    if not len(rows):
        return 0, 0
    breaks = np.flatnonzero(np.diff(rows) > 1)
    firsts, lasts = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]]
    longest = int(np.argmax(lasts - firsts))
    return int(firsts[longest]), int(lasts[longest]) + 1

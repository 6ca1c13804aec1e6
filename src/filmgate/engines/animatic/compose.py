"""The compositor: lays the sheets of a scene on the screen through the camera, and paints little that stays hidden.

It works in bands of rows, which the processor's cache holds. In each band a layer is blended where its edge is, copied
where it is opaque, and left out where a nearer one is.
"""

import itertools
import math
from typing import NamedTuple

import cv2

from filmgate.engines.animatic.brush import Sheet, lay_on_screen, painted
from filmgate.engines.animatic.camera import View
from filmgate.engines.animatic.extent import CELL, Extent, extent_of
from filmgate.engines.animatic.layers import Layer, Matrix, Scene

_BAND_ROWS = 124
_LEAST_BAND_ROWS = 12
_LANES = 16
"""Pieces begin and end at multiples of so many columns: OpenCV warps what is left over one by one, ten times slower."""
_LEAST_CORE_COLUMNS = 3 * _LANES
"""Narrower opaque parts are not worth a piece of their own."""


class _Reach(NamedTuple):
    """From and up to which column a layer paints a band, and hides everything behind it."""

    ink_from: int
    ink_to: int
    core_from: int
    core_to: int


class _Piece(NamedTuple):
    """What of one layer is seen in one band: columns from left to right, opaque between the two in the middle."""

    layer: "_Placed"
    left: int
    core_from: int
    core_to: int
    right: int


class Compositor:
    """Paints one scene, moment by moment."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._extents = [extent_of(layer.sheet) for layer in scene.layers]

    def paint(self, view: View, seconds: float, out: Sheet) -> None:
        """Paint a moment onto ``out``, RGBA of the scene's size. Alpha has no meaning afterwards."""
        scene, (width, height) = self.scene, self.scene.size
        placed = [
            _Placed(layer, extent, layer.matrix(view, seconds, scene.size, scene.focus), width)
            for layer, extent in zip(scene.layers, self._extents, strict=True)
        ]
        for top, bottom in itertools.pairwise(_band_edges(placed, height)):
            for piece in reversed(_seen(placed, top, bottom, width)):
                _paint(piece, out[top:bottom], top)
        for effect in scene.effects:
            effect(out, seconds)


class _Placed:
    """A layer where it lies on the screen at a moment."""

    def __init__(self, layer: Layer, extent: Extent, matrix: Matrix, width: int) -> None:
        self.sheet, self.matrix = layer.sheet, matrix
        self._width = width
        self._extent = extent
        (self._across, self._shear, self._left), (self._tilt, self._down, self._top) = matrix.tolist()

    def solid_rows(self) -> tuple[int, int]:
        """The rows of the screen where what is opaque from side to side begins and ends; only roughly if turned."""
        first, last = self._extent.solid_rows
        return math.ceil(self._down * first + self._top) + 2, math.floor(self._down * last + self._top) - 2

    def reach(self, top: int, bottom: int) -> _Reach | None:
        """Where it lies in a band, generous with its paint and strict with its core; None where it is not seen."""
        extent = self._extent
        # The sheet's rows that the band can show: of a turned layer more, and a little to spare.
        tilt = self._tilt * self.sheet.shape[1]
        first = (top - self._top - max(0.0, tilt)) / self._down - 1.0
        last = (bottom - self._top - min(0.0, tilt)) / self._down + 1.0
        if last < 0.0 or first >= len(self.sheet):
            return None
        cells = slice(max(0, int(first)) // CELL, int(last) // CELL + 1)
        ends = self._left + self._shear * first, self._left + self._shear * last
        ink_from = self._aligned(min(ends) + self._across * min(extent.ink_from[cells]) - 1.0)
        ink_to = self._aligned(max(ends) + self._across * max(extent.ink_to[cells]) + 1.0 + _LANES)
        if ink_from >= ink_to:
            return None
        if first < 0.0 or last > len(self.sheet) - 1:
            return _Reach(ink_from, ink_to, ink_to, ink_to)
        core_from = self._aligned(max(ends) + self._across * max(extent.core_from[cells]) + 1.0 + _LANES)
        core_to = self._aligned(min(ends) + self._across * (min(extent.core_to[cells]) - 1))
        if core_to - core_from < _LEAST_CORE_COLUMNS:
            return _Reach(ink_from, ink_to, ink_to, ink_to)
        return _Reach(ink_from, ink_to, core_from, core_to)

    def _aligned(self, column: float) -> int:
        """The column rounded down to the processor's step, or the screen's edge."""
        return 0 if column <= 0.0 else self._width if column >= self._width else int(column) // _LANES * _LANES


def _band_edges(placed: list[_Placed], height: int) -> list[int]:
    """Rows that cut the screen into bands: evenly, and where a layer begins or ceases to hide what is behind it."""
    count = max(1, round(height / _BAND_ROWS))
    wanted = {round(height * index / count) for index in range(1, count)}
    wanted.update(row for layer in placed for row in layer.solid_rows())
    edges = [0]
    for row in sorted(wanted):
        if edges[-1] + _LEAST_BAND_ROWS <= row <= height - _LEAST_BAND_ROWS:
            edges.append(row)
    return [*edges, height]


def _seen(placed: list[_Placed], top: int, bottom: int, width: int) -> list[_Piece]:
    """The pieces of a band that no nearer layer hides, nearest first."""
    pieces: list[_Piece] = []
    gaps = [(0, width)]
    for layer in reversed(placed):
        reach = layer.reach(top, bottom)
        if reach is None:
            continue
        ink_from, ink_to, core_from, core_to = reach
        for gap_from, gap_to in gaps:
            left, right = max(gap_from, ink_from), min(gap_to, ink_to)
            if left < right:
                middle = min(max(core_from, left), right)
                pieces.append(_Piece(layer, left, middle, min(max(core_to, middle), right), right))
        if core_from < core_to:
            halves = [half for low, high in gaps for half in ((low, min(high, core_from)), (max(low, core_to), high))]
            gaps = [(low, high) for low, high in halves if low < high]
            if not gaps:
                break
    return pieces


def _paint(piece: _Piece, band: Sheet, top: int) -> None:
    sheet, matrix = piece.layer.sheet, piece.layer.matrix
    moved = matrix.copy()
    moved[1, 2] -= top
    for left, right, opaque in (
        (piece.left, piece.core_from, False),
        (piece.core_from, piece.core_to, True),
        (piece.core_to, piece.right, False),
    ):
        if left >= right:
            continue
        moved[0, 2] = matrix[0, 2] - left
        window = band[:, left:right]
        size = (right - left, len(band))
        if opaque:
            cv2.warpAffine(sheet, moved, size, dst=window, flags=cv2.INTER_LINEAR)
        else:
            lay_on_screen(window, painted(cv2.warpAffine(sheet, moved, size, flags=cv2.INTER_LINEAR)))

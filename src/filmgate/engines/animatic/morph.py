"""From one picture to another: both are bent along the motion between them while they dissolve.

The motion is found with dense optical flow on small copies, both ways. Where the two ways contradict one another there
is no true motion, and there the pictures only dissolve, with a slow move towards them.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.brush import Sheet, painted
from filmgate.engines.animatic.camera import ease
from filmgate.engines.animatic.plan import Pixels

_FLOW_SIDE = 320
"""The longer side of the copies that the motion is found on."""
_DEEPEST_ZOOM = 0.05

Field = NDArray[np.float32]
"""Shape (rows, columns, 2): where a pixel goes, in shares of the frame's width and height."""


class Morph:
    """The way from a first picture to a last one of the same size."""

    def __init__(self, first: Pixels, last: Pixels) -> None:
        self.first, self.last = first, last
        self._first, self._last = (
            np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), np.uint8) for image in (first, last)
        )
        rows, columns = first.shape[:2]
        shrink = min(1.0, _FLOW_SIDE / max(rows, columns))
        small = (max(16, round(columns * shrink)), max(16, round(rows * shrink)))
        greys = [
            painted(cv2.cvtColor(cv2.resize(image, small, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY))
            for image in (first, last)
        ]
        forth, back = _flow(greys[0], greys[1]), _flow(greys[1], greys[0])
        self._forth, self._back = _trusted(forth, back), _trusted(back, forth)

    def draw(self, progress: float, out: Sheet) -> None:
        """Paint the moment (0 the first picture, 1 the last) onto an RGBA screen. The ends are exact."""
        moved = ease(progress)
        shown = ease((progress - 0.12) / 0.76)
        if shown <= 0.0:
            self._bend(self._first, self._forth, moved, out)
        elif shown >= 1.0:
            self._bend(self._last, self._back, 1.0 - moved, out)
        else:
            left, right = np.empty_like(out), np.empty_like(out)
            self._bend(self._first, self._forth, moved, left)
            self._bend(self._last, self._back, 1.0 - moved, right)
            cv2.addWeighted(left, 1.0 - shown, right, shown, 0.0, dst=out)

    def _bend(self, image: Sheet, field: Field, amount: float, out: Sheet) -> None:
        """The picture with its content moved by ``amount`` of the way."""
        rows, columns = image.shape[:2]
        if amount <= 0.0:
            np.copyto(out, image)
            return
        # Looking back along the motion is exact for smooth fields, and smooth is all that is left of them.
        pull = 1.0 - 1.0 / (1.0 + _DEEPEST_ZOOM * amount)
        across = np.arange(columns, dtype=np.float32)
        down = np.arange(rows, dtype=np.float32)
        across += np.float32(pull) * (np.float32((columns - 1) / 2) - across)
        down += np.float32(pull) * (np.float32((rows - 1) / 2) - down)
        size = (columns, rows)
        shift_x = cv2.resize(field[..., 0] * np.float32(-amount * columns), size, interpolation=cv2.INTER_LINEAR)
        shift_y = cv2.resize(field[..., 1] * np.float32(-amount * rows), size, interpolation=cv2.INTER_LINEAR)
        full_x, full_y = shift_x + across[None, :], shift_y + down[:, None]
        cv2.remap(image, full_x, full_y, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REFLECT_101)


def _flow(first: NDArray[np.uint8], last: NDArray[np.uint8]) -> Field:
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    finder.setFinestScale(1)
    rows, columns = first.shape
    rest = np.zeros((rows, columns, 2), np.float32)
    flow = finder.calc(cv2.GaussianBlur(first, (0, 0), 1.5), cv2.GaussianBlur(last, (0, 0), 1.5), rest)
    shares: Field = (flow / np.array([columns, rows], np.float32)).astype(np.float32)
    return shares


def _trusted(field: Field, other: Field) -> Field:
    """The field where the way back agrees with it, fading to rest elsewhere, and smooth throughout."""
    rows, columns = field.shape[:2]
    x = (np.arange(columns, dtype=np.float32)[None, :] + field[..., 0] * columns).astype(np.float32)
    y = (np.arange(rows, dtype=np.float32)[:, None] + field[..., 1] * rows).astype(np.float32)
    returned = cv2.remap(other, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    miss = np.linalg.norm(field + returned, axis=2)
    long = np.linalg.norm(field, axis=2)
    trust = np.exp(-((miss / (0.012 + 0.25 * long)) ** 2)) * np.clip(1.6 - long / 0.16, 0.0, 1.0)
    reach = max(rows, columns) * 0.045
    weight = cv2.GaussianBlur(trust.astype(np.float32), (0, 0), reach)
    weighted = cv2.GaussianBlur((field * trust[..., None]).astype(np.float32), (0, 0), reach)
    smooth: Field = (weighted / np.maximum(weight, 0.3)[..., None]).astype(np.float32)
    return smooth

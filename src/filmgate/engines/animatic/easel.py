"""Where a shot is painted: the sheet's measures, its light, and its dice."""

import cv2
import numpy as np

from filmgate.engines.animatic.brush import Points, Sheet, blank, fill, noise
from filmgate.engines.animatic.camera import OVERSCAN
from filmgate.engines.animatic.layers import Layer, Sway, cropped
from filmgate.engines.animatic.palette import Colour, Palette
from filmgate.video import Size


class Easel:
    """Sheets that reach beyond the frame on all sides, so that the camera can move. Coordinates are sheet pixels."""

    def __init__(self, size: Size, palette: Palette, rng: np.random.Generator, horizon: float) -> None:
        """``horizon`` is in shares of the frame's height, from the top."""
        self.frame = size
        self.palette = palette
        self.rng = rng
        self.left = round(size[0] * OVERSCAN)
        self.top = round(size[1] * OVERSCAN)
        self.width = size[0] + 2 * self.left
        self.height = size[1] + 2 * self.top
        self.horizon = self.y(horizon)
        self.horizon_share = horizon
        self.unit = float((size[0] * size[1]) ** 0.5)
        """A length that means the same in portrait and wide frames."""
        self.short = float(min(size))

    def x(self, share: float) -> float:
        """The sheet's column at a share of the frame's width."""
        return self.left + share * self.frame[0]

    def y(self, share: float) -> float:
        """The sheet's row at a share of the frame's height."""
        return self.top + share * self.frame[1]

    def sheet(self) -> Sheet:
        """A transparent sheet."""
        return blank(self.width, self.height)

    def layer(self, sheet: Sheet, depth: float, sway: Sway | None = None) -> list[Layer]:
        """The sheet as a layer at rest in the frame; no layer for an empty sheet."""
        made = cropped(sheet, -self.left, -self.top, depth, sway)
        return [made] if made else []

    def gradient(self, outline: Points, top: Colour, bottom: Colour, *, grain: float = 0.0, cells: float = 14) -> Sheet:
        """A shape filled from one colour at its top to another at the sheet's foot, with a painted grain."""
        first = int(np.clip(outline[:, 1].min(), 0, self.height - 2))
        rows, columns = self.height - first, self.width // 2
        # Painted at half the size: there is no detail in it, only in the outline.
        shades = np.linspace(0.0, 1.0, rows // 2 + 1, dtype=np.float32)[:, None] ** 0.8
        stripe = np.asarray(top, np.float32) * (1.0 - shades) + np.asarray(bottom, np.float32) * shades
        paint = np.asarray(cv2.resize(stripe[:, None, :], (columns, len(shades)), interpolation=cv2.INTER_NEAREST))
        if grain:
            field = noise(self.rng, columns, len(shades), cells, 5)
            paint = paint * (1.0 + (field - 0.5) * np.float32(2.0 * grain))[..., None]
        small = cv2.cvtColor(cv2.convertScaleAbs(paint), cv2.COLOR_RGB2RGBA)
        colours = cv2.resize(small, (self.width, rows), interpolation=cv2.INTER_LINEAR)
        sheet = self.sheet()
        fill(sheet, outline, (255.0, 255.0, 255.0))
        cv2.multiply(colours, sheet[first:], dst=sheet[first:], scale=1.0 / 255.0)
        return sheet

    def land(self, heights: np.ndarray, base: float, tall: float) -> Points:
        """The outline of a ridge: ``heights`` (0 to 1) over the row ``base``, closed at the sheet's foot."""
        columns = np.linspace(-2.0, self.width + 2.0, len(heights))
        crest = np.stack([columns, base - heights * tall], axis=1)
        foot = np.array([[self.width + 2.0, self.height + 2.0], [-2.0, self.height + 2.0]])
        return np.vstack([crest, foot])

"""The pen that silhouettes are drawn with, in a unit square: x from -0.5 to 0.5 about the middle, y from 0 at the foot
to 1 at the top.
"""

import msgspec
import numpy as np

from filmgate.engines.animatic.brush import Points, Sheet, blank, curve, ellipse, fill, lay_over, soften, stroke
from filmgate.engines.animatic.palette import TINT_COLOURS, Colour, Palette, mix
from filmgate.engines.animatic.prompt import Look

WHITE: Colour = (255.0, 255.0, 255.0)
FLAME: Colour = (255.0, 196.0, 96.0)

Anchors = tuple[tuple[float, float], ...]


class Pen:
    """Draws one silhouette onto its own square sheet."""

    def __init__(self, side: int, palette: Palette, look: Look) -> None:
        self.side = side
        self.margin = round(side * 0.14)
        self.sheet: Sheet = blank(side + 2 * self.margin, side + 2 * self.margin)
        # A subject has a light of its own after dark, or nobody would see it.
        key = mix(palette.light, (255.0, 232.0, 208.0), 0.55 if palette.moonlit else 0.3 if palette.lamps else 0.0)
        self.palette = msgspec.structs.replace(palette, light=key)
        self.look = look

    def tone(self, own: Colour, depth: float = 0.3) -> Colour:
        """A surface's own colour in the shot's light, drawn towards silhouette."""
        return mix(self.palette.lit(own), self.palette.shade, depth)

    def chosen(self, own: Colour) -> Colour:
        """The thing's colour: the one that the words name, else its own."""
        named = [tint for tint in self.look.tints if tint not in ("neon", "black")]
        return TINT_COLOURS[named[0]] if named else own

    def rim(self, own: Colour, share: float = 0.35) -> Colour:
        """A colour where the light grazes it."""
        return mix(own, self.palette.sun, share)

    def shape(self, anchors: Anchors, colour: Colour, alpha: float = 1.0, *, round_off: bool = True) -> None:
        """A closed outline through anchors, smooth or with corners."""
        outline = curve(*anchors) if round_off else np.array(anchors)
        fill(self.sheet, self.pixels(outline), colour, alpha)

    def disc(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 1.0, squeeze: float = 1.0) -> None:
        """A filled circle or ellipse."""
        fill(self.sheet, self.pixels(ellipse(x, y, radius, radius * squeeze, steps=48)), colour, alpha)

    def line(self, anchors: Anchors, colour: Colour, thickness: float) -> None:
        """A smooth open line, its thickness in shares of the square."""
        stroke(self.sheet, self.pixels(curve(*anchors, closed=False)), colour, thickness * self.side)

    def halo(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """A soft light behind what is drawn next."""
        light = blank(self.sheet.shape[1], self.sheet.shape[0])
        fill(light, self.pixels(ellipse(x, y, radius * 0.55)), colour, strength)
        soft = soften(light, radius * 0.34 * self.side)
        lay_over(soft, self.sheet)
        self.sheet[...] = soft

    def pixels(self, points: Points) -> Points:
        """From the unit square to the sheet."""
        scaled: Points = np.stack(
            [(points[:, 0] + 0.5) * self.side + self.margin, (1.0 - points[:, 1]) * self.side + self.margin], axis=1
        )
        return scaled

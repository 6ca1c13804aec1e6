"""The colours of a shot: what the hour, the season, the weather and the colour words make of the light."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.prompt import Hour, Look, Season

Colour = tuple[float, float, float]
"""Red, green, blue; 0 to 255."""


class Palette(msgspec.Struct, frozen=True, kw_only=True):
    """The colours that a shot is painted with."""

    sky: tuple[Colour, Colour, Colour]
    """Top, middle, at the horizon."""
    sun: Colour
    sun_height: float
    """Of the sun or moon, in frame heights above the horizon."""
    haze: Colour
    """What far things fade into."""
    shade: Colour
    """The darkest, nearest silhouettes."""
    light: Colour
    """What falls on lit surfaces; multiplies a surface's own colour, 255 is full."""
    accent: Colour
    """For the small lines of the slate and the caption."""
    moonlit: bool
    lamps: bool
    """Windows and street lamps are lit."""
    foliage: tuple[Colour, ...]
    grass: Colour

    def lit(self, colour: Colour, distance: float = 0.0) -> Colour:
        """A surface's own colour in this light, ``distance`` 0 near to 1 far."""
        surface = tuple(own * light / 255.0 for own, light in zip(colour, self.light, strict=True))
        return mix((surface[0], surface[1], surface[2]), self.haze, distance)

    def far(self, distance: float) -> Colour:
        """A silhouette at a distance, 0 near to 1 far."""
        return mix(self.shade, self.haze, distance)


def colours_of(look: Look) -> Palette:
    """The palette for a look; an hour that is not said is a soft day."""
    dark = "space" in look.places or "neon" in look.tints or {"sparks", "stars"} & set(look.weather)
    hour: Hour = look.hour or ("night" if dark or "lantern" in look.subjects else "day")
    palette = _HOURS[hour]
    season: Season = look.season or "summer"
    palette = msgspec.structs.replace(palette, foliage=_FOLIAGE[season], grass=_GRASS[season])
    if {"rain", "fog", "storm", "snow", "clouds"} & set(look.weather):
        palette = _overcast(palette, 0.72 if hour == "day" else 0.34)
    for tint in look.tints[:2]:
        palette = _tinted(palette, TINT_COLOURS[tint])
    return palette


def hexed(text: str) -> Colour:
    """A colour written ``RRGGBB``."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` of the second colour in the first."""
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
        first[2] + (second[2] - first[2]) * share,
    )


def ramp(stops: tuple[tuple[float, Colour], ...], count: int) -> NDArray[np.float32]:
    """Colours of shape (count, 3) along stops at places from 0 to 1."""
    places = np.linspace(0.0, 1.0, count)
    where = [place for place, _ in stops]
    channels = [np.interp(places, where, [colour[channel] for _, colour in stops]) for channel in range(3)]
    return np.stack(channels, axis=1).astype(np.float32)


def _overcast(palette: Palette, share: float) -> Palette:
    def grey(colour: Colour) -> Colour:
        level = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
        return mix(colour, (level * 0.9, level * 0.94, level * 1.0), share)

    top, middle, horizon = palette.sky
    return msgspec.structs.replace(
        palette,
        sky=(grey(mix(top, middle, 0.4)), grey(middle), grey(horizon)),
        sun=mix(palette.sun, grey(horizon), share),
        haze=grey(palette.haze),
        light=mix(grey(palette.light), (0.0, 0.0, 0.0), 0.16 * share),
    )


def _tinted(palette: Palette, colour: Colour) -> Palette:
    level = max(sum(palette.sky[1]) / 3.0, 40.0)
    scaled = tuple(min(channel * level / 140.0, 255.0) for channel in colour)
    tint: Colour = (scaled[0], scaled[1], scaled[2])
    top, middle, horizon = palette.sky
    return msgspec.structs.replace(
        palette,
        sky=(mix(top, mix(tint, top, 0.4), 0.4), mix(middle, tint, 0.38), mix(horizon, tint, 0.26)),
        haze=mix(palette.haze, tint, 0.36),
        shade=mix(palette.shade, mix(tint, (0.0, 0.0, 0.0), 0.75), 0.4),
        accent=mix(colour, (255.0, 255.0, 255.0), 0.25),
    )


TINT_COLOURS: dict[str, Colour] = {
    "red": hexed("D8342C"),
    "orange": hexed("F08A2C"),
    "gold": hexed("E8B84A"),
    "green": hexed("4E9A5A"),
    "teal": hexed("2CA6A4"),
    "blue": hexed("3A6FD0"),
    "purple": hexed("8450C0"),
    "pink": hexed("F08CB0"),
    "white": hexed("E8ECF0"),
    "black": hexed("30323A"),
    "silver": hexed("A8B0BA"),
    "neon": hexed("C03AB8"),
}

_FOLIAGE: dict[Season, tuple[Colour, ...]] = {
    "spring": tuple(hexed(text) for text in ("8DB04A", "A9C65C", "EBB3C4", "6F9A45", "F3CDD8")),
    "summer": tuple(hexed(text) for text in ("3F6B35", "557F3C", "6D9145", "2F5530", "4A7A4A")),
    "autumn": tuple(hexed(text) for text in ("C8452B", "E08A2E", "D9A93A", "A8562A", "B33A25", "8A7A35")),
    "winter": tuple(hexed(text) for text in ("DCE4EA", "B9C6D0", "8FA0AE", "EDF2F5", "6A7E86")),
}
_GRASS: dict[Season, Colour] = {
    "spring": hexed("8FB45A"),
    "summer": hexed("6F9A4A"),
    "autumn": hexed("B98A42"),
    "winter": hexed("D4DDE4"),
}


def _hour(
    sky: tuple[str, str, str], sun: str, height: float, haze: str, shade: str, light: str, accent: str
) -> Palette:
    return Palette(
        sky=(hexed(sky[0]), hexed(sky[1]), hexed(sky[2])),
        sun=hexed(sun),
        sun_height=height,
        haze=hexed(haze),
        shade=hexed(shade),
        light=hexed(light),
        accent=hexed(accent),
        moonlit=False,
        lamps=False,
        foliage=(),
        grass=(0.0, 0.0, 0.0),
    )


_HOURS: dict[Hour, Palette] = {
    "dawn": _hour(("47598C", "B08CAE", "F8CFA8"), "FFE6C0", 0.1, "B79CB4", "2A2C48", "D2BCC4", "FFD9B0"),
    "day": _hour(("3C7DC2", "84B8E0", "E2F0F2"), "FFF8E4", 0.42, "A9C6D6", "24403C", "F8F6EE", "FFE08A"),
    "golden": _hour(("5A7CA8", "DDB48C", "FFD894"), "FFF2C4", 0.16, "CFAE92", "3A2C26", "FFDCAE", "FFD27A"),
    "dusk": _hour(("26285A", "93496E", "FF9C58"), "FFD08A", 0.055, "8A5470", "171430", "B07E84", "FFB070"),
    "night": _hour(("060A1C", "101D42", "2C4270"), "EAF0FF", 0.36, "24365E", "050813", "50608C", "9EC0FF"),
}
_HOURS["night"] = msgspec.structs.replace(_HOURS["night"], moonlit=True, lamps=True)
_HOURS["dusk"] = msgspec.structs.replace(_HOURS["dusk"], lamps=True)

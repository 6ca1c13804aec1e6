"""The sky of a shot: gradient, sun or moon, clouds, stars."""

import cv2
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.brush import Sheet, ellipse, fill, glow, lay_over, noise, painted, shine
from filmgate.engines.animatic.easel import Easel
from filmgate.engines.animatic.layers import Layer
from filmgate.engines.animatic.palette import Colour, mix, ramp
from filmgate.engines.animatic.prompt import Look


def paint_sky(easel: Easel, look: Look) -> list[Layer]:
    """One opaque layer over the whole sheet."""
    sheet = _gradient(easel)
    wet = bool({"rain", "fog", "storm", "snow"} & set(look.weather))
    sun_x, sun_y = sun_place(easel)
    if not wet or easel.palette.moonlit:
        _light(sheet, easel, sun_x, sun_y)
    if easel.palette.moonlit and not (wet and "moon" not in look.subjects):
        if not wet:
            _stars(sheet, easel, 2.2 if "stars" in look.weather else 1.0)
        _moon(sheet, easel, sun_x, sun_y, 1.7 if "moon" in look.subjects else 1.0)
    elif not wet:
        _sun(sheet, easel, sun_x, sun_y)
    _clouds(sheet, easel, sun_x, sun_y, _cloudiness(look, wet=wet))
    return easel.layer(sheet, 0.04)


def paint_space(easel: Easel) -> list[Layer]:
    """Stars, a nebula and the limb of a planet."""
    palette, rng = easel.palette, easel.rng
    width, height = easel.width // 2, easel.height // 2
    field = noise(rng, width, height, 4, 5)
    veil = np.clip((field - 0.42) * 3.0, 0.0, 1.0)
    other = np.clip((noise(rng, width, height, 3, 5) - 0.45) * 3.0, 0.0, 1.0)
    deep: NDArray[np.float32] = np.zeros((height, width, 3), np.float32)
    deep += np.array([6.0, 8.0, 20.0], np.float32)
    deep += veil[..., None] * np.asarray(mix(palette.accent, (70.0, 60.0, 190.0), 0.6), np.float32) * np.float32(0.42)
    deep += (other * veil)[..., None] * np.array([150.0, 60.0, 110.0], np.float32) * np.float32(0.7)
    large = cv2.resize(cv2.convertScaleAbs(deep), (easel.width, easel.height), interpolation=cv2.INTER_CUBIC)
    sheet = _opaque(painted(large))
    _stars(sheet, easel, 3.0, whole=True)
    layers = easel.layer(sheet, 0.08)
    radius = 0.62 * easel.unit
    centre_x, centre_y = easel.x(0.74), easel.y(1.0) + radius * 0.42
    planet = easel.sheet()
    fill(planet, ellipse(centre_x, centre_y, radius, steps=160), (16.0, 26.0, 54.0))
    _shade_planet(planet, easel, centre_x, centre_y, radius)
    return layers + easel.layer(planet, 0.4)


def sun_place(easel: Easel) -> tuple[float, float]:
    """Where the sun or moon stands on the sheet."""
    side = 0.3 if easel.palette.moonlit else 0.66
    height = easel.palette.sun_height * min(easel.horizon_share / 0.6, 1.1)
    return easel.x(side), max(easel.horizon - height * easel.frame[1], easel.y(0.13))


def _opaque(colours: NDArray[np.uint8]) -> Sheet:
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2RGBA), dtype=np.uint8)


def _gradient(easel: Easel) -> Sheet:
    top, middle, horizon = easel.palette.sky
    share = min(max(easel.horizon / easel.height, 0.1), 0.98)
    stops: tuple[tuple[float, Colour], ...] = (
        (0.0, top),
        (share * 0.55, middle),
        (share * 0.98, horizon),
        (1.0, mix(horizon, middle, 0.5)),
    )
    column = ramp(stops, easel.height)
    # A half-level dither keeps long gradients free of bands.
    dither = easel.rng.random((easel.height, 64, 1), dtype=np.float32)
    tile = _opaque((column[:, None, :] + dither).astype(np.uint8))
    return np.ascontiguousarray(np.tile(tile, (1, -(-easel.width // 64), 1))[:, : easel.width])


def _light(sheet: Sheet, easel: Easel, x: float, y: float) -> None:
    strength = 0.26 if easel.palette.moonlit else 0.42 if easel.palette.sun_height < 0.3 else 0.24
    wide = glow(easel.width, easel.height, x, y, easel.unit * 0.55, 1.6) * np.float32(strength)
    shine(sheet, wide, mix(easel.palette.sun, easel.palette.sky[2], 0.45))


def _sun(sheet: Sheet, easel: Easel, x: float, y: float) -> None:
    radius = easel.short * (0.05 if easel.palette.sun_height < 0.3 else 0.035)
    shine(sheet, glow(easel.width, easel.height, x, y, radius * 3.2, 2.0) * np.float32(0.8), easel.palette.sun)
    fill(sheet, ellipse(x, y, radius, steps=80), mix(easel.palette.sun, (255.0, 255.0, 255.0), 0.4))


def _moon(sheet: Sheet, easel: Easel, x: float, y: float, size: float) -> None:
    radius = easel.short * 0.04 * size
    shine(sheet, glow(easel.width, easel.height, x, y, radius * 3.6, 1.8) * np.float32(0.45), easel.palette.sun)
    fill(sheet, ellipse(x, y, radius, steps=80), (240.0, 242.0, 236.0))
    for away_x, away_y, share in ((-0.3, -0.2, 0.26), (0.25, 0.1, 0.2), (-0.1, 0.42, 0.16), (0.34, -0.4, 0.12)):
        fill(sheet, ellipse(x + away_x * radius, y + away_y * radius, share * radius), (214.0, 218.0, 220.0), 0.7)


def _stars(sheet: Sheet, easel: Easel, density: float, *, whole: bool = False) -> None:
    rng = easel.rng
    bottom = easel.height if whole else easel.horizon * 0.92
    for _ in range(round(150 * density)):
        x, y = rng.uniform(0, easel.width), rng.uniform(0, 1) ** (1.0 if whole else 1.4) * bottom
        level = float(rng.uniform(90, 255))
        radius = easel.short * float(rng.choice([0.0008, 0.0011, 0.0019], p=[0.6, 0.32, 0.08]))
        tone = (level, level * 0.98, level * float(rng.uniform(0.88, 1.0)))
        fill(sheet, ellipse(x, y, max(radius, 0.7), steps=10), tone, level / 255.0)


def _cloudiness(look: Look, *, wet: bool) -> float:
    if wet:
        return 0.62
    if "clouds" in look.weather:
        return 0.5
    return 0.16 if look.hour == "night" or "stars" in look.weather else 0.34


def _clouds(sheet: Sheet, easel: Easel, sun_x: float, sun_y: float, amount: float) -> None:
    """Banks of cloud, flatter towards the horizon, lit from the side of the sun."""
    palette = easel.palette
    bottom = min(max(8, int(easel.horizon * 1.02) // 2), easel.height // 2)
    width = easel.width // 2
    tall = noise(easel.rng, width, bottom * 2, 5, 5)
    # Rows are squeezed together near the horizon, as in perspective.
    rows = (1.0 - (1.0 - np.linspace(0.0, 1.0, bottom)) ** 1.9) * (bottom * 2 - 1)
    field = tall[rows.astype(np.int32)]
    density = np.clip((field - (0.72 - amount * 0.42)) * 5.0, 0.0, 1.0)
    towards_x, towards_y = (8, -6) if sun_x > easel.width / 2 else (-8, -6)
    shifted = np.roll(density, (-towards_y, -towards_x), axis=(0, 1))
    rim = np.clip(density - shifted, 0.0, 1.0)
    near_sun = glow(width, bottom, sun_x / 2, sun_y / 2, easel.unit * 0.36, 1.2)
    body = mix(palette.sky[1], palette.shade, 0.28) if palette.moonlit else mix(palette.sky[1], palette.haze, 0.5)
    bright = mix(palette.sun, palette.sky[2], 0.35)
    lit = np.clip(0.25 + 0.4 * near_sun + 0.5 * rim, 0.0, 0.9) * np.float32(0.4 if palette.moonlit else 1.0)
    colours = np.asarray(body, np.float32) + lit[..., None] * (
        np.asarray(bright, np.float32) - np.asarray(body, np.float32)
    )
    fading = np.linspace(1.0, 0.55, bottom, dtype=np.float32)[:, None]
    alpha = density * np.float32(0.82) * fading
    bank = cv2.convertScaleAbs(
        np.concatenate([colours * alpha[..., None], alpha[..., None] * np.float32(255.0)], axis=2)
    )
    large = np.asarray(cv2.resize(bank, (easel.width, bottom * 2), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    lay_over(sheet[: bottom * 2], large[: sheet.shape[0]])


def _shade_planet(planet: Sheet, easel: Easel, x: float, y: float, radius: float) -> None:
    """A lit limb and a little cloud on the disc, within its outline."""
    inside = planet[..., 3:].astype(np.float32) / 255.0
    rim_x, rim_y = x - radius * 0.25, y - radius * 0.3
    limb = 1.0 - glow(easel.width, easel.height, rim_x + radius * 0.34, rim_y + radius * 0.4, radius, 1.1)
    bands = noise(easel.rng, easel.width, easel.height, 7, 5)
    bright = np.asarray(mix(easel.palette.accent, (120.0, 180.0, 255.0), 0.5), np.float32)
    amount = np.clip(limb * 1.5 - 0.52, 0.0, 1.0) * (0.45 + 0.85 * bands)
    colours = planet[..., :3].astype(np.float32) + amount[..., None] * bright * inside
    planet[..., :3] = np.clip(colours, 0, 255).astype(np.uint8)

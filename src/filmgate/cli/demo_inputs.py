"""The pictures and the sound that the demo's orders refer to: drawn here, so that nothing is downloaded."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

_WIDTH, _HEIGHT = 1280, 720
_SAMPLE_RATE = 48_000
_SOUND_SECONDS = 6

_Color = tuple[int, int, int]


def make_inputs(folder: Path) -> Path:
    """Draw ``valley-dawn.png``, ``valley-day.png``, ``station-dusk.png``, ``station-night.png`` and ``train.wav``."""
    folder.mkdir(parents=True, exist_ok=True)
    _valley((24, 30, 66), (238, 142, 110), (58, 48, 88), sun_height=0.60, fog=0.75).save(folder / "valley-dawn.png")
    _valley((74, 142, 206), (246, 228, 190), (44, 92, 74), sun_height=0.24, fog=0.06).save(folder / "valley-day.png")
    _station((52, 40, 92), (240, 120, 84), windows=(255, 214, 150), lit=0.5).save(folder / "station-dusk.png")
    _station((6, 9, 28), (34, 44, 92), windows=(255, 204, 120), lit=0.95).save(folder / "station-night.png")
    _train(folder / "train.wav")
    return folder


def _valley(top: _Color, low: _Color, ground: _Color, *, sun_height: float, fog: float) -> Image.Image:
    """Five ridges behind each other, each paler with distance; the same ridges whatever the light."""
    picture = _sky(top, low)
    draw = ImageDraw.Draw(picture)
    x, y, radius = int(_WIDTH * 0.62), int(_HEIGHT * sun_height), 46
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 240, 214))
    picture = picture.filter(ImageFilter.GaussianBlur(3))
    for depth in range(5):
        nearness = depth / 4
        color = _mixed(_mixed(low, top, 0.35), ground, 0.25 + 0.75 * nearness)
        heights = _ridge(seed=depth, roughness=0.5 + nearness) * (60 + 90 * nearness)
        base = _HEIGHT * (0.46 + 0.13 * depth)
        outline = [(column, base - heights[column]) for column in range(0, _WIDTH, 2)]
        layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
        ImageDraw.Draw(layer).polygon([(0, _HEIGHT), *outline, (_WIDTH, base), (_WIDTH, _HEIGHT)], fill=(*color, 255))
        picture.paste(layer, mask=layer)
        veil = Image.new("RGB", picture.size, _mixed(low, (255, 255, 255), 0.4))
        haze = _vertical(base / _HEIGHT - 0.10, base / _HEIGHT + 0.16) * 255 * fog * (1 - 0.5 * nearness)
        picture.paste(veil, mask=Image.fromarray(haze.astype(np.uint8)).resize(picture.size))
    return picture


def _station(top: _Color, low: _Color, *, windows: _Color, lit: float) -> Image.Image:
    """A skyline over a platform and a waiting train whose windows are lit."""
    picture = _sky(top, low)
    draw = ImageDraw.Draw(picture)
    random = np.random.default_rng(7)
    dark = _mixed(top, (0, 0, 0), 0.55)
    column = 0
    while column < _WIDTH:
        width, height = int(random.integers(50, 130)), int(random.integers(120, 330))
        draw.rectangle((column, 470 - height, column + width, 480), fill=_mixed(dark, low, 0.18))
        for row in range(480 - height, 460, 22):
            for left in range(column + 8, column + width - 10, 18):
                if random.random() < lit * 0.45:
                    draw.rectangle((left, row, left + 7, row + 10), fill=_mixed(windows, dark, 0.25))
        column += width + int(random.integers(0, 14))
    draw.rectangle((0, 470, _WIDTH, _HEIGHT), fill=dark)
    draw.rounded_rectangle((90, 420, _WIDTH + 80, 610), radius=42, fill=_mixed(low, (20, 20, 30), 0.6))
    for left in range(150, _WIDTH, 150):
        draw.rounded_rectangle((left, 452, left + 108, 526), radius=12, fill=_mixed(dark, windows, 0.35 + 0.65 * lit))
    draw.rectangle((90, 556, _WIDTH, 566), fill=windows)
    draw.rectangle((0, 628, _WIDTH, 640), fill=_mixed(windows, dark, 0.4))
    glow = picture.filter(ImageFilter.GaussianBlur(18))
    return Image.blend(picture, glow, 0.35)


def _train(path: Path) -> None:
    """Wheels over rail joints, a low hum and, once, a soft two-tone horn."""
    time = np.arange(_SAMPLE_RATE * _SOUND_SECONDS) / _SAMPLE_RATE
    random = np.random.default_rng(3)
    rumble = np.convolve(random.standard_normal(time.size), np.ones(220) / 220, mode="same") * 2.2
    hum = 0.10 * np.sin(2 * np.pi * 55 * time) + 0.05 * np.sin(2 * np.pi * 110.4 * time)
    beat = time % 0.9
    clack = sum(np.exp(-((beat - at) % 0.9) * 42) * random.standard_normal(time.size) for at in (0.0, 0.16)) * 0.16
    envelope = np.clip((time - 2.2) * 4, 0, 1) * np.clip((4.0 - time) * 2, 0, 1)
    horn = 0.16 * envelope * (np.sin(2 * np.pi * 311 * time) + np.sin(2 * np.pi * 370 * time))
    fade = np.clip(time * 3, 0, 1) * np.clip((_SOUND_SECONDS - time) * 2, 0, 1)
    samples = np.clip((rumble + hum + clack + horn) * fade * 0.8, -1, 1)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_SAMPLE_RATE)
        sound.writeframes((samples * 32_000).astype("<i2").tobytes())


def _sky(top: _Color, low: _Color) -> Image.Image:
    rows = np.linspace(0, 1, _HEIGHT)[:, None] ** 0.8
    column = np.array(top) * (1 - rows) + np.array(low) * rows
    return Image.fromarray(np.repeat(column[:, None, :], _WIDTH, axis=1).astype(np.uint8))


def _ridge(*, seed: int, roughness: float) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    column = np.linspace(0, 2 * np.pi, _WIDTH)
    waves = (
        np.sin(column * frequency + random.uniform(0, 6.3)) * (0.9 / frequency) ** (1.6 - 0.5 * roughness)
        for frequency in (1.3, 2.1, 3.7, 6.1, 11.3, 23.0)
    )
    heights: NDArray[np.float64] = np.abs(np.sum(list(waves), axis=0)) ** 1.1
    return heights


def _vertical(start: float, end: float) -> NDArray[np.float64]:
    """A soft band between two heights, as a one-column mask."""
    rows = np.linspace(0, 1, _HEIGHT)
    middle, half = (start + end) / 2, (end - start) / 2
    return np.exp(-(((rows - middle) / half) ** 2))[:, None]


def _mixed(one: _Color, other: _Color, share: float) -> _Color:
    red, green, blue = (round(a * (1 - share) + b * share) for a, b in zip(one, other, strict=True))
    return red, green, blue

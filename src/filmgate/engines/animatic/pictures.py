"""The moving pictures a film is cut from: painted ground, pictures and clips, frames to begin or end on."""

from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.brush import Sheet, glow, painted
from filmgate.engines.animatic.camera import Shot, view_at
from filmgate.engines.animatic.compose import Compositor
from filmgate.engines.animatic.layers import Scene
from filmgate.engines.animatic.morph import Morph
from filmgate.engines.animatic.plan import ClipInput, Pixels
from filmgate.engines.animatic.stills import MovingFrame, MovingStill, cover
from filmgate.video import FRAMES_PER_SECOND, Size

_MOST_GROUND_PIXELS = 1920 * 1080 + 140_000
_GRAIN_LEVELS = 5
_GRAIN_SPARE = 48
_ROWS_AT_ONCE = 64


class Picture(Protocol):
    """What a cut of the film shows."""

    def draw(self, progress: float, seconds: float, screen: Sheet) -> None:
        """Paint one moment over the whole RGBA screen; called with moments in order.

        Args:
            progress: 0 at the start of the cut, 1 at its end.
            seconds: since the start of the cut.
        """
        ...


def ground_size(size: Size) -> Size:
    """The size that the ground is painted in: the film's, or a smaller one for the largest films."""
    shrink = min(1.0, (_MOST_GROUND_PIXELS / (size[0] * size[1])) ** 0.5)
    return round(size[0] * shrink), round(size[1] * shrink)


class GroundPicture:
    """A painted scene through a camera, with vignette and grain."""

    def __init__(self, scene: Scene, size: Size, shot: Shot, rng: np.random.Generator) -> None:
        self._compositor, self._size, self._shot = Compositor(scene), size, shot
        width, height = scene.size
        self._small = np.empty((height, width, 4), np.uint8) if scene.size != size else None
        self._vignette = _vignette(scene.size)
        rows, columns = height + _GRAIN_SPARE, width + _GRAIN_SPARE
        self._grain = rng.integers(0, _GRAIN_LEVELS, (rows, columns), dtype=np.uint8)

    def draw(self, progress: float, seconds: float, screen: Sheet) -> None:
        target = screen if self._small is None else self._small
        self._compositor.paint(view_at(self._shot, progress, seconds), seconds, target)
        self._darken(target, round(seconds * FRAMES_PER_SECOND))
        if self._small is not None:
            cv2.resize(self._small, self._size, dst=screen, interpolation=cv2.INTER_CUBIC)

    def _darken(self, target: Sheet, frame: int) -> None:
        # The grain jumps from frame to frame, by steps that do not repeat soon.
        left, top = frame * 29 % _GRAIN_SPARE, frame * 17 % _GRAIN_SPARE
        height, width = target.shape[:2]
        grain = self._grain[top : top + height, left : left + width]
        for row in range(0, height, _ROWS_AT_ONCE):
            band = slice(row, row + _ROWS_AT_ONCE)
            dark = cv2.cvtColor(cv2.add(self._vignette[band], grain[band]), cv2.COLOR_GRAY2RGBA)
            cv2.subtract(target[band], dark, dst=target[band])


class StillPicture:
    """A reference picture under a moving camera."""

    def __init__(self, pixels: Pixels, size: Size, shot: Shot) -> None:
        self._still = MovingStill(pixels, size, shot)

    def draw(self, progress: float, seconds: float, screen: Sheet) -> None:
        self._still.draw(progress, seconds, screen)


class ClipPicture:
    """A reference clip at its own speed, from its start, again from its start when it is too short."""

    def __init__(self, clip: ClipInput, size: Size) -> None:
        self._clip, self._size = clip, size
        self._rate = clip.frames_per_second if clip.frames_per_second > 0 else float(FRAMES_PER_SECOND)
        self._frames: Iterator[Pixels] = iter(())
        self._taken = 0
        self._shown = np.zeros((size[1], size[0], 4), np.uint8)

    def draw(self, progress: float, seconds: float, screen: Sheet) -> None:  # noqa: ARG002 -- a clip has its own time.
        wanted = int(seconds * self._rate + 1e-6) + 1
        pixels: Pixels | None = None
        while self._taken < wanted:
            pixels = self._next()
            self._taken += 1
            if pixels is None:
                self._taken = wanted
        if pixels is not None:
            cv2.cvtColor(cover(pixels, self._size), cv2.COLOR_RGB2RGBA, dst=self._shown)
        np.copyto(screen, self._shown)

    def _next(self) -> Pixels | None:
        following = next(self._frames, None)
        if following is None:
            self._frames = self._clip.open()
            following = next(self._frames, None)
        return following


class FirstFramePicture:
    """Begins on exactly this picture and moves away from it."""

    def __init__(self, pixels: Pixels, size: Size, shot: Shot) -> None:
        self._frame = MovingFrame(pixels, size, shot)

    def draw(self, progress: float, seconds: float, screen: Sheet) -> None:
        self._frame.draw(progress, seconds, screen)


class LastFramePicture:
    """Comes to rest on exactly this picture."""

    def __init__(self, pixels: Pixels, size: Size, shot: Shot, length_seconds: float) -> None:
        self._frame = MovingFrame(pixels, size, shot)
        self._length_seconds = length_seconds

    def draw(self, progress: float, seconds: float, screen: Sheet) -> None:
        self._frame.draw(1.0 - progress, max(0.0, self._length_seconds - seconds), screen)


class MorphPicture:
    """Begins on exactly the first picture and ends on exactly the last."""

    def __init__(self, first: Pixels, last: Pixels, size: Size) -> None:
        self._morph = Morph(cover(first, size), cover(last, size))

    def draw(self, progress: float, seconds: float, screen: Sheet) -> None:  # noqa: ARG002 -- only the share of the way counts.
        self._morph.draw(progress, screen)


def _vignette(size: Size) -> NDArray[np.uint8]:
    """What is taken away towards the corners."""
    width, height = size
    light = glow(width, height, width / 2, height / 2, (width**2 + height**2) ** 0.5 / 2, 1.1)
    return painted(cv2.convertScaleAbs(np.clip(0.72 - light, 0.0, 1.0) * np.float32(105.0)))

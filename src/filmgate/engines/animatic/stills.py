"""Pictures of the order as shots: cropped to the film's shape, or laid on a soft copy of themselves, and moved over."""

import math

import cv2
import numpy as np

from filmgate.engines.animatic.brush import Sheet
from filmgate.engines.animatic.camera import Shot, View, view_at
from filmgate.engines.animatic.plan import Pixels
from filmgate.video import Size

_MOST_CROPPED = 0.42
"""A picture that would lose more than this share of itself to the crop is shown whole, on a matte."""


def cover(pixels: Pixels, size: Size) -> Pixels:
    """The picture scaled to cover the frame and cropped round its centre; one of the frame's size stays as it is."""
    width, height = size
    rows, columns = pixels.shape[:2]
    if (columns, rows) == size:
        return np.ascontiguousarray(pixels)
    scale = max(width / columns, height / rows)
    crop_columns, crop_rows = min(columns, round(width / scale)), min(rows, round(height / scale))
    left, top = (columns - crop_columns) // 2, (rows - crop_rows) // 2
    window = np.ascontiguousarray(pixels[top : top + crop_rows, left : left + crop_columns])
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(window, size, interpolation=way), dtype=np.uint8)


class MovingStill:
    """One picture under a moving camera."""

    def __init__(self, pixels: Pixels, size: Size, shot: Shot) -> None:
        self._size = size
        self._shot = shot
        matted = _cropped_share(pixels, size) > _MOST_CROPPED
        self._canvas, self._scale = _prepared(_matted(pixels, size) if matted else pixels, size)

    def draw(self, progress: float, seconds: float, out: Sheet) -> None:
        """Paint the moment onto an RGBA screen."""
        _draw(self._canvas, self._scale, _still_view(self._shot, progress, seconds), self._size, out)


class MovingFrame:
    """A first or last frame: exactly the picture at rest, and a camera that leaves it or comes to it."""

    def __init__(self, pixels: Pixels, size: Size, shot: Shot) -> None:
        self.exact = cover(pixels, size)
        self._size = size
        self._shot = shot
        self._canvas = np.asarray(cv2.cvtColor(self.exact, cv2.COLOR_RGB2RGBA), dtype=np.uint8)

    def draw(self, away: float, seconds: float, out: Sheet) -> None:
        """Paint the picture with the camera at ``away`` from it: 0 at rest, 1 farthest."""
        scale, x, y, roll = _leaving(self._shot, away, seconds)
        _draw(self._canvas, 1.0, (scale, x, y, roll), self._size, out)


Placing = tuple[float, float, float, float]
"""Scale over the covering one, sideways and upward shift in shares of the frame, roll in radians."""


def _prepared(pixels: Pixels, size: Size) -> tuple[Sheet, float]:
    """The picture as RGBA, scaled so that the closest view shows it about one to one, and its size over the frame's."""
    rows, columns = pixels.shape[:2]
    covering = max(size[0] / columns, size[1] / rows)
    wanted = min(covering * 1.14, 1.0) if covering < 1.0 else covering
    target = (max(1, round(columns * wanted)), max(1, round(rows * wanted)))
    way = cv2.INTER_AREA if wanted < 1.0 else cv2.INTER_CUBIC
    scaled = pixels if target == (columns, rows) else cv2.resize(pixels, target, interpolation=way)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2RGBA), dtype=np.uint8), covering / wanted


def _draw(canvas: Sheet, scale: float, placing: Placing, size: Size, out: Sheet) -> None:
    width, height = size
    grow, x, y, roll = placing
    rows, columns = canvas.shape[:2]
    # The crop may not leave the picture: a shift goes at most as far as the picture reaches beyond the frame.
    spare_x = max(0.0, columns * scale * grow - width) / 2.0
    spare_y = max(0.0, rows * scale * grow - height) / 2.0
    shift_x = min(max(x * width, -spare_x), spare_x)
    shift_y = min(max(y * height, -spare_y), spare_y)
    total = scale * grow
    cosine, sine = total * math.cos(roll), total * math.sin(roll)
    centre_x, centre_y = (columns - 1) / 2.0, (rows - 1) / 2.0
    matrix = np.array(
        [
            [cosine, -sine, (width - 1) / 2.0 + shift_x - cosine * centre_x + sine * centre_y],
            [sine, cosine, (height - 1) / 2.0 + shift_y - sine * centre_x - cosine * centre_y],
        ]
    )
    cv2.warpAffine(canvas, matrix, size, dst=out, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _still_view(shot: Shot, progress: float, seconds: float) -> Placing:
    view = view_at(shot, progress, seconds)
    sideways, upwards = _shift(view)
    # A side or upward move needs room: the picture is held a little closer.
    room = 1.0 + 1.7 * _reach(shot)
    return (1.0 + view.travel * 0.62) * (1.0 + view.zoom * 0.62) * room, sideways, upwards, view.roll_radians


def _leaving(shot: Shot, away: float, seconds: float) -> Placing:
    """A move that starts from rest: the camera's way from its resting view, whatever its move."""
    start, now = view_at(shot, 0.0, 0.0), view_at(shot, away, seconds)
    start_x, start_y = _shift(start)
    now_x, now_y = _shift(now)
    closer = abs(now.travel - start.travel) * 0.6 + abs(now.zoom - start.zoom) * 0.6
    x, y = (now_x - start_x) * 0.5, (now_y - start_y) * 0.5
    room = 2.0 * max(abs(x), abs(y))
    return 1.0 + closer + room, x, y, 0.0


def _shift(view: View) -> tuple[float, float]:
    return view.turn_x + view.x * 0.7 + view.swing * 0.5, view.turn_y + view.y * 0.7


def _reach(shot: Shot) -> float:
    sides = (
        "pan_left",
        "pan_right",
        "tilt_up",
        "tilt_down",
        "track_left",
        "track_right",
        "crane_up",
        "crane_down",
        "orbit",
    )
    return 0.075 if shot.move in sides else 0.0


def _cropped_share(pixels: Pixels, size: Size) -> float:
    own, wanted = pixels.shape[1] / pixels.shape[0], size[0] / size[1]
    return float(1.0 - min(own / wanted, wanted / own))


def _matted(pixels: Pixels, size: Size) -> Pixels:
    """The whole picture on a dark blurred copy of itself, of the frame's shape."""
    width, height = round(size[0] * 1.14), round(size[1] * 1.14)
    small = cover(pixels, (max(8, width // 12), max(8, height // 12)))
    back = cv2.GaussianBlur(small, (0, 0), max(width, height) / 12 * 0.03)
    matte = cv2.convertScaleAbs(cv2.resize(back, (width, height), interpolation=cv2.INTER_CUBIC), alpha=0.5)
    rows, columns = pixels.shape[:2]
    scale = min(width * 0.86 / columns, height * 0.86 / rows)
    inner = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    picture = cv2.resize(pixels, inner, interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    block = np.zeros((height // 4, width // 4), np.uint8)
    drop = max(1, round(min(size) * 0.012 / 4))
    block[top // 4 + drop : (top + inner[1]) // 4 + drop, left // 4 : (left + inner[0]) // 4] = 150
    shadow = cv2.GaussianBlur(block, (0, 0), max(1.0, min(size) * 0.02 / 4))
    shade = cv2.cvtColor(255 - cv2.resize(shadow, (width, height), interpolation=cv2.INTER_LINEAR), cv2.COLOR_GRAY2RGB)
    framed = np.asarray(cv2.multiply(matte, shade, scale=1.0 / 255.0), dtype=np.uint8)
    framed[top : top + inner[1], left : left + inner[0]] = picture
    return framed

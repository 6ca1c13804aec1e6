"""Camera moves: where a flat layer at some depth lies on the screen at some moment of a shot."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.prompt import Move, Pace
from filmgate.video import Size

OVERSCAN = 0.14
"""How far a layer must reach beyond the frame on each side, as a share of the side, for every move to stay covered."""

LABELS: dict[Move, str] = {
    "drift": "SLOW PUSH  →",
    "push_in": "PUSH IN  →",
    "pull_out": "PULL OUT  ←",
    "zoom_in": "ZOOM IN  →",
    "zoom_out": "ZOOM OUT  ←",
    "pan_left": "PAN LEFT  ←",
    "pan_right": "PAN RIGHT  →",
    "tilt_up": "TILT UP  ↑",
    "tilt_down": "TILT DOWN  ↓",
    "track_left": "TRACK LEFT  ←",
    "track_right": "TRACK RIGHT  →",
    "crane_up": "CRANE UP  ↑",
    "crane_down": "CRANE DOWN  ↓",
    "orbit": "ORBIT  ↻",
    "aerial": "AERIAL  ↗",
    "static": "STATIC  ■",
}

_PACES: dict[Pace, float] = {"slow": 0.75, "normal": 1.0, "fast": 1.3}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Where the camera stands. All zero is the resting view."""

    travel: float = 0.0
    """Forward; a layer at depth 1 grows by this share."""
    zoom: float = 0.0
    """All layers grow by this share."""
    x: float = 0.0
    """Sideways travel, in frame widths at depth 1."""
    y: float = 0.0
    turn_x: float = 0.0
    """Sideways turn, in frame widths at every depth."""
    turn_y: float = 0.0
    swing: float = 0.0
    """Sideways travel about the subject's depth: nearer layers go one way, farther ones the other."""
    roll_radians: float = 0.0


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """How the camera moves in one shot."""

    move: Move = "drift"
    pace: Pace = "normal"
    handheld: bool = False
    phase: float = 0.0
    """Makes the tremble of two handheld shots differ."""

    @property
    def label(self) -> str:
        """The move's name for the slate."""
        name = LABELS[self.move]
        return f"HANDHELD · {name}" if self.handheld else name


def view_at(shot: Shot, progress: float, seconds: float) -> View:
    """The camera's place at ``progress`` (0 to 1) of a shot, ``seconds`` after its start."""
    eased = glide(progress)
    amount = _PACES[shot.pace]
    centred = (eased - 0.5) * 2.0
    shake_x, shake_y, shake_roll = _tremble(shot.phase, seconds) if shot.handheld else (0.0, 0.0, 0.0)
    travel = zoom = x = y = turn_x = turn_y = swing = 0.0
    match shot.move:
        case "drift":
            travel = 0.085 * amount * eased
        case "push_in":
            travel = 0.24 * amount * eased
        case "pull_out":
            travel = 0.24 * amount * (1.0 - eased)
        case "zoom_in":
            zoom = 0.22 * amount * eased
        case "zoom_out":
            zoom = 0.22 * amount * (1.0 - eased)
        case "pan_left" | "pan_right":
            turn_x = (1 if shot.move == "pan_left" else -1) * 0.075 * min(amount, 1.1) * centred
            zoom = 0.02
        case "tilt_up" | "tilt_down":
            turn_y = (1 if shot.move == "tilt_up" else -1) * 0.075 * min(amount, 1.1) * centred
            zoom = 0.02
        case "track_left" | "track_right":
            x = (1 if shot.move == "track_left" else -1) * 0.1 * min(amount, 1.1) * centred
            zoom = 0.02
        case "crane_up" | "crane_down":
            y = (1 if shot.move == "crane_up" else -1) * 0.085 * min(amount, 1.1) * centred
            zoom = 0.02
        case "orbit":
            swing = -0.1 * min(amount, 1.1) * centred
            travel = 0.05 + 0.04 * math.sin(math.pi * eased)
        case "aerial":
            travel = 0.2 * amount * eased
            turn_y = -0.03 * centred
            zoom = 0.03
        case "static":
            pass
    return View(
        travel=travel,
        zoom=zoom + (0.03 if shot.handheld else 0.0),
        x=x,
        y=y,
        turn_x=turn_x + shake_x,
        turn_y=turn_y + shake_y,
        swing=swing,
        roll_radians=shake_roll,
    )


def place(view: View, depth: float, size: Size, focus: tuple[float, float] = (0.5, 0.5)) -> NDArray[np.float64]:
    """The 2x3 matrix from a layer's resting frame coordinates to the screen.

    Args:
        depth: 0 for the sky, 1 for the nearest layer.
        focus: the point, in shares of the frame, that the camera travels towards.
    """
    width, height = size
    scale = (1.0 + view.travel * depth) * (1.0 + view.zoom)
    sideways = view.turn_x + view.x * depth + view.swing * (depth - 0.55)
    upwards = view.turn_y + view.y * depth
    cosine, sine = scale * math.cos(view.roll_radians), scale * math.sin(view.roll_radians)
    focus_x, focus_y = focus[0] * width, focus[1] * height
    return np.array(
        [
            [cosine, -sine, focus_x - cosine * focus_x + sine * focus_y + sideways * width],
            [sine, cosine, focus_y - sine * focus_x - cosine * focus_y + upwards * height],
        ]
    )


def glide(progress: float) -> float:
    """Ease in and out, but never quite at rest in the middle: a move that a dolly could make."""
    smooth = progress * progress * (3.0 - 2.0 * progress)
    return 0.5 * progress + 0.5 * smooth


def ease(progress: float) -> float:
    """Smooth from rest to rest; outside 0 to 1 it stays at the ends."""
    held = min(max(progress, 0.0), 1.0)
    return held * held * (3.0 - 2.0 * held)


def _tremble(phase: float, seconds: float) -> tuple[float, float, float]:
    time = seconds * 2.0 * math.pi
    x = 0.006 * math.sin(0.61 * time + phase) + 0.003 * math.sin(1.37 * time + 2 * phase)
    y = 0.005 * math.sin(0.73 * time + 3 * phase) + 0.0025 * math.sin(1.61 * time + phase)
    return x, y, 0.004 * math.sin(0.47 * time + 5 * phase)

"""The compositor leaves out what nearer layers hide; nobody may see that."""

import cv2
import numpy as np
import pytest

from filmgate.engines.animatic.brush import Sheet, blank, ellipse, fill, lay_over
from filmgate.engines.animatic.camera import Shot, view_at
from filmgate.engines.animatic.compose import Compositor
from filmgate.engines.animatic.extent import CELL, extent_of
from filmgate.engines.animatic.layers import Layer, Scene, Sway, cropped
from filmgate.engines.animatic.prompt import Move
from filmgate.video import Size

FRAME: Size = (420, 300)
MARGIN = 80


def backdrop() -> Layer:
    width, height = FRAME[0] + 2 * MARGIN, FRAME[1] + 2 * MARGIN
    sheet = np.full((height, width, 4), 255, np.uint8)
    sheet[..., :3] = np.linspace(0, 255, width)[None, :, None]
    return Layer(sheet=sheet, left=-MARGIN, top=-MARGIN, depth=0.1)


def shape(outline: list[tuple[float, float]] | np.ndarray, depth: float, sway: Sway | None = None) -> Layer:
    sheet = blank(FRAME[0] + 2 * MARGIN, FRAME[1] + 2 * MARGIN)
    fill(sheet, outline, (200.0 * depth, 80.0, 255.0 - 200.0 * depth))
    layer = cropped(sheet, -MARGIN, -MARGIN, depth, sway)
    assert layer is not None
    return layer


def scene() -> Scene:
    hills = [(0.0, 300.0), (200.0, 240.0), (420.0, 290.0), (580.0, 250.0), (580.0, 460.0), (0.0, 460.0)]
    wall = [(-10.0, 0.0), (150.0, 60.0), (210.0, 330.0), (-10.0, 460.0)]
    turning = Sway(turn_radians=0.2, per_second=0.4, pivot=(300.0, 200.0), drift_x=9.0)
    layers = (backdrop(), shape(hills, 0.4), shape(wall, 0.7), shape(ellipse(330.0, 210.0, 90.0), 0.9, turning))
    return Scene(size=FRAME, layers=layers)


def painted_whole(scene: Scene, move: Move, progress: float, *, handheld: bool) -> Sheet:
    """Every layer in full, one over the other."""
    screen = blank(*FRAME)
    view = view_at(Shot(move=move, handheld=handheld), progress, progress)
    for layer in scene.layers:
        matrix = layer.matrix(view, progress, FRAME, scene.focus)
        lay_over(screen, np.asarray(cv2.warpAffine(layer.sheet, matrix, FRAME, flags=cv2.INTER_LINEAR), np.uint8))
    return screen


@pytest.mark.parametrize("handheld", [False, True])
@pytest.mark.parametrize("move", ["push_in", "track_left", "orbit", "crane_up"])
def test_what_is_left_out_is_what_nobody_sees(move: Move, *, handheld: bool) -> None:
    compositor = Compositor(scene())
    screen = blank(*FRAME)
    for progress in (0.0, 0.37, 1.0):
        compositor.paint(view_at(Shot(move=move, handheld=handheld), progress, progress), progress, screen)
        expected = painted_whole(compositor.scene, move, progress, handheld=handheld)
        assert np.abs(screen[..., :3].astype(int) - expected[..., :3]).max() <= 6


def test_nothing_of_the_last_moment_stays_on_the_screen() -> None:
    compositor = Compositor(scene())
    clean, used = blank(*FRAME), np.full((FRAME[1], FRAME[0], 4), 255, np.uint8)
    view = view_at(Shot(move="pan_left"), 0.5, 0.5)
    compositor.paint(view, 0.5, clean)
    compositor.paint(view, 0.5, used)
    assert np.array_equal(clean[..., :3], used[..., :3])


def test_the_extent_of_a_sheet_is_its_paint_and_its_longest_opaque_run() -> None:
    sheet = blank(100, 3 * CELL)
    sheet[CELL:, 16:90] = 255
    sheet[CELL : 2 * CELL, 40:42, 3] = 100
    sheet[2 * CELL :] = 255
    extent = extent_of(sheet)
    assert extent.ink_from[0] >= extent.ink_to[0]
    assert extent.ink_from[1] <= 16
    assert extent.ink_to[1] >= 90
    assert (extent.core_from[1], extent.core_to[1]) == (48, 88)
    assert (extent.core_from[2], extent.core_to[2]) == (0, 100)
    assert extent.solid_rows == (2 * CELL, 3 * CELL)

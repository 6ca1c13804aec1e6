"""Where a sheet has paint at all, and where it hides everything behind it."""

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.brush import Sheet

CELL = 8
"""A sheet is looked at in square cells of so many pixels a side."""


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """From and up to which column a sheet has paint, and its longest opaque run, for each row of cells."""

    ink_from: list[int]
    ink_to: list[int]
    core_from: list[int]
    core_to: list[int]
    solid_rows: tuple[int, int]
    """From and up to which row it is opaque from side to side; both 0 where it is nowhere."""


def extent_of(sheet: Sheet) -> Extent:
    """The extent of a premultiplied sheet."""
    rows, columns = sheet.shape[:2]
    whole = cv2.copyMakeBorder(sheet, 0, -rows % CELL, 0, -columns % CELL, cv2.BORDER_REPLICATE)
    # Means, rounded: a cell that is not quite clear or opaque in one pixel's edge may pass for it; nobody sees that.
    means = cv2.resize(whole, None, fx=1 / CELL, fy=1 / CELL, interpolation=cv2.INTER_AREA)[..., 3]
    ink, last = means > 0, means.shape[1]
    core_from, core_to = _longest_runs(means == 255)
    solid = np.flatnonzero(core_to - core_from == last)
    return Extent(
        ink_from=(CELL * np.where(ink.any(axis=1), ink.argmax(axis=1), last)).tolist(),
        ink_to=(CELL * np.where(ink.any(axis=1), last - ink[:, ::-1].argmax(axis=1), 0)).tolist(),
        core_from=(CELL * core_from).tolist(),
        core_to=np.minimum(CELL * core_to, columns).tolist(),
        solid_rows=(int(solid[0]) * CELL, (int(solid[-1]) + 1) * CELL) if len(solid) else (0, 0),
    )


def _longest_runs(opaque: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """From and up to where the longest run of each row goes; both 0 in a row without any."""
    turns = np.diff(np.pad(opaque.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    (rows, begins), (_, ends) = np.nonzero(turns == 1), np.nonzero(turns == -1)
    longest_last = np.argsort(ends - begins, kind="stable")
    found = np.zeros((2, len(opaque)), np.int64)
    # Of several values for one row the last one stays.
    found[0, rows[longest_last]], found[1, rows[longest_last]] = begins[longest_last], ends[longest_last]
    return found[0], found[1]

"""What is set over the pictures: the gate's corner marks, the slate, the caption of a beat, the watermark."""

from functools import cache

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.beats import Beat
from filmgate.engines.animatic.brush import Sheet, blank, lay_on_screen, lay_over, light_through, painted, soften
from filmgate.engines.animatic.lettering import Setting, drawable, inked, is_right_to_left, measure, set_text
from filmgate.engines.animatic.palette import Colour
from filmgate.video import FRAMES_PER_SECOND, Size

_INK: Colour = (246.0, 244.0, 238.0)
_BLACK: Colour = (0.0, 0.0, 0.0)
_TIMECODE_SIGNS = "0123456789:"


class Overlay(msgspec.Struct, frozen=True, kw_only=True):
    """A small sheet at a place on the screen."""

    sheet: Sheet
    passing: Sheet
    """What it lets through, ready for every frame: ``light_through(sheet)``."""
    left: int
    top: int


def overlay(sheet: Sheet, left: int, top: int) -> Overlay:
    """The used part of a sheet, to lie with its upper left corner at a place."""
    x, y, width, height = cv2.boundingRect(cv2.extractChannel(sheet, 3)) if sheet.size else (0, 0, 0, 0)
    window = np.ascontiguousarray(sheet[y : y + height, x : x + width])
    return Overlay(sheet=window, passing=light_through(window) if window.size else window, left=left + x, top=top + y)


def margin_of(size: Size) -> int:
    """The safe distance from the frame's edges, in pixels."""
    return round(min(size) * 0.052)


def lay(over: Overlay, screen: Sheet, strength: float = 1.0) -> None:
    """Put an overlay on the screen, more or less faded."""
    if strength <= 0.0 or not over.sheet.size:
        return
    rows, columns = over.sheet.shape[:2]
    window = screen[over.top : over.top + rows, over.left : over.left + columns]
    if strength >= 1.0:
        lay_on_screen(window, over.sheet, over.passing)
    else:
        lay_on_screen(window, painted(cv2.convertScaleAbs(over.sheet, alpha=strength)))


def caption(beat: Beat, size: Size, accent: Colour) -> Overlay | None:
    """The words of a beat in the lower third, behind them a soft shade; None when there is nothing to set."""
    width, height = size
    short, margin = min(size), margin_of(size)
    words = drawable(beat.text)
    if not words:
        return None
    column = min(width - 2 * margin, round(short * 1.5))
    bar = max(2, round(short * 0.005))
    gap = round(short * 0.022)
    ink_width = column - bar - gap
    type_size = short * _type_share(words, ink_width / short)
    ink = set_text(words, Setting(width=ink_width, size=type_size, bold=True, most_lines=3))
    note = set_text(beat.direction, Setting(width=ink_width, size=short * 0.026, tracking=0.02, most_lines=1))
    between = round(short * 0.004) if note.shape[0] else 0
    rows = ink.shape[0] + between + note.shape[0]
    if not ink.shape[0]:
        return None
    pad = round(short * 0.1)
    left = width - margin - column if is_right_to_left(words) else margin
    top = height - margin - round(short * 0.045) - rows
    box_top, box_left = max(0, top - pad), max(0, left - pad)
    box_right, box_bottom = min(width, left + column + pad), height
    coverage = np.zeros((box_bottom - box_top, box_right - box_left), np.uint8)
    y, x = top - box_top, left - box_left
    start = x if is_right_to_left(words) else x + bar + gap
    coverage[y : y + ink.shape[0], start : start + ink_width] = ink
    if note.shape[0]:
        note_y = y + ink.shape[0] + between
        coverage[note_y : note_y + note.shape[0], start : start + ink_width] = cv2.convertScaleAbs(note, alpha=0.8)
    sheet = _shade(coverage, short)
    lay_over(sheet, inked(coverage, _INK))
    bar_x = x + column - bar if is_right_to_left(words) else x
    inset = round(type_size * 0.3)
    sheet[y + inset : y + rows - round(type_size * 0.2), bar_x : bar_x + bar] = (*accent, 255)
    return overlay(sheet, box_left, box_top)


def gate(size: Size, shot_number: int, shot_count: int, move: str, accent: Colour) -> list[Overlay]:
    """Corner marks, the shot's number at the upper left and the camera's move beside it."""
    width, height = size
    short, inset = min(size), round(min(size) * 0.026)
    overlays = _corners(size, inset)
    margin = margin_of(size)
    type_size = short * 0.0235
    label = f"SHOT {shot_number}/{shot_count}"
    column = min(width - 2 * margin - round(type_size * 9), round(type_size * 26))
    number = set_text(label, Setting(width=column, size=type_size, bold=True, tracking=0.06, most_lines=1))
    name = set_text(move, Setting(width=column, size=type_size, tracking=0.06, most_lines=1))
    overlays.append(_small(number, accent, margin, margin, short))
    overlays.append(_small(name, _INK, margin, margin + number.shape[0] - round(type_size * 0.18), short))
    return [laid for laid in overlays if laid.sheet.size and laid.top < height]


class Timecode:
    """Hours, minutes, seconds and frames at the upper right."""

    def __init__(self, size: Size) -> None:
        short = min(size)
        type_size = short * 0.0235
        signs = {
            sign: set_text(sign, Setting(width=round(type_size * 1.2), size=type_size, align="center", most_lines=1))
            for sign in _TIMECODE_SIGNS
        }
        self._signs = {sign: inked(ink, _INK, 0.86) for sign, ink in signs.items()}
        self._steps = {sign: round(type_size * (0.34 if sign == ":" else 0.6)) for sign in _TIMECODE_SIGNS}
        rows, columns = signs["0"].shape
        self._right, self._top = size[0] - margin_of(size), margin_of(size)
        length = sum(self._steps[sign] for sign in "00:00:00") + columns
        self._backing = _soft_back(rows, length, short)
        self._begun: tuple[str, Overlay] | None = None

    def lay(self, screen: Sheet, frame: int, strength: float) -> None:
        """Draw the time of a frame."""
        seconds, frames = divmod(frame, FRAMES_PER_SECOND)
        text = f"{seconds // 60:02d}:{seconds % 60:02d}:{frames:02d}"
        lay(self._on_backing(text[:-1]), screen, strength)
        last = self._signs[text[-1]]
        lay(overlay(last, self._place(text, len(text) - 1), self._top), screen, strength)

    def _on_backing(self, text: str) -> Overlay:
        """All but the last sign, which few frames share."""
        if self._begun is None or self._begun[0] != text:
            sheet = self._backing.copy()
            for index, sign in enumerate(text):
                begin = self._place(text + "0", index) - (self._right - sheet.shape[1])
                ink = self._signs[sign][:, max(0, -begin) :]
                lay_over(sheet[:, max(0, begin) : max(0, begin) + ink.shape[1]], ink)
            self._begun = text, overlay(sheet, self._right - sheet.shape[1], self._top)
        return self._begun[1]

    def _place(self, text: str, index: int) -> int:
        """The screen's column of a sign's sheet."""
        columns: int = self._signs[text[index]].shape[1]
        left = self._right - sum(self._steps[sign] for sign in text[index:])
        return left - (columns - self._steps[text[index]]) // 2


@cache
def watermark(size: Size) -> NDArray[np.uint8]:
    """The mark "AI generated" for the lower right corner: straight RGBA of the film's size, clear elsewhere.

    Its words and their height are those that GB 45438-2025 asks for (5.1 and 5.4): artificial intelligence, and that it
    generated; at least a twentieth of the picture's shorter side.
    """
    width, height = size
    short = min(size)
    # Chinese characters fill nine tenths of their size.
    type_size = short * 0.06
    margin = round(short * 0.03)
    text = "AI生成 · AI generated"
    column = min(width - 2 * margin, round(measure(text) * type_size * 1.25))
    ink = set_text(text, Setting(width=column, size=type_size, align="end", most_lines=1))
    sheet = blank(width, height)
    top, left = height - margin - ink.shape[0] + round(type_size * 0.3), width - margin - column
    shade = soften(inked(painted(cv2.dilate(ink, np.ones((3, 3), np.uint8))), _BLACK, 0.5), type_size * 0.1)
    lay_over(shade, inked(ink, _INK, 0.72))
    alpha = shade[..., 3:].astype(np.float32)
    straight = np.divide(
        shade[..., :3] * np.float32(255.0), alpha, out=np.zeros(shade[..., :3].shape, np.float32), where=alpha > 0
    )
    sheet[top : top + ink.shape[0], left : left + column] = np.concatenate(
        [np.minimum(straight, 255.0), alpha], axis=2
    ).astype(np.uint8)
    return sheet


def _type_share(words: str, measure_share: float) -> float:
    """The type's size in shares of the short side: large for a few words, smaller for many."""
    ems = measure(words)
    for share, lines in ((0.058, 1), (0.05, 2), (0.043, 3), (0.037, 3)):
        if ems * share <= measure_share * lines * 0.92:
            return share
    return 0.034


def _shade(coverage: NDArray[np.uint8], short: int) -> Sheet:
    """A soft darkness behind the letters: near them for the edges, wide for the calm."""
    ink = inked(coverage, _BLACK)
    edges = soften(painted(cv2.dilate(ink, np.ones((3, 3), np.uint8))), short * 0.004)
    small = cv2.resize(coverage, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    block = cv2.threshold(cv2.dilate(small, np.ones((5, 9), np.uint8)), 24, 255, cv2.THRESH_BINARY)[1]
    block = cv2.GaussianBlur(block, (0, 0), short * 0.028 / 8)
    wide = cv2.resize(block, (ink.shape[1], ink.shape[0]), interpolation=cv2.INTER_LINEAR)
    shade = inked(painted(wide), _BLACK, 0.42)
    lay_over(shade, painted(cv2.convertScaleAbs(edges, alpha=0.75)))
    return shade


def _small(ink: NDArray[np.uint8], colour: Colour, left: int, top: int, short: int) -> Overlay:
    """Small type with a shadow, cropped to its ink."""
    x, _, wide, _ = cv2.boundingRect(ink)
    pad = round(short * 0.008)
    ink = np.pad(ink[:, x : x + wide], ((0, 0), (pad, pad)))
    sheet = painted(cv2.convertScaleAbs(soften(inked(ink, _BLACK), short * 0.004), alpha=0.9))
    lay_over(sheet, inked(ink, colour, 0.92))
    return overlay(sheet, max(0, left - pad), top)


def _soft_back(rows: int, columns: int, short: int) -> Sheet:
    sheet = blank(columns, rows)
    sheet[rows // 4 : rows - rows // 4, columns // 8 : columns - columns // 8, 3] = 90
    return soften(sheet, short * 0.008)


def _corners(size: Size, inset: int) -> list[Overlay]:
    """Four thin angles, as a gate leaves them at the corners of the picture."""
    width, height = size
    arm, thick = round(min(size) * 0.04), max(1, round(min(size) * 0.0022))
    overlays = []
    for right in (False, True):
        for bottom in (False, True):
            sheet = blank(arm, arm)
            row, column = (arm - thick if bottom else 0), (arm - thick if right else 0)
            tone = tuple(channel * 0.62 for channel in (*_INK, 255.0))
            sheet[row : row + thick, :] = tone
            sheet[:, column : column + thick] = tone
            left, top = width - inset - arm if right else inset, height - inset - arm if bottom else inset
            overlays.append(overlay(sheet, left, top))
    return overlays

"""Text set in real type, in any script: shaped, broken into lines, right-to-left where it must be.

Typst does the setting, with the Kurinto fonts. Characters that none of them has are left out before, so that no empty
boxes appear. The text reaches Typst as data, never as source.
"""

import importlib.resources
import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import cv2
import msgspec
import numpy as np
import typst
from fontTools.ttLib import TTFont
from numpy.typing import NDArray

from filmgate.engines.animatic.brush import Sheet

Align = Literal["start", "center", "end"]

_FAMILIES = {
    "ja": ("Kurinto Sans JP", "Kurinto Sans", "Kurinto Sans SC"),
    "ko": ("Kurinto Sans KR", "Kurinto Sans", "Kurinto Sans SC"),
    "zh": ("Kurinto Sans SC", "Kurinto Sans", "Kurinto Sans TC"),
    "": ("Kurinto Sans", "Kurinto Sans SC", "Kurinto Sans KR"),
}
_FILES = {
    "Kurinto Sans": "KurintoSans-Rg.ttf",
    "Kurinto Sans SC": "KurintoSansSC-Rg.ttf",
    "Kurinto Sans TC": "KurintoSansTC-Rg.ttf",
    "Kurinto Sans JP": "KurintoSansJP-Rg.ttf",
    "Kurinto Sans KR": "KurintoSansKR-Rg.ttf",
}

# Line breaks are Typst's own; "start" follows the direction of the text.
_SOURCE = """
#set page(width: float(sys.inputs.width) * 1pt, height: auto, fill: none, margin: float(sys.inputs.margin) * 1pt)
#set text(
  font: sys.inputs.fonts.split("|"), fallback: false, lang: sys.inputs.lang, size: float(sys.inputs.size) * 1pt,
  weight: sys.inputs.weight, fill: white, top-edge: "ascender", bottom-edge: "descender", hyphenate: false,
  dir: if sys.inputs.direction == "rtl" { rtl } else { ltr }, tracking: float(sys.inputs.tracking) * 1em,
)
#set par(leading: 0.28em, justify: false, linebreaks: "optimized")
#set align(if sys.inputs.align == "center" { center } else if sys.inputs.align == "end" { end } else { start })
#sys.inputs.text
"""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How a text is set."""

    width: int
    """Of the measure in pixels; lines break here."""
    size: float
    """Of the type in pixels."""
    bold: bool = False
    align: Align = "start"
    tracking: float = 0.0
    """Extra space between letters, in ems; only for scripts whose letters do not join."""
    most_lines: int = 3


def set_text(text: str, setting: Setting) -> NDArray[np.uint8]:
    """The coverage (0 to 255) of a text's ink, of shape (rows, ``setting.width``). Nothing to draw: no rows.

    A text that needs more lines than allowed is cut at a word with an ellipsis.
    """
    clean = drawable(text)
    if not clean:
        return np.zeros((0, setting.width), np.uint8)
    most_rows = setting.most_lines * setting.size * 1.66 + setting.size * 0.5
    shortened = shorten(clean, setting.most_lines * setting.width / setting.size * 0.97)
    ink = _compile(shortened, setting)
    while ink.shape[0] > most_rows and len(shortened) > 8:
        shortened = shorten(shortened, measure(shortened) * 0.84)
        ink = _compile(shortened, setting)
    return ink


def drawable(text: str) -> str:
    """The text without what no font can draw, and with its white space made plain."""
    kept = [
        cluster
        for cluster in _clusters(" ".join(text.split()))
        if not _attaches(cluster[0]) and all(_has_glyph(character) for character in cluster)
    ]
    return " ".join("".join(kept).split())


def measure(text: str) -> float:
    """Roughly how many ems a text is wide."""
    return sum(_advance(character) for character in text)


def shorten(text: str, ems: float) -> str:
    """The text, or as many of its first words as fit in a width, with an ellipsis."""
    if measure(text) <= ems:
        return text
    width, kept = 1.0, ""
    for cluster in _clusters(text):
        width += sum(_advance(character) for character in cluster)
        if width > ems:
            break
        kept += cluster
    space = kept.rfind(" ")
    wide = unicodedata.east_asian_width(kept[-1]) in "WF" if kept else False
    if not wide and space > len(kept) * 0.6:
        kept = kept[:space]
    return kept.rstrip(" ,.;:，。、；：!?！？·-") + "…"


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is written from the right."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def inked(coverage: NDArray[np.uint8], colour: tuple[float, float, float], alpha: float = 1.0) -> Sheet:
    """A premultiplied sheet of a text's coverage in one colour."""
    share = cv2.convertScaleAbs(coverage, alpha=alpha)
    return np.asarray(
        cv2.merge([*(cv2.convertScaleAbs(share, alpha=channel / 255.0) for channel in colour), share]), dtype=np.uint8
    )


def language_of(text: str) -> str:
    """``ja`` for kana, ``ko`` for hangul, ``zh`` for other ideographs, else empty."""
    points = [ord(character) for character in text]
    if any(0x3041 <= point <= 0x30FF and point != 0x30FB for point in points):
        return "ja"
    if any(0xAC00 <= point <= 0xD7AF or 0x1100 <= point <= 0x11FF for point in points):
        return "ko"
    return "zh" if any(0x2E80 <= point <= 0x9FFF or 0x20000 <= point <= 0x323AF for point in points) else ""


def _compile(text: str, setting: Setting) -> NDArray[np.uint8]:
    language = language_of(text)
    joins = any(ord(character) > 0x58F and unicodedata.east_asian_width(character) not in "WF" for character in text)
    inputs = {
        "text": text,
        "width": f"{setting.width}",
        "margin": f"{setting.size * 0.12:.2f}",
        "size": f"{setting.size:.2f}",
        "weight": "bold" if setting.bold else "regular",
        "align": setting.align,
        "tracking": f"{0.0 if joins else setting.tracking:.3f}",
        "fonts": "|".join(_FAMILIES[language]),
        "lang": language or "en",
        "direction": "rtl" if is_right_to_left(text) else "ltr",
    }
    compiler = typst.Compiler(_SOURCE.encode(), font_paths=_fonts(), sys_inputs=inputs)
    png = compiler.compile(format="png", ppi=72.0)
    if not isinstance(png, bytes):
        raise TypeError("a text of one column is one page")
    picture = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), dtype=np.uint8)
    return np.ascontiguousarray(picture[..., 3])


def _advance(character: str) -> float:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    return 0.27 if character in " .,;:!'|iIjlt()" else 0.68 if character.isupper() else 0.53


def _clusters(text: str) -> Iterator[str]:
    """The text in pieces that must stay or go together: a letter with its marks and joiners."""
    cluster = ""
    for character in text:
        joined = cluster.endswith("\u200d")
        if cluster and not joined and not _attaches(character):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _attaches(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc", "Me") or character in "\u200c\u200d\ufe0e\ufe0f"


def _has_glyph(character: str) -> bool:
    if character in " \u200c\u200d":
        return True
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return False
    return any(_covers(family, ord(character)) for family in _FAMILIES[""])


def _covers(family: str, point: int) -> bool:
    starts, ends = _coverage(family)
    index = int(np.searchsorted(starts, point, side="right")) - 1
    return index >= 0 and point <= int(ends[index])


@cache
def _coverage(family: str) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """First and last code points of the runs that a font covers, read straight from its table (cmap format 12)."""
    with TTFont(font_folder() / _FILES[family], lazy=True) as font:
        table = font.reader["cmap"]
    (count,) = struct.unpack(">H", table[2:4])
    for index in range(count):
        platform, encoding, offset = struct.unpack(">HHI", table[4 + 8 * index : 12 + 8 * index])
        if (platform, encoding) == (3, 10):
            (groups,) = struct.unpack(">I", table[offset + 12 : offset + 16])
            runs = np.frombuffer(table, ">u4", groups * 3, offset + 16).reshape(-1, 3).astype(np.uint32)
            return runs[:, 0], runs[:, 1]
    return np.zeros(0, np.uint32), np.zeros(0, np.uint32)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())])


@cache
def font_folder() -> Path:
    """Where the font package keeps its files."""
    return Path(str(importlib.resources.files("weblate_fonts"))) / "static" / "weblate_fonts" / "kurinto" / "ttf"

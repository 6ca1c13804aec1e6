"""A contact sheet: one row a film, frames from its beginning to its end, in one PNG."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont

from filmgate.engines.animatic.lettering import font_folder

_FRAMES = 5
_CELL_WIDTH = 384
_GAP = 16
_CAPTION_HEIGHT = 44
_PAPER, _INK = (18, 18, 22), (232, 228, 220)
# Covers Latin and Chinese alike.
_FONT_FILE = "KurintoSansSC-Rg.ttf"


def draw_contact_sheet(films: Sequence[tuple[str, str, Path]], target: Path) -> None:
    """Draw the sheet.

    Args:
        films: title, prompt and file of each film.
        target: the PNG to write.
    """
    rows = [(f"{title}  ·  {prompt}", list(_cells(film))) for title, prompt, film in films]
    width = _GAP + _FRAMES * (_CELL_WIDTH + _GAP)
    height = _GAP + sum(_CAPTION_HEIGHT + max(cell.height for cell in cells) + _GAP for _, cells in rows)
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.truetype(font_folder() / _FONT_FILE, 24)
    top = _GAP
    for caption, cells in rows:
        draw.text((_GAP, top), _shortened(draw, caption, font, width - 2 * _GAP), font=font, fill=_INK)
        top += _CAPTION_HEIGHT
        for column, cell in enumerate(cells):
            sheet.paste(cell, (_GAP + column * (_CELL_WIDTH + _GAP), top))
        top += max(cell.height for cell in cells) + _GAP
    sheet.save(target)


def _cells(film: Path) -> Iterator[Image.Image]:
    """The first frame, the last, and as many between them, evenly."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        wanted = {round(step * (stream.frames - 1) / (_FRAMES - 1)) for step in range(_FRAMES)}
        for number, frame in enumerate(container.decode(stream)):
            if number in wanted:
                picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
                yield picture.resize((_CELL_WIDTH, round(_CELL_WIDTH * picture.height / picture.width)))


def _shortened(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "…", font=font) > width:
        text = text[:-1]
    return text + "…"

"""Draws small pictures of a film on one sheet. Runs only in the child process, as ``decode`` does."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from filmgate.media.decode import Refusal, opened_film, shown_size
from filmgate.media.facts import Spritesheet

COLUMNS = 5
MOST_TILES = 25
LONGER_SIDE_PIXELS = 320

_QUALITY = 85


def draw_spritesheet(path: Path) -> Spritesheet:
    """Pictures of a film, evenly spread over its length, in rows as one reads.

    A film of less than ``MOST_TILES`` frames has all of them on its sheet; what is left of the last row is black.
    """
    with opened_film(path) as (container, stream, _):
        frames = sum(1 for packet in container.demux(stream) if packet.size)
        if frames == 0:
            raise Refusal("does not decode: it has no pictures")
        container.seek(0, stream=stream)
        tiles = [_tile(frame) for frame in _chosen(container, stream, frames)]
    width, height = tiles[0].size
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (width * min(COLUMNS, len(tiles)), height * rows))
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet.paste(tile.resize((width, height)), (column * width, row * height))
    file = BytesIO()
    sheet.save(file, "JPEG", quality=_QUALITY)
    return Spritesheet(jpeg=file.getvalue())


def _chosen(container: InputContainer, stream: VideoStream, frames: int) -> Iterator[VideoFrame]:
    """The frames in the middle of each of so many equal parts."""
    count = min(MOST_TILES, frames)
    wanted = {(2 * number + 1) * frames // (2 * count) for number in range(count)}
    for number, frame in enumerate(container.decode(stream)):
        if number in wanted:
            yield frame


def _tile(frame: VideoFrame) -> Image.Image:
    scale = min(1.0, LONGER_SIDE_PIXELS / max(shown_size(frame)))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    small = Image.fromarray(frame.reformat(width, height, format="rgb24").to_ndarray())
    return small.rotate(frame.rotation, expand=True) if frame.rotation else small

"""What the tests of labels look at: the packets and the boxes of a film file."""

import hashlib
from fractions import Fraction
from pathlib import Path

import av

Packets = dict[int, list[tuple[str, Fraction | None, Fraction | None, bool]]]
"""By stream: the hash, the times of showing and decoding in seconds, and whether it stands for itself."""


def packets(path: Path) -> Packets:
    """Every packet of every stream, as it lies in the file."""
    found: Packets = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                shown, decoded = (
                    None if time is None else time * packet.time_base for time in (packet.pts, packet.dts)
                )
                said = (hashlib.sha256(bytes(packet)).hexdigest(), shown, decoded, packet.is_keyframe)
                found.setdefault(packet.stream_index, []).append(said)
    return found


def codecs(path: Path) -> list[tuple[str, str, Fraction | None, bytes | None]]:
    """Of each stream: its kind, the name of its codec in the file, its ticks and its codec's own header."""
    with av.open(str(path)) as container:
        return [
            (stream.type, stream.codec_context.codec_tag, stream.time_base, stream.codec_context.extradata)
            for stream in (*container.streams.video, *container.streams.audio)
        ]


def top_boxes(path: Path) -> list[str]:
    """The names of the outermost boxes, in their order."""
    data, names, at = path.read_bytes(), [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode("latin-1"))
        size = int.from_bytes(data[at : at + 4])
        at += int.from_bytes(data[at + 8 : at + 16]) if size == 1 else size or len(data)
    return names


def metadata(path: Path) -> dict[str, str]:
    """The metadata of the file, as FFmpeg reads it and ffprobe shows it."""
    with av.open(str(path)) as container:
        return dict(container.metadata)


def decoded_frames(path: Path) -> int:
    """How many pictures the film has; decoded from the first to the last."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))

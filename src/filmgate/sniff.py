"""What kind of file it is, by its first bytes. A name or a type that someone wrote down is not asked."""

from typing import BinaryIO

IMAGE_FORMATS: tuple[str, ...] = ("jpeg", "png", "webp", "bmp", "tiff", "gif")

DEMUXERS: dict[str, str] = {
    "mp4": "mov",
    "mov": "mov",
    "m4v": "mov",
    "m4a": "mov",
    "3gp": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "avi": "avi",
    "flv": "flv",
    "wav": "wav",
    "mp3": "mp3",
    "aac": "aac",
    "flac": "flac",
    "ogg": "ogg",
}
"""The formats of clips and sounds, and which demuxer of FFmpeg reads each. Formats that can name other files
(playlists, scripts, session descriptions) are not among them."""

_UNUSUAL_TYPES = {
    "mov": "video/quicktime",
    "m4v": "video/x-m4v",
    "m4a": "audio/mp4",
    "3gp": "video/3gpp",
    "mkv": "video/x-matroska",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
    "mp3": "audio/mpeg",
}
CONTENT_TYPES: dict[str, str] = {
    **{name: f"image/{name}" for name in IMAGE_FORMATS},
    **{name: f"video/{name}" for name in ("mp4", "webm")},
    **{name: f"audio/{name}" for name in ("wav", "aac", "flac", "ogg")},
    **_UNUSUAL_TYPES,
}
"""How each format is called in a Content-Type."""

_HEAD_BYTES = 64
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"FLV\1", "flv"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
)
_RIFF = {b"WEBP": "webp", b"WAVE": "wav", b"AVI ": "avi"}
# Major brands of ISO files (https://mp4ra.org); any other brand is an mp4.
_BRANDS = {b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a", b"M4V ": "m4v", b"M4VH": "m4v", b"M4VP": "m4v"}
_PICTURE_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})
# QuickTime files from before the brands begin with one of these.
_OLD_QUICKTIME = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


def sniff(file: BinaryIO) -> str | None:
    """The format of a file, one of ``IMAGE_FORMATS`` or ``DEMUXERS``, or None for any other.

    Args:
        file: opened at its beginning.
    """
    head = file.read(_HEAD_BYTES)
    if head.startswith(b"ID3"):
        # The size of the tag is a number of four times seven bits.
        tag_bytes = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
        file.seek(10 + tag_bytes)
        # A sound behind a tag. MP3 tags are often longer than they say, so MP3 need not follow at once.
        return _sound_frame(file.read(_HEAD_BYTES)) or "mp3"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(head)
    return _format(head)


def _format(head: bytes) -> str | None:
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _iso_format(head[8:12])
    if head[4:8] in _OLD_QUICKTIME:
        return "mov"
    return _sound_frame(head)


def _iso_format(brand: bytes) -> str | None:
    if brand in _PICTURE_BRANDS:
        return None
    if brand[:2] == b"3g":
        return "3gp"
    return _BRANDS.get(brand, "mp4")


def _matroska(head: bytes) -> str | None:
    # The document type lies within the first element, in the first few dozen bytes.
    if b"webm" in head:
        return "webm"
    return "mkv" if b"matroska" in head else None


def _sound_frame(head: bytes) -> str | None:
    """MPEG audio and ADTS share their sync word; the two bits of the layer tell them apart."""
    if head.startswith(b"fLaC"):
        return "flac"
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    return "mp3" if head[1] & 0x06 == 0x02 else None

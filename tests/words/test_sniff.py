"""A file's format goes by its first bytes."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.sniff import CONTENT_TYPES, DEMUXERS, IMAGE_FORMATS, sniff


def iso(brand: bytes) -> bytes:
    return b"\0\0\0\x20ftyp" + brand + b"\0\0\0\0isommp42"


def matroska(kind: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82" + bytes([0x80 | len(kind)]) + kind


ID3 = b"ID3\4\0\0\0\0\0\x05" + b"title"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (b"\xff\xd8\xff\xe0..JFIF", "jpeg"),
        (b"GIF89a", "gif"),
        (b"BM......", "bmp"),
        (b"II*\0....", "tiff"),
        (b"MM\0*....", "tiff"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "wav"),
        (b"RIFF\x10\0\0\0AVI LIST", "avi"),
        (b"RIFF\x10\0\0\0ACON", None),
        (iso(b"isom"), "mp4"),
        (iso(b"mp42"), "mp4"),
        (iso(b"qt  "), "mov"),
        (iso(b"M4V "), "m4v"),
        (iso(b"M4A "), "m4a"),
        (iso(b"3gp5"), "3gp"),
        (iso(b"heic"), None),
        (iso(b"avif"), None),
        (b"\0\0\1\0moov", "mov"),
        (matroska(b"webm"), "webm"),
        (matroska(b"matroska"), "mkv"),
        (matroska(b"other"), None),
        (b"FLV\x01\x05", "flv"),
        (b"fLaC\0", "flac"),
        (b"OggS\0", "ogg"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xf3\x40\x00", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"\xff\xf9\x50\x80", "aac"),
        (ID3 + b"\xff\xfb\x90\x00", "mp3"),
        (ID3 + b"\xff\xf1\x50\x80", "aac"),
        (ID3 + b"fLaC\0", "flac"),
        (ID3, "mp3"),
        (b"ID3", "mp3"),
        (b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1/a.ts", None),
        (b"ffconcat version 1.0\nfile '/etc/passwd'", None),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", None),
        (b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'>", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"%PDF-1.7", None),
        (b"<!DOCTYPE html>", None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_formats_are_told_apart(content: bytes, name: str | None) -> None:
    assert sniff(BytesIO(content)) == name


@given(content=st.binary(max_size=100))
def test_any_bytes_have_a_format_we_know_or_none(content: bytes) -> None:
    assert sniff(BytesIO(content)) in {None, *IMAGE_FORMATS, *DEMUXERS}


def test_every_format_has_a_content_type() -> None:
    assert CONTENT_TYPES.keys() == {*IMAGE_FORMATS, *DEMUXERS}

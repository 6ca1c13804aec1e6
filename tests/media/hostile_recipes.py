"""Recipes for files that nobody should send: bombs, lies, loops, and things that are no media at all."""

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import Image

from filmgate.video import MediaKind

Recipe = Callable[[random.Random], bytes]


# Things that are no media at all.


def _nothing(_chance: random.Random) -> bytes:
    return b"\0"


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(1, 50_000))


def _magic_and_noise(chance: random.Random) -> bytes:
    starts = (
        *(
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe0",
            b"GIF89a",
            b"BM",
            b"II*\0",
            b"MM\0*",
            b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        ),
        *(b"\0\0\0\x18ftypisom", b"\x1a\x45\xdf\xa3webm", b"FLV\1", b"RIFF\xff\xff\xff\xffAVI LIST", b"fLaC", b"OggS"),
        *(b"RIFF\xff\xff\xff\xffWAVEfmt ", b"ID3\4\0\0\0\0\0\0", b"\xff\xfb\x90\x00", b"\xff\xf1\x50\x80"),
    )
    return chance.choice(starts) + chance.randbytes(chance.randrange(1, 20_000))


def _page(_chance: random.Random) -> bytes:
    return b"<!DOCTYPE html><script>fetch('http://169.254.169.254/')</script>"


def _drawing(_chance: random.Random) -> bytes:
    entities = b"".join(b'<!ENTITY a%d "&a%d;&a%d;&a%d;">' % (n, n - 1, n - 1, n - 1) for n in range(1, 30))
    return b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a0 "lol">' + entities + b"]><svg>&a29;</svg>"


def _playlist(chance: random.Random) -> bytes:
    lists = (
        b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXTINF:5,\nconcat:http://127.0.0.1:1/|file:///etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>file:///etc/</BaseURL></Period></MPD>',
    )
    return chance.choice(lists)


def _archive(chance: random.Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(chance.randrange(1_000_000, 5_000_000)))
    return packed.getvalue()


def _packed(_chance: random.Random) -> bytes:
    return gzip.compress(bytes(10_000_000))


# Pictures.


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png(width: int, height: int, *chunks: bytes, depth: int = 1, colour: int = 0, interlaced: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + b"".join(chunks) + _chunk(b"IEND", b"")


def _png_bomb(chance: random.Random) -> bytes:
    side = chance.choice((20_000, 65_535, 2**31 - 1))
    return _png(side, side, _chunk(b"IDAT", zlib.compress(bytes(2_000_000))))


def _png_that_packs_more_than_it_is_large(_chance: random.Random) -> bytes:
    return _png(8, 8, _chunk(b"IDAT", zlib.compress(bytes(50_000_000))))


def _png_with_a_book_in_it(chance: random.Random) -> bytes:
    book = zlib.compress(bytes(60_000_000))
    kind = chance.choice((b"zTXt", b"iTXt"))
    text = b"key\0\0" + book if kind == b"zTXt" else b"key\0\1\0\0\0" + book
    return _png(8, 8, _chunk(kind, text) * chance.randrange(1, 4), _chunk(b"IDAT", zlib.compress(bytes(16))))


def _png_of_no_size(chance: random.Random) -> bytes:
    sizes = chance.choice(((0, 0), (0, 9), (1, 2**32 - 1)))
    return _png(
        *sizes, _chunk(b"IDAT", zlib.compress(b"\0")), depth=chance.randrange(256), colour=chance.randrange(256)
    )


def _png_of_many_chunks(chance: random.Random) -> bytes:
    return _png(8, 8, _chunk(b"tEXt", b"a\0b") * chance.randrange(10_000, 60_000))


def _gif_of_many_frames(chance: random.Random) -> bytes:
    made = io.BytesIO()
    Image.new("P", (2, 2)).save(made, "GIF")
    content = made.getvalue()
    start = content.index(b"\x2c")
    return content[:start] + content[start:-1] * chance.randrange(10_000, 100_000) + b";"


def _gif_bomb(chance: random.Random) -> bytes:
    frame = b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02" + b"\xff" + chance.randbytes(255)
    return b"GIF89a\xff\xff\xff\xff\0\0\0" + frame * 50


def _bmp_of_absurd_size(chance: random.Random) -> bytes:
    width, height = chance.choice(((2**31 - 1, 1), (1, -(2**31)), (-5, -5), (100_000, 100_000), (0, 0)))
    head = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, chance.choice((1, 8, 24, 32, 99)), chance.randrange(5), 0, 0, 0, 0, 0
    )
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head + chance.randbytes(1000)


def _tiff_in_a_circle(_chance: random.Random) -> bytes:
    entry = struct.pack("<HHII", 256, 4, 1, 8) + struct.pack("<HHII", 257, 4, 1, 8)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + entry + struct.pack("<I", 8)


def _tiff_of_absurd_counts(chance: random.Random) -> bytes:
    tags = [
        (256, 4, 1, 100),
        (257, 4, 1, 100),
        (273, 4, 2**32 - 1, 8),
        (279, 16, 2**31, 8),
        (259, 3, 1, chance.choice((5, 7, 8, 32773))),
    ]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4) + chance.randbytes(500)


def _webp_of_absurd_size(chance: random.Random) -> bytes:
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\x10\0\0\0"
        + b"\xff\xff\xff\xff\xff\xff"
        + b"VP8L"
        + struct.pack("<I", 2**31)
        + b"\x2f"
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body + chance.randbytes(200)


def _jpeg_of_absurd_size(chance: random.Random) -> bytes:
    made = io.BytesIO()
    Image.new("L", (16, 16)).save(made, "JPEG")
    content = bytearray(made.getvalue())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\0\1"))
    return bytes(content)


def _jpeg_that_begins_again(chance: random.Random) -> bytes:
    """Progressive, with the same scans over and over."""
    made = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(made, "JPEG", progressive=True)
    content = made.getvalue()
    start = content.index(b"\xff\xda")
    return content[:start] + content[start:-2] * chance.randrange(100, 2000) + content[-2:]


def _heif(chance: random.Random) -> bytes:
    return b"\0\0\0\x18ftyp" + chance.choice((b"heic", b"avif", b"mif1")) + bytes(12) + chance.randbytes(300)


def _picture_and_archive(chance: random.Random) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (9, 9)).save(made, chance.choice(("PNG", "GIF", "JPEG")))
    return made.getvalue() + _archive(chance)


# Clips and sounds.


def _box(name: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I", len(content) + 8 if size is None else size) + name + content


_FTYP = _box(b"ftyp", b"isom\0\0\0\0isommp42")


def _mp4_of_absurd_boxes(chance: random.Random) -> bytes:
    size = chance.choice((0, 1, 7, 2**31 - 1, 2**32 - 1))
    return _FTYP + _box(b"moov", _box(b"mvhd", bytes(100), size) + chance.randbytes(500), chance.choice((None, size)))


def _mp4_nested_deeply(_chance: random.Random) -> bytes:
    content = b""
    for _ in range(5000):
        content = _box(b"moov", content)
    return _FTYP + content


def _mp4_of_absurd_tables(chance: random.Random) -> bytes:
    table = chance.choice((b"stsz", b"stts", b"stco", b"stsc", b"ctts", b"stss"))
    inner = _box(table, bytes(4) + struct.pack(">II", 0, 2**31 - 1) + chance.randbytes(64))
    media = _box(b"mdia", _box(b"hdlr", bytes(8) + b"vide" + bytes(13)) + _box(b"minf", _box(b"stbl", inner)))
    return _FTYP + _box(b"moov", _box(b"trak", media))


def _mp4_that_lies_elsewhere(_chance: random.Random) -> bytes:
    link = _box(b"dref", bytes(4) + struct.pack(">I", 1) + _box(b"url ", bytes(4) + b"file:///etc/passwd\0"))
    media = _box(b"mdia", _box(b"minf", _box(b"dinf", link)))
    return _FTYP + _box(b"moov", _box(b"trak", media))


def _matroska_of_absurd_sizes(chance: random.Random) -> bytes:
    head = b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska\x42\x87\x81\x04\x42\x85\x81\x02"
    size = chance.choice((b"\x01\xff\xff\xff\xff\xff\xff\xff", b"\x08\xff\xff\xff\xff", b"\xff"))
    return head + b"\x18\x53\x80\x67" + size + b"\x16\x54\xae\x6b" + size + chance.randbytes(400)


def _avi_of_absurd_sizes(chance: random.Random) -> bytes:
    header = b"avih" + struct.pack("<I", 56) + struct.pack("<14I", *(chance.choice((0, 2**32 - 1)) for _ in range(14)))
    return b"RIFF" + struct.pack("<I", 2**32 - 1) + b"AVI LIST" + struct.pack("<I", 2**31) + b"hdrl" + header * 3


def _flv_of_many_tags(chance: random.Random) -> bytes:
    tag = b"\x09\0\0\x05\0\0\0\0\0\0\0" + b"\x17\1\0\0\0" + struct.pack(">I", 16)
    return b"FLV\1\5\0\0\0\x09\0\0\0\0" + tag * chance.randrange(10_000, 50_000)


def _wav_of_absurd_shape(chance: random.Random) -> bytes:
    channels, rate = chance.choice(((65535, 2**31), (0, 0), (1, 1), (2, 2**32 - 1)))
    form = struct.pack("<HHIIHH", chance.choice((1, 3, 6, 65534)), channels, rate, rate, chance.randrange(65536), 16)
    return (
        b"RIFF\xff\xff\xff\xffWAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", 2**32 - 1)
        + bytes(999)
    )


def _flac_of_absurd_shape(chance: random.Random) -> bytes:
    return b"fLaC\0\0\0\x22" + b"\xff" * 18 + chance.randbytes(16) + b"\x84\xff\xff\xff" + chance.randbytes(2000)


def _ogg_of_broken_pages(chance: random.Random) -> bytes:
    page = b"OggS\0\2" + bytes(8) + chance.randbytes(4) + bytes(4) + chance.randbytes(4) + b"\xff" + b"\xff" * 255
    return (page + chance.randbytes(1000)) * 20


def _mp3_behind_a_huge_tag(chance: random.Random) -> bytes:
    return b"ID3\4\0\0\x7f\x7f\x7f\x7f" + chance.randbytes(5000)


def _mp3_of_empty_frames(chance: random.Random) -> bytes:
    return b"\xff\xfb\x90\x00" * chance.randrange(1000, 100_000)


_ANYTHING: list[Recipe] = [_nothing, _noise, _magic_and_noise, _page, _drawing, _playlist, _archive, _packed]
RECIPES: dict[MediaKind, list[Recipe]] = {
    "image": [
        *(*_ANYTHING, _png_bomb, _png_that_packs_more_than_it_is_large, _png_with_a_book_in_it, _png_of_no_size),
        *(_png_of_many_chunks, _gif_of_many_frames, _gif_bomb, _bmp_of_absurd_size, _tiff_in_a_circle),
        *(_tiff_of_absurd_counts, _webp_of_absurd_size, _jpeg_of_absurd_size, _jpeg_that_begins_again, _heif),
        *(_picture_and_archive, _mp4_of_absurd_boxes),
    ],
    "video": [
        *(*_ANYTHING, _mp4_of_absurd_boxes, _mp4_nested_deeply, _mp4_of_absurd_tables, _mp4_that_lies_elsewhere),
        *(_matroska_of_absurd_sizes, _avi_of_absurd_sizes, _flv_of_many_tags, _gif_of_many_frames),
        _mp3_of_empty_frames,
    ],
    "audio": [
        *(*_ANYTHING, _wav_of_absurd_shape, _flac_of_absurd_shape, _ogg_of_broken_pages, _mp3_behind_a_huge_tag),
        *(_mp3_of_empty_frames, _mp4_of_absurd_tables),
    ],
}

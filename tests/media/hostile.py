"""Files that nobody should send: made from a seed, by dozens of recipes, and real ones that were tampered with.

Whatever of them decodes all the same is too small or too short for the models of SenseAudio, so none of them is right.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
from tests.media.bound_samples import plain_clip, plain_sound
from tests.media.hostile_recipes import RECIPES
from tests.media.media_samples import make_clip, make_picture

from filmgate.video import MediaKind


class Hostile(msgspec.Struct, frozen=True):
    """One file, and what it is sent as."""

    recipe: str
    kind: MediaKind
    content: bytes


def hostile_files(count: int, seed: int, folder: Path) -> Iterator[Hostile]:
    """So many files, the same for the same seed; half of them are real ones that were tampered with."""
    chance = random.Random(seed)
    real = _real_files(folder)
    recipes = [(kind, recipe) for kind, recipes in RECIPES.items() for recipe in recipes]
    tamperings = [_cut_off, _flipped, _sprinkled, _spliced, _stretched, _emptied]
    for number in range(count):
        if number % 2:
            kind, recipe = recipes[number // 2 % len(recipes)]
            yield Hostile(recipe.__name__.strip("_"), kind, recipe(chance))
        else:
            name, kind, content = real[number // 2 % len(real)]
            tamper = chance.choice(tamperings)
            other = chance.choice(real)[2]
            yield Hostile(f"{tamper.__name__.strip('_')} {name}", kind, tamper(chance, content, other))


def _real_files(folder: Path) -> list[tuple[str, MediaKind, bytes]]:
    pictures = [make_picture(folder / f"a.{suffix}") for suffix in ("png", "jpeg", "webp", "bmp", "tiff", "gif")]
    clips = [make_clip(folder / f"a.{suffix}", 0.4) for suffix in ("mp4", "mov", "mkv", "flv")]
    clips.append(make_clip(folder / "a.webm", 0.4, video="libvpx-vp9", audio="libopus"))
    clips.append(make_clip(folder / "a.avi", 0.4, video="mpeg4", audio="libmp3lame"))
    clips.append(plain_clip(folder / "hevc.mp4", 6, codec="libx265"))
    sounds = [
        make_clip(folder / f"s.{suffix}", 0.4, video=None, audio=codec)
        for suffix, codec in (
            ("mp3", "libmp3lame"),
            ("m4a", "aac"),
            ("aac", "aac"),
            ("flac", "flac"),
            ("ogg", "libopus"),
        )
    ]
    sounds.append(plain_sound(folder / "s.wav", 3000))
    kinds: list[tuple[MediaKind, list[Path]]] = [("image", pictures), ("video", clips), ("audio", sounds)]
    return [(path.suffix[1:], kind, path.read_bytes()) for kind, paths in kinds for path in paths]


# Tampering with real files.


def _cut_off(chance: random.Random, content: bytes, _other: bytes) -> bytes:
    return content[: chance.randrange(1, len(content))]


def _flipped(chance: random.Random, content: bytes, _other: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 3, 30, 300))):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _sprinkled(chance: random.Random, content: bytes, _other: bytes) -> bytes:
    """With numbers in it that are as large as they can be, where headers have theirs."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 4, 16))):
        at = chance.randrange(min(len(damaged), 600))
        damaged[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0"))
    return bytes(damaged)


def _spliced(chance: random.Random, content: bytes, other: bytes) -> bytes:
    return content[: chance.randrange(1, len(content))] + other[chance.randrange(len(other)) :]


def _stretched(chance: random.Random, content: bytes, _other: bytes) -> bytes:
    at, length = chance.randrange(len(content)), chance.randrange(1, 4096)
    # No more than three times as long: a longer sound might be a right one.
    times = min(chance.randrange(2, 200), 3 * len(content) // length)
    return content[:at] + content[at : at + length] * times + content[at:]


def _emptied(chance: random.Random, content: bytes, _other: bytes) -> bytes:
    at = chance.randrange(min(len(content), 200))
    return content[:at] + bytes(len(content) - at)

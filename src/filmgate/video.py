"""The neutral order: what a film should be, in no vendor's words.

Dialects translate to and from this file, never to each other. What only one vendor understands travels in ``extras``.
A value of None means "the caller did not say"; the catalogue fills it with the model's default.
"""

from collections.abc import Iterable
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec

MediaKind = Literal["image", "video", "audio"]
MediaRole = Literal["first_frame", "last_frame", "reference"]
Mode = Literal["text", "frames", "references"]
Resolution = Literal["480p", "720p", "1080p", "2k", "4k"]
Ratio = Literal["21:9", "16:9", "4:3", "1:1", "3:4", "9:16", "adaptive"]

RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)
RATIOS: tuple[Ratio, ...] = get_args(Ratio)
ADAPTIVE: Ratio = "adaptive"
FRAMES_PER_SECOND = 24

OBJECT_SCHEME = "object://"
"""Begins the link to bytes in our own store; the object's name follows. A word of ours, never a caller's."""

LARGEST_PICTURE_PIXELS = 64_000_000
"""The largest picture that is decoded anywhere. Whoever accepts one must be able to make a film of it."""

Size = tuple[int, int]
"""Width and height in pixels."""

# The pixel table of the Seedance 2.0 family (spec ark 9). 2k is not published anywhere; it continues the table.
_SIZES: dict[str, dict[str, Size]] = {
    "480p": {"16:9": (864, 496), "4:3": (752, 560), "1:1": (640, 640), "21:9": (992, 432)},
    "720p": {"16:9": (1280, 720), "4:3": (1112, 834), "1:1": (960, 960), "21:9": (1470, 630)},
    "1080p": {"16:9": (1920, 1080), "4:3": (1664, 1248), "1:1": (1440, 1440), "21:9": (2206, 946)},
    "2k": {"16:9": (2560, 1440), "4:3": (2218, 1664), "1:1": (1920, 1920), "21:9": (2940, 1260)},
    "4k": {"16:9": (3840, 2160), "4:3": (3326, 2494), "1:1": (2880, 2880), "21:9": (4398, 1886)},
}
for _sizes in _SIZES.values():
    _sizes["3:4"] = _sizes["4:3"][::-1]
    _sizes["9:16"] = _sizes["16:9"][::-1]

# A picture far outside the shapes of the family is cropped to the nearest shape that is inside.
_NARROWEST, _WIDEST = 0.4, 2.5


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One picture, clip or sound of an order, in the caller's order."""

    kind: MediaKind
    role: MediaRole
    url: str
    """``https://…``, ``data:…``, ``asset://…``, or ``object://…`` once the bytes lie in our own store."""
    field: str
    """Where the caller wrote it, in the caller's words: ``images[2]``, ``content[1].url``. Set by the dialect."""
    asset_id: UUID | None = None
    """The asset that the caller named, once the link leads to its bytes. Set by ``work.plan``."""
    consents: tuple[UUID, ...] = ()
    """Those that cover it for this order, where it shows a real person. Set by ``work.plan``."""
    vendor_asset_id: str | None = None
    """What a vendor calls its copy of the asset, in orders to that vendor. Set by ``upstreams.outgoing``, and never
    read from what a customer sends: it may name anything in the vendor's library."""


class VideoRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One ordered film. Set by a dialect's server half; completed by ``catalogue.choose.plan``."""

    model: str
    prompt: str = ""
    media: tuple[Media, ...] = ()
    duration_seconds: int | None = None
    resolution: str | None = None
    ratio: str | None = None
    audio: bool | None = None
    watermark: bool | None = None
    seed: int | None = None
    camera: str | None = None
    """A camera move by name, where a dialect has a field for it. Moves in the prompt's own words need no field."""
    last_frame: bool = False
    """The caller wants the last frame as a picture of its own."""
    timeout_seconds: int | None = None
    webhook_url: str | None = None
    metadata: dict[str, Any] | None = None
    held: str | None = None
    """Why somebody must read the prompt before the film is made. Set by ``work.plan``."""
    extras: dict[str, Any] = {}
    """What only the dialect of the order understands, for its own answers. Nothing else reads it."""

    @property
    def mode(self) -> Mode:
        """What kind of order this is, by the roles of its media."""
        if any(media.role != "reference" for media in self.media):
            return "frames"
        return "references" if self.media else "text"

    def of_kind(self, kind: MediaKind, role: MediaRole | None = None) -> tuple[Media, ...]:
        """The media of one kind (and role), in the caller's order."""
        return tuple(media for media in self.media if media.kind == kind and role in (None, media.role))


def link_scheme(url: str) -> str:
    """The scheme of a link, in lower case; empty where it has none."""
    return url[: max(url.find(":"), 0)].lower()


def frame_size(resolution: str, ratio: str, first_picture: Size | None = None) -> Size:
    """Width and height of the film.

    Args:
        resolution: one of ``RESOLUTIONS``.
        ratio: one of ``RATIOS``.
        first_picture: the size of the order's first picture or clip, which decides where the ratio is adaptive.
            Without one, adaptive means 16:9.
    """
    sizes = _SIZES[resolution]
    if ratio != ADAPTIVE:
        return sizes[ratio]
    if first_picture is None:
        return sizes["16:9"]
    shape = min(max(first_picture[0] / first_picture[1], _NARROWEST), _WIDEST)
    named = _nearest_size(sizes.values(), shape)
    if abs(named[0] / named[1] - shape) / shape < 0.005:
        return named
    area = sizes["16:9"][0] * sizes["16:9"][1]
    return _even((area * shape) ** 0.5), _even((area / shape) ** 0.5)


def _nearest_size(sizes: Iterable[Size], shape: float) -> Size:
    return min(sizes, key=lambda size: abs(size[0] / size[1] - shape))


def _even(length: float) -> int:
    # H.264 with 4:2:0 colour needs even sides.
    return max(2, round(length / 2) * 2)

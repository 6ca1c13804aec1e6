"""The Jimmy dialect's client half (spec jimmy)."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from filmgate.catalogue.rules import shortened
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Page, Report
from filmgate.dialects.describing import (
    WEB_SCHEMES,
    File,
    at_vendor,
    check_media,
    form_call,
    is_web_link,
    order_call,
    path_segment,
)
from filmgate.dialects.jimmy.asset_client import JimmyAssets
from filmgate.dialects.jimmy.read import as_body, is_933, read_create
from filmgate.dialects.jimmy.reports import data_in, report_of, why_not_ordered, why_not_told, why_not_uploaded
from filmgate.dialects.understanding import check_same_task, unasked
from filmgate.dialects.writing import proven
from filmgate.video import ADAPTIVE, Media, MediaKind, MediaRole, VideoRequest

_BASE_PATH = "/api/open-api/v1"

# The names of Seedance 2.5, which has a create path of its own (spec jimmy 14).
_IS_25 = re.compile(r"seedance[-_]?2\.?5|sd2\.5", re.IGNORECASE)
# The Full models take reviewed assets and no links (spec jimmy 4.9).
_IS_FULL = re.compile(r"sd2_mx_", re.IGNORECASE)
# The models whose resolution is said by their name alone: Full and the fixed tier (spec jimmy 4.3).
_SAYS_RESOLUTION = re.compile(r"(?:sd2_mx_(?:[a-z]+_)*|seedance-?2\.?0-)(480p|720p|1080p|2k|4k)", re.IGNORECASE)
# Beside the 933 models, those that know ``generate_audio`` (spec jimmy 4.1, 14).
_IS_GZ = re.compile(r"(?:^|[-_])gz", re.IGNORECASE)

# The groups in which the wire lists media. A prompt counts pictures, clips and sounds each for themselves.
_GROUPS: tuple[tuple[MediaKind, MediaRole], ...] = (
    ("image", "reference"),
    ("image", "first_frame"),
    ("image", "last_frame"),
    ("video", "reference"),
    ("audio", "reference"),
)

# What may be uploaded (spec jimmy 9).
_UPLOAD_ENDINGS = (
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".svg"),
    *(".mp4", ".mov", ".avi", ".webm", ".mkv", ".m4v", ".flv"),
    *(".mp3", ".wav", ".aac", ".m4a", ".flac", ".ogg"),
)
_LARGEST_UPLOAD_BYTES = 100 * 1024 * 1024


class JimmyClient:
    """Speaks Jimmy to a vendor. The contract of the methods is ``client.ClientDialect``.

    Base URL of a route: the host alone, ``https://api.viraltok.ai`` (spec jimmy 0.2).
    """

    name = "jimmy"
    # An order that is sent again is made and billed again (spec jimmy 13).
    honours_idempotency_key = False
    repeats_seed = False
    assets = JimmyAssets()
    draws_watermark = False  # There is no switch (spec jimmy 4).
    takes_callback_url = False  # No order has a webhook of its own (spec jimmy 3).
    # The price list names tiers, not models (spec jimmy 11).
    models: Call | None = None

    def __init__(self, *, plain_http_allowed: bool = False) -> None:
        """
        Args:
            plain_http_allowed: media may have ``http://`` links too, for vendors inside a closed network.
        """
        self._schemes = WEB_SCHEMES if plain_http_allowed else ("https",)

    def takes(self, media: Media) -> bool:
        """Links only, on all models but the Full ones, and no data URLs (spec jimmy 4.9).

        ``asset://`` names things in the vendor's library, which is one for all our customers: no order may reach
        into it as it stands, but for what we brought there for it (``Media.vendor_asset_id``).
        """
        return (media.kind, media.role) in _GROUPS and is_web_link(media.url, self._schemes)

    def create(
        self,
        request: VideoRequest,
        vendor_model: str,
        idempotency_key: str,
        callback_url: str | None = None,  # noqa: ARG002  The wire has no field for it.
    ) -> Call:
        linked = [media for media in request.media if media.vendor_asset_id is None]
        check_media(linked, self.takes)
        if linked and _IS_FULL.match(vendor_model):
            raise ValueError(f"{vendor_model} takes media only as assets that the vendor has reviewed")
        sent = _as_said(request, vendor_model)
        body = as_body(sent)
        if sent.ratio == ADAPTIVE and _IS_FULL.match(vendor_model):
            body = msgspec.structs.replace(body, ratio="Adaptive")  # As its pages spell it (spec jimmy 4.6).
        path = "/seedance25/videos" if _IS_25.match(vendor_model) else "/seedance/videos"
        return order_call(f"{_BASE_PATH}{path}", proven(body, sent, read_create), idempotency_key)

    def created(self, reply: Reply) -> Report:
        data = data_in(reply)
        vendor_id = data.identifier("task_id", "taskId")
        if not vendor_id:
            raise why_not_ordered(reply)
        return report_of(vendor_id, data)

    def query(self, vendor_id: str) -> Call:
        return Call(method="GET", path=f"{_BASE_PATH}/videos/{path_segment(vendor_id)}")

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        data = data_in(reply)
        if not data.word("status"):
            raise why_not_told(reply)
        check_same_task(reply, vendor_id, data.identifier("task_id", "taskId"))
        return report_of(vendor_id, data)

    def cancel(self, vendor_id: str) -> None:
        """The wire has none (spec jimmy 3)."""

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:  # noqa: ARG002  Nothing was asked about it.
        raise unasked(reply)

    def list(self, vendor_ids: Sequence[str] = ()) -> None:
        """The wire has none (spec jimmy 3)."""

    def listed(self, reply: Reply, asked: Call | None = None) -> Page:  # noqa: ARG002  Nothing was asked.
        raise unasked(reply)

    def upload(self, name: str, content_type: str, data: bytes) -> Call:
        """Kept for about three days (spec jimmy 9)."""
        if not name.lower().endswith(_UPLOAD_ENDINGS):
            raise ValueError(f"this vendor takes no file of this kind: {shortened(name)}")
        if not 0 < len(data) <= _LARGEST_UPLOAD_BYTES:
            raise ValueError(f"this vendor takes files of up to {_LARGEST_UPLOAD_BYTES} bytes, not of {len(data)}")
        file = File(name=name, content_type=content_type, data=data)
        return form_call(f"{_BASE_PATH}/files/upload", [("file", file)], name)

    def uploaded(self, reply: Reply) -> str:
        link = data_in(reply).link("url")
        if link is None:
            raise why_not_uploaded(reply)
        return link

    def callback(self, headers: Mapping[str, str], body: bytes) -> None:
        """None of its callbacks is about a task: the only one tells of the balance (spec jimmy 12)."""


def _as_said(request: VideoRequest, vendor_model: str) -> VideoRequest:
    """The order as this wire says it: without what goes without saying, and its media in groups."""
    sent = msgspec.structs.replace(
        at_vendor(request, vendor_model),
        media=tuple(sorted(map(_named, request.media), key=lambda media: _GROUPS.index((media.kind, media.role)))),
        resolution=_resolution(request, vendor_model),
        watermark=request.watermark or None,
        timeout_seconds=None,
        metadata=None,
    )
    if not (is_933(vendor_model) or _IS_GZ.search(vendor_model)):
        # Other models make the sound that they make; those that are sold with sound are made with it.
        if request.audio is False:
            raise ValueError("this dialect cannot express the order's audio: the model has no switch for it")
        sent = msgspec.structs.replace(sent, audio=None)
    faces = request.extras.get("face_processing")
    if isinstance(faces, bool) and is_933(vendor_model):
        return msgspec.structs.replace(sent, extras={"face_processing": faces})
    if faces is False:
        raise ValueError("this dialect cannot express the order's face_processing: the model has no switch for it")
    return sent


def _named(media: Media) -> Media:
    """What the vendor has too goes by its name there."""
    if media.vendor_asset_id is None:
        return media
    if (media.kind, media.role) not in _GROUPS:
        raise ValueError(f"this wire has no place for {media.field} ({media.kind}, {media.role})")
    return msgspec.structs.replace(media, url=f"asset://{media.vendor_asset_id}")


def _resolution(request: VideoRequest, vendor_model: str) -> str | None:
    """What is said beside the model's name; where the name says it, nothing."""
    named = _SAYS_RESOLUTION.fullmatch(vendor_model)
    if named is None:
        return request.resolution
    if request.resolution not in (None, named[1].lower()):
        raise ValueError(f"{vendor_model} cannot express the order's resolution {request.resolution}")
    return None

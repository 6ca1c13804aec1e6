"""What all client halves need to describe an order to a vendor."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from multipart import content_disposition_quote

from filmgate.catalogue.limits import AUTO
from filmgate.catalogue.rules import LONGEST_URL_CHARACTERS
from filmgate.dialects.client import Call
from filmgate.video import Media, VideoRequest, link_scheme

WEB_SCHEMES = ("https", "http")

FORM_TYPE = "multipart/form-data"

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_NOT_IN_A_LINK = re.compile("[\x00-\x20\x7f\ud800-\udfff]")


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be sent in a form."""

    name: str
    content_type: str
    data: bytes


Fields = Sequence[tuple[str, str | File]]
"""The fields of a form: names and values, in order."""


def at_vendor(request: VideoRequest, vendor_model: str, callback_url: str | None = None) -> VideoRequest:
    """The order as far as it is a vendor's matter, under the vendor's name for the model, with our own webhook or none.

    What stays with us: the webhook is the customer's and is called from here, the last frame is cut from the film
    here, and the extras are those of the dialect in which the film was ordered. Any seed is as good as none.
    """
    return msgspec.structs.replace(
        request,
        model=vendor_model,
        webhook_url=callback_url,
        last_frame=False,
        seed=None if request.seed == AUTO else request.seed,
        extras={},
    )


def check_media(media: Sequence[Media], takes: Callable[[Media], bool]) -> None:
    """Every medium has a link that the wire can carry.

    Raises:
        ValueError: one has not; it is named.
    """
    for number, one in enumerate(media, start=1):
        if not takes(one):
            place, scheme = one.field or f"medium {number}", link_scheme(one.url)
            raise ValueError(f"this wire cannot carry the {scheme}: link of {place} ({one.kind}, {one.role})")


def order_call(path: str, body: dict[str, Any], idempotency_key: str) -> Call:
    """The call that sends ``body`` as an order."""
    return Call(
        method="POST",
        path=path,
        headers={"Idempotency-Key": idempotency_key},
        body=msgspec.json.encode(body),
        content_type="application/json",
    )


def form_call(path: str, fields: Fields, seed: str, headers: dict[str, str] | None = None) -> Call:
    """The call that sends a multipart form (RFC 7578).

    Args:
        fields: names and values, in order.
        seed: what the boundary is made from, so that the same call is the same bytes.

    Raises:
        ValueError: the type of a file is none.
    """
    boundary = _boundary(seed, [value.encode() if isinstance(value, str) else value.data for _, value in fields])
    parts = [part for name, value in fields for part in (f"--{boundary}\r\n".encode(), *_written(name, value), b"\r\n")]
    return Call(
        method="POST",
        path=path,
        headers=headers or {},
        body=b"".join((*parts, f"--{boundary}--\r\n".encode())),
        content_type=f"{FORM_TYPE}; boundary={boundary}",
    )


def path_segment(vendor_id: str) -> str:
    """A vendor's id as one segment of a path."""
    return quote(vendor_id, safe="")


def is_web_link(url: str, schemes: Sequence[str] = WEB_SCHEMES) -> bool:
    """Whether a text is a whole link with a host. Where it leads is checked when it is dialled."""
    if len(url) > LONGEST_URL_CHARACTERS or _NOT_IN_A_LINK.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _boundary(seed: str, contents: Sequence[bytes]) -> str:
    """Letters and digits that none of the contents hold: who wrote a content may have guessed the first."""
    boundary = hashlib.sha256(seed.encode()).hexdigest()
    while any(boundary.encode() in content for content in contents):
        boundary = hashlib.sha256(boundary.encode()).hexdigest()
    return boundary


def _written(name: str, value: str | File) -> tuple[bytes, ...]:
    disposition = f"Content-Disposition: form-data; name={content_disposition_quote(name)}"
    if isinstance(value, str):
        return f"{disposition}\r\n\r\n".encode(), value.encode()
    if not _CONTENT_TYPE.fullmatch(value.content_type):
        raise ValueError(f"{value.content_type!r} is no type of a file")
    file_name = content_disposition_quote(value.name)
    return f"{disposition}; filename={file_name}\r\nContent-Type: {value.content_type}\r\n\r\n".encode(), value.data

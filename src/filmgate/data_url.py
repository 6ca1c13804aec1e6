"""Data URLs (RFC 2397): a file written out inside a link. Pure."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

import msgspec

from filmgate.video import link_scheme

_BASE64 = "base64"
_SPACE = re.compile(rb"[ \t\r\n\f]+")


class DataUrl(msgspec.Struct, frozen=True):
    """A data URL, decoded."""

    content_type: str
    """In lower case, without parameters."""
    data: bytes


def parse_data_url(url: str) -> DataUrl:
    """Decode a data URL.

    White space within base64 is tolerated, as browsers do, and so is missing padding.

    Raises:
        ValueError: it is malformed; the message says how.
    """
    header, comma, body = url.partition(",")
    if link_scheme(header) != "data":
        raise ValueError("it does not begin with data:")
    if not comma:
        raise ValueError("it has no comma before the data")
    content_type, *parameters = (part.strip().lower() for part in header[len("data:") :].split(";"))
    try:
        data = unquote_to_bytes(body)
    except UnicodeEncodeError as exc:
        raise ValueError("it holds characters that no text has") from exc
    if _BASE64 in parameters[-1:]:
        data = _from_base64(data)
    return DataUrl(content_type or "text/plain", data)


def make_data_url(content_type: str, data: bytes) -> str:
    """The data URL that holds ``data``: in base64, and canonical."""
    return f"data:{content_type};base64,{base64.b64encode(data).decode()}"


def _from_base64(text: bytes) -> bytes:
    digits = _SPACE.sub(b"", text).rstrip(b"=")
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
    except binascii.Error as exc:
        raise ValueError("its data are not base64") from exc

"""Multipart forms (RFC 7578), read from customers into the shape of JSON.

The official SDK sends every create as a form, with flattened names for what is not plain text (spec openai_videos 2.1):
``name[key]`` for the members of an object, ``name[]`` for the items of a list. Files become data URLs whose type goes
by their content, so whoever reads the fields meets text, lists and objects and nothing else.
"""

import re
from collections.abc import Container, Iterator
from io import BytesIO
from typing import Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from filmgate.data_url import make_data_url
from filmgate.dialects.describing import FORM_TYPE
from filmgate.errors import BadRequest
from filmgate.sniff import CONTENT_TYPES, sniff

MOST_PARTS = 1000
UNKNOWN_TYPE = "application/octet-stream"
"""The type in the data URL of a file that is no picture, clip or sound we know."""

_FLATTENED = re.compile(r"([^\[\]]+)(\[\])?(?:\[([^\[\]]+)\])?")
_FILE_TYPES = ("image/", "video/", "audio/", UNKNOWN_TYPE)


def is_form(content_type: str | None) -> bool:
    """Whether a Content-Type header announces a multipart form."""
    return (content_type or "").partition(";")[0].strip().lower() == FORM_TYPE


def read_form(body: bytes, content_type: str, file_fields: Container[str]) -> dict[str, Any]:
    """The fields of a form by name, in the shape of JSON.

    A name that comes several times is a list. Files of other fields than ``file_fields`` are taken as text.

    Args:
        body: the whole body.
        content_type: the Content-Type header, with its boundary.
        file_fields: the names, without brackets, whose files become data URLs.

    Raises:
        BadRequest: it is not a whole form, has too many parts, gives one field in two shapes, or a text is not UTF-8.
    """
    fields: dict[str, Any] = {}
    for segment, content in _parts(body, content_type):
        name = segment.name or ""
        flattened = _FLATTENED.fullmatch(name)
        field, in_list, key = flattened.groups() if flattened else (name, None, None)
        if segment.filename == "" and not content:
            continue  # A browser's file field that was left empty.
        value = _as_data_url(content) if field in file_fields and _is_file(segment) else _as_text(content, name)
        _put(fields, field, value, in_list=in_list is not None, key=key)
    return fields


def _parts(body: bytes, content_type: str) -> Iterator[tuple[MultipartSegment, bytes]]:
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    try:
        with PushMultipartParser(boundary.encode("utf-8", "replace"), max_segment_count=MOST_PARTS) as parser:
            segment: MultipartSegment | None = None
            chunks: list[bytes] = []
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    segment, chunks = event, []
                elif event is not None:
                    chunks.append(event)
                elif segment is not None:
                    yield segment, b"".join(chunks)
    except MultipartError as exc:
        raise BadRequest(f"the body is not a proper multipart form: {exc.args[0]}") from exc


def _is_file(segment: MultipartSegment) -> bool:
    # Some writers leave the file name away, and then only the type tells.
    return segment.filename is not None or (segment.content_type or "").startswith(_FILE_TYPES)


def _as_data_url(content: bytes) -> str:
    return make_data_url(CONTENT_TYPES.get(sniff(BytesIO(content)) or "", UNKNOWN_TYPE), content)


def _as_text(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        raise BadRequest("must be UTF-8 text", field=name) from exc


def _put(fields: dict[str, Any], field: str, value: str, *, in_list: bool, key: str | None) -> None:
    """Add one part: ``field``, ``field[]``, ``field[key]`` or ``field[][key]``."""
    here = fields.get(field)
    is_member = key is not None and not in_list
    if here is not None and is_member != isinstance(here, dict):
        raise BadRequest("is given both as an object and as something else", field=field)
    if is_member:
        fields[field] = {**(here or {}), key: value}
    elif here is None and not in_list:
        fields[field] = value
    else:
        items = here if isinstance(here, list) else [] if here is None else [here]
        _put_item(items, value, key)
        fields[field] = items


def _put_item(items: list[Any], value: str, key: str | None) -> None:
    if key is None:
        items.append(value)
    elif items and isinstance(items[-1], dict) and key not in items[-1]:
        items[-1][key] = value
    else:
        # A member that the last object has already begins the next one.
        items.append({key: value})

"""Forms and files for the tests of the OpenAI dialect, written out by hand."""

import base64
from typing import Any

from filmgate.video import Media, MediaKind, MediaRole

BOUNDARY = "a-boundary-of-the-tests"
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"

PNG = b"\x89PNG\r\n\x1a\n and a picture"
JPEG = b"\xff\xd8\xff\xe0 and a picture"
MP4 = b"\0\0\0\x20ftypisom and a clip"
WAV = b"RIFF\x10\0\0\0WAVEfmt and a sound"


def data_url(content_type: str, data: bytes) -> str:
    return f"data:{content_type};base64,{base64.b64encode(data).decode()}"


PNG_URL = data_url("image/png", PNG)
JPEG_URL = data_url("image/jpeg", JPEG)
MP4_URL = data_url("video/mp4", MP4)
WAV_URL = data_url("audio/wav", WAV)


def form(*parts: tuple[str, str] | tuple[str, bytes, str, str]) -> bytes:
    """A form of texts ``(name, text)`` and files ``(name, bytes, file name, type)``."""
    body = b""
    for name, value, *file in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        if file:
            head += f'; filename="{file[0]}"\r\nContent-Type: {file[1]}'
        content = value.encode() if isinstance(value, str) else value
        body += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def medium(kind: MediaKind, role: MediaRole, url: str, field: str) -> Media:
    return Media(kind=kind, role=role, url=url, field=field)


def first_frame(url: str, field: str) -> tuple[Media, ...]:
    return (medium("image", "first_frame", url, field),)


def job(status: str, **changes: Any) -> dict[str, Any]:
    """A video object as OpenAI answers it (spec openai_videos 2.4)."""
    return {
        "id": "video_7f3c2a9e41",
        "object": "video",
        "model": "sora-2",
        "status": status,
        "progress": 0,
        "created_at": 1788235200,
        "completed_at": None,
        "expires_at": None,
        "prompt": "A red paper boat on a calm pond",
        "size": "864x496",
        "seconds": "5",
        "remixed_from_video_id": None,
        "error": None,
        **changes,
    }

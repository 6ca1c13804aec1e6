"""Ark orders and answers, and what is wrong with them, for the tests of the dialect."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.dialects.dialect_samples import encode

from filmgate.dialects.ark import ArkClient, ArkServer
from filmgate.dialects.base import Reply
from filmgate.dialects.client import ClientDialect
from filmgate.errors import RulesBroken, UpstreamFailed, Violation
from filmgate.video import VideoRequest

ARK = ArkServer()
V10, V15 = "doubao-seedance-1-0-pro-250528", "doubao-seedance-1-5-pro-251215"
V20, V25 = "doubao-seedance-2-0-260128", "doubao-seedance-2-5-260628"
OTHER = "sd2_mx_720p"
TEXT = {"type": "text", "text": "A boat"}
PNG, MP4, MP3 = "https://m.example/a.png", "https://m.example/a.mp4", "https://m.example/a.mp3"


def image(role: str | None = None, url: str = PNG) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}} | ({} if role is None else {"role": role})


VIDEO = {"type": "video_url", "video_url": {"url": MP4}, "role": "reference_video"}
AUDIO = {"type": "audio_url", "audio_url": {"url": MP3}, "role": "reference_audio"}


def read(model: str = V20, content: Any = None, **members: Any) -> VideoRequest:
    return ARK.read_create(encode({"model": model, "content": [TEXT] if content is None else content} | members))


def read_prompt(text: str, model: str = V10, **members: Any) -> VideoRequest:
    return read(model, [{"type": "text", "text": text}], **members)


def violations(model: str = V20, content: Any = None, **members: Any) -> list[Violation]:
    with pytest.raises(RulesBroken) as raised:
        read(model, content, **members)
    return raised.value.violations


def broken(model: str = V20, content: Any = None, **members: Any) -> list[tuple[str, str]]:
    return [(violation.field, violation.rule) for violation in violations(model, content, **members)]


CLIENT: ClientDialect = ArkClient()
ID = "cgt-20260901120000-k3m9q"
REQUEST = VideoRequest(model=V20, prompt="A boat", duration_seconds=5, resolution="480p", ratio="16:9")


def answered(body: Any, status: int = 200, **headers: str) -> Reply:
    """A vendor's answer; the names of its headers with underscores."""
    raw = body if isinstance(body, bytes) else encode(body)
    return Reply(status=status, body=raw, headers={name.replace("_", "-"): value for name, value in headers.items()})


def refused(code: str, status: int, message: str = "told") -> Reply:
    return answered({"error": {"code": code, "message": message, "param": "", "type": ""}}, status)


def refusal_of(understand: Callable[[], object]) -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as raised:
        understand()
    return raised.value


def of_create(reply: Reply) -> UpstreamFailed:
    return refusal_of(lambda: CLIENT.created(reply))


def of_query(reply: Reply) -> UpstreamFailed:
    return refusal_of(lambda: CLIENT.queried(ID, reply))

"""Handing media to a Jimmy vendor, for orders that can only name links (spec jimmy 9)."""

from typing import Any

import pytest
from tests.dialects.client_samples import fault_of
from tests.dialects.dialect_samples import answered, medium
from tests.dialects.openai_samples import PNG, PNG_URL

from filmgate.dialects.base import Reply
from filmgate.dialects.jimmy import JimmyClient
from filmgate.dialects.openai.forms import read_form
from filmgate.errors import Fault

JIMMY = JimmyClient()
LINK = "https://cdn.example.org/up/20260705/k3.png"


def in_envelope(code: object, msg: str, data: dict[str, Any] | None = None, status: int = 200) -> Reply:
    return answered({"code": code, "msg": msg, "data": data}, status)


def test_a_file_is_uploaded_as_the_one_part_of_a_form() -> None:
    call = JIMMY.upload("k3.png", "image/png", PNG)
    boundary = (call.content_type or "").removeprefix("multipart/form-data; boundary=")
    assert (call.method, call.path, call.query, call.headers) == ("POST", "/api/open-api/v1/files/upload", (), {})
    assert boundary.isalnum()
    head = 'Content-Disposition: form-data; name="file"; filename="k3.png"\r\nContent-Type: image/png'
    assert call.body == f"--{boundary}\r\n{head}\r\n\r\n".encode() + PNG + f"\r\n--{boundary}--\r\n".encode()
    assert JIMMY.upload("k3.png", "image/png", PNG) == call


def test_no_file_holds_the_boundary_of_its_own_form() -> None:
    guessed = (JIMMY.upload("k3.png", "image/png", PNG).content_type or "").partition("boundary=")[2]
    call = JIMMY.upload("k3.png", "image/png", f"--{guessed}--\r\n".encode())
    boundary = (call.content_type or "").partition("boundary=")[2]
    assert boundary != guessed
    assert call.body.count(boundary.encode()) == 2


@pytest.mark.parametrize("name", ['视频 "1".MP4', "a\r\nContent-Type: text/html\r\n\r\nx.mp4", "--x\r\n.png", ".ogg"])
def test_a_name_stays_inside_its_place(name: str) -> None:
    call = JIMMY.upload(name, "video/mp4", PNG)
    head, _, rest = call.body.partition(b"\r\n\r\n")
    assert head.count(b"\r\n") == 2
    assert rest.startswith(PNG)
    assert read_form(call.body, call.content_type or "", ["file"]) == {"file": PNG_URL}


@pytest.mark.parametrize(
    ("name", "content_type", "data"),
    [
        ("k3.tiff", "image/tiff", PNG),
        ("k3", "image/png", PNG),
        ("png", "image/png", PNG),
        ("", "image/png", PNG),
        ("k3.png.exe", "image/png", PNG),
        ("k3.png", "image/png", b""),
        ("k3.png", "image/png", b"x" * (100 * 1024 * 1024 + 1)),
        ("k3.png", "image/png\r\nX: y", PNG),
        ("k3.png", "", PNG),
        ("k3.png", "image", PNG),
        ("\ud800.png", "image/png", PNG),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_the_vendor_does_not_take_is_not_uploaded(name: str, content_type: str, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"takes|type of a file|surrogates"):
        JIMMY.upload(name, content_type, data)


@pytest.mark.parametrize("code", [0, "0", 20000, "20000"])
def test_an_uploaded_file_has_a_link(code: object) -> None:
    data = {"url": LINK, "filename": "k3.png", "size": 48211, "mime_type": "image/png"}
    assert JIMMY.uploaded(in_envelope(code, "ok", data)) == LINK
    assert JIMMY.takes(medium("image", "reference", JIMMY.uploaded(in_envelope(code, "ok", data))))


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (in_envelope(20001, "invalid api key"), "account"),
        (in_envelope(20002, "file too large"), "vendor"),
        (in_envelope(-1, "余额不足"), "account"),
        (in_envelope(-1, "请求过于频繁"), "busy"),
        (in_envelope(-1, "s3 upload failed"), "vendor"),
        (in_envelope(20000, "ok", {"url": ""}), "vendor"),
        (in_envelope(20000, "ok", {"url": "up/k3.png"}), "vendor"),
        (in_envelope(20000, "ok", {"url": "file:///etc/passwd"}), "vendor"),
        (in_envelope(20000, "ok", {"url": [LINK]}), "vendor"),
        (in_envelope(20002, "no", {"url": LINK}), "vendor"),
        (in_envelope(20000, "ok", {"url": LINK}, status=500), "vendor"),
        (answered(b"<html>", 413), "vendor"),
        (answered(b"<html>", 404), "account"),
        (answered(b"", 401), "account"),
        (answered(b"", 429), "busy"),
        (answered(b"<html>", 502), "vendor"),
        (answered(b"", 408), "vendor"),
        (answered(b"", 200), "vendor"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.status} {value.body.decode()[:40]}",
)
def test_a_file_without_a_link_has_a_fault(reply: Reply, fault: Fault) -> None:
    assert fault_of(JIMMY.uploaded, reply) == fault

"""Data URLs: what RFC 2397 allows and what browsers forgive."""

import base64
import contextlib
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.data_url import DataUrl, make_data_url, parse_data_url


@given(st.binary(max_size=200))
def test_base64_data_come_out_as_they_went_in(data: bytes) -> None:
    parsed = parse_data_url("data:image/png;base64," + base64.b64encode(data).decode())
    assert (parsed.content_type, parsed.data) == ("image/png", data)


@given(st.binary(max_size=200))
def test_what_is_made_can_be_parsed(data: bytes) -> None:
    assert parse_data_url(make_data_url("image/png", data)) == DataUrl("image/png", data)


@given(st.binary(max_size=200))
def test_percent_encoded_data_come_out_as_they_went_in(data: bytes) -> None:
    assert parse_data_url("data:image/svg+xml," + quote_from_bytes(data)).data == data


@given(st.binary(max_size=200))
def test_base64_may_itself_be_percent_encoded(data: bytes) -> None:
    assert parse_data_url("data:;base64," + quote_from_bytes(base64.b64encode(data), safe="")).data == data


@pytest.mark.parametrize(
    ("url", "content_type", "data"),
    [
        ("data:,A%20brief%20note", "text/plain", b"A brief note"),
        ("data:image/png;base64,aGk=", "image/png", b"hi"),
        ("data:image/png;base64,aGk", "image/png", b"hi"),
        ("data:image/png;base64,\n aG\r\n\tk= \n", "image/png", b"hi"),
        ("DATA:Image/PNG;BASE64,aGk=", "image/png", b"hi"),
        ("data: image/png ; base64 ,aGk=", "image/png", b"hi"),
        ("data:audio/wav;codecs=1;base64,aGk=", "audio/wav", b"hi"),
        ("data:text/plain;charset=utf-8,base64,x", "text/plain", b"base64,x"),
        ("data:image/png;base64;x=1,aGk=", "image/png", b"aGk="),
        ("data:image/png,", "image/png", b""),
    ],
)
def test_the_forms_of_a_data_url(url: str, content_type: str, data: bytes) -> None:
    parsed = parse_data_url(url)
    assert (parsed.content_type, parsed.data) == (content_type, data)


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64",
        "data:image/png;base64,a",
        "data:image/png;base64,aGk*",
        "data:image/png;base64,aG=k",
        "data:image/png;base64,é",
        "data:image/png,\udcff",
        "https://media.example/a.png,b",
        "",
    ],
)
def test_a_malformed_one_is_called_so(url: str) -> None:
    with pytest.raises(ValueError, match=r"it does not begin|it has no comma|its data are not base64|it holds"):
        parse_data_url(url)


@given(st.text())
def test_any_text_is_a_data_url_or_a_malformed_one(text: str) -> None:
    for url in (text, "data:" + text, "data:image/png;base64," + text):
        with contextlib.suppress(ValueError):
            assert parse_data_url(url).content_type

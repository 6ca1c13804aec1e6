"""Reading a request: nothing in it is believed, nothing in it is in the way."""

from typing import Any, cast

import pytest

from filmgate.api.calls import Call
from filmgate.errors import BadRequest


def _call(*, host: bytes | None = None, query: bytes = b"", scheme: str = "https") -> Call:
    scope: dict[str, Any] = {
        "type": "http",
        "scheme": scheme,
        "server": ("10.0.0.5", 8787),
        "headers": [] if host is None else [(b"host", host)],
        "query_string": query,
        "state": {},
    }
    return Call(cast("Any", scope), cast("Any", None), {})


@pytest.mark.parametrize(
    "host", ["films.example.org", "films.example.org:8443", "127.0.0.1:1", "[::1]:80", "localhost", "a_b.c"]
)
def test_links_go_to_the_host_that_was_called(host: str) -> None:
    assert _call(host=host.encode()).base_url() == f"https://{host}"


NO_HOSTS = [None, b"", b"a/b", b"a b", b"a@b", b"a\\b", b"a?b", b'a"b', b"a:b", b"a:123456", b"-a", b"a.", b"[::1"]


@pytest.mark.parametrize("host", [*NO_HOSTS, b"\xff", b"a" * 300, b"a\r\nb"])
def test_what_is_no_host_becomes_the_servers_own_address(host: bytes | None) -> None:
    assert _call(host=host).base_url() == "https://10.0.0.5:8787"


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (b"", None),
        (b"id", ""),
        (b"id=", ""),
        (b"x=1", None),
        (b"id=a&id=b", "a"),
        (b"x=%zz&id=a%20b+c", "a b c"),
        (b"id=%ff", "\ufffd"),
        (b"id=\xe9", "é"),
        (b"id=%00", "\0"),
        (b"a=1&" * 1500 + b"id=x", "x"),
        (b"&&=&id=x", "x"),
    ],
)
def test_a_query_field_is_its_first_value_whatever_stands_around(query: bytes, value: str | None) -> None:
    assert _call(query=query).query("id") == value


def test_a_query_of_more_fields_than_anybody_means_is_refused() -> None:
    with pytest.raises(BadRequest, match="more than 2000 fields"):
        _call(query=b"a=1&" * 5000 + b"id=x").query("id")

"""Outbound, with real sockets on loopback and names that the test resolves."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from filmgate import addresses, resolver
from filmgate.errors import AddressRefused, OutboundError, OutboundFailed, Unavailable
from filmgate.outbound import REDIRECTS, USER_AGENT, AnswerTooLarge, Downloaded, Outbound

LOOPBACK = "127.0.0.1"
PUBLIC = "93.184.215.14"
BODY = bytes(range(256)) * 5000

# For media.example, by itself, until 2123.
TLS_KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7aS0Y6aHImK6CzcU
6hkBsIwulEEZQNC1/QYx0tuPUXmhRANCAATaGNH3114OhEddfv6hbDldYRd+kSo/
uipQTKu5skk87alMvyqLwHYGb+3555C7kkIsqyaX6B6oO+QjAH6/HCRZ
-----END PRIVATE KEY-----
"""
TLS_CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBbTCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1tZWRpYS5l
eGFtcGxlMCAXDTI0MDEwMTAwMDAwMFoYDzIxMjMxMjMxMjM1OTU5WjAYMRYwFAYD
VQQDDA1tZWRpYS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2hjR
99deDoRHXX7+oWw5XWEXfpEqP7oqUEyrubJJPO2pTL8qi8B2Bm/t+eeQu5JCLKsm
l+geqDvkIwB+vxwkWaNMMEowGAYDVR0RBBEwD4INbWVkaWEuZXhhbXBsZTAPBgNV
HRMBAf8EBTADAQH/MB0GA1UdDgQWBBS6F36Lq++edQqNUhIM4SHkmVEubDAKBggq
hkjOPQQDAgNIADBFAiEA6yMmyWCE6RozAPcN7K5Z9tTPosnBRaOGZuYSn4YHnnQC
ICUlH3wK9lfxWipWeFaGAsrh1LgZMR3WWMaQW5YKUO8n
-----END CERTIFICATE-----
"""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Names:
    """A resolver that the test writes: each name has a list of answers, and the last one stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(lists) for name, lists in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, f"{host} is not known at 10.0.0.53")
        answers = self.answers[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


@asynccontextmanager
async def serving(
    handler: Handler, host: str = LOOPBACK, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=tls)
    try:
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def speaking(*, head: bytes, drip: bytes = b"", then_close: bool = False) -> AsyncIterator[int]:
    """A server that says exactly these bytes, whatever it is asked, and then repeats the drip until it is left."""

    talks: list[asyncio.Task[None]] = []

    def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(talk(reader, writer)))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while drip and not then_close:
                writer.write(drip)
                await writer.drain()
                await asyncio.sleep(0.001)
            if not then_close:
                await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(greet, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*talks)


@asynccontextmanager
async def outward(*, allow_private_networks: bool = True, names: Names | None = None) -> AsyncIterator[Outbound]:
    opened = Outbound(allow_private_networks=allow_private_networks, resolve=names)
    try:
        yield opened
    finally:
        await opened.close()


async def fetch(opened: Outbound, url: str, path: Path, *, limit_bytes: int = 10**7, seconds: float = 10) -> Downloaded:
    return await opened.download(url, path, limit_bytes=limit_bytes, timeout_seconds=seconds)


async def give_body(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=BODY, content_type="video/mp4")


async def must_not_be_asked(request: web.BaseRequest) -> web.StreamResponse:
    raise AssertionError("this server must not be asked")


async def test_a_link_becomes_a_file(tmp_path: Path) -> None:
    async with serving(give_body) as port, outward() as opened:
        got = await fetch(opened, f"http://{LOOPBACK}:{port}/a.mp4", tmp_path / "a")
    assert got == Downloaded("video/mp4", len(BODY))
    assert (tmp_path / "a").read_bytes() == BODY


async def test_the_system_s_resolver_is_asked_where_none_is_given(tmp_path: Path) -> None:
    async with serving(give_body) as port, outward() as opened:
        assert (await fetch(opened, f"http://localhost:{port}/", tmp_path / "a")).size_bytes == len(BODY)
    async with outward(allow_private_networks=False) as opened:
        with pytest.raises(AddressRefused, match="private network"):
            await fetch(opened, "https://localhost/", tmp_path / "b")


async def test_we_say_who_we_are_and_want_the_bytes_as_they_are(tmp_path: Path) -> None:
    seen: list[web.BaseRequest] = []

    async def look(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request)
        response = (
            web.Response(status=302, headers={"Location": "/next"}) if request.path == "/" else web.Response(text="x")
        )
        response.set_cookie("session", "1")
        return response

    async with serving(look) as port, outward() as opened:
        await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a")
        await fetch(opened, f"http://{LOOPBACK}:{port}/again", tmp_path / "b")
    assert [request.path for request in seen] == ["/", "/next", "/again"]
    for request in seen:
        assert request.headers["User-Agent"] == USER_AGENT
        assert request.headers["Accept-Encoding"] == "identity"
        assert "Cookie" not in request.headers


async def test_a_proxy_in_the_environment_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serving(give_body) as port, outward() as opened:
        await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a")


@pytest.mark.parametrize(
    "link",
    [
        "http://media.example/a.png",
        "ftp://media.example/a.png",
        "file:///etc/passwd",
        "gopher://media.example/",
        "//media.example/a.png",
        "media.example/a.png",
        "https:///a.png",
        "https:\\\\media.example\\a",
        "",
        "https://user:secret@media.example/",
        "https://user@media.example/",
        "https://media.example:0/",
        "https://media.example:99999/",
        "https://[::1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::127.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25lo]/",
        "https://[fd00::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://１２７.0.0.1/",
        "https://①②⑦.0.0.1/",
        "https://127。0。0。1/",
    ],
)
async def test_a_link_that_leads_elsewhere_is_refused_before_anything_is_asked(link: str, tmp_path: Path) -> None:
    names = Names(media_example=[[PUBLIC]])
    async with outward(allow_private_networks=False, names=names) as opened:
        with pytest.raises(AddressRefused):
            await fetch(opened, link, tmp_path / "a")
    assert names.asked == []
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "link", ["ftp://media.example/", "http://u:p@127.0.0.1/", "http://2130706433/", "http://169.254.169.254/"]
)
async def test_allowing_private_networks_allows_nothing_else(link: str, tmp_path: Path) -> None:
    async with outward(names=Names()) as opened:
        with pytest.raises(AddressRefused):
            await fetch(opened, link, tmp_path / "a")


@pytest.mark.parametrize(
    "answer",
    [
        [LOOPBACK],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["100.100.100.200"],
        ["0.0.0.0"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fd00::1"],
        ["fe80::1"],
        [PUBLIC, LOOPBACK],
        ["2606:4700::1111", "::1"],
    ],
)
async def test_a_name_is_refused_for_any_forbidden_address_behind_it(answer: list[str], tmp_path: Path) -> None:
    names = Names(media_example=[answer])
    async with serving(must_not_be_asked) as port, outward(allow_private_networks=False, names=names) as opened:
        with pytest.raises(AddressRefused, match="leads to"):
            await fetch(opened, f"https://media.example:{port}/", tmp_path / "a")


async def test_the_address_that_was_checked_is_the_one_dialled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name answers with a good address first and with a forbidden one ever after.

    127.0.0.2 stands for the public host: the rule is told that it is one. A program that resolves once to check and
    again to dial ends up at 127.0.0.1.
    """
    other = "127.0.0.2"
    rule = addresses.check_address

    def with_one_public_host(address: addresses.Address, *, allow_private_networks: bool) -> None:
        if str(address) != other:
            rule(address, allow_private_networks=False)

    monkeypatch.setattr(resolver, "check_address", with_one_public_host)
    try:
        async with serving(give_body, host=other) as port, serving(must_not_be_asked, port=port):
            names = Names(media_example=[[other], [LOOPBACK]])
            async with outward(names=names) as opened:
                got = await fetch(opened, f"http://media.example:{port}/", tmp_path / "a")
                assert got.size_bytes == len(BODY)
                assert names.asked == ["media.example"]
            # The next one resolves for itself, and is refused: no older answer is believed either.
            async with outward(names=names) as opened:
                with pytest.raises(AddressRefused):
                    await fetch(opened, f"http://media.example:{port}/", tmp_path / "b")
    except OSError:
        pytest.skip("this system has no 127.0.0.2")


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://metadata.example/",
        "http://2852039166/",
        "http://user:secret@127.0.0.1/",
        "ftp://media.example/a",
        "file:///etc/passwd",
        "data:text/plain,x",
        "//0.0.0.0/",
    ],
)
async def test_every_redirect_is_checked_again(target: str, tmp_path: Path) -> None:
    async def lead_away(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": target})

    names = Names(metadata_example=[["169.254.169.254"]])
    async with serving(lead_away) as port, outward(names=names) as opened:
        with pytest.raises(AddressRefused):
            await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a")


async def test_redirects_are_followed_so_far_and_no_further(tmp_path: Path) -> None:
    async def count_down(request: web.BaseRequest) -> web.StreamResponse:
        left = int(request.path.strip("/"))
        return web.Response(status=302, headers={"Location": f"/{left - 1}"}) if left else web.Response(body=BODY)

    async with serving(count_down) as port, outward() as opened:
        assert (await fetch(opened, f"http://{LOOPBACK}:{port}/{REDIRECTS}", tmp_path / "a")).size_bytes == len(BODY)
        with pytest.raises(OutboundFailed, match="redirected more than"):
            await fetch(opened, f"http://{LOOPBACK}:{port}/{REDIRECTS + 1}", tmp_path / "b")


@pytest.mark.parametrize(("headers", "words"), [({}, "nowhere"), ({"Location": "http://[::1"}, "not a link")])
async def test_a_redirect_to_no_link_fails(headers: dict[str, str], words: str, tmp_path: Path) -> None:
    async def lead_astray(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers=headers)

    async with serving(lead_astray) as port, outward() as opened:
        with pytest.raises(OutboundFailed, match=words):
            await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a")


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    pair = tmp_path / "pair.pem"
    pair.write_text(TLS_KEY + TLS_CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    return context


async def test_https_never_becomes_http(tmp_path: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pair.pem"))

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/a.mp4":
            return web.Response(body=BODY)
        return web.Response(status=302, headers={"Location": f"http://{request.host}/a.mp4"})

    async with serving(answer, tls=tls) as port, outward(names=Names(media_example=[[LOOPBACK]])) as opened:
        assert (await fetch(opened, f"https://media.example:{port}/a.mp4", tmp_path / "a")).size_bytes == len(BODY)
        with pytest.raises(AddressRefused, match="from https to plain http"):
            await fetch(opened, f"https://media.example:{port}/", tmp_path / "b")


async def test_a_certificate_must_be_valid_for_the_name(
    tmp_path: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(media_example=[[LOOPBACK]], other_example=[[LOOPBACK]])
    async with serving(give_body, tls=tls) as port:
        async with outward(names=names) as opened:
            with pytest.raises(OutboundFailed, match="certificate is not valid"):
                await fetch(opened, f"https://media.example:{port}/", tmp_path / "a")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pair.pem"))
        async with outward(names=names) as opened:
            with pytest.raises(OutboundFailed, match="certificate is not valid"):
                await fetch(opened, f"https://other.example:{port}/", tmp_path / "a")


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("head", "drip", "then_close", "error", "words"),
    [
        (OK + b"Content-Length: 3000\r\n\r\nhello", b"", True, OutboundFailed, "ended before"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"", True, OutboundFailed, "ended before"),
        (OK + b"Content-Length: 100000\r\n\r\n", b"", True, AnswerTooLarge, "larger than 4096 bytes"),
        (OK + b"\r\n", b"x" * 1000, False, AnswerTooLarge, "larger than 4096 bytes"),
        (
            OK + b"Transfer-Encoding: chunked\r\n\r\n",
            b"3e8\r\n" + b"x" * 1000 + b"\r\n",
            False,
            AnswerTooLarge,
            "larger",
        ),
        (OK + b"Content-Length: 0\r\n\r\n", b"", True, OutboundFailed, "is empty"),
        (OK + b"\r\n", b"", True, OutboundFailed, "is empty"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", b"", True, OutboundFailed, "status 404"),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\nno", b"", True, OutboundFailed, "status 206"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", b"", True, OutboundFailed, "not HTTP"),
        (b"", b"", True, OutboundFailed, "connection was lost"),
        (OK + b"Content-Length: -5\r\n\r\n", b"", True, OutboundFailed, "not HTTP"),
        (OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n", b"", True, OutboundFailed, "not HTTP"),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 9999), b"", True, OutboundFailed, "compressed"),
        (OK + b"Content-Encoding: aws-chunked, BR\r\n\r\nxxx", b"", True, OutboundFailed, "compressed"),
        # Without an end: only the clock ends these.
        (OK + b"Content-Length: 3000\r\n\r\n", b"", False, OutboundFailed, "not complete after 0.3 seconds"),
        (OK + b"X-A: b\r\n", b"X: y\r\n", False, OutboundFailed, "not complete|not HTTP"),
        (
            b"HTTP/1.1 103 Early Hints\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\n\r\n",
            False,
            OutboundFailed,
            "not complete",
        ),
        (b"", b"", False, OutboundFailed, "not complete after 0.3 seconds"),
    ],
    ids=[
        "a body shorter than announced",
        "a chunked body without its end",
        "a body announced as too large",
        "an endless body",
        "an endless chunked body",
        "a body announced as empty",
        "an empty body",
        "not found",
        "a part",
        "another protocol",
        "nothing",
        "a negative length",
        "a huge header",
        "gzip",
        "brotli among others",
        "no body",
        "endless headers",
        "endless early hints",
        "silence",
    ],
)
async def test_a_host_that_misbehaves_ends_in_one_plain_sentence(
    head: bytes, drip: bytes, then_close: bool, error: type[OutboundError], words: str, tmp_path: Path
) -> None:
    seconds = 0.3 if "not complete" in words else 30
    async with speaking(head=head, drip=drip, then_close=then_close) as port, outward() as opened:
        with pytest.raises(error, match=words) as caught:
            await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a", limit_bytes=4096, seconds=seconds)
    assert not (tmp_path / "a").exists()
    assert LOOPBACK not in caught.value.message
    assert str(port) not in caught.value.message


async def test_a_body_that_drips_is_ended_by_the_clock(tmp_path: Path) -> None:
    async with speaking(head=OK + b"\r\n", drip=b"x") as port, outward() as opened:
        with pytest.raises(OutboundFailed, match="not complete after"):
            await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a", limit_bytes=10**9, seconds=0.3)
    assert not (tmp_path / "a").exists()


async def test_a_foreign_word_for_the_encoding_leaves_the_bytes_alone(tmp_path: Path) -> None:
    head = OK + b"Content-Encoding: aws-chunked\r\n\r\nhello"
    async with speaking(head=head, then_close=True) as port, outward() as opened:
        got = await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a")
    assert got == Downloaded(None, 5)
    assert (tmp_path / "a").read_bytes() == b"hello"


async def test_exactly_the_limit_is_within_it(tmp_path: Path) -> None:
    async with serving(give_body) as port, outward() as opened:
        await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a", limit_bytes=len(BODY))
        with pytest.raises(AnswerTooLarge):
            await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "b", limit_bytes=len(BODY) - 1)


async def test_a_host_that_is_not_there_is_named_by_nothing_in_the_message(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind((LOOPBACK, 0))
        port = unused.getsockname()[1]
        async with outward(names=Names(media_example=[[LOOPBACK]])) as opened:
            with pytest.raises(OutboundFailed) as away:
                await fetch(opened, f"http://media.example:{port}/", tmp_path / "a")
            with pytest.raises(OutboundFailed) as unknown:
                await fetch(opened, "http://unknown.example/", tmp_path / "a")
    assert away.value.message == "the host cannot be reached"
    assert unknown.value.message == "the link's host name has no address"


async def test_a_download_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    async with speaking(head=OK + b"\r\n", drip=b"x" * 65536) as port, outward() as opened:
        download = asyncio.create_task(fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "a", limit_bytes=10**12))
        while not (tmp_path / "a").exists() or not (tmp_path / "a").stat().st_size:
            await asyncio.sleep(0.001)
        download.cancel()
        with pytest.raises(asyncio.CancelledError):
            await download
    assert list(tmp_path.iterdir()) == []


async def test_a_disk_that_cannot_be_written_is_our_trouble_and_not_the_link_s(tmp_path: Path) -> None:
    async with serving(give_body) as port, outward() as opened:
        with pytest.raises(Unavailable):
            await fetch(opened, f"http://{LOOPBACK}:{port}/", tmp_path / "missing" / "a")

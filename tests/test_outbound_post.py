"""Posting, with real sockets on loopback: any answer is an answer, and nothing is sent where we do not go."""

import asyncio
import socket
import time
from typing import Any

import pytest
from aiohttp import web
from tests.test_outbound import LOOPBACK, Names, must_not_be_asked, outward, serving, speaking

from filmgate import resolver
from filmgate.errors import AddressRefused, OutboundFailed
from filmgate.outbound import USER_AGENT, Outbound, Posted

BODY = '{"prompt": "纸船"}'.encode()


async def send(opened: Outbound, url: str, seconds: float = 10) -> Posted:
    headers = {"Content-Type": "application/json", "webhook-id": "evt_1"}
    return await opened.post(url, BODY, headers, timeout_seconds=seconds)


async def test_the_receiver_gets_the_bytes_and_the_headers() -> None:
    seen: list[tuple[str, bytes, dict[str, str]]] = []

    async def receive(request: web.BaseRequest) -> web.StreamResponse:
        seen.append((request.method, await request.read(), dict(request.headers)))
        return web.Response(status=202, text="danke schön")

    async with serving(receive) as port, outward() as opened:
        posted = await send(opened, f"http://{LOOPBACK}:{port}/hook?a=b")
    assert posted == Posted(status=202, answer="danke schön", retry_after=None)
    [(method, body, headers)] = seen
    assert (method, body) == ("POST", BODY)
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == str(len(BODY))
    assert headers["User-Agent"] == USER_AGENT
    assert headers["webhook-id"] == "evt_1"


@pytest.mark.parametrize("status", [200, 204, 301, 404, 410, 429, 500, 503])
async def test_every_status_is_an_answer(status: int) -> None:
    async def receive(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers={"Retry-After": "7"})

    async with serving(receive) as port, outward() as opened:
        assert await send(opened, f"http://{LOOPBACK}:{port}/") == Posted(status=status, answer="", retry_after="7")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with serving(must_not_be_asked) as trap:

        async def receive(request: web.BaseRequest) -> web.StreamResponse:
            return web.Response(status=status, headers={"Location": f"http://{LOOPBACK}:{trap}/"})

        async with serving(receive) as port, outward() as opened:
            assert (await send(opened, f"http://{LOOPBACK}:{port}/")).status == status


async def test_a_kilobyte_of_the_answer_is_kept_and_then_hung_up() -> None:
    hung_up = asyncio.Event()

    async def receive(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        finally:
            hung_up.set()

    async with serving(receive) as port, outward() as opened:
        assert (await send(opened, f"http://{LOOPBACK}:{port}/")).answer == "x" * 1024
        await asyncio.wait_for(hung_up.wait(), 5)


async def test_what_is_no_text_is_kept_as_text() -> None:
    async def receive(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"a\0b\xff\xfec")

    async with serving(receive) as port, outward() as opened:
        assert (await send(opened, f"http://{LOOPBACK}:{port}/")).answer == "a\ufffdb\ufffd\ufffdc"


async def test_an_answer_whose_body_never_comes_is_one_all_the_same() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning"
    async with speaking(head=head) as port, outward() as opened:
        began = time.monotonic()
        assert await send(opened, f"http://{LOOPBACK}:{port}/") == Posted(
            status=200, answer="beginning", retry_after=None
        )
        assert time.monotonic() - began < 5


async def test_a_receiver_that_says_nothing_is_given_up() -> None:
    async with speaking(head=b"") as port, outward() as opened:
        with pytest.raises(OutboundFailed, match=r"after 0\.3 seconds"):
            await send(opened, f"http://{LOOPBACK}:{port}/", seconds=0.3)


@pytest.mark.parametrize(
    "head", [b"SSH-2.0-OpenSSH_9.7\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"\0" * 50]
)
async def test_what_is_no_http_is_no_answer(head: bytes) -> None:
    async with speaking(head=head) as port, outward() as opened:
        with pytest.raises(OutboundFailed, match="not HTTP as it should be"):
            await send(opened, f"http://{LOOPBACK}:{port}/")


async def test_a_receiver_that_hangs_up_is_no_answer() -> None:
    async with speaking(head=b"", then_close=True) as port, outward() as opened:
        with pytest.raises(OutboundFailed, match="connection was lost"):
            await send(opened, f"http://{LOOPBACK}:{port}/")


async def test_nobody_there_is_no_answer() -> None:
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    async with outward() as opened:
        with pytest.raises(OutboundFailed, match="cannot be reached"):
            await send(opened, f"http://{LOOPBACK}:{port}/")


async def test_no_connection_is_used_twice() -> None:
    peers: set[Any] = set()

    async def receive(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.Response()

    async with serving(receive) as port, outward() as opened:
        for _ in range(3):
            await send(opened, f"http://{LOOPBACK}:{port}/")
    assert len(peers) == 3


@pytest.mark.parametrize("url", [
    "http://hooks.example/", "ftp://hooks.example/", "https://user:secret@hooks.example/", "https://10.0.0.1/",
    "https://[::1]/", "https://2130706433/", "https://169.254.169.254/latest/", "hooks.example", "", "https://",
])  # fmt: skip
async def test_a_url_that_leads_where_we_do_not_go_is_refused(url: str) -> None:
    async with outward(allow_private_networks=False, names=Names(hooks_example=[["93.184.215.14"]])) as opened:
        with pytest.raises(AddressRefused):
            await send(opened, url)


@pytest.mark.parametrize("answer", [["10.1.2.3"], ["127.0.0.1"], ["::1"], ["93.184.215.14", "192.168.0.1"]])
async def test_a_name_that_leads_into_a_private_network_is_refused_at_the_moment_of_dialling(answer: list[str]) -> None:
    names = Names(hooks_example=[answer])
    async with outward(allow_private_networks=False, names=names) as opened:
        with pytest.raises(AddressRefused, match="private network"):
            await send(opened, "https://hooks.example/")
    assert names.asked == ["hooks.example"]


async def test_those_who_ask_for_one_name_share_one_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that never answers then holds one thread, however much there is to tell behind it."""
    asked: list[str] = []

    def slowly(host: str) -> list[str]:
        asked.append(host)
        time.sleep(0.3)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(resolver, "_system_addresses", slowly)
    async with outward() as opened:
        sends = [send(opened, f"https://slow.example/{number}", seconds=0.1) for number in range(50)]
        ended = await asyncio.gather(*sends, return_exceptions=True)
        assert {type(exc) for exc in ended} == {OutboundFailed}
        assert asked == ["slow.example"]
        await asyncio.sleep(0.5)
        with pytest.raises(OutboundFailed, match="no address"):
            await send(opened, "https://slow.example/")
        assert asked == ["slow.example"] * 2

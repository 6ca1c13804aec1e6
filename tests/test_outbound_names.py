"""Outbound with a real name server on loopback, which says whatever a test wants, and with the ports it may use."""

import asyncio
import socket
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, A, DNSRecord
from tests.test_outbound import BODY, LOOPBACK, give_body, must_not_be_asked, serving

from filmgate import addresses, resolver
from filmgate.errors import AddressRefused, OutboundFailed
from filmgate.outbound import Outbound

PUBLIC = "127.0.0.2"
"""Stands for a public host: the rule is told that it is one."""


class NameServer(asyncio.DatagramProtocol):
    """A name server on a UDP port, and a resolver that asks there as the system's would.

    Each name has a list of answers; the last one stays. An answer is addresses, or a name that it is another of.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: dict[str, int] = defaultdict(int)
        self.is_silent = False
        self.port = 0

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        request = DNSRecord.parse(data)
        name, kind = str(request.q.qname).rstrip("."), QTYPE[request.q.qtype]
        reply = request.reply()
        answer = self._next(name, kind)
        if answer is None:
            reply.header.rcode = RCODE.NXDOMAIN
        for value in answer or []:
            self._add(reply, name, kind, value)
        if not self.is_silent:
            self._transport.sendto(reply.pack(), addr)

    async def __call__(self, host: str) -> list[str]:
        return await asyncio.to_thread(self._ask, host)

    def _next(self, name: str, kind: str) -> list[str] | None:
        answers = self.answers.get(name)
        if answers is None:
            return None
        # The two questions of one look-up, for A and for AAAA, have one answer.
        turn = min(self.asked[f"{name} {kind}"], len(answers) - 1)
        self.asked[f"{name} {kind}"] += 1
        return answers[turn]

    def _add(self, reply: DNSRecord, name: str, kind: str, value: str) -> None:
        if value.endswith(".example"):
            reply.add_answer(RR(name, QTYPE.CNAME, ttl=0, rdata=CNAME(value)))
            for inner in self._next(value, kind) or []:
                self._add(reply, value, kind, inner)
        elif ":" in value and kind == "AAAA":
            reply.add_answer(RR(name, QTYPE.AAAA, ttl=0, rdata=AAAA(tuple(ip_address(value).packed))))
        elif ":" not in value and kind == "A":
            reply.add_answer(RR(name, QTYPE.A, ttl=0, rdata=A(value)))

    def _ask(self, host: str) -> list[str]:
        found: list[str] = []
        for kind in ("A", "AAAA"):
            reply = DNSRecord.parse(DNSRecord.question(host, kind).send(LOOPBACK, self.port, timeout=2))
            found += [str(answer.rdata) for answer in reply.rr if answer.rtype in (QTYPE.A, QTYPE.AAAA)]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, f"{host} is not known at {LOOPBACK}:{self.port}")
        return found


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """The name server, with nothing in it."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=(LOOPBACK, 0))
    yield server
    transport.close()


@pytest.fixture(autouse=True)
def one_public_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule as it is by default, but for one address."""
    rule = addresses.check_address

    def check(address: addresses.Address, *, allow_private_networks: bool) -> None:
        if str(address) != PUBLIC:
            rule(address, allow_private_networks=False)

    monkeypatch.setattr(resolver, "check_address", check)
    monkeypatch.setattr(addresses, "check_address", check)


@asynccontextmanager
async def outward(names: NameServer, *ports: int) -> AsyncIterator[Outbound]:
    # Plain http, so that the test needs no certificates; the rule for addresses is the strict one all the same.
    opened = Outbound(allow_private_networks=True, resolve=names, link_ports=ports or None)
    try:
        yield opened
    finally:
        await opened.close()


async def fetch(opened: Outbound, url: str, path: Path, seconds: float = 10) -> int:
    return (await opened.download(url, path, limit_bytes=10**7, timeout_seconds=seconds)).size_bytes


async def test_a_name_leads_to_the_address_that_its_server_says(names: NameServer, tmp_path: Path) -> None:
    names.answers = {"media.example": [["cdn.example"]], "cdn.example": [[PUBLIC]]}
    async with serving(give_body, host=PUBLIC) as port, outward(names) as opened:
        assert await fetch(opened, f"http://media.example:{port}/", tmp_path / "a") == len(BODY)


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["192.168.0.1"],
        ["100.64.0.1"],
        ["169.254.169.254"],
        ["224.0.0.251"],
        ["0.0.0.0"],
        ["255.255.255.255"],
        ["::1"],
        ["::"],
        ["fd12::1"],
        ["fe80::1"],
        ["ff02::fb"],
        ["fd00:ec2::254"],
        ["::ffff:127.0.0.1"],
        ["::ffff:169.254.169.254"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        [PUBLIC, "127.0.0.1"],
        [PUBLIC, "::1"],
        ["inner.example"],
    ],
)
async def test_a_name_that_leads_inside_is_refused(names: NameServer, answer: list[str], tmp_path: Path) -> None:
    names.answers = {"media.example": [answer], "inner.example": [["10.0.0.1"]]}
    async with serving(must_not_be_asked) as port, outward(names) as opened:
        with pytest.raises(AddressRefused, match="leads to"):
            await fetch(opened, f"http://media.example:{port}/", tmp_path / "a")


async def test_a_name_that_leads_elsewhere_the_second_time_is_asked_once(names: NameServer, tmp_path: Path) -> None:
    names.answers = {"media.example": [[PUBLIC], [LOOPBACK]]}
    async with serving(give_body, host=PUBLIC) as port, serving(must_not_be_asked, port=port), outward(names) as opened:
        assert await fetch(opened, f"http://media.example:{port}/", tmp_path / "a") == len(BODY)
        assert names.asked["media.example A"] == 1


async def test_a_name_that_leads_elsewhere_after_a_redirect_is_refused(names: NameServer, tmp_path: Path) -> None:
    async def back_to_itself(request: web.BaseRequest) -> web.StreamResponse:
        response = web.Response(status=302, headers={"Location": f"http://media.example:{port}/again"})
        response.force_close()
        return response

    names.answers = {"media.example": [[PUBLIC], [LOOPBACK]]}
    async with (
        serving(back_to_itself, host=PUBLIC) as port,
        serving(must_not_be_asked, port=port),
        outward(names) as opened,
    ):
        with pytest.raises(AddressRefused, match="private network"):
            await fetch(opened, f"http://media.example:{port}/", tmp_path / "a")


@pytest.mark.parametrize(
    "target",
    [
        "http://inner.example/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://[::ffff:7f00:1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://user:secret@media.example/",
        "//inner.example/",
        "ftp://media.example/",
    ],
)
async def test_a_redirect_that_leads_inside_is_refused(names: NameServer, target: str, tmp_path: Path) -> None:
    async def lead(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": target})

    names.answers = {"media.example": [[PUBLIC]], "inner.example": [["10.0.0.1"]]}
    async with serving(lead, host=PUBLIC) as port, outward(names) as opened:
        with pytest.raises(AddressRefused):
            await fetch(opened, f"http://media.example:{port}/", tmp_path / "a")


async def test_a_redirect_to_a_port_that_links_may_not_use_is_refused(names: NameServer, tmp_path: Path) -> None:
    async def lead(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"http://media.example:{other}/"})

    names.answers = {"media.example": [[PUBLIC]]}
    async with serving(lead, host=PUBLIC) as port, serving(give_body, host=PUBLIC) as other:
        async with outward(names, port) as opened:
            with pytest.raises(AddressRefused, match=f"leads to port {other}"):
                await fetch(opened, f"http://media.example:{port}/", tmp_path / "a")
        async with outward(names, port, other) as opened:
            assert await fetch(opened, f"http://media.example:{port}/", tmp_path / "a") == len(BODY)


async def test_a_receiver_on_a_port_that_links_may_not_use_hears_nothing(names: NameServer) -> None:
    names.answers = {"hooks.example": [[PUBLIC]]}
    async with serving(must_not_be_asked, host=PUBLIC) as port, outward(names, 8443) as opened:
        with pytest.raises(AddressRefused, match="leads to port"):
            await opened.post(f"http://hooks.example:{port}/", b"{}", {}, timeout_seconds=5)
    assert names.asked == {}


async def test_a_name_server_that_does_not_answer_is_ended_by_the_clock(names: NameServer, tmp_path: Path) -> None:
    names.is_silent = True
    names.answers = {"media.example": [[PUBLIC]]}
    async with outward(names) as opened:
        with pytest.raises(OutboundFailed, match="not complete after"):
            await fetch(opened, "http://media.example/", tmp_path / "a", seconds=0.2)


async def test_a_name_that_nobody_knows_is_told_without_the_server_s_address(names: NameServer, tmp_path: Path) -> None:
    async with outward(names) as opened:
        with pytest.raises(OutboundFailed) as caught:
            await fetch(opened, "http://nobody.example/", tmp_path / "a")
    assert caught.value.message == "the link's host name has no address"


async def test_redirects_that_each_take_their_time_are_ended_by_one_clock(names: NameServer, tmp_path: Path) -> None:
    async def dawdle(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return web.Response(status=302, headers={"Location": f"{request.path}a"})

    names.answers = {"media.example": [[PUBLIC]]}
    async with serving(dawdle, host=PUBLIC) as port, outward(names) as opened:
        with pytest.raises(OutboundFailed, match="not complete after"):
            await fetch(opened, f"http://media.example:{port}/", tmp_path / "a", seconds=0.5)

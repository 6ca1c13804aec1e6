"""Calls of APIs, and downloads that are cut, with real sockets on loopback."""

import asyncio
import hashlib
import socket
from pathlib import Path

import pytest
from aiohttp import web
from tests.test_outbound import LOOPBACK, Handler, Names, outward, serving, speaking

from filmgate.errors import AddressRefused, OutboundFailed
from filmgate.outbound import Answered, Downloaded, Outbound

FILM = b"".join(hashlib.sha256(bytes([number % 251])).digest() for number in range(40_000))
KEY = {"Authorization": "Bearer of-the-route"}


async def call(outbound: Outbound, port: int, method: str = "POST", **changes: object) -> Answered:
    values: dict[str, object] = {"limit_bytes": 1000, "timeout_seconds": 5.0, "headers": KEY, **changes}
    return await outbound.call(method, f"http://{LOOPBACK}:{port}/v1/films", **values)  # type: ignore[arg-type]


async def test_a_call_arrives_as_it_was_described_and_is_answered() -> None:
    heard = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        heard.append((request.method, str(request.rel_url), request.headers.get("Authorization"), await request.read()))
        return web.Response(status=418, body=b"short", headers={"Retry-After": "7"})

    async with serving(answer) as port, outward() as outbound:
        answered = await call(outbound, port, query=(("ids", "a b"), ("ids", "c&d")), body=b"{}")
    assert heard == [("POST", "/v1/films?ids=a+b&ids=c%26d", KEY["Authorization"], b"{}")]
    assert (answered.status, answered.body, answered.headers["Retry-After"]) == (418, b"short", "7")


async def test_a_redirect_is_an_answer_and_the_key_goes_nowhere_else() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "https://elsewhere.example/"})

    async with serving(answer) as port, outward() as outbound:
        assert (await call(outbound, port)).status == 307


async def test_an_answer_over_the_limit_is_none() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"x" * 1001)

    async with serving(answer) as port, outward() as outbound:
        with pytest.raises(OutboundFailed, match="larger than 1000 bytes"):
            await call(outbound, port)


async def test_only_what_was_never_sent_surely_did_not_arrive() -> None:
    with socket.socket() as unused:
        unused.bind((LOOPBACK, 0))
        async with outward(names=Names()) as outbound:
            with pytest.raises(OutboundFailed) as away:
                await call(outbound, unused.getsockname()[1])
            with pytest.raises(OutboundFailed) as unknown:
                await outbound.call("POST", "http://no.example/", limit_bytes=1, timeout_seconds=5)
    assert (away.value.may_have_arrived, unknown.value.may_have_arrived) == (False, False)
    for head in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"):
        async with speaking(head=head, then_close=True) as port, outward() as outbound:
            with pytest.raises(OutboundFailed) as lost:
                await call(outbound, port)
        assert lost.value.may_have_arrived

    async def silent(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async with serving(silent) as port, outward() as outbound:
        with pytest.raises(OutboundFailed, match="not complete after") as slow:
            await call(outbound, port, timeout_seconds=0.2)
    assert slow.value.may_have_arrived


async def test_an_address_inside_is_not_called() -> None:
    async with outward(allow_private_networks=False) as outbound:
        with pytest.raises(AddressRefused):
            await outbound.call("POST", "https://127.0.0.1/", limit_bytes=1, timeout_seconds=5)


def cutting(etag: str | None, asked: list[str | None], *, cuts: int, whole_again: bool = False) -> Handler:
    """Sends the film a third at a time, each time but the last with a broken connection behind it."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.headers.get("Range"))
        start = 0
        if request.headers.get("Range") and not whole_again:
            assert request.headers["If-Range"] == etag
            start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        response = web.StreamResponse(status=206 if start else 200, headers={"ETag": etag} if etag else {})
        response.content_length = len(FILM) - start
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{len(FILM) - 1}/{len(FILM)}"
        await response.prepare(request)
        if len(asked) <= cuts:
            await response.write(FILM[start : start + len(FILM) // 3])
            assert request.transport is not None
            request.transport.close()
        else:
            await response.write(FILM[start:])
        return response

    return answer


async def test_a_film_that_is_cut_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    asked: list[str | None] = []
    async with serving(cutting('"v1"', asked, cuts=2)) as port, outward() as outbound:
        got = await outbound.download(
            f"http://{LOOPBACK}:{port}/", tmp_path / "film", limit_bytes=10**8, timeout_seconds=20, resumes=2
        )
    assert got == Downloaded("application/octet-stream", len(FILM))
    assert (tmp_path / "film").read_bytes() == FILM
    assert asked[0] is None
    starts = [int(str(asked[number]).removeprefix("bytes=").rstrip("-")) for number in (1, 2)]
    assert 0 < starts[0] < starts[1] < len(FILM)


async def test_a_film_that_has_changed_meanwhile_is_written_anew(tmp_path: Path) -> None:
    asked: list[str | None] = []
    answer = cutting('"v1"', asked, cuts=1, whole_again=True)
    async with serving(answer) as port, outward() as outbound:
        await outbound.download(
            f"http://{LOOPBACK}:{port}/", tmp_path / "film", limit_bytes=10**8, timeout_seconds=20, resumes=2
        )
    assert (tmp_path / "film").read_bytes() == FILM
    assert len(asked) == 2


@pytest.mark.parametrize(("etag", "resumes"), [(None, 5), ('W/"v1"', 5), ('"v1"', 0), ('"v1"', 1)])
async def test_a_film_that_cannot_go_on_leaves_nothing(tmp_path: Path, etag: str | None, resumes: int) -> None:
    asked: list[str | None] = []
    async with serving(cutting(etag, asked, cuts=9)) as port, outward() as outbound:
        with pytest.raises(OutboundFailed, match="ended before it was complete"):
            await outbound.download(
                f"http://{LOOPBACK}:{port}/", tmp_path / "film", limit_bytes=10**8, timeout_seconds=20, resumes=resumes
            )
    assert len(asked) == (2 if resumes == 1 else 1)
    assert list(tmp_path.iterdir()) == []


async def test_the_key_of_a_link_is_not_shown_to_where_it_redirects(tmp_path: Path) -> None:
    seen: list[str | None] = []

    async def second(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return web.Response(body=b"film")

    async with serving(second) as other:

        async def first(request: web.BaseRequest) -> web.StreamResponse:
            seen.append(request.headers.get("Authorization"))
            if request.path == "/":
                return web.Response(status=302, headers={"Location": "/same"})
            return web.Response(status=302, headers={"Location": f"http://{LOOPBACK}:{other}/"})

        async with serving(first) as port, outward() as outbound:
            await outbound.download(
                f"http://{LOOPBACK}:{port}/", tmp_path / "film", limit_bytes=100, timeout_seconds=5, headers=KEY
            )
    assert seen == [KEY["Authorization"], KEY["Authorization"], None]

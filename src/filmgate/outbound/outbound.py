"""HTTP outward: calls, posts and downloads.

A link is checked three times: its own text, every address its name resolves to, and both again at each redirect. The
addresses that were checked are the ones dialled: they go from the resolver straight to the socket, and no name is
resolved a second time.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import aiohttp
import msgspec
from yarl import URL

from filmgate import __version__
from filmgate.addresses import check_link
from filmgate.errors import AddressRefused, OutboundFailed, Unavailable
from filmgate.outbound.download import Download, Downloaded, whole_or_gone
from filmgate.outbound.words import in_words
from filmgate.resolver import CheckedResolver, Resolve

USER_AGENT = f"filmgate/{__version__}"
REDIRECTS = 5

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_CONNECT_SECONDS = 10.0
_KEPT_ANSWER_BYTES = 1024
_KEPT_ANSWER_SECONDS = 1.0
# A host that is silent for so long in the middle of a body is gone.
_SILENCE_SECONDS = 30.0
_MOVED = frozenset({301, 302, 303, 307, 308})


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What a post was answered, whatever the status."""

    status: int
    answer: str
    """The beginning of the body, as far as it is text."""
    retry_after: str | None
    """The header, as it came."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a call was answered, whatever the status."""

    status: int
    headers: dict[str, str]
    """By the names as they came; of one that came several times, the last."""
    body: bytes


class Outbound:
    """HTTP outward, for one event loop.

    Args:
        allow_private_networks: let links lead to private and loopback addresses, and use plain http.
        resolve: how names become addresses; the system's resolver unless given.
        link_ports: which ports besides those of their schemes links and receivers may have; None: any.
    """

    def __init__(
        self,
        *,
        allow_private_networks: bool,
        resolve: Resolve | None = None,
        link_ports: Collection[int] | None = None,
    ) -> None:
        self._allow_private_networks = allow_private_networks
        self._link_ports = link_ports
        self._resolver = CheckedResolver(resolve, allow_private_networks=allow_private_networks)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def download(
        self,
        url: str,
        path: Path,
        *,
        limit_bytes: int,
        timeout_seconds: float,
        headers: Mapping[str, str] = _NO_HEADERS,
        resumes: int = 0,
    ) -> Downloaded:
        """Fetch a link into a file.

        Args:
            url: https (plain http only where private networks are allowed).
            path: where the bytes go; removed again when anything goes wrong.
            limit_bytes: more than this is refused, whatever the other side announced.
            timeout_seconds: for the whole of it, redirects included.
            headers: for the link's own host alone: a redirect to another one does not get them.
            resumes: how often to go on from where the answer was cut.

        Raises:
            AddressRefused: the link, or a redirect, leads where we do not go.
            AnswerTooLarge: over the limit.
            OutboundFailed: anything else that is not a whole, plain 200 answer with a body.
            Unavailable: the bytes cannot be written.
        """
        target = self._checked(url)

        def get(more: Mapping[str, str]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
            return self._following_redirects(target, headers, more)

        try:
            with in_words(timeout_seconds), whole_or_gone(path):
                async with asyncio.timeout(timeout_seconds):
                    # Opened here: what a thread opens is lost, and stays open, when the caller is cancelled meanwhile.
                    with path.open("wb") as file:
                        return await Download(get, file, limit_bytes, resumes).run()
        except OSError as exc:
            raise Unavailable("the downloaded bytes cannot be written to this machine's disk") from exc

    async def call(
        self,
        method: str,
        url: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
        body: bytes = b"",
        limit_bytes: int,
        timeout_seconds: float,
    ) -> Answered:
        """Call an API. Redirects are not followed: they are an answer as any other.

        Args:
            url: as for ``download``; percent-encoded.
            query: is added to it.
            limit_bytes: a larger answer is none.

        Raises:
            AddressRefused: the address is not one to call; nothing was sent.
            OutboundFailed: there was no whole answer; ``may_have_arrived`` says whether the call was perhaps heard.
        """
        target = self._checked(url).extend_query(query)
        # A call that changes something goes over a connection of its own: on one that was kept, the other side may have
        # hung up meanwhile, and nobody knows then whether it heard.
        session = self._opened(keep_connections=method == "GET")
        with in_words(timeout_seconds):
            async with (
                asyncio.timeout(timeout_seconds),
                session.request(method, target, data=body or None, headers=headers, allow_redirects=False) as response,
            ):
                content = bytearray()
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > limit_bytes:
                        raise OutboundFailed(f"the answer is larger than {limit_bytes} bytes")
                return Answered(status=response.status, headers=dict(response.headers), body=bytes(content))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_seconds: float) -> Posted:
        """Send a body to a receiver. Redirects are not followed: they are an answer as any other.

        Args:
            url: as for ``download``.
            timeout_seconds: until there is an answer. Its body is waited for a second longer, for what people may
                read in it.

        Raises:
            AddressRefused: the link leads where we do not go; nothing was sent.
            OutboundFailed: there was no answer.
        """
        with in_words(timeout_seconds):
            async with asyncio.timeout(timeout_seconds):
                # A connection of its own: on one that was kept, the receiver may have hung up meanwhile, and nobody
                # knows then whether it heard.
                response = await self._opened(keep_connections=False).post(
                    self._checked(url), data=body, headers=headers, allow_redirects=False
                )
        try:
            answer = await _beginning(response.content)
        finally:
            response.close()
        return Posted(status=response.status, answer=answer, retry_after=response.headers.get("Retry-After"))

    async def close(self) -> None:
        """Let go of all connections."""
        for session in self._sessions.values():
            await session.close()
        self._resolver.shut_down()

    @asynccontextmanager
    async def _following_redirects(
        self, url: URL, own: Mapping[str, str], more: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer at the end of the redirects. ``own`` headers are for the first host alone."""
        origin = url.origin()
        for _ in range(REDIRECTS + 1):
            headers = {**(own if url.origin() == origin else {}), **more}
            async with self._opened(keep_connections=True).get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in _MOVED:
                    yield response
                    return
                url = self._next_hop(url, response.headers.get("Location"))
        raise OutboundFailed(f"the link was redirected more than {REDIRECTS} times")

    def _checked(self, link: str | URL) -> URL:
        return check_link(link, allow_private_networks=self._allow_private_networks, ports=self._link_ports)

    def _next_hop(self, url: URL, location: str | None) -> URL:
        if not location:
            raise OutboundFailed("the link is redirected to nowhere")
        try:
            target = url.join(URL(location))
        except ValueError as exc:
            raise OutboundFailed("the link is redirected to something that is not a link") from exc
        if url.scheme == "https" and target.scheme == "http":
            raise AddressRefused("the link is redirected from https to plain http")
        return self._checked(target)

    def _opened(self, *, keep_connections: bool) -> aiohttp.ClientSession:
        # Made at the first call, since it belongs to the event loop that is running then.
        if keep_connections not in self._sessions:
            connector = aiohttp.TCPConnector(
                resolver=self._resolver,
                use_dns_cache=False,
                force_close=not keep_connections,
                # How many calls run at once is the callers' matter; a slow host must not stand in the way of others.
                limit=0,
                ssl=ssl.create_default_context(),
            )
            self._sessions[keep_connections] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                # Compressed answers are refused, so nothing is ever unpacked: a small one cannot become a large one.
                auto_decompress=False,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS if keep_connections else None
                ),
                trust_env=False,
            )
        return self._sessions[keep_connections]


async def _beginning(content: aiohttp.StreamReader) -> str:
    """The first kilobyte of an answer, or what comes of it in time; as text that can be kept."""
    kept = bytearray()
    with suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(_KEPT_ANSWER_SECONDS):
            while chunk := await content.read(_KEPT_ANSWER_BYTES - len(kept)):
                kept += chunk
    return kept.decode("utf-8", "replace").replace("\0", "\ufffd")

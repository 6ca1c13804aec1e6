"""Outbound: the one file that speaks HTTP outward.

A link is checked three times: its own text, every address its name resolves to, and both again at each redirect. The
addresses that were checked are the ones dialled: they go from the resolver straight to the socket, and no name is
resolved a second time. What goes wrong becomes ``OutboundError`` here, in sentences that a customer may read: no
address of ours, no text of the operating system.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import anyio
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from filmgate import __version__
from filmgate.addresses import check_address, check_link
from filmgate.errors import AddressRefused, OutboundFailed, Unavailable

USER_AGENT = f"filmgate/{__version__}"
REDIRECTS = 5

Resolve = Callable[[str], Awaitable[list[str]]]
"""A host name to its IP addresses; raises OSError when it has none."""

_CONNECT_SECONDS = 10.0
_RESOLVER_THREADS = 16
# Large enough that handing a block to a thread costs nothing beside writing it, small enough that many downloads at
# once stay small.
_BLOCK_BYTES = 128 * 1024
# Other words in Content-Encoding (aws-chunked, utf-8) are common mistakes; the bytes are taken as they are.
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})
_MOVED = frozenset({301, 302, 303, 307, 308})


class Downloaded(msgspec.Struct, frozen=True):
    """A file that was fetched."""

    content_type: str | None
    """As the other side named it, without parameters; believed by nobody."""
    size_bytes: int


class AnswerTooLarge(OutboundFailed):
    """The answer is larger than the caller wants."""

    code = "answer_too_large"
    retryable = False


class Outbound:
    """HTTP outward, for one event loop.

    Args:
        allow_private_networks: let links lead to private and loopback addresses, and use plain http.
        resolve: how names become addresses; the system's resolver unless given.
    """

    def __init__(self, *, allow_private_networks: bool, resolve: Resolve | None = None) -> None:
        self._allow_private_networks = allow_private_networks
        self._resolver = _CheckedResolver(resolve, allow_private_networks=allow_private_networks)
        self._session: aiohttp.ClientSession | None = None

    async def download(self, url: str, path: Path, *, limit_bytes: int, timeout_seconds: float) -> Downloaded:
        """Fetch a link into a file.

        Args:
            url: https (plain http only where private networks are allowed).
            path: where the bytes go; removed again when anything goes wrong.
            limit_bytes: more than this is refused, whatever the other side announced.
            timeout_seconds: for the whole of it, redirects included.

        Raises:
            AddressRefused: the link, or a redirect, leads where we do not go.
            AnswerTooLarge: over the limit.
            OutboundFailed: anything else that is not a whole, plain 200 answer with a body.
            Unavailable: the bytes cannot be written.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._download(self._checked(url), path, limit_bytes)
        except aiohttp.ClientError as exc:
            raise OutboundFailed(_explain(exc)) from exc
        except TimeoutError as exc:
            raise OutboundFailed(f"the answer was not complete after {timeout_seconds:g} seconds") from exc
        except OSError as exc:
            raise Unavailable("the downloaded bytes cannot be written to this machine's disk") from exc

    async def close(self) -> None:
        """Let go of all connections."""
        if self._session is not None:
            await self._session.close()
        self._resolver.shut_down()

    async def _download(self, url: URL, path: Path, limit_bytes: int) -> Downloaded:
        for _ in range(REDIRECTS + 1):
            async with self._opened().get(url, allow_redirects=False) as response:
                if response.status not in _MOVED:
                    _check_head(response, limit_bytes)
                    size_bytes = await _write(response.content, path, limit_bytes)
                    content_type = response.content_type if "Content-Type" in response.headers else None
                    return Downloaded(content_type, size_bytes)
                url = self._next_hop(url, response.headers.get("Location"))
        raise OutboundFailed(f"the link was redirected more than {REDIRECTS} times")

    def _checked(self, link: str | URL) -> URL:
        return check_link(link, allow_private_networks=self._allow_private_networks)

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

    def _opened(self) -> aiohttp.ClientSession:
        # Made at the first call, since it belongs to the event loop that is running then.
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=self._resolver,
                use_dns_cache=False,
                # How many calls run at once is the callers' matter; a slow host must not stand in the way of others.
                limit=0,
                ssl=ssl.create_default_context(),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                # Compressed answers are refused, so nothing is ever unpacked: a small one cannot become a large one.
                auto_decompress=False,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                trust_env=False,
            )
        return self._session


class _CheckedResolver(AbstractResolver):
    """Resolves names and passes on only addresses that may be dialled.

    One forbidden address among several refuses the name: such a mixture is a trick, or a mistake to be mended there.
    """

    def __init__(self, resolve: Resolve | None, *, allow_private_networks: bool) -> None:
        self._allow_private_networks = allow_private_networks
        self._resolve = resolve or self._ask_system
        # Threads of its own: slow name servers must not use up those that write files.
        self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="resolve")

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  Whatever the name has is tried.
    ) -> list[ResolveResult]:
        try:
            addresses = [ip_address(text) for text in await self._resolve(host)]
        except (OSError, UnicodeError) as exc:
            raise OutboundFailed("the link's host name has no address") from exc
        if not addresses:
            raise OutboundFailed("the link's host name has no address")
        for address in addresses:
            check_address(address, allow_private_networks=self._allow_private_networks)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing: the threads belong to ``Outbound``."""

    def shut_down(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_system(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        )
        return [str(sockaddr[0]) for *_, sockaddr in answers]


def _check_head(response: aiohttp.ClientResponse, limit_bytes: int) -> None:
    if response.status != 200:
        raise OutboundFailed(f"the link answers with status {response.status}", http_status=response.status)
    codings = {coding.strip().lower() for coding in response.headers.get("Content-Encoding", "").split(",")}
    if codings & _COMPRESSIONS:
        raise OutboundFailed("the answer is compressed, though it was asked for as it is")
    if (response.content_length or 0) > limit_bytes:
        raise AnswerTooLarge(_too_large(limit_bytes))


async def _write(content: aiohttp.StreamReader, path: Path, limit_bytes: int) -> int:
    """Stream a body into a file and give its size.

    Blocks are written in a thread: a busy disk can hold a write for long, and in the loop everything else with it.
    """
    with _whole_or_gone(path):
        # Opened here: what a thread opens is lost, and stays open, when the caller is cancelled meanwhile.
        with path.open("wb") as opened:
            file = anyio.wrap_file(opened)
            size_bytes = written_bytes = 0
            chunks: list[bytes] = []
            async for chunk in content.iter_any():
                size_bytes += len(chunk)
                if size_bytes > limit_bytes:
                    raise AnswerTooLarge(_too_large(limit_bytes))
                chunks.append(chunk)
                if size_bytes - written_bytes >= _BLOCK_BYTES:
                    await file.writelines(chunks)
                    chunks, written_bytes = [], size_bytes
            await file.writelines(chunks)
        if size_bytes == 0:
            raise OutboundFailed("the answer is empty")
    return size_bytes


@contextmanager
def _whole_or_gone(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _too_large(limit_bytes: int) -> str:
    return f"the answer is larger than {limit_bytes} bytes"


def _explain(exc: aiohttp.ClientError) -> str:
    """What went wrong, in words of our own: aiohttp's name addresses and the errors of the operating system."""
    match exc:
        case aiohttp.ClientConnectorCertificateError():
            return "the host's certificate is not valid"
        case aiohttp.ClientSSLError():
            return "the host does not speak TLS as it should"
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return "the host cannot be reached"
        case aiohttp.ClientPayloadError():
            return "the answer ended before it was complete"
        case aiohttp.ClientResponseError():
            return "the answer is not HTTP as it should be"
        case aiohttp.InvalidURL():
            return "the link is malformed"
        case _:
            return "the connection was lost"

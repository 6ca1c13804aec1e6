"""Outbound: the one file that speaks HTTP outward.

A link is checked three times: its own text, every address its name resolves to, and both again at each redirect. The
addresses that were checked are the ones dialled: they go from the resolver straight to the socket, and no name is
resolved a second time. What goes wrong becomes ``OutboundError`` here, in sentences that a customer may read: no
address of ours, no text of the operating system.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import anyio
import msgspec
from yarl import URL

from filmgate import __version__
from filmgate.addresses import check_link
from filmgate.errors import AddressRefused, OutboundFailed, Unavailable
from filmgate.resolver import CheckedResolver, Resolve

USER_AGENT = f"filmgate/{__version__}"
REDIRECTS = 5

_CONNECT_SECONDS = 10.0
_KEPT_ANSWER_BYTES = 1024
_KEPT_ANSWER_SECONDS = 1.0
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


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What a post was answered, whatever the status."""

    status: int
    answer: str
    """The beginning of the body, as far as it is text."""
    retry_after: str | None
    """The header, as it came."""


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
        self._resolver = CheckedResolver(resolve, allow_private_networks=allow_private_networks)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

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
            with _in_words(timeout_seconds):
                async with asyncio.timeout(timeout_seconds):
                    return await self._download(self._checked(url), path, limit_bytes)
        except OSError as exc:
            raise Unavailable("the downloaded bytes cannot be written to this machine's disk") from exc

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
        with _in_words(timeout_seconds):
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

    async def _download(self, url: URL, path: Path, limit_bytes: int) -> Downloaded:
        for _ in range(REDIRECTS + 1):
            async with self._opened(keep_connections=True).get(url, allow_redirects=False) as response:
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
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                trust_env=False,
            )
        return self._sessions[keep_connections]


def _check_head(response: aiohttp.ClientResponse, limit_bytes: int) -> None:
    if response.status != 200:
        raise OutboundFailed(f"the link answers with status {response.status}", http_status=response.status)
    codings = {coding.strip().lower() for coding in response.headers.get("Content-Encoding", "").split(",")}
    if codings & _COMPRESSIONS:
        raise OutboundFailed("the answer is compressed, though it was asked for as it is")
    if (response.content_length or 0) > limit_bytes:
        raise AnswerTooLarge(_too_large(limit_bytes))


async def _beginning(content: aiohttp.StreamReader) -> str:
    """The first kilobyte of an answer, or what comes of it in time; as text that can be kept."""
    kept = bytearray()
    with suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(_KEPT_ANSWER_SECONDS):
            while chunk := await content.read(_KEPT_ANSWER_BYTES - len(kept)):
                kept += chunk
    return kept.decode("utf-8", "replace").replace("\0", "\ufffd")


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
def _in_words(timeout_seconds: float) -> Iterator[None]:
    """What goes wrong on the way becomes OutboundFailed."""
    try:
        yield
    except aiohttp.ClientError as exc:
        raise OutboundFailed(_explain(exc)) from exc
    except TimeoutError as exc:
        raise OutboundFailed(f"the answer was not complete after {timeout_seconds:g} seconds") from exc


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

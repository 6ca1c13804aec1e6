"""Downloads: a body goes into a file, in blocks, and goes on where it was cut.

get ──200──> write ──cut──> get from there ──206, the same file──> write on
                                  └──200────────────────────────> write anew
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from io import BufferedWriter
from pathlib import Path

import aiohttp
import anyio
import msgspec

from filmgate.errors import OutboundFailed

# Large enough that handing a block to a thread costs nothing beside writing it, small enough that many downloads at
# once stay small.
_BLOCK_BYTES = 128 * 1024
# Other words in Content-Encoding (aws-chunked, utf-8) are common mistakes; the bytes are taken as they are.
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})
_CUT = (aiohttp.ClientPayloadError, aiohttp.ClientOSError, aiohttp.ServerDisconnectedError, aiohttp.SocketTimeoutError)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/", re.ASCII)

Get = Callable[[Mapping[str, str]], AbstractAsyncContextManager[aiohttp.ClientResponse]]
"""Asks for the link with these headers, and follows redirects."""


class Downloaded(msgspec.Struct, frozen=True):
    """A file that was fetched."""

    content_type: str | None
    """As the other side named it, without parameters; believed by nobody."""
    size_bytes: int


class AnswerTooLarge(OutboundFailed):
    """The answer is larger than the caller wants."""

    code = "answer_too_large"
    retryable = False


class Download:
    """One download into a file that is open and empty.

    Args:
        limit_bytes: more than this is refused, whatever the other side announced.
        resumes: how often it may go on after a cut.
    """

    def __init__(self, get: Get, file: BufferedWriter, limit_bytes: int, resumes: int) -> None:
        self._get = get
        self._file = file
        self._limit_bytes = limit_bytes
        self._resumes = resumes
        self._size_bytes = 0
        self._validator: str | None = None
        self._content_type: str | None = None

    async def run(self) -> Downloaded:
        """Fetch it.

        Raises:
            AnswerTooLarge: over the limit.
            OutboundFailed: it is not a whole, plain answer with a body.
            aiohttp.ClientError: as it says.
            OSError: the bytes cannot be written.
        """
        for left in range(self._resumes, -1, -1):
            before_bytes = self._size_bytes
            try:
                await self._fetch_the_rest()
                break
            except _CUT:
                # Going on needs a name for the content, and some of it.
                if left == 0 or self._validator is None or self._size_bytes == before_bytes:
                    raise
        if self._size_bytes == 0:
            raise OutboundFailed("the answer is empty")
        return Downloaded(self._content_type, self._size_bytes)

    async def _fetch_the_rest(self) -> None:
        headers = {}
        if self._size_bytes and self._validator:
            headers = {"Range": f"bytes={self._size_bytes}-", "If-Range": self._validator}
        async with self._get(headers) as response:
            self._begin(response)
            chunks: list[bytes] = []
            try:
                async for chunk in response.content.iter_any():
                    chunks.append(chunk)
                    if sum(map(len, chunks)) >= _BLOCK_BYTES:
                        block, chunks = chunks, []
                        await self._write(block)
            except aiohttp.ClientError:
                await self._write(chunks)
                raise
            await self._write(chunks)

    async def _write(self, chunks: list[bytes]) -> None:
        """Append to the file. In a thread: a busy disk can hold a write for long, and in the loop everything else."""
        size_bytes = self._size_bytes + sum(map(len, chunks))
        if size_bytes > self._limit_bytes:
            raise self._too_large()
        await anyio.wrap_file(self._file).writelines(chunks)
        self._size_bytes = size_bytes

    def _begin(self, response: aiohttp.ClientResponse) -> None:
        """See what the answer's body is: the whole, or what follows the bytes that are there."""
        if response.status == 206 and self._size_bytes:
            start = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
            if start is None or int(start[1]) != self._size_bytes:
                raise OutboundFailed("the link answers with another part than was asked for")
        elif response.status != 200:
            raise OutboundFailed(f"the link answers with status {response.status}", http_status=response.status)
        else:
            self._file.seek(0)
            self._file.truncate()
            self._size_bytes = 0
        codings = {coding.strip().lower() for coding in response.headers.get("Content-Encoding", "").split(",")}
        if codings & _COMPRESSIONS:
            raise OutboundFailed("the answer is compressed, though it was asked for as it is")
        if self._size_bytes + (response.content_length or 0) > self._limit_bytes:
            raise self._too_large()
        self._content_type = response.content_type if "Content-Type" in response.headers else None
        self._validator = _validator(response.headers)

    def _too_large(self) -> AnswerTooLarge:
        return AnswerTooLarge(f"the answer is larger than {self._limit_bytes} bytes")


def _validator(headers: Mapping[str, str]) -> str | None:
    """What names this very content, for ``If-Range`` (RFC 9110, 13.1.5): a strong entity tag, else a date."""
    tag = headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified")


@contextmanager
def whole_or_gone(path: Path) -> Iterator[None]:
    """Leave no part of a file when something goes wrong."""
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise

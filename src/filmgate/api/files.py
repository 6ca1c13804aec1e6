"""Films and pictures: ranges, conditions, and never more than a piece in memory. Behind signed links without a key."""

from litestar.types import Send

from filmgate.api.answers import OPEN_TO_ALL_ORIGINS, send_chunk, send_empty, start
from filmgate.api.calls import Call
from filmgate.api.services import Services
from filmgate.errors import NoSuchAddress
from filmgate.links import OpenedLink
from filmgate.objects import ObjectInfo
from filmgate.ranges import RangeOutside, Slice, http_date, is_not_modified, is_still_the_same, wanted_slice
from filmgate.task import FILMS

# Customers' own bytes are shown as what they are called and can do nothing in a browser.
_HARMLESS: tuple[tuple[bytes, bytes], ...] = (
    *OPEN_TO_ALL_ORIGINS,
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


async def serve(services: Services, call: Call, send: Send) -> None:
    """Answer a GET or HEAD for a link. Whatever is wrong with it, the answer is 404.

    Raises:
        NotFound: the link is forged or malformed.
        NoSuchAddress: it was good once, and is past its time, or its file is gone.
        Unavailable: the object store is away.
    """
    path = call.path_values["path"]
    link = services.links.open(
        path, expires=call.query("expires"), signature=call.query("signature"), now=services.clock()
    )
    # Strangers' files stay behind our headers, which a bucket does not send.
    if services.settings.presigned_links and link.object_name.startswith(f"{FILMS}/"):
        await _send_on(services, call, send, link)
    else:
        await send_object(services, call, send, link.object_name, file_name=link.file_name)


async def _send_on(services: Services, call: Call, send: Send, link: OpenedLink) -> None:
    """Lead to the bucket, for as long as the link itself is good."""
    if await services.objects.head(link.object_name) is None:
        raise _gone()
    # A signature is for one method.
    url = await services.objects.presigned_url(
        link.object_name, "HEAD" if call.method == "HEAD" else "GET", link.expires_at - services.clock()
    )
    location = (b"location", url.encode("latin-1"))
    headers = [*OPEN_TO_ALL_ORIGINS, location, (b"cache-control", b"no-store"), (b"content-length", b"0")]
    await send_empty(call.scope, send, 302, headers)


async def send_object(services: Services, call: Call, send: Send, object_name: str, *, file_name: str) -> None:
    """Answer a GET or HEAD for an object that the caller may have.

    Args:
        file_name: one of ours: letters, digits, ``-``, ``_`` and ``.``.

    Raises:
        NoSuchAddress: the object is gone.
        Unavailable: the object store is away.
    """
    info = await services.objects.head(object_name)
    if info is None:
        raise _gone()
    headers = _file_headers(info, file_name)
    if is_not_modified(_text(call, b"if-none-match"), _text(call, b"if-modified-since"), _etag(info), info.modified_at):
        await send_empty(call.scope, send, 304, headers)
        return
    try:
        part = _wanted(call, info)
    except RangeOutside:
        size = (b"content-range", f"bytes */{info.size_bytes}".encode())
        await send_empty(call.scope, send, 416, [*_HARMLESS, size, (b"content-length", b"0")])
        return
    piece = part or Slice(0, info.size_bytes)
    headers += [(b"content-type", info.content_type.encode()), (b"content-length", str(piece.length).encode())]
    if part is not None:
        span = f"bytes {part.start}-{part.start + part.length - 1}/{info.size_bytes}"
        headers.append((b"content-range", span.encode()))
    await start(call.scope, send, 200 if part is None else 206, headers)
    if call.method == "HEAD":
        await send_chunk(send, b"", more=False)
    else:
        await _stream(services, object_name, info.size_bytes, piece, call, send)


def _gone() -> NoSuchAddress:
    return NoSuchAddress("the file is gone")


def _wanted(call: Call, info: ObjectInfo) -> Slice | None:
    # A range means something for GET only (RFC 9110, 14.2).
    if call.method != "GET" or not is_still_the_same(_text(call, b"if-range"), _etag(info), info.modified_at):
        return None
    return wanted_slice(_text(call, b"range"), info.size_bytes)


def _file_headers(info: ObjectInfo, file_name: str) -> list[tuple[bytes, bytes]]:
    # Of a link the signature guarantees that the name is one of ours.
    return [
        *_HARMLESS,
        (b"accept-ranges", b"bytes"),
        (b"etag", _etag(info).encode("latin-1")),
        (b"last-modified", http_date(info.modified_at).encode()),
        (b"cache-control", b"private, max-age=3600, immutable"),
        (b"content-disposition", f'inline; filename="{file_name}"'.encode("latin-1", "replace")),
    ]


async def _stream(services: Services, object_name: str, size_bytes: int, piece: Slice, call: Call, send: Send) -> None:
    """Send the piece as fast as the caller takes it; stop reading when the caller has gone."""
    async with call.gone() as gone:
        async for chunk in services.objects.stream(object_name, piece.start, piece.length, size_bytes=size_bytes):
            if gone.done():
                return
            await send_chunk(send, chunk, more=True)
        await send_chunk(send, b"", more=False)


def _etag(info: ObjectInfo) -> str:
    # Every store that obstore speaks to gives one; where one should not, size and time tell versions apart.
    return info.etag or f'"{info.size_bytes:x}-{info.modified_at.timestamp():.0f}"'


def _text(call: Call, name: bytes) -> str | None:
    value = call.headers.get(name)
    return None if value is None else value.decode("latin-1")

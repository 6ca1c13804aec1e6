"""Signed links to our own files: pure text, no look-up.

    /files/{object name}/{file name}?expires={unix seconds}&signature={hex}

The file name comes last, so that a browser or ``curl -O`` saves the file under a name that people can read. The
signature covers all three values, so a link opens exactly one object, under one name, until one moment.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import msgspec

from filmgate.errors import NoSuchAddress, NotFound

PREFIX = "/files/"

_PURPOSE = b"filmgate file link\0"
_EXPIRES = re.compile(r"[0-9]{1,12}", re.ASCII)


class OpenedLink(msgspec.Struct, frozen=True):
    """What a good link leads to."""

    object_name: str
    file_name: str
    expires_at: datetime


class FileLinks:
    """Writes and opens signed links.

    Args:
        secret: at least 16 random bytes, the same in every process.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret of the file links is too short")
        self._secret = secret

    def path(self, object_name: str, *, file_name: str, expires_at: datetime) -> str:
        """The path and query of a link to one object, without a host.

        Args:
            object_name: the name in the object store.
            file_name: what the file is called for people; printable, without a slash.
            expires_at: from this moment on the link is dead (whole seconds).
        """
        if not object_name.isprintable() or not file_name.isprintable() or not file_name or "/" in file_name:
            raise ValueError(f"{object_name!r} under the name {file_name!r} cannot be put into a link")
        expires = str(int(expires_at.timestamp()))
        signature = self._sign(object_name, file_name, expires)
        query = urlencode({"expires": expires, "signature": signature})
        return f"{PREFIX}{quote(object_name)}/{quote(file_name, safe='')}?{query}"

    def open(self, token_path: str, *, expires: str | None, signature: str | None, now: datetime) -> OpenedLink:
        """What a link leads to.

        Args:
            token_path: what follows ``/files/``, percent-decoded.
            expires, signature: the values of the query, None where they are missing.

        Raises:
            NotFound: the link is malformed or was not signed by us; the message says which.
            NoSuchAddress: it was a link of ours, and has expired.
        """
        object_name, slash, file_name = token_path.removeprefix("/").rpartition("/")
        if not slash or expires is None or signature is None or not _EXPIRES.fullmatch(expires):
            raise NotFound("the link is incomplete or malformed")
        wanted = self._sign(object_name, file_name, expires)
        if not hmac.compare_digest(_to_bytes(wanted), _to_bytes(signature)):
            raise NotFound("the link's signature is wrong")
        if now.timestamp() >= int(expires):
            raise NoSuchAddress("the link has expired")
        return OpenedLink(object_name, file_name, datetime.fromtimestamp(int(expires), UTC))

    def _sign(self, object_name: str, file_name: str, expires: str) -> str:
        # The parts hold no NUL in any link of ours, so one text cannot be cut in two ways.
        text = _PURPOSE + b"\0".join(map(_to_bytes, (object_name, file_name, expires)))
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()


def _to_bytes(text: str) -> bytes:
    # A forged link may hold anything that a query string can, lone surrogates included.
    return text.encode("utf-8", "surrogatepass")

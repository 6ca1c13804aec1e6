"""Doors of the native API that say whether a file came from here."""

import asyncio
import re
import tempfile
from pathlib import Path

from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.file_body import receive_file
from filmgate.api.query import Query
from filmgate.dialects.base import Reply
from filmgate.dialects.phrasing import reply
from filmgate.errors import BadRequest
from filmgate.work.verification import told

LARGEST_FILE_BYTES = 1024**3
_LONGEST_SECONDS = 300.0
# More wait with their bodies unread, so that no number of callers fills the disk.
_FILES_AT_ONCE = 4

_SHA256 = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)


class FileVerifying:
    """The door that takes a file. One for each process, because it counts those who are inside."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_FILES_AT_ONCE)

    async def verify(self, desk: Desk, call: Call) -> Reply:
        """Whether the file in the body came from here. It is not kept."""
        key = await desk.gatekeeper.identify(call)
        Query(call, ()).finish()
        async with self._places:
            with tempfile.TemporaryDirectory(prefix="verify-", dir=desk.services.verifier.folder) as folder:
                path = Path(folder) / "file"
                sha256 = await receive_file(call, path, limit_bytes=LARGEST_FILE_BYTES, limit_seconds=_LONGEST_SECONDS)
                finding = await desk.services.verifier.verify(path, sha256, key.account_id)
        return reply(told(finding, sha256, key.account_id))


async def verify_hash(desk: Desk, call: Call) -> Reply:
    """Whether a file with this hash came from here, byte for byte."""
    key = await desk.gatekeeper.identify(call)
    Query(call, ()).finish()
    text = call.path_values["sha256"]
    if not _SHA256.fullmatch(text):
        raise BadRequest("must be a SHA-256 in hex: 64 digits", field="sha256")
    sha256 = text.lower()
    return reply(told(await desk.services.verifier.known(sha256, key.account_id), sha256, key.account_id))

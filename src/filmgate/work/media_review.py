"""The review of media inside orders: links, uploads, data URLs, and files that lie here for some days.

    bytes that the account has brought as an asset of their kind ──> what their review said
    any others ──> what the rules say of them at once

What somebody must look at has to come as an asset: an order is not held for it, because a link leads to other bytes
tomorrow, and a decision about an asset is there for the next order too.
"""

from pathlib import Path
from uuid import UUID

from filmgate.errors import MediaClosed, MediaUnreadable
from filmgate.media.probe import Prober
from filmgate.review import Judgement
from filmgate.store.asset_files import AssetFiles, Reviewed
from filmgate.video import Media
from filmgate.work.gate import Gate
from filmgate.work.spool import hashed

_PERSON = "shows a real person, which orders name as asset://…, under a consent"
_WAITS = "is still under review: name it as asset://… once it is approved"
_UNSEEN = "must be looked at by somebody first: bring it as an asset, and name it as asset://… once it is approved"


class MediaReview:
    """Reviews what comes inside orders; ``media.fetch.ReviewsMedia`` says how."""

    def __init__(self, *, files: AssetFiles, prober: Prober, gate: Gate) -> None:
        self._files = files
        self._prober = prober
        self._gate = gate

    async def __call__(self, path: Path, media: Media, account_id: UUID) -> None:
        """As ``ReviewsMedia``."""
        reviewed = await self._files.reviewed(account_id, (await hashed(path)).sha256)
        refusal = None if reviewed is None else _refusal(reviewed, _WAITS)
        # Nobody has seen the pictures of a clip that was approved as a sound.
        if refusal is None and (reviewed is None or reviewed.kind != media.kind):
            refusal = _refusal(await self._judged(path, media), _UNSEEN)
        if refusal is not None:
            raise MediaClosed(f"the file given as {media.kind} {refusal}", kind=media.kind, field=media.field)

    async def _judged(self, path: Path, media: Media) -> Judgement:
        probe = await self._prober.probe(path, media.kind, media.field)
        try:
            return await self._gate.judge_file(path, probe)
        except MediaUnreadable as exc:
            raise MediaUnreadable(exc.message, kind=media.kind, field=media.field) from exc


def _refusal(found: Reviewed | Judgement, when_pending: str) -> str | None:
    """Why a file may not be used, as the rest of a sentence; None where it may."""
    match found.state:
        case "rejected":
            return f"is refused by review: {found.reason}" if found.reason else "is refused by review"
        case "pending":
            return f"{when_pending} ({found.reason})" if found.reason else when_pending
        case "approved":
            return _PERSON if found.person else None

"""Verifying: whether a file came from here, by what it is and by what it carries.

    the bytes of a film of ours ──────────────────────> made here
    a manifest of ours that holds ────────────────────> made here
    a manifest of ours over other bytes ──────────────> altered
    a manifest of somebody else ──────────────────────> signed elsewhere
    nothing of all that ──────────────────────────────> unknown

An AIGC entry decides nothing: anybody can write one. Neither does a manifest that is damaged or forged, unless it is
ours by its signature: nobody is proven to have signed it.
"""

from pathlib import Path
from uuid import UUID

import msgspec

from filmgate.dialects.native.verification import Verdict
from filmgate.ids import from_uuid_form
from filmgate.label import AigcEntry
from filmgate.media.label import LabelReader
from filmgate.media.label_facts import Trust
from filmgate.media.manifest import Manifest
from filmgate.store.certificates import Certificates
from filmgate.store.films import Films, KnownFilm


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a file turned out to be."""

    verdict: Verdict
    film: KnownFilm | None
    """The film that it is or was. None also for one of ours that this database does not know."""
    manifest: Manifest | None = None
    is_own_manifest: bool = False
    """It was signed by this installation."""
    entry: AigcEntry | None = None


class Verifier:
    """Says of files whether they came from here."""

    def __init__(self, *, reader: LabelReader, films: Films, certificates: Certificates, folder: Path) -> None:
        self.folder = folder
        """Takes files while they are looked at."""
        self._reader = reader
        self._films = films
        self._certificates = certificates

    async def verify(self, path: Path, sha256: str, account_id: UUID | None = None) -> Finding:
        """Look into a file.

        Args:
            sha256: of the file, lower-case hex.
            account_id: of several films with the same bytes, one of this account is named.

        Raises:
            Unavailable: the database is away, or the file cannot be looked at.
        """
        # Reading certificates takes a moment to import, which an API process need not wait for.
        from filmgate.media.credentials import trust_in

        trust = trust_in(await self._certificates.chains())
        labels = await self._reader.read(path, trust)
        manifest = labels.manifest
        is_own = manifest is not None and _is_own(manifest, trust)
        film = await self._films.by_hash(sha256, account_id)
        verdict = _verdict(film, manifest, is_own=is_own)
        if film is None and manifest is not None and is_own:
            task_id = from_uuid_form(str(manifest.order.get("task")))
            film = None if task_id is None else await self._films.of_task(task_id)
        return Finding(verdict=verdict, film=film, manifest=manifest, is_own_manifest=is_own, entry=labels.entry)

    async def known(self, sha256: str, account_id: UUID | None = None) -> Finding:
        """What the hash of a file alone says: that it is a film of ours, byte for byte, or nothing.

        Raises:
            Unavailable: the database is away.
        """
        film = await self._films.by_hash(sha256, account_id)
        return Finding(verdict="unknown" if film is None else "made_here", film=film)


def _is_own(manifest: Manifest, trust: Trust) -> bool:
    return manifest.is_trusted and manifest.serial in trust.serials


def _verdict(film: KnownFilm | None, manifest: Manifest | None, *, is_own: bool) -> Verdict:
    if film is not None:
        return "made_here"
    if manifest is None or (manifest.state == "broken" and not is_own):
        return "unknown"
    if not is_own:
        return "signed_elsewhere"
    return "made_here" if manifest.state in ("valid", "outdated") else "altered"

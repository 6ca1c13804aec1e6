"""How a finding is told: everything to whoever owns the film or the installation, to others only where it came from."""

from uuid import UUID

from filmgate.dialects.native import NativeServer
from filmgate.dialects.native.verification import ShownEntry, ShownManifest, Verification
from filmgate.label import AigcEntry
from filmgate.media.label_facts import DEVELOPMENT
from filmgate.work.verify import Finding

_native = NativeServer()


def told(finding: Finding, sha256: str, account_id: UUID | None) -> Verification:
    """A finding in the native form.

    Args:
        account_id: who asks; None: whoever runs the installation.
    """
    film = finding.film
    is_theirs = film is not None and (account_id is None or film.is_shown_to(account_id))
    is_anothers = finding.verdict in ("made_here", "altered") and account_id is not None and not is_theirs
    return Verification(
        verdict=finding.verdict,
        sha256=sha256,
        task_id=_native.show_id(film.task_id) if film is not None and is_theirs else None,
        manifest=_manifest(finding),
        # It holds the number of the order.
        aigc=None if finding.entry is None or is_anothers else _entry(finding.entry),
    )


def _manifest(finding: Finding) -> ShownManifest | None:
    manifest = finding.manifest
    if manifest is None:
        return None
    return ShownManifest(
        state=manifest.state,
        own=finding.is_own_manifest,
        signer=manifest.signer,
        organisation=manifest.organisation,
        development=manifest.signer == DEVELOPMENT,
        generator=manifest.generator,
        source_type=manifest.source_type,
    )


def _entry(entry: AigcEntry) -> ShownEntry:
    return ShownEntry(
        label=entry.label,
        content_producer=entry.content_producer,
        produce_id=entry.produce_id,
        content_propagator=entry.content_propagator,
        propagate_id=entry.propagate_id,
    )

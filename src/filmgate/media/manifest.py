"""C2PA manifests: what ours say, and what is read out of any film's.

A manifest says what was done (C2PA 2, actions), from which kind of source (IPTC's digital source types) and, as an
assertion of our own, ``filmgate.order``, what was ordered. Prompts, accounts and keys are nobody's business.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from filmgate import __version__
from filmgate.label import Source
from filmgate.video import Mode

ORDER = "filmgate.order"
"""The assertion about the order."""

PARENT = "parent"
"""The name, within a manifest, of the film as it came to us."""

_ACTIONS = "c2pa.actions.v2"
_SOURCE_TYPES: dict[Source, str] = {
    "trained": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    "drawn": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
    "composed": "http://cv.iptc.org/newscodes/digitalsourcetype/composite",
}
_ANIMATIC = "filmgate animatic"
_MARKED = "words that say that it is generated were drawn into the pictures"

State = Literal["valid", "altered", "outdated", "broken"]
"""Whether what a manifest says holds: it does; the film was changed since; the signer's certificate is past its time;
the manifest itself is damaged or forged."""

_UNKNOWN_SIGNER = "signingCredential.untrusted"
# The first alone proves nothing: anyone can put a certificate of ours beside a signature of theirs.
_TRUSTED = frozenset({"signingCredential.trusted", "claimSignature.validated"})
_PAST_ITS_TIME = frozenset({"signingCredential.expired", "claimSignature.outsideValidity"})
_LONGEST_TEXT = 200


class FilmFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a film. Set by ``work.label``."""

    task_id: str
    model: str
    """As it was ordered, by our own id."""
    mode: Mode
    duration_seconds: int | None
    resolution: str | None
    ratio: str | None
    audio: bool | None
    source: Source
    marked: bool
    """Words were drawn into its pictures after it had come to us."""
    made_at: datetime


class Manifest(msgspec.Struct, frozen=True, kw_only=True, tag="manifest"):
    """What the active manifest of a film says, and whether it holds."""

    state: State
    is_trusted: bool
    """Its signature is good, by a certificate that was issued by one of those that were asked for."""
    serial: str | None = None
    """The number of the signer's certificate."""
    signer: str | None = None
    """Its common name; and who it says to be, in ``organisation``."""
    organisation: str | None = None
    generator: str | None = None
    """The program that made the manifest, with its version."""
    source_type: str | None = None
    """The last word of the IPTC type."""
    order: dict[str, Any] = {}
    """Of ours: what was ordered, with the task's id as ``task``."""


def definition(facts: FilmFacts, *, has_parent: bool) -> dict[str, Any]:
    """A manifest as the C2PA library wants to be told it.

    Args:
        has_parent: the film came with a manifest, which ours then builds upon.
    """
    return {
        "title": f"{facts.task_id}.mp4",
        "format": "video/mp4",
        "claim_generator_info": [{"name": "filmgate", "version": __version__}],
        "assertions": [
            {"label": _ACTIONS, "created": True, "data": {"actions": _actions(facts, has_parent=has_parent)}},
            {"label": ORDER, "created": True, "data": _order(facts)},
        ],
    }


def _actions(facts: FilmFacts, *, has_parent: bool) -> list[dict[str, Any]]:
    when = facts.made_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    if has_parent:
        first = {"action": "c2pa.opened", "when": when, "parameters": {"ingredientIds": [PARENT]}}
    else:
        first = {
            "action": "c2pa.created",
            "when": when,
            "softwareAgent": {"name": facts.model if facts.source == "trained" else _ANIMATIC},
            "digitalSourceType": _SOURCE_TYPES[facts.source],
        }
    return [first, {"action": "c2pa.edited", "when": when, "description": _MARKED}] if facts.marked else [first]


def _order(facts: FilmFacts) -> dict[str, Any]:
    said = {
        "task": facts.task_id,
        "model": facts.model,
        "mode": facts.mode,
        "duration_seconds": facts.duration_seconds,
        "resolution": facts.resolution,
        "ratio": facts.ratio,
        "audio": facts.audio,
    }
    return {name: value for name, value in said.items() if value is not None}


def read(report: dict[str, Any]) -> Manifest:
    """What the C2PA library reports of a film, in few words. Anyone may have written what it reports."""
    manifest = _inner(_inner(report, "manifests"), str(report.get("active_manifest")))
    results = _inner(_inner(report, "validation_results"), "activeManifest")
    successes = {_text(each, "code") for each in _items(results, "success")}
    failures = {_text(each, "code") for each in _items(results, "failure")} - {_UNKNOWN_SIGNER}
    signature = _inner(manifest, "signature_info")
    generators = _items(manifest, "claim_generator_info")
    return Manifest(
        state=_state(failures, has_results=bool(results)),
        is_trusted=successes >= _TRUSTED,
        serial=_text(signature, "cert_serial_number"),
        signer=_text(signature, "common_name"),
        organisation=_text(signature, "issuer"),
        generator=_generator(generators[0]) if generators else None,
        source_type=_source_type(manifest),
        order=_assertion(manifest, ORDER),
    )


def _state(failures: set[str | None], *, has_results: bool) -> State:
    if not has_results:
        return "broken"
    others = failures - _PAST_ITS_TIME
    # The film's bytes are bound by their hash; any other failure is the manifest's own.
    if any(code is None or not code.startswith("assertion.bmffHash.") for code in others):
        return "broken"
    if others:
        return "altered"
    return "outdated" if failures else "valid"


def _generator(info: dict[str, Any]) -> str | None:
    words = [text for text in (_text(info, "name"), _text(info, "version")) if text]
    return " ".join(words) or None


def _source_type(manifest: dict[str, Any]) -> str | None:
    for action in _items(_assertion(manifest, _ACTIONS), "actions"):
        kind = _text(action, "digitalSourceType")
        if kind is not None:
            return kind.rpartition("/")[2]
    return None


def _assertion(manifest: dict[str, Any], label: str) -> dict[str, Any]:
    found = next((each for each in _items(manifest, "assertions") if each.get("label") == label), {})
    return _inner(found, "data")


def _inner(value: dict[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _items(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    items = value.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _text(value: dict[str, Any], name: str) -> str | None:
    text = value.get(name)
    return text[:_LONGEST_TEXT] if isinstance(text, str) else None

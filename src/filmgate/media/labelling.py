"""The child process that labels films and reads their labels: ``python -m filmgate.media.labelling``.

The signing key comes with each question and is not kept. Nothing here decodes a film: its boxes are read in Python, its
manifests by the C2PA library in Rust. A bad film cannot make either of them hand out what lies in their memory.
"""

import io
import json
from pathlib import Path
from typing import Any

import c2pa
import msgspec

from filmgate.label import AigcEntry, Label, entry_text, read_entry, wanted_entry
from filmgate.media.answering import answer_questions
from filmgate.media.boxes import BadBoxes
from filmgate.media.entry import found_entry, write_entry
from filmgate.media.facts import Trouble
from filmgate.media.label_facts import (
    ENTRY_FILE,
    SIGNED_FILE,
    Answer,
    Credentials,
    FoundLabels,
    LabelFilm,
    Labelled,
    Put,
    PutManifest,
    Question,
    ReadLabels,
    Tried,
    Trust,
    TryCredentials,
)
from filmgate.media.manifest import PARENT, Manifest, definition, read
from filmgate.sniff import CONTENT_TYPES, sniff

MEMORY_BYTES = 2 * 1024**3
"""Address space. Signing a film of any size takes 0.6 GB at most (measured): its hash is made in large pieces."""

_QUESTIONS: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)
_LARGEST_FILE_BYTES = 8 * 1024**3
_FILM_FORMATS = ("mp4", "mov", "m4v")
# Nobody's manifest makes this machine call anyone.
_VERIFY = {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False}
_SETTINGS: dict[str, Any] = {
    "verify": _VERIFY,
    "builder": {"thumbnail": {"enabled": False}},
    # Larger copies than this are kept in unnamed files and not in memory.
    "core": {"backing_store_memory_threshold_in_mb": 64},
}
# A manifest lies behind the first box of a film, with some bytes of its own box before it.
_MANIFEST_WITHIN_BYTES = 64 * 1024
_LONGEST_PROBLEM = 200

_NEXT_TO_NOTHING = b'<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'
_NOTHING_DONE = {
    "label": "c2pa.actions.v2",
    "data": {
        "actions": [{"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}],
    },
}


def main() -> None:
    """Answer questions until the parent closes the pipe."""
    answer_questions(_QUESTIONS, _answer, memory_bytes=MEMORY_BYTES, file_bytes=_LARGEST_FILE_BYTES)


def _answer(question: Question) -> Answer:
    try:
        match question:
            case TryCredentials():
                return Tried(problem=_problem_with(question.credentials))
            case LabelFilm():
                return _label(question)
            case PutManifest():
                return Put(is_done=_put_manifest(question))
            case ReadLabels():
                path = Path(question.path)
                return FoundLabels(manifest=_read_manifest(path, question.trust), entry=read_entry(found_entry(path)))
    except MemoryError:
        raise
    except Exception as exc:  # Whatever a library makes of a bad film, it means this.
        return Trouble(too_large=False, message=f"cannot be labelled: {_problem(exc)}")


def _label(question: LabelFilm) -> Labelled:
    """An entry, then a manifest over it. What cannot be done is left out; no film loses a label that it came with.

    A film that came with both, from whomever, stays as it is: another gate's film is passed on byte for byte.
    """
    original, path = Path(question.original), Path(question.path)
    before, found = _read_manifest(original, question.trust), read_entry(found_entry(original))
    wanted = wanted_entry(found, question.entry)
    if before is not None and path == original and _is_enough(before, question.trust, has_entry=found == wanted):
        return _done(path, _labels(True, found))
    holds = before is not None and before.state != "broken"
    as_it_came = _done(path, _labels(holds, found) if path == original else [])
    with_entry = as_it_came if path == original and found == wanted else _with_entry(question, wanted, as_it_came)
    if question.credentials is None:
        if "c2pa" in as_it_came.labels and with_entry.path != as_it_came.path:
            return _with_problem(as_it_came, "aigc: the manifest that the film came with would no longer hold")
        return with_entry
    try:
        manifest = _sign(question, question.credentials, Path(with_entry.path), original if holds else None)
    except (c2pa.C2paError, OSError) as exc:
        kept = as_it_came if "c2pa" in as_it_came.labels else with_entry
        return _with_problem(kept, f"c2pa: {_problem(exc)}")
    return Labelled(
        path=str(Path(question.folder) / SIGNED_FILE),
        labels=("c2pa", *(label for label in with_entry.labels if label != "c2pa")),
        manifest=manifest,
        problems=with_entry.problems,
    )


def _with_entry(question: LabelFilm, wanted: AigcEntry, as_it_came: Labelled) -> Labelled:
    target = Path(question.folder) / ENTRY_FILE
    try:
        write_entry(Path(as_it_came.path), target, entry_text(wanted))
    except BadBoxes as exc:
        return _with_problem(as_it_came, f"aigc: the film {exc}")
    return _done(target, ["aigc"])


def _done(path: Path, labels: list[Label]) -> Labelled:
    return Labelled(path=str(path), labels=tuple(labels), manifest=b"", problems=())


def _with_problem(labelled: Labelled, problem: str) -> Labelled:
    return msgspec.structs.replace(labelled, problems=(*labelled.problems, problem))


def _is_enough(manifest: Manifest, trust: Trust, *, has_entry: bool) -> bool:
    """Whether nothing is to be added to a film with this manifest."""
    return _is_own(manifest, trust) or (manifest.state == "valid" and has_entry)


def _is_own(manifest: Manifest, trust: Trust) -> bool:
    return manifest.state == "valid" and manifest.is_trusted and manifest.serial in trust.serials


def _labels(has_manifest: bool, entry: AigcEntry | None) -> list[Label]:
    labels: list[Label] = ["c2pa"] if has_manifest else []
    return labels if entry is None else [*labels, "aigc"]


def _problem_with(credentials: Credentials) -> str | None:
    """Sign next to nothing: the library says what it does not like about a certificate when it is used."""
    manifest = {"claim_generator_info": [{"name": "filmgate"}], "assertions": [_NOTHING_DONE]}
    try:
        with (
            c2pa.Builder(manifest, context=c2pa.Context.from_dict(_SETTINGS)) as builder,
            c2pa.Signer.from_info(_signer(credentials)) as signer,
        ):
            builder.sign(signer, "image/svg+xml", io.BytesIO(_NEXT_TO_NOTHING), io.BytesIO())
    except c2pa.C2paError as exc:
        return _problem(exc)
    return None


def _signer(credentials: Credentials) -> c2pa.C2paSignerInfo:
    return c2pa.C2paSignerInfo(credentials.algorithm, credentials.chain, credentials.key, None)


def _sign(question: LabelFilm, credentials: Credentials, path: Path, parent: Path | None) -> bytes:
    """Write the film with a manifest; its bytes are returned too."""
    content_type = _content_type(path)
    signer_info, context = _signer(credentials), c2pa.Context.from_dict(_SETTINGS)
    target = Path(question.folder) / SIGNED_FILE
    with c2pa.Builder(definition(question.facts, has_parent=parent is not None), context=context) as builder:
        if parent is not None:
            ingredient = {"title": "as it came", "relationship": "parentOf", "label": PARENT}
            with parent.open("rb") as file:
                builder.add_ingredient(ingredient, _content_type(parent), file)
        with c2pa.Signer.from_info(signer_info) as signer, path.open("rb") as source, target.open("w+b") as signed:
            return bytes(builder.sign(signer, content_type, source, signed))


def _read_manifest(path: Path, trust: Trust) -> Manifest | None:
    """The film's active manifest, or None where it has none."""
    # The library's own anchors would answer another question: whether anybody of note has signed it.
    asked = {"trust": {"trust_anchors": trust.anchors}} if trust.anchors else {}
    settings = {"verify": _VERIFY | {"verify_trust": bool(trust.anchors)}} | asked
    try:
        content_type = _content_type(path)
        context = c2pa.Context.from_dict(settings)
        with path.open("rb") as file, c2pa.Reader(content_type, file, context=context) as reader:
            return read(json.loads(reader.json()))
    except (c2pa.C2paError.ManifestNotFound, BadBoxes):
        return None
    except c2pa.C2paError:
        return Manifest(state="broken", is_trusted=False)


def _put_manifest(question: PutManifest) -> bool:
    """Put a manifest in the place of another of the same length, and look whether it holds there."""
    if len(question.own) != len(question.other):
        return False
    with Path(question.path).open("r+b") as file:
        at = file.read(_MANIFEST_WITHIN_BYTES + len(question.own)).find(question.own)
        if at < 0:
            return False
        file.seek(at)
        file.write(question.other)
    manifest = _read_manifest(Path(question.path), question.trust)
    if manifest is not None and _is_own(manifest, question.trust):
        return True
    with Path(question.path).open("r+b") as file:
        file.seek(at)
        file.write(question.own)
    return False


def _content_type(path: Path) -> str:
    with path.open("rb") as file:
        name = sniff(file)
    if name not in _FILM_FORMATS:
        raise BadBoxes("is no MP4")
    return CONTENT_TYPES[name]


def _problem(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__)[:_LONGEST_PROBLEM]


if __name__ == "__main__":
    main()

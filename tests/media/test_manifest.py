"""What manifests of ours say, and what is made of the library's reports about anybody's."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate import __version__
from filmgate.label import Source
from filmgate.media.manifest import FilmFacts, Manifest, definition, read

FACTS = FilmFacts(
    task_id="0198c0de-0000-7000-8000-000000000001",
    model="seedance-2.0",
    mode="references",
    duration_seconds=5,
    resolution="720p",
    ratio=None,
    audio=True,
    source="trained",
    marked=False,
    made_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
)

GOOD = [{"code": "signingCredential.trusted"}, {"code": "claimSignature.validated"}]


def report(failures: list[Any], successes: list[Any] | None = None, **manifest: Any) -> dict[str, Any]:
    results = {"success": GOOD if successes is None else successes, "failure": failures}
    return {
        "active_manifest": "urn:1",
        "manifests": {"urn:1": manifest, "urn:2": {"signature_info": {"common_name": "another"}}},
        "validation_results": {"activeManifest": results},
    }


def _assertions(defined: dict[str, Any]) -> dict[str, Any]:
    return {each["label"]: each["data"] for each in defined["assertions"]}


def test_a_generated_film_says_by_what_and_what_was_ordered() -> None:
    defined = definition(FACTS, has_parent=False)
    assert defined["claim_generator_info"] == [{"name": "filmgate", "version": __version__}]
    (action,) = _assertions(defined)["c2pa.actions.v2"]["actions"]
    assert action == {
        "action": "c2pa.created",
        "when": "2026-01-02T03:04:05Z",
        "softwareAgent": {"name": "seedance-2.0"},
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    }
    assert _assertions(defined)["filmgate.order"] == {
        "task": FACTS.task_id,
        "model": "seedance-2.0",
        "mode": "references",
        "duration_seconds": 5,
        "resolution": "720p",
        "audio": True,
    }


@pytest.mark.parametrize(("source", "word"), [("drawn", "algorithmicMedia"), ("composed", "composite")])
def test_an_animatic_does_not_pretend_to_be_generated(source: Source, word: str) -> None:
    defined = definition(msgspec.structs.replace(FACTS, source=source), has_parent=False)
    (action,) = _assertions(defined)["c2pa.actions.v2"]["actions"]
    assert action["digitalSourceType"].endswith(f"/{word}")
    assert action["softwareAgent"] == {"name": "filmgate animatic"}


def test_a_film_that_came_with_a_manifest_is_opened_and_not_created() -> None:
    (action,) = _assertions(definition(FACTS, has_parent=True))["c2pa.actions.v2"]["actions"]
    assert action["action"] == "c2pa.opened"
    assert "digitalSourceType" not in action


@pytest.mark.parametrize("has_parent", [True, False])
def test_words_that_we_drew_are_told_of(has_parent: bool) -> None:
    marked = definition(msgspec.structs.replace(FACTS, marked=True), has_parent=has_parent)
    _, edited = _assertions(marked)["c2pa.actions.v2"]["actions"]
    assert edited["action"] == "c2pa.edited"


@pytest.mark.parametrize(
    ("failures", "state"),
    [
        ([], "valid"),
        ([{"code": "signingCredential.untrusted"}], "valid"),
        ([{"code": "assertion.bmffHash.mismatch"}], "altered"),
        ([{"code": "assertion.bmffHash.mismatch"}, {"code": "signingCredential.expired"}], "altered"),
        ([{"code": "signingCredential.expired"}], "outdated"),
        ([{"code": "claimSignature.outsideValidity"}], "outdated"),
        ([{"code": "claimSignature.mismatch"}], "broken"),
        ([{"code": "assertion.hashedURI.mismatch"}], "broken"),
        ([{"code": "something.new"}], "broken"),
        ([{"code": None}], "broken"),
        ([{}], "broken"),
    ],
)
def test_a_manifest_holds_or_does_not(failures: list[Any], state: str) -> None:
    found = read(report(failures))
    assert (found.state, found.is_trusted) == (state, True)


@pytest.mark.parametrize("successes", [[], GOOD[:1], GOOD[1:], [{"code": "other"}], ["signingCredential.trusted"]])
def test_a_certificate_without_its_signature_proves_nothing(successes: list[Any]) -> None:
    assert not read(report([], successes)).is_trusted


def test_a_report_without_results_proves_nothing() -> None:
    assert read({"active_manifest": "urn:1", "manifests": {"urn:1": {}}}) == Manifest(state="broken", is_trusted=False)


def test_the_active_manifest_is_the_one_that_is_read() -> None:
    found = read(
        report(
            [],
            signature_info={"common_name": "Example", "issuer": "Example Ltd", "cert_serial_number": "12"},
            claim_generator_info=[{"name": "a program", "version": "2"}, {"name": "its library"}],
            assertions=[
                {
                    "label": "c2pa.actions.v2",
                    "data": {"actions": [{"action": "x"}, {"digitalSourceType": "http://a/b"}]},
                },
                {"label": "filmgate.order", "data": {"task": "1", "model": "m"}},
            ],
        )
    )
    assert (found.signer, found.organisation, found.serial) == ("Example", "Example Ltd", "12")
    assert (found.generator, found.source_type) == ("a program 2", "b")
    assert found.order == {"task": "1", "model": "m"}


NAMES = [
    *("active_manifest", "manifests", "urn:1", "validation_results", "activeManifest", "success", "failure", "code"),
    *("signature_info", "claim_generator_info", "assertions", "label", "data", "actions", "filmgate.order"),
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(NAMES),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=40,
)


@given(st.dictionaries(st.sampled_from(NAMES), anything))
def test_no_report_is_too_strange(strange: dict[str, Any]) -> None:
    found = read(strange)
    assert found.state in ("valid", "altered", "outdated", "broken")
    assert len(msgspec.json.encode(found.signer)) < 2000


@given(anything, anything)
def test_no_manifest_is_too_strange(actions: Any, other: Any) -> None:
    strange = report([], assertions=[{"label": "c2pa.actions.v2", "data": actions}, other], signature_info=other)
    assert read(strange).state == "valid"

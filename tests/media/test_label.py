"""Labels on real films of the animatic: read back by the library's own validator, found out when anything changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import c2pa
import msgspec
import pytest
from tests.media.box_samples import codecs, decoded_frames, metadata, packets, top_boxes
from tests.media.certificate_samples import make_pair
from tests.media.media_samples import make_clip, make_picture

from filmgate.engines.animatic import Animatic
from filmgate.engines.base import EngineJob
from filmgate.errors import SetupError, Unavailable
from filmgate.label import AigcEntry, entry_text
from filmgate.media import label as label_module
from filmgate.media.credentials import development_credentials, own_credentials, trust_in
from filmgate.media.label import LabelReader, LabelWriter, NotLabelled
from filmgate.media.label_facts import Credentials, Labelled, Trust
from filmgate.media.manifest import FilmFacts
from filmgate.video import VideoRequest

NOW = datetime.now(UTC)
CREDENTIALS = development_credentials(NOW)
TRUST = trust_in([CREDENTIALS.chain])
NOBODY = Trust(anchors="", serials=frozenset())

TASK = "0198c0de-0000-7000-8000-000000000001"
ENTRY = AigcEntry(label="1", content_producer="影门", produce_id=TASK)
FACTS = FilmFacts(
    task_id=TASK,
    model="seedance-2.0",
    mode="text",
    duration_seconds=1,
    resolution="480p",
    ratio="16:9",
    audio=True,
    source="drawn",
    marked=False,
    made_at=NOW,
)

ORDERS = {
    "wide, with sound": {"resolution": "480p", "ratio": "16:9", "audio": True},
    "wide, without": {"resolution": "480p", "ratio": "21:9", "audio": False},
    "high, with sound": {"resolution": "720p", "ratio": "9:16", "audio": True},
}


@pytest.fixture(scope="module")
async def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Films of the animatic, by what they are."""
    engine = Animatic(2)
    folder = tmp_path_factory.mktemp("films")

    async def make(number: int, wishes: dict[str, object]) -> Path:
        request = VideoRequest(model="any", prompt="a kite over the sea", duration_seconds=1, **wishes)  # type: ignore[arg-type]
        own = folder / str(number)
        own.mkdir()
        job = EngineJob(task_id=TASK, request=request, media=(), seed=7, folder=own)
        return (await engine.make(job, lambda percent: None)).film

    made = await asyncio.gather(*map(make, range(len(ORDERS)), ORDERS.values()))
    await engine.close()
    return dict(zip(ORDERS, made, strict=True))


@pytest.fixture(scope="module")
async def writer() -> AsyncIterator[LabelWriter]:
    writer = LabelWriter(CREDENTIALS, TRUST)
    yield writer
    await writer.close()


@pytest.fixture(scope="module")
async def reader() -> AsyncIterator[LabelReader]:
    reader = LabelReader()
    yield reader
    await reader.close()


@pytest.fixture(scope="module")
async def signed(films: dict[str, Path], writer: LabelWriter, tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    film = films["wide, with sound"]
    return await writer.label(film, film, tmp_path_factory.mktemp("signed"), ENTRY, FACTS)


async def _with_writer(
    credentials: Credentials | None, trust: Trust, film: Path, folder: Path, entry: AigcEntry = ENTRY
) -> Labelled:
    writer = LabelWriter(credentials, trust)
    try:
        return await writer.label(film, film, folder, entry, FACTS)
    finally:
        await writer.close()


@pytest.mark.parametrize("name", ORDERS)
async def test_a_labelled_film_is_the_same_film(
    films: dict[str, Path], writer: LabelWriter, tmp_path: Path, name: str
) -> None:
    film = films[name]
    labelled = await writer.label(film, film, tmp_path, ENTRY, FACTS)
    assert (labelled.labels, labelled.problems) == (("c2pa", "aigc"), ())
    path = Path(labelled.path)
    assert packets(path) == packets(film)
    assert codecs(path) == codecs(film)
    assert decoded_frames(path) == 24
    assert top_boxes(path) == ["ftyp", "uuid", "moov", "free", "mdat"]
    assert metadata(path)["AIGC"] == entry_text(ENTRY)


@pytest.mark.parametrize("name", ORDERS)
async def test_the_librarys_own_validator_agrees(
    films: dict[str, Path], writer: LabelWriter, tmp_path: Path, name: str
) -> None:
    film = films[name]
    labelled = await writer.label(film, film, tmp_path, ENTRY, FACTS)
    trusting = c2pa.Context.from_dict({"trust": {"trust_anchors": TRUST.anchors}})
    with c2pa.Reader(labelled.path, context=trusting) as reader:
        assert reader.get_validation_state() == "Trusted"
        said = json.loads(reader.json())
    assert "validation_status" not in said
    manifest = said["manifests"][said["active_manifest"]]
    assert manifest["claim_generator_info"][0]["name"] == "filmgate"
    assert manifest["signature_info"]["common_name"] == "filmgate development certificate"
    with c2pa.Reader(labelled.path) as stranger:
        assert stranger.get_validation_state() == "Valid"
        codes = [status["code"] for status in json.loads(stranger.json())["validation_status"]]
    assert codes == ["signingCredential.untrusted"]


async def test_what_was_put_on_a_film_is_read_back(signed: Labelled, reader: LabelReader) -> None:
    found = await reader.read(Path(signed.path), TRUST)
    assert found.entry == ENTRY
    assert found.manifest is not None
    assert (found.manifest.state, found.manifest.is_trusted) == ("valid", True)
    assert found.manifest.serial in TRUST.serials
    assert (found.manifest.source_type, found.manifest.order["task"]) == ("algorithmicMedia", TASK)


async def test_no_prompt_stands_in_a_film(signed: Labelled) -> None:
    assert b"kite" not in Path(signed.path).read_bytes()


async def test_only_those_who_are_trusted_are(signed: Labelled, reader: LabelReader) -> None:
    for trust in (NOBODY, trust_in([development_credentials(NOW).chain])):
        found = await reader.read(Path(signed.path), trust)
        assert found.manifest is not None
        assert (found.manifest.state, found.manifest.is_trusted) == ("valid", False)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
async def test_a_changed_byte_of_the_film_is_found_out(
    signed: Labelled, reader: LabelReader, tmp_path: Path, share: float
) -> None:
    film = bytearray(Path(signed.path).read_bytes())
    film[int(len(film) * share)] ^= 1
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(film)
    found = await reader.read(changed, TRUST)
    assert found.manifest is not None
    assert (found.manifest.state, found.manifest.is_trusted) == ("altered", True)


async def test_a_film_that_was_cut_off_is_found_out(signed: Labelled, reader: LabelReader, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(Path(signed.path).read_bytes()[:-5000])
    found = await reader.read(cut, TRUST)
    assert found.manifest is not None
    assert found.manifest.state in ("altered", "broken")


@pytest.mark.parametrize("words", [b"seedance-2.0", b"algorithmicMedia", b"c2pa.created", TASK.encode()])
async def test_a_changed_word_of_the_manifest_is_found_out(
    signed: Labelled, reader: LabelReader, tmp_path: Path, words: bytes
) -> None:
    film = Path(signed.path).read_bytes()
    at = film.find(signed.manifest) + signed.manifest.find(words)
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(film[:at] + bytes([film[at] ^ 1]) + film[at + 1 :])
    found = await reader.read(changed, TRUST)
    assert found.manifest is not None
    assert found.manifest.state == "broken"


async def test_a_changed_entry_is_found_out(signed: Labelled, reader: LabelReader, tmp_path: Path) -> None:
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(Path(signed.path).read_bytes().replace("影门".encode(), "门影".encode()))
    found = await reader.read(changed, TRUST)
    assert found.entry is not None
    assert found.entry.content_producer == "门影"
    assert found.manifest is not None
    assert found.manifest.state == "altered"


async def test_a_manifest_on_another_film_does_not_hold(
    films: dict[str, Path], signed: Labelled, writer: LabelWriter, tmp_path: Path
) -> None:
    film = films["wide, without"]
    other = await writer.label(film, film, tmp_path, ENTRY, FACTS)
    assert len(other.manifest) == len(signed.manifest)
    before = Path(other.path).read_bytes()
    assert not await writer.put(Path(other.path), other.manifest, signed.manifest)
    assert Path(other.path).read_bytes() == before


async def test_an_earlier_manifest_of_the_same_film_makes_it_the_same_bytes(
    films: dict[str, Path], signed: Labelled, writer: LabelWriter, tmp_path: Path
) -> None:
    film = films["wide, with sound"]
    again = await writer.label(film, film, tmp_path, ENTRY, FACTS)
    assert again.manifest != signed.manifest
    assert await writer.put(Path(again.path), again.manifest, signed.manifest)
    assert Path(again.path).read_bytes() == Path(signed.path).read_bytes()


@pytest.mark.parametrize("other", [b"", b"x", b"x" * 5000])
async def test_what_is_no_manifest_is_not_put_into_a_film(
    films: dict[str, Path], writer: LabelWriter, tmp_path: Path, other: bytes
) -> None:
    film = films["wide, without"]
    labelled = await writer.label(film, film, tmp_path, ENTRY, FACTS)
    before = Path(labelled.path).read_bytes()
    for wrong in (other, other[:1].ljust(len(labelled.manifest), b"x")):
        assert not await writer.put(Path(labelled.path), labelled.manifest, wrong)
    assert Path(labelled.path).read_bytes() == before


async def test_a_film_of_our_own_stays_as_it_is(signed: Labelled, writer: LabelWriter, tmp_path: Path) -> None:
    path = Path(signed.path)
    again = await writer.label(path, path, tmp_path, ENTRY, FACTS)
    assert again == Labelled(path=signed.path, labels=("c2pa", "aigc"), manifest=b"", problems=())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("credentials", [development_credentials(NOW), None], ids=["full", "metadata"])
async def test_a_film_that_another_labelled_is_passed_on_byte_for_byte(
    signed: Labelled, tmp_path: Path, credentials: Credentials | None
) -> None:
    trust = NOBODY if credentials is None else trust_in([credentials.chain])
    ours = msgspec.structs.replace(ENTRY, content_producer="us", produce_id="ours")
    labelled = await _with_writer(credentials, trust, Path(signed.path), tmp_path, ours)
    assert labelled == Labelled(path=signed.path, labels=("c2pa", "aigc"), manifest=b"", problems=())
    assert list(tmp_path.iterdir()) == []


async def test_whoever_passes_films_on_signs_what_another_signed(
    signed: Labelled, reader: LabelReader, tmp_path: Path
) -> None:
    other = development_credentials(NOW)
    ours = trust_in([other.chain])
    passed_on = msgspec.structs.replace(ENTRY, content_propagator="us", propagate_id="1")
    labelled = await _with_writer(other, ours, Path(signed.path), tmp_path, passed_on)
    found = await reader.read(Path(labelled.path), ours)
    assert found.manifest is not None
    assert (found.manifest.state, found.manifest.is_trusted) == ("valid", True)
    assert found.entry == passed_on
    assert packets(Path(labelled.path)) == packets(Path(signed.path))
    with c2pa.Reader(labelled.path) as validator:
        said = json.loads(validator.json())
    active = said["manifests"][said["active_manifest"]]
    (parent,) = active["ingredients"]
    assert parent["relationship"] == "parentOf"
    assert parent["active_manifest"] in said["manifests"]
    assert active["assertions"][0]["data"]["actions"][0]["action"] == "c2pa.opened"


async def test_a_film_that_was_changed_after_another_signed_it_is_no_film_of_theirs(
    signed: Labelled, reader: LabelReader, tmp_path: Path
) -> None:
    film, changed = bytearray(Path(signed.path).read_bytes()), tmp_path / "changed.mp4"
    film[-100] ^= 1
    changed.write_bytes(film)
    other = development_credentials(NOW)
    labelled = await _with_writer(other, trust_in([other.chain]), changed, tmp_path)
    assert Path(labelled.path) != changed
    found = await reader.read(Path(labelled.path), trust_in([other.chain]))
    assert found.manifest is not None
    assert found.manifest.is_trusted


async def test_a_film_whose_manifest_is_damaged_gets_one_of_ours_alone(
    signed: Labelled, reader: LabelReader, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.mp4"
    film = Path(signed.path).read_bytes()
    damaged.write_bytes(film.replace(b"jumb", b"junk", 1))
    other = development_credentials(NOW)
    labelled = await _with_writer(other, trust_in([other.chain]), damaged, tmp_path)
    assert labelled.labels == ("c2pa", "aigc")
    found = await reader.read(Path(labelled.path), trust_in([other.chain]))
    assert found.manifest is not None
    assert found.manifest.state == "valid"


async def test_without_credentials_there_is_an_entry_and_no_manifest(
    films: dict[str, Path], reader: LabelReader, tmp_path: Path
) -> None:
    film = films["wide, with sound"]
    labelled = await _with_writer(None, NOBODY, film, tmp_path)
    assert (labelled.labels, labelled.manifest) == (("aigc",), b"")
    found = await reader.read(Path(labelled.path), TRUST)
    assert (found.manifest, found.entry) == (None, ENTRY)
    assert packets(Path(labelled.path)) == packets(film)


async def test_an_entry_alone_never_breaks_anothers_manifest(
    films: dict[str, Path], writer: LabelWriter, tmp_path: Path
) -> None:
    film = films["wide, with sound"]
    theirs = await writer.label(film, film, tmp_path, ENTRY, FACTS)
    changed = msgspec.structs.replace(ENTRY, content_propagator="us", propagate_id="1")
    alone = LabelWriter(None, NOBODY)
    own = tmp_path / "own"
    own.mkdir()
    try:
        labelled = await alone.label(Path(theirs.path), Path(theirs.path), own, changed, FACTS)
    finally:
        await alone.close()
    assert (labelled.path, labelled.labels) == (theirs.path, ("c2pa", "aigc"))
    assert "no longer hold" in labelled.problems[0]


async def test_a_changed_film_keeps_the_entry_and_the_manifest_that_it_came_with(
    films: dict[str, Path], signed: Labelled, reader: LabelReader, tmp_path: Path
) -> None:
    # As after words were drawn into its pictures: the new file knows nothing of the old one's labels.
    other = development_credentials(NOW)
    writer = LabelWriter(other, trust_in([other.chain]))
    theirs = msgspec.structs.replace(ENTRY, content_producer="us", produce_id="ours")
    facts = msgspec.structs.replace(FACTS, marked=True)
    try:
        film = films["wide, without"]
        labelled = await writer.label(film, Path(signed.path), tmp_path, theirs, facts)
    finally:
        await writer.close()
    found = await reader.read(Path(labelled.path), trust_in([other.chain]))
    assert found.entry == ENTRY
    with c2pa.Reader(labelled.path) as validator:
        said = json.loads(validator.json())
    active = said["manifests"][said["active_manifest"]]
    actions = active["assertions"][0]["data"]["actions"]
    assert [action["action"] for action in actions] == ["c2pa.opened", "c2pa.edited"]
    assert len(active["ingredients"]) == 1


async def test_an_operators_certificate_signs_too(films: dict[str, Path], reader: LabelReader, tmp_path: Path) -> None:
    pair = make_pair(name="Example Films")
    credentials = own_credentials(*pair.written(tmp_path), NOW)
    trust = trust_in([pair.chain])
    labelled = await _with_writer(credentials, trust, films["wide, without"], tmp_path)
    found = await reader.read(Path(labelled.path), trust)
    assert found.manifest is not None
    assert (found.manifest.signer, found.manifest.state, found.manifest.is_trusted) == ("Example Films", "valid", True)


async def test_somebody_elses_certificate_beside_our_number_is_not_ours(
    films: dict[str, Path], reader: LabelReader, tmp_path: Path
) -> None:
    ours, forged = make_pair(serial=1234), make_pair(serial=1234)
    labelled = await _with_writer(
        own_credentials(*forged.written(tmp_path), NOW), trust_in([forged.chain]), films["wide, without"], tmp_path
    )
    found = await reader.read(Path(labelled.path), trust_in([ours.chain]))
    assert found.manifest is not None
    assert (found.manifest.serial, found.manifest.is_trusted) == ("1234", False)


async def test_our_certificate_beside_somebody_elses_signature_is_not_ours(
    films: dict[str, Path], reader: LabelReader, tmp_path: Path
) -> None:
    forged = Credentials(chain=CREDENTIALS.chain, key=development_credentials(NOW).key, algorithm="es256")
    labelled = await _with_writer(forged, TRUST, films["wide, without"], tmp_path)
    found = await reader.read(Path(labelled.path), TRUST)
    assert found.manifest is not None
    assert (found.manifest.state, found.manifest.is_trusted) == ("broken", False)


async def test_credentials_are_tried_before_a_film_is() -> None:
    good = LabelWriter(CREDENTIALS, TRUST)
    await good.check()
    await good.close()
    from cryptography.x509.oid import ExtendedKeyUsageOID

    pair = make_pair(use=ExtendedKeyUsageOID.SERVER_AUTH)
    bad = LabelWriter(Credentials(chain=pair.chain, key=pair.key, algorithm="es256"), trust_in([pair.chain]))
    with pytest.raises(SetupError, match="label_certificate: manifests cannot be signed"):
        await bad.check()
    await bad.close()


async def test_a_film_that_cannot_be_signed_keeps_its_entry(films: dict[str, Path], tmp_path: Path) -> None:
    junk = Credentials(chain=CREDENTIALS.chain, key=b"no key", algorithm="es256")
    labelled = await _with_writer(junk, TRUST, films["wide, with sound"], tmp_path)
    assert labelled.labels == ("aigc",)
    assert labelled.problems[0].startswith("c2pa: ")
    assert metadata(Path(labelled.path))["AIGC"] == entry_text(ENTRY)


async def test_a_film_that_takes_no_entry_is_signed_all_the_same(
    films: dict[str, Path], reader: LabelReader, writer: LabelWriter, tmp_path: Path
) -> None:
    # What lies behind the outermost boxes of a film in pieces cannot move.
    odd = tmp_path / "odd.mp4"
    odd.write_bytes(films["wide, without"].read_bytes() + b"\0\0\0\x08mfra")
    labelled = await writer.label(odd, odd, tmp_path, ENTRY, FACTS)
    assert labelled.labels == ("c2pa",)
    assert labelled.problems == ("aigc: the film has a mfra box at its outermost level",)
    found = await reader.read(Path(labelled.path), TRUST)
    assert found.manifest is not None
    assert found.manifest.state == "valid"


async def test_what_is_no_film_has_no_labels_and_gets_none(
    reader: LabelReader, writer: LabelWriter, tmp_path: Path
) -> None:
    strange = {
        "empty": b"",
        "text": "纸船".encode() * 1000,
        "zeros": bytes(100_000),
        "ftyp": b"\0\0\0\x10ftypisom\0\0\0\0",
        "loop": b"\0\0\0\x08moov" * 5_000,
        "huge": b"\0\0\0\x01uuid\x7f" + b"\xff" * 7 + bytes(100),
    }
    paths = [make_picture(tmp_path / "picture.png"), make_clip(tmp_path / "clip.webm", video="libvpx-vp9", audio=None)]
    for name, content in strange.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    for path in paths:
        found = await reader.read(path, TRUST)
        assert found.entry is None
        assert found.manifest is None or found.manifest.state == "broken"
        try:
            labelled = await writer.label(path, path, tmp_path, ENTRY, FACTS)
        except NotLabelled:
            continue
        # Boxes without a film in them can be signed; films are decoded before anybody thinks of labels.
        assert (path.name, labelled.labels) in (("ftyp", ("c2pa",)), ("loop", ()))


async def test_a_damaged_manifest_never_says_anything_else_in_our_name(
    signed: Labelled, reader: LabelReader, tmp_path: Path
) -> None:
    film = Path(signed.path).read_bytes()
    at = film.find(signed.manifest)
    whole = (await reader.read(Path(signed.path), TRUST)).manifest
    path = tmp_path / "damaged.mp4"
    held = 0
    steps = range(0, len(signed.manifest), 31)
    for number in steps:
        path.write_bytes(film[: at + number] + bytes([film[at + number] ^ 0x55]) + film[at + number + 1 :])
        damaged = (await reader.read(path, TRUST)).manifest
        if damaged is not None and damaged.state == "valid" and damaged.is_trusted:
            # A byte that means nothing, such as the padding behind the signature.
            assert damaged == whole
            held += 1
    assert held < 0.5 * len(steps)


async def test_nobody_waits_for_a_film_for_ever(
    films: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("LABEL_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(label_module, name, 0.0001)
    slow, film = LabelWriter(CREDENTIALS, TRUST), films["high, with sound"]
    with pytest.raises(NotLabelled, match="not within"):
        await slow.label(film, film, tmp_path, ENTRY, FACTS)
    await slow.close()
    reader = LabelReader()
    with pytest.raises(Unavailable):
        await reader.read(film, TRUST)
    await reader.close()

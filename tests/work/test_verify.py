"""Whether a file came from here: films as they left us, changed ones, others' and nobody's; and who is told what."""

import hashlib
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tests.media.certificate_samples import make_pair
from tests.work.test_label import OtherMarker
from tests.work.workshop import Workshop

from filmgate.dialects.native import NativeServer
from filmgate.engines.base import Film
from filmgate.errors import SetupError
from filmgate.label import AigcEntry
from filmgate.media.credentials import development_credentials, own_credentials, trust_in
from filmgate.media.entry import write_entry
from filmgate.media.label import LabelReader, LabelWriter
from filmgate.media.label_facts import DEVELOPMENT, Credentials
from filmgate.store.certificates import Certificates
from filmgate.store.films import Films
from filmgate.task import film_name
from filmgate.work.credentials import files_credentials, own_trust, signing_credentials
from filmgate.work.label import Labeller
from filmgate.work.verification import told
from filmgate.work.verify import Finding, Verifier

NOW = datetime.now(UTC)
SHOWN = NativeServer()


@pytest.fixture(scope="session")
async def reader() -> AsyncIterator[LabelReader]:
    reader = LabelReader(1)
    yield reader
    await reader.close()


@pytest.fixture
def verifier(workshop: Workshop, reader: LabelReader, tmp_path: Path) -> Verifier:
    films, certificates = Films(workshop.db), Certificates(workshop.db)
    return Verifier(reader=reader, films=films, certificates=certificates, folder=tmp_path)


@pytest.fixture
async def credentials(workshop: Workshop) -> Credentials:
    return await signing_credentials(workshop.db, None, None, NOW)


async def made(workshop: Workshop, credentials: Credentials, path: Path) -> UUID:
    """A film of an order, signed, as a file."""
    writer = LabelWriter(credentials, trust_in([credentials.chain]))
    labeller = Labeller(
        extent="full",
        writer=writer,
        marker=OtherMarker(),
        prober=workshop.prober,
        objects=workshop.objects,
        steps=workshop.steps(clock=lambda: NOW),
        producer="a producer",
    )
    task_id = await workshop.order()
    try:
        await workshop.runner(labeller=labeller).run(task_id)
    finally:
        await writer.close()
    path.write_bytes(b"".join([piece async for piece in workshop.objects.stream(film_name(task_id))]))
    return task_id


@pytest.fixture
async def task_id(workshop: Workshop, credentials: Credentials, tmp_path: Path) -> UUID:
    return await made(workshop, credentials, tmp_path / "film.mp4")


async def found(verifier: Verifier, path: Path, account_id: UUID | None = None) -> Finding:
    return await verifier.verify(path, hashlib.sha256(path.read_bytes()).hexdigest(), account_id)


async def test_a_film_as_it_left_us_was_made_here(verifier: Verifier, task_id: UUID, tmp_path: Path) -> None:
    finding = await found(verifier, tmp_path / "film.mp4")
    assert (finding.verdict, finding.is_own_manifest) == ("made_here", True)
    assert finding.film is not None
    assert finding.film.task_id == task_id
    assert finding.entry is not None
    assert finding.entry.produce_id == str(task_id)


async def test_its_hash_alone_says_the_same(verifier: Verifier, task_id: UUID, tmp_path: Path) -> None:
    sha256 = hashlib.sha256((tmp_path / "film.mp4").read_bytes()).hexdigest()
    finding = await verifier.known(sha256)
    assert (finding.verdict, finding.manifest) == ("made_here", None)
    assert (await verifier.known("00" * 32)).verdict == "unknown"


async def test_a_film_that_was_changed_is_found_out_and_known_again(
    verifier: Verifier, task_id: UUID, tmp_path: Path
) -> None:
    film, changed = bytearray((tmp_path / "film.mp4").read_bytes()), tmp_path / "changed.mp4"
    film[-100] ^= 1
    changed.write_bytes(film)
    finding = await found(verifier, changed)
    assert (finding.verdict, finding.is_own_manifest) == ("altered", True)
    assert finding.manifest is not None
    assert finding.manifest.state == "altered"
    assert finding.film is not None
    assert finding.film.task_id == task_id


async def test_a_film_without_its_manifest_is_known_by_its_hash_alone(
    verifier: Verifier, task_id: UUID, film: Film, tmp_path: Path
) -> None:
    bare = Path(shutil.copy(film.film, tmp_path / "bare.mp4"))
    assert (await found(verifier, bare)).verdict == "unknown"


async def test_an_entry_with_our_name_proves_nothing(
    verifier: Verifier, task_id: UUID, film: Film, tmp_path: Path
) -> None:
    forged = tmp_path / "forged.mp4"
    entry = f'{{"Label":"1","ContentProducer":"a producer","ProduceID":"{task_id}"}}'
    write_entry(film.film, forged, entry)
    finding = await found(verifier, forged)
    assert (finding.verdict, finding.film) == ("unknown", None)
    assert finding.entry == AigcEntry(label="1", content_producer="a producer", produce_id=str(task_id))


async def test_a_film_that_another_signed_comes_from_elsewhere(
    verifier: Verifier, workshop: Workshop, credentials: Credentials, tmp_path: Path
) -> None:
    await made(workshop, development_credentials(NOW), tmp_path / "theirs.mp4")
    # As another installation's would be: this database does not know it.
    await workshop.db.run('UPDATE tasks SET result = result || \'{"sha256": ""}\'')
    finding = await found(verifier, tmp_path / "theirs.mp4")
    assert (finding.verdict, finding.is_own_manifest, finding.film) == ("signed_elsewhere", False, None)


@pytest.mark.parametrize(
    ("behind", "verdict"),
    [(b"\0\0\0\x08skid", "altered"), (b"a part of another film", "unknown"), (bytes(range(256)) * 400, "unknown")],
)
async def test_a_film_whose_manifest_cannot_be_read_any_more_was_signed_by_nobody(
    verifier: Verifier, task_id: UUID, tmp_path: Path, behind: bytes, verdict: str
) -> None:
    longer = tmp_path / "longer.mp4"
    longer.write_bytes((tmp_path / "film.mp4").read_bytes() + behind)
    finding = await found(verifier, longer)
    assert (finding.verdict, finding.is_own_manifest) == (verdict, verdict == "altered")
    assert finding.manifest is not None


async def test_a_film_that_is_kept_no_more_was_made_here_all_the_same(
    verifier: Verifier, workshop: Workshop, task_id: UUID, tmp_path: Path
) -> None:
    await workshop.db.run('UPDATE tasks SET result = result || \'{"sha256": ""}\'')
    finding = await found(verifier, tmp_path / "film.mp4")
    assert finding.verdict == "made_here"
    assert finding.film is not None
    assert finding.film.task_id == task_id


@pytest.mark.parametrize("content", [b"", b"no film", b"\0\0\0\x18ftypmp42" + bytes(100), bytes(10_000)])
async def test_what_is_no_film_is_unknown(verifier: Verifier, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    finding = await found(verifier, path)
    assert (finding.verdict, finding.film, finding.manifest, finding.entry) == ("unknown", None, None, None)


# --- who is told what ---------------------------------------------------------------------------------------------


async def test_owners_are_told_which_order_it_was(
    verifier: Verifier, workshop: Workshop, task_id: UUID, tmp_path: Path
) -> None:
    owner = workshop.account.id
    finding = await found(verifier, tmp_path / "film.mp4", owner)
    verification = told(finding, "00", owner)
    assert (verification.verdict, verification.task_id) == ("made_here", SHOWN.show_id(task_id))
    assert verification.aigc is not None
    assert verification.manifest is not None
    assert (verification.manifest.own, verification.manifest.development) == (True, True)
    assert verification.manifest.signer == DEVELOPMENT


@pytest.mark.parametrize("is_changed", [False, True])
async def test_others_are_told_that_it_came_from_here_and_no_more(
    verifier: Verifier, task_id: UUID, tmp_path: Path, is_changed: bool
) -> None:
    path, stranger = tmp_path / "film.mp4", uuid4()
    if is_changed:
        film = bytearray(path.read_bytes())
        film[-100] ^= 1
        path.write_bytes(film)
    verification = told(await found(verifier, path, stranger), "00", stranger)
    assert verification.verdict == ("altered" if is_changed else "made_here")
    assert (verification.task_id, verification.aigc) == (None, None)


async def test_whoever_runs_the_installation_is_told_everything(
    verifier: Verifier, task_id: UUID, tmp_path: Path
) -> None:
    verification = told(await found(verifier, tmp_path / "film.mp4"), "00", None)
    assert verification.task_id == SHOWN.show_id(task_id)
    assert verification.aigc is not None


# --- with what is signed ------------------------------------------------------------------------------------------


async def test_every_process_signs_with_the_same_certificate(workshop: Workshop) -> None:
    first, second = [await signing_credentials(workshop.db, None, None, NOW) for _ in range(2)]
    assert first == second
    assert await Certificates(workshop.db).chains() == [first.chain]


async def test_films_of_an_earlier_certificate_are_still_ours(
    verifier: Verifier, workshop: Workshop, task_id: UUID, tmp_path: Path
) -> None:
    pair = make_pair().written(tmp_path)
    renewed = await signing_credentials(workshop.db, *pair, NOW)
    assert renewed == own_credentials(*pair, NOW)
    assert len((await own_trust(workshop.db)).serials) == 2
    finding = await found(verifier, tmp_path / "film.mp4")
    assert finding.is_own_manifest


def test_half_a_pair_is_refused(tmp_path: Path) -> None:
    certificate, key = make_pair().written(tmp_path)
    assert files_credentials(None, None, NOW) is None
    with pytest.raises(SetupError, match="label_key is missing"):
        files_credentials(certificate, None, NOW)
    with pytest.raises(SetupError, match="label_certificate is missing"):
        files_credentials(None, key, NOW)

"""``filmgate verify``: whether a film came from here."""

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from filmgate.cli.options import DataOption, plain, with_database
from filmgate.dialects import build_dialects
from filmgate.dialects.native.verification import Verdict, Verification
from filmgate.errors import SetupError
from filmgate.store.accounts import Accounts
from filmgate.store.certificates import Certificates
from filmgate.store.db import Database
from filmgate.store.films import Films, KnownFilm
from filmgate.store.tasks import Tasks

_VERDICTS: dict[Verdict, tuple[str, str]] = {
    "made_here": ("green", "This film was made here, and nobody has changed it since."),
    "altered": ("red", "This carries a manifest from here over other bytes: it was changed since, or put onto it."),
    "signed_elsewhere": ("yellow", "This does not come from here; somebody else has signed it."),
    "unknown": ("yellow", "Nothing shows that this came from here."),
}
_STATES = {
    "valid": "holds",
    "altered": "the film was changed since",
    "outdated": "holds, but its certificate is past its time",
    "broken": "damaged or forged",
}


class _Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose film it is, for whoever runs the installation."""

    account: str
    dialect: str
    dialect_id: str


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    verification: Verification
    owner: _Owner | None


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The film.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything that was found as JSON.")] = False,
    data: DataOption = None,
) -> None:
    """Say whether a film came from here: by its manifest, and by its hash.

    The exit code is 0 when it was made here and not changed since, and 1 otherwise.
    """
    try:
        with file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as exc:
        raise SetupError(f"{file} cannot be read: {exc.strerror}.", "Give the path of a file.") from exc
    told_all = with_database(data, lambda database: _verify(database, file.absolute(), sha256))
    if as_json:
        said = msgspec.to_builtins(told_all.verification) | {"owner": msgspec.to_builtins(told_all.owner)}
        typer.echo(msgspec.json.format(msgspec.json.encode(said), indent=2))
    else:
        _show(told_all)
    if told_all.verification.verdict != "made_here":
        raise typer.Exit(1)


async def _verify(database: Database, file: Path, sha256: str) -> _Told:
    # Reading certificates takes a moment to import, which other commands need not wait for.
    from filmgate.media.label import LabelReader
    from filmgate.work.verification import told
    from filmgate.work.verify import Verifier

    reader = LabelReader()
    try:
        films, certificates = Films(database), Certificates(database)
        verifier = Verifier(reader=reader, films=films, certificates=certificates, folder=file.parent)
        finding = await verifier.verify(file, sha256)
    finally:
        await reader.close()
    return _Told(verification=told(finding, sha256, None), owner=await _owner(database, finding.film))


async def _owner(database: Database, film: KnownFilm | None) -> _Owner | None:
    task = None if film is None else await Tasks(database).get(film.task_id)
    if task is None:
        return None
    account = await Accounts(database).account(task.account_id)
    shown_id = build_dialects().named(task.dialect).show_id(task.id)
    return _Owner(account=account.name, dialect=task.dialect, dialect_id=shown_id)


def _show(told_all: _Told) -> None:
    console = Console(soft_wrap=True, highlight=False)
    verification, owner = told_all.verification, told_all.owner
    style, sentence = _VERDICTS[verification.verdict]
    console.print(Text(sentence, style=style))
    table = Table(box=None, show_header=False)
    for word, text in _rows(verification, owner):
        table.add_row(word, Text(plain(text)))
    console.print(table)


def _rows(verification: Verification, owner: _Owner | None) -> list[tuple[str, str]]:
    rows = [("sha256", verification.sha256)]
    if owner is not None:
        rows += [("order", f"{owner.dialect_id} ({owner.dialect})"), ("account", owner.account)]
    manifest = verification.manifest
    if manifest is None:
        rows.append(("manifest", "none"))
    else:
        signer = manifest.signer or manifest.organisation or "nobody known"
        rows += [
            ("manifest", _STATES[manifest.state]),
            ("signed by", f"{signer}, for which nobody vouches" if manifest.development else signer),
            ("written by", manifest.generator or "an unknown program"),
            ("made as", manifest.source_type or "not said"),
        ]
    entry = verification.aigc
    said = "none" if entry is None else f"generated by {entry.content_producer or 'nobody named'}, {entry.produce_id}"
    return [*rows, ("AIGC entry", said)]

"""``filmgate doctor``: what is missing or wrong here, and the mend.

Each check imports what it looks at, so that one broken library spoils one line and not the command.
"""

import asyncio
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from filmgate.cli.options import DataOption, running_database
from filmgate.errors import FilmgateError, SetupError
from filmgate.settings import Settings, load_settings
from filmgate.store.db import Database

if TYPE_CHECKING:
    from filmgate.media.label import LabelWriter

_LEAST_FREE_BYTES = 2 * 10**9
_SHORT_LIFE = timedelta(days=30)
_SAMPLE_TEXT = "Film 电影 映画 영화 فيلم סרט फिल्म ภาพยนตร์ தமிழ் ქართული"
_MARKS = {"good": "[green]good[/]", "care": "[yellow]care[/]", "wrong": "[red]wrong[/]"}


class Finding(msgspec.Struct, frozen=True):
    """What one check found."""

    verdict: Literal["good", "care", "wrong"]
    text: str
    mend: str = ""


def doctor(data: DataOption = None) -> None:
    """Look at everything filmgate needs and say what is missing or wrong, and the mend."""
    settings = load_settings(data)
    table = Table("", "what", "found", "mend", box=None)
    wrong = False
    for name, check in _CHECKS:
        try:
            finding = check(settings)
        except SetupError as error:
            finding = Finding("wrong", error.message.removesuffix(error.mend).strip(), error.mend)
        except FilmgateError as error:
            finding = Finding("wrong", error.message)
        except ImportError as error:
            finding = Finding("wrong", str(error), "Install filmgate again.")
        wrong = wrong or finding.verdict == "wrong"
        table.add_row(_MARKS[finding.verdict], name, finding.text, finding.mend)
    Console(soft_wrap=True, highlight=False).print(table)
    if wrong:
        raise typer.Exit(1)


def _python(_: Settings) -> Finding:
    version = sys.version.split()[0]
    if sys.platform not in {"linux", "darwin"}:
        return Finding("wrong", f"{version} on {sys.platform}", "filmgate runs on Linux and macOS.")
    return Finding("good", f"{version} on {sys.platform}, {os.cpu_count()} cores")


def _data_folder(settings: Settings) -> Finding:
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        probe = settings.data / f".doctor-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as exc:
        return Finding("wrong", f"{settings.data}: {exc.strerror}", "Choose another with --data or FILMGATE_DATA.")
    free = shutil.disk_usage(settings.data).free
    if free < _LEAST_FREE_BYTES:
        return Finding("care", f"{settings.data}, only {free / 1e9:.1f} GB free", "Free some room for films.")
    return Finding("good", f"{settings.data}, {free / 1e9:.0f} GB free")


def _database(settings: Settings) -> Finding:
    async def look(url: str) -> str:
        database = await Database.open(url, connections=1)
        try:
            began = time.perf_counter()
            version = await database.pool.fetchval("SHOW server_version")
            return f"Postgres {version.split()[0]}, answers in {(time.perf_counter() - began) * 1000:.1f} ms"
        finally:
            await database.close()

    with running_database(settings) as url:
        found = asyncio.run(look(url))
    return Finding("good", f"{'embedded ' if settings.database_url is None else ''}{found}")


def _object_store(settings: Settings) -> Finding:
    from filmgate.objects import Objects

    asyncio.run(Objects.open(settings.object_store).ping())
    return Finding("good", str(settings.object_store))


def _catalogue(settings: Settings) -> Finding:
    from filmgate.catalogue.load import load_catalogue

    offers = load_catalogue(settings.catalogue_folder).offers()
    return Finding("good", f"{len(offers)} models on offer")


def _encoders(_: Settings) -> Finding:
    import av

    missing = {"libx264", "aac"} - av.codecs_available
    if missing:
        return Finding("wrong", f"no {', '.join(sorted(missing))}", "Install the `av` wheel from the package index.")
    return Finding("good", "H.264 and AAC")


def _fonts(_: Settings) -> Finding:
    from filmgate.engines.animatic.lettering import drawable

    missing = "".join(sorted(set(_SAMPLE_TEXT) - set(drawable(_SAMPLE_TEXT))))
    if missing:
        return Finding("wrong", f"no glyphs for {missing}", "Install the package `weblate-fonts` again.")
    return Finding("good", "glyphs for Latin, Chinese, Japanese, Korean, Arabic, Hebrew, Indic and more")


def _labels(settings: Settings) -> Finding:
    from filmgate.media.credentials import expires_at, trust_in
    from filmgate.media.label import LabelWriter
    from filmgate.work.credentials import files_credentials

    if settings.labels == "off":
        return Finding(
            "care", "films do not say where they came from", "Fine in front of another filmgate that labels."
        )
    if settings.labels == "metadata":
        return Finding("good", "films carry the AIGC entry")
    own = files_credentials(settings.label_certificate_file, settings.label_key_file, datetime.now(UTC))
    if own is None:
        mend = "Set label_certificate and label_key."
        return Finding("care", "manifests are signed with a certificate that nobody vouches for", mend)
    asyncio.run(_try_credentials(LabelWriter(own, trust_in([own.chain]))))
    left = expires_at(own) - datetime.now(UTC)
    if left < _SHORT_LIFE:
        return Finding("care", f"the certificate of the manifests is good for {left.days} more days", "Renew it.")
    return Finding(
        "good", f"films carry manifests, signed with a certificate that is good until {expires_at(own):%Y-%m-%d}"
    )


async def _try_credentials(writer: "LabelWriter") -> None:
    try:
        await writer.check()
    finally:
        await writer.close()


def _port(settings: Settings) -> Finding:
    try:
        socket.create_server((settings.host, settings.port)).close()
    except OSError as exc:
        return Finding(
            "care", f"{settings.host} port {settings.port}: {exc.strerror}", "Fine if filmgate runs; else use --port."
        )
    return Finding("good", f"{settings.host} port {settings.port} is free")


def _links(settings: Settings) -> Finding:
    if settings.public_url is None:
        return Finding("care", "links in answers follow the Host header", "Set public_url behind a proxy.")
    return Finding("good", f"links begin with {settings.public_url}")


def _networks(settings: Settings) -> Finding:
    if settings.allow_private_networks:
        return Finding("care", "customers' links may reach private networks", "Only for tests and closed networks.")
    return Finding("good", "customers' links never reach private networks")


_CHECKS: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
    ("python", _python),
    ("data folder", _data_folder),
    ("database", _database),
    ("object store", _object_store),
    ("catalogue", _catalogue),
    ("encoders", _encoders),
    ("fonts", _fonts),
    ("labels", _labels),
    ("port", _port),
    ("links", _links),
    ("networks", _networks),
)

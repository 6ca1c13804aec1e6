"""Assets: an account's own pictures, clips and sounds are taken in, as files or as links.

A file is looked at before anything of it is kept; what cannot be used in an order is refused and leaves no trace. A
link is kept at once and fetched by a worker.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from filmgate.asset import ASSETS, Asset, AssetFile
from filmgate.catalogue.rules import shortened
from filmgate.errors import MediaError, MediaTooLarge, MediaUnreadable, RulesBroken, Unavailable, Violation
from filmgate.ids import new_id
from filmgate.media.fetch import LIMIT_BYTES
from filmgate.media.probe import Probe, Prober
from filmgate.objects import Objects
from filmgate.sniff import CONTENT_TYPES, DEMUXERS, IMAGE_FORMATS, sniff
from filmgate.store.asset_files import AssetFiles, NewFile
from filmgate.store.assets import Assets
from filmgate.video import MediaKind
from filmgate.work.gate import OPEN, Gate
from filmgate.work.spool import Spooled

LARGEST_BYTES = max(LIMIT_BYTES.values())
"""Of any kind. What is larger cannot be used in an order."""
MOST_FETCHING = 1000
"""Links of one account that wait to be fetched."""

_SOUND_FORMATS = frozenset({"wav", "mp3", "aac", "m4a", "flac"})

_log = structlog.get_logger("filmgate.work")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a new asset by whoever brings it. Set by the door, checked."""

    name: str = ""
    tags: tuple[str, ...] = ()
    libraries: tuple[str, ...] | None = None
    kind: MediaKind | None = None
    """None: whatever it is."""
    field: str = "file"
    """Where the caller wrote it, for what may be wrong with it."""


class AssetKeeper:
    """Takes assets in."""

    def __init__(
        self,
        *,
        assets: Assets,
        files: AssetFiles,
        objects: Objects,
        prober: Prober,
        most_bytes: int,
        clock: Callable[[], datetime],
        gate: Gate = OPEN,
    ) -> None:
        """``most_bytes`` is how much an account may keep in all."""
        self._assets = assets
        self._files = files
        self._objects = objects
        self._prober = prober
        self._most_bytes = most_bytes
        self._clock = clock
        self._gate = gate

    async def add_file(self, account_id: UUID, file: Spooled, said: Said) -> Asset:
        """A new asset of a file that lies on the disk.

        Raises:
            MediaError: it is no picture, clip or sound that an order can use, or not of the kind that was said.
            RulesBroken: the account would keep more than it may.
            Unavailable: the database or the object store is away.
        """
        kept = await self.keep(account_id, file, said)
        now = self._clock()
        asset = _new(account_id, said, now, file=kept)
        await self._assets.add(asset, kept, now)
        _added(asset)
        # Read back: bytes that were known already have what their review said.
        return await self._assets.get(account_id, asset.id) or asset

    async def add_links(
        self, account_id: UUID, links: list[tuple[str, Said]], consent_id: UUID | None = None
    ) -> list[Asset]:
        """New assets of links, to be fetched by a worker; all of them or none.

        Args:
            links: whose text was checked (``placing.broken_receiver``).
            consent_id: of the consent of the person whom they show.

        Raises:
            RulesBroken: too many of the account's links wait already.
        """
        now = self._clock()
        assets = [_new(account_id, said, now, url=url) for url, said in links]
        if not await self._assets.add_links(account_id, assets, MOST_FETCHING, now, consent_id):
            message = f"must wait: at most {MOST_FETCHING} links of an account are fetched at the same time"
            raise RulesBroken([Violation(field=links[0][1].field, rule="count", message=message)])
        for asset in assets:
            _added(asset)
        return assets

    async def keep(self, account_id: UUID, file: Spooled, said: Said) -> AssetFile:
        """Keep the bytes of an asset, once for each account. Raises as ``add_file``."""
        probe = await self._look(file, said)
        judgement = await self._gate.judge_file(file.path, probe)
        file_id = new_id()
        name = f"{ASSETS}/{file_id}.{probe.format}"
        new = NewFile(
            id=file_id,
            account_id=account_id,
            sha256=file.sha256,
            kind=probe.kind,
            size_bytes=file.size_bytes,
            facts=msgspec.to_builtins(probe),
            object_name=name,
            state=judgement.state,
            person=judgement.person,
            reason=judgement.reason,
        )
        await self._objects.put_file(name, file.path, CONTENT_TYPES[probe.format])
        # Should this fail, the object is one that nobody knows, and goes in a day.
        kept = await self._files.keep(new, self._most_bytes, self._clock())
        if kept.object_name != name:
            with suppress(Unavailable):
                await self._objects.delete(name)
        if kept.file_id is None or kept.verdict == "full":
            raise no_room(said.field, self._most_bytes)
        return AssetFile(
            id=kept.file_id,
            sha256=new.sha256,
            size_bytes=new.size_bytes,
            kind=new.kind,
            state=new.state,
            reason=new.reason,
            person=new.person,
            object_name=kept.object_name,
            facts=new.facts,
        )

    async def _look(self, file: Spooled, said: Said) -> Probe:
        """The facts of a file, and with them its kind."""
        with file.path.open("rb") as opened:
            found = sniff(opened)
        kinds: tuple[MediaKind, ...] = (said.kind,) if said.kind else _kinds(found)
        if file.size_bytes == 0:
            raise MediaUnreadable("the file is empty", kind=kinds[0], field=said.field)
        if found is None and said.kind is None:
            formats = ", ".join((*IMAGE_FORMATS, *DEMUXERS))
            raise MediaUnreadable(f"the file is in none of the formats {formats}", kind=kinds[0], field=said.field)
        limit_bytes = max(LIMIT_BYTES[kind] for kind in kinds)
        if file.size_bytes > limit_bytes:
            message = f"the file given as {kinds[0]} is larger than {limit_bytes // 1024**2} MiB"
            raise MediaTooLarge(message, kind=kinds[0], field=said.field)
        return await self._probe(file.path, kinds, said.field)

    async def _probe(self, path: Path, kinds: tuple[MediaKind, ...], field: str) -> Probe:
        try:
            return await self._prober.probe(path, kinds[0], field)
        except MediaError:
            if len(kinds) == 1:
                raise
            return await self._probe(path, kinds[1:], field)


def _new(
    account_id: UUID, said: Said, now: datetime, *, url: str | None = None, file: AssetFile | None = None
) -> Asset:
    return Asset(
        id=new_id(),
        account_id=account_id,
        name=said.name,
        tags=said.tags,
        libraries=said.libraries,
        kind=said.kind if file is None else file.kind,
        url=url,
        created_at=now,
        error=None,
        file=file,
    )


def _added(asset: Asset) -> None:
    _log.info("asset.added", asset=str(asset.id), account=str(asset.account_id), state=asset.state)


def _kinds(found: str | None) -> tuple[MediaKind, ...]:
    """What a file of a format may be, the likeliest first: an mp4 may hold nothing but sound."""
    if found in IMAGE_FORMATS or found not in DEMUXERS:
        return ("image",)
    return ("audio",) if found in _SOUND_FORMATS else ("video", "audio")


def no_room(field: str, most_bytes: int) -> RulesBroken:
    """The account would keep more than it may."""
    message = f"must leave what the account keeps within {most_bytes // 1024**2} MiB; delete assets that are not needed"
    return RulesBroken([Violation(field=shortened(field), rule="count", message=message)])

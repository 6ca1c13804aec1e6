"""Consents of real people: they are given with their proof, and portraits come with one."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from filmgate.asset import Asset
from filmgate.consent import EVIDENCE, Consent, NewConsent
from filmgate.errors import RulesBroken, Unavailable, Violation
from filmgate.ids import new_id
from filmgate.objects import Objects
from filmgate.store.accounts import Key
from filmgate.store.assets import Assets
from filmgate.store.consents import Consents
from filmgate.work.assets import AssetKeeper, Said, no_room
from filmgate.work.spool import Spooled

LARGEST_EVIDENCE_BYTES = 20 * 1024 * 1024

# What proofs are; anything else is served as bytes that no browser shows.
_SUFFIXES = frozenset({"pdf", "txt", "jpg", "jpeg", "png", "webp", "mp4", "mov", "webm", "mp3", "m4a", "wav"})

_log = structlog.get_logger("filmgate.work")


class ConsentDesk:
    """Takes consents."""

    def __init__(
        self,
        *,
        consents: Consents,
        assets: Assets,
        keeper: AssetKeeper,
        objects: Objects,
        most_bytes: int,
        clock: Callable[[], datetime],
    ) -> None:
        """``most_bytes`` is how much an account may keep in all."""
        self._consents = consents
        self._assets = assets
        self._keeper = keeper
        self._objects = objects
        self._most_bytes = most_bytes
        self._clock = clock

    async def give(
        self, key: Key, new: NewConsent, asset_ids: Sequence[UUID], proof: Spooled | None = None, proof_name: str = ""
    ) -> Consent:
        """Keep a consent with its proof, over assets of the account.

        Args:
            asset_ids: as the caller named them, in the member ``asset_ids``.
            proof: a file beside what ``new`` says, or instead of it.

        Raises:
            RulesBroken: it has no proof, names assets that are not there, or the account would keep more than it may.
            Unavailable: the database or the object store is away.
        """
        broken = await self._unknown(key.account_id, asset_ids)
        if not new.evidence.strip() and (proof is None or proof.size_bytes == 0):
            broken.append(Violation(field="evidence", rule="missing", message="must be given, as text or as a file"))
        if broken:
            raise RulesBroken(broken)
        if proof is not None and proof.size_bytes > 0:
            new = await self._with_proof(new, proof, proof_name)
        # Should this fail, the proof is an object that nobody knows, and goes in a day.
        consent = await self._consents.keep(key.account_id, new, self._most_bytes, self._clock())
        if consent is None:
            with suppress(Unavailable):
                await self._objects.delete(new.evidence_object or "")
            raise no_room("file", self._most_bytes)
        await self._consents.add_assets(key.account_id, consent.id, asset_ids)
        _log.info("consent.given", consent=str(consent.id), account=str(key.account_id), assets=len(asset_ids))
        return consent

    async def cover(self, account_id: UUID, consent: Consent, asset_ids: Sequence[UUID]) -> None:
        """Put more assets under a consent that covers the account. Raises RulesBroken as ``give``."""
        broken = await self._unknown(account_id, asset_ids)
        if broken:
            raise RulesBroken(broken)
        await self._consents.add_assets(account_id, consent.id, asset_ids)

    async def portray(self, key: Key, url: str, said: Said) -> Asset:
        """A portrait of a real person by its link, under a consent that the caller declares with it.

        Raises:
            RulesBroken: too many links wait already.
        """
        now = self._clock()
        new = NewConsent(
            person=said.name,
            evidence=f"Declared by whoever holds the key {key.hint}… when {url} was submitted as a portrait of a real "
            f"person called {said.name!r}, on {now:%Y-%m-%d at %H:%M:%S} UTC.",
            given_by=f"realperson/submit, key {key.hint}…",
        )
        # First, so that the portrait is never there without it.
        consent = await self.give(key, new, [])
        try:
            (asset,) = await self._keeper.add_links(key.account_id, [(url, said)], consent.id)
        except RulesBroken:
            await self.revoke(key.account_id, consent.id, "the portrait that it was given for was not taken")
            raise
        return asset

    async def revoke(self, account_id: UUID, consent_id: UUID, reason: str) -> Consent | None:
        """Let a consent cover no new order, from this moment on. None where the account gave none such."""
        consent = await self._consents.revoke(account_id, consent_id, reason, self._clock())
        if consent is not None:
            _log.info("consent.revoked", consent=str(consent_id), account=str(account_id))
        return consent

    async def _with_proof(self, new: NewConsent, proof: Spooled, name: str) -> NewConsent:
        ending = name.rpartition(".")[2].lower()
        suffix = ending if ending in _SUFFIXES else "bin"
        object_name = f"{EVIDENCE}/{new_id()}.{suffix}"
        await self._objects.put_file(object_name, proof.path, "application/octet-stream")
        return msgspec.structs.replace(
            new, evidence_object=object_name, evidence_sha256=proof.sha256, evidence_bytes=proof.size_bytes
        )

    async def _unknown(self, account_id: UUID, asset_ids: Sequence[UUID]) -> list[Violation]:
        known = await self._assets.get_many(account_id, asset_ids) if asset_ids else {}
        return [
            Violation(field=f"asset_ids[{number}]", rule="unknown", message="names no such asset")
            for number, asset_id in enumerate(asset_ids)
            if asset_id not in known
        ]

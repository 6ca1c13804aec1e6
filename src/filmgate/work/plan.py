"""Planning an order: rules, then what the price and the dialect need to see of the media.

Everything that can be wrong with an order is found here, before any money.
"""

import asyncio
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from filmgate.catalogue.choose import Plan, measured_media, plan
from filmgate.catalogue.load import Catalogue
from filmgate.catalogue.media_rules import broken_media, largest_bytes, within_counts
from filmgate.catalogue.model import Offer
from filmgate.catalogue.routes import Router
from filmgate.dialects.base import ServerDialect
from filmgate.errors import MediaError, MediaUnreachable, RulesBroken, Violation
from filmgate.media.fetch import MediaFetcher
from filmgate.media.probe import Probe
from filmgate.store.accounts import Key
from filmgate.video import Media, VideoRequest
from filmgate.work.gate import OPEN, Gate
from filmgate.work.own_media import NOTHING, OwnMedia, OwnMediaFinder
from filmgate.work.placing import Placing, at_quoted_price, broken_terms, broken_webhook

# A price that needs the length of a clip does not wait for it longer than this; the clip then counts nothing.
_MEASURING_SECONDS = 10.0
# Most clients give up on a create after a minute; by then they should have read why their links are no good.
_CHECKING_SECONDS = 30.0
_CHECKS_AT_ONCE = 4
# What can be wrong in reading an order without a medium of it being lost.
_BESIDE_MEDIA = frozenset(VideoRequest.__struct_fields__) - {"media"}


class Planner:
    """Turns orders into plans, or into everything that is wrong with them."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        router: Router,
        fetcher: MediaFetcher,
        own_media: OwnMediaFinder | None = None,
        gate: Gate = OPEN,
        plain_http_allowed: bool = False,
        link_ports: Collection[int] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Without ``own_media`` there are no assets. ``folder`` takes media while it is looked at; the system's folder
        for temporary files unless given.
        """
        self._catalogue = catalogue
        self._router = router
        self._fetcher = fetcher
        self._own_media = own_media
        self._gate = gate
        self._plain_http_allowed = plain_http_allowed
        self._link_ports = link_ports
        self._folder = folder

    async def plan(self, request: VideoRequest, dialect: ServerDialect, key: Key, placing: Placing) -> Plan:
        """Check an order, complete it and price it.

        Args:
            request: as the dialect read it.

        Raises:
            RulesBroken: the order breaks rules of its model or its key, or its media do or cannot be used and the
                dialect says so at once, or media are reviewed; all of it is listed.
            Unavailable: the database is away, and the order names assets.
        """
        look_at_all = self._looks_at_all(request, dialect)
        planned, broken = await self._examined(request, dialect, key, placing, look_at_all=look_at_all)
        if planned is None or broken:
            raise RulesBroken(broken)
        return planned

    async def examine(
        self, request: VideoRequest, dialect: ServerDialect, key: Key, placing: Placing
    ) -> tuple[Plan | None, list[Violation]]:
        """As ``plan``, but look at every medium whatever the dialect, and say all that is wrong instead of raising it.

        Returns:
            The plan, if the rules of the order itself are kept, and every violation.
        """
        return await self._examined(request, dialect, key, placing, look_at_all=True)

    async def also_broken(
        self, broken: RulesBroken, dialect: ServerDialect, key: Key, placing: Placing
    ) -> list[Violation]:
        """Everything that is wrong with an order that could be read in part: what was wrong in reading it, and then
        what its model, its key and a look at its media say of the rest.
        """
        if broken.read is None:
            return broken.violations
        look_at_all = self._looks_at_all(broken.read, dialect)
        _, more = await self._examined(broken.read, dialect, key, placing, look_at_all=look_at_all)
        told = {violation.field for violation in broken.violations}
        is_whole = told <= _BESIDE_MEDIA
        return [*broken.violations, *(found for found in more if _also_holds(found, told, is_whole=is_whole))]

    def _looks_at_all(self, request: VideoRequest, dialect: ServerDialect) -> bool:
        """Whether every medium is looked at before the order is accepted."""
        return dialect.checks_media_at_create or (bool(request.media) and self._fetcher.reviews_media)

    async def _examined(
        self, request: VideoRequest, dialect: ServerDialect, key: Key, placing: Placing, *, look_at_all: bool
    ) -> tuple[Plan | None, list[Violation]]:
        own = await self._find_own(request, key)
        planned, broken = self._tried(request, dialect, key, placing, {}, own)
        offer = planned.offer if planned else self._catalogue.find(request.model, dialect.name)
        told = {violation.field for violation in broken}
        if offer is None or "model" in told:
            return planned, broken
        measured = measured_media(planned.offer, planned.request) if planned else ()
        # Of what stands where another kind belongs, that is told, and not what it lacks beside.
        known = {field: facts for field, facts in own.known(request).items() if field not in told}
        if look_at_all:
            resolved = own.resolved(request, offer)
            media = [item for item in within_counts(offer, resolved) if item.field not in told]
            found = await self._inspect(media, offer, key, _CHECKING_SECONDS, known)
            seen = {item.field: _too_slow(item) for item in media} | found
        else:
            found = await self._inspect(list(measured), offer, key, _MEASURING_SECONDS, known)
            # Whatever the dialect: what is known of assets costs no look, and no client waits for it.
            seen = dict(known)
        if lengths_seconds := _lengths_seconds(measured, found):
            planned, broken = self._tried(request, dialect, key, placing, lengths_seconds, own)
        return planned, [*broken, *broken_media(offer, request, seen)]

    def _tried(
        self,
        request: VideoRequest,
        dialect: ServerDialect,
        key: Key,
        placing: Placing,
        lengths_seconds: Mapping[str, float],
        own: OwnMedia,
    ) -> tuple[Plan | None, list[Violation]]:
        try:
            planned = self._priced(request, dialect, key, placing, lengths_seconds, own)
        except RulesBroken as exc:
            return None, exc.violations
        resolved = self._held(own.resolved(planned.request, planned.offer))
        return msgspec.structs.replace(planned, request=resolved), []

    def _held(self, request: VideoRequest) -> VideoRequest:
        judgement = self._gate.judge_prompt(request.prompt)
        return msgspec.structs.replace(request, held=judgement.reason) if judgement.state == "pending" else request

    async def _find_own(self, request: VideoRequest, key: Key) -> OwnMedia:
        return NOTHING if self._own_media is None or not request.media else await self._own_media.find(request, key)

    def _priced(
        self,
        request: VideoRequest,
        dialect: ServerDialect,
        key: Key,
        placing: Placing,
        lengths_seconds: Mapping[str, float],
        own: OwnMedia,
    ) -> Plan:
        """Every rule that needs no look at the media, and the price.

        Raises:
            RulesBroken: all that are broken.
        """
        webhook = broken_webhook(request, plain_http_allowed=self._plain_http_allowed, link_ports=self._link_ports)
        others = [
            *own.broken(request, self._catalogue.find(request.model, dialect.name)),
            *webhook,
            *self._gate.broken(request.prompt),
        ]
        try:
            planned = plan(
                self._catalogue,
                request,
                dialect.name,
                lengths_seconds,
                plain_http_allowed=self._plain_http_allowed,
                create_path=placing.create_path,
                own_links=placing.own_links | own.links(request),
            )
        except RulesBroken as exc:
            told = {violation.field for violation in exc.violations}
            raise RulesBroken(
                [*exc.violations, *(violation for violation in others if violation.field not in told)]
            ) from exc
        upstreams = tuple(route.upstream for route in self._router.routes(planned.offer))
        planned = at_quoted_price(msgspec.structs.replace(planned, routes=upstreams), placing.quoted)
        others += broken_terms(planned, key, placing)
        if others:
            raise RulesBroken(others)
        return planned

    async def _inspect(
        self, media: Sequence[Media], offer: Offer, key: Key, limit_seconds: float, known: Mapping[str, Probe]
    ) -> dict[str, Probe | MediaError]:
        """What each of the media is, or why it is nothing, by ``Media.field``; in the given order.

        What was not found out within ``limit_seconds`` is left out; what is ``known`` is not looked at again.
        """
        media = [item for item in media if item.field not in known]
        if not media:
            return dict(known)
        slots = asyncio.Semaphore(_CHECKS_AT_ONCE)

        async def check(item: Media, folder: Path) -> Probe | MediaError:
            async with slots:
                try:
                    return await self._fetcher.check(
                        item,
                        folder,
                        limit_bytes=largest_bytes(offer, item.kind),
                        # What was named as an asset passed its review as one.
                        account_id=key.account_id if item.asset_id is None else None,
                    )
                except MediaError as exc:
                    return exc

        with tempfile.TemporaryDirectory(prefix="accept-", dir=self._folder) as folder:
            checks = [asyncio.create_task(check(item, Path(folder))) for item in media]
            try:
                await asyncio.wait(checks, timeout=limit_seconds)
            finally:
                for task in checks:
                    task.cancel()
                await asyncio.gather(*checks, return_exceptions=True)
        found = {item.field: task.result() for item, task in zip(media, checks, strict=True) if not task.cancelled()}
        return {**found, **known}


def _lengths_seconds(measured: Sequence[Media], probes: Mapping[str, Probe | MediaError]) -> dict[str, float]:
    """What was measured of the media whose length the price counts, by ``Media.field``."""
    return {
        media.field: found.seconds
        for media in measured
        if isinstance(found := probes.get(media.field), Probe) and found.seconds is not None
    }


def _also_holds(found: Violation, told: set[str], *, is_whole: bool) -> bool:
    """Whether a violation of a part of an order is one of the whole order, and a new one."""
    if found.field in told:
        return False
    # A medium that could not be read is not there, though the order has it: what else there must be, or may be beside
    # it, cannot be said.
    return is_whole or not (found.rule in ("missing", "needs") or found.field in ("media", "ratio"))


def _too_slow(media: Media) -> MediaUnreachable:
    return MediaUnreachable(
        f"the link given as {media.kind} cannot be fetched in time", kind=media.kind, field=media.field
    )

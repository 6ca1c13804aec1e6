"""A vendor: what its dialect's client half describes is sent, and what comes back is understood.

Nothing here knows of tasks or money. Every trouble is an ``UpstreamFailed`` whose fault says what may help; where
nobody can know whether an order arrived, it is ``unclear``.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from filmgate.addresses import leads_inside
from filmgate.attempt import Attempt, CalledOff
from filmgate.dialects.base import Reply
from filmgate.dialects.client import AssetsClient, Call, ClientDialect, Report, VendorAsset
from filmgate.dialects.understanding import model_ids
from filmgate.errors import AddressRefused, Fault, OutboundFailed, UpstreamFailed
from filmgate.outbound import Outbound
from filmgate.upstreams.breaker import Breaker
from filmgate.upstreams.hiding import Hiding
from filmgate.video import MediaKind, VideoRequest

_ASK_SECONDS = 20.0
_CANCEL_SECONDS = 8.0
_UPLOAD_SECONDS = 120.0
_LARGEST_ANSWER_BYTES = 8 << 20
# Of a list that must reach back to the oldest doubt: at a hundred tasks a page, what a busy account orders in a
# while. An order that lies further back waits, and is given up at last.
_MOST_PAGES = 100
_RESUMES = 20


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's list of tasks, newest first, as far as it was read."""

    reports: list[Report]
    reaches_back: bool
    """Whether nothing since the given moment is missing."""


class CallOff(msgspec.Struct, frozen=True):
    """What came of telling a vendor to stop."""

    outcome: CalledOff
    words: str
    """For the operator: the vendor's own sentence may stand in it."""


class RemoteUpstream:
    """One account at a vendor, for one event loop.

    Args:
        key: of our account there. It goes into the Authorization header and nowhere else.
    """

    def __init__(
        self,
        *,
        name: str,
        client: ClientDialect,
        base_url: str,
        key: str,
        outbound: Outbound,
        breaker: Breaker,
        max_running: int,
        submits_per_minute: int,
        answer_seconds: float,
        looks_per_second: float,
        resubmits_in_doubt: bool,
        honours_idempotency_key: bool | None = None,
        retries_rejected: bool = False,
        wants_callbacks: bool = False,
        draws_watermark: bool | None = None,
    ) -> None:
        self.name = name
        self.client = client
        self.breaker = breaker
        self.max_running = max_running
        self.submits_per_minute = submits_per_minute
        self.looks_per_second = looks_per_second
        self._answer_seconds = answer_seconds
        self.resubmits_in_doubt = resubmits_in_doubt
        self.honours_idempotency_key = (
            client.honours_idempotency_key if honours_idempotency_key is None else honours_idempotency_key
        )
        self.retries_rejected = retries_rejected
        self.wants_callbacks = wants_callbacks and client.takes_callback_url
        self.draws_watermark = client.draws_watermark if draws_watermark is None else draws_watermark
        """Whether films that are ordered with a watermark come with one."""
        self.lists = client.list(("x",)) is not None
        """Whether one call can ask about many tasks."""
        self.base_url = base_url
        self._key = key
        self._hiding = Hiding(key)
        self._outbound = outbound

    @property
    def is_private(self) -> bool:
        """Whether it stands in a closed network itself."""
        return leads_inside(self.base_url)

    async def submit(self, request: VideoRequest, attempt: Attempt, callback_url: str | None) -> Report:
        """Order a film. Sent again for the same attempt, it is the same call with the same key.

        Args:
            request: its media as this vendor can take them. It is told of no watermark that it does not draw.

        Raises:
            UpstreamFailed: there is no task (any fault), or nobody knows (``unclear``).
            ValueError: the wire has no words for something in the order.
        """
        if attempt.seed is not None:
            request = msgspec.structs.replace(request, seed=attempt.seed)
        if request.watermark and not self.draws_watermark:
            request = msgspec.structs.replace(request, watermark=False)
        call = self.client.create(
            request, attempt.vendor_model or request.model, attempt.idempotency_key, callback_url=callback_url
        )
        return self._hiding.read(self.client.created, await self._send(call, self._answer_seconds, is_order=True))

    async def look(self, vendor_id: str) -> Report:
        """How one task is doing. Raises UpstreamFailed, as all below."""
        return await self._ask(vendor_id, _ASK_SECONDS)

    async def look_at_many(self, vendor_ids: Sequence[str]) -> dict[str, Report] | None:
        """How many tasks are doing, by their ids, with one call; None where the wire cannot. An id that the vendor
        left out is not there: its list may be behind."""
        call = self.client.list(vendor_ids)
        if call is None:
            return None
        page = self._hiding.read(self.client.listed, await self._send(call, _ASK_SECONDS))
        return {report.vendor_id: report for report in page.reports}

    async def recent(self, since: datetime) -> Recent | None:
        """What the vendor made for us lately; None where the wire has no list."""
        call, found = self.client.list(), list[Report]()
        if call is None:
            return None
        for _ in range(_MOST_PAGES):
            page = self._hiding.read(partial(self.client.listed, asked=call), await self._send(call, _ASK_SECONDS))
            found += page.reports
            times = [report.marks.created_at for report in page.reports if report.marks.created_at is not None]
            if page.next is None or (times and min(times) < since):
                return Recent(reports=found, reaches_back=True)
            call = page.next
        return Recent(reports=found, reaches_back=False)

    async def models(self) -> list[str] | None:
        """The vendor's own names for the models that it lists; None where it does not, or its wire has no such list."""
        if self.client.models is None:
            return None
        try:
            return self._hiding.read_words(model_ids, await self._send(self.client.models, _ASK_SECONDS))
        except UpstreamFailed:
            return None

    async def shows_list(self) -> bool:
        """Whether the vendor shows its list of tasks, read as far as its first page. False where the wire has none.

        Raises:
            UpstreamFailed: it does not.
        """
        call = self.client.list()
        if call is None:
            return False
        self.client.listed(await self._send(call, _ASK_SECONDS))
        return True

    async def call_off(self, vendor_id: str) -> CallOff:
        """Ask the vendor to stop, as far as its wire can. Raises nothing."""
        call = self.client.cancel(vendor_id)
        if call is None:
            return CallOff("cannot_stop", "the vendor cannot be told to stop")
        try:
            report = self._hiding.read(
                partial(self.client.cancelled, vendor_id), await self._send(call, _CANCEL_SECONDS)
            )
        except UpstreamFailed as exc:
            words = f"the vendor was told to stop, and whether it did is not known: {exc.message}"
            return CallOff("not_known", words)
        if report.state != "cancelled":
            return CallOff("went_on", f"the vendor did not stop: it is {report.state}")
        return await self._what_came_of_it(vendor_id)

    async def _what_came_of_it(self, vendor_id: str) -> CallOff:
        """Some vendors confirm a cancel and make the film all the same."""
        try:
            state = (await self._ask(vendor_id, _CANCEL_SECONDS)).state
        except UpstreamFailed as exc:
            # Some delete what they cancel.
            said = "the vendor stopped" if exc.fault == "missing" else "the vendor says that it stopped"
            return CallOff("stopped", said)
        if state == "cancelled":
            return CallOff("stopped", "the vendor stopped")
        return CallOff("went_on", f"the vendor said that it stopped, and did not: it is {state}")

    async def upload(self, name: str, content_type: str, data: bytes) -> str | None:
        """Hand a medium to the vendor; the link that names it in an order there. None where its wire has no upload.

        Raises:
            ValueError: it takes no such file.
        """
        call = self.client.upload(name, content_type, data)
        if call is None:
            return None
        reply = await self._send(call, _UPLOAD_SECONDS, is_order=True)
        try:
            return self.client.uploaded(reply)
        except UpstreamFailed as exc:
            raise self._hiding.error(exc) from None

    async def submit_asset(
        self, assets: AssetsClient, library: str, kind: MediaKind, name: str, url: str
    ) -> VendorAsset:
        """Bring an asset into one of the vendor's libraries, from a link."""
        call = assets.submit(library, kind, name, url)
        reply = await self._send(call, _UPLOAD_SECONDS, is_order=True)
        return self._hiding.read_words(partial(assets.submitted, library), reply)

    async def look_at_asset(self, assets: AssetsClient, library: str, vendor_asset_id: str) -> VendorAsset:
        """How the vendor's look at an asset goes."""
        call = assets.ask(library, vendor_asset_id)
        reply = await self._send(call, _ASK_SECONDS)
        return self._hiding.read_words(partial(assets.told, library, vendor_asset_id), reply)

    async def download(self, film_url: str, path: Path, *, limit_bytes: int, timeout_seconds: float) -> None:
        """Bring a film home. The key goes along only to the vendor's own address.

        Raises:
            OutboundError: as ``Outbound.download``.
        """
        headers, url = {}, film_url
        if film_url.startswith("/"):
            headers, url = self._authorization(), self.base_url + film_url
        await self._outbound.download(
            url, path, limit_bytes=limit_bytes, timeout_seconds=timeout_seconds, headers=headers, resumes=_RESUMES
        )

    async def _ask(self, vendor_id: str, timeout_seconds: float) -> Report:
        reply = await self._send(self.client.query(vendor_id), timeout_seconds)
        return self._hiding.read(partial(self.client.queried, vendor_id), reply)

    async def _send(self, call: Call, timeout_seconds: float, *, is_order: bool = False) -> Reply:
        headers = {"Accept": "application/json", **call.headers, **self._authorization()}
        if call.content_type is not None:
            headers["Content-Type"] = call.content_type
        try:
            answered = await self._outbound.call(
                call.method,
                self.base_url + call.path,
                query=call.query,
                headers=headers,
                body=call.body,
                limit_bytes=_LARGEST_ANSWER_BYTES,
                timeout_seconds=timeout_seconds,
            )
        except AddressRefused as exc:
            raise UpstreamFailed(f"its address is not one to call: {exc.message}", fault="account") from exc
        except OutboundFailed as exc:
            # What was never sent made no task. Whatever else happened to an order, nobody knows.
            fault: Fault = "vendor" if is_order and not exc.may_have_arrived else "unclear"
            raise UpstreamFailed(exc.message, fault=fault) from exc
        return Reply(status=answered.status, headers=answered.headers, body=answered.body)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

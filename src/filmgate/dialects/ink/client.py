"""The Ink dialect's client half (spec ink)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from filmgate.catalogue.rules import LARGEST_METADATA_BYTES
from filmgate.dialects.answer import NOTHING, Answer, read_answer
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Failure, Marks, Page, Reason, Report, VendorState
from filmgate.dialects.describing import WEB_SCHEMES, at_vendor, check_media, is_web_link, order_call, path_segment
from filmgate.dialects.ink.read import as_body, kind_of_link, read_create
from filmgate.dialects.understanding import (
    REJECTED,
    Words,
    accepted,
    check_same_task,
    fault_of_question,
    fault_of_refusal,
    reason_of,
    refused,
    report,
    state_of,
    succeeded,
    unanswered,
    unasked,
    usage_of,
)
from filmgate.dialects.writing import proven
from filmgate.errors import Fault
from filmgate.video import Media, MediaRole, VideoRequest

ATTEMPT_MEMBER = "filmgate_attempt"
"""Where our idempotency key stands in the order's ``metadata``."""

_PATH = "/api/open/v1/video/generations"

# Spec ink 4.2; the American spelling is a courtesy.
_STATES: dict[str, VendorState] = {
    "queued": "queued",
    "processing": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}

# The codes of a refused call (spec ink 8).
_FAULTS: dict[str, Fault] = {
    "unauthorized": "account",
    "invalid_request": "order",
    "insufficient_credits": "account",
    "payload_too_large": "order",
    "rate_limited": "busy",
    "content_rejected": "content",
    # It broke down, and does not say how far it had come.
    "provider_error": "unclear",
    "timeout": "unclear",
    "internal_error": "unclear",
}
# The name of the model is the route's, and not in the order.
_REFUSALS: Words[Fault] = (
    (re.compile(r"^(unknown |unsupported |invalid )?model\b", re.IGNORECASE), "account"),
    (REJECTED, "content"),
)

# The codes of a failed task; of others, and of ``provider_error``, the message may say more (spec ink 8).
_REASONS: dict[str, Reason] = {"content_rejected": "content_rejected", "timeout": "timeout"}
_FAILURES: Words[Reason] = ((re.compile(r"^mediaUrls\b"), "media_error"),)

# Where there are frames, the first comes first (spec ink 3.2).
_PLACES: dict[MediaRole, int] = {"first_frame": 0, "last_frame": 1, "reference": 2}


class InkClient:
    """Speaks Ink to a vendor. The contract of the methods is ``client.ClientDialect``.

    Base URL of a route: the host alone, ``https://www.seedance2.ink`` (spec ink 1).
    """

    name = "ink"
    honours_idempotency_key = False  # The wire has no such key (spec ink 3.1).
    repeats_seed = False
    assets = None
    draws_watermark = False  # There is no switch (spec ink 11).
    takes_callback_url = True
    models: Call | None = Call(method="GET", path="/api/open/v1/models")

    def __init__(self, *, plain_http_allowed: bool = False) -> None:
        """
        Args:
            plain_http_allowed: media may have ``http://`` links too, for vendors inside a closed network.
        """
        self._schemes = WEB_SCHEMES if plain_http_allowed else ("https",)

    def takes(self, media: Media) -> bool:
        """Links whose file extension says what they lead to (spec ink 3.3).

        What a medium is for follows from all of them together, so ``create`` may still refuse their order.
        """
        if media.kind != "image" and media.role != "reference":
            return False
        return is_web_link(media.url, self._schemes) and kind_of_link(media.url) == media.kind

    def create(
        self, request: VideoRequest, vendor_model: str, idempotency_key: str, callback_url: str | None = None
    ) -> Call:
        check_media(request.media, self.takes)
        sent = msgspec.structs.replace(
            at_vendor(request, vendor_model, callback_url),
            media=tuple(sorted(request.media, key=lambda media: _PLACES[media.role])),
            # There is no switch for either: its films have sound and no watermark (spec ink 11).
            audio=None if request.audio else request.audio,
            watermark=request.watermark or None,
            timeout_seconds=None,
            metadata=_metadata(request.metadata, idempotency_key),
        )
        return order_call(_PATH, proven(as_body(sent), sent, read_create), idempotency_key)

    def created(self, reply: Reply) -> Report:
        answer = read_answer(reply.body)
        told = _told(reply, answer)
        vendor_id = told.identifier("requestId")
        if not vendor_id:
            code, said = answer.error("error")
            fault = fault_of_refusal(reply.status, _FAULTS.get(code), said, _REFUSALS)
            raise refused(reply, fault, said or code, vendor_code=code)
        if not told.word("status"):
            return accepted(vendor_id, usage_of(credits_charged=told.amount("creditsCharged")), _marks(told))
        return _report(vendor_id, told)

    def query(self, vendor_id: str) -> Call:
        return Call(method="GET", path=f"{_PATH}/{path_segment(vendor_id)}")

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        answer = read_answer(reply.body)
        told = _told(reply, answer)
        if not told.word("status"):
            code, said = answer.error("error")
            raise unanswered(reply, _fault_of_question(reply.status, code), said or code, vendor_code=code)
        check_same_task(reply, vendor_id, told.identifier("requestId"))
        return _report(vendor_id, told)

    def cancel(self, vendor_id: str) -> Call:
        return Call(method="POST", path=f"{_PATH}/{path_segment(vendor_id)}/cancel")

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:
        """As the contract says. A refusal (409) does not tell which end the task has come to, so the state of its
        report is ``unknown``: not cancelled, and to be asked about."""
        code, _ = read_answer(reply.body).error("error")
        if reply.status == 409 or code == "invalid_state":
            return Report(vendor_id=vendor_id, state="unknown", word=code)
        return self.queried(vendor_id, reply)

    def list(self, vendor_ids: Sequence[str] = ()) -> None:
        """The wire has none (spec ink 2)."""

    def listed(self, reply: Reply, asked: Call | None = None) -> Page:  # noqa: ARG002  Nothing was asked.
        raise unasked(reply)

    def upload(self, name: str, content_type: str, data: bytes) -> None:
        """The wire has none (spec ink 2)."""

    def uploaded(self, reply: Reply) -> str:
        raise unasked(reply)

    def callback(self, headers: Mapping[str, str], body: bytes) -> Report | None:  # noqa: ARG002  All is in the body.
        """The answer to a query with two more members (spec ink 10)."""
        told = read_answer(body)
        vendor_id = told.identifier("requestId")
        return _report(vendor_id, told) if vendor_id and told.word("status") else None


def _metadata(ordered: dict[str, Any] | None, idempotency_key: str) -> dict[str, Any]:
    """The caller's own, with our name for the attempt beside it.

    The vendor keeps this object for whoever ordered and reads nothing in it (spec ink 3.1, 11), so a further member
    cannot confuse it; and it is the only place on this wire from which an order can be known again. Where the caller
    has used the member's name, or there is no room, the caller's own goes alone.
    """
    mine = {ATTEMPT_MEMBER: idempotency_key}
    if ordered is None:
        return mine
    both = mine | ordered
    return both if len(msgspec.json.encode(both)) <= LARGEST_METADATA_BYTES else ordered


def _told(reply: Reply, answer: Answer) -> Answer:
    """What is said about a task: nothing where the call itself failed (spec ink 8)."""
    return answer if succeeded(reply) and not answer.denies("success") else NOTHING


def _fault_of_question(status: int, code: str) -> Fault:
    """A 404 without the vendor's own error is about the address."""
    if code == "not_found" or (status in (404, 410) and code):
        return "missing"
    by_code = _FAULTS.get(code)
    return by_code if by_code in ("account", "busy") else fault_of_question(status)


def _report(vendor_id: str, told: Answer) -> Report:
    code, said = told.error("error")
    reason = _REASONS.get(code) or reason_of(said, _FAILURES)
    return report(
        vendor_id,
        told.word("status"),
        state_of(told.word("status"), _STATES),
        failure=Failure(reason=reason, code=code, message=said or code) if said or code else None,
        film_url=told.inner("output").link("url"),
        usage=usage_of(credits_charged=told.amount("creditsCharged")),
        marks=_marks(told),
    )


def _marks(told: Answer) -> Marks:
    """The key comes back in callbacks alone, and no answer has a time (spec ink 1, 4.1, 10)."""
    key = told.inner("metadata").identifier(ATTEMPT_MEMBER, numbers=False)
    return Marks(model=told.text("model"), prompt=told.text("prompt"), key=key or None)

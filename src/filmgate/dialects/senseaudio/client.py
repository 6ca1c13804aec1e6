"""The SenseAudio dialect's client half (spec senseaudio)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from filmgate.dialects.answer import NOTHING, Answer, read_answer
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Failure, Marks, Page, Reason, Report, VendorState
from filmgate.dialects.describing import at_vendor, check_media, is_web_link, order_call
from filmgate.dialects.senseaudio.read import PROVIDER_SPECIFIC, TEXT_AT, as_body, read_create
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
)
from filmgate.dialects.writing import proven
from filmgate.errors import Fault
from filmgate.video import Media, VideoRequest, link_scheme

# The bounds of ``timeout`` (spec senseaudio 3.1).
_SHORTEST_SECONDS, _LONGEST_SECONDS = 3600, 172_800

# No other word exists here (spec senseaudio 4.3).
_STATES: dict[str, VendorState] = {
    "pending": "queued",
    "processing": "running",
    "completed": "succeeded",
    "failed": "failed",
}

# By reference code (spec senseaudio 5.2, 5.3). The name of the model is the route's, and not in the order, so what is
# wrong with it is a fault of how the route is set up. A limit of usage over a time (429002) passes by itself.
_FAULTS: dict[str, Fault] = {
    "400000": "order",
    "400001": "account",
    "400015": "busy",
    "400021": "content",
    "400033": "account",
    "400034": "account",
    "400035": "account",
    "400038": "account",
    "400501": "content",
    "400900": "account",
    "400901": "account",
    "400902": "account",
    "429000": "busy",
    "429002": "busy",
    "502101": "account",
    # An unknown model gets this, and so does any breakdown (5.2, X8): it does not prove that there is no task, and
    # on a wire without a list or a key that is honoured, a second order may be a second film to pay.
    "500000": "unclear",
}
# Where there is no reference code (5.1, 5.3).
_FAULTS_BY_WORD: dict[str, Fault] = {
    "authentication_error": "account",
    "invalid": "order",
    "rate_limit_error": "busy",
    "internal": "unclear",
    "internal_error": "unclear",
}
# The text alone tells, where a code is missing or as wide as 400000.
_REFUSALS: Words[Fault] = (
    (re.compile(r"余额不足|用量已达上限|账户.{0,10}冻结"), "account"),
    (re.compile(r"模型(未找到|不存在)"), "account"),
    (REJECTED, "content"),
)
_NOT_FOUND = frozenset({"notfound", "404000"})

# Its own texts about media, and the beginnings of ours (spec senseaudio 5.2, Q5).
_FAILURES: Words[Reason] = ((re.compile(r"^content\[|(图片|音频|视频).{0,10}(无效|不符合要求)"), "media_error"),)


class SenseAudioClient:
    """Speaks SenseAudio to a vendor. The contract of the methods is ``client.ClientDialect``.

    Base URL of a route: the host alone, ``https://api.senseaudio.cn`` (spec senseaudio 1).
    """

    name = "senseaudio"
    honours_idempotency_key = False  # It knows none (spec senseaudio 1).
    repeats_seed = False
    assets = None
    draws_watermark = True  # By its switch (spec senseaudio 3).
    takes_callback_url = False  # There is no webhook (spec senseaudio 1).
    models: Call | None = Call(method="GET", path="/v1/models", query=(("mode", "video"),))

    def takes(self, media: Media) -> bool:
        """Links for everything; pictures and sounds also inside the body (spec senseaudio 3.2)."""
        if media.kind != "image" and media.role != "reference":
            return False
        return is_web_link(media.url) or (media.kind != "video" and link_scheme(media.url) == "data")

    def create(
        self,
        request: VideoRequest,
        vendor_model: str,
        idempotency_key: str,
        callback_url: str | None = None,  # noqa: ARG002  The wire has no field for it.
    ) -> Call:
        check_media(request.media, self.takes)
        sent = msgspec.structs.replace(
            at_vendor(request, vendor_model),
            timeout_seconds=_timeout_seconds(request.timeout_seconds),
            metadata=None,
            extras=_extras(request),
        )
        return order_call("/v1/video/create", proven(as_body(sent), sent, read_create), idempotency_key)

    def created(self, reply: Reply) -> Report:
        answer = read_answer(reply.body)
        vendor_id = answer.identifier("task_id") if succeeded(reply) else ""
        if not vendor_id:
            fault = _fault_of_create(reply.status, answer)
            raise refused(reply, fault, _sentence(answer), vendor_code=_code(answer))
        return accepted(vendor_id)

    def query(self, vendor_id: str) -> Call:
        # Its pages demand the content type of this call too (spec senseaudio 1).
        return Call(method="GET", path="/v1/video/status", query=(("id", vendor_id),), content_type="application/json")

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        answer = read_answer(reply.body)
        told = answer if succeeded(reply) else NOTHING
        if not told.word("status"):
            fault = _fault_of_question(reply.status, answer)
            raise unanswered(reply, fault, _sentence(answer), vendor_code=_code(answer))
        check_same_task(reply, vendor_id, told.identifier("task_id"))
        said = told.sentence("error_message")
        return report(
            vendor_id,
            told.word("status"),
            state_of(told.word("status"), _STATES),
            failure=Failure(reason=reason_of(said, _FAILURES), code="", message=said) if said else None,
            # ``watermark_url`` stands beside it from the start and is not known to be a film (spec senseaudio 4.2).
            film_url=told.link("video_url"),
            progress=told.percent("progress"),
            marks=Marks(created_at=told.moment("created_at"), model=told.text("model"), prompt=_prompt(told)),
            ended_at=told.moment("completed_at"),
        )

    def cancel(self, vendor_id: str) -> None:
        """The wire has none (spec senseaudio 1)."""

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:  # noqa: ARG002  Nothing was asked about it.
        raise unasked(reply)

    def list(self, vendor_ids: Sequence[str] = ()) -> None:
        """The wire has none (spec senseaudio 1)."""

    def listed(self, reply: Reply, asked: Call | None = None) -> Page:  # noqa: ARG002  Nothing was asked.
        raise unasked(reply)

    def upload(self, name: str, content_type: str, data: bytes) -> None:
        """The wire has none for films: what is no link goes inside the order (spec senseaudio 3.2, 9)."""

    def uploaded(self, reply: Reply) -> str:
        raise unasked(reply)

    def callback(self, headers: Mapping[str, str], body: bytes) -> None:
        """The wire has none (spec senseaudio 1)."""


def _prompt(told: Answer) -> str | None:
    """The text in the echo of ``content``: the member ``prompt`` is always empty (spec senseaudio 4.2)."""
    texts = (element.text("text") for element in told.objects("content") or [] if element.word("type") == "text")
    return next((text for text in texts if text), None)


def _timeout_seconds(ordered: int | None) -> int | None:
    """The nearest limit that the wire takes. The order's own is kept here, whatever the vendor does."""
    return None if ordered is None else min(max(ordered, _SHORTEST_SECONDS), _LONGEST_SECONDS)


def _extras(request: VideoRequest) -> dict[str, Any]:
    """Where the text stood, and the vendor's own switches with the one that is the order's (spec senseaudio 3.5).

    Which images were sent without a role is left out: they have one by now, and how the vendor would understand them
    without is not known (Q3).
    """
    extras: dict[str, Any] = {}
    text_at = request.extras.get(TEXT_AT)
    if request.prompt and isinstance(text_at, int) and 0 < text_at <= len(request.media):
        extras[TEXT_AT] = text_at
    switches = request.extras.get(PROVIDER_SPECIFIC)
    switches = dict(switches) if isinstance(switches, dict) else {}
    if request.audio is not None:
        switches["generate_audio"] = request.audio
    return extras | {PROVIDER_SPECIFIC: switches} if switches else extras


def _fault_of_create(status: int, answer: Answer) -> Fault:
    """Whose fault it is that there is no task. A reference code is more than the status it comes with: too many
    tasks and too little money are 400 here (spec senseaudio 5.3)."""
    by_code = _FAULTS.get(answer.word("ref_code")) or _FAULTS_BY_WORD.get(answer.word("code"))
    return fault_of_refusal(status, by_code, _sentence(answer), _REFUSALS)


def _fault_of_question(status: int, answer: Answer) -> Fault:
    if _NOT_FOUND & {answer.word("ref_code"), answer.word("code")}:
        return "missing"
    by_code = _FAULTS.get(answer.word("ref_code")) or _FAULTS_BY_WORD.get(answer.word("code"))
    return by_code if by_code in ("account", "busy") else fault_of_question(status)


def _sentence(answer: Answer) -> str:
    # The code is the text itself where a refusal is about the content (spec senseaudio 5.1).
    return answer.sentence("message", "code")


def _code(answer: Answer) -> str:
    return answer.word("ref_code", "code")

"""The Jimmy dialect's client half (spec jimmy)."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from filmgate.dialects.answer import NOTHING, Answer, read_answer
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Failure, Marks, Page, Reason, Report, VendorState
from filmgate.dialects.describing import WEB_SCHEMES, at_vendor, check_media, is_web_link, order_call, path_segment
from filmgate.dialects.jimmy.read import as_body, is_933, read_create
from filmgate.dialects.understanding import (
    REJECTED,
    Words,
    accepted,
    check_same_task,
    fault_of_create,
    fault_of_question,
    meaning,
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
from filmgate.video import ADAPTIVE, Media, MediaKind, MediaRole, VideoRequest

_BASE_PATH = "/api/open-api/v1"
_UNAUTHENTICATED, _INVALID, _OTHER = "20001", "20002", "-1"
# The pages print all four; the live service most likely sends the number 20000 (spec jimmy 2.2).
_SUCCESS_CODES = frozenset({"0", "20000"})

# Spec jimmy 5. A cancelled task is known to clients, though nothing on this wire makes one (3); "success" stands in
# the vendor's FAQ only.
_STATES: dict[str, VendorState] = {
    "queued": "queued",
    "pending": "queued",
    "submitted": "queued",
    "processing": "running",
    "completed": "succeeded",
    "success": "succeeded",
    "failed": "failed",
    "canceled": "cancelled",
    "cancelled": "cancelled",
}

# The names of Seedance 2.5, which has a create path of its own (spec jimmy 14).
_IS_25 = re.compile(r"seedance[-_]?2\.?5|sd2\.5", re.IGNORECASE)
# The Full models take reviewed assets and no links (spec jimmy 4.9).
_IS_FULL = re.compile(r"sd2_mx_", re.IGNORECASE)
# The models whose resolution is said by their name alone: Full and the fixed tier (spec jimmy 4.3).
_SAYS_RESOLUTION = re.compile(r"(?:sd2_mx_(?:[a-z]+_)*|seedance-?2\.?0-)(480p|720p|1080p|2k|4k)", re.IGNORECASE)
# Beside the 933 models, those that know ``generate_audio`` (spec jimmy 4.1, 14).
_IS_GZ = re.compile(r"(?:^|[-_])gz", re.IGNORECASE)

# The groups in which the wire lists media. A prompt counts pictures, clips and sounds each for themselves.
_GROUPS: tuple[tuple[MediaKind, MediaRole], ...] = (
    ("image", "reference"),
    ("image", "first_frame"),
    ("image", "last_frame"),
    ("video", "reference"),
    ("audio", "reference"),
)

_ABOUT_THE_MODEL = re.compile(r"^model\b|不支持的模型|配置不存在|请改用|勿使用", re.IGNORECASE)
_ABOUT_MONEY = re.compile(r"insufficient (balance|credit|fund|quota)|quota|余额|额度|欠费", re.IGNORECASE)
# What a refusal is about (spec jimmy 2.3). The name of the model is the route's, and not in the order.
_REFUSALS: Words[Fault] = (
    (_ABOUT_THE_MODEL, "account"),
    (_ABOUT_MONEY, "account"),
    (REJECTED, "content"),
)
_TOO_MUCH = re.compile(r"rate limit|too many|too frequent|concurren|频繁|并发|限流", re.IGNORECASE)
_OUT_OF_TOUCH = re.compile(r"timed? ?out|timeout|connection|超时", re.IGNORECASE)
_NO_SUCH_TASK = re.compile(
    r"(task|record)\b.{0,80}?(not found|not exist)|任务.{0,80}?(不存在|未找到|找不到)", re.IGNORECASE
)

# Why a task failed (spec jimmy 2.3). Our own sentences about media begin with their member. "Read timed out",
# "s3 upload failed" and "connection reset" are nobody's fault but the vendor's: it could not fetch a picture just then,
# and its own notes say to order again.
_FAILURES: Words[Reason] = (
    (re.compile(r"DURATION_TOO_LONG|^(images|first_image|last_image|video_reference|reference_)"), "media_error"),
)
_CODE_IN_TEXT = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", re.ASCII)
# Where an answer may have its sentence (spec jimmy 16).
_SENTENCES = ("msg", "message", "error", "reason", "detail", "error_message")


class JimmyClient:
    """Speaks Jimmy to a vendor. The contract of the methods is ``client.ClientDialect``.

    Base URL of a route: the host alone, ``https://api.viraltok.ai`` (spec jimmy 0.2).
    """

    name = "jimmy"
    # An order that is sent again is made and billed again (spec jimmy 13).
    honours_idempotency_key = False
    takes_callback_url = False  # No order has a webhook of its own (spec jimmy 3).

    def __init__(self, *, plain_http_allowed: bool = False) -> None:
        """
        Args:
            plain_http_allowed: media may have ``http://`` links too, for vendors inside a closed network.
        """
        self._schemes = WEB_SCHEMES if plain_http_allowed else ("https",)

    def takes(self, media: Media) -> bool:
        """Links only, on all models but the Full ones, and no data URLs (spec jimmy 4.9).

        ``asset://`` names things in the vendor's library, which is one for all our customers: no order may reach
        into it as it stands.
        """
        return (media.kind, media.role) in _GROUPS and is_web_link(media.url, self._schemes)

    def create(
        self,
        request: VideoRequest,
        vendor_model: str,
        idempotency_key: str,
        callback_url: str | None = None,  # noqa: ARG002  The wire has no field for it.
    ) -> Call:
        check_media(request.media, self.takes)
        if request.media and _IS_FULL.match(vendor_model):
            raise ValueError(f"{vendor_model} takes media only as assets that the vendor has reviewed")
        sent = _as_said(request, vendor_model)
        body = as_body(sent)
        if sent.ratio == ADAPTIVE and _IS_FULL.match(vendor_model):
            body = msgspec.structs.replace(body, ratio="Adaptive")  # As its pages spell it (spec jimmy 4.6).
        path = "/seedance25/videos" if _IS_25.match(vendor_model) else "/seedance/videos"
        return order_call(f"{_BASE_PATH}{path}", proven(body, sent, read_create), idempotency_key)

    def created(self, reply: Reply) -> Report:
        answer = read_answer(reply.body)
        data = _data(answer) if succeeded(reply) else NOTHING
        vendor_id = data.identifier("task_id", "taskId")
        if not vendor_id:
            fault = _fault_of_create(reply.status, answer)
            raise refused(reply, fault, answer.sentence(*_SENTENCES), vendor_code=answer.word("code"))
        if not data.word("status"):
            return accepted(vendor_id, usage_of(credits_charged=data.amount("cost")), _marks(data))
        return _report(vendor_id, data)

    def query(self, vendor_id: str) -> Call:
        return Call(method="GET", path=f"{_BASE_PATH}/videos/{path_segment(vendor_id)}")

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        answer = read_answer(reply.body)
        data = _data(answer) if succeeded(reply) else NOTHING
        if not data.word("status"):
            fault = _fault_of_question(reply.status, answer)
            raise unanswered(reply, fault, answer.sentence(*_SENTENCES), vendor_code=answer.word("code"))
        check_same_task(reply, vendor_id, data.identifier("task_id", "taskId"))
        return _report(vendor_id, data)

    def cancel(self, vendor_id: str) -> None:
        """The wire has none (spec jimmy 3)."""

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:  # noqa: ARG002  Nothing was asked about it.
        raise unasked(reply)

    def list(self, vendor_ids: Sequence[str] = ()) -> None:
        """The wire has none (spec jimmy 3)."""

    def listed(self, reply: Reply) -> Page:
        raise unasked(reply)

    def callback(self, headers: Mapping[str, str], body: bytes) -> None:
        """None of its callbacks is about a task: the only one tells of the balance (spec jimmy 12)."""


def _as_said(request: VideoRequest, vendor_model: str) -> VideoRequest:
    """The order as this wire says it: without what goes without saying, and its media in groups."""
    sent = msgspec.structs.replace(
        at_vendor(request, vendor_model),
        media=tuple(sorted(request.media, key=lambda media: _GROUPS.index((media.kind, media.role)))),
        resolution=_resolution(request, vendor_model),
        watermark=request.watermark or None,
        timeout_seconds=None,
        metadata=None,
    )
    if not (is_933(vendor_model) or _IS_GZ.search(vendor_model)):
        # Other models make the sound that they make; those that are sold with sound are made with it.
        if request.audio is False:
            raise ValueError("this dialect cannot express the order's audio: the model has no switch for it")
        sent = msgspec.structs.replace(sent, audio=None)
    faces = request.extras.get("face_processing")
    if isinstance(faces, bool) and is_933(vendor_model):
        return msgspec.structs.replace(sent, extras={"face_processing": faces})
    if faces is False:
        raise ValueError("this dialect cannot express the order's face_processing: the model has no switch for it")
    return sent


def _resolution(request: VideoRequest, vendor_model: str) -> str | None:
    """What is said beside the model's name; where the name says it, nothing."""
    named = _SAYS_RESOLUTION.fullmatch(vendor_model)
    if named is None:
        return request.resolution
    if request.resolution not in (None, named[1].lower()):
        raise ValueError(f"{vendor_model} cannot express the order's resolution {request.resolution}")
    return None


def _data(answer: Answer) -> Answer:
    """What is in the envelope of a success; the earliest pages have none around it (spec jimmy 0.2)."""
    if answer.has("code") and answer.word("code") not in _SUCCESS_CODES:
        return NOTHING
    return answer.inner("data") if answer.has("code") or answer.has("data") else answer


def _fault_of_create(status: int, answer: Answer) -> Fault:
    """Whose fault it is that there is no task.

    -1 is what other APIs call 500: the pages have it for breakdowns of the platform and of its upstream alike, so it
    proves nothing by itself (spec jimmy 2.1). Only its words may.
    """
    code, said = answer.word("code"), answer.sentence(*_SENTENCES)
    by_status = fault_of_create(status)
    if status >= 500 or by_status in ("busy", "account"):
        return by_status
    if code == _UNAUTHENTICATED:
        return "account"
    if code == _INVALID:
        return meaning(said, _REFUSALS) or "order"
    if code in _SUCCESS_CODES or _OUT_OF_TOUCH.search(said):
        return "unclear"
    return meaning(said, (*_REFUSALS, (_TOO_MUCH, "busy"))) or ("unclear" if code == _OTHER else by_status)


def _fault_of_question(status: int, answer: Answer) -> Fault:
    """An unknown id is told inside an envelope, so a bare 404 is about the address (spec jimmy 5, X24)."""
    code, said = answer.word("code"), answer.sentence(*_SENTENCES)
    if status < 500 and _NO_SUCH_TASK.search(said):
        return "missing"
    if 200 <= status < 300:
        if code == _UNAUTHENTICATED:
            return "account"
        if code == _INVALID:
            return "missing"  # The id is all there is to be wrong.
        if _TOO_MUCH.search(said):
            return "busy"
    return fault_of_question(status)


def _report(vendor_id: str, data: Answer) -> Report:
    said = data.sentence("error_message", "error_msg", "reason")
    tokens = data.inner("usage").count("total_tokens")
    return report(
        vendor_id,
        data.word("status"),
        state_of(data.word("status"), _STATES),
        failure=_failure(said) if said else None,
        film_url=data.inner("result").link("video_url") or data.link("video_url", "mediaUrl", "url"),
        progress=data.percent("progress"),
        usage=usage_of(total_tokens=tokens, credits_charged=data.amount("cost")),
        marks=_marks(data),
        ended_at=data.moment("completed_at"),
    )


def _marks(data: Answer) -> Marks:
    return Marks(created_at=data.moment("created_at"), model=data.text("model"))


def _failure(said: str) -> Failure:
    code = _CODE_IN_TEXT.search(said)
    return Failure(reason=reason_of(said, _FAILURES), code=code[0] if code else "", message=said)

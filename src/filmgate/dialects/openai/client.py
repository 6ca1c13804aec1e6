"""The OpenAI Videos dialect's client half: OpenAI, the engines on the same paths, and gateways (spec openai_videos)."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from filmgate.dialects.answer import NOTHING, Answer, read_answer
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Failure, Marks, Page, Report, VendorState
from filmgate.dialects.describing import at_vendor, form_call, path_segment
from filmgate.dialects.openai.order import takes, write_order
from filmgate.dialects.openai.refusals import (
    Said,
    is_review,
    read_fault,
    read_refusal,
    why_not_created,
    why_not_told,
)
from filmgate.dialects.understanding import check_same_task, is_page, reason_of, report, state_of, succeeded, unasked
from filmgate.video import Media, VideoRequest

_PATH = "/videos"
# SGLang takes no larger page.
_PAGE_ITEMS = 100

# OpenAI's four, SGLang's answer to a delete, and what gateways may say where they do not keep to the four.
_STATES: dict[str, VendorState] = {
    "queued": "queued",
    "in_progress": "running",
    "completed": "succeeded",
    "failed": "failed",
    "deleted": "cancelled",
    "cancelled": "cancelled",
    "expired": "expired",
}
_EVENTS: dict[str, VendorState] = {"video.completed": "succeeded", "video.failed": "failed"}
# A gateway such as ours has no other place for these ends than the code of the error (spec openai_videos 11).
_ENDS_BY_CODE: dict[str, VendorState] = {"cancelled": "cancelled", "expired": "expired"}


class OpenAIClient:
    """Speaks OpenAI Videos to vendors. The contract of the methods is ``client.ClientDialect``.

    Base URL of a route: up to the version, ``https://api.openai.com/v1`` or ``http://engine:8000/v1`` (spec
    openai_videos 1).
    """

    name = "openai"
    # OpenAI does not say so, and no engine has it (spec openai_videos 1, 9).
    honours_idempotency_key = False
    # OpenAI and the engines overlook the field; gateways such as ours know it from Ark (spec openai_videos 11).
    repeats_seed = False
    assets = None
    draws_watermark = False  # OpenAI has no switch (spec openai_videos 11).
    takes_callback_url = True
    models: Call | None = Call(method="GET", path="/models")

    def takes(self, media: Media) -> bool:
        return takes(media)

    def create(
        self, request: VideoRequest, vendor_model: str, idempotency_key: str, callback_url: str | None = None
    ) -> Call:
        # The size as it was asked is in the extras.
        sent = at_vendor(request, vendor_model, callback_url)
        sent = replace(sent, timeout_seconds=None, metadata=None, extras=request.extras)
        return form_call(_PATH, write_order(sent), idempotency_key, {"Idempotency-Key": idempotency_key})

    def created(self, reply: Reply) -> Report:
        job = read_answer(reply.body) if succeeded(reply) else NOTHING
        vendor_id = _id(job)
        if not vendor_id:
            raise why_not_created(reply)
        return _report(vendor_id, job)

    def query(self, vendor_id: str) -> Call:
        return Call(method="GET", path=_path(vendor_id))

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        """As the contract says; vLLM-Omni answers for a failed job with a failed call (spec openai_videos 9)."""
        job = read_answer(reply.body)
        if not job.is_text("status") or not (succeeded(reply) or _id(job)):
            raise why_not_told(reply)
        check_same_task(reply, vendor_id, _id(job))
        return _report(vendor_id, job)

    def cancel(self, vendor_id: str) -> Call | None:
        """A delete: the wire has nothing else (spec openai_videos 5)."""
        return Call(method="DELETE", path=_path(vendor_id))

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:
        job = read_answer(reply.body)
        if reply.status == 409 or (reply.status == 400 and read_refusal(reply.body).in_envelope):
            # OpenAI deletes only what has ended, vLLM-Omni not what it is just writing.
            return Report(vendor_id=vendor_id, state="running", word="")
        if succeeded(reply) and job.is_text("status"):
            return self.queried(vendor_id, reply)
        if not succeeded(reply) or is_page(reply) or job.has("error"):
            raise why_not_told(reply)
        check_same_task(reply, vendor_id, _id(job))
        # A 204 has no body.
        state: VendorState = "unknown" if job.denies("deleted") else "cancelled"
        return Report(vendor_id=vendor_id, state=state, word=job.word("object"))

    def list(self, vendor_ids: Sequence[str] = ()) -> Call | None:
        """The newest page. The wire cannot name tasks: None where some are named."""
        return None if vendor_ids else _page_call()

    def listed(self, reply: Reply, asked: Call | None = None) -> Page:  # noqa: ARG002  The answer says enough.
        answer = read_answer(reply.body) if succeeded(reply) else NOTHING
        jobs = answer.objects("data")
        if jobs is None:
            raise why_not_told(reply)
        reports = [_report(_id(job), job) for job in jobs if _id(job)]
        last_id = answer.identifier("last_id", numbers=False) or (reports[-1].vendor_id if reports else "")
        # SGLang does not say whether there is more.
        has_more = answer.affirms("has_more") if answer.has("has_more") else len(jobs) >= _PAGE_ITEMS
        return Page(reports=reports, next=_page_call(last_id) if has_more and last_id else None)

    def upload(self, name: str, content_type: str, data: bytes) -> None:
        """The wire has none: files go with the order (spec openai_videos 2.1)."""

    def uploaded(self, reply: Reply) -> str:
        raise unasked(reply)

    def callback(
        self,
        headers: Mapping[str, str],  # noqa: ARG002  Whether it is genuine is checked elsewhere.
        body: bytes,
    ) -> Report | None:
        event = read_answer(body)
        word, vendor_id = event.word("type"), _id(event.inner("data"))
        if word not in _EVENTS or not vendor_id:
            return None
        state = _EVENTS[word]
        film_url = _content_path(vendor_id) if state == "succeeded" else None
        return Report(vendor_id=vendor_id, state=state, word=word, film_url=film_url)


def _page_call(after: str = "") -> Call:
    query = (("limit", str(_PAGE_ITEMS)), ("order", "desc"))
    return Call(method="GET", path=_PATH, query=(*query, ("after", after)) if after else query)


def _path(vendor_id: str) -> str:
    return f"{_PATH}/{path_segment(vendor_id)}"


def _content_path(vendor_id: str) -> str:
    # Without a variant: SGLang takes that for a number (spec openai_videos 9).
    return f"{_path(vendor_id)}/content"


def _id(job: Answer) -> str:
    return job.identifier("id", numbers=False)


def _report(vendor_id: str, job: Answer) -> Report:
    said = read_fault(job, "error")
    state = state_of(job.word("status"), _STATES)
    if state == "failed":
        state = _ENDS_BY_CODE.get(said.code, state)
    return report(
        vendor_id,
        job.word("status"),
        state,
        failure=_failure(state, said),
        # Where SGLang keeps its films in a cloud store, the job has the link, and its own path answers 400.
        film_url=job.link("url") or _content_path(vendor_id),
        progress=job.percent("progress"),
        marks=Marks(created_at=job.moment("created_at"), model=job.text("model"), prompt=job.text("prompt")),
        ended_at=job.moment("completed_at"),
    )


def _failure(state: VendorState, said: Said) -> Failure | None:
    if state == "cancelled" or not (said.code or said.message or state == "expired"):
        return None
    reason = reason_of(said.message)
    if state == "expired" or said.code == "timeout":
        reason = "timeout"
    elif said.code == "media_error":
        reason = "media_error"
    elif is_review(said.code):
        reason = "content_rejected"
    return Failure(reason=reason, code=said.code, message=said.message or said.code)

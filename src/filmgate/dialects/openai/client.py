"""The OpenAI Videos dialect's client half: OpenAI, the engines on the same paths, and gateways (spec openai_videos).

The route's base URL ends with ``/v1``.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Failure, Page, Report, VendorState
from filmgate.dialects.openai.forms import write_form
from filmgate.dialects.openai.order import takes, write_order
from filmgate.dialects.openai.refusals import Said, is_review, read_fault, why_not_created, why_not_told
from filmgate.errors import UpstreamFailed
from filmgate.video import Media, VideoRequest, link_scheme

_PATH = "/videos"
# SGLang takes no larger page.
_PAGE_ITEMS = 100
_LONGEST_ID_CHARACTERS = 500

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
    """Speaks OpenAI Videos to vendors. The contract is ``client.ClientDialect``."""

    name = "openai"
    # OpenAI does not say so, and no engine has it (spec openai_videos 1, 9).
    honours_idempotency_key = False

    def takes(self, media: Media) -> bool:
        return takes(media)

    def create(self, request: VideoRequest, vendor_model: str, idempotency_key: str) -> Call:
        # The key is ours and nobody can guess it, so its hash is in no file of a customer's.
        boundary = hashlib.sha256(idempotency_key.encode()).hexdigest()
        body, content_type = write_form(write_order(request, vendor_model), boundary)
        headers = {"Idempotency-Key": idempotency_key}
        return Call(method="POST", path=_PATH, headers=headers, body=body, content_type=content_type)

    def created(self, reply: Reply) -> Report:
        job = _object(reply.body)
        vendor_id = _id(job)
        if not _is_success(reply) or job is None or vendor_id is None:
            raise why_not_created(reply)
        return _report(vendor_id, job)

    def query(self, vendor_id: str) -> Call:
        return Call(method="GET", path=_path(vendor_id))

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        """As the contract says; vLLM-Omni answers for a failed job with a failed call (spec openai_videos 9)."""
        job = _object(reply.body)
        if job is None or not isinstance(job.get("status"), str) or not (_is_success(reply) or _id(job)):
            raise why_not_told(reply)
        if _id(job) not in (None, vendor_id):
            raise UpstreamFailed(
                "the vendor answered for another task than the one asked about",
                fault="vendor",
                http_status=reply.status,
            )
        return _report(vendor_id, job)

    def cancel(self, vendor_id: str) -> Call | None:
        """A delete: the wire has nothing else (spec openai_videos 5)."""
        return Call(method="DELETE", path=_path(vendor_id))

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:
        job = _object(reply.body) or {}
        if _is_success(reply):
            if isinstance(job.get("status"), str):
                return _report(vendor_id, job)
            # A 204 has no body; a refusal would not be a success.
            state: VendorState = "unknown" if job.get("deleted") is False else "cancelled"
            return Report(vendor_id=vendor_id, state=state, word=_text(job.get("object")))
        if reply.status in (400, 409):
            # OpenAI deletes only what has ended, vLLM-Omni not what it is just writing.
            return Report(vendor_id=vendor_id, state="running", word="")
        raise why_not_told(reply)

    def list(self, vendor_ids: Sequence[str] = ()) -> Call | None:
        """The newest page. The wire cannot name tasks: None where some are named."""
        return None if vendor_ids else _page_call()

    def listed(self, reply: Reply) -> Page:
        value = _object(reply.body)
        jobs = None if value is None else value.get("data")
        if not _is_success(reply) or value is None or not isinstance(jobs, list):
            raise why_not_told(reply)
        found = [(vendor_id, job) for job in jobs if isinstance(job, dict) and (vendor_id := _id(job))]
        # SGLang does not say whether there is more.
        has_more = value.get("has_more", len(jobs) >= _PAGE_ITEMS)
        last_id = _text(value.get("last_id")) or (found[-1][0] if found else "")
        return Page(
            reports=[_report(vendor_id, job) for vendor_id, job in found],
            next=_page_call(last_id) if has_more is True and last_id else None,
        )

    def callback(
        self,
        headers: Mapping[str, str],  # noqa: ARG002  Whether it is genuine is checked elsewhere.
        body: bytes,
    ) -> Report | None:
        event = _object(body) or {}
        word = _text(event.get("type"))
        data = event.get("data")
        vendor_id = _id(data) if isinstance(data, dict) else None
        if word not in _EVENTS or vendor_id is None:
            return None
        state = _EVENTS[word]
        film_url = _content_path(vendor_id) if state == "succeeded" else None
        return Report(vendor_id=vendor_id, state=state, word=word, film_url=film_url)


def _page_call(after: str = "") -> Call:
    query = (("limit", str(_PAGE_ITEMS)), ("order", "desc"))
    return Call(method="GET", path=_PATH, query=(*query, ("after", after)) if after else query)


def _path(vendor_id: str) -> str:
    return f"{_PATH}/{quote(vendor_id, safe='')}"


def _content_path(vendor_id: str) -> str:
    # Without a variant: SGLang takes that for a number (spec openai_videos 9).
    return f"{_path(vendor_id)}/content"


def _report(vendor_id: str, job: dict[str, Any]) -> Report:
    word = _text(job.get("status"))
    state = _STATES.get(word, "unknown")
    said = read_fault(job.get("error"))
    if state == "failed":
        state = _ENDS_BY_CODE.get(said.code, state)
    return Report(
        vendor_id=vendor_id,
        state=state,
        word=word,
        progress=_progress(job.get("progress")),
        film_url=_film_url(vendor_id, job) if state == "succeeded" else None,
        failure=_failure(state, said) if state in ("failed", "expired") else None,
    )


def _failure(state: VendorState, said: Said) -> Failure:
    reason: Literal["content_rejected", "provider_error", "timeout", "media_error"] = "provider_error"
    if state == "expired" or said.code == "timeout":
        reason = "timeout"
    elif said.code == "media_error":
        reason = "media_error"
    elif is_review(said.code):
        reason = "content_rejected"
    return Failure(reason=reason, code=said.code, message=said.message)


def _film_url(vendor_id: str, job: dict[str, Any]) -> str:
    # Where SGLang keeps its films in a cloud store, the job has the link, and its own path answers 400.
    link = _text(job.get("url"))
    return link if link_scheme(link) in ("https", "http") else _content_path(vendor_id)


def _progress(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(min(max(value, 0), 100))


def _is_success(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _id(job: dict[str, Any] | None) -> str | None:
    """A job's id, if it is one that can stand in a path: dots alone would lead elsewhere."""
    text = _text((job or {}).get("id"))
    return text if len(text) <= _LONGEST_ID_CHARACTERS and text.strip(". ") else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

"""What all client halves need to understand a vendor: whose fault it was, why there is no film, how a task is doing.

Nothing here raises anything but ``UpstreamFailed``.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from filmgate.dialects.answer import NOTHING, read_answer, request_id, retry_after_seconds
from filmgate.dialects.base import Reply
from filmgate.dialects.client import ENDS, Failure, Marks, Reason, Report, Usage, VendorState
from filmgate.errors import Fault, UpstreamFailed

Found = TypeVar("Found")
Words = Sequence[tuple[re.Pattern[str], Found]]
"""What is meant where a text matches a pattern; the first that matches counts."""

NO_MARKS = Marks()

# Vendors pass on what their own upstream said, so these are words of several (spec jimmy 2.3, ark 7).
REJECTED = re.compile(
    r"moderation|content[ _](was[ _])?(rejected|blocked)|content ?(policy|security|risk)|sensitive ?content"
    r"|policy ?violation|severe ?violation|privacy ?information|risk ?detection"
    r"|敏感|违规|违法|内容安全|审核(不|未)通过",
    re.IGNORECASE,
)
# No vendor lets a task wait and work for longer (spec ark 2.2: three days); what is beyond is no time of a task.
_LONGEST_MAKING_SECONDS = 7 * 86_400

# Of the task itself. That some connection timed out says nothing about the order.
_TOO_LONG = re.compile(r"time limit|exceeded its time|task (has )?timed out|(任务|生成)(已)?超时", re.IGNORECASE)


def succeeded(reply: Reply) -> bool:
    """Whether the status says that the call was carried out."""
    return 200 <= reply.status < 300


def refused(reply: Reply, fault: Fault, said: str, *, vendor_code: str = "") -> UpstreamFailed:
    """The error that says what became of an order."""
    message = "it is not clear whether the vendor took the order" if fault == "unclear" else "the vendor refused"
    return _failed(reply, fault, message, said, vendor_code)


def unanswered(reply: Reply, fault: Fault, said: str, *, vendor_code: str = "") -> UpstreamFailed:
    """The error that says why nothing is known about a task."""
    return _failed(reply, fault, "the vendor did not tell how the task is doing", said, vendor_code)


def not_uploaded(reply: Reply, said: str, *, vendor_code: str = "", by_code: Fault | None = None) -> UpstreamFailed:
    """The error that says why a medium has no link at the vendor.

    Args:
        by_code: what the vendor's code means; None where it is missing or not known.
    """
    found = by_code or fault_of_create(reply.status)
    fault: Fault = found if found in ("account", "busy") else "vendor"
    return _failed(reply, fault, "the vendor did not take the file", said, vendor_code)


def model_ids(reply: Reply) -> list[str] | None:
    """The names of the models that a vendor lists; None where it does not say."""
    models = read_answer(reply.body).objects("data") if succeeded(reply) else None
    return None if models is None else [name for model in models if (name := model.identifier("id", numbers=False))]


def unasked(reply: Reply) -> UpstreamFailed:
    """The error for an answer to a call that the wire does not have."""
    return _failed(reply, "unclear", "the vendor answered a call that its wire does not have", "", "")


def fault_of_create(status: int) -> Fault:
    """What the status alone says about an order that was sent.

    ``unclear`` is whatever leaves room for a task: a breakdown, a timeout, a conflict with an order of the same key,
    a redirect (303 is how some say "made"), and a success that names no task. A wrong address is a fault of how the
    route is set up, like a wrong key, and never the order's.
    """
    match status:
        case 429:
            return "busy"
        case 401 | 402 | 403 | 404 | 405 | 410:
            return "account"
        case 408 | 409 | 425 | 499:
            return "unclear"
        case _:
            return "order" if 400 <= status < 500 else "unclear"


def fault_of_refusal(status: int, by_code: Fault | None, said: str, words: Words[Fault]) -> Fault:
    """Whose fault a refused order was, for vendors whose refusals have codes.

    The code decides. Where there is none, or one as wide as "the order is wrong", the sentence may say more, and then
    the status. Of a server that broke down, though, neither proves anything.

    Args:
        by_code: what the vendor's code means; None where it is missing or not known.
        said: the vendor's sentence, and ``words`` what it may mean.
    """
    if by_code not in (None, "order"):
        return by_code
    if status >= 500:
        return "unclear"
    return meaning(said, words) or by_code or fault_of_create(status)


def fault_of_question(status: int) -> Fault:
    """What the status alone says about a question that was asked about a task.

    A question is no order: when it fails otherwise, nothing was learned about the task. ``missing`` is for the
    vendor's own words to say, since a wrong address answers 404 for every task.
    """
    match status:
        case 429:
            return "busy"
        case 401 | 402 | 403:
            return "account"
        case _:
            return "unclear"


def check_same_task(reply: Reply, asked: str, answered: str) -> None:
    """An answer that names another task than was asked about would bring home somebody else's film.

    Raises:
        UpstreamFailed: ``unclear``.
    """
    if answered and answered != asked:
        raise unanswered(reply, "unclear", "it answered about another task")


def is_page(reply: Reply) -> bool:
    """Whether a reply has a body that is no JSON object: the page of a proxy's, say, which knows nothing of a task."""
    return bool(reply.body.strip()) and read_answer(reply.body) is NOTHING


def state_of(word: str, states: Mapping[str, VendorState]) -> VendorState:
    """What a vendor's word for a state means, in whatever case it is written.

    Args:
        states: by the words in lower case.
    """
    return states.get(word.strip().lower(), "unknown")


def accepted(vendor_id: str, usage: Usage | None = None, marks: Marks = NO_MARKS) -> Report:
    """The order was taken, and nothing is said about its state."""
    return Report(vendor_id=vendor_id, state="queued", word="", usage=usage, marks=marks)


def report(
    vendor_id: str,
    word: str,
    state: VendorState,
    *,
    failure: Failure | None,
    film_url: str | None = None,
    last_frame_url: str | None = None,
    progress: int | None = None,
    usage: Usage | None = None,
    marks: Marks = NO_MARKS,
    ended_at: datetime | None = None,
) -> Report:
    """A report whose members fit together.

    Args:
        word: the vendor's word for the state, and ``state`` what it means.
        failure: what the vendor says went wrong, in whatever state; None where it says nothing.
        film_url, last_frame_url: as the vendor gave them, in whatever state.
        ended_at: when the task ended, if it has, by the clock of ``marks.created_at``.
    """
    if state == "succeeded" and failure is not None:
        # A film that is done and comes with an error is none.
        state = "failed"
    if state == "failed" and failure is None:
        failure = Failure(reason="provider_error", code="", message="the vendor gave no reason")
    return Report(
        vendor_id=vendor_id,
        state=state,
        word=word,
        progress=progress,
        film_url=film_url if state == "succeeded" else None,
        last_frame_url=last_frame_url if state == "succeeded" else None,
        failure=failure if state in ("failed", "cancelled", "expired") else None,
        usage=usage,
        took_seconds=_took_seconds(marks.created_at, ended_at) if state in ENDS else None,
        marks=marks,
    )


def usage_of(*, total_tokens: int | None = None, credits_charged: float | None = None) -> Usage | None:
    """What was counted; None where nothing was."""
    if total_tokens is None and credits_charged is None:
        return None
    return Usage(total_tokens=total_tokens, credits=credits_charged)


def meaning(text: str, words: Words[Found]) -> Found | None:
    """What a text means; None where it is none of the words."""
    return next((found for pattern, found in words if pattern.search(text)), None)


def reason_of(text: str, words: Words[Reason] = ()) -> Reason:
    """Why there is no film, by what the vendor says about it. ``words`` are those of one vendor."""
    return meaning(text, ((REJECTED, "content_rejected"), *words, (_TOO_LONG, "timeout"))) or "provider_error"


def _took_seconds(created_at: datetime | None, ended_at: datetime | None) -> float | None:
    if created_at is None or ended_at is None:
        return None
    seconds = (ended_at - created_at).total_seconds()
    return seconds if 0 <= seconds <= _LONGEST_MAKING_SECONDS else None


def _failed(reply: Reply, fault: Fault, message: str, said: str, vendor_code: str) -> UpstreamFailed:
    return UpstreamFailed(
        f"{message}: {said or f'status {reply.status}'}",
        fault=fault,
        vendor_code=vendor_code,
        http_status=reply.status,
        retry_after_seconds=retry_after_seconds(reply.headers),
        request_id=request_id(reply.headers),
    )

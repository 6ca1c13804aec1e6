"""What a vendor's answers say about tasks, and whose fault it is when they do not (spec ark 4, 7)."""

from filmgate.dialects.answer import Answer, read_answer
from filmgate.dialects.ark.faults import fault_of_order, fault_of_question, is_content_code, is_media_code
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Failure, Marks, Report, VendorState
from filmgate.dialects.understanding import reason_of, refused, report, unanswered, usage_of
from filmgate.errors import UpstreamFailed

# Words in any other case are none of this wire's (spec ark 4, 14).
_STATES: dict[str, VendorState] = {
    "queued": "queued",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}


def id_in(answer: Answer) -> str:
    """The task's id in an answer; empty where there is none."""
    return answer.identifier("id", numbers=False)


def report_of(vendor_id: str, answer: Answer) -> Report:
    """What an answer says about a task (spec ark 4)."""
    word, content, usage = answer.word("status"), answer.inner("content"), answer.inner("usage")
    state = _STATES.get(word, "unknown")
    return report(
        vendor_id,
        word,
        state,
        failure=_failure(state, answer),
        film_url=content.link("video_url"),
        last_frame_url=content.link("last_frame_url"),
        # The two are equal (spec ark 4); gateways may know only one.
        usage=usage_of(total_tokens=usage.count("total_tokens", "completion_tokens")),
        # The seed is told once the task has ended.
        marks=Marks(created_at=answer.moment("created_at"), model=answer.text("model"), seed=answer.count("seed")),
        # An ended task does not change any more.
        ended_at=answer.moment("updated_at"),
    )


def why_not_ordered(reply: Reply) -> UpstreamFailed:
    """Why a create made no task, or may have made one."""
    code, said = _error(read_answer(reply.body))
    return refused(reply, fault_of_order(reply.status, code), said, vendor_code=code)


def why_not_told(reply: Reply) -> UpstreamFailed:
    """Why any other call brought nothing."""
    code, said = _error(read_answer(reply.body))
    return unanswered(reply, fault_of_question(reply.status, code), said, vendor_code=code)


def says_cancelled(reply: Reply) -> bool:
    """Whether a 409 says that the task has been cancelled before."""
    code, _ = _error(read_answer(reply.body))
    return "Cancelled" in code


def _failure(state: VendorState, answer: Answer) -> Failure | None:
    # The vendor's Go SDK reads a list item's error under another name (spec ark 5).
    code, said = answer.error("error", "failure_reason")
    if state == "expired":
        return Failure(reason="timeout", code=code, message=said or "the vendor's time limit has passed")
    if not (code or said):
        return None
    if is_content_code(code):
        return Failure(reason="content_rejected", code=code, message=said or code)
    return Failure(reason="media_error" if is_media_code(code) else reason_of(said), code=code, message=said or code)


def _error(answer: Answer) -> tuple[str, str]:
    """Code and message of a refusal: in the envelope, or without one, as some gateways answer."""
    code, said = answer.error("error")
    return (code, said) if code or said else (answer.word("code"), answer.sentence("message"))

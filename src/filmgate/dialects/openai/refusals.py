"""What a vendor's refusal means: OpenAI's envelope, and what engines and proxies send in its place (spec
openai_videos 8, 9)."""

import msgspec

from filmgate.dialects.answer import Answer, as_sentence, read_answer
from filmgate.dialects.base import Reply
from filmgate.dialects.understanding import fault_of_create, fault_of_question, refused, unanswered
from filmgate.errors import Fault, UpstreamFailed

# Parts of the codes with which reviews refuse, at OpenAI, at gateways such as ours and at other vendors behind a proxy.
_REVIEW_WORDS = ("moderation", "content_policy", "content_filter", "content_rejected", "safety", "sensitive")
_ACCOUNT_WORDS = ("quota", "billing", "api_key", "account", "balance", "permission")
_MODEL_CODE = "model_not_found"
# The request is to be sent elsewhere, and was not looked at: the route's address is wrong. Engines built on FastAPI
# answer so where a slash is too much.
_MOVED = (301, 307, 308)
# How FastAPI says that there is no such path at all.
_NO_PATH = "not found"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a refusal says, whatever its shape. What it does not say is empty."""

    code: str = ""
    message: str = ""
    param: str = ""
    in_envelope: bool = False
    """It stands where vendors put a refusal, and not at the top of a proxy's own object."""


def why_not_created(reply: Reply) -> UpstreamFailed:
    """Why a create made no task, or may have made one."""
    said = read_refusal(reply.body)
    return refused(reply, _fault_of_create(reply.status, said), said.message, vendor_code=said.code)


def why_not_told(reply: Reply) -> UpstreamFailed:
    """Why any other call brought nothing."""
    said = read_refusal(reply.body)
    is_missing = reply.status in (404, 410) and _is_about_task(said)
    fault: Fault = "missing" if is_missing else fault_of_question(reply.status)
    return unanswered(reply, fault, said.message, vendor_code=said.code)


def read_refusal(body: bytes) -> Said:
    """The code, the message and the field of a refusal."""
    answer = read_answer(body)
    for name in ("error", "detail"):
        said = read_fault(answer, name)
        if said.code or said.message:
            return said
    return _said(answer)


def read_fault(answer: Answer, name: str) -> Said:
    """What stands in an envelope, or in the ``error`` of a job: an object, a text, or FastAPI's list of faults."""
    faults = answer.objects(name)
    if faults:
        return _said_in_list(faults)
    if answer.is_text(name):
        return Said(message=answer.sentence(name), in_envelope=True)
    return msgspec.structs.replace(_said(answer.inner(name)), in_envelope=True)


def is_review(code: str) -> bool:
    """Whether a code is one with which a review refuses."""
    return any(word in code.lower() for word in _REVIEW_WORDS)


def _fault_of_create(status: int, said: Said) -> Fault:
    by_status = fault_of_create(status)
    if by_status == "unclear":
        return "account" if status in _MOVED else "unclear"
    if is_review(said.code):
        return "content"
    match status:
        case 404:
            return "order" if _is_about_model(said) else "account"
        case 429:
            return "account" if any(word in said.code for word in _ACCOUNT_WORDS) else "busy"
        case _:
            return by_status


def _is_about_model(said: Said) -> bool:
    # Where there is no such path at all, the message is a plain "Not Found".
    return said.code == _MODEL_CODE or said.param == "model" or "model" in said.message.lower()


def _is_about_task(said: Said) -> bool:
    return said.in_envelope and (bool(said.code) or said.message.strip(" .").lower() != _NO_PATH)


def _said(fault: Answer) -> Said:
    # Some write the HTTP status where the code belongs; the type then says more.
    texts = [name for name in ("code", "type") if fault.is_text(name)]
    return Said(code=fault.word(*texts, "code"), message=fault.sentence("message"), param=fault.word("param"))


def _said_in_list(faults: list[Answer]) -> Said:
    """FastAPI's list: each fault has a place, ``["body", "seconds"]``, a sentence and the kind of the fault."""
    texts = [": ".join(filter(None, (_path(fault), fault.sentence("msg")))) for fault in faults]
    message = as_sentence("; ".join(filter(None, texts)))
    return Said(code=faults[0].word("type"), message=message, param=_path(faults[0]), in_envelope=True)


def _path(fault: Answer) -> str:
    """The place of a fault, without where the field was looked for."""
    parts = fault.words("loc")
    return ".".join(parts[1:] if len(parts) > 1 else parts)

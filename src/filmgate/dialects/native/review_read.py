"""Reading a moderator's answer."""

from typing import Literal
from uuid import UUID

import msgspec

from filmgate.dialects.native.review_wire import ReviewDecision
from filmgate.dialects.reading import Members, read_object
from filmgate.review import read_review_id

_LONGEST_REASON = 1000
_LONGEST_WHO = 200
_DECISIONS: tuple[Literal["approved", "rejected"], ...] = ("approved", "rejected")


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a moderator says."""

    review_id: UUID | None
    """None where it stands with the question."""
    decision: Literal["approved", "rejected"]
    reason: str
    who: str


def read_decision(body: bytes, *, names_review: bool = True) -> Answered:
    """An answer.

    Args:
        names_review: it must say which review it is about.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    values = read_object(body)
    members = Members(values)
    for name in sorted(values.keys() - set(ReviewDecision.__struct_fields__))[:20] if names_review else ():
        members.broken(name, "unknown", "is not a member here", allowed=list(ReviewDecision.__struct_fields__))
    text = members.text("review_id", required=names_review)
    review_id = None if text is None else read_review_id(text)
    if text is not None and review_id is None:
        members.broken("review_id", "unknown", "names no review", text)
    decision = members.text("decision", required=True)
    if decision is not None and decision not in _DECISIONS:
        members.broken("decision", "choice", "must be approved or rejected", decision, list(_DECISIONS))
    reason, who = members.text("reason") or "", members.text("who") or ""
    for field, said, most in (("reason", reason, _LONGEST_REASON), ("who", who, _LONGEST_WHO)):
        if len(said) > most:
            members.broken(field, "length", f"must have at most {most} characters", len(said), most)
    members.finish()
    return Answered(
        review_id=review_id,
        decision=next((each for each in _DECISIONS if each == decision), "rejected"),
        reason=reason,
        who=who,
    )

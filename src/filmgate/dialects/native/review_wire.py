"""What goes over the wire between us and an outside moderator."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from filmgate.video import MediaKind

ReviewId = Annotated[str, Meta(description="Names the review.", examples=["rev_00ooKlYDK8GjUr5LX2kMhG"])]


class ReviewedFile(Struct, frozen=True, kw_only=True):
    """A picture, clip or sound that a moderator is asked about."""

    kind: MediaKind
    url: Annotated[str, Meta(description="A link that needs no key, good for a day.")]
    sha256: str
    size_bytes: int
    facts: Annotated[dict[str, Any], Meta(description="What was found in it.")]


class ReviewQuestion(Struct, frozen=True, kw_only=True):
    """What a moderator is asked about: a file, or the prompt of an order."""

    object: Literal["review"] = "review"
    id: ReviewId
    reason: Annotated[str, Meta(description="The reason of the rule that wants it looked at.")]
    due_at: Annotated[datetime | None, Meta(description="Until then the answer is waited for.")]
    file: ReviewedFile | None
    prompt: str | None
    model: str | None
    answer_url: Annotated[str, Meta(description="Where the answer may be sent later.")]


class ReviewRequested(Struct, frozen=True, kw_only=True):
    """What is posted to a moderator, signed as Standard Webhooks says."""

    type: Literal["review.requested"] = "review.requested"
    timestamp: datetime
    data: ReviewQuestion


class ReviewDecision(Struct, frozen=True, kw_only=True):
    """A moderator's answer. Sent to us it is signed as Standard Webhooks says, with the same secret."""

    review_id: ReviewId
    decision: Literal["approved", "rejected"]
    reason: Annotated[str, Meta(description="Why; the customer reads it.", max_length=1000)] | UnsetType = UNSET
    who: Annotated[str, Meta(description="Who decided, for the record.", max_length=200)] | UnsetType = UNSET


class ReviewDecided(Struct, frozen=True, kw_only=True):
    """What became of an answer."""

    object: Literal["review"] = "review"
    id: ReviewId
    outcome: Annotated[
        Literal["decided", "same", "closed"],
        Meta(description="`same`: it was decided so already. `closed`: otherwise, by somebody who was first."),
    ]

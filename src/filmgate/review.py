"""Reviews: whether the bytes of an asset, or the prompt of an order, may be used.

    rules ──> approved · rejected
      │
      └─────> pending ──a person, an outside moderator, or its silence──> approved · rejected

Of a file every decision may be changed by a later one; all of them are kept. A prompt is decided once.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec

from filmgate.ids import from_short_form, short_form
from filmgate.video import MediaKind

ReviewState = Literal["pending", "approved", "rejected"]
STATES: tuple[ReviewState, ...] = get_args(ReviewState)
DecidedBy = Literal["rules", "operator", "moderator", "silence"]
"""``silence``: the moderator did not answer in time, and a setting says what follows."""
RuleVerdict = Literal["approve", "reject", "human", "consent"]
"""``human``: somebody must look. ``consent``: usable under a consent alone."""

_ID_PREFIX = "rev_"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the automatic review. It fits where all that it says is so; the first that fits decides."""

    verdict: RuleVerdict
    reason: str
    kinds: tuple[MediaKind, ...] = ()
    """Of files; empty: of every kind."""
    formats: tuple[str, ...] = ()
    over_seconds: float | None = None
    over_megabytes: float | None = None
    over_side_pixels: int | None = None
    under_side_pixels: int | None = None
    faces: bool = False
    """Only files that show a face."""
    prompt: str | None = None
    """A regular expression that is found in the prompt, in any case. Such a rule is for prompts and not for files."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What rules look at in a file."""

    kind: MediaKind
    format: str
    size_bytes: int
    seconds: float | None
    width: int | None
    height: int | None
    faces: int | None
    """None: nobody counted them."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say."""

    state: ReviewState = "approved"
    person: bool = False
    """Usable under a consent alone."""
    reason: str = ""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One review, as the store has it."""

    id: UUID
    account_id: UUID
    file_id: UUID | None
    """Of a file; otherwise ``task_id`` says whose prompt it is about."""
    task_id: UUID | None
    created_at: datetime
    due_at: datetime | None
    """By then the moderator should have answered."""
    state: ReviewState
    reason: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, by whom, when and why. Never changed."""

    number: int
    decided_at: datetime
    state: ReviewState
    by: DecidedBy
    who: str
    """The name of the person or of the moderator's; empty for rules."""
    reason: str


def judge_file(rules: Sequence[Rule], facts: Facts) -> Judgement:
    """What the first rule that fits a file says; without one it is approved."""
    for rule in rules:
        if rule.prompt is None and _fits(rule, facts):
            return _judgement(rule)
    return Judgement()


def judge_prompt(rules: Sequence[Rule], prompt: str) -> Judgement:
    """The same for the prompt of an order."""
    for rule in rules:
        if rule.prompt is not None and re.search(rule.prompt, prompt, re.IGNORECASE):
            return _judgement(rule)
    return Judgement()


def needs_faces(rules: Sequence[Rule]) -> bool:
    """Whether any rule asks for faces, which are costly to count."""
    return any(rule.faces for rule in rules)


def show_review_id(review_id: UUID) -> str:
    """``rev_`` and 22 letters and digits."""
    return short_form(_ID_PREFIX, review_id)


def read_review_id(text: str) -> UUID | None:
    """The id behind what ``show_review_id`` showed; None for any other text."""
    return from_short_form(_ID_PREFIX, text)


def _judgement(rule: Rule) -> Judgement:
    match rule.verdict:
        case "approve":
            return Judgement(reason=rule.reason)
        case "reject":
            return Judgement(state="rejected", reason=rule.reason)
        case "human":
            return Judgement(state="pending", reason=rule.reason)
        case "consent":
            return Judgement(person=True, reason=rule.reason)


def _fits(rule: Rule, facts: Facts) -> bool:
    sides = [side for side in (facts.width, facts.height) if side is not None]
    return (
        (not rule.kinds or facts.kind in rule.kinds)
        and (not rule.formats or facts.format in rule.formats)
        and (rule.over_seconds is None or (facts.seconds or 0) > rule.over_seconds)
        and (rule.over_megabytes is None or facts.size_bytes > rule.over_megabytes * 1024**2)
        and (rule.over_side_pixels is None or any(side > rule.over_side_pixels for side in sides))
        and (rule.under_side_pixels is None or any(side < rule.under_side_pixels for side in sides))
        and (not rule.faces or bool(facts.faces))
    )

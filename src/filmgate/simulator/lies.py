"""The lies: everything that vendors have been seen to do to an order, by name.

Which lies an order meets is decided once, when it arrives: each with its own rate, and those that the prompt asks for
by a word in double brackets, ``[[lie:lost-answer]]``.
"""

import re
from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Literal, get_args

from filmgate.errors import BadRequest

Lie = Literal[
    "502-before-accept",
    "429-storm",
    "429-storm-bare",
    "lost-answer",
    "timeout",
    "500-after-accept",
    "garbage-after-accept",
    "slow",
    "garbage",
    "unknown-word",
    "forgets",
    "stuck",
    "fail",
    "moderation-after-render",
    "late-success",
    "lies-about-cancel",
    "no-link",
    "dead-link",
    "html-link",
    "truncated",
    "cut",
    "wrong-length",
    "wrong-size",
    "huge-film",
    "lost-callback",
    "early-callback",
    "double-callback",
    "forged-callback",
]
LIES: tuple[Lie, ...] = get_args(Lie)

MEANINGS: Mapping[Lie, str] = MappingProxyType(
    {
        "502-before-accept": "a proxy answers the create with 502, and nothing was ordered",
        "429-storm": "nothing is ordered, and for a while every call is refused with 429 and Retry-After",
        "429-storm-bare": "the same without Retry-After",
        "lost-answer": "the order is accepted, and the connection ends without an answer",
        "timeout": "the order is accepted, and no answer ever comes",
        "500-after-accept": "the order is accepted, and answered with the vendor's own words for a breakdown",
        "garbage-after-accept": "the order is accepted, and answered with 200 and a page of HTML",
        "slow": "every answer about the order comes late",
        "garbage": "the first two questions about the order are answered with 200 and a page of HTML",
        "unknown-word": "in the middle third of its making, the order is in a state that nobody has heard of",
        "forgets": "the order is accepted, made and billed, and its id is unknown",
        "stuck": "the order runs for ever",
        "fail": "the order fails somewhere in the middle",
        "moderation-after-render": "the order is made to its end, and then its film is held back by a review",
        "late-success": "the order fails, and half its making time later it has succeeded",
        "lies-about-cancel": "a cancel is confirmed, and the film is made and billed all the same",
        "no-link": "the order has succeeded, and there is no link to the film",
        "dead-link": "the link to the film is dead; a question after that brings a fresh one, which is good",
        "html-link": "the link to the film leads to a page of HTML",
        "truncated": "the film's file ends in the middle, and its announced length is that of what is left",
        "cut": "a download from the beginning breaks off in the middle; one with Range from there is whole",
        "wrong-length": "the film is shorter than ordered by a second",
        "wrong-size": "the film has half the ordered width and height",
        "huge-film": "the film's file has the size of --huge-film-bytes",
        "lost-callback": "no callback is sent",
        "early-callback": "a callback says that the film is done when it is not",
        "double-callback": "every callback is sent twice",
        "forged-callback": "somebody else sends a callback that the film is done, with a link of their own",
    }
)

BEFORE_ACCEPT: frozenset[Lie] = frozenset({"502-before-accept", "429-storm", "429-storm-bare"})
"""Those that refuse an order. Asked for in the prompt they do so once: the same prompt is accepted the next time."""

NONE: frozenset[Lie] = frozenset()

_WORD = re.compile(r"\[\[lie:(.*?)\]\]", re.DOTALL)
_LONGEST_SHOWN_CHARACTERS = 40


def asked_for(prompt: str) -> frozenset[Lie]:
    """The lies that a prompt asks for.

    Raises:
        BadRequest: one of them is no lie.
    """
    return frozenset(_named(word.strip().lower()) for word in _WORD.findall(prompt)) or NONE


def drawn(dice: Random, rates: Mapping[Lie, float]) -> frozenset[Lie]:
    """The lies that chance has for an order. Every lie has its own throw whatever its rate, so that changing one rate
    leaves all the others' outcomes as they were."""
    return frozenset(lie for lie in LIES if dice.random() < rates.get(lie, 0.0)) or NONE


def read_rate(text: str) -> tuple[Lie, float]:
    """A lie and its rate as the command line has them: ``lost-answer=0.05``.

    Raises:
        ValueError: it is no lie, or no rate from 0 to 1.
    """
    name, equals, number = text.partition("=")
    lie = next((lie for lie in LIES if lie == name.strip().lower()), None)
    if lie is None:
        raise ValueError(f"{name[:_LONGEST_SHOWN_CHARACTERS]!r} is no lie; there are {', '.join(LIES)}")
    try:
        rate = float(number) if equals else 1.0
    except ValueError:
        raise ValueError(f"{number[:_LONGEST_SHOWN_CHARACTERS]!r} is no rate") from None
    if not 0 <= rate <= 1:
        raise ValueError(f"the rate of {lie} must be from 0 to 1")
    return lie, rate


def _named(word: str) -> Lie:
    for lie in LIES:
        if lie == word:
            return lie
    # The lies are not listed here: some of their names read like reasons of a vendor's.
    raise BadRequest(f"[[lie:{word[:_LONGEST_SHOWN_CHARACTERS]}]] is no lie of the simulator", "prompt")

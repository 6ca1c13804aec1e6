"""What all server halves need to phrase answers."""

from datetime import datetime

import msgspec

from filmgate.dialects.base import Reply
from filmgate.errors import MEDIA_CODES, BadRequest, MediaError, RulesBroken, Violation

_MOST_VIOLATIONS = 50

_encoder = msgspec.json.Encoder()


def reply(body: msgspec.Struct, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """An HTTP answer with ``body`` as JSON."""
    return Reply(status=status, body=_encoder.encode(body), headers=headers or {})


def unix_seconds(moment: datetime) -> int:
    """An instant as whole Unix seconds, as the wire has it."""
    return int(moment.timestamp())


def in_callers_words(violation: Violation, words: dict[str, str]) -> Violation:
    """The violation with its neutral field name replaced by the dialect's own."""
    word = words.get(violation.field, violation.field)
    return violation if word == violation.field else msgspec.structs.replace(violation, field=word)


def explain(error: BadRequest | RulesBroken | MediaError, words: dict[str, str]) -> str:
    """Everything that is wrong with an order, in one text and the caller's field names."""
    if isinstance(error, RulesBroken):
        return printable("; ".join(_sentences(error.violations, words)))
    return printable(f"{error.field}: {error.message}" if error.field else error.message)


def printable(text: str) -> str:
    """Text that can be sent as UTF-8, whatever it was made from."""
    return text.encode("utf-8", "replace").decode()


def _sentences(violations: list[Violation], words: dict[str, str]) -> list[str]:
    found = [_sentence(in_callers_words(violation, words)) for violation in violations[:_MOST_VIOLATIONS]]
    more = len(violations) - _MOST_VIOLATIONS
    return [*found, f"and {more} more"] if more > 0 else found


def _sentence(violation: Violation) -> str:
    # What was the message of an error is a sentence of its own.
    colon = ":" if violation.rule in MEDIA_CODES else ""
    text = f"{violation.field}{colon} {violation.message}"
    choices = violation.allowed
    if violation.rule in ("choice", "closed", "missing", "unknown") and isinstance(choices, list | tuple):
        unsaid = [str(choice) for choice in choices if str(choice) not in violation.message]
        if unsaid:
            text += f" (one of {', '.join(map(str, choices))})"
    return text

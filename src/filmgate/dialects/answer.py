"""A vendor's answer, whatever it is, read by name.

Nothing in it is believed. A member that is missing, or of another type than asked for, reads as if it were not there;
one that nobody asks for is never seen; texts are cut and freed of what cannot be stored or shown.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from filmgate.dialects.describing import is_web_link
from filmgate.dialects.reading import read_object
from filmgate.errors import BadRequest

LONGEST_RETRY_SECONDS = 86_400.0
"""However long a vendor wants us to wait, after a day it is worth another try."""

_MOST_WORD_CHARACTERS = 200
_MOST_SENTENCE_CHARACTERS = 1000
_LARGEST_NUMBER = 2**53
_LARGEST_IDENTIFIER = 2**128
# The last second of the year 9999. A number beyond it counts something else, such as milliseconds.
_LAST_SECOND = 253_402_300_799
# Headers may hold bytes that are no UTF-8; they arrive as halves of surrogate pairs.
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# Dots alone would be taken for a way through folders, even when percent-encoded.
_IDENTIFIER = re.compile(r"(?!\.{1,2}$)[^\x00-\x20\x7f]{1,400}")
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
# By whatever name a vendor, or the proxy before it, gives the number of a call.
_REQUEST_IDS = ("x-request-id", "request-id", "x-tt-logid", "x-trace-id", "traceparent", "cf-ray")


class Answer:
    """One JSON object of a vendor's answer, read by name. Where there are several names, the first that says something
    counts."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._members.get(name) is not None

    def denies(self, name: str) -> bool:
        """Whether the member is false, and not merely missing."""
        return self._members.get(name) is False

    def affirms(self, name: str) -> bool:
        """Whether the member is true, and not merely there."""
        return self._members.get(name) is True

    def is_text(self, name: str) -> bool:
        """Whether the member is text, be it empty."""
        return isinstance(self._members.get(name), str)

    def word(self, *names: str) -> str:
        """A word for machines: text, or a whole number as text (of codes, vendors send both). Empty where none is."""
        for name in names:
            text = _as_word(self._members.get(name))
            if text:
                return text[:_MOST_WORD_CHARACTERS]
        return ""

    def sentence(self, *names: str) -> str:
        """Text for people, on one line. Empty where there is none."""
        for name in names:
            value = self._members.get(name)
            text = as_sentence(value) if isinstance(value, str) else ""
            if text:
                return text
        return ""

    def text(self, *names: str) -> str | None:
        """Text as it stands, to be compared with one of ours: whole, or not at all where it cannot be one."""
        for name in names:
            value = self._members.get(name)
            if isinstance(value, str) and value and "\0" not in value:
                return value
        return None

    def error(self, *names: str) -> tuple[str, str]:
        """Code and message of what went wrong, by the first member that tells any: an object with both, or a text."""
        for name in names:
            inner = self.inner(name)
            code, said = inner.word("code"), inner.sentence("message") or self.sentence(name)
            if code or said:
                return code, said
        return "", ""

    def identifier(self, *names: str, numbers: bool = True) -> str:
        """A name for a thing of the vendor's, whole and as it is. Empty where there is none that can be one.

        Args:
            numbers: a whole number counts too, as text.
        """
        for name in names:
            value = self._members.get(name)
            text = str(value) if numbers and _is_whole(value, _LARGEST_IDENTIFIER) else value
            if isinstance(text, str) and _IDENTIFIER.fullmatch(text):
                return text
        return ""

    def link(self, *names: str) -> str | None:
        """A whole http(s) link."""
        for name in names:
            value = self._members.get(name)
            if isinstance(value, str) and is_web_link(value.strip()):
                return value.strip()
        return None

    def percent(self, name: str) -> int | None:
        """A number, brought within 0 to 100."""
        number = _number(self._members.get(name))
        return None if number is None else int(min(max(number, 0), 100))

    def count(self, *names: str) -> int | None:
        """A whole number that something can be counted with."""
        for name in names:
            amount = self.amount(name)
            if amount is not None and amount.is_integer():
                return int(amount)
        return None

    def amount(self, name: str) -> float | None:
        """A number that something can cost."""
        number = _number(self._members.get(name))
        return float(number) if number is not None and 0 <= number <= _LARGEST_NUMBER else None

    def moment(self, name: str) -> datetime | None:
        """An instant that is told in Unix seconds. 0 is how some say that there is none."""
        number = _number(self._members.get(name))
        return datetime.fromtimestamp(number, UTC) if number is not None and 0 < number <= _LAST_SECOND else None

    def inner(self, name: str) -> "Answer":
        """The object inside a member; an empty one where there is none."""
        value = self._members.get(name)
        return Answer(value if isinstance(value, dict) else {})

    def objects(self, name: str) -> list["Answer"] | None:
        """The objects in a list, without what else is in it; None where there is no list."""
        value = self._members.get(name)
        return [Answer(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else None

    def words(self, name: str) -> list[str]:
        """The words in a list, without what else is in it."""
        value = self._members.get(name)
        words = map(_as_word, value) if isinstance(value, list) else ()
        return [word[:_MOST_WORD_CHARACTERS] for word in words if word]


NOTHING = Answer({})


def read_answer(body: bytes) -> Answer:
    """The JSON object that an answer is; an empty one where it is anything else."""
    try:
        return Answer(read_object(body))
    except BadRequest:
        return NOTHING


def as_sentence(text: str) -> str:
    """A stranger's text as it can be shown: on one line, and cut."""
    line = _on_one_line(text)
    return line if len(line) <= _MOST_SENTENCE_CHARACTERS else f"{line[:_MOST_SENTENCE_CHARACTERS]}…"


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """How long the answer asks us to wait: in ``Retry-After`` as seconds, or as a date.

    ``Retry-After-Ms`` goes first where it is there, as in OpenAI's own SDK (spec openai_videos 1). A date is read
    against the answer's own ``Date``: the vendor's clock beside itself, since ours may differ from it by more than the
    wait. Never below 0, and a day at most.
    """
    for name, of_a_second in (("retry-after-ms", 1000), ("retry-after", 1)):
        said = header(headers, name)
        if _SECONDS.fullmatch(said):
            return min(float(said) / of_a_second, LONGEST_RETRY_SECONDS)
    until, now = _moment(header(headers, "retry-after")), _moment(header(headers, "date"))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), LONGEST_RETRY_SECONDS)


def request_id(headers: Mapping[str, str]) -> str | None:
    """The vendor's name for the call."""
    for name in _REQUEST_IDS:
        said = _on_one_line(header(headers, name))[:_MOST_WORD_CHARACTERS]
        if said:
            return said
    return None


def header(headers: Mapping[str, str], name: str) -> str:
    """The value of a header, whatever the case of its name; empty where it is missing."""
    return next((value.strip() for key, value in headers.items() if key.lower() == name), "")


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_word(value: Any) -> str:
    if isinstance(value, str):
        return _on_one_line(value)
    return str(value) if _is_whole(value, _LARGEST_NUMBER) else ""


def _on_one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()


def _is_whole(value: Any, largest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= largest


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None

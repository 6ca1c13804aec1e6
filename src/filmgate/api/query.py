"""Reading the query of a native call: every field by its name, and all that is wrong with them at once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from filmgate.api.calls import Call
from filmgate.catalogue.rules import shortened
from filmgate.errors import RulesBroken, Violation

Value = TypeVar("Value", bound=str)

_LONGEST_VALUE = 4000
_LARGEST_NUMBER_DIGITS = 9


class Query:
    """The fields of one call's query.

    Raises, from ``finish``: RulesBroken, with a violation for each field that is unknown, doubled or wrong.
    """

    def __init__(self, call: Call, known: Iterable[str], *, repeatable: Iterable[str] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        self._violations: list[Violation] = []
        names = sorted({*known, *repeatable})
        for name, value in call.query_fields():
            self._values.setdefault(name, []).append(value)
        for name, values in self._values.items():
            if name not in names:
                self._broken(name, "unknown", "is not a query field of this call", allowed=names)
            elif len(values) > 1 and name not in repeatable:
                self._broken(name, "count", "must be given once")
            elif any(len(value) > _LONGEST_VALUE or "\0" in value for value in values):
                self._broken(name, "length", f"must be at most {_LONGEST_VALUE} characters without NUL")

    def text(self, name: str) -> str | None:
        """The field's value; None where it is absent or empty."""
        return next(iter(self._values.get(name, [])), None) or None

    def texts(self, name: str) -> tuple[str, ...] | None:
        """The values of a field that may be repeated, or hold several with commas between."""
        found = [part.strip() for value in self._values.get(name, []) for part in value.split(",")]
        return tuple(part for part in found if part) or None

    def choices(self, name: str, allowed: Sequence[Value]) -> tuple[Value, ...] | None:
        """Values of a closed set."""
        chosen = self.texts(name) or ()
        wrong = [value for value in chosen if value not in allowed]
        if wrong:
            self._broken(name, "choice", f"must be one of {', '.join(allowed)}", shortened(wrong[0]), list(allowed))
        return tuple(value for value in allowed if value in chosen) or None

    def choice(self, name: str, allowed: Sequence[Value]) -> Value | None:
        """One value of a closed set."""
        chosen = self.choices(name, allowed)
        if chosen is not None and len(chosen) > 1:
            self._broken(name, "count", "must be given once")
        return chosen[0] if chosen else None

    def switch(self, name: str) -> bool | None:
        """``true`` or ``false``."""
        word = self.choice(name, ("true", "false"))
        return None if word is None else word == "true"

    def whole_number(self, name: str, *, least: int, most: int, default: int) -> int:
        """A whole number within bounds."""
        text = self.text(name)
        if text is None:
            return default
        if text.isascii() and text.isdigit() and len(text) <= _LARGEST_NUMBER_DIGITS and least <= int(text) <= most:
            return int(text)
        self._broken(name, "range", f"must be a whole number from {least} to {most}", shortened(text), [least, most])
        return default

    def moment(self, name: str) -> datetime | None:
        """A time by RFC 3339, such as ``2026-01-02T03:04:05Z``."""
        text = self.text(name)
        if text is None:
            return None
        try:
            # In a query a plus is a space.
            found = datetime.fromisoformat(text.replace(" ", "+"))
            if found.tzinfo is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        self._broken(name, "format", "must be a time such as 2026-01-02T03:04:05Z", shortened(text))
        return None

    def identifier(self, name: str, read: Callable[[str], UUID | None]) -> UUID | None:
        """An id in one of its forms, as ``read`` knows them."""
        text = self.text(name)
        found = None if text is None else read(text)
        if text is not None and found is None:
            self._broken(name, "format", "is not such an id", shortened(text))
        return found

    def json_object(self, name: str) -> dict[str, Any] | None:
        """A JSON object, as text."""
        text = self.text(name)
        if text is None:
            return None
        found: dict[str, Any] | None
        try:
            found = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            found = None
        if found is None or b"\\u0000" in msgspec.json.encode(found):
            self._broken(name, "type", "must be a JSON object without NUL characters", shortened(text))
            return None
        return found

    def finish(self) -> None:
        """The whole query has been read.

        Raises:
            RulesBroken: something was wrong with it.
        """
        if self._violations:
            raise RulesBroken(self._violations)

    def _broken(self, name: str, rule: str, message: str, value: Any = None, allowed: Any = None) -> None:
        if all(violation.field != name for violation in self._violations):
            self._violations.append(
                Violation(field=shortened(name), rule=rule, message=message, value=value, allowed=allowed)
            )

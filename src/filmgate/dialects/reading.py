"""Reading a customer's JSON body: total, and lenient only where a dialect says so.

Whatever the bytes are, reading them gives values or one of two errors: ``BadRequest`` where there is no JSON object,
``RulesBroken`` with everything that is wrong inside one. What comes out can be stored and written again: no NUL (the
database cannot hold it), no lone surrogate, no number beyond JSON's, no deep nesting.
"""

import re
from codecs import BOM_UTF8
from typing import Any

import msgspec

from filmgate.catalogue.rules import LONGEST_URL_CHARACTERS, shortened
from filmgate.errors import BadRequest, RulesBroken, Violation
from filmgate.video import VideoRequest, link_scheme

MOST_LINKS = 1000
"""More links than this in one list are not read at all. What a model takes is the catalogue's matter."""
DEEPEST = 32
"""Levels of nesting in a free object that is kept."""

# A body of this size may hold so many values that decoding it would cost many times its bytes in memory.
_LARGE_BODY_BYTES = 1 << 20
_MOST_VALUES = 200_000

# A seed may be any number of 32 bits.
_LARGEST_NUMBER = 2**32
_NUMBER_IN_TEXT = re.compile(r"\s*([+-]?[0-9]{1,10})(?:\.0*)?\s*", re.ASCII)
_SWITCHES = {"true": True, "false": False}


def read_object(body: bytes) -> dict[str, Any]:
    """Decode a body that must be one JSON object. Of a doubled key the last value counts.

    Raises:
        BadRequest: it is not JSON, not an object, nested beyond reading or made of too many values.
    """
    # Some tools begin a UTF-8 file with a byte order mark; RFC 8259 lets a reader overlook it.
    value = read_json(body.removeprefix(BOM_UTF8))
    if not isinstance(value, dict):
        raise BadRequest("the body must be a JSON object")
    return value


def read_json(body: bytes) -> Any:
    """Decode any JSON value.

    Raises:
        BadRequest: it is not JSON, nested beyond reading or made of too many values.
    """
    if len(body) > _LARGE_BODY_BYTES and sum(map(body.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise BadRequest(f"the body holds more than {_MOST_VALUES} values")
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError as exc:
        raise BadRequest("the body is not UTF-8 text") from exc
    except msgspec.DecodeError as exc:
        raise BadRequest(f"the body is not valid JSON: {exc}") from exc
    except RecursionError as exc:
        raise BadRequest("the body is nested too deeply") from exc


class Members:
    """The members of one JSON object, read by name, and everything that was found wrong with them.

    A member that is absent or null reads as None. The methods take the member's wire name and the ``field`` under
    which a violation is told: the neutral name where there is one, otherwise the wire path.
    """

    def __init__(
        self,
        values: dict[str, Any],
        *,
        lenient: bool = False,
        path: str = "",
        violations: list[Violation] | None = None,
    ) -> None:
        """
        Args:
            values: the decoded object.
            lenient: empty text counts as absent, and one link may stand where a list of links is expected.
            path: what stands before a member's name in wire paths, such as ``content[2].``.
            violations: where to collect; a list shared by the objects of one body.
        """
        self._values = values
        self._lenient = lenient
        self._path = path
        self.violations: list[Violation] = [] if violations is None else violations

    def value(self, name: str) -> Any:
        """Whatever stands there, of any type."""
        return self._value(name, None, required=False)[0]

    def text(self, name: str, field: str | None = None, *, required: bool = False) -> str | None:
        """Text as it stands."""
        value, field = self._value(name, field, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.broken(field, "type", "must be text", value)
            return None
        if "\0" in value:
            self.broken(field, "format", "must not hold a NUL character")
            return None
        return value

    def prompt(self, name: str) -> str:
        """A prompt that must be there and not blank."""
        text = self.text(name, required=True)
        if text is not None and not text.strip():
            self.broken(name, "missing", "must not be blank")
        return text or ""

    def whole_number(
        self, name: str, field: str | None = None, *, floats: bool, texts: bool = False, required: bool = False
    ) -> int | None:
        """A JSON integer; ``5.0`` too where ``floats``, ``"5"`` and ``"5.0"`` too where ``texts``. Never a boolean."""
        value, field = self._value(name, field, required)
        if value is None:
            return None
        number = _whole(value, floats=floats, texts=texts)
        if number is None:
            self.broken(field, "type", "must be a whole number", value)
        elif abs(number) > _LARGEST_NUMBER:
            self.broken(field, "range", "is far out of range", value)
        else:
            return number
        return None

    def switch(self, name: str, field: str | None = None, *, texts: bool = False) -> bool | None:
        """True or false; as words in any case too where ``texts``."""
        value, field = self._value(name, field, required=False)
        if value is None or isinstance(value, bool):
            return value
        if texts and isinstance(value, str) and value.strip().lower() in _SWITCHES:
            return _SWITCHES[value.strip().lower()]
        self.broken(field, "type", "must be true or false", value)
        return None

    def free_object(self, name: str, field: str | None = None, *, limit_bytes: int) -> dict[str, Any] | None:
        """A JSON object of the caller's own that we keep as it is."""
        value, field = self._value(name, field, required=False)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.broken(field, "type", "must be an object", value)
            return None
        fault = _why_not_kept(value, limit_bytes)
        if fault:
            self.broken(field, *fault)
            return None
        return value

    def object(self, name: str, *, required: bool = False) -> "Members | None":
        """A JSON object, to be read by its own members; what is wrong in it is noted here."""
        value, field = self._value(name, None, required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.broken(field, "type", "must be an object", value)
            return None
        return Members(value, lenient=self._lenient, path=f"{field}.", violations=self.violations)

    def array(self, name: str, *, required: bool = False) -> list[Any] | None:
        """A list of anything."""
        value, field = self._value(name, None, required)
        if value is None or isinstance(value, list):
            return value
        self.broken(field, "type", "must be a list", value)
        return None

    def link(self, name: str, *, required: bool = False) -> str | None:
        """One link, of any scheme: which are allowed is the catalogue's matter."""
        value, field = self._value(name, None, required)
        return None if value is None else self._link(field, value)

    def links(self, name: str) -> list[tuple[str, str]]:
        """A list of links, each with its wire path: ``images[2]``."""
        value, field = self._value(name, None, required=False)
        if value is None:
            return []
        if self._lenient and isinstance(value, str):
            value = self._link(field, value)
            return [] if value is None else [(field, value)]
        if not isinstance(value, list):
            self.broken(field, "type", "must be a list of links", value)
            return []
        if len(value) > MOST_LINKS:
            self.broken(field, "count", f"must hold at most {MOST_LINKS} links", len(value), MOST_LINKS)
            return []
        found = []
        for index, item in enumerate(value):
            if self._lenient and (item is None or item == ""):
                continue
            path = f"{field}[{index}]"
            link = self._link(path, item)
            if link is not None:
                found.append((path, link))
        return found

    def broken(self, field: str, rule: str, message: str, value: Any = None, allowed: Any = None) -> None:
        """Note one violation."""
        shown = _shown(value)
        self.violations.append(Violation(field=field, rule=rule, message=message, value=shown, allowed=allowed))

    def finish(self, read: VideoRequest | None = None) -> None:
        """The whole body has been read.

        Args:
            read: the order, as far as it could be read; its model may have something to say about the rest.

        Raises:
            RulesBroken: something was wrong.
        """
        if self.violations:
            raise RulesBroken(self.violations, read)

    def _value(self, name: str, field: str | None, required: bool) -> tuple[Any, str]:
        value = self._values.get(name)
        if value == "" and self._lenient:
            value = None
        field = field or self._path + name
        if value is None and required:
            self.broken(field, "missing", "is missing")
        return value, field

    def _link(self, field: str, value: Any) -> str | None:
        if not isinstance(value, str):
            self.broken(field, "type", "must be a link, as text", value)
        elif not value:
            self.broken(field, "format", "must not be empty")
        elif "\0" in value:
            self.broken(field, "format", "must not hold a NUL character")
        elif len(value) > LONGEST_URL_CHARACTERS and link_scheme(value) != "data":
            message = f"must be at most {LONGEST_URL_CHARACTERS} characters long"
            self.broken(field, "length", message, len(value), LONGEST_URL_CHARACTERS)
        else:
            return value
        return None


def _whole(value: Any, *, floats: bool, texts: bool) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if floats and isinstance(value, float) and value.is_integer():
        return int(value)
    if texts and isinstance(value, str):
        match = _NUMBER_IN_TEXT.fullmatch(value)
        return int(match[1]) if match else None
    return None


def _why_not_kept(value: dict[str, Any], limit_bytes: int) -> tuple[str, str] | None:
    """The rule and the message that say why an object cannot be kept."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            if "\0" in item:
                return "format", "must not hold a NUL character"
        elif isinstance(item, dict | list):
            if depth > DEEPEST:
                return "length", f"must not be nested deeper than {DEEPEST} levels"
            inner = [*item.keys(), *item.values()] if isinstance(item, dict) else item
            waiting.extend((part, depth + 1) for part in inner)
    if len(msgspec.json.encode(value)) > limit_bytes:
        return "length", f"must be at most {limit_bytes} bytes of JSON"
    return None


def _shown(value: Any) -> Any:
    """A value as a violation tells it back: short, and a word for what is not a scalar."""
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
        return f"{float(value):.6g}" if abs(value) < 10**300 else "a huge number"
    return value

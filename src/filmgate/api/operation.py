"""The words of the OpenAPI table: what is said about one operation, and the sections they stand in."""

from typing import Literal

import msgspec

from filmgate.dialects.example import Example


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A value in the path, the query or a header; always text."""

    name: str
    place: Literal["path", "query", "header"]
    required: bool
    description: str
    example: str
    is_shown_in_calls: bool = True
    """Whether the calls to copy have it, where it is not required."""


class Answer(msgspec.Struct, frozen=True):
    """What one HTTP status says: one of some wire structs."""

    description: str
    structs: tuple[type, ...] = ()
    content_type: str | None = "application/json"
    """None where the answer has no body."""
    other_types: tuple[str, ...] = ()
    """Content types that it may have instead."""


IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    required=False,
    description="Up to 255 visible characters of your own. The same key with the same order, within 24 hours, is "
    "answered as the first time: one order, one charge. With another order it is refused with 409.",
    example="order-77-shot-3",
    is_shown_in_calls=False,
)


def query(name: str, description: str, example: str, *, shown: bool = False) -> Parameter:
    """A field of the query that may be left out. ``shown``: the calls to copy have it all the same."""
    return Parameter(
        name=name,
        place="query",
        required=False,
        description=description,
        example=example,
        is_shown_in_calls=shown,
    )


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One door, as people and tools read of it."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    name: str
    """Unique in the whole document. Of an address that two sections tell of, the first one's counts."""
    summary: str
    description: str = ""
    key: Literal["yes", "no", "optional"] = "yes"
    parameters: tuple[Parameter, ...] = ()
    body: type | None = None
    body_required: bool = True
    examples: tuple[Example, ...] = ()
    form: type | None = None
    """The body as a form, for operations that also take one; its files have the format ``binary``."""
    form_examples: tuple[Example, ...] = ()
    """A value that begins with ``@`` is the name of a file."""
    takes_file: bool = False
    """The body is a file as it is."""
    answers: dict[int, Answer]

    def structs(self) -> list[type]:
        """Every wire struct that it mentions."""
        answered = [struct for answer in self.answers.values() for struct in answer.structs]
        return [*(body for body in (self.body, self.form) if body is not None), *answered]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The operations of one dialect, or of none."""

    dialect: str | None
    """The word for the dialect; its title becomes the section's."""
    title: str = ""
    """For a section of no dialect."""
    schema_prefix: str
    """Stands before the names of its structs, because two dialects may use the same."""
    description: str
    operations: tuple[Operation, ...]

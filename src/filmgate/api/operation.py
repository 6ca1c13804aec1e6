"""The words of the OpenAPI table: what is said about one operation, and the sections they stand in."""

from typing import Literal

import msgspec

from filmgate.dialects.example import Example


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A value in the path or in the query; always text."""

    name: str
    place: Literal["path", "query"]
    required: bool
    description: str
    example: str


class Answer(msgspec.Struct, frozen=True):
    """What one HTTP status says: one of some wire structs."""

    description: str
    structs: tuple[type, ...]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One door, as people and tools read of it."""

    method: Literal["GET", "POST"]
    path: str
    name: str
    """Unique in the whole document."""
    summary: str
    description: str = ""
    key: Literal["yes", "no", "optional"] = "yes"
    parameters: tuple[Parameter, ...] = ()
    body: type | None = None
    examples: tuple[Example, ...] = ()
    answers: dict[int, Answer]

    def structs(self) -> list[type]:
        """Every wire struct that it mentions."""
        answered = [struct for answer in self.answers.values() for struct in answer.structs]
        return answered if self.body is None else [self.body, *answered]


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

"""An example order of a dialect's documentation."""

from typing import Any

import msgspec


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A create body for the pages that show the API. Composed from the vendors' documented calls."""

    title: str
    body: dict[str, Any]

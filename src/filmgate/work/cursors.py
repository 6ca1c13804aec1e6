"""Cursors: where a list goes on, sealed, so that nobody makes one up or goes on in somebody else's list."""

from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from filmgate.errors import BadRequest

_PURPOSE = "filmgate cursor"
_LONGEST_CHARACTERS = 1000


class Cursors:
    """Seals and opens them. ``secret`` is the same in every process."""

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeSerializer(secret, salt=_PURPOSE)

    def seal(self, account_id: UUID, what: str, position: list[Any]) -> str:
        """A cursor.

        Args:
            what: the list, with its filters: a cursor of another list is refused.
            position: JSON values that say where it goes on.
        """
        return str(self._serializer.dumps([str(account_id), what, position]))

    def open(self, text: str, account_id: UUID, what: str) -> list[Any]:
        """The position in a cursor.

        Raises:
            BadRequest: it is not one of this account's for this list.
        """
        try:
            sealed = self._serializer.loads(text) if len(text) <= _LONGEST_CHARACTERS else None
        except BadData:
            sealed = None
        if not isinstance(sealed, list) or sealed[:2] != [str(account_id), what]:
            raise BadRequest("is not a cursor of this list, with these filters", field="cursor")
        position: list[Any] = sealed[2]
        return position

"""Pages of a list that is ordered by time: the cursors between them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from filmgate.work.cursors import Cursors


class Pages:
    """The pages of one list of one account.

    Args:
        name: of the list.
        wanted: its filters; a cursor of the same list with other filters is refused.
    """

    def __init__(self, cursors: Cursors, account_id: UUID, name: str, wanted: Any = None) -> None:
        self._cursors = cursors
        self._account_id = account_id
        self._what = f"{name} {msgspec.json.encode(wanted, order='sorted').decode()}"

    def cursor(self, moment: datetime, identifier: UUID) -> str:
        """The cursor of the page after the one that ends with this item."""
        return self._cursors.seal(self._account_id, self._what, [moment.isoformat(), str(identifier)])

    def position(self, cursor: str | None) -> tuple[datetime, UUID] | None:
        """Where the page of a cursor begins: after the item with this time and id. None is the first page.

        Raises:
            BadRequest: the cursor is not one of this list.
        """
        if cursor is None:
            return None
        moment, identifier = self._cursors.open(cursor, self._account_id, self._what)
        return datetime.fromisoformat(moment), UUID(identifier)

"""What an account uses at the moment, beside what it may use."""

from datetime import datetime
from uuid import UUID

import msgspec

from filmgate.money import Micros
from filmgate.store.db import Database

# A day's count is begun anew with the first order of the next one.
_USAGE = """
SELECT open_orders, CASE WHEN day = ($2::timestamptz AT TIME ZONE 'UTC')::date THEN day_micros ELSE 0 END AS day_micros,
       (SELECT count(*) FROM keys WHERE account_id = accounts.id AND revoked_at IS NULL) AS valid_keys,
       (SELECT count(*) FROM keys WHERE account_id = accounts.id AND revoked_at IS NOT NULL) AS revoked_keys
FROM accounts WHERE id = $1
"""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the limits of an account are held against."""

    open_orders: int
    """Without those of its test keys."""
    day_micros: Micros
    """Price of the orders of this day (UTC), less what they gave back."""
    valid_keys: int
    revoked_keys: int


async def account_usage(db: Database, account_id: UUID, now: datetime) -> Usage:
    """What an account uses.

    Raises:
        LookupError: there is no such account.
        Unavailable: the database is away.
    """
    row = await db.row(_USAGE, account_id, now)
    if row is None:
        raise LookupError(f"there is no account {account_id}")
    return Usage(**row)

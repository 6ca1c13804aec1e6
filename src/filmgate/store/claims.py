"""Claims: which deliveries this worker sends now. Each is claimed for a moment, by one worker of many; what a worker
that dies has claimed comes back by itself.

A receiver is one account's use of one destination. Whatever is due is looked for receiver by receiver, so that ten
thousand deliveries for a slow one do not stand before a single one for another.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from filmgate.store.db import Database
from filmgate.store.deliveries import DELIVERY_COLUMNS, delivery_of
from filmgate.store.listen import DELIVERIES_CHANNEL
from filmgate.webhook import Delivery, Heard, Verdict

CLAIM = timedelta(seconds=30)
"""How long a claim lasts. Whoever takes longer may find that another worker has sent the delivery too."""

# Where in the round of the receivers a look begins: behind this destination and account.
_START = ("", UUID(int=0))

# Claims what is due, in turns: the oldest delivery of each receiver, then the second oldest of each, and so on.
# deliveries_by_receiver is read one entry for each receiver that has anything waiting, and then only where something
# is due. Where a delivery goes is its endpoint's matter until the last moment: where that has another url by now, or
# is gone.
_CLAIM = f"""
WITH RECURSIVE receivers AS (
    (SELECT destination, account_id, next_at FROM deliveries
     WHERE state = 'waiting' AND (destination, account_id) > ($3::text, $4::uuid)
     ORDER BY destination, account_id, next_at LIMIT 1)
    UNION ALL
    SELECT following.* FROM receivers CROSS JOIN LATERAL (
        SELECT destination, account_id, next_at FROM deliveries
        WHERE state = 'waiting' AND (destination, account_id) > (receivers.destination, receivers.account_id)
        ORDER BY destination, account_id, next_at LIMIT 1
    ) following
), due AS (
    SELECT destination, account_id FROM receivers
    WHERE next_at <= $1 AND destination <> ALL ($8::text[]) AND account_id <> ALL ($9::uuid[])
    LIMIT $5::bigint
), held AS (
    SELECT due.destination, due.account_id, oldest.*
    FROM due CROSS JOIN LATERAL (
        SELECT id, endpoint_id, next_at FROM deliveries
        WHERE state = 'waiting' AND destination = due.destination AND account_id = due.account_id AND next_at <= $1
        ORDER BY next_at
        LIMIT (SELECT least($6::bigint, $5::bigint / greatest(count(*), 1) + 1) FROM due)
        FOR UPDATE SKIP LOCKED
    ) oldest
), in_turn AS (
    SELECT *, row_number() OVER (PARTITION BY destination, account_id ORDER BY next_at) AS turn FROM held
), counted AS (
    SELECT *,
           row_number() OVER (PARTITION BY destination ORDER BY turn, next_at)
               + coalesce(($10::jsonb ->> destination)::bigint, 0) AS at_destination,
           row_number() OVER (PARTITION BY account_id ORDER BY turn, next_at)
               + coalesce(($11::jsonb ->> account_id::text)::bigint, 0) AS of_account
    FROM in_turn
), chosen AS (
    SELECT id, endpoint_id FROM counted WHERE at_destination <= $6 AND of_account <= $7::bigint
    ORDER BY turn, next_at LIMIT $5
)
UPDATE deliveries
SET url = coalesce(endpoint.url, deliveries.url),
    destination = webhook_destination(coalesce(endpoint.url, deliveries.url)),
    state = CASE WHEN orphaned THEN 'dead' ELSE 'waiting' END,
    next_at = CASE WHEN NOT orphaned THEN $2::timestamptz END,
    claimed_until = CASE WHEN NOT orphaned THEN $2 END,
    ended_at = CASE WHEN orphaned THEN $1 END,
    error = CASE WHEN orphaned THEN 'its endpoint was removed or switched off' ELSE deliveries.error END
FROM chosen
LEFT JOIN webhook_endpoints endpoint ON endpoint.id = chosen.endpoint_id AND endpoint.disabled_at IS NULL
CROSS JOIN LATERAL (SELECT chosen.endpoint_id IS NOT NULL AND endpoint.id IS NULL) AS fate (orphaned)
WHERE deliveries.id = chosen.id
RETURNING {DELIVERY_COLUMNS}
"""  # noqa: S608
"""Parameters: 1 now, 2 the claim's end, 3 and 4 the place to go on from; the most in all (5), of them at one
destination (6) and of one account (7), both with what is being sent already; destinations (8) and accounts (9) that
are full; and what is being sent, by destination (10) and by account (11)."""

# Only for as long as the claim holds: afterwards the delivery is another worker's.
_RECORD = """
WITH told AS (
    UPDATE deliveries
    SET attempts = attempts + 1, tries_since_replay = tries_since_replay + 1, claimed_until = NULL,
        state = $3, next_at = $4, ended_at = $5, error = $6, http_status = $7
    WHERE id = $1 AND claimed_until = $2
    RETURNING attempts
)
INSERT INTO delivery_attempts (delivery_id, number, started_at, milliseconds, http_status, error, answer)
SELECT $1, attempts, $8, $9, $7, $10, $11 FROM told
RETURNING number
"""
_GIVE_BACK = """
UPDATE deliveries SET next_at = $3, claimed_until = NULL
FROM unnest($1::uuid[], $2::timestamptz[]) AS claim (id, until)
WHERE deliveries.id = claim.id AND deliveries.claimed_until = claim.until
"""


class Claim(msgspec.Struct, frozen=True):
    """A delivery that this worker is to send, until another one may."""

    delivery: Delivery
    until: datetime


class Room(msgspec.Struct, kw_only=True):
    """How much a worker sends at once, and what it is sending."""

    at_once: int
    per_destination: int
    per_account: int
    by_destination: Counter[str]
    """How many it is sending now."""
    by_account: Counter[UUID]

    @property
    def left(self) -> int:
        return self.at_once - self.by_account.total()

    @property
    def is_crowded(self) -> bool:
        """Whether there is any receiver whose deliveries have to wait for a place."""
        return self.left <= 0 or bool(self.full_destinations() or self.full_accounts())

    def full_destinations(self) -> list[str]:
        return [name for name, count in self.by_destination.items() if count >= self.per_destination]

    def full_accounts(self) -> list[UUID]:
        return [account_id for account_id, count in self.by_account.items() if count >= self.per_account]

    def take(self, delivery: Delivery) -> None:
        """It is being sent."""
        self.by_destination[delivery.destination] += 1
        self.by_account[delivery.account_id] += 1

    def leave(self, delivery: Delivery) -> None:
        """It is not any more."""
        self.by_destination -= Counter([delivery.destination])
        self.by_account -= Counter([delivery.account_id])


class Claims:
    """Claiming deliveries, and saying what came of them. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database, lasts: timedelta = CLAIM) -> None:
        self._db = db
        self._lasts = lasts
        self._place = _START

    async def claim(self, room: Room, now: datetime) -> list[Claim]:
        """Take what is due, for this worker alone. Any number of workers may do it at the same time.

        The receivers take turns: a look goes on where the last one had no more room.

        Returns:
            At most ``room.left`` deliveries to send; none once nothing is due for which there is room.
        """
        while room.left > 0:
            found = await self._found(room, now)
            if not found and self._place == _START:
                return []
            is_full = len(found) == room.left
            self._place = max((each.destination, each.account_id) for each in found) if is_full else _START
            claims = [Claim(each, now + self._lasts) for each in found if each.state == "waiting"]
            if claims:
                return claims
        return []

    async def _found(self, room: Room, now: datetime) -> list[Delivery]:
        by_account = {str(account_id): count for account_id, count in room.by_account.items()}
        rows = await self._db.rows(
            _CLAIM,
            now,
            now + self._lasts,
            *self._place,
            room.left,
            room.per_destination,
            room.per_account,
            room.full_destinations(),
            room.full_accounts(),
            msgspec.json.encode(room.by_destination).decode(),
            msgspec.json.encode(by_account).decode(),
        )
        return [delivery_of(row) for row in rows]

    async def record(self, claim: Claim, heard: Heard, verdict: Verdict, now: datetime) -> bool:
        """Write down an attempt and what becomes of the delivery.

        Returns:
            False, and nothing is written, where the claim had ended and the delivery is another worker's or was
            replayed.
        """
        is_over = verdict.state != "waiting"
        number = await self._db.value(
            _RECORD,
            claim.delivery.id,
            claim.until,
            verdict.state,
            None if is_over else now + timedelta(seconds=verdict.pause_seconds),
            now if is_over else None,
            verdict.error,
            heard.http_status,
            heard.started_at,
            heard.milliseconds,
            heard.error,
            heard.answer,
        )
        return number is not None

    async def give_back(self, claims: Sequence[Claim], now: datetime) -> None:
        """Let another worker send them, at once."""
        identifiers, ends = [claim.delivery.id for claim in claims], [claim.until for claim in claims]
        await self._db.run(_GIVE_BACK, identifiers, ends, now)
        self._db.notify_soon(DELIVERIES_CHANNEL)

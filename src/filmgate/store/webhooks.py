"""Endpoints and secrets of webhooks: where an account's news goes, and how it is signed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from filmgate.errors import WrongState
from filmgate.ids import new_id
from filmgate.store.db import Database
from filmgate.task import Status
from filmgate.webhook import Endpoint, Secret, new_secret

MOST_ENDPOINTS = 20
"""Of one account: each of its orders' moves writes a delivery for every endpoint that wants it."""
MOST_OLD_SECRETS = 4
"""That were rotated out and are good still: each is one more signature in every request."""

_ENDPOINT_COLUMNS = "id, account_id, url, events, description, created_at, disabled_at"
_ADD_ENDPOINT = "SELECT add_webhook_endpoint($1, $2, $3, $4, $5, $6, $7)"
# webhook_endpoints_of_account
_ENDPOINTS = f"SELECT {_ENDPOINT_COLUMNS} FROM webhook_endpoints WHERE account_id = $1 ORDER BY created_at, id"  # noqa: S608
_ENDPOINT = f"SELECT {_ENDPOINT_COLUMNS} FROM webhook_endpoints WHERE id = $1 AND account_id = $2"  # noqa: S608
# Whatever is NULL stays. One that is switched off a second time was switched off the first time.
_CHANGE_ENDPOINT = f"""
UPDATE webhook_endpoints
SET url = coalesce($3, url), events = coalesce($4, events), description = coalesce($5, description),
    disabled_at = CASE WHEN $6::boolean IS NULL THEN disabled_at WHEN $6 THEN coalesce(disabled_at, $7) END
WHERE id = $1 AND account_id = $2
RETURNING {_ENDPOINT_COLUMNS}
"""  # noqa: S608
_REMOVE_ENDPOINT = "DELETE FROM webhook_endpoints WHERE id = $1 AND account_id = $2 RETURNING id"

# The current one first, then those before it. webhook_secrets_of_account
_GOOD_SECRETS = """
SELECT account_id, secret, created_at, expires_at FROM webhook_secrets
WHERE account_id = ANY ($1) AND (expires_at IS NULL OR expires_at > $2)
ORDER BY account_id, expires_at DESC NULLS FIRST, created_at DESC
"""
# Of several who need the first secret at once, the first one's stays. one_current_webhook_secret
_FIRST_SECRETS = """
INSERT INTO webhook_secrets (account_id, secret, created_at)
SELECT account_id, secret, $3 FROM unnest($1::uuid[], $2::text[]) AS fresh (account_id, secret)
ORDER BY account_id
ON CONFLICT (account_id) WHERE expires_at IS NULL DO NOTHING
"""
_ROTATE = "SELECT rotate_webhook_secret($1, $2, $3, $4, $5)"


class Webhooks:
    """The rows of endpoints and secrets. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add_endpoint(
        self, account_id: UUID, url: str, events: Sequence[Status], description: str, now: datetime
    ) -> Endpoint | None:
        """Add an endpoint, told of what happens from now on. None, and none is added, where the account has
        ``MOST_ENDPOINTS``.

        Args:
            url: checked already.
            events: at least one.
        """
        endpoint = Endpoint(
            id=new_id(),
            account_id=account_id,
            url=url,
            events=tuple(events),
            description=description,
            created_at=now,
            disabled_at=None,
        )
        values = (endpoint.id, account_id, url, list(events), description, now, MOST_ENDPOINTS)
        return endpoint if await self._db.value(_ADD_ENDPOINT, *values) else None

    async def endpoints(self, account_id: UUID) -> list[Endpoint]:
        """All endpoints of an account, oldest first."""
        return [_endpoint(row) for row in await self._db.rows(_ENDPOINTS, account_id)]

    async def endpoint(self, account_id: UUID, endpoint_id: UUID) -> Endpoint | None:
        """An account's endpoint by its id."""
        row = await self._db.row(_ENDPOINT, endpoint_id, account_id)
        return None if row is None else _endpoint(row)

    async def change_endpoint(
        self,
        account_id: UUID,
        endpoint_id: UUID,
        *,
        url: str | None = None,
        events: Sequence[Status] | None = None,
        description: str | None = None,
        disabled: bool | None = None,
        now: datetime,
    ) -> Endpoint | None:
        """Change what is given; None where the account has no such endpoint.

        What waits for it goes to its new url. What comes due while it is switched off is dead then.
        """
        listed = None if events is None else list(events)
        row = await self._db.row(_CHANGE_ENDPOINT, endpoint_id, account_id, url, listed, description, disabled, now)
        return None if row is None else _endpoint(row)

    async def remove_endpoint(self, account_id: UUID, endpoint_id: UUID) -> bool:
        """Remove an endpoint; False where the account has none such. Its deliveries stay to be looked at."""
        return await self._db.value(_REMOVE_ENDPOINT, endpoint_id, account_id) is not None

    async def secrets(self, account_id: UUID, now: datetime) -> list[Secret]:
        """The secrets of an account that are good now: the current one, made when it is first needed, then the ones
        before it, the latest first.
        """
        return (await self.secrets_of([account_id], now))[account_id]

    async def secrets_of(self, account_ids: Collection[UUID], now: datetime) -> dict[UUID, list[Secret]]:
        """The same for several accounts in one round trip."""
        found = await self._good_secrets(account_ids, now)
        missing = sorted(set(account_ids) - found.keys())
        if missing:
            await self._db.run(_FIRST_SECRETS, missing, [new_secret() for _ in missing], now)
            found |= await self._good_secrets(missing, now)
        return found

    async def rotate_secret(self, account_id: UUID, overlap: timedelta, now: datetime) -> list[Secret]:
        """Make a new secret the current one. The one before it signs too until the overlap has passed.

        Returns:
            As ``secrets``.

        Raises:
            WrongState: ``MOST_OLD_SECRETS`` are good still.
        """
        values = (account_id, new_secret(), now + overlap, now, MOST_OLD_SECRETS)
        if not await self._db.value(_ROTATE, *values):
            raise WrongState(f"{MOST_OLD_SECRETS} secrets from before are good still; wait until one of them has ended")
        return await self.secrets(account_id, now)

    async def _good_secrets(self, account_ids: Collection[UUID], now: datetime) -> dict[UUID, list[Secret]]:
        found: dict[UUID, list[Secret]] = {}
        for account_id, secret, created_at, expires_at in await self._db.rows(_GOOD_SECRETS, list(account_ids), now):
            found.setdefault(account_id, []).append(Secret(secret=secret, created_at=created_at, expires_at=expires_at))
        return found


def _endpoint(row: Mapping[str, Any]) -> Endpoint:
    return Endpoint(**{**row, "events": tuple(row["events"])})

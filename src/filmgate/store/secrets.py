"""Secrets of the installation that all its processes share."""

import secrets
from collections.abc import Callable

from filmgate.store.db import Database
from filmgate.webhook import new_secret

_SIGNING = "signing"
_MODERATION = "moderation"
_SECRET_BYTES = 32

# Of several processes that start at once, the first one's value stays.
_KEEP = "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
_READ = "SELECT value FROM secrets WHERE name = $1"


async def signing_secret(db: Database) -> bytes:
    """32 bytes for signing links: made once, kept in the database, the same for all processes."""
    return await kept_secret(db, _SIGNING, lambda: secrets.token_bytes(_SECRET_BYTES))


async def kept_secret(db: Database, name: str, make: Callable[[], bytes]) -> bytes:
    """The secret of that name: made once, kept in the database, the same for all processes."""
    value = await db.value(_READ, name)
    if value is None:
        await db.run(_KEEP, name, make())
        value = await db.value(_READ, name)
    return bytes(value)


async def moderation_secret(db: Database) -> str:
    """What questions to the moderator and its answers are signed with: made once, the same for all processes."""
    value = await db.value(_READ, _MODERATION)
    if value is None:
        await db.run(_KEEP, _MODERATION, new_secret().encode())
        value = await db.value(_READ, _MODERATION)
    return bytes(value).decode()

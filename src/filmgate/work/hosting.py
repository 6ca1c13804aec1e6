"""Hosting: a customer's file lies here for some days under a link, to be named in orders of any API."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
import structlog

from filmgate.asset import HOSTED
from filmgate.errors import RulesBroken, Unavailable, Violation
from filmgate.ids import new_id
from filmgate.objects import Objects
from filmgate.store.accounts import Key
from filmgate.store.hosted_files import HostedFiles
from filmgate.work.spool import Spooled

_log = structlog.get_logger("filmgate.work")


class Hosted(msgspec.Struct, frozen=True, kw_only=True):
    """A file that lies here now."""

    object_name: str
    size_bytes: int
    expires_at: datetime


class Host:
    """Takes files in. What is in them is looked at when an order names them, as of any link."""

    def __init__(
        self,
        *,
        hosted: HostedFiles,
        objects: Objects,
        most_bytes: int,
        clock: Callable[[], datetime],
        retention_hours: int,
    ) -> None:
        """``most_bytes`` is how much an account may keep in all, ``retention_hours`` how long, for accounts that say
        nothing else.
        """
        self._hosted = hosted
        self._objects = objects
        self._most_bytes = most_bytes
        self._clock = clock
        self._retention_hours = retention_hours

    async def take(self, key: Key, file: Spooled, *, suffix: str, content_type: str, field: str) -> Hosted:
        """Keep a file.

        Args:
            suffix: of its name, by which it is served: ``png``.

        Raises:
            RulesBroken: it is empty, or the account would keep more than it may.
            Unavailable: the database or the object store is away.
        """
        if file.size_bytes == 0:
            raise RulesBroken([Violation(field=field, rule="length", message="must not be empty")])
        file_id, now = new_id(), self._clock()
        name = f"{HOSTED}/{file_id}.{suffix}"
        expires_at = now + timedelta(hours=key.retention_hours or self._retention_hours)
        await self._objects.put_file(name, file.path, content_type)
        # Should this fail, the object is one that nobody knows, and goes in a day.
        is_kept = await self._hosted.keep(
            file_id,
            key.account_id,
            name,
            file.size_bytes,
            expires_at=expires_at,
            most_bytes=self._most_bytes,
            now=now,
        )
        if not is_kept:
            with suppress(Unavailable):
                await self._objects.delete(name)
            message = f"must leave what the account keeps within {self._most_bytes // 1024**2} MiB"
            raise RulesBroken([Violation(field=field, rule="count", message=message)])
        _log.info("file.hosted", file=str(file_id), account=str(key.account_id), bytes=file.size_bytes)
        return Hosted(object_name=name, size_bytes=file.size_bytes, expires_at=expires_at)

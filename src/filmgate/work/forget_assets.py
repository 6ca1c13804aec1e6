"""Forgetting what lies here beside films: bytes of assets that nobody needs any more, and hosted files whose days are
over.

Of an asset the row goes first, under a lock that no order and no upload can pass, and then its object: bytes are never
missing that a row promises. An object that is left over by a crash is found by its age.
"""

from datetime import datetime, timedelta

import structlog

from filmgate.asset import ASSETS, HOSTED
from filmgate.consent import EVIDENCE
from filmgate.objects import Objects
from filmgate.store.asset_files import AssetFiles
from filmgate.store.hosted_files import HostedFiles

_AT_ONCE = 100
_MOST_BATCHES = 100
# No upload takes so long.
_STRAY_AFTER = timedelta(days=1)

_log = structlog.get_logger("filmgate.work")


class AssetForgetter:
    """Removes what has had its time. Any number of workers may do it at the same time."""

    def __init__(self, *, files: AssetFiles, hosted: HostedFiles, objects: Objects) -> None:
        self._files = files
        self._hosted = hosted
        self._objects = objects

    async def forget(self, now: datetime) -> None:
        """Do it once, as much as is good in one go.

        Raises:
            Unavailable: the database or the object store is away; nothing is lost, and the rest waits.
        """
        for _ in range(_MOST_BATCHES):
            due = await self._hosted.due(now, _AT_ONCE)
            await self._objects.delete_all(list(due.values()))
            await self._hosted.mark_removed(list(due), now)
            if len(due) < _AT_ONCE:
                break
        for _ in range(_MOST_BATCHES):
            waiting = await self._files.to_look_at(now, _AT_ONCE)
            for file_id in waiting:
                name = await self._files.release(file_id, now)
                if name is not None:
                    await self._objects.delete(name)
                    _log.info("asset_file.removed", file=str(file_id))
            if len(waiting) < _AT_ONCE:
                break

    async def remove_strays(self, now: datetime) -> None:
        """Remove objects that no row names: of uploads that were cut off. Reads the names of all objects."""
        for prefix in (ASSETS, HOSTED, EVIDENCE):
            async for names in self._objects.names_under(prefix, now - _STRAY_AFTER):
                stray = await self._files.unknown(names)
                await self._objects.delete_all(stray)
                if stray:
                    _log.info("objects.removed", prefix=prefix, count=len(stray))

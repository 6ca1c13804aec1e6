"""Fetching the links that assets were registered with, in every worker process.

A worker that dies in the middle leaves the link to another; one that cannot be fetched is tried again a few times, and
what does not decode is told at once.
"""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from filmgate.errors import AddressRefused, MediaError, NotFound, OutboundError, RulesBroken, Unavailable
from filmgate.links import FileLinks
from filmgate.media.fetch import LIMIT_BYTES
from filmgate.objects import Objects
from filmgate.outbound import AnswerTooLarge, Outbound
from filmgate.store.asset_files import AssetFiles, Fetch
from filmgate.work.assets import LARGEST_BYTES, AssetKeeper, Said
from filmgate.work.own_media import own_object
from filmgate.work.spool import hashed

AT_ONCE = 8
LOOK_SECONDS = 1.0

_TRIES = 3
_PAUSE = timedelta(seconds=10)
_FETCH_SECONDS = 60.0

_log = structlog.get_logger("filmgate.work")


class AssetFetcher:
    """One worker process's part in fetching."""

    def __init__(
        self,
        *,
        files: AssetFiles,
        keeper: AssetKeeper,
        outbound: Outbound,
        objects: Objects,
        links: FileLinks,
        folder: Path,
        clock: Callable[[], datetime],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """``folder`` takes what is fetched until it is kept."""
        self._files = files
        self._keeper = keeper
        self._outbound = outbound
        self._objects = objects
        self._links = links
        self._folder = folder
        self._clock = clock
        self._look_seconds = look_seconds

    async def run_until(self, stop: asyncio.Event) -> None:
        """Fetch until ``stop`` is set. What is being fetched then is left to another worker, after its claim."""
        fetching: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set():
                try:
                    for fetch in await self._files.claim(AT_ONCE - len(fetching), self._clock()):
                        task = asyncio.create_task(self._fetch_whatever_happens(fetch))
                        fetching.add(task)
                        task.add_done_callback(fetching.discard)
                except Unavailable as exc:
                    _log.warning("assets.unavailable", reason=exc.message)
                except Exception:
                    _log.exception("assets.stumbled")
                await _pause(stop, self._look_seconds)
                if len(fetching) >= AT_ONCE:
                    await asyncio.wait([*fetching], timeout=self._look_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in fetching:
                task.cancel()
            await asyncio.gather(*fetching, return_exceptions=True)

    async def _fetch_whatever_happens(self, fetch: Fetch) -> None:
        try:
            await self.fetch(fetch)
        except Unavailable as exc:
            _log.warning("asset.not_fetched", asset=str(fetch.asset_id), reason=exc.message)
        except Exception:
            # Its claim comes back, and it may go better then.
            _log.exception("asset.stumbled", asset=str(fetch.asset_id))

    async def fetch(self, fetch: Fetch) -> None:
        """One try at one link, from the download to the file or to what is wrong with it.

        Raises:
            Unavailable: the database, the object store or the disk is away; nothing is said of the link then.
        """
        said = Said(kind=fetch.kind, field="url")
        limit_bytes = LARGEST_BYTES if fetch.kind is None else LIMIT_BYTES[fetch.kind]
        with tempfile.TemporaryDirectory(prefix="asset-", dir=self._folder) as folder:
            path = Path(folder) / "file"
            try:
                await self._bring(fetch.url, path, limit_bytes)
                kept = await self._keeper.keep(fetch.account_id, await hashed(path), said)
            except (AddressRefused, AnswerTooLarge, NotFound, MediaError, RulesBroken) as exc:
                await self._failed(fetch, exc.message)
            except OutboundError as exc:
                if fetch.tries >= _TRIES:
                    await self._failed(fetch, f"the link cannot be fetched: {exc.message}")
                else:
                    await self._files.fetch_again(fetch, self._clock() + _PAUSE * fetch.tries)
            else:
                await self._files.fetched(fetch, kept.id)
                _log.info("asset.fetched", asset=str(fetch.asset_id), account=str(fetch.account_id), state=kept.state)

    async def _bring(self, url: str, path: Path, limit_bytes: int) -> None:
        name = own_object(self._links, url, self._clock())
        if name is None:
            await self._outbound.download(url, path, limit_bytes=limit_bytes, timeout_seconds=_FETCH_SECONDS)
        else:
            # A link to ourselves need not be one that this machine can reach.
            await self._objects.fetch_to(name, path)

    async def _failed(self, fetch: Fetch, reason: str) -> None:
        await self._files.fetch_failed(fetch, reason)
        _log.info("asset.failed", asset=str(fetch.asset_id), account=str(fetch.account_id), reason=reason)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return

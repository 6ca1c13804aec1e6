"""The connections to Postgres, and the one place where "the database is away" becomes an error of ours."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg

from filmgate.errors import Unavailable

_CONNECT_SECONDS = 5.0
_COMMAND_SECONDS = 60.0
_LONGEST_PAYLOAD = 7900

# What asyncpg and the server say when there is nobody to talk to, or no longer.
_AWAY = (
    OSError,  # Includes TimeoutError: no connection, or no answer, in time.
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.OperatorInterventionError,  # Shutdown by the administrator, after a crash, or not yet started.
    asyncpg.InsufficientResourcesError,  # Too many connections, out of memory, disk full.
    asyncpg.ReadOnlySQLTransactionError,  # A standby, until it is promoted.
    asyncpg.PostgresIOError,
    asyncpg.InternalClientError,  # What the next user of a connection gets that was cut in the middle of a call.
)


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types.
    """A connection that no caller leaves changed.

    Nothing in ``store`` sets variables, takes session locks or listens on a pooled connection, so the statement that
    asyncpg would send after each use to undo such things is spared: one round trip less per call.
    """

    def get_reset_query(self) -> str:
        return ""


class Database:
    """A pool of connections. Broken ones are replaced by themselves once the server is back."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self._beside: set[asyncio.Task[None]] = set()
        self._due: dict[str, dict[str, None]] = {}
        self._notifying = False

    @classmethod
    async def open(cls, url: str, *, connections: int = 10) -> "Database":
        """Connect.

        Args:
            url: ``postgresql://…``, already brought to this program's schema by ``migrate``.
            connections: how many there may be at once.

        Raises:
            Unavailable: the server is away.
        """
        with _reachable():
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=connections,
                timeout=_CONNECT_SECONDS,
                command_timeout=_COMMAND_SECONDS,
                connection_class=_Connection,
            )
        return cls(pool)

    async def close(self) -> None:
        """Let go of all connections; calls under way are finished first."""
        while self._beside:
            await asyncio.wait(self._beside)
        await self.pool.close()

    async def ping(self) -> None:
        """Return when the database answers.

        Raises:
            Unavailable: it does not.
        """
        await self.value("SELECT 1")

    async def rows(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """All rows of a statement. Raises Unavailable, as all methods here."""
        with _reachable():
            rows: list[asyncpg.Record] = await self.pool.fetch(statement, *arguments)
        return rows

    async def row(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """The first row of a statement, or None."""
        with _reachable():
            return await self.pool.fetchrow(statement, *arguments)

    async def value(self, statement: str, *arguments: Any) -> Any:
        """The first column of the first row, or None."""
        with _reachable():
            return await self.pool.fetchval(statement, *arguments)

    async def run(self, statement: str, *arguments: Any) -> None:
        """A statement whose answer does not matter."""
        with _reachable():
            await self.pool.execute(statement, *arguments)

    def beside(self, work: Coroutine[None, None, None]) -> None:
        """Do something that outlives the caller's own call; ``close`` waits for it."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def notify_soon(self, channel: str, words: Iterable[str] = ("",)) -> None:
        """Send words to whoever listens on a channel (``store/listen.py``), beside the caller; if the database is
        away, not. What is to be sent before a notification has left goes with the next one, each word once.

        Postgres commits transactions that notify strictly one after the other, so a notification inside every
        order's transaction would halve the orders a second.
        """
        self._due.setdefault(channel, {}).update(dict.fromkeys(words))
        if not self._notifying:
            self._notifying = True
            self.beside(self._notify())

    async def _notify(self) -> None:
        try:
            while self._due:
                channel, words = self._due.popitem()
                for payload in _payloads(words):
                    with suppress(Unavailable):
                        await self.run("SELECT pg_notify($1, $2)", channel, payload)
        finally:
            self._notifying = False

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection on which every statement sees the same moment; nothing can be written through it."""
        with _reachable():
            async with (
                self.pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                yield connection


def _payloads(words: Iterable[str]) -> Iterator[str]:
    """The words as few payloads, separated by commas. Postgres takes less than 8000 bytes in each."""
    payload = ""
    for word in words:
        if payload and len(payload) + len(word) >= _LONGEST_PAYLOAD:
            yield payload
            payload = ""
        payload = f"{payload},{word}" if payload else word
    yield payload


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except _AWAY as exc:
        # Not the library's text: it may name hosts and users.
        raise Unavailable(f"the database is away ({type(exc).__name__})") from exc
    except asyncpg.InterfaceError as exc:
        # asyncpg has one class for wrong use and for a connection or pool that has been closed under the caller.
        if "clos" not in str(exc):
            raise
        raise Unavailable("the database is away (connection closed)") from exc

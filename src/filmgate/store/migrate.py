"""Brings a database to this program's schema: yoyo over ``schema/*.sql``, and PgQueuer's tables by its own installer.

Safe when several processes start at once: one does the work under an advisory lock, the others wait for it. A process
that finds nothing to do sees so with two queries.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import psycopg

from filmgate.errors import SetupError

SCHEMA = Path(__file__).parent / "schema"
OLDEST_POSTGRES = 15

# Any number that no other program on the database takes for its lock.
_LOCK = 0x66_69_6C_6D_67_61_74_65
_CONNECT_SECONDS = 10
# What psycopg and asyncpg both read.
_SCHEMES = ("postgresql://", "postgres://")

_APPLIED = "SELECT migration_id FROM _yoyo_migration"
_QUEUE_VERSION = "SELECT value FROM settings WHERE name = 'pgqueuer_version'"
_KEEP_QUEUE_VERSION = """
INSERT INTO settings (name, value) VALUES ('pgqueuer_version', %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""


def migrate(url: str) -> None:
    """Bring the database to this program's schema. Blocking; quick when there is nothing to do.

    Args:
        url: ``postgresql://…`` of an existing database whose user may create tables in it.

    Raises:
        SetupError: the server is away, older than 15, or refuses the user; or the schema was made by a newer filmgate.
    """
    with _connect(url) as connection:
        _check_version(connection)
        if _is_current(connection):
            return
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            if not _is_current(connection):
                from filmgate.store.changes import apply_changes

                _install_queue(url)
                apply_changes(url, SCHEMA)
                connection.execute(_KEEP_QUEUE_VERSION, [version("pgqueuer")])
        except psycopg.Error as exc:
            raise SetupError(
                f"The database's schema cannot be brought up to date: {_first_line(exc)}.",
                "See whether the user of FILMGATE_DATABASE_URL may create tables in it, then start again.",
            ) from exc


def _connect(url: str) -> psycopg.Connection:
    if not url.startswith(_SCHEMES):
        raise _not_a_url()
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_SECONDS)
    except psycopg.OperationalError as exc:
        if _has_raw_password(url):
            raise SetupError(
                "The password in FILMGATE_DATABASE_URL holds an @ or a /.", "Write them as %40 and %2F."
            ) from exc
        raise SetupError(
            f"The database cannot be reached: {_first_line(exc)}.",
            "Start it, or mend FILMGATE_DATABASE_URL (host, port, user, password, name of the database).",
        ) from exc
    except psycopg.Error as exc:
        # The library quotes the text it could not read, password and all.
        raise _not_a_url() from exc


def _not_a_url() -> SetupError:
    return SetupError(
        "FILMGATE_DATABASE_URL cannot be read.", "It should look like postgresql://user:password@host:5432/database."
    )


def _has_raw_password(url: str) -> bool:
    """Whether the library took a part of the password for the host or the port. It would quote that part."""
    user_and_password = url.partition("?")[0].rpartition("@")[0].partition("://")[2]
    return not {"@", "/"}.isdisjoint(user_and_password.partition(":")[2])


def _check_version(connection: psycopg.Connection) -> None:
    found = connection.info.server_version // 10_000
    if found < OLDEST_POSTGRES:
        raise SetupError(
            f"The database is Postgres {found}, which is too old.",
            f"Use Postgres {OLDEST_POSTGRES} or newer, or unset FILMGATE_DATABASE_URL for the embedded one.",
        )


def _is_current(connection: psycopg.Connection) -> bool:
    try:
        applied = {row[0] for row in connection.execute(_APPLIED)}
        queue_version = connection.execute(_QUEUE_VERSION).fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    known = {path.stem for path in SCHEMA.glob("*.sql")}
    if newer := sorted(applied - known):
        raise SetupError(
            f"The database was made by a newer filmgate ({newer[-1]} is not known here).",
            "Upgrade this filmgate, or give it another database.",
        )
    return applied == known and queue_version == (version("pgqueuer"),)


def _install_queue(url: str) -> None:
    # PgQueuer's installer is a coroutine; in a thread of its own it may run whether or not a loop runs here.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _install_queue_tables(url)).result()


async def _install_queue_tables(url: str) -> None:
    # Imported only when needed, as changes is: PgQueuer takes half a second.
    from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
    from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
    from pgqueuer.adapters.persistence.queries import Queries

    from filmgate.store.queue import QUIET_QUEUE, queue_settings

    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        queries = Queries(PsycopgDriver(connection), qbe=QueryBuilderEnvironment(queue_settings()))
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()
        await connection.execute(QUIET_QUEUE)


def _first_line(exc: BaseException) -> str:
    return (str(exc).strip() or type(exc).__name__).splitlines()[0].rstrip(".")

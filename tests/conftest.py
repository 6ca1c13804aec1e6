"""The servers of the test run: one Postgres, with a fresh copy of a migrated database for each test, and one S3."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from tests.s3_server import S3Server, running_s3_server

from filmgate.store.db import Database
from filmgate.store.embedded import start_embedded
from filmgate.store.migrate import migrate

_TEMPLATE = "filmgate_template"
_OWN_FOLDER = pytest.StashKey[str]()
_HAS_FAILED = pytest.StashKey[bool]()

# Copying the template takes longer than most tests; removing the rows of a test takes a hundredth of that. As a
# replica the session fires no triggers, so that even the ledger can be emptied.
_WASH = """
DO $$
DECLARE
    filled text;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR filled IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%yoyo%' LOOP
        IF filled <> 'settings' THEN
            EXECUTE format('DELETE FROM %I', filled);
        END IF;
    END LOOP;
    DELETE FROM settings WHERE name <> 'pgqueuer_version';
END $$
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hostile-files", type=int, default=150, help="how many hostile files are sent")


def pytest_configure(config: pytest.Config) -> None:
    # Each run of pytest closes its usual folder to other users, and with it those of runs that are under way. Started
    # by root, our servers are another user's, and would lose their files.
    if os.geteuid() == 0 and config.option.basetemp is None and not hasattr(config, "workerinput"):
        config.option.basetemp = config.stash[_OWN_FOLDER] = tempfile.mkdtemp(prefix="filmgate-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_OWN_FOLDER, None)
    if folder is not None and not config.stash.get(_HAS_FAILED, False):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_HAS_FAILED] = exitstatus != pytest.ExitCode.OK


class Clock:
    """A clock that the test holds: it stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The URL of the run's one Postgres. Each process of a parallel run joins it; the last one to leave stops it."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder if worker_id == "master" else folder.parent
    server = start_embedded(folder / "postgres")
    try:
        # Nobody pulls the plug on a test: every fresh database is spared its wait for the disk.
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a migrated, empty database that nobody is connected to. Made by whoever comes first."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE]).fetchone():
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
            migrate(database_of(postgres_url, _TEMPLATE))
        connection.execute("SELECT pg_advisory_unlock(1)")
    return _TEMPLATE


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A real S3 server, for this process's tests."""
    with running_s3_server() as server:
        yield server


@pytest.fixture(scope="session")
def washed_database_url(postgres_url: str, template: str) -> str:
    """The database that this process's tests have one after the other."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return database_of(postgres_url, name)


@pytest.fixture
def database_url(washed_database_url: str) -> Iterator[str]:
    """A migrated database without a row in it, for this test alone. Not for tests that change the schema."""
    yield washed_database_url
    with psycopg.connect(washed_database_url) as connection:
        connection.execute(_WASH)


@pytest.fixture
def unwashed_database_url(postgres_url: str, template: str) -> Iterator[str]:
    """A migrated database to do anything with; takes longer to make."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield database_of(postgres_url, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Connections to the test's own database."""
    database = await Database.open(database_url)
    try:
        yield database
    finally:
        await asyncio.wait_for(database.close(), 10)


def database_of(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))

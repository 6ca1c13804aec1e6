"""Bringing a database to this program's schema, from wherever it is."""

import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from tests.store.store_helpers import NOW, Store

from filmgate.errors import SetupError
from filmgate.store import migrate as migration
from filmgate.store.db import Database
from filmgate.store.migrate import migrate

_MIGRATE = "import sys; from filmgate.store.migrate import migrate; migrate(sys.argv[1]); print('done')"


def _renamed(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _refusal(url: str) -> SetupError:
    with pytest.raises(SetupError) as caught:
        migrate(url)
    assert "\n" not in str(caught.value)
    assert "sesame" not in str(caught.value)
    return caught.value


def test_two_processes_may_start_on_an_empty_database_at_once(postgres_url: str) -> None:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        url = _renamed(postgres_url, name)
        processes = [
            subprocess.Popen([sys.executable, "-c", _MIGRATE, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        assert [process.communicate() for process in processes] == [(b"done\n", b"")] * 2
        with psycopg.connect(url) as migrated:
            applied = migrated.execute("SELECT migration_id FROM _yoyo_migration ORDER BY 1").fetchall()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert [row[0] for row in applied] == sorted(path.stem for path in migration.SCHEMA.glob("*.sql"))


async def test_a_migration_that_was_not_noted_is_done_again_without_harm(unwashed_database_url: str) -> None:
    database = await Database.open(unwashed_database_url)
    store = Store(database)
    _, key = await store.customer()
    task = await store.order(key)
    await database.run("DELETE FROM _yoyo_migration")
    migrate(unwashed_database_url)
    assert await store.again(task) == task
    assert await store.ledger.audit() == []
    await store.accounts.revoke_key(str(key.id), NOW)
    await database.close()


async def test_a_days_count_of_an_older_program_is_put_right(unwashed_database_url: str) -> None:
    database = await Database.open(unwashed_database_url)
    store = Store(database)
    _, key = await store.customer()
    await store.order(key, 100)
    await store.order(key, 30, created_at=NOW + timedelta(days=1))
    await database.run("UPDATE accounts SET day = '1970-01-01', day_micros = 0")
    await database.run("UPDATE keys SET day_micros = 7")
    await database.run("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0006%'")
    migrate(unwashed_database_url)
    today = (NOW + timedelta(days=1)).date()
    for table in ("accounts", "keys"):
        counted = await database.row(f"SELECT day, day_micros FROM {table}")
        assert counted is not None
        assert tuple(counted) == (today, 30)
    await database.close()


async def test_what_waits_keeps_its_turn_when_turns_are_counted_by_lane(unwashed_database_url: str) -> None:
    database = await Database.open(unwashed_database_url)
    store = Store(database)
    (_, busy), (_, quiet) = await store.customer(), await store.customer()
    waiting = [await store.order(busy, 1) for _ in range(3)]
    await database.run("UPDATE accounts SET turns = '{}'")
    await database.run("DELETE FROM lane_turns")
    await database.run("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0015%'")
    migrate(unwashed_database_url)
    newcomer, last = await store.order(quiet, 1), await store.order(busy, 1)
    jobs = await database.rows("SELECT dedupe_key FROM pgqueuer ORDER BY priority DESC, id")
    order = [waiting[0], newcomer, *waiting[1:], last]
    assert [row["dedupe_key"] for row in jobs] == [str(task.id) for task in order]
    await database.close()


def test_the_queues_tables_are_upgraded_with_the_queue(unwashed_database_url: str) -> None:
    with psycopg.connect(unwashed_database_url, autocommit=True) as connection:
        connection.execute("UPDATE settings SET value = '1.5.0'")
        connection.execute("ALTER TABLE pgqueuer DROP COLUMN slot")
        migrate(unwashed_database_url)
        connection.execute("SELECT slot FROM pgqueuer")
        triggers = connection.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'pgqueuer'::regclass AND NOT tgisinternal"
        ).fetchall()
    # Whoever changes the queue says so himself, where it is of interest to anybody.
    assert triggers == []


def test_a_schema_of_a_newer_program_is_told(unwashed_database_url: str) -> None:
    with psycopg.connect(unwashed_database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc) "
            "VALUES ('x', '9999_later', now())"
        )
    error = _refusal(unwashed_database_url)
    assert "made by a newer filmgate (9999_later is not known here)" in str(error)
    assert "Upgrade" in error.mend


def test_an_old_server_is_told(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "OLDEST_POSTGRES", 99)
    assert "is Postgres 18, which is too old. Use Postgres 99 or newer" in str(_refusal(database_url))


def test_a_user_who_may_not_create_tables_is_told(postgres_url: str) -> None:
    name, user = f"test_{uuid4().hex}", f"user_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"CREATE USER {user}")
        url = _renamed(postgres_url, name).replace("postgres@", f"{user}:sesame@")
        error = _refusal(url)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"DROP USER {user}")
    assert "cannot be brought up to date: permission denied" in str(error)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://me:sesame@127.0.0.1:1/films", "The database cannot be reached"),
        ("postgresql://me:sesame@no-such-host.invalid/films", "The database cannot be reached"),
        ("postgresql://me:sesame@127.0.0.1:port/films", "The database cannot be reached|cannot be read"),
        ("me:sesame@somewhere", "FILMGATE_DATABASE_URL cannot be read"),
        ("mysql://me:sesame@127.0.0.1/films", "FILMGATE_DATABASE_URL cannot be read"),
        ("postgresql://me:sesame@127.0.0.1/films?no_such_option=1", "FILMGATE_DATABASE_URL cannot be read"),
        ("host=127.0.0.1 user=me password=sesame", "FILMGATE_DATABASE_URL cannot be read"),
        ("postgresql://me:open@sesame@127.0.0.1:1/films", "holds an @ or a /. Write them as %40 and %2F."),
        ("postgresql://me:open/sesame@127.0.0.1:1/films", "holds an @ or a /. Write them as %40 and %2F."),
        ("postgresql://me:sesame/open@127.0.0.1:1/films", "holds an @ or a /. Write them as %40 and %2F."),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_the_password(url: str, sentence: str) -> None:
    error = _refusal(url)
    assert any(part in str(error) for part in sentence.split("|"))


def test_a_database_or_user_that_does_not_exist_is_told(postgres_url: str) -> None:
    assert 'database "nowhere" does not exist' in str(_refusal(_renamed(postgres_url, "nowhere")))
    stranger = postgres_url.replace("postgres@", "stranger:sesame@")
    assert 'role "stranger" does not exist' in str(_refusal(stranger))

"""What callers see of a database that goes away, and comes back."""

import asyncio
from pathlib import Path

import asyncpg
import psycopg
import pytest
from tests.store.store_helpers import Store, new_task

from filmgate.errors import Unavailable
from filmgate.store.accounts import Accounts
from filmgate.store.db import Database
from filmgate.store.embedded import start_embedded


async def test_a_connection_cut_in_the_middle_of_a_call_is_unavailable_and_then_replaced(
    database: Database, database_url: str
) -> None:
    call = asyncio.create_task(database.value("SELECT pg_sleep(60)"))
    with psycopg.connect(database_url, autocommit=True) as other:
        for _ in range(500):
            cut = other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query = 'SELECT pg_sleep(60)'"
            ).fetchall()
            if cut:
                break
            await asyncio.sleep(0.01)
    with pytest.raises(Unavailable):
        await call
    await database.ping()


async def test_idle_connections_that_were_cut_do_not_reach_the_caller_twice(
    store: Store, database: Database, database_url: str
) -> None:
    _, key = await store.customer()
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    for _ in range(10):
        try:
            await store.tasks.accept(new_task(key, 1))
        except Unavailable:
            continue
    assert (await store.traces())["tasks"] > 0
    await database.ping()


async def test_a_server_that_is_away_is_unavailable_until_it_is_back(tmp_path: Path) -> None:
    server = start_embedded(tmp_path)
    database = await Database.open(server.url)
    server.stop()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await database.ping()
    with pytest.raises(Unavailable):
        await Database.open(server.url)
    database.notify_soon("news")
    back = start_embedded(tmp_path)
    await database.ping()
    await database.close()
    back.stop()


async def test_a_closed_database_is_unavailable(database_url: str) -> None:
    database = await Database.open(database_url)
    await database.close()
    with pytest.raises(Unavailable):
        await Accounts(database).find_account("anyone")


async def test_a_mistake_of_ours_is_not_called_unavailable(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.rows("SELECT * FROM no_such_table")
    with pytest.raises(asyncpg.DataError):
        await database.value("SELECT $1::int", "seven")


async def test_a_snapshot_sees_one_moment_and_writes_nothing(store: Store, database: Database) -> None:
    await store.customer()
    async with database.snapshot() as connection:
        before = await connection.fetchval("SELECT count(*) FROM accounts")
        await store.customer()
        assert await connection.fetchval("SELECT count(*) FROM accounts") == before
    with pytest.raises(Unavailable):
        async with database.snapshot() as connection:
            await connection.execute("DELETE FROM attempts")


async def test_what_is_said_soon_is_said_once_for_all_who_said_it(database: Database, database_url: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("news", lambda *event: heard.append(event[-1]))
    for number in range(10):
        database.notify_soon("news", [f"word {number % 2}"])
    await database.close()
    await listener.fetchval("SELECT 1")
    assert heard == ["word 0,word 1"]
    await listener.close()


async def test_more_words_than_a_notification_holds_go_in_several(database: Database, database_url: str) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("news", lambda *event: heard.append(event[-1]))
    words = [f"{number:036}" for number in range(1000)]
    database.notify_soon("news", words)
    await database.close()
    await listener.fetchval("SELECT 1")
    assert [word for payload in heard for word in payload.split(",")] == words
    assert 1 < len(heard) < 10
    await listener.close()

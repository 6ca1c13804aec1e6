"""The Postgres in the data folder: shared, survived, and refused with a sentence that helps."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from filmgate.errors import SetupError
from filmgate.store.cluster import Cluster
from filmgate.store.embedded import EmbeddedPostgres, start_embedded

_USER = """
import sys, time
from pathlib import Path
from filmgate.store.embedded import start_embedded
server = start_embedded(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a database in it that is not running, to be copied."""
    data = tmp_path_factory.mktemp("made")
    start_embedded(data).stop()
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder of the test's own with a database in it; nothing runs there afterwards."""
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    source = (made / "postgres").stat()
    for path in (folder / "postgres", *(folder / "postgres").rglob("*")):
        os.chown(path, source.st_uid, source.st_gid)
    yield folder
    if (process_id := _server(folder)) is not None:
        os.kill(process_id, signal.SIGKILL)


def _server(data: Path) -> int | None:
    return Cluster(data / "postgres").process_id()


def _answers(server: EmbeddedPostgres) -> bool:
    with psycopg.connect(server.url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def user(data: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts other processes that use the data folder; each has the database when it is returned."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _USER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _leave(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0


def test_the_server_runs_while_somebody_uses_it(data: Path, user: Callable[[], subprocess.Popen[str]]) -> None:
    first = user()
    second = start_embedded(data)
    third = start_embedded(data)
    server = _server(data)
    assert server is not None
    _leave(first)
    second.stop()
    second.stop()
    assert _server(data) == server
    assert _answers(third)
    third.stop()
    assert _server(data) is None


def test_a_killed_user_takes_the_server_from_nobody_and_keeps_it_for_nobody(
    data: Path, user: Callable[[], subprocess.Popen[str]]
) -> None:
    starter, other = user(), user()
    server = _server(data)
    starter.kill()
    starter.wait()
    mine = start_embedded(data)
    _leave(other)
    assert _server(data) == server
    assert _answers(mine)
    mine.stop()
    assert _server(data) is None


def test_a_server_whose_users_were_all_killed_is_joined_and_stopped(
    data: Path, user: Callable[[], subprocess.Popen[str]]
) -> None:
    only = user()
    server = _server(data)
    only.kill()
    only.wait()
    assert _server(data) == server
    mine = start_embedded(data)
    assert _server(data) == server
    mine.stop()
    assert _server(data) is None


def test_what_was_committed_survives_a_killed_server(data: Path) -> None:
    first = start_embedded(data)
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server = _server(data)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    _until(lambda: _server(data) is None)
    assert (data / "postgres/postmaster.pid").exists()
    second = start_embedded(data)
    with psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    first.stop()
    second.stop()
    assert _server(data) is None


def _kill(data: Path) -> int:
    """Kill the server; returns what it was."""
    server = _server(data)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    return server


def test_a_killed_server_comes_back_with_all_that_was_committed(data: Path) -> None:
    mine = start_embedded(data)
    with psycopg.connect(mine.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with mine.kept_running():
        for _ in range(2):
            killed = _kill(data)
            _until(lambda killed=killed: _server(data) not in (None, killed))  # type: ignore[misc]
            _until(lambda: _is_up(mine))
            with psycopg.connect(mine.url) as connection:
                assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    mine.stop()
    assert _server(data) is None


def _is_up(server: EmbeddedPostgres) -> bool:
    try:
        return _answers(server)
    except psycopg.OperationalError:
        return False


def test_of_many_who_keep_it_running_one_starts_it(data: Path) -> None:
    users = [start_embedded(data) for _ in range(4)]
    with ExitStack() as keeping:
        for user in users:
            keeping.enter_context(user.kept_running())
        started = _starts(data)
        killed = _kill(data)
        _until(lambda: _server(data) not in (None, killed))
        revived = _server(data)
        time.sleep(1.5)  # Time for every one of them to look.
        assert _server(data) == revived
        assert all(_answers(user) for user in users)
        assert _starts(data) == started + 1
    for user in users:
        user.stop()
    assert _server(data) is None


def _starts(data: Path) -> int:
    """How often the server has been started, by its own log."""
    return (data / "postgres/server.log").read_text().count("starting PostgreSQL")


def test_nobody_who_has_left_starts_it_again(data: Path) -> None:
    mine = start_embedded(data)
    with mine.kept_running():
        pass
    _kill(data)
    time.sleep(1.5)
    assert _server(data) is None
    mine.stop()


def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(data: Path) -> None:
    mine = start_embedded(data)
    with mine.kept_running():
        _kill(data)
        (data / "postgres").rename(data / "away")
        time.sleep(1.5)
        assert not (data / "postgres").exists()
        (data / "away").rename(data / "postgres")
        _until(lambda: _server(data) is not None)
        _until(lambda: _is_up(mine))
    mine.stop()


def test_a_lock_left_behind_with_another_programs_process_id_is_ignored(data: Path) -> None:
    left = f"{os.getpid()}\n{data / 'postgres'}\n1700000000\n5432\n{data / 'postgres'}\n\n  1 2\nready\n"
    (data / "postgres/postmaster.pid").write_text(left)
    server = start_embedded(data)
    assert _answers(server)
    server.stop()


def test_an_interrupted_creation_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "postgres.new/base").mkdir(parents=True)
    (data / "postgres.new/PG_VERSION").write_text("18\n")
    server = start_embedded(data)
    assert _answers(server)
    server.stop()
    assert not (data / "postgres.new").exists()


def test_a_path_with_spaces_and_too_long_for_a_socket_works(data: Path) -> None:
    far = data.parent / ("a folder's name " * 8) / "data"
    far.parent.mkdir()
    data.rename(far)
    server = start_embedded(far)
    assert _answers(server)
    again = start_embedded(far)
    assert again.url == server.url
    again.stop()
    server.stop()
    assert _server(far) is None


def test_the_database_is_set_up_to_keep_what_it_commits(data: Path) -> None:
    server = start_embedded(data)
    with psycopg.connect(server.url) as connection:
        settings = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "server_encoding")
        }
    server.stop()
    assert settings == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "full_page_writes": ("on",),
        "listen_addresses": ("",),
        "server_encoding": ("UTF8",),
    }


def _refusal(data: Path) -> SetupError:
    with pytest.raises(SetupError) as caught:
        start_embedded(data).stop()
    assert "\n" not in str(caught.value)
    assert caught.value.mend
    return caught.value


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for data in (tmp_path / "file", tmp_path / "file/data"):
        assert f"The data folder {data} cannot be used" in str(_refusal(data))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_folder_that_nobody_can_write_is_told() -> None:
    assert "The data folder /proc/filmgate cannot be used" in str(_refusal(Path("/proc/filmgate")))


def test_a_database_of_another_version_is_told_and_left_alone(data: Path) -> None:
    version = data / "postgres/PG_VERSION"
    version.write_text("16\n")
    assert "was made by Postgres 16; this filmgate brings Postgres 18" in str(_refusal(data))
    assert version.read_text() == "16\n"


def test_a_folder_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/holiday.jpg").write_text("")
    assert "is not a database, or a damaged one" in str(_refusal(tmp_path))
    assert (tmp_path / "postgres/holiday.jpg").exists()


@pytest.mark.parametrize(
    ("file", "sentence"), [("global/pg_control", "does not start"), ("postgresql.conf", "does not start")]
)
def test_a_damaged_database_is_told_with_the_servers_own_reason(data: Path, file: str, sentence: str) -> None:
    (data / "postgres" / file).write_bytes(b"\xff damaged")
    error = _refusal(data)
    assert f"The embedded database in {data / 'postgres'} {sentence}" in str(error)
    assert "server.log" in error.mend
    _refusal(data)

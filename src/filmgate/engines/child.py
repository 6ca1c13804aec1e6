"""The child half of an engine's process: guards first, then one job, then the end.

Started by ``process.py`` as ``python -P -m filmgate.engines.child MODULE PARENT MEMORY_BYTES``. ``MODULE`` has a
function ``prepare()`` for what can be done before there is a job, and ``work(job, report)``. The job comes over
stdin; progress and the result go back over what was stdout. Both ways a message is four bytes of length (big-endian)
and MessagePack.
"""

import contextlib
import ctypes
import importlib
import os
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from typing import BinaryIO

import msgspec

from filmgate.engines.base import Progress
from filmgate.errors import EngineFailed, MediaError, MediaTooLarge

Work = Callable[[bytes, Progress], bytes]
"""What an engine's module calls ``work``: a job and where to report the percentage, to a result."""

HEADER = struct.Struct(">I")
LONGEST_MESSAGE_BYTES = 4 << 20
NICENESS = 10
OUT_OF_MEMORY_SCORE = 500
_PR_SET_PDEATHSIG = 1


class Progressed(msgspec.Struct, frozen=True, tag="progressed"):
    """So much of the film is done."""

    percent: int


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """The job is done. The last message of a child, like each of the following."""

    result: bytes


class Unusable(msgspec.Struct, frozen=True, kw_only=True, tag="unusable"):
    """A ``MediaError``."""

    too_large: bool
    message: str
    kind: str
    field: str


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """An ``EngineFailed``; ``details`` are for the log alone."""

    message: str
    reason: str = "provider_error"
    details: str = ""


Message = Progressed | Finished | Unusable | Failed


def main() -> None:
    """Carry out one job and end. Ends without a word when the parent goes away."""
    module, parent, memory_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    _ignore_the_terminal()
    jobs, replies = _take_the_pipes()
    _die_with(parent)
    _keep_small(memory_bytes)
    job = None
    try:
        engine = importlib.import_module(module)
        engine.prepare()
        work: Work = engine.work
        job = _read(jobs)
    except Exception:
        _Replies(replies).send(Failed(message="the engine could not start", details=traceback.format_exc()))
    if job is not None:
        Thread(target=_end_at_the_end_of, args=(jobs,), daemon=True).start()
        _carry_out(work, job, _Replies(replies))
    # Nothing is left to save, and a library's farewell could only hang.
    os._exit(0)


def _ignore_the_terminal() -> None:
    # Ctrl-C and a service manager's SIGTERM reach the whole group; the parent alone decides when a film ends.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)


def _take_the_pipes() -> tuple[BinaryIO, BinaryIO]:
    # A library that prints must not speak into the protocol: from here on its stdout is the log.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return os.fdopen(os.dup(0), "rb", buffering=0), replies


def _die_with(parent: int) -> None:
    # The closed pipe tells the child everywhere; on Linux the kernel tells it even inside a long native call.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _keep_small(memory_bytes: int) -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # RLIMIT_DATA counts what is really writable; RLIMIT_AS would also count the address space that every thread
        # sets aside. macOS enforces neither.
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(str(OUT_OF_MEMORY_SCORE))


def _read(jobs: BinaryIO) -> bytes | None:
    header = _read_exactly(jobs, HEADER.size)
    return None if header is None else _read_exactly(jobs, HEADER.unpack(header)[0])


def _read_exactly(jobs: BinaryIO, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        part = jobs.read(count - len(data))
        if not part:
            return None
        data += part
    return bytes(data)


def _end_at_the_end_of(jobs: BinaryIO) -> None:
    while jobs.read(1):
        pass
    os._exit(1)


def _carry_out(work: Work, job: bytes, replies: "_Replies") -> None:
    try:
        answer: Message = Finished(work(job, replies.report))
    except MediaError as exc:
        too_large = isinstance(exc, MediaTooLarge)
        answer = Unusable(too_large=too_large, message=exc.message, kind=exc.kind, field=exc.field)
    except EngineFailed as exc:
        answer = Failed(message=exc.message, reason=exc.reason, details=traceback.format_exc())
    except MemoryError:
        answer = Failed(message="the film needs more memory than the engine may use", details=traceback.format_exc())
    except Exception:
        answer = Failed(message="the film could not be made", details=traceback.format_exc())
    replies.send(answer)


class _Replies:
    """The way back to the parent; any thread may speak."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = Lock()
        self._percent = -1

    def report(self, percent: int) -> None:
        if percent > self._percent:
            self._percent = percent
            self.send(Progressed(percent))

    def send(self, message: Message) -> None:
        data = msgspec.msgpack.encode(message)
        with self._lock:
            self._pipe.write(HEADER.pack(len(data)) + data)
            self._pipe.flush()


if __name__ == "__main__":
    main()

"""The parent half of an engine's processes: one film, one fresh child, killed at once when it is no longer wanted.

A fresh child for each film means that a stranger's file can spoil only its own film, and that memory always comes
back. Importing the media libraries takes about a second of CPU, so one idle child is kept warm between films.

``python`` is started anew rather than forked: the server has threads, and its memory is none of the child's business.
The child gets the few environment variables that a Python needs and no others, so no vendor's key lies in a process
that decodes untrusted bytes.
"""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process

import msgspec
import structlog

from filmgate.engines.base import Progress
from filmgate.engines.child import HEADER, LONGEST_MESSAGE_BYTES, Failed, Finished, Message, Progressed, Unusable
from filmgate.errors import EngineFailed, MediaTooLarge, MediaUnreadable

SILENCE_LIMIT_SECONDS = 180.0
"""A child that reports nothing for so long is stuck in someone's file."""

_LAST_WORDS_BYTES = 8192
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

_log = structlog.get_logger(__name__)


class ProcessPool:
    """Child processes for one engine, at most ``processes`` working at once."""

    def __init__(
        self,
        module: str,
        *,
        processes: int,
        memory_bytes: int,
        silence_limit_seconds: float = SILENCE_LIMIT_SECONDS,
    ) -> None:
        """Nothing is started yet.

        Args:
            module: has the function ``work`` of ``child.Work``; imported in the child only.
            memory_bytes: what one child may use, enforced on Linux.
        """
        self._module = module
        self._memory_bytes = memory_bytes
        self._silence_limit_seconds = silence_limit_seconds
        self._slots = asyncio.Semaphore(processes)
        self._working: set[_Child] = set()
        self._idle: _Child | None = None
        self._warming: asyncio.Task[None] | None = None
        self._closed = False

    async def warm(self) -> None:
        """Have an idle child ready, so that the next job starts at once."""
        if self._idle is not None and not self._idle.alive:
            await self._idle.end()
            self._idle = None
        if self._idle is None and not self._closed:
            child = await _Child.start(self._module, self._memory_bytes)
            # Someone else may have been quicker, or the pool may have closed meanwhile.
            if self._idle is None and not self._closed:
                self._idle = child
            else:
                await child.end()

    async def run(self, job: bytes, progress: Progress, *, task_id: str) -> bytes:
        """Do one job in a child of its own, when one of the places is free.

        Cancelling the coroutine kills the child at once.

        Raises:
            EngineFailed: the child said so, crashed, went silent or was killed. Details are logged, not raised.
            MediaError: the child could not use one of the job's files.
        """
        async with self._slots:
            child = await self._take()
            self._working.add(child)
            try:
                return await child.work(job, progress, self._silence_limit_seconds, _log.bind(task=task_id))
            except EngineFailed as exc:
                if self._closed:
                    raise _closing() from exc
                raise
            finally:
                await child.end()
                self._working.discard(child)
                self._warm_soon()

    async def close(self) -> None:
        """End all children. Jobs that still run or wait fail; another try elsewhere may help them."""
        self._closed = True
        if self._warming is not None:
            await asyncio.wait({self._warming})
        idle, self._idle = self._idle, None
        for child in (*self._working, *([idle] if idle is not None else [])):
            await child.end()

    async def _take(self) -> "_Child":
        if self._closed:
            raise _closing()
        if self._warming is not None:
            await asyncio.wait({self._warming})
        idle, self._idle = self._idle, None
        if idle is not None and idle.alive:
            return idle
        if idle is not None:
            await idle.end()
        return await _Child.start(self._module, self._memory_bytes)

    def _warm_soon(self) -> None:
        if not self._closed and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm_quietly())

    async def _warm_quietly(self) -> None:
        # The next job starts a child of its own and says what is wrong, should this fail.
        with contextlib.suppress(OSError):
            await self.warm()


class _Child:
    """One process, good for one job."""

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("a child is spoken to through its pipes")
        self._process = process
        self._jobs = process.stdin
        self._replies = process.stdout
        self._last_words = bytearray()
        self._listening = asyncio.create_task(self._listen(process.stderr))

    @classmethod
    async def start(cls, module: str, memory_bytes: int) -> "_Child":
        arguments = [module, str(os.getpid()), str(memory_bytes)]
        command = [sys.executable, "-P", "-X", "faulthandler", "-m", "filmgate.engines.child", *arguments]
        return cls(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=_bare()))

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def work(
        self, job: bytes, progress: Progress, silence_limit_seconds: float, log: "structlog.stdlib.BoundLogger"
    ) -> bytes:
        try:
            async with asyncio.timeout(silence_limit_seconds) as silence:
                self._jobs.write(HEADER.pack(len(job)) + job)
                await self._jobs.drain()
                while isinstance(message := await self._hear(), Progressed):
                    silence.reschedule(asyncio.get_running_loop().time() + silence_limit_seconds)
                    progress(min(max(message.percent, 0), 100))
        except TimeoutError as exc:
            self._log_end(log, "engine_silent")
            raise EngineFailed("making the film took too long", reason="timeout") from exc
        except (EOFError, ConnectionError, msgspec.DecodeError) as exc:
            await self.end()
            self._log_end(log, "engine_crashed")
            # Killed by someone, or by a machine short of memory: that says nothing about the order.
            raise EngineFailed("the process that made the film ended unexpectedly", retryable=True) from exc
        return _result(message, log)

    async def end(self) -> None:
        """Kill the process, if it still runs, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._listening
        self._jobs.close()

    async def _hear(self) -> Message:
        (length,) = HEADER.unpack(await self._replies.readexactly(HEADER.size))
        if length > LONGEST_MESSAGE_BYTES:
            raise msgspec.DecodeError("the message is too long")
        message: Message = msgspec.msgpack.decode(await self._replies.readexactly(length), type=Message)
        return message

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        while part := await stderr.read(_LAST_WORDS_BYTES):
            self._last_words += part
            del self._last_words[:-_LAST_WORDS_BYTES]

    def _log_end(self, log: "structlog.stdlib.BoundLogger", event: str) -> None:
        log.error(event, exit_code=self._process.returncode, last_words=self._last_words.decode(errors="replace"))


def _result(message: Message, log: "structlog.stdlib.BoundLogger") -> bytes:
    match message:
        case Finished():
            return message.result
        case Unusable():
            kind = MediaTooLarge if message.too_large else MediaUnreadable
            raise kind(message.message, kind=message.kind, field=message.field)
        case Failed():
            log.error("engine_failed", reason=message.reason, details=message.details)
            raise EngineFailed(message.message, reason=message.reason)
        case Progressed():
            raise AssertionError("progress is not a result")


def _closing() -> EngineFailed:
    return EngineFailed("the engine is shutting down", retryable=True)


def _bare() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("PYTHON")}
    # Each film has its own process: threads of numerical libraries would only stand in each other's way.
    return passed | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

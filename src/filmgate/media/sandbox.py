"""A few child processes that answer questions, started when they are needed or before, and replaced when they fail.

A child that does not answer in time, dies, or whose question is cancelled is killed; the next question gets a fresh
one. Children inherit no secrets: of the environment they get what Python needs to start.
"""

import asyncio
import contextlib
import os
import struct
import sys
from typing import Self, cast

from filmgate.errors import Unavailable

_LENGTH = struct.Struct(">I")
# Starting Python and its decoders takes a fifth of a second; a machine under load may take many times that.
_START_SECONDS = 30.0
_ENDING_SECONDS = 1.0
# A long life would let small leaks of the decoders eat into the memory limit.
_ANSWERS_IN_A_LIFE = 500
_ENVIRONMENT = ("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")


class ChildDied(Exception):
    """The child ended instead of answering."""


class ChildTooSlow(Exception):
    """There was no answer in time."""


class Sandbox:
    """At most so many processes of one module, for one event loop.

    Args:
        module: what ``python -m`` runs; it speaks as ``media.answering`` says.
        processes: how many questions are answered at once; more wait for their turn.
    """

    def __init__(self, module: str, processes: int) -> None:
        self._module = module
        self._processes = processes
        self._turns = asyncio.Semaphore(processes)
        self._idle: list[_Child] = []
        self._living: set[_Child] = set()

    async def warm_up(self) -> None:
        """Start all the children that there may be, so that the first questions need not wait for them.

        One that cannot be started is the trouble of whoever asks next.
        """
        await asyncio.gather(*(self._have_one_idle() for _ in range(self._processes)))

    async def ask(self, question: bytes, limit_seconds: float) -> bytes:
        """Put a question to a child and wait for the answer.

        Cancelling the coroutine kills the child.

        Raises:
            ChildTooSlow: no answer within the limit; waiting for a turn does not count.
            ChildDied: the child ended over the question.
            Unavailable: no child could be started.
        """
        async with self._turns:
            child = await self._take()
            try:
                answer = await child.ask(question, limit_seconds)
            except BaseException:
                await self._end(child)
                raise
            if child.answers < _ANSWERS_IN_A_LIFE:
                self._idle.append(child)
            else:
                await self._end(child)
            return answer

    async def close(self) -> None:
        """Kill all children."""
        for child in list(self._living):
            await self._end(child)

    async def _have_one_idle(self) -> None:
        async with self._turns:
            with contextlib.suppress(Unavailable):
                self._idle.append(await self._take())

    async def _take(self) -> "_Child":
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
            await self._end(child)
        child = await _Child.start(self._module)
        self._living.add(child)
        return child

    async def _end(self, child: "_Child") -> None:
        self._living.discard(child)
        if child in self._idle:
            self._idle.remove(child)
        await child.end()


class _Child:
    """One process and its two pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        # Both are there, since both were asked for as pipes.
        self._questions = cast("asyncio.StreamWriter", process.stdin)
        self._answers = cast("asyncio.StreamReader", process.stdout)
        self.answers = 0

    @classmethod
    async def start(cls, module: str) -> Self:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # Nothing is imported from the folder that the server happens to stand in.
                "-m",
                module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=environment,
            )
        except OSError as exc:
            raise Unavailable("no process for decoding files can be started") from exc
        child = cls(process)
        try:
            await child._hear(_START_SECONDS)
        except (ChildDied, ChildTooSlow) as exc:
            await child.end()
            raise Unavailable("the process for decoding files does not start") from exc
        except BaseException:
            await child.end()
            raise
        return child

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, question: bytes, limit_seconds: float) -> bytes:
        self._questions.write(_LENGTH.pack(len(question)) + question)
        answer = await self._hear(limit_seconds)
        self.answers += 1
        return answer

    async def _hear(self, limit_seconds: float) -> bytes:
        try:
            async with asyncio.timeout(limit_seconds):
                header = await self._answers.readexactly(_LENGTH.size)
                return await self._answers.readexactly(*_LENGTH.unpack(header))
        except TimeoutError as exc:
            raise ChildTooSlow(f"no answer within {limit_seconds:g} seconds") from exc
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            raise ChildDied("the process ended") from exc

    async def end(self) -> None:
        """Kill the process, unless it has ended by itself, and wait until it is gone."""
        self._questions.close()
        if self._answers.at_eof():
            # It is on its way out. A signal now would make Popen collect it before asyncio does, which then complains.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ENDING_SECONDS):
                    await self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

"""Child processes of ``filmgate serve``: started, watched, started again when they die, ended together.

Each child gets the reading end of a pipe that only the parent can write to. When the parent is gone, however it
died, the pipe ends, and the child stops as it would on SIGTERM.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress

import msgspec
import structlog

PARENT_PIPE_VARIABLE = "FILMGATE_PARENT_PIPE"

_STOP_GRACE_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 10.0
# A child that ran for this long was well; its next death starts counting anew.
_WELL_AFTER_SECONDS = 30.0

_log = structlog.get_logger("filmgate.supervise")


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """One child process: ``filmgate`` with these arguments."""

    name: str
    arguments: tuple[str, ...]
    pass_fds: tuple[int, ...] = ()


async def supervise(children: Sequence[Child], stop: asyncio.Event) -> None:
    """Keep every child running until ``stop`` is set, then end them all."""
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    try:
        async with asyncio.TaskGroup() as group:
            for child in children:
                group.create_task(_keep_running(child, reading, stop))
    finally:
        os.close(reading)
        os.close(writing)


async def stop_requested() -> asyncio.Event:
    """An event that is set by SIGINT, SIGTERM, or the end of the parent process."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    pipe = os.environ.get(PARENT_PIPE_VARIABLE)
    if pipe is not None:
        loop.add_reader(int(pipe), _parent_is_gone, loop, int(pipe), stop)
    return stop


def _parent_is_gone(loop: asyncio.AbstractEventLoop, pipe: int, stop: asyncio.Event) -> None:
    loop.remove_reader(pipe)
    stop.set()


async def _keep_running(child: Child, pipe: int, stop: asyncio.Event) -> None:
    deaths = 0
    while not stop.is_set():
        began = time.monotonic()
        process = await _start(child, pipe)
        await _either(process.wait(), stop.wait())
        if stop.is_set():
            await _end(process)
            return
        deaths = 1 if time.monotonic() - began > _WELL_AFTER_SECONDS else deaths + 1
        pause = min(0.1 * 2**deaths, _LONGEST_PAUSE_SECONDS)
        _log.warning("process.died", process=child.name, exit_code=process.returncode, again_in_seconds=pause)
        await _either(asyncio.sleep(pause), stop.wait())


async def _start(child: Child, pipe: int) -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C in a terminal reaches the parent alone, which then ends its children in order.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "filmgate",
        *child.arguments,
        pass_fds=(pipe, *child.pass_fds),
        env={**os.environ, PARENT_PIPE_VARIABLE: str(pipe)},
        start_new_session=True,
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_GRACE_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _either(*waits: Coroutine[object, object, object]) -> None:
    """Wait until one of them is done and forget the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

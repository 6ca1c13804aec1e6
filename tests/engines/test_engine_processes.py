"""The child processes of engines, driven by a module of a few lines instead of a film."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import pytest

from filmgate.engines.child import NICENESS
from filmgate.engines.process import ProcessPool
from filmgate.errors import EngineFailed, MediaTooLarge, MediaUnreadable

WORK = """
import fcntl, json, os, signal, threading, time
from pathlib import Path
from filmgate.errors import EngineFailed, MediaTooLarge, MediaUnreadable

prepared = []

def prepare():
    prepared.append(True)

def work(job, report):
    assert prepared
    order = json.loads(job)
    return globals()[order["do"]](order, report)

def echo(order, report):
    print("a library that prints")
    for percent in (0, 10, 10, 5, 60):
        report(percent)
    return json.dumps(order).encode()

def hold(order, report):
    lock = open(order["lock"], "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    Path(order["lock"] + ".pid").write_text(str(os.getpid()))
    report(1)
    threading.Event().wait()

def alone(order, report):
    lock = open(order["lock"], "w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    time.sleep(0.05)
    return b"alone"

def look_around(order, report):
    return json.dumps({"nice": os.nice(0), "environment": sorted(os.environ)}).encode()

def ignore_terminal(order, report):
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), name)
    return b"still here"

def eat(order, report):
    return bytes(bytearray(order["bytes"])[:2])

def crash(order, report):
    os.kill(os.getpid(), signal.SIGSEGV)

def leave(order, report):
    os._exit(3)

def stumble(order, report):
    raise KeyError("/a/secret/path")

def give_up(order, report):
    raise EngineFailed("no film today", reason="content_rejected")

def refuse(order, report):
    kind = MediaTooLarge if order["too_large"] else MediaUnreadable
    raise kind("not a picture", kind="image", field="images[1]")
"""

MEMORY_BYTES = 512 << 20


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "few_lines.py").write_text(WORK)
    return str(folder)


@pytest.fixture
async def pool(module: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ProcessPool]:
    monkeypatch.setenv("PYTHONPATH", module)
    pool = ProcessPool("few_lines", processes=1, memory_bytes=MEMORY_BYTES)
    yield pool
    await pool.close()


async def run(pool: ProcessPool, do: str, reports: list[int] | None = None, **order: object) -> bytes:
    progress = [] if reports is None else reports
    return await pool.run(json.dumps({"do": do, **order}).encode(), progress.append, task_id="t")


async def test_the_result_comes_back_and_progress_never_falls(pool: ProcessPool) -> None:
    reports: list[int] = []
    assert json.loads(await run(pool, "echo", reports, word="雨" * 100_000))["word"] == "雨" * 100_000
    assert reports == [0, 10, 60]


async def test_a_child_is_nice_and_knows_no_secrets(pool: ProcessPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_VENDOR_KEY", "secret")
    seen = json.loads(await run(pool, "look_around"))
    assert seen["nice"] == min(os.nice(0) + NICENESS, 19)
    assert "SOME_VENDOR_KEY" not in seen["environment"]


async def test_signals_for_the_whole_group_do_not_end_a_film(pool: ProcessPool) -> None:
    assert await run(pool, "ignore_terminal") == b"still here"


@pytest.mark.parametrize("do", ["crash", "leave"])
async def test_a_crash_is_an_engine_failure_and_the_next_job_succeeds(pool: ProcessPool, do: str) -> None:
    with pytest.raises(EngineFailed, match="ended unexpectedly"):
        await run(pool, do)
    assert await run(pool, "ignore_terminal") == b"still here"


async def test_a_bug_is_an_engine_failure_without_its_details(pool: ProcessPool) -> None:
    with pytest.raises(EngineFailed) as failure:
        await run(pool, "stumble")
    assert failure.value.message == "the film could not be made"


async def test_the_engines_own_failure_keeps_its_reason(pool: ProcessPool) -> None:
    with pytest.raises(EngineFailed, match="no film today") as failure:
        await run(pool, "give_up")
    assert failure.value.reason == "content_rejected"


@pytest.mark.parametrize(("too_large", "kind"), [(True, MediaTooLarge), (False, MediaUnreadable)])
async def test_an_unusable_file_keeps_its_field(
    pool: ProcessPool, too_large: bool, kind: type[MediaTooLarge | MediaUnreadable]
) -> None:
    with pytest.raises(kind, match="not a picture") as failure:
        await run(pool, "refuse", too_large=too_large)
    assert (failure.value.kind, failure.value.field) == ("image", "images[1]")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces the limit")
async def test_a_child_cannot_use_more_memory_than_it_may(pool: ProcessPool) -> None:
    with pytest.raises(EngineFailed, match="more memory"):
        await run(pool, "eat", bytes=MEMORY_BYTES)
    assert await run(pool, "eat", bytes=MEMORY_BYTES // 8) == b"\0\0"


async def test_a_silent_child_is_ended(module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", module)
    pool = ProcessPool("few_lines", processes=1, memory_bytes=MEMORY_BYTES, silence_limit_seconds=0.3)
    with pytest.raises(EngineFailed) as failure:
        await run(pool, "hold", lock=str(tmp_path / "lock"))
    assert failure.value.reason == "timeout"
    await pool.close()


async def test_an_engine_module_that_cannot_be_imported_is_an_engine_failure() -> None:
    pool = ProcessPool("no.such.module", processes=1, memory_bytes=MEMORY_BYTES)
    with pytest.raises(EngineFailed):
        await run(pool, "echo")
    await pool.close()


async def held(pool: ProcessPool, lock: Path) -> tuple["asyncio.Task[bytes]", int]:
    """A job that is in the middle of its work, and the id of its process."""
    begun = asyncio.Event()
    job = json.dumps({"do": "hold", "lock": str(lock)}).encode()
    task = asyncio.create_task(pool.run(job, lambda percent: begun.set(), task_id="t"))
    await asyncio.wait_for(begun.wait(), 60)
    return task, int(Path(f"{lock}.pid").read_text())


async def test_a_cancelled_job_leaves_no_process(pool: ProcessPool, tmp_path: Path) -> None:
    task, pid = await held(pool, tmp_path / "lock")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert await run(pool, "ignore_terminal") == b"still here"


async def test_a_child_killed_from_outside_is_a_failure_that_another_try_may_mend(
    pool: ProcessPool, tmp_path: Path
) -> None:
    task, pid = await held(pool, tmp_path / "lock")
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineFailed, match="ended unexpectedly") as failure:
        await task
    assert failure.value.retry


async def test_a_warm_child_that_died_is_replaced(pool: ProcessPool, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    start = asyncio.create_subprocess_exec

    async def recording(*command: str, **options: object) -> asyncio.subprocess.Process:
        started.append(await start(*command, **options))  # type: ignore[arg-type]
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", recording)
    await pool.warm()
    started[0].kill()
    await started[0].wait()
    assert await run(pool, "ignore_terminal") == b"still here"
    await pool.close()
    assert all(process.returncode is not None for process in started)


async def test_no_more_jobs_run_at_once_than_there_are_places(pool: ProcessPool, tmp_path: Path) -> None:
    jobs = [run(pool, "alone", lock=str(tmp_path / "lock")) for _ in range(3)]
    assert await asyncio.gather(*jobs) == [b"alone"] * 3


async def test_closing_ends_what_runs_and_what_waits(pool: ProcessPool, tmp_path: Path) -> None:
    running, pid = await held(pool, tmp_path / "lock")
    waiting = asyncio.create_task(run(pool, "echo"))
    await pool.close()
    for task in (running, waiting):
        with pytest.raises(EngineFailed, match="shutting down") as failure:
            await task
        assert failure.value.retry
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_closed_pool_takes_no_jobs(pool: ProcessPool) -> None:
    await pool.close()
    with pytest.raises(EngineFailed):
        await run(pool, "echo")


PARENT = """
import asyncio, json, sys
from filmgate.engines.process import ProcessPool
pool = ProcessPool("few_lines", processes=1, memory_bytes=1 << 29)
job = json.dumps({"do": "hold", "lock": sys.argv[1]}).encode()
asyncio.run(pool.run(job, lambda percent: print(percent, flush=True), task_id="t"))
"""


async def test_children_die_with_a_parent_that_was_killed(module: str, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", PARENT, str(lock)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": module}, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert await asyncio.to_thread(parent.stdout.readline) == b"1\n"
        parent.kill()
    with lock.open("w") as file:
        async with asyncio.timeout(30):
            await released(file)


async def released(lock: IO[str]) -> None:
    """The child holds the lock for as long as it lives."""
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(0.01)

"""Children of ``filmgate serve``, with tiny stand-ins for the real ones."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from filmgate.cli import supervise as module
from filmgate.cli.supervise import Child, supervise

# Writes its process id, then waits for the pipe to end or for SIGTERM.
_CHILD = """
import os, pathlib, select, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\n")
select.select([int(os.environ["FILMGATE_PARENT_PIPE"])], [], [])
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the children write their process ids; ``python -m filmgate PATH`` is the stand-in."""
    (tmp_path / "stand_in").mkdir()
    (tmp_path / "stand_in" / "filmgate.py").write_text(_CHILD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand_in"))
    return tmp_path / "notes"


async def _born(notes: Path, count: int) -> list[int]:
    async with asyncio.timeout(20):
        while not notes.exists() or len(notes.read_text().splitlines()) < count:
            await asyncio.sleep(0.01)
    return [int(line) for line in notes.read_text().splitlines()]


async def test_a_child_that_dies_is_started_again_and_ended_with_the_others(notes: Path) -> None:
    stop = asyncio.Event()
    child = Child(name="stand-in", arguments=(str(notes),))
    running = asyncio.create_task(supervise([child, child], stop))
    first, second = await _born(notes, 2)
    os.kill(first, signal.SIGKILL)
    third = (await _born(notes, 3))[2]
    assert psutil.pid_exists(second)
    stop.set()
    await running
    assert not any(map(psutil.pid_exists, (first, second, third)))


async def test_a_child_that_does_not_listen_is_killed(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STOP_GRACE_SECONDS", 0.2)
    deaf = Path(os.environ["PYTHONPATH"]) / "filmgate.py"
    deaf.write_text(_CHILD.replace("lambda *_: sys.exit(0)", "signal.SIG_IGN"))
    stop = asyncio.Event()
    running = asyncio.create_task(supervise([Child(name="deaf", arguments=(str(notes),))], stop))
    (process_id,) = await _born(notes, 1)
    stop.set()
    await running
    assert not psutil.pid_exists(process_id)


async def test_children_notice_that_their_parent_was_killed(notes: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import asyncio, sys; sys.path = [p for p in sys.path if 'stand_in' not in p]\n"
            "from filmgate.cli.supervise import Child, supervise\n"
            "asyncio.run(supervise([Child(name='stand-in', arguments=(sys.argv[1],))], asyncio.Event()))",
            str(notes),
        ]
    )
    (process_id,) = await _born(notes, 1)
    parent.kill()
    parent.wait()
    async with asyncio.timeout(10):
        while psutil.pid_exists(process_id):
            await asyncio.sleep(0.01)

"""Child processes that answer, hang, die and eat; and what the parent makes of it."""

import asyncio
import os
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from filmgate.errors import Unavailable
from filmgate.media.facts import Question
from filmgate.media.sandbox import ChildDied, ChildTooSlow, Sandbox

LONG = 60.0

# Answers with its own process id and the question; some questions are worse than others.
PARROT = """
import os, struct, sys, time
def read(): return sys.stdin.buffer.read(*struct.unpack(">I", sys.stdin.buffer.read(4) or sys.exit()))
def write(answer): sys.stdout.buffer.write(struct.pack(">I", len(answer)) + answer); sys.stdout.buffer.flush()
write(b"")
while True:
    question = read()
    if question == b"die": os._exit(1)
    if question == b"hang": time.sleep(1000)
    if question == b"half": sys.stdout.buffer.write(b"\\0\\0"); sys.stdout.buffer.flush(); os._exit(0)
    if question == b"environment": question = repr(sorted(os.environ)).encode()
    write(b"%d " % os.getpid() + question)
"""

# The real child, with another thing to do for every file.
GREEDY = """
from filmgate.media import child
from filmgate.media.facts import Probe
child.look = lambda path, kind: Probe(kind=kind, format="", size_bytes=len(bytearray(3 * 1024 ** 3)))
child.main()
"""
BUSY = """
from filmgate.media import child
def look(path, kind):
    while True: pass
child.look = look
child.main()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes a module that children can run."""

    def make(source: str) -> str:
        name = f"module_{len(list(tmp_path.iterdir()))}_of_the_test"
        (tmp_path / f"{name}.py").write_text(source)
        return name

    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return make


@asynccontextmanager
async def opened(module: str, processes: int = 1) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(module, processes)
    try:
        yield sandbox
    finally:
        await sandbox.close()


async def who(sandbox: Sandbox, text: bytes = b"?") -> int:
    return int((await sandbox.ask(text, LONG)).split()[0])


async def test_one_child_answers_question_after_question(module: Callable[[str], str]) -> None:
    async with opened(module(PARROT)) as sandbox:
        answers = [await sandbox.ask(b"%d" % number, LONG) for number in range(5)]
    assert [answer.split()[1] for answer in answers] == [b"0", b"1", b"2", b"3", b"4"]
    assert len({answer.split()[0] for answer in answers}) == 1


async def test_questions_asked_at_once_get_their_own_answers(module: Callable[[str], str]) -> None:
    async with opened(module(PARROT), processes=2) as sandbox:
        texts = [b"%d" % number for number in range(40)]
        answers = await asyncio.gather(*(sandbox.ask(text, LONG) for text in texts))
    assert [answer.split()[1] for answer in answers] == texts
    assert len({answer.split()[0] for answer in answers}) <= 2


async def test_a_warm_sandbox_starts_no_child_for_a_question(module: Callable[[str], str]) -> None:
    async with opened(module(PARROT), processes=2) as sandbox:
        await sandbox.warm_up()
        warm = {child._process.pid for child in sandbox._living}
        assert len(warm) == 2
        assert {await who(sandbox), await who(sandbox)} <= warm
        await sandbox.warm_up()
        assert {child._process.pid for child in sandbox._living} == warm


async def test_a_question_that_comes_while_it_warms_up_is_answered(module: Callable[[str], str]) -> None:
    async with opened(module(PARROT), processes=2) as sandbox:
        await asyncio.gather(sandbox.warm_up(), *(who(sandbox) for _ in range(5)))
        assert len(sandbox._living) == 2


async def test_what_cannot_be_warmed_up_is_told_to_who_asks(module: Callable[[str], str]) -> None:
    async with opened(module("raise SystemExit(3)")) as sandbox:
        await sandbox.warm_up()
        assert not sandbox._living
        with pytest.raises(Unavailable):
            await sandbox.ask(b"?", LONG)


@pytest.mark.parametrize("text", [b"die", b"half"])
async def test_a_child_that_dies_is_replaced(text: bytes, module: Callable[[str], str]) -> None:
    async with opened(module(PARROT)) as sandbox:
        first = await who(sandbox)
        with pytest.raises(ChildDied):
            await sandbox.ask(text, LONG)
        assert await who(sandbox) != first


async def test_a_child_that_hangs_is_killed_and_replaced(module: Callable[[str], str]) -> None:
    async with opened(module(PARROT)) as sandbox:
        first = await who(sandbox)
        with pytest.raises(ChildTooSlow):
            await sandbox.ask(b"hang", 0.1)
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
        assert await who(sandbox) != first


async def test_a_cancelled_question_takes_its_child_along_and_leaves_the_turn(module: Callable[[str], str]) -> None:
    async with opened(module(PARROT)) as sandbox:
        first = await who(sandbox)
        question = asyncio.create_task(sandbox.ask(b"hang", LONG))
        await asyncio.sleep(0)
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
        assert await who(sandbox) != first


async def test_a_child_that_died_while_idle_is_not_asked(module: Callable[[str], str]) -> None:
    async with opened(module(PARROT)) as sandbox:
        child = await sandbox._take()
        sandbox._idle.append(child)
        child._process.kill()
        await child._process.wait()
        assert await who(sandbox) != child._process.pid


async def test_closing_ends_every_child(module: Callable[[str], str]) -> None:
    async with opened(module(PARROT), processes=2) as sandbox:
        await asyncio.gather(who(sandbox), who(sandbox))
        pids = {child._process.pid for child in sandbox._living}
        hanging = asyncio.create_task(sandbox.ask(b"hang", LONG))
        await asyncio.sleep(0)
    with pytest.raises(ChildDied):
        await hanging
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_children_inherit_no_secrets(module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", "secret")
    async with opened(module(PARROT)) as sandbox:
        names = await sandbox.ask(b"environment", LONG)
    assert b"PYTHONPATH" in names
    assert b"VENDOR_KEY" not in names


@pytest.mark.parametrize("source", ["raise SystemExit(3)", "import no_such_module"])
async def test_a_child_that_does_not_start_is_our_trouble(
    source: str, module: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    async with opened(module(source)) as sandbox:
        with pytest.raises(Unavailable, match="does not start"):
            await sandbox.ask(b"?", LONG)
    capfd.readouterr()


def question(path: str = "x", limit_seconds: float = LONG) -> bytes:
    return msgspec.json.encode(Question(path=path, expected="image", limit_seconds=limit_seconds))


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit address space")
async def test_a_child_that_wants_too_much_memory_dies_alone(module: Callable[[str], str]) -> None:
    async with opened(module(GREEDY)) as sandbox:
        with pytest.raises(ChildDied):
            await sandbox.ask(question(), LONG)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux chooses by score")
async def test_when_the_machine_has_no_memory_left_the_children_go_first() -> None:
    async with opened("filmgate.media.child") as sandbox:
        await sandbox.ask(question(), LONG)
        (child,) = sandbox._living
        assert Path(f"/proc/{child._process.pid}/oom_score_adj").read_text() == "1000\n"


async def test_a_child_that_computes_for_ever_dies_even_if_nobody_kills_it(module: Callable[[str], str]) -> None:
    async with opened(module(BUSY)) as sandbox:
        with pytest.raises(ChildDied):
            await sandbox.ask(question(limit_seconds=0.1), LONG)


def test_a_child_ends_with_its_parent_even_in_the_middle_of_a_file(tmp_path: Path) -> None:
    """The parent's end is the end of the pipe. The file is one that nobody writes: opening it waits for ever."""
    os.mkfifo(tmp_path / "never")
    command = [sys.executable, "-m", "filmgate.media.child"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.read(4) == b"\0\0\0\0"
        asked = question(str(tmp_path / "never"))
        process.stdin.write(struct.pack(">I", len(asked)) + asked)
        process.stdin.close()
        assert process.wait(timeout=30) == 0

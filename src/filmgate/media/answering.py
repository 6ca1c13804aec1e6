"""What the child processes of ``sandbox`` have in common: they answer questions, may use little, and end in time.

A child reads questions from its standard input and writes answers to its standard output, each as four bytes of length
and JSON. Before the first question it writes an empty message: ready. It ends with its parent, by the end of its
standard input.
"""

import contextlib
import os
import queue
import resource
import signal
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import msgspec

_LENGTH = struct.Struct(">I")
# Decoding a film uses two threads.
_CPU_SECONDS_PER_SECOND = 2
_OUT_OF_MEMORY = 3


class _Limited(Protocol):
    @property
    def limit_seconds(self) -> float: ...


Asked = TypeVar("Asked", bound=_Limited)


def answer_questions(
    decoder: msgspec.json.Decoder[Asked],
    answer: Callable[[Asked], msgspec.Struct],
    *,
    memory_bytes: int,
    file_bytes: int = 0,
) -> None:
    """Answer questions until the parent closes the pipe.

    Args:
        decoder: reads a question, whose ``limit_seconds`` also bounds what may be computed over it.
        answer: raises nothing but MemoryError.
        memory_bytes: of address space.
        file_bytes: how large a file may become that is written here.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # For the parent, which says when to end by closing the pipe.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    _limit_everything(memory_bytes, file_bytes)
    _silence()
    questions: queue.SimpleQueue[Asked] = queue.SimpleQueue()
    _write(answers, b"")
    threading.Thread(target=_read_questions, args=(decoder, questions), daemon=True).start()
    while True:
        question = questions.get()
        _limit_cpu(question.limit_seconds)
        try:
            answered = answer(question)
        except MemoryError:
            # What is left in memory now is anybody's guess. The parent takes the end for an answer.
            os._exit(_OUT_OF_MEMORY)
        _write(answers, msgspec.json.encode(answered))


def _read_questions(decoder: msgspec.json.Decoder[Asked], questions: "queue.SimpleQueue[Asked]") -> None:
    """Pass on questions as they come. In a thread, so that the end of the parent is seen while a file is decoded."""
    while header := sys.stdin.buffer.read(_LENGTH.size):
        questions.put(decoder.decode(sys.stdin.buffer.read(*_LENGTH.unpack(header))))
    os._exit(0)


def _silence() -> None:
    """Keep the pipe for answers alone, and the server's log free of what decoders say about strangers' files."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())


def _write(answers: BinaryIO, message: bytes) -> None:
    answers.write(_LENGTH.pack(len(message)) + message)
    answers.flush()


def _limit_everything(memory_bytes: int, file_bytes: int) -> None:
    # Where the machine itself runs out of memory, Linux ends this process and not its parent.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    limits = {resource.RLIMIT_AS: memory_bytes, resource.RLIMIT_FSIZE: file_bytes, resource.RLIMIT_CORE: 0}
    for which, most in limits.items():
        # macOS has no limit on address space; the other limits hold there too.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))


def _limit_cpu(seconds: float) -> None:
    """The parent kills what is late; this ends it also when the parent is too busy to do so."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds * _CPU_SECONDS_PER_SECOND) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))

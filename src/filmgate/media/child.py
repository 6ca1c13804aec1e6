"""The child process that looks into strangers' files: ``python -m filmgate.media.child``.

It reads questions from its standard input and writes answers to its standard output, each as four bytes of length and
JSON. Before the first question it writes an empty message: ready. It may use little memory, writes no file, and ends
with its parent, by the end of its standard input.
"""

import contextlib
import os
import queue
import resource
import signal
import struct
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import msgspec

from filmgate.media.decode import Refusal, look, watch
from filmgate.media.facts import Answer, Question, Trouble
from filmgate.media.spritesheet import draw_spritesheet
from filmgate.media.stills import watch_with_pictures

MEMORY_BYTES = 2 * 1024**3
"""Address space. The largest picture takes 1.2 GB (as WebP; measured), an 8K film less."""

_LENGTH = struct.Struct(">I")
# Decoding a film uses two threads.
_CPU_SECONDS_PER_SECOND = 2
_OUT_OF_MEMORY = 3


def main() -> None:
    """Answer questions until the parent closes the pipe."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # For the parent, which says when to end by closing the pipe.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    _limit_everything()
    _silence()
    questions: queue.SimpleQueue[Question] = queue.SimpleQueue()
    _write(answers, b"")
    threading.Thread(target=_read_questions, args=(questions,), daemon=True).start()
    while True:
        question = questions.get()
        _limit_cpu(question.limit_seconds)
        _write(answers, msgspec.json.encode(_answer(question)))


def _answer(question: Question) -> Answer:
    path = Path(question.path)
    try:
        match question.expected:
            case "film":
                return watch(path)
            case "film with pictures":
                return watch_with_pictures(path)
            case "spritesheet":
                return draw_spritesheet(path)
            case "faces" | "face model":
                return _look_for_faces(question)
            case kind:
                return look(path, kind)
    except Refusal as exc:
        return Trouble(too_large=exc.too_large, message=str(exc))
    except MemoryError:
        # What is left in memory now is anybody's guess. The parent takes the end for an answer.
        os._exit(_OUT_OF_MEMORY)
    except Exception:  # Decoders raise anything over a hostile file, and all of it means this.
        return Trouble(too_large=False, message="does not decode: it is damaged or cut off")


def _look_for_faces(question: Question) -> Answer:
    # What finds them takes a moment to import and much address space, and most children never need it.
    from filmgate.media.faces import check_face_model, count_faces

    if question.expected == "face model":
        return check_face_model(Path(question.path))
    return count_faces(Path(question.path), question.kind, Path(question.model))


def _read_questions(questions: "queue.SimpleQueue[Question]") -> None:
    """Pass on questions as they come. In a thread, so that the end of the parent is seen while a file is decoded."""
    decoder = msgspec.json.Decoder(Question)
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


def _limit_everything() -> None:
    # Where the machine itself runs out of memory, Linux ends this process and not its parent.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    limits = {resource.RLIMIT_AS: MEMORY_BYTES, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0}
    for which, most in limits.items():
        # macOS has no limit on address space; the other limits hold there too.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))


def _limit_cpu(seconds: float) -> None:
    """The parent kills what is late; this ends it also when the parent is too busy to do so."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds * _CPU_SECONDS_PER_SECOND) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()

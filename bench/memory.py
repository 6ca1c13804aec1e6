"""How much processes grow while something is measured."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

_LOOK_SECONDS = 0.02


@contextmanager
def growing(processes: Sequence[psutil.Process]) -> Iterator[list[int]]:
    """By how many bytes the processes have grown together since, looked at again and again while the block runs.

    The system's own peak of a process will not do: it begins with that of whoever started it.
    """
    before_bytes = _resident_bytes(processes)
    grown_bytes = [0]
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            grown_bytes.append(_resident_bytes(processes) - before_bytes)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield grown_bytes
    finally:
        ended.set()
        looking.join()


def _resident_bytes(processes: Sequence[psutil.Process]) -> int:
    return sum(process.memory_info().rss for process in processes)

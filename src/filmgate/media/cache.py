"""Remembers what was found in files, so that the same bytes are not decoded twice."""

import asyncio
import hashlib
import stat
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from weakref import WeakValueDictionary

import anyio.to_thread

from filmgate.facts import Probe
from filmgate.media.facts import Trouble
from filmgate.video import MediaKind

MOST_ANSWERS = 4096
"""A few hundred bytes each."""
PASSING_SECONDS = 60.0
"""How long an answer is believed for which the machine may be to blame."""

Answer = Probe | Trouble

Key = tuple[bytes, MediaKind]
"""SHA-256 of a file's bytes, and what the file was meant to be."""


async def key_of(path: Path, kind: MediaKind) -> Key | None:
    """The key under which a file's answer is remembered; None for what is not an ordinary file."""
    digest = await anyio.to_thread.run_sync(_digest, path)
    return None if digest is None else (digest, kind)


class AnswerCache:
    """A bounded number of answers, those that were asked for last. For one event loop.

    In memory, one for each process: an answer costs some milliseconds of a child process, less than a row of a database
    in the way of every order would. And it is as good as the decoders that gave it, so it must not outlive them.
    """

    def __init__(self, most_answers: int = MOST_ANSWERS, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` tells seconds."""
        self._most_answers = most_answers
        self._clock = clock
        self._answers: OrderedDict[Key, tuple[Answer, float]] = OrderedDict()
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, key: Key, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer for a file, asked for only where it is not known.

        Those who want the same answer at once wait for the first of them; when that one is cancelled, the next asks.
        """
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            known = self._known(key)
            if known is None:
                known = await ask()
                self._keep(key, known)
            return known

    def _known(self, key: Key) -> Answer | None:
        found = self._answers.get(key)
        if found is None:
            return None
        answer, until = found
        if self._clock() >= until:
            del self._answers[key]
            return None
        self._answers.move_to_end(key)
        return answer

    def _keep(self, key: Key, answer: Answer) -> None:
        passing = isinstance(answer, Trouble) and answer.passing
        self._answers[key] = answer, self._clock() + PASSING_SECONDS if passing else float("inf")
        if len(self._answers) > self._most_answers:
            self._answers.popitem(last=False)


def _digest(path: Path) -> bytes | None:
    try:
        # A pipe or a device might never end.
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None

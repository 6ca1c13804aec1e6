"""What is remembered of files, for how long, and what those get who ask at once."""

import asyncio
import os
from pathlib import Path

import pytest

from filmgate.media.cache import PASSING_SECONDS, Answer, AnswerCache, Key, key_of
from filmgate.media.facts import Probe, Trouble

KEY: Key = (b"hash", "image")
FOUND = Probe(kind="image", format="png", size_bytes=1, width=1, height=1)
SLOW = Trouble(too_large=False, message="does not decode within 10 seconds", passing=True)


class Asked:
    """Answers, and counts how often it had to."""

    def __init__(self, answer: Answer = FOUND) -> None:
        self.times = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._answer = answer

    async def __call__(self) -> Answer:
        self.times += 1
        await self.may_answer.wait()
        return self._answer


async def test_those_who_ask_at_once_wait_for_the_first() -> None:
    cache, asked = AnswerCache(), Asked()
    asked.may_answer.clear()
    waiting = [asyncio.create_task(cache.answer(KEY, asked)) for _ in range(5)]
    await asyncio.sleep(0)
    asked.may_answer.set()
    assert await asyncio.gather(*waiting) == [FOUND] * 5
    assert asked.times == 1


async def test_when_the_first_is_cancelled_the_next_asks_for_itself() -> None:
    cache, asked = AnswerCache(), Asked()
    asked.may_answer.clear()
    first, second = (asyncio.create_task(cache.answer(KEY, asked)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    asked.may_answer.set()
    assert await second == FOUND
    assert asked.times == 2
    assert first.cancelled()


async def test_an_error_is_nobody_else_s() -> None:
    async def stumble() -> Answer:
        raise OSError

    cache, asked = AnswerCache(), Asked()
    with pytest.raises(OSError):
        await cache.answer(KEY, stumble)
    assert await cache.answer(KEY, asked) == FOUND


async def test_an_answer_for_which_the_machine_may_be_to_blame_is_believed_for_a_minute() -> None:
    now = 1000.0
    cache = AnswerCache(clock=lambda: now)
    asked, lasting = Asked(SLOW), Asked(Trouble(too_large=True, message="is too large"))
    for _ in range(2):
        await cache.answer(KEY, asked)
        await cache.answer((b"other", "image"), lasting)
    assert asked.times == 1
    now += PASSING_SECONDS
    await cache.answer(KEY, asked)
    await cache.answer((b"other", "image"), lasting)
    assert (asked.times, lasting.times) == (2, 1)


async def test_only_so_many_answers_are_kept_and_those_first_that_are_in_use() -> None:
    cache, often, rarely = AnswerCache(most_answers=10), Asked(), Asked()
    await cache.answer((b"rarely", "image"), rarely)
    for number in range(30):
        await cache.answer(KEY, often)
        await cache.answer((b"%d" % number, "image"), Asked())
    await cache.answer((b"rarely", "image"), rarely)
    assert (often.times, rarely.times) == (1, 2)
    assert len(cache._answers) == 10
    assert len(cache._turns) == 0


async def test_what_is_no_ordinary_file_has_no_key(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "none", tmp_path, Path("/dev/zero")):
        assert await key_of(path, "image") is None

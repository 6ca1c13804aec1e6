"""The scripted engine: plays failures and delays on demand, for test keys.

A prompt may carry script words in double brackets. They are played in the order written, before the film is made:

    [[fail:moderation]]   the vendor's content review refuses
    [[fail:provider]]     the vendor breaks down
    [[fail:timeout]]      the vendor takes too long
    [[delay:30]]          thirty seconds go by, with creeping progress
    [[stall]]             nothing more happens, until someone cancels

What remains of the order, without its script words, goes to the inner engine.
"""

import asyncio
import re

import msgspec

from filmgate.engines.base import Engine, EngineJob, Film, Progress
from filmgate.errors import EngineFailed

LONGEST_DELAY_SECONDS = 3600.0

_WORD = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_DELAY = re.compile(r"delay:(\d{1,9}(?:\.\d{1,6})?)", re.ASCII)
_KNOWN = "[[fail:moderation]], [[fail:provider]], [[fail:timeout]], [[delay:SECONDS]] and [[stall]]"


class Scripted:
    """An engine around another one."""

    name = "scripted"

    def __init__(self, inner: Engine) -> None:
        self._inner = inner

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        """As ``Engine.make``, after the script in the prompt.

        Raises:
            EngineFailed: the script says so, or has a word that is not known.
        """
        reached = 0
        for word in _WORD.findall(job.request.prompt):
            reached = await _play(word.strip().lower(), reached, progress)
        return await self._inner.make(_without_script(job), lambda percent: progress(max(percent, reached)))

    async def close(self) -> None:
        """As ``Engine.close``."""
        await self._inner.close()


async def _play(word: str, reached: int, progress: Progress) -> int:
    """Do what one script word says; the percentage that is reached after it."""
    match word:
        case "fail:moderation":
            raise EngineFailed("TRADEMARK", reason="content_rejected")
        case "fail:provider":
            raise EngineFailed("The generation backend stopped")
        case "fail:timeout":
            raise EngineFailed("The generation backend did not answer in time", reason="timeout")
        case "stall":
            await asyncio.Event().wait()
    delay = _DELAY.fullmatch(word)
    if delay is None:
        raise EngineFailed(f"[[{word[:40]}]] is not a script word; there are {_KNOWN}")
    return await _creep(min(float(delay[1]), LONGEST_DELAY_SECONDS), reached, progress)


async def _creep(seconds: float, reached: int, progress: Progress) -> int:
    # Half of what is left up to 90, so that a second delay and the film itself still have somewhere to go.
    goal = reached + (90 - reached) // 2
    for percent in range(reached + 1, goal + 1):
        await asyncio.sleep(seconds / (goal - reached))
        progress(percent)
    return goal


def _without_script(job: EngineJob) -> EngineJob:
    if not _WORD.search(job.request.prompt):
        return job
    prompt = re.sub(r" {2,}", " ", _WORD.sub(" ", job.request.prompt)).strip()
    return msgspec.structs.replace(job, request=msgspec.structs.replace(job.request, prompt=prompt))

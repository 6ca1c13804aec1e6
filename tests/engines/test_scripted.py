"""The scripted engine: what its words do, and that it is otherwise the engine within."""

import asyncio
from pathlib import Path

import pytest

from filmgate.engines.base import Engine, EngineJob, Film, Progress
from filmgate.engines.scripted import Scripted
from filmgate.errors import EngineFailed
from filmgate.video import VideoRequest


class Recorder:
    """An engine that notes what it was asked."""

    name = "recorder"

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.closed = False

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        self.prompts.append(job.request.prompt)
        for percent in (0, 50, 100):
            progress(percent)
        return Film(film=job.folder, poster=job.folder, last_frame=job.folder, width=1, height=1, frames=1)

    async def close(self) -> None:
        self.closed = True


def job(prompt: str) -> EngineJob:
    request = VideoRequest(model="m", prompt=prompt, duration_seconds=1, resolution="480p", ratio="16:9")
    return EngineJob(task_id="t", request=request, media=(), seed=1, folder=Path("nowhere"))


async def test_a_prompt_without_a_script_is_passed_on_as_it_is() -> None:
    inner, reports = Recorder(), list[int]()
    engine: Engine = Scripted(inner)
    film = await engine.make(job("  a [cat]  in [the] rain "), reports.append)
    assert film.frames == 1
    assert inner.prompts == ["  a [cat]  in [the] rain "]
    assert reports == [0, 50, 100]


@pytest.mark.parametrize(
    ("word", "reason", "message"),
    [
        ("[[fail:moderation]]", "content_rejected", "TRADEMARK"),
        ("[[ FAIL:provider ]]", "provider_error", "The generation backend stopped"),
        ("[[fail:timeout]]", "timeout", "The generation backend did not answer in time"),
    ],
)
async def test_a_scripted_failure_comes_before_any_work(word: str, reason: str, message: str) -> None:
    inner = Recorder()
    with pytest.raises(EngineFailed) as failure:
        await Scripted(inner).make(job(f"a cat {word} in the rain"), lambda percent: None)
    assert (failure.value.reason, failure.value.message) == (reason, message)
    assert inner.prompts == []


async def test_delays_creep_and_then_the_film_is_made() -> None:
    inner, reports = Recorder(), list[int]()
    await Scripted(inner).make(job("a cat [[delay:0.01]] in the rain [[delay:0]]"), reports.append)
    assert inner.prompts == ["a cat in the rain"]
    assert reports[:45] == list(range(1, 46))
    assert reports == sorted(reports)
    assert reports[-1] == 100


async def test_words_are_played_in_order() -> None:
    reports: list[int] = []
    with pytest.raises(EngineFailed, match="TRADEMARK"):
        await Scripted(Recorder()).make(job("[[delay:0]][[fail:moderation]][[fail:provider]]"), reports.append)
    assert reports[-1] == 45


async def test_a_stall_lasts_until_it_is_cancelled() -> None:
    task = asyncio.create_task(Scripted(Recorder()).make(job("[[stall]]"), lambda percent: None))
    done, _ = await asyncio.wait({task}, timeout=0.05)
    assert not done
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_delay_has_a_longest_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await Scripted(Recorder()).make(job("[[delay:999999999]]"), lambda percent: None)
    assert sum(slept) == pytest.approx(3600)


@pytest.mark.parametrize("word", ["explode", "delay", "delay:-1", "delay:soon", "delay:٣", "fail:", ""])
async def test_an_unknown_word_names_the_known_ones(word: str) -> None:
    with pytest.raises(EngineFailed, match=r"\[\[stall\]\]"):
        await Scripted(Recorder()).make(job(f"a cat [[{word}]]"), lambda percent: None)


async def test_closing_closes_the_engine_within() -> None:
    inner = Recorder()
    await Scripted(inner).close()
    assert inner.closed

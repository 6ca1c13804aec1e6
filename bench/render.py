"""``render``: film seconds per CPU second of the animatic engine, against x264 alone on the same frames.

Both run in a process of their own, with the same encoder settings; CPU seconds are those of all its threads. The
limit gets frames that are already converted, so drawing, converting, sound and the container all count against us.
What a child does before it has a job, importing and ``render.prepare``, counts on neither side.
"""

import io
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import av

from bench.figures import Figure
from filmgate.engines.animatic import encode, render, shots, sound
from filmgate.engines.animatic.plan import FilmPlan
from filmgate.engines.animatic.prompt import read_look
from filmgate.video import FRAMES_PER_SECOND, VideoRequest, frame_size

_PROMPT = "雨夜街头，女孩回头微笑，电影感镜头推进"
_SECONDS = 5
_RESOLUTIONS = ("480p", "720p", "1080p")


def measure() -> list[Figure]:
    """Run it for each resolution, in fresh processes."""
    return [_figure(resolution) for resolution in _RESOLUTIONS]


def _figure(resolution: str) -> Figure:
    ours, alone = (
        float(json.loads(subprocess.check_output([sys.executable, "-m", "bench.render", what, resolution])))
        for what in ("film", "x264")
    )
    return Figure(
        id="render",
        work=f"animatic film from text, {resolution} 16:9, {_SECONDS} s",
        unit="film s per CPU s",
        measured=_SECONDS / ours,
        limit=_SECONDS / alone,
        limit_is="x264 alone on the same frames",
        aim=0.6,
    )


def _plan(resolution: str) -> FilmPlan:
    request = VideoRequest(
        model="bench", prompt=_PROMPT, duration_seconds=_SECONDS, resolution=resolution, ratio="16:9"
    )
    return FilmPlan(
        request=request,
        size=frame_size(resolution, "16:9"),
        frame_count=_SECONDS * FRAMES_PER_SECOND,
        seed=1,
        stills=(),
        clips=(),
        has_sound=False,
        sound_names=(),
    )


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _film(resolution: str) -> float:
    plan = _plan(resolution)
    render.prepare()
    with tempfile.TemporaryDirectory() as folder:
        began = _cpu_seconds()
        samples = sound.ambience(read_look(_PROMPT), plan.seed, _SECONDS)
        with encode.FilmWriter(Path(folder) / "film.mp4", plan.size, samples, lambda _: None) as writer:
            for frame in shots.frames(plan):
                writer.add(frame)
        return _cpu_seconds() - began


def _x264(resolution: str) -> float:
    plan = _plan(resolution)
    frames = [encode.to_yuv(frame) for frame in shots.frames(plan)]
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = encode.video_stream(container, plan.size)
        began = _cpu_seconds()
        for number, frame in enumerate(frames):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        return _cpu_seconds() - began


if __name__ == "__main__":
    print(json.dumps({"film": _film, "x264": _x264}[sys.argv[1]](sys.argv[2])))

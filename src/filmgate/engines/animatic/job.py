"""How a job and its result travel between the animatic and its child."""

from pathlib import Path
from typing import Any

import msgspec

from filmgate.engines.base import EngineJob

FILM = "film.mp4"
POSTER = "poster.jpg"
LAST_FRAME = "last_frame.png"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The files of the names above lie in the job's folder."""

    width: int
    height: int
    frames: int


def write_job(job: EngineJob) -> bytes:
    """The job without what no picture depends on: customers' own notes and webhooks stay in the parent."""
    request = msgspec.structs.replace(job.request, extras={}, metadata=None, webhook_url=None)
    return msgspec.msgpack.encode(msgspec.structs.replace(job, request=request), enc_hook=_path_to_text)


def read_job(data: bytes) -> EngineJob:
    return msgspec.msgpack.decode(data, type=EngineJob, dec_hook=_text_to_path)


def _path_to_text(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value)} does not travel to a child")


def _text_to_path(kind: type, value: Any) -> Path:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"{kind} does not travel to a child")

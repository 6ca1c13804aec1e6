"""The animatic as an engine: jobs to child processes, their results to films."""

import msgspec

from filmgate.engines.animatic.job import FILM, LAST_FRAME, POSTER, Made, write_job
from filmgate.engines.base import EngineJob, Film, Progress
from filmgate.engines.process import ProcessPool

MEMORY_LIMIT_BYTES = 3 << 30
"""What one film may use. The largest, 4k with nine large pictures, needs about half of it."""


class Animatic:
    """Previsualisations without account or GPU: titled shots, camera moves over pictures, morphs between frames."""

    name = "animatic"

    def __init__(self, processes: int, *, memory_limit_bytes: int = MEMORY_LIMIT_BYTES) -> None:
        """Nothing is started yet.

        Args:
            processes: how many films are made at once; more wait for their turn.
        """
        self._pool = ProcessPool(
            "filmgate.engines.animatic.render", processes=processes, memory_bytes=memory_limit_bytes
        )

    async def warm(self) -> None:
        """Start a process that waits for the first film. Optional; after each film one is kept ready anyway."""
        await self._pool.warm()

    async def make(self, job: EngineJob, progress: Progress) -> Film:
        """As ``Engine.make``."""
        result = await self._pool.run(write_job(job), progress, task_id=job.task_id)
        made = msgspec.msgpack.decode(result, type=Made)
        progress(100)
        return Film(
            film=job.folder / FILM,
            poster=job.folder / POSTER,
            last_frame=job.folder / LAST_FRAME,
            width=made.width,
            height=made.height,
            frames=made.frames,
        )

    async def close(self) -> None:
        """As ``Engine.close``."""
        await self._pool.close()

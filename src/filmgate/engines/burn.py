"""Draws the mark into films of others: the one label for which a film is encoded anew."""

from pathlib import Path

import msgspec

from filmgate.engines.process import ProcessPool

_MEMORY_LIMIT_BYTES = 3 << 30


class BurnJob(msgspec.Struct, frozen=True, kw_only=True):
    """A film and its poster, and where the marked ones go."""

    film: str
    poster: str
    marked_film: str
    marked_poster: str


class Burnt(msgspec.Struct, frozen=True, kw_only=True):
    """The marked ones are there."""

    frames: int


class Burner:
    """Marks films, each in a fresh child process; so many at once, more wait for their turn."""

    def __init__(self, processes: int) -> None:
        """Nothing is started yet."""
        self._pool = ProcessPool("filmgate.engines.burning", processes=processes, memory_bytes=_MEMORY_LIMIT_BYTES)

    async def burn(self, film: Path, poster: Path, marked_film: Path, marked_poster: Path, *, task_id: str) -> int:
        """Draw the mark into a film and its poster, both to new files.

        The marked film has the same size, rhythm and sound. Cancelling the coroutine ends the work at once.

        Returns:
            How many pictures it has.

        Raises:
            EngineFailed: it cannot be marked.
        """
        job = BurnJob(
            film=str(film), poster=str(poster), marked_film=str(marked_film), marked_poster=str(marked_poster)
        )
        answer = await self._pool.run(msgspec.msgpack.encode(job), lambda _percent: None, task_id=task_id)
        return msgspec.msgpack.decode(answer, type=Burnt).frames

    async def close(self) -> None:
        """End all child processes."""
        await self._pool.close()

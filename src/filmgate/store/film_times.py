"""How long films took: the last ones of each kind, for the times at which vendors are asked (``work.poll_times``).

One row for each kind, written once for each film.
"""

from collections.abc import Sequence

import msgspec

from filmgate.store.db import Database

_LAST = """
SELECT upstream, model, resolution, seconds, took_seconds FROM film_times
WHERE (upstream, model, resolution, seconds)
      IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[]))
"""
_ADD = """
INSERT INTO film_times (upstream, model, resolution, seconds, took_seconds) VALUES ($1, $2, $3, $4, ARRAY[$5::real])
ON CONFLICT (upstream, model, resolution, seconds) DO UPDATE
SET took_seconds = (film_times.took_seconds || excluded.took_seconds)
                   [greatest(1, cardinality(film_times.took_seconds) + 2 - $6::integer):]
"""


class FilmKind(msgspec.Struct, frozen=True):
    """What films that take about as long have in common."""

    upstream: str
    model: str
    """The vendor's name for it."""
    resolution: str
    seconds: int
    """The film's ordered length."""


class FilmTimes:
    """The rows of film times. Every method raises Unavailable when the database is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def last(self, kinds: Sequence[FilmKind]) -> dict[FilmKind, list[float]]:
        """How many seconds the last films of these kinds took, newest last; only for kinds of which there were any."""
        if not kinds:
            return {}
        columns = zip(*((kind.upstream, kind.model, kind.resolution, kind.seconds) for kind in kinds), strict=True)
        rows = await self._db.rows(_LAST, *columns)
        return {
            FilmKind(row["upstream"], row["model"], row["resolution"], row["seconds"]): row["took_seconds"]
            for row in rows
        }

    async def add(self, kind: FilmKind, took_seconds: float, keep: int) -> None:
        """A film of the kind took so long. The last ``keep`` are remembered."""
        await self._db.run(_ADD, kind.upstream, kind.model, kind.resolution, kind.seconds, took_seconds, keep)

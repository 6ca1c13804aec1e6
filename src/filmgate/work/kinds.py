"""The poll times of every kind of film that is followed here, learned from the last films of all workers."""

from filmgate.store.film_times import FilmKind, FilmTimes
from filmgate.store.followers import Followed
from filmgate.work.poll_times import KEPT_FILMS, PollTimes


def kind_of(followed: Followed) -> FilmKind:
    """What a film has in common with others that take about as long."""
    return FilmKind(followed.upstream, followed.vendor_model, followed.resolution, followed.seconds)


class KnownKinds:
    """The kinds that were asked for. A kind is guessed at until it has been read."""

    def __init__(self, film_times: FilmTimes) -> None:
        self._film_times = film_times
        self._guess = PollTimes(())
        self._known: dict[FilmKind, PollTimes] = {}

    def times(self, kind: FilmKind) -> PollTimes:
        """When to look at a film of the kind."""
        return self._known.setdefault(kind, self._guess)

    async def learn(self, kind: FilmKind, took_seconds: float) -> None:
        """A film of the kind took so long.

        Raises:
            Unavailable: the database is away.
        """
        await self._film_times.add(kind, took_seconds, KEPT_FILMS)

    async def refresh(self) -> None:
        """Read what was learned meanwhile, here and elsewhere.

        Raises:
            Unavailable: the database is away.
        """
        for kind, took_seconds in (await self._film_times.last(list(self._known))).items():
            self._known[kind] = PollTimes(took_seconds)

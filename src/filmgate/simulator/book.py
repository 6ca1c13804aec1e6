"""The book: every job that was ever accepted, by its id. What is in it survives in the state file, if there is one."""

import math
from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from msgspec.structs import replace

from filmgate.errors import SetupError
from filmgate.ids import new_id
from filmgate.simulator.dice import Fate
from filmgate.simulator.job import Job
from filmgate.simulator.journal import Accepted, Cancelled, Deleted, Emptied, Journal, Line, Opened, job_of, line_of
from filmgate.simulator.slots import Slots
from filmgate.task import Quote
from filmgate.video import OBJECT_SCHEME, Media, VideoRequest, link_scheme


class Book:
    """All jobs of a simulator.

    Args:
        max_running: as in ``Options``.
        started: told of every job when its start is known.
        journal: where it is written down; None: nowhere.
    """

    def __init__(self, max_running: int | None, started: Callable[[Job], None], journal: Journal | None = None) -> None:
        self.slots = Slots(max_running, started)
        self._journal = journal
        self._jobs: dict[UUID, Job] = {}
        self._by_key: dict[str, Job] = {}

    def __iter__(self) -> Iterator[Job]:
        """Every job, the oldest first."""
        return iter(self._jobs.values())

    def __len__(self) -> int:
        return len(self._jobs)

    def restore(self, lines: Iterable[Line]) -> None:
        """Live through what a state file says, at the times at which it happened.

        Raises:
            SetupError: it speaks of a job that it never had.
        """
        try:
            for line in lines:
                self._restore(line)
        except KeyError as exc:
            raise SetupError(f"the state file has no job {exc}.", "Choose another with --state.") from exc

    def accept(
        self,
        request: VideoRequest,
        quote: Quote,
        fate: Fate,
        *,
        idempotency_key: str | None,
        base_url: str,
        limit_seconds: float,
        now: float,
    ) -> Job:
        """A new job.

        Args:
            request: complete.
            limit_seconds: after which it expires.
        """
        job = Job(
            id=new_id(),
            request=without_bytes(request),
            quote=quote,
            lies=fate.lies,
            idempotency_key=idempotency_key,
            base_url=base_url,
            created_at=now,
            ready_at=now + fate.queue_seconds,
            making_seconds=fate.making_seconds,
            expires_at=math.inf if "stuck" in fate.lies else now + limit_seconds,
        )
        self._write(line_of(job))
        self._enter(job)
        self.slots.advance(now)
        return job

    def find(self, job_id: UUID | None) -> Job | None:
        """The job of that id, as far as the wire knows it."""
        job = None if job_id is None else self._jobs.get(job_id)
        return job if job is not None and _is_known(job) else None

    def of_key(self, idempotency_key: str) -> Job | None:
        """The first job that was ordered with a key."""
        return self._by_key.get(idempotency_key)

    def newest_first(self) -> Iterator[Job]:
        """Every job that the wire knows."""
        return (job for job in reversed(self._jobs.values()) if _is_known(job))

    def cancel(self, job: Job, now: float) -> None:
        """End an open job."""
        self._write(Cancelled(id=job.id, at=now))
        self._cancel(job, now)

    def delete(self, job: Job) -> None:
        """Take a job's record off the wire."""
        self._write(Deleted(id=job.id))
        job.deleted = True

    def empty(self) -> None:
        """Forget every job."""
        self._write(Emptied())
        self._clear()

    def close(self) -> None:
        """Let go of the state file."""
        if self._journal is not None:
            self._journal.close()

    def _restore(self, line: Line) -> None:
        match line:
            case Accepted():
                self.slots.advance(line.created_at)
                self._enter(job_of(line))
            case Cancelled():
                self.slots.advance(line.at)
                self._cancel(self._jobs[line.id], line.at)
            case Deleted():
                self._jobs[line.id].deleted = True
            case Emptied():
                self._clear()
            case Opened():
                raise KeyError(line.dialect)

    def _enter(self, job: Job) -> None:
        self._jobs[job.id] = job
        if job.idempotency_key is not None:
            self._by_key.setdefault(job.idempotency_key, job)
        self.slots.add(job)

    def _cancel(self, job: Job, now: float) -> None:
        job.cancelled_at = now
        self.slots.cancelled(job)

    def _clear(self) -> None:
        self._jobs.clear()
        self._by_key.clear()
        self.slots.clear()

    def _write(self, line: Line) -> None:
        if self._journal is not None:
            self._journal.write(line)


def _is_known(job: Job) -> bool:
    return not job.deleted and "forgets" not in job.lies


def without_bytes(request: VideoRequest) -> VideoRequest:
    """The order as it is kept: pictures and sounds that came inside of it are gone."""
    if all(link_scheme(media.url) != "data" for media in request.media):
        return request
    return replace(request, media=tuple(_without_data(number, media) for number, media in enumerate(request.media)))


def _without_data(number: int, media: Media) -> Media:
    """Some wires show an order's media again: then a link stands there, though it leads nowhere."""
    return replace(media, url=f"{OBJECT_SCHEME}inputs/{number}") if link_scheme(media.url) == "data" else media

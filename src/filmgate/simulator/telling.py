"""How a job is told: in the server halves' words, with links, and with what its lies make of the answer."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from filmgate.dialects.base import Reply
from filmgate.simulator.job import UNKNOWN_WORD, Job, Sight, as_task
from filmgate.simulator.studio import Studio
from filmgate.task import Task


class FilmLinks:
    """Links to a job's film and pictures, as good as the job's lies let them be."""

    def __init__(self, studio: Studio, job: Job, base_url: str, now: float) -> None:
        self._studio = studio
        self._base_url = base_url
        self._query = f"?link={job.link_number}"
        if studio.options.link_seconds is not None:
            self._query += f"&until={now + studio.scaled(studio.options.link_seconds):.3f}"

    def film(self, task: Task) -> str:
        return self._link(task, "mp4")

    def poster(self, task: Task) -> str:
        return self._link(task, "png")

    def last_frame(self, task: Task) -> str:
        return self._link(task, "png")

    def media(self, object_name: str) -> str:
        return f"{self._base_url}/{object_name}"

    def _link(self, task: Task, extension: str) -> str:
        return f"{self._base_url}/films/{self._studio.vendor.dialect.show_id(task.id)}.{extension}{self._query}"


def task_of(studio: Studio, job: Job, sight: Sight) -> Task:
    """The job in the words of the server halves."""
    options, size = studio.options, studio.vendor.size_of(job.request)
    link_seconds = None if options.link_seconds is None else studio.scaled(options.link_seconds)
    return as_task(job, sight, studio.vendor.dialect.name, size, link_seconds)


def freshen(job: Job, sight: Sight) -> None:
    """A question after a dead link was tried brings a fresh one."""
    if job.is_link_tried and sight.status == "succeeded":
        job.is_link_tried = False
        job.link_number += 1


def altered(
    reply: Reply, studio: Studio, sights: Sequence[tuple[Job, Sight]], tasks_in: Callable[[Any], list[Any]]
) -> Reply:
    """The reply with what the jobs' lies make of it.

    Args:
        sights: of the jobs that it is about.
        tasks_in: the members of each of them in the answer, in the same order.
    """
    if not any(sight.is_word_unknown or lacks_link(job, sight) for job, sight in sights):
        return reply
    answer = msgspec.json.decode(reply.body)
    for (job, sight), task in zip(sights, tasks_in(answer), strict=True):
        if sight.is_word_unknown:
            task["status"] = UNKNOWN_WORD
        if lacks_link(job, sight) and studio.vendor.link_at:
            *outer, last = studio.vendor.link_at
            inside(task, outer).pop(last, None)
    return Reply(status=reply.status, body=msgspec.json.encode(answer), headers=reply.headers)


def lacks_link(job: Job, sight: Sight) -> bool:
    """Whether the job is done, and there is nowhere to fetch its film."""
    return "no-link" in job.lies and sight.status == "succeeded"


def inside(answer: Any, names: Iterable[str]) -> Any:
    """The member of a member of an answer."""
    for name in names:
        answer = answer[name]
    return answer

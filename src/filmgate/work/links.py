"""The links of a task's files: signed, absolute, as its customer reaches this server."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from filmgate.links import FileLinks
from filmgate.task import Result, Task, film_name

# What TaskLinks puts behind the id.
_ENDING = re.compile(r"(?:\.mp4|\.jpg|-last-frame\.png|-input-[0-9]+)\Z", re.ASCII)


class TaskLinks:
    """``dialects.base.Links`` for one task in one answer.

    A link carries a file name that people can read (``vid_….mp4``) and, once the task has ended, is the same in every
    answer: it is good until the promised hour after the end.
    """

    def __init__(
        self, task: Task, *, files: FileLinks, base_url: str, show_id: Callable[[UUID], str], now: datetime
    ) -> None:
        # Most answers have no link in them, so nothing is worked out before one is asked for.
        self._task = task
        self._files = files
        self._base_url = base_url
        self._show_id = show_id
        self._now = now

    def film(self, task: Task) -> str:
        # Also before there is a film: some answers say from the beginning where it will be (spec senseaudio 4.2).
        return self._link(task.result.film if task.result else film_name(task.id), ".mp4")

    def poster(self, task: Task) -> str:
        return self._link(_result(task).poster, ".jpg")

    def last_frame(self, task: Task) -> str:
        return self._link(_result(task).last_frame, "-last-frame.png")

    def media(self, object_name: str) -> str:
        return self._link(object_name, f"-input-{object_name.rpartition('/')[2]}")

    def _link(self, object_name: str, ending: str) -> str:
        # For an open task the hour that has begun, so that an answer does not change from one second to the next.
        hour = self._now.replace(minute=0, second=0, microsecond=0)
        path = self._files.path(
            object_name,
            file_name=self._show_id(self._task.id) + ending,
            expires_at=self._task.kept_until or hour + timedelta(hours=self._task.promise.retention_hours),
        )
        return self._base_url.rstrip("/") + path


def shown_id_in(file_name: str) -> str:
    """The id that stands in the file name of a link, in the form in which its dialect shows it."""
    return _ENDING.sub("", file_name)


def _result(task: Task) -> Result:
    if task.result is None:
        raise ValueError(f"task {task.id} is {task.status} and has no film to link to")
    return task.result

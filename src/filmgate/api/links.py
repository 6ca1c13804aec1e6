"""The links in an answer: signed, absolute, addressed as the caller addresses us."""

from datetime import timedelta

from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.task import Result, Task, film_name


class TaskLinks:
    """``dialects.base.Links`` for one task in one answer.

    A link carries a file name that people can read (``vid_….mp4``) and, once the task has ended, is the same in every
    answer: it is good until the promised hour after the end.
    """

    def __init__(self, desk: Desk, call: Call, task: Task) -> None:
        # Most answers have no link in them, so nothing is worked out before one is asked for.
        self._desk = desk
        self._call = call
        self._task = task

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
        services = self._desk.services
        # For an open task the hour that has begun, so that an answer does not change from one second to the next.
        ended_at = self._task.completed_at or services.clock().replace(minute=0, second=0, microsecond=0)
        path = services.links.path(
            object_name,
            file_name=self._desk.dialect.show_id(self._task.id) + ending,
            expires_at=ended_at + timedelta(hours=services.settings.result_retention_hours),
        )
        return (services.settings.public_url or self._call.base_url()).rstrip("/") + path


def _result(task: Task) -> Result:
    if task.result is None:
        raise ValueError(f"task {task.id} is {task.status} and has no film to link to")
    return task.result

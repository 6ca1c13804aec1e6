"""Saving: a finished film is laid into the object store, its two pictures beside it.

One of our own engine is checked first to be exactly what was ordered; others are checked where they are brought
home (``work.bring``).
"""

from filmgate import video
from filmgate.errors import EngineFailed
from filmgate.label import Label
from filmgate.media.probe import Prober
from filmgate.objects import NewObject, Objects
from filmgate.task import Result, Task, film_name, last_frame_name, poster_name
from filmgate.upstreams.base import Film
from filmgate.video import VideoRequest

# One frame, and a little for the rounding of time stamps in the file.
_LENGTH_TOLERANCE_SECONDS = 1 / video.FRAMES_PER_SECOND + 0.005
# The named sizes of one resolution differ by up to 5 % in area.
_AREA_TOLERANCE = 0.06


async def save(task: Task, film: Film, seconds: float, objects: Objects, labels: tuple[Label, ...] = ()) -> Result:
    """Bring a film home that was checked and labelled, under names made from the task's id.

    Saving the same task again writes the same objects again, so nothing is left over when a worker dies on the way.

    Args:
        seconds: the film's length, as it was measured.
        labels: what it carries (``work.label``).

    Raises:
        Unavailable: the object store is away.
    """
    stored, poster, last_frame = await objects.put_files(
        NewObject(film_name(task.id), film.film, "video/mp4"),
        NewObject(poster_name(task.id), film.poster, "image/jpeg"),
        NewObject(last_frame_name(task.id), film.last_frame, "image/png"),
    )
    return Result(
        film=stored.name,
        poster=poster.name,
        last_frame=last_frame.name,
        width=film.width,
        height=film.height,
        seconds=seconds,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        labels=labels,
    )


async def checked_length_seconds(request: VideoRequest, film: Film, prober: Prober) -> float:
    """The length of a film of our own engine, if it and the size are what was ordered and what the engine said.

    Raises:
        EngineFailed: they are not, or the film does not decode.
    """
    probe = await prober.check_film(film.film)
    size, said_size = (probe.width, probe.height), (film.width, film.height)
    if size != said_size:
        raise _not_as_ordered(f"its size is {size} and was said to be {said_size}")
    if not _is_ordered_size(request, film.width, film.height):
        raise _not_as_ordered(f"{film.width}x{film.height} is not {request.resolution} in {request.ratio}")
    ordered_seconds = request.duration_seconds or 0
    if probe.seconds is None or abs(probe.seconds - ordered_seconds) > _LENGTH_TOLERANCE_SECONDS:
        raise _not_as_ordered(f"it lasts {probe.seconds} s instead of {ordered_seconds} s")
    return probe.seconds


def _is_ordered_size(request: VideoRequest, width: int, height: int) -> bool:
    if request.resolution is None or request.ratio is None:
        return False
    named_width, named_height = video.frame_size(request.resolution, request.ratio)
    if request.ratio != video.ADAPTIVE:
        return (width, height) == (named_width, named_height)
    # The first picture decides the shape; the resolution still decides how many pixels there are.
    return abs(width * height / (named_width * named_height) - 1) <= _AREA_TOLERANCE


def _not_as_ordered(difference: str) -> EngineFailed:
    return EngineFailed(f"the film is not what was ordered: {difference}")

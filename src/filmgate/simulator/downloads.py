"""Serving films and pictures: ranges and conditions as any file server has them, and the lies about films."""

from datetime import datetime

from filmgate.dialects.base import Reply
from filmgate.errors import NotFound
from filmgate.ranges import (
    RangeOutside,
    Slice,
    http_date,
    is_not_modified,
    is_still_the_same,
    wanted_slice,
)
from filmgate.simulator.call import Answer, Call, Download, html
from filmgate.simulator.films import Reel, labelled
from filmgate.simulator.job import Job, Sight, moment, seen
from filmgate.simulator.orders import known
from filmgate.simulator.studio import Studio

_TRUNCATED = 0.6
"""How much is left of a truncated film."""


async def by_link(studio: Studio, call: Call) -> Answer:
    """A film, or the last frame, behind a link that an answer gave. No key is needed."""
    name, _, extension = call.id.rpartition(".")
    try:
        job = known(studio, name)
    except NotFound:
        return html(404)
    sight = seen(job, studio.clock())
    if sight.status != "succeeded":
        return html(404)
    if _is_past(call.query("until"), studio.clock()):
        return html(403)
    if extension != "mp4":
        picture = await studio.films.picture(studio.vendor.size_of(job.request), "PNG")
        return served(call, Reel(head=picture), "image/png", job, sight)
    return await film(studio, call, job, sight, link_number=call.query("link") or "0")


async def film(studio: Studio, call: Call, job: Job, sight: Sight, link_number: str) -> Answer:
    """The film of a job that has succeeded.

    Args:
        link_number: which link was followed; of those for a dead one, the first is dead.
    """
    job.downloads += 1
    if "dead-link" in job.lies and link_number == "0":
        job.is_link_tried = job.link_number == 0
        # Some stores say that it is forbidden, and some that it is gone.
        return html(403 if job.id.int % 2 else 404)
    if "html-link" in job.lies:
        return html(200)
    reel = await _reel(studio, job)
    return served(call, reel, "video/mp4", job, sight, is_cut="cut" in job.lies)


def served(call: Call, reel: Reel, content_type: str, job: Job, sight: Sight, *, is_cut: bool = False) -> Answer:
    """A file of a job, or the part of it that is asked for.

    Args:
        is_cut: a part from the beginning breaks off in the middle.
    """
    made_at = moment(sight.ended_at or 0.0)
    etag = f'"{job.id.hex}-{reel.size_bytes:x}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Last-Modified": http_date(made_at)}
    if is_not_modified(call.header(b"if-none-match"), call.header(b"if-modified-since"), etag, made_at):
        return Reply(status=304, body=b"", headers=headers)
    try:
        part = _wanted(call, reel, etag, made_at)
    except RangeOutside:
        return Reply(status=416, body=b"", headers={**headers, "Content-Range": f"bytes */{reel.size_bytes}"})
    piece = part or Slice(0, reel.size_bytes)
    headers |= {"Content-Type": content_type, "Content-Length": str(piece.length)}
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{reel.size_bytes}"
    return Download(
        status=200 if part is None else 206,
        headers=headers,
        pieces=reel.pieces(piece.start, piece.length),
        cut_after_bytes=piece.length // 2 if is_cut and piece.start == 0 else None,
    )


def _wanted(call: Call, reel: Reel, etag: str, made_at: datetime) -> Slice | None:
    # A range means something for GET only (RFC 9110, 14.2).
    if call.method != "GET" or not is_still_the_same(call.header(b"if-range"), etag, made_at):
        return None
    return wanted_slice(call.header(b"range"), reel.size_bytes)


async def _reel(studio: Studio, job: Job) -> Reel:
    """The file of a job's film, as its lies have it."""
    width, height = studio.vendor.size_of(job.request)
    seconds = job.request.duration_seconds or 1
    if "wrong-size" in job.lies:
        width, height = width // 4 * 2, height // 4 * 2
    if "wrong-length" in job.lies:
        seconds += 1 if seconds == 1 else -1
    data = await studio.films.film((width, height), seconds, sound=job.request.audio is not False)
    if "truncated" in job.lies:
        return Reel(head=data[: int(len(data) * _TRUNCATED)])
    size_bytes = studio.options.huge_film_bytes if "huge-film" in job.lies else studio.options.film_bytes
    return labelled(data, f"filmgate simulator: {studio.vendor.dialect.show_id(job.id)}", size_bytes)


def _is_past(until: str | None, now: float) -> bool:
    try:
        return until is not None and not now < float(until)
    except ValueError:
        return True

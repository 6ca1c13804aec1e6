"""OpenAI as a vendor: lists, deletions and callbacks; what is too much is refused (spec openai_videos 2 to 8)."""

import base64
import binascii
import hashlib
import hmac

from filmgate.dialects.openai import OpenAIServer
from filmgate.dialects.openai.forms import is_form
from filmgate.dialects.openai.listing import ListQuery
from filmgate.dialects.openai.sizes import size_of
from filmgate.errors import NotFound, Unsupported
from filmgate.simulator import downloads, orders
from filmgate.simulator.call import Answer, Call
from filmgate.simulator.films import Reel
from filmgate.simulator.job import Job, Sight, seen
from filmgate.simulator.studio import Door, Studio, Vendor, named_size
from filmgate.simulator.telling import altered, freshen, lacks_link, task_of
from filmgate.task import TERMINAL
from filmgate.video import Size, VideoRequest

_BASE = "/v1"
_DEFAULT_MODEL = "seedance-2.0"
_SECRET_PREFIX = "whsec_"  # noqa: S105  Not a secret but what one begins with.


def build_openai() -> Vendor:
    """The vendor."""
    dialect = OpenAIServer(default_model=_DEFAULT_MODEL)

    async def create(studio: Studio, call: Call) -> Answer:
        body, content_type = await call.body(dialect.body_limit_bytes), call.header(b"content-type") or ""
        request = dialect.read_form(body, content_type) if is_form(content_type) else dialect.read_create(body)
        return await orders.create(studio, call, request)

    async def list_videos(studio: Studio, call: Call) -> Answer:
        wanted = dialect.read_list_query(call.query("after"), call.query("limit"), call.query("order"))
        jobs, now = _in_order(studio, wanted), studio.clock()
        page = [(job, seen(job, now)) for job in jobs[: wanted.limit]]
        for job, sight in page:
            freshen(job, sight)
        tasks = [task_of(studio, job, sight) for job, sight in page]
        reply = dialect.phrase_list(tasks, has_more=len(jobs) > len(page))
        return altered(reply, studio, page, lambda answer: answer["data"])

    async def content(studio: Studio, call: Call) -> Answer:
        variant = dialect.read_variant(call.query("variant"))
        if variant == "spritesheet":
            raise Unsupported("a simulated video has no spritesheet", field="variant")
        job = orders.known(studio, call.id)
        sight = seen(job, studio.clock())
        if sight.status != "succeeded" or lacks_link(job, sight):
            return dialect.phrase_no_content(task_of(studio, job, sight))
        if _is_gone(studio, sight):
            raise NotFound("the content of the video has expired")
        if variant == "thumbnail":
            picture = await studio.films.picture(_size(job.request), "WEBP")
            return downloads.served(call, Reel(head=picture), "image/webp", job, sight)
        return await downloads.film(studio, call, job, sight, str(job.link_number))

    async def delete(studio: Studio, call: Call) -> Answer:
        job = orders.known(studio, call.id)
        await orders.slowly(studio, job)
        sight = seen(job, studio.clock())
        if sight.status not in TERMINAL:
            orders.cancel(studio, job)
        if sight.status in TERMINAL or job.cancelled_at is not None:
            studio.book.delete(job)
        return dialect.phrase_deleted(task_of(studio, job, sight))

    async def models(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
        return dialect.phrase_models(studio.catalogue.offers())

    return Vendor(
        dialect=dialect,
        base_path=_BASE,
        waits_for_room=False,
        size_of=_size,
        sign=sign,
        doors=(
            Door("POST", f"{_BASE}/videos", "create", create),
            Door("GET", f"{_BASE}/videos/{{id}}", "query", orders.query),
            Door("GET", f"{_BASE}/videos", "list", list_videos),
            Door("DELETE", f"{_BASE}/videos/{{id}}", "cancel", delete),
            Door("GET", f"{_BASE}/videos/{{id}}/content", "film", content),
            Door("GET", f"{_BASE}/models", "models", models),
        ),
    )


def sign(secret: str | None, event_id: str, unix_seconds: int, body: bytes) -> dict[str, str]:
    """The headers of a callback, as Standard Webhooks has them; without a secret there is no signature (spec
    openai_videos 8)."""
    headers = {"webhook-id": event_id, "webhook-timestamp": str(unix_seconds)}
    if secret is not None:
        signed = f"{event_id}.{unix_seconds}.".encode() + body
        digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def _key(secret: str) -> bytes:
    """The bytes of a secret: what stands behind its prefix in base64, or the text itself."""
    try:
        return base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()


def _size(request: VideoRequest) -> Size:
    """The asked size exactly, also where the catalogue's table has another one nearby."""
    text = size_of(request)
    if text is None:
        return named_size(request)
    width, height = text.split("x")
    return int(width), int(height)


def _in_order(studio: Studio, wanted: ListQuery) -> list[Job]:
    """The videos from the wanted page on.

    Raises:
        NotFound: there is none of the id that the page begins behind.
    """
    jobs = list(studio.book.newest_first())
    if not wanted.newest_first:
        jobs.reverse()
    if wanted.after is None:
        return jobs
    after = studio.book.find(wanted.after)
    if after is None:
        raise NotFound("there is no video of the id in after")
    return jobs[jobs.index(after) + 1 :]


def _is_gone(studio: Studio, sight: Sight) -> bool:
    seconds = studio.options.link_seconds
    return seconds is not None and studio.clock() >= (sight.ended_at or 0.0) + studio.scaled(seconds)

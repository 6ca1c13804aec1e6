"""Doors of the OpenAI dialect alone: forms, lists, deletions, content, videos made of videos (spec openai_videos)."""

from functools import partial

from litestar.types import Send

from filmgate.api.answers import dialect_headers, send_reply
from filmgate.api.bodies import apart, read_form_body, read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.files import send_object
from filmgate.api.orders import find_task, own_task, place, placed_before, read_order
from filmgate.catalogue.rules import shortened
from filmgate.dialects.base import Reply
from filmgate.dialects.openai import is_form
from filmgate.dialects.openai.change import Change, ChangeKind, model_of
from filmgate.dialects.openai.listing import ListQuery
from filmgate.errors import NotFound, RulesBroken, Unsupported, Violation
from filmgate.store.accounts import Key
from filmgate.store.task_lists import Position, TaskFilter
from filmgate.task import Task
from filmgate.video import OBJECT_SCHEME, VideoRequest, link_scheme
from filmgate.work.placing import open_offers


async def create(desk: Desk, call: Call) -> Reply:
    """Accept an order, as JSON or as a form (spec openai_videos 2)."""
    key = await desk.gatekeeper.identify(call)
    body, form_type = await _read_body(desk, call)
    openai = desk.services.dialects.openai
    read = partial(openai.read_create, body) if form_type is None else partial(openai.read_form, body, form_type)
    request = await read_order(desk, call, key, len(body), read, own_links=_uploads)
    return await place(desk, call, key, request, own_links=_uploads(request))


async def remix(desk: Desk, call: Call) -> Reply:
    """Make a video anew, with a change; which one, the path says (spec openai_videos 7)."""
    return await _change(desk, call, "remix", call.path_values["task_id"])


async def edit(desk: Desk, call: Call) -> Reply:
    """Change something in a video."""
    return await _change(desk, call, "edit")


async def extend(desk: Desk, call: Call) -> Reply:
    """Make what comes after a video."""
    return await _change(desk, call, "extension")


async def list_videos(desk: Desk, call: Call) -> Reply:
    """A page of the account's videos of this dialect (spec openai_videos 4)."""
    key = await desk.gatekeeper.identify(call)
    openai = desk.services.dialects.openai
    query = openai.read_list_query(call.query("after"), call.query("limit"), call.query("order"))
    tasks = await desk.services.task_lists.page(
        key.account_id,
        TaskFilter(dialects=(desk.dialect.name,)),
        after=await _position(desk, key, query),
        limit=query.limit + 1,
        oldest_first=not query.newest_first,
    )
    return openai.phrase_list(tasks[: query.limit], has_more=len(tasks) > query.limit)


async def delete(desk: Desk, call: Call) -> Reply:
    """Delete a video; one that is still open is cancelled first (spec openai_videos 5, 11)."""
    task = await own_task(desk, await desk.gatekeeper.identify(call), call.path_values["task_id"])
    await desk.services.deleter.delete(task)
    return desk.services.dialects.openai.phrase_deleted(task)


async def content(desk: Desk, call: Call, send: Send) -> None:
    """Send a video or one of its pictures (spec openai_videos 6).

    Raises:
        RulesBroken: there is no such variant.
        NotFound: there is no such video, or its film is gone.
    """
    openai = desk.services.dialects.openai
    task = await own_task(desk, await desk.gatekeeper.identify(call), call.path_values["task_id"])
    variant = openai.read_variant(call.query("variant"))
    if task.result is None:
        headers = dialect_headers(call.scope, desk.dialect.name)
        await send_reply(call.scope, send, openai.phrase_no_content(task), headers)
        return
    match variant:
        case "video":
            name, ending = task.result.film, ".mp4"
        case "thumbnail":
            name, ending = task.result.poster, ".jpg"
        case "spritesheet":
            name, ending = await desk.services.spritesheets.name_of(task), "-spritesheet.jpg"
    await send_object(desk.services, call, send, name, file_name=openai.show_id(task.id) + ending)


async def list_models(desk: Desk, call: Call) -> Reply:
    """The models that the caller may order."""
    key = await desk.gatekeeper.identify(call)
    offers = desk.services.catalogue.sold_in(desk.dialect.name)
    return desk.services.dialects.openai.phrase_models(open_offers(offers, key))


async def no_new_character(desk: Desk, call: Call) -> Reply:
    """Characters are OpenAI's own (spec openai_videos 7).

    Raises:
        Unsupported: always, for who has a good key.
    """
    await desk.gatekeeper.identify(call)
    raise Unsupported("there are no characters here: give pictures of them as input_references")


async def no_character(desk: Desk, call: Call) -> Reply:
    """As there are none, none is found."""
    await desk.gatekeeper.identify(call)
    raise NotFound("character not found")


async def _read_body(desk: Desk, call: Call) -> tuple[bytes, str | None]:
    """The body and, where it is a form, its Content-Type."""
    limit_bytes = desk.dialect.body_limit_bytes
    content_type = call.headers.get(b"content-type", b"").decode("latin-1")
    if is_form(content_type):
        return await read_form_body(call, limit_bytes), content_type
    return await read_json_body(call, limit_bytes), None


def _uploads(request: VideoRequest) -> frozenset[str]:
    """The media that came as files or data URLs. In this API they are no links, so any model may get them."""
    return frozenset(media.url for media in request.media if link_scheme(media.url) == "data")


async def _change(desk: Desk, call: Call, kind: ChangeKind, video_id: str | None = None) -> Reply:
    key = await desk.gatekeeper.identify(call)
    body, form_type = await _read_body(desk, call)
    openai = desk.services.dialects.openai
    change = await apart(len(body), partial(openai.read_change, kind, body, form_type, video_id=video_id))
    before = await placed_before(desk, call, key, change)
    if before is not None:
        return before
    source = await _source(desk, key, change)
    # The film goes along as an object of ours, so that nobody has to fetch it from this server.
    film = OBJECT_SCHEME + source.result.film if source and source.result else ""
    offer = desk.services.catalogue.find(model_of(change, source), desk.dialect.name)
    request = openai.order_change(change, offer, source, film)
    return await place(desk, call, key, request, own_links=_uploads(request) | {film}, said=change)


async def _source(desk: Desk, key: Key, change: Change) -> Task | None:
    """The video that is to be changed, unless it came with the body."""
    return None if change.source_id is None else await own_task(desk, key, change.source_id)


async def _position(desk: Desk, key: Key, query: ListQuery) -> Position | None:
    """Where the wanted page begins.

    Raises:
        RulesBroken: behind a video that is none of the caller's. One that was deleted since still has its place.
    """
    if query.after is None:
        return None
    last = await find_task(desk, key, query.after)
    if last is None:
        shown = shortened(desk.dialect.show_id(query.after))
        raise RulesBroken([Violation(field="after", rule="unknown", message="is no video of yours", value=shown)])
    return last.created_at, last.id

"""Doors of the Ark dialect alone: full films of drafts, lists by page, deletions (spec ark 2, 5, 6)."""

from functools import partial

from filmgate.api.bodies import read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.orders import find_task, own_task, place, placed_before, read_order
from filmgate.dialects.ark.listing import ListQuery
from filmgate.dialects.base import Reply
from filmgate.store.accounts import Key
from filmgate.store.task_lists import TaskFilter
from filmgate.video import VideoRequest, link_scheme


async def create(desk: Desk, call: Call) -> Reply:
    """Accept an order, also one for the full film of a draft (spec ark 2)."""
    key = await desk.gatekeeper.identify(call)
    body = await read_json_body(call, desk.dialect.body_limit_bytes)
    read = await read_order(desk, call, key, len(body), partial(desk.services.dialects.ark.read_create, body))
    draft_id = desk.services.dialects.ark.draft_id_of(read)
    if draft_id is None:
        return await place(desk, call, key, read)
    before = await placed_before(desk, call, key, read)
    if before is not None:
        return before
    request = await _full_film_of(desk, key, read, draft_id)
    # Before that no order has such links: a caller who writes one is refused.
    own = [media.url for media in request.media if link_scheme(media.url) == "object"]
    return await place(desk, call, key, request, own_links=frozenset(own), said=read)


async def list_tasks(desk: Desk, call: Call) -> Reply:
    """A page of the account's tasks of this dialect, newest first (spec ark 5)."""
    key = await desk.gatekeeper.identify(call)
    ark = desk.services.dialects.ark
    query = ark.read_list_query(call.query_fields())
    tasks, total = await desk.services.task_lists.numbered_page(
        key.account_id, _filter(desk, query), skip=query.offset, limit=query.page_size
    )
    return ark.phrase_list([(task, desk.links(call, task)) for task in tasks], total)


async def delete(desk: Desk, call: Call) -> Reply:
    """Cancel a task that waits, or delete the record of one that has ended (spec ark 6). A body is not looked at.

    Raises:
        WrongState: it has begun in this very moment.
    """
    ark = desk.services.dialects.ark
    task = await own_task(desk, await desk.gatekeeper.identify(call), call.path_values["task_id"])
    match ark.effect_of_delete(task.status):
        case "cancel":
            await desk.services.canceller.cancel(task, while_in=("queued",))
        case "forget":
            await desk.services.deleter.delete(task)
        case "refuse":
            return ark.phrase_kept(task.status, call.request_id.decode())
    return ark.phrase_deleted()


async def _full_film_of(desk: Desk, key: Key, request: VideoRequest, draft_id: str) -> VideoRequest:
    """The order of the full film of the draft that it names.

    Raises:
        RulesBroken: the draft is none whose film can be ordered.
    """
    ark = desk.services.dialects.ark
    draft = await find_task(desk, key, ark.read_id(draft_id))
    is_there = draft is not None and draft.deleted_at is None
    return ark.final_order(request, draft if is_there else None, desk.services.clock())


def _filter(desk: Desk, query: ListQuery) -> TaskFilter:
    models = None
    if query.model is not None:
        offer = desk.services.catalogue.find(query.model, desk.dialect.name)
        # What is no model, nobody has ordered.
        models = () if offer is None else (offer.id,)
    return TaskFilter(
        statuses=query.statuses,
        models=models,
        dialects=(desk.dialect.name,),
        ids=query.task_ids,
        service_tier=query.service_tier,
    )

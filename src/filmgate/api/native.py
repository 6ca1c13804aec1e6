"""Doors of the native API: orders of the account, whichever dialect they came in."""

from datetime import datetime

import msgspec

from filmgate.api.bodies import read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.orders import idempotency_key_of
from filmgate.api.pages import Pages
from filmgate.api.query import Query
from filmgate.dialects.base import Reply
from filmgate.dialects.native.attempts import say_attempts, say_cancelled
from filmgate.dialects.native.read import MAX_COST, QUOTE_ID, WEBHOOK_EVENTS
from filmgate.dialects.phrasing import reply
from filmgate.errors import NotFound, RulesBroken
from filmgate.ids import from_uuid_form
from filmgate.store.accounts import Key
from filmgate.store.task_lists import TaskFilter
from filmgate.task import STATUSES, Task
from filmgate.video import VideoRequest
from filmgate.work.placing import Placing, refuse_old_quote

LONGEST_WAIT_SECONDS = 300
MOST_ON_A_PAGE = 100


async def create(desk: Desk, call: Call) -> Reply:
    """Accept an order."""
    key = await desk.gatekeeper.identify(call)
    request, placing, quote_valid_until = await _read_order(desk, call, key)
    task = await desk.services.submitter.submit(
        request, desk.dialect, key, placing, quote_valid_until=quote_valid_until
    )
    return desk.services.dialects.native.phrase_created(task, desk.links(call, task))


async def read(desk: Desk, call: Call) -> Reply:
    """How an order is doing; with ``wait``, as soon as it has come to another status."""
    query = Query(call, ("wait", "seen"))
    wait_seconds = query.whole_number("wait", least=0, most=LONGEST_WAIT_SECONDS, default=0)
    seen = query.choice("seen", STATUSES)
    query.finish()
    task = await own_task(desk, call)
    if wait_seconds:
        async with call.gone() as gone:
            task = await desk.services.changes.moved_on(desk.reader.read, task, seen or task.status, wait_seconds, gone)
    return _phrased(desk, call, task)


async def cancel(desk: Desk, call: Call) -> Reply:
    """Cancel an order. One that is cancelled already answers as before; one that has ended otherwise is refused."""
    task = await desk.services.canceller.cancel(await own_task(desk, call))
    said = desk.services.dialects.native.say(task, desk.links(call, task), shown_id(desk, task))
    return reply(say_cancelled(said, await desk.services.attempts.of_task(task.id)))


async def attempts(desk: Desk, call: Call) -> Reply:
    """Who was asked to make the film, and what came of it."""
    task = await own_task(desk, call)
    return reply(say_attempts(desk.dialect.show_id(task.id), await desk.services.attempts.of_task(task.id)))


async def list_tasks(desk: Desk, call: Call) -> Reply:
    """The account's orders, newest first."""
    key = await desk.gatekeeper.identify(call)
    query = Query(
        call,
        ("test", "created_from", "created_before", "metadata", "limit", "cursor"),
        repeatable=("status", "model", "dialect"),
    )
    wanted = TaskFilter(
        statuses=query.choices("status", STATUSES),
        models=query.texts("model"),
        dialects=query.choices("dialect", desk.services.dialects.names),
        test=query.switch("test"),
        created_from=query.moment("created_from"),
        created_before=query.moment("created_before"),
        metadata=query.json_object("metadata"),
    )
    limit = query.whole_number("limit", least=1, most=MOST_ON_A_PAGE, default=20)
    cursor = query.text("cursor")
    query.finish()
    pages = Pages(desk.services.cursors, key.account_id, "tasks", wanted)
    tasks = await desk.services.task_lists.page(key.account_id, wanted, after=pages.position(cursor), limit=limit + 1)
    shown = tasks[:limit]
    next_cursor = pages.cursor(shown[-1].created_at, shown[-1].id) if len(tasks) > limit else None
    return desk.services.dialects.native.phrase_tasks(
        [(task, desk.links(call, task), shown_id(desk, task)) for task in shown], next_cursor
    )


async def quote(desk: Desk, call: Call) -> Reply:
    """What an order would cost, and all that is wrong with it and its media. Nothing is ordered."""
    key = await desk.gatekeeper.identify(call)
    request, placing, valid_until = await _read_order(desk, call, key)
    refuse_old_quote(valid_until, desk.services.clock())
    quoted = await desk.services.quoter.quote(request, desk.dialect, key, placing)
    return desk.services.dialects.native.phrase_quote(
        quote=quoted.plan.quote if quoted.plan else None,
        request=quoted.plan.request if quoted.plan else request,
        routes=quoted.plan.routes if quoted.plan else (),
        violations=quoted.violations,
        quote_id=quoted.quote_id,
        valid_until=quoted.valid_until,
    )


async def own_task(desk: Desk, call: Call) -> Task:
    """The caller's task whose id stands in the path, in any dialect's form of it.

    Raises:
        Unauthenticated: the caller has no good key.
        NotFound: there is no such task, it is another account's, or it was deleted.
    """
    key = await desk.gatekeeper.identify(call)
    text = call.path_values["task_id"]
    task_id = from_uuid_form(text) or next(filter(None, (each.read_id(text) for each in desk.services.dialects)), None)
    task = None if task_id is None else await desk.reader.read(task_id)
    if task is None or task.account_id != key.account_id or task.deleted_at is not None:
        raise NotFound("task not found")
    return task


def shown_id(desk: Desk, task: Task) -> str:
    """How the dialect that a task was ordered through calls it."""
    return desk.services.dialects.named(task.dialect).show_id(task.id)


async def _read_order(desk: Desk, call: Call, key: Key) -> tuple[VideoRequest, Placing, datetime | None]:
    """The order, how it is placed, and until when the quote that it names is good."""
    body = await read_json_body(call, desk.dialect.body_limit_bytes)
    try:
        read_request = desk.dialect.read_create(body)
    except RulesBroken as exc:
        await desk.services.submitter.refuse(exc, desk.dialect, key)
    extras = read_request.extras
    # How the order is placed is not a part of what is ordered.
    request = msgspec.structs.replace(read_request, extras={})
    quote_id = extras.get(QUOTE_ID)
    opened = (
        None if quote_id is None else desk.services.quoter.open(quote_id, key.account_id, desk.dialect.name, request)
    )
    placing = Placing(
        base_url=desk.base_url(call),
        idempotency_key=idempotency_key_of(call),
        max_cost_micros=extras.get(MAX_COST),
        quoted=opened.quote if opened else None,
        webhook_events=extras.get(WEBHOOK_EVENTS),
    )
    return request, placing, opened.valid_until if opened else None


def _phrased(desk: Desk, call: Call, task: Task) -> Reply:
    return desk.services.dialects.native.phrase_task(task, desk.links(call, task), shown_id(desk, task))

"""Doors for webhooks: endpoints, the secret, and what became of each piece of news."""

from datetime import timedelta
from uuid import UUID

from filmgate.api.bodies import read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.native import MOST_ON_A_PAGE
from filmgate.api.pages import Pages
from filmgate.api.query import Query
from filmgate.dialects.base import Reply
from filmgate.dialects.native import webhook_read as read
from filmgate.dialects.native import webhook_say as say
from filmgate.errors import NotFound, RulesBroken, Violation
from filmgate.store.webhooks import MOST_ENDPOINTS
from filmgate.webhook import STATES, DeliveryFilter, event_status
from filmgate.work.placing import broken_receiver

_BODY_LIMIT_BYTES = 64 * 1024
_REPLAYED_AT_ONCE = 10_000


async def list_webhooks(desk: Desk, call: Call) -> Reply:
    """All endpoints of the account."""
    key = await desk.gatekeeper.identify(call)
    return say.say_webhooks(await desk.services.webhooks.endpoints(key.account_id))


async def add_webhook(desk: Desk, call: Call) -> Reply:
    """A new endpoint, told of what happens from now on."""
    key = await desk.gatekeeper.identify(call)
    body = await read_json_body(call, _BODY_LIMIT_BYTES)
    webhooks = desk.services.webhooks
    is_full = len(await webhooks.endpoints(key.account_id)) >= MOST_ENDPOINTS
    said = read.read_new_webhook(body, _url_checked_at(desk), [_one_too_many()] if is_full else [])
    endpoint = await webhooks.add_endpoint(
        key.account_id, said.url or "", said.events or (), said.description or "", desk.services.clock()
    )
    if endpoint is None:
        # Others came between the look and the call.
        raise RulesBroken([_one_too_many()])
    return say.say_webhook(endpoint, status=201)


async def show_webhook(desk: Desk, call: Call) -> Reply:
    """One endpoint."""
    key = await desk.gatekeeper.identify(call)
    endpoint = await desk.services.webhooks.endpoint(key.account_id, _webhook_id(call))
    if endpoint is None:
        raise _no_such_webhook()
    return say.say_webhook(endpoint)


async def change_webhook(desk: Desk, call: Call) -> Reply:
    """Another url, other events, another description, or a switch on or off."""
    key = await desk.gatekeeper.identify(call)
    endpoint_id = _webhook_id(call)
    said = read.read_changes(await read_json_body(call, _BODY_LIMIT_BYTES), _url_checked_at(desk))
    endpoint = await desk.services.webhooks.change_endpoint(
        key.account_id,
        endpoint_id,
        url=said.url,
        events=said.events,
        description=said.description,
        disabled=said.disabled,
        now=desk.services.clock(),
    )
    if endpoint is None:
        raise _no_such_webhook()
    return say.say_webhook(endpoint)


async def remove_webhook(desk: Desk, call: Call) -> Reply:
    """An endpoint that is wanted no more."""
    key = await desk.gatekeeper.identify(call)
    endpoint_id = _webhook_id(call)
    if not await desk.services.webhooks.remove_endpoint(key.account_id, endpoint_id):
        raise _no_such_webhook()
    return say.say_removed(endpoint_id)


async def show_secret(desk: Desk, call: Call) -> Reply:
    """What the account's news is signed with; made when it is first asked for."""
    key = await desk.gatekeeper.identify(call)
    return say.say_secrets(await desk.services.webhooks.secrets(key.account_id, desk.services.clock()))


async def rotate_secret(desk: Desk, call: Call) -> Reply:
    """Another secret; the one before signs too for a while."""
    key = await desk.gatekeeper.identify(call)
    overlap = timedelta(hours=read.read_rotation(await read_json_body(call, _BODY_LIMIT_BYTES)))
    return say.say_secrets(await desk.services.webhooks.rotate_secret(key.account_id, overlap, desk.services.clock()))


async def list_deliveries(desk: Desk, call: Call) -> Reply:
    """A page of the account's deliveries, newest first."""
    key = await desk.gatekeeper.identify(call)
    query = Query(
        call, ("state", "event", "task_id", "webhook_id", "created_from", "created_before", "limit", "cursor")
    )
    event = query.choice("event", read.EVENTS)
    wanted = DeliveryFilter(
        state=query.choice("state", STATES),
        event=None if event is None else event_status(event),
        task_id=query.identifier("task_id", read.read_task_id),
        endpoint_id=query.identifier("webhook_id", read.read_webhook_id),
        created_from=query.moment("created_from"),
        created_before=query.moment("created_before"),
    )
    limit = query.whole_number("limit", least=1, most=MOST_ON_A_PAGE, default=20)
    cursor = query.text("cursor")
    query.finish()
    pages = Pages(desk.services.cursors, key.account_id, "deliveries", wanted)
    found = await desk.services.deliveries.page(key.account_id, wanted, limit + 1, pages.position(cursor))
    shown = found[:limit]
    next_cursor = pages.cursor(shown[-1].created_at, shown[-1].id) if len(found) > limit else None
    return say.say_deliveries(shown, next_cursor)


async def show_delivery(desk: Desk, call: Call) -> Reply:
    """One delivery with what came of every attempt."""
    key = await desk.gatekeeper.identify(call)
    delivery = await desk.services.deliveries.get(key.account_id, _delivery_id(call))
    if delivery is None:
        raise _no_such_delivery()
    return say.say_delivery(delivery, await desk.services.deliveries.attempts(delivery.id))


async def replay_delivery(desk: Desk, call: Call) -> Reply:
    """A delivery is sent again, whatever became of it."""
    key = await desk.gatekeeper.identify(call)
    deliveries = desk.services.deliveries
    delivery = await deliveries.replay(key.account_id, _delivery_id(call), desk.services.clock())
    return say.say_delivery(delivery, await deliveries.attempts(delivery.id), status=202)


async def replay_deliveries(desk: Desk, call: Call) -> Reply:
    """All deliveries that match are sent again."""
    key = await desk.gatekeeper.identify(call)
    asked = read.read_replay(await read_json_body(call, _BODY_LIMIT_BYTES))
    pages = Pages(desk.services.cursors, key.account_id, "replay", asked.wanted)
    count, end = await desk.services.deliveries.replay_many(
        key.account_id, asked.wanted, desk.services.clock(), _REPLAYED_AT_ONCE, pages.position(asked.cursor)
    )
    return say.say_replayed(count, None if end is None else pages.cursor(*end))


def _url_checked_at(desk: Desk) -> read.CheckUrl:
    settings = desk.services.settings
    return lambda url: broken_receiver(
        "url", url, plain_http_allowed=settings.allow_private_networks, link_ports=settings.link_ports
    )


def _one_too_many() -> Violation:
    message = f"is one too many: an account has at most {MOST_ENDPOINTS} webhooks"
    return Violation(field="url", rule="count", message=message, allowed=MOST_ENDPOINTS)


def _webhook_id(call: Call) -> UUID:
    identifier = read.read_webhook_id(call.path_values["webhook_id"])
    if identifier is None:
        raise _no_such_webhook()
    return identifier


def _delivery_id(call: Call) -> UUID:
    identifier = read.read_delivery_id(call.path_values["delivery_id"])
    if identifier is None:
        raise _no_such_delivery()
    return identifier


def _no_such_webhook() -> NotFound:
    return NotFound("webhook not found")


def _no_such_delivery() -> NotFound:
    return NotFound("delivery not found")

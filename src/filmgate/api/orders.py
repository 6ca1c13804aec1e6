"""Ordering a film, asking about it, and wanting it no more."""

import re
from collections.abc import Callable
from functools import partial
from uuid import UUID

from filmgate.api.bodies import apart, read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.dialects.base import Reply
from filmgate.errors import BadRequest, NotFound, RulesBroken
from filmgate.store.accounts import Key
from filmgate.task import Task
from filmgate.video import VideoRequest
from filmgate.work.placing import Placing

# Long enough for any name of a request, short enough for an index.
_IDEMPOTENCY_KEY = re.compile(rb"[\x21-\x7e]{1,255}")


async def create(desk: Desk, call: Call, create_path: str | None = None) -> Reply:
    """Accept an order: who asks, then what is asked, then all the rest in ``work.submit``.

    Args:
        create_path: in the catalogue's words, where it is not the dialect's usual one.
    """
    key = await desk.gatekeeper.identify(call)
    body = await read_json_body(call, desk.dialect.body_limit_bytes)
    request = await read_order(
        desk, call, key, len(body), partial(desk.dialect.read_create, body), create_path=create_path
    )
    return await place(desk, call, key, request, create_path=create_path)


async def read_order(
    desk: Desk,
    call: Call,
    key: Key,
    size_bytes: int,
    read: Callable[[], VideoRequest],
    *,
    create_path: str | None = None,
    own_links: Callable[[VideoRequest], frozenset[str]] | None = None,
) -> VideoRequest:
    """Read an order of so many bytes.

    Args:
        own_links: finds those of ``Placing`` in what was read.

    Raises:
        RulesBroken: all that is wrong with it, where reading it is what failed.
    """
    try:
        return await apart(size_bytes, read)
    except RulesBroken as exc:
        own = own_links(exc.read) if own_links and exc.read else frozenset()
        placing = _placing(desk, call, create_path, own)
        await desk.services.submitter.refuse(exc, desk.dialect, key, placing)


async def place(
    desk: Desk,
    call: Call,
    key: Key,
    request: VideoRequest,
    *,
    create_path: str | None = None,
    own_links: frozenset[str] = frozenset(),
    said: object = None,
) -> Reply:
    """Hand an order in, and phrase its acceptance. ``create_path`` and ``own_links`` are those of ``Placing``, and
    ``said`` is that of ``Submitter.submit``.
    """
    placing = _placing(desk, call, create_path, own_links)
    task = await desk.services.submitter.submit(request, desk.dialect, key, placing, said=said)
    return desk.dialect.phrase_created(task, desk.links(call, task))


async def placed_before(desk: Desk, call: Call, key: Key, said: object) -> Reply | None:
    """The answer to the same create when it was sent before, with its idempotency key. For orders that are made of
    another one, which may be gone by now; None where this is new.
    """
    task = await desk.services.submitter.made_before(said, desk.dialect, key, _placing(desk, call, None, frozenset()))
    return None if task is None else desk.dialect.phrase_created(task, desk.links(call, task))


def _placing(desk: Desk, call: Call, create_path: str | None, own_links: frozenset[str]) -> Placing:
    return Placing(
        base_url=desk.base_url(call),
        create_path=create_path,
        idempotency_key=idempotency_key_of(call),
        own_links=own_links,
    )


def idempotency_key_of(call: Call) -> str | None:
    """The caller's ``Idempotency-Key``: sent again with the same order within 24 hours, it makes no second one.

    Raises:
        BadRequest: it is not 1 to 255 visible characters, or there are several.
    """
    if b"idempotency-key" not in call.headers:
        return None
    given = [value for name, value in call.scope["headers"] if name == b"idempotency-key"]
    if len(given) > 1:
        raise BadRequest("must be sent once", field="Idempotency-Key")
    if not _IDEMPOTENCY_KEY.fullmatch(given[0]):
        raise BadRequest("must be 1 to 255 visible ASCII characters", field="Idempotency-Key")
    return given[0].decode("ascii")


async def status_by_path(desk: Desk, call: Call) -> Reply:
    """How an order is doing; its id is the last part of the path."""
    return await _status(desk, call, call.path_values["task_id"])


async def status_by_query(desk: Desk, call: Call) -> Reply:
    """How an order is doing; its id is the query field ``id`` (spec senseaudio 4.1)."""
    return await _status(desk, call, call.query("id"))


async def ink_cancel(desk: Desk, call: Call) -> Reply:
    """Cancel an order; its id stands in the path (spec ink 5)."""
    task = await own_task(desk, await desk.gatekeeper.identify(call), call.path_values["task_id"])
    return desk.services.dialects.ink.phrase_cancelled(await desk.services.canceller.cancel(task))


async def own_task(desk: Desk, key: Key, shown_id: str | None) -> Task:
    """The caller's task of that id, ordered in this desk's dialect.

    Raises:
        BadRequest: there is no id.
        NotFound: there is no such task, it is not the caller's, or it was deleted.
    """
    if not shown_id:
        raise BadRequest("the id of the task is missing", field="id")
    task = await find_task(desk, key, desk.dialect.read_id(shown_id))
    if task is None or task.deleted_at is not None:
        raise NotFound("task not found")
    return task


async def find_task(desk: Desk, key: Key, task_id: UUID | None) -> Task | None:
    """As ``own_task``, but deleted ones too, and None where there is none."""
    task = None if task_id is None else await desk.reader.read(task_id)
    # Another account's task is like none, and so is one that was ordered in another dialect: its id has another form.
    is_there = task is not None and task.account_id == key.account_id and task.dialect == desk.dialect.name
    return task if is_there else None


async def _status(desk: Desk, call: Call, shown_id: str | None) -> Reply:
    task = await own_task(desk, await desk.gatekeeper.identify(call), shown_id)
    return desk.dialect.phrase_task(task, desk.links(call, task))

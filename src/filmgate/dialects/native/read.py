"""From a native create body to a neutral order, and back. The names are those of ``VideoRequest``."""

from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from msgspec import UNSET

from filmgate.catalogue.rules import LARGEST_METADATA_BYTES
from filmgate.dialects.native.wire import CreateRequest, MediaItem
from filmgate.dialects.reading import Members, read_object
from filmgate.money import MICROS_PER_CREDIT, Micros, as_number
from filmgate.task import STATUSES
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest

MAX_COST = "max_cost_micros"
QUOTE_ID = "quote_id"
WEBHOOK_EVENTS = "webhook_events"
"""The extras of a native order: what is said of how it is placed, taken out again by the door."""

_FIELDS = frozenset(CreateRequest.__struct_fields__)
_KINDS: tuple[MediaKind, ...] = get_args(MediaKind)
_ROLES: tuple[MediaRole, ...] = get_args(MediaRole)
_MOST_CREDITS = 10**12
_LONGEST_QUOTE_ID = 2000


def read_create(body: bytes) -> VideoRequest:
    """Read a create body.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    values = read_object(body)
    members = Members(values)
    for name in sorted(values.keys() - _FIELDS)[:20]:
        members.broken(name, "unknown", "is not a member of an order", allowed=sorted(_FIELDS))
    request = VideoRequest(
        model=members.text("model", required=True) or "",
        prompt=members.text("prompt") or "",
        media=_media(members),
        duration_seconds=members.whole_number("duration_seconds", floats=False),
        resolution=members.text("resolution"),
        ratio=members.text("ratio"),
        audio=members.switch("audio"),
        watermark=members.switch("watermark"),
        seed=members.whole_number("seed", floats=False),
        camera=members.text("camera"),
        last_frame=bool(members.switch("last_frame")),
        timeout_seconds=members.whole_number("timeout_seconds", floats=False),
        webhook_url=members.link("webhook_url"),
        metadata=members.free_object("metadata", limit_bytes=LARGEST_METADATA_BYTES),
        extras=_extras(members, values),
    )
    members.finish(request)
    return request


def as_body(request: VideoRequest) -> CreateRequest:
    """The body that orders ``request``."""

    def said(value: Any) -> Any:
        return UNSET if value is None else value

    return CreateRequest(
        model=request.model,
        prompt=request.prompt or UNSET,
        media=[MediaItem(kind=item.kind, role=item.role, url=item.url) for item in request.media] or UNSET,
        duration_seconds=said(request.duration_seconds),
        resolution=said(request.resolution),
        ratio=said(request.ratio),
        audio=said(request.audio),
        watermark=said(request.watermark),
        seed=said(request.seed),
        camera=said(request.camera),
        last_frame=request.last_frame or UNSET,
        timeout_seconds=said(request.timeout_seconds),
        webhook_url=said(request.webhook_url),
        webhook_events=request.extras.get(WEBHOOK_EVENTS, UNSET),
        metadata=said(request.metadata),
        max_cost=as_number(request.extras[MAX_COST]) if MAX_COST in request.extras else UNSET,
        quote_id=request.extras.get(QUOTE_ID, UNSET),
    )


def _media(members: Members) -> tuple[Media, ...]:
    found: list[Media] = []
    for number, item in enumerate(members.array("media") or []):
        path = f"media[{number}]"
        if not isinstance(item, dict):
            members.broken(path, "type", "must be an object", item)
            continue
        inner = Members(item, path=f"{path}.", violations=members.violations)
        kind = _one_of(inner, f"{path}.kind", "kind", _KINDS)
        role = _one_of(inner, f"{path}.role", "role", _ROLES)
        url = inner.link("url", required=True)
        if kind is not None and role is not None and role != "reference" and kind != "image":
            inner.broken(f"{path}.role", "choice", "must be reference for what is not an image", role, ["reference"])
        elif kind is not None and role is not None and url is not None:
            found.append(Media(kind=kind, role=role, url=url, field=f"{path}.url"))
    return tuple(found)


def _one_of(members: Members, path: str, name: str, choices: tuple[Any, ...]) -> Any:
    text = members.text(name, required=True)
    if text is None or text in choices:
        return text
    members.broken(path, "choice", f"must be {', '.join(choices[:-1])} or {choices[-1]}", text, list(choices))
    return None


def _extras(members: Members, values: dict[str, Any]) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if values.get("max_cost") is not None:
        extras[MAX_COST] = _micros(members, values["max_cost"])
    quote_id = members.text("quote_id")
    if quote_id is not None and len(quote_id) > _LONGEST_QUOTE_ID:
        members.broken("quote_id", "format", "is not the id of a quote", quote_id)
    elif quote_id is not None:
        extras[QUOTE_ID] = quote_id
    events = members.array("webhook_events")
    if events is not None:
        wrong = [event for event in events if event not in STATUSES]
        if wrong or not events:
            allowed = list(STATUSES)
            members.broken("webhook_events", "choice", "must name statuses of a task", wrong[:5], allowed)
        extras[WEBHOOK_EVENTS] = [event for event in events if event in STATUSES]
        if values.get("webhook_url") is None:
            members.broken("webhook_events", "needs", "needs a webhook_url")
    return extras


def _micros(members: Members, value: Any) -> Micros:
    """An amount of credits in micro-credits, rounded down: nobody pays more than they said."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            amount = Decimal(str(value)) * MICROS_PER_CREDIT
            if 0 <= amount <= _MOST_CREDITS * MICROS_PER_CREDIT:
                return int(amount)
        except (InvalidOperation, OverflowError):
            pass
    members.broken("max_cost", "range", f"must be a number of credits from 0 to {_MOST_CREDITS}", value)
    return 0

"""Reading what callers say about webhooks in the native API: everything that is wrong is told at once."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from filmgate.dialects.native.server import ID_PREFIX
from filmgate.dialects.native.webhook_wire import NewWebhook, ReplayRequest, Rotation, WebhookChanges
from filmgate.dialects.reading import Members, read_object
from filmgate.errors import Violation
from filmgate.ids import from_short_form, from_uuid_form
from filmgate.task import TERMINAL, Status
from filmgate.webhook import OVERLAP_HOURS, STATES, STATUSES, DeliveryFilter, event_name, event_status

WEBHOOK_PREFIX = "wh_"
DELIVERY_PREFIX = "dlv_"

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]

CheckUrl = Callable[[str], list[Violation]]
"""Everything that is wrong with a url; given by the door."""

_LONGEST_DESCRIPTION = 500
_MOST_OVERLAP_HOURS = 7 * 24
EVENTS = [event_name(status) for status in STATUSES]
"""All names of events."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of an endpoint; None where nothing is."""

    url: str | None
    events: tuple[Status, ...] | None
    description: str | None
    disabled: bool | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries are to be sent again."""

    wanted: DeliveryFilter
    cursor: str | None


def read_new_webhook(body: bytes, check_url: CheckUrl, found: list[Violation]) -> Changes:
    """A new endpoint; its url and events are there.

    Args:
        found: what is wrong already.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it, and what was found before.
    """
    said = _said_of_endpoint(body, NewWebhook, check_url, found, is_new=True)
    return msgspec.structs.replace(said, events=said.events or tuple(sorted(TERMINAL)))


def read_changes(body: bytes, check_url: CheckUrl) -> Changes:
    """Changes of an endpoint. Raises as above."""
    return _said_of_endpoint(body, WebhookChanges, check_url, [], is_new=False)


def read_rotation(body: bytes) -> int:
    """The overlap of a rotation, in hours; an empty body says nothing. Raises as above."""
    members = _members(body or b"{}", Rotation, [])
    hours = members.whole_number("overlap_hours", floats=False)
    if hours is not None and not 0 <= hours <= _MOST_OVERLAP_HOURS:
        allowed = [0, _MOST_OVERLAP_HOURS]
        members.broken("overlap_hours", "range", f"must be from 0 to {_MOST_OVERLAP_HOURS}", hours, allowed)
    members.finish()
    return OVERLAP_HOURS if hours is None else hours


def read_replay(body: bytes) -> Asked:
    """Which deliveries are to be sent again: the dead ones unless it says otherwise. Raises as above."""
    members = _members(body or b"{}", ReplayRequest, [])
    wanted, cursor = _filter(members), members.text("cursor")
    members.finish()
    wanted = wanted if wanted.state is not None else msgspec.structs.replace(wanted, state="dead")
    return Asked(wanted=wanted, cursor=cursor)


def read_webhook_id(text: str) -> UUID | None:
    """The id behind what ``webhook_say`` shows of an endpoint; None for any other text."""
    return from_short_form(WEBHOOK_PREFIX, text)


def read_delivery_id(text: str) -> UUID | None:
    """The same of a delivery."""
    return from_short_form(DELIVERY_PREFIX, text)


def read_task_id(text: str) -> UUID | None:
    """The task's id that a delivery shows, or a UUID; None for any other text."""
    return from_short_form(ID_PREFIX, text) or from_uuid_form(text)


def _members(body: bytes, struct: type[msgspec.Struct], found: list[Violation]) -> Members:
    values = read_object(body)
    members = Members(values, violations=found)
    for name in sorted(values.keys() - set(struct.__struct_fields__))[:20]:
        members.broken(name, "unknown", "is not a member here", allowed=list(struct.__struct_fields__))
    return members


def _said_of_endpoint(
    body: bytes, struct: type[msgspec.Struct], check_url: CheckUrl, found: list[Violation], *, is_new: bool
) -> Changes:
    members = _members(body, struct, found)
    url = members.link("url", required=is_new)
    if url is not None:
        found += check_url(url)
    description = members.text("description")
    if description is not None and len(description) > _LONGEST_DESCRIPTION:
        message = f"must be at most {_LONGEST_DESCRIPTION} characters long"
        members.broken("description", "length", message, len(description), _LONGEST_DESCRIPTION)
    said = Changes(
        url=url,
        events=_events(members),
        description=description,
        disabled=None if is_new else members.switch("disabled"),
    )
    members.finish()
    return said


def _events(members: Members) -> tuple[Status, ...] | None:
    names = members.array("events")
    if names is None:
        return None
    wrong = [name for name in names if not isinstance(name, str) or event_status(name) is None]
    if wrong or not names:
        members.broken("events", "choice", "must name events", wrong[:5] or names, EVENTS)
    return tuple(status for status in STATUSES if event_name(status) in names)


def _filter(members: Members) -> DeliveryFilter:
    event = _one_of(members, "event", EVENTS)
    return DeliveryFilter(
        state=_one_of(members, "state", STATES),
        event=None if event is None else event_status(event),
        task_id=_id(members, "task_id", read_task_id),
        endpoint_id=_id(members, "webhook_id", read_webhook_id),
        created_from=_moment(members, "created_from"),
        created_before=_moment(members, "created_before"),
    )


def _one_of(members: Members, name: str, choices: Collection[str]) -> Any:
    text = members.text(name)
    if text is None or text in choices:
        return text
    members.broken(name, "choice", f"must be one of {', '.join(choices)}", text, list(choices))
    return None


def _id(members: Members, name: str, read: Callable[[str], UUID | None]) -> UUID | None:
    text = members.text(name)
    identifier = None if text is None else read(text)
    if text is not None and identifier is None:
        members.broken(name, "format", "is not such an id", text)
    return identifier


def _moment(members: Members, name: str) -> datetime | None:
    text = members.text(name)
    if text is None:
        return None
    try:
        return msgspec.convert(text, _Moment).astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        pass
    members.broken(name, "format", "must be a time such as 2026-01-31T12:00:00Z", text)
    return None

"""What a caller of the list may ask for (spec openai_videos 4)."""

from uuid import UUID

import msgspec

from filmgate.dialects.reading import Members
from filmgate.ids import from_short_form

ID_PREFIX = "video_"

DEFAULT_LIMIT = 20
MOST_ITEMS = 100

_ORDERS = {"desc": True, "asc": False}


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of the caller's videos is wanted."""

    after: UUID | None
    """The page begins behind this task, in the wanted order."""
    limit: int
    """At most so many; may be 0."""
    newest_first: bool


def read_list_query(after: str | None, limit: str | None, order: str | None) -> ListQuery:
    """Read the query of a list; an empty field counts as absent.

    Raises:
        RulesBroken: everything that is wrong with it.
    """
    members = Members({"after": after, "limit": limit, "order": order}, lenient=True)
    query = ListQuery(after=_after(members), limit=_limit(members), newest_first=_is_newest_first(members))
    members.finish()
    return query


def _after(members: Members) -> UUID | None:
    text = members.text("after")
    if text is None:
        return None
    task_id = from_short_form(ID_PREFIX, text)
    if task_id is None:
        members.broken("after", "unknown", "is not the id of a video", text)
    return task_id


def _limit(members: Members) -> int:
    limit = members.whole_number("limit", floats=False, texts=True)
    if limit is None:
        return DEFAULT_LIMIT
    if not 0 <= limit <= MOST_ITEMS:
        members.broken("limit", "range", f"must be from 0 to {MOST_ITEMS}", limit, [0, MOST_ITEMS])
    return limit


def _is_newest_first(members: Members) -> bool:
    word = members.text("order") or "desc"
    if word not in _ORDERS:
        members.broken("order", "choice", "must be asc or desc", word, list(_ORDERS))
    return _ORDERS.get(word, True)

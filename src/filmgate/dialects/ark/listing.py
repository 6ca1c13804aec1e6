"""The query of a list of tasks, in our words (spec ark 5)."""

import re
from collections.abc import Callable, Sequence
from typing import get_args
from uuid import UUID

from msgspec import Struct

from filmgate.dialects.ark import wire
from filmgate.errors import RulesBroken, Violation
from filmgate.task import Status

DEFAULT_PAGE_SIZE = 20
LARGEST_PAGE_SIZE = 500
LAST_PAGE = 500

# What this dialect calls running is two states of ours.
_STATUSES: dict[str, tuple[Status, ...]] = {
    "queued": ("queued",),
    "running": ("running", "saving"),
    "succeeded": ("succeeded",),
    "failed": ("failed",),
    "cancelled": ("cancelled",),
    "expired": ("expired",),
}
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


class ListQuery(Struct, frozen=True, kw_only=True):
    """Which of the caller's tasks are wanted, newest first."""

    page: int = 1
    """Counts from 1."""
    page_size: int = DEFAULT_PAGE_SIZE
    statuses: tuple[Status, ...] | None = None
    """In one of these states; None: in any."""
    task_ids: tuple[UUID, ...] | None = None
    """One of these; None: any. Empty where only ids were named that are none of ours: then nothing matches."""
    model: str | None = None
    """As the caller writes it, perhaps an alias; None: any."""
    service_tier: wire.ServiceTier = "default"
    """As in the extras of the order; an order that says none is at ``default``."""

    @property
    def offset(self) -> int:
        """How many tasks come before the page."""
        return (self.page - 1) * self.page_size


def read_list_query(fields: Sequence[tuple[str, str]], read_id: Callable[[str], UUID | None]) -> ListQuery:
    """Read the fields of a query. An empty value counts as absent, an unknown field is ignored; of a doubled one the
    last counts.

    Args:
        fields: names and values, percent-decoded, in their order.
        read_id: as of the server half.

    Raises:
        RulesBroken: everything that is wrong in it, under the wire's names.
    """
    said = {name: value for name, value in fields if value}
    ids = [value for name, value in fields if name == "filter.task_ids" and value]
    broken: list[Violation] = []
    query = ListQuery(
        page=_number(said, "page_num", LAST_PAGE, 1, broken),
        page_size=_number(said, "page_size", LARGEST_PAGE_SIZE, DEFAULT_PAGE_SIZE, broken),
        statuses=_statuses(said.get("filter.status"), broken),
        task_ids=tuple(dict.fromkeys(found for one in ids if (found := read_id(one)) is not None)) if ids else None,
        model=said.get("filter.model"),
        service_tier=_service_tier(said.get("filter.service_tier"), broken),
    )
    if broken:
        raise RulesBroken(broken)
    return query


def _number(said: dict[str, str], name: str, most: int, default: int, broken: list[Violation]) -> int:
    text = said.get(name)
    if text is None:
        return default
    number = int(text) if _NUMBER.fullmatch(text) else 0
    if not 1 <= number <= most:
        message = f"must be a whole number from 1 to {most}"
        broken.append(Violation(field=name, rule="range", message=message, value=text[:20], allowed=[1, most]))
    return number


def _statuses(word: str | None, broken: list[Violation]) -> tuple[Status, ...] | None:
    if word is None or word in _STATUSES:
        return None if word is None else _STATUSES[word]
    broken.append(_choice("filter.status", word, list(_STATUSES)))
    return None


def _service_tier(word: str | None, broken: list[Violation]) -> wire.ServiceTier:
    match word:
        case None | "default":
            return "default"
        case "flex":
            return "flex"
        case _:
            broken.append(_choice("filter.service_tier", word, list(get_args(wire.ServiceTier))))
            return "default"


def _choice(field: str, word: str, allowed: list[str]) -> Violation:
    message = f"must be {', '.join(allowed[:-1])} or {allowed[-1]}"
    return Violation(field=field, rule="choice", message=message, value=word[:20], allowed=allowed)

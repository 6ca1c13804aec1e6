"""Whether an upstream can be used, found out without ordering anything: no call here costs money or makes a task.

has the wire a list of tasks?  yes ──> its first page: the vendor knows who we are
                               no ───> a task that cannot exist: only a key that is taken is told that there is none
"""

import time
from collections.abc import Collection
from typing import Literal
from uuid import UUID

import msgspec

from filmgate.dialects import build_dialects
from filmgate.errors import UpstreamFailed
from filmgate.upstreams.remote import RemoteUpstream

# In each vendor's own form, so that nobody stumbles over the id itself; of the year 1970.
_NOBODYS_TASK = UUID("00000000-0001-7000-8000-000000000000")

Asked = Literal["its list of tasks", "a task that cannot exist", "nothing"]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about one upstream."""

    name: str
    dialect: str
    base_url: str
    usable: bool
    reached: bool
    """Whether somebody answered in HTTP."""
    key_taken: bool | None
    """None: not known."""
    asked: Asked
    detail: str
    """What is wrong, for people; empty where nothing is."""
    milliseconds: int
    models_listed: int | None = None
    """How many models the vendor lists; None where it does not say."""
    models_missing: list[str] = []
    """Those of its names in the settings that it does not list. It may take them all the same."""


async def check(upstream: RemoteUpstream, wanted: Collection[str]) -> Checked:
    """Ask a vendor something that costs nothing. Raises nothing: trouble is what is looked for.

    Args:
        wanted: the vendor's names of the models that are to be ordered there.
    """
    began = time.perf_counter()
    failed = await _failure(upstream)
    reached = failed is None or failed.http_status is not None
    fault = None if failed is None else failed.fault
    milliseconds = round((time.perf_counter() - began) * 1000)
    listed = await upstream.models() if fault is None else None
    return Checked(
        name=upstream.name,
        dialect=upstream.client.name,
        base_url=upstream.base_url,
        # One that wants a pause is there, and will take orders.
        usable=fault in (None, "busy"),
        reached=reached,
        key_taken=True if fault is None else False if reached and fault == "account" else None,
        asked="a task that cannot exist" if upstream.client.list() is None else "its list of tasks",
        detail="" if failed is None else failed.message,
        milliseconds=milliseconds,
        models_listed=None if listed is None else len(listed),
        models_missing=[] if listed is None else sorted(set(wanted) - set(listed)),
    )


async def _failure(upstream: RemoteUpstream) -> UpstreamFailed | None:
    try:
        if await upstream.shows_list():
            return None
    except UpstreamFailed as exc:
        # Also "missing": a list that is not there is the wrong address.
        return exc
    try:
        await upstream.look(build_dialects().named(upstream.client.name).show_id(_NOBODYS_TASK))
    except UpstreamFailed as exc:
        return None if exc.fault == "missing" else exc
    return None

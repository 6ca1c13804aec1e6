"""The Ark dialect's client half: the same wire, spoken to Volcengine Ark, BytePlus ModelArk and whoever speaks like
them (spec ark)."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from filmgate.catalogue.limits import AUTO
from filmgate.dialects.ark.content import DRAFT_TASK
from filmgate.dialects.ark.listing import LARGEST_PAGE_SIZE
from filmgate.dialects.ark.options import OWN_MEMBERS
from filmgate.dialects.ark.read import as_body, read_create, without_the_obvious
from filmgate.dialects.ark.reports import (
    answer_in,
    id_in,
    is_cancelled_code,
    nonsense,
    refusal_of,
    report_of,
)
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Page, Report
from filmgate.dialects.writing import proven
from filmgate.video import Media, MediaKind, VideoRequest, link_scheme

_TASKS = "/contents/generations/tasks"
_JSON = "application/json"

# Which links the wire carries (spec ark 3); the type in a data URL must be in lower case.
_WEB = ("https", "http", "asset")
_DATA: dict[MediaKind, re.Pattern[str]] = {
    "image": re.compile(r"data:image/[a-z0-9.+-]+;base64,"),
    "audio": re.compile(r"data:audio/[a-z0-9.+-]+;base64,"),
}
_SHORTEST_TIMEOUT_SECONDS, _LONGEST_TIMEOUT_SECONDS = 3600, 259_200
# Tasks at the service tier ``flex`` have names of their own, and lists without that tier leave them out (spec ark 2.4,
# 5).
_FLEX_ID = "cgt-batch-"


class ArkClient:
    """Speaks Ark to a vendor. The contract is ``client.ClientDialect``; the base URL is ``https://…/api/v3``."""

    name = "ark"
    # The vendor knows none (spec ark 1).
    honours_idempotency_key = False

    def takes(self, media: Media) -> bool:
        if media.kind != "image" and media.role != "reference":
            return False
        scheme = link_scheme(media.url)
        if scheme == "data":
            pattern = _DATA.get(media.kind)
            return pattern is not None and pattern.match(media.url) is not None
        return scheme in _WEB

    def create(self, request: VideoRequest, vendor_model: str, idempotency_key: str) -> Call:
        """What only Ark has goes along from ``extras``; the customer's webhook and notes stay here."""
        for media in request.media:
            if not self.takes(media):
                raise ValueError(f"this wire cannot carry {media.field}")
        said = _as_told(request, vendor_model)
        return Call(
            method="POST",
            path=_TASKS,
            headers={"Idempotency-Key": idempotency_key},
            body=msgspec.json.encode(proven(as_body(said), said, read_create)),
            content_type=_JSON,
        )

    def created(self, reply: Reply) -> Report:
        if not _is_success(reply):
            raise refusal_of(reply, "create")
        vendor_id = id_in(answer_in(reply))
        if not vendor_id:
            raise nonsense(reply, "the vendor accepted the order without naming it", "unclear")
        return Report(vendor_id=vendor_id, state="queued", word="")

    def query(self, vendor_id: str) -> Call:
        return Call(method="GET", path=_path_of(vendor_id))

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        if not _is_success(reply):
            raise refusal_of(reply, "other")
        answer = answer_in(reply)
        if answer is None or not isinstance(answer.get("status"), str):
            raise nonsense(reply, "the vendor's answer tells no state of the task", "vendor")
        return report_of(vendor_id, answer)

    def cancel(self, vendor_id: str) -> Call | None:
        """The vendor cancels queued tasks only. Of an ended one the same call deletes the record, so whoever wants to
        know its end asks before."""
        return Call(method="DELETE", path=_path_of(vendor_id), body=b"{}", content_type=_JSON)

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:
        if reply.status == 409:
            return Report(vendor_id=vendor_id, state="cancelled" if is_cancelled_code(reply) else "running", word="")
        if not _is_success(reply):
            raise refusal_of(reply, "other")
        return Report(vendor_id=vendor_id, state="cancelled", word="")

    def list(self, vendor_ids: Sequence[str] = ()) -> Call | None:
        """Lists what fits one page. Tasks at the tier ``flex`` are listed only where all that are named are.

        Raises:
            ValueError: more ids than one page holds.
        """
        if len(vendor_ids) > LARGEST_PAGE_SIZE:
            raise ValueError(f"a list names at most {LARGEST_PAGE_SIZE} tasks")
        query = [("page_num", "1"), ("page_size", str(LARGEST_PAGE_SIZE))]
        if vendor_ids and all(vendor_id.startswith(_FLEX_ID) for vendor_id in vendor_ids):
            query.append(("filter.service_tier", "flex"))
        query += [("filter.task_ids", vendor_id) for vendor_id in vendor_ids]
        return Call(method="GET", path=_TASKS, query=tuple(query))

    def listed(self, reply: Reply) -> Page:
        """The answer does not say which page it is, so there is no call for the next one."""
        if not _is_success(reply):
            raise refusal_of(reply, "other")
        answer = answer_in(reply)
        items = None if answer is None else answer.get("items")
        if not isinstance(items, list):
            raise nonsense(reply, "the vendor's answer is no list of tasks", "vendor")
        tasks = [item for item in items if isinstance(item, dict) and id_in(item)]
        return Page(reports=[report_of(id_in(task), task) for task in tasks], next=None)

    def callback(self, headers: Mapping[str, str], body: bytes) -> Report | None:  # noqa: ARG002 -- it signs nothing.
        answer = answer_in(Reply(status=200, body=body))
        vendor_id = id_in(answer)
        # A task's state is nothing but these in other wires too; the model's name is in ours at every moment.
        if answer is None or not vendor_id or not all(isinstance(answer.get(key), str) for key in ("status", "model")):
            return None
        return report_of(vendor_id, answer)


def _is_success(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _path_of(vendor_id: str) -> str:
    return f"{_TASKS}/{quote(vendor_id, safe='')}"


def _as_told(request: VideoRequest, vendor_model: str) -> VideoRequest:
    """The order as the vendor is told it.

    Raises:
        ValueError: it is for the full film of a draft, and the vendor's own name of that draft is not known here.
    """
    if DRAFT_TASK in request.extras:
        raise ValueError("this wire has no word for a draft that was not made by the vendor itself")
    own = {name: request.extras[name] for name in OWN_MEMBERS if name in request.extras}
    seconds, limit_seconds = request.duration_seconds, request.timeout_seconds
    if own.get("omni_reference_task_type") == "edit":
        # An edited clip keeps its length, and the vendor takes no other word for it (spec ark 2.2).
        seconds = AUTO
    if limit_seconds is not None:
        # The order's own limit is kept here; the vendor's only has to be one that it takes.
        limit_seconds = min(max(limit_seconds, _SHORTEST_TIMEOUT_SECONDS), _LONGEST_TIMEOUT_SECONDS)
    told = replace(
        # A silent model is to be told nothing of sound, also where the vendor's name does not say which it is.
        without_the_obvious(request),
        model=vendor_model,
        duration_seconds=seconds,
        timeout_seconds=limit_seconds,
        webhook_url=None,
        metadata=None,
        extras=own,
    )
    return without_the_obvious(told)

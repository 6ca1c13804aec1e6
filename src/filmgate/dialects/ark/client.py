"""The Ark dialect's client half: the same wire, spoken to Volcengine Ark, BytePlus ModelArk and whoever speaks like
them (spec ark)."""

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from filmgate.catalogue.limits import AUTO
from filmgate.dialects.answer import NOTHING, read_answer
from filmgate.dialects.ark.content import DRAFT_TASK
from filmgate.dialects.ark.listing import LARGEST_PAGE_SIZE, LAST_PAGE
from filmgate.dialects.ark.options import OWN_MEMBERS
from filmgate.dialects.ark.read import as_body, read_create, without_the_obvious
from filmgate.dialects.ark.reports import id_in, report_of, says_cancelled, why_not_ordered, why_not_told
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, Page, Report
from filmgate.dialects.describing import at_vendor, check_media, is_web_link, order_call, path_segment
from filmgate.dialects.understanding import accepted, check_same_task, is_page, succeeded, unasked
from filmgate.dialects.writing import proven
from filmgate.video import Media, MediaKind, VideoRequest, link_scheme

_TASKS = "/contents/generations/tasks"
_JSON = "application/json"
_PAGE = "page_num"

# Which links the wire carries inside itself (spec ark 3); the type in a data URL must be in lower case.
_DATA: dict[MediaKind, re.Pattern[str]] = {
    "image": re.compile(r"data:image/[a-z0-9.+-]+;base64,"),
    "audio": re.compile(r"data:audio/[a-z0-9.+-]+;base64,"),
}
_SHORTEST_TIMEOUT_SECONDS, _LONGEST_TIMEOUT_SECONDS = 3600, 259_200
# Tasks at the service tier ``flex`` have names of their own, and lists without that tier leave them out (spec ark 2.4,
# 5).
_FLEX_ID = "cgt-batch-"


class ArkClient:
    """Speaks Ark to a vendor. The contract of the methods is ``client.ClientDialect``.

    Base URL of a route: up to the version, ``https://ark.cn-beijing.volces.com/api/v3`` (spec ark 1).
    """

    name = "ark"
    # The vendor knows none (spec ark 1).
    honours_idempotency_key = False
    repeats_seed = True
    assets = None
    draws_watermark = True  # By its switch (spec ark 2.2).
    takes_callback_url = True
    models: Call | None = Call(method="GET", path="/models")

    def takes(self, media: Media) -> bool:
        if media.kind != "image" and media.role != "reference":
            return False
        match link_scheme(media.url):
            case "data":
                pattern = _DATA.get(media.kind)
                return pattern is not None and pattern.match(media.url) is not None
            case "asset":
                return True
            case _:
                return is_web_link(media.url)

    def create(
        self, request: VideoRequest, vendor_model: str, idempotency_key: str, callback_url: str | None = None
    ) -> Call:
        """What only Ark has goes along from ``extras``; the customer's webhook and notes stay here."""
        check_media(request.media, self.takes)
        told = _as_told(request, vendor_model, callback_url)
        return order_call(_TASKS, proven(as_body(told), told, read_create), idempotency_key)

    def created(self, reply: Reply) -> Report:
        vendor_id = id_in(read_answer(reply.body)) if succeeded(reply) else ""
        if not vendor_id:
            raise why_not_ordered(reply)
        return accepted(vendor_id)

    def query(self, vendor_id: str) -> Call:
        return Call(method="GET", path=_path_of(vendor_id))

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        answer = read_answer(reply.body) if succeeded(reply) else NOTHING
        if not answer.is_text("status"):
            raise why_not_told(reply)
        check_same_task(reply, vendor_id, id_in(answer))
        return report_of(vendor_id, answer)

    def cancel(self, vendor_id: str) -> Call | None:
        """The vendor cancels queued tasks only. Of an ended one the same call deletes the record, so whoever wants to
        know its end asks before."""
        return Call(method="DELETE", path=_path_of(vendor_id), body=b"{}", content_type=_JSON)

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:
        """The answer is an empty object, or nothing at all (spec ark 6)."""
        if reply.status == 409:
            return Report(vendor_id=vendor_id, state="cancelled" if says_cancelled(reply) else "running", word="")
        answer = read_answer(reply.body)
        if succeeded(reply) and answer.is_text("status"):
            return self.queried(vendor_id, reply)
        if not succeeded(reply) or is_page(reply) or answer.has("error"):
            raise why_not_told(reply)
        return Report(vendor_id=vendor_id, state="cancelled", word="")

    def list(self, vendor_ids: Sequence[str] = ()) -> Call | None:
        """Lists what fits one page. Tasks at the tier ``flex`` are listed only where all that are named are.

        Raises:
            ValueError: more ids than one page holds.
        """
        if len(vendor_ids) > LARGEST_PAGE_SIZE:
            raise ValueError(f"a list names at most {LARGEST_PAGE_SIZE} tasks")
        query = [(_PAGE, "1"), ("page_size", str(LARGEST_PAGE_SIZE))]
        if vendor_ids and all(vendor_id.startswith(_FLEX_ID) for vendor_id in vendor_ids):
            query.append(("filter.service_tier", "flex"))
        query += [("filter.task_ids", vendor_id) for vendor_id in vendor_ids]
        return Call(method="GET", path=_TASKS, query=tuple(query))

    def listed(self, reply: Reply, asked: Call | None = None) -> Page:
        """The answer does not say which page it is: the next one is known from the call alone."""
        answer = read_answer(reply.body) if succeeded(reply) else NOTHING
        items = answer.objects("items")
        if items is None:
            raise why_not_told(reply)
        following = None if asked is None or not items else _page_after(asked, len(items), answer.count("total"))
        return Page(reports=[report_of(id_in(task), task) for task in items if id_in(task)], next=following)

    def upload(self, name: str, content_type: str, data: bytes) -> None:
        """The wire has none (spec ark 1, 12)."""

    def uploaded(self, reply: Reply) -> str:
        raise unasked(reply)

    def callback(self, headers: Mapping[str, str], body: bytes) -> Report | None:  # noqa: ARG002 -- it signs nothing.
        answer = read_answer(body)
        vendor_id = id_in(answer)
        # A task's state is nothing but these in other wires too; the model's name is in ours at every moment.
        if not vendor_id or not (answer.is_text("status") and answer.is_text("model")):
            return None
        return report_of(vendor_id, answer)


def _path_of(vendor_id: str) -> str:
    return f"{_TASKS}/{path_segment(vendor_id)}"


def _page_after(asked: Call, count: int, total: int | None) -> Call | None:
    """The call for the page after one with so many tasks, of so many in all; None behind the last (spec ark 5).

    A vendor may give smaller pages than were asked for, so only its total says that there is no more.
    """
    number = next((int(value) for name, value in asked.query if name == _PAGE), LAST_PAGE)
    is_last = count < LARGEST_PAGE_SIZE if total is None else number * count >= total
    if is_last or number >= LAST_PAGE:
        return None
    others = tuple(field for field in asked.query if field[0] != _PAGE)
    return replace(asked, query=((_PAGE, str(number + 1)), *others))


def _as_told(request: VideoRequest, vendor_model: str, callback_url: str | None) -> VideoRequest:
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
        at_vendor(without_the_obvious(request), vendor_model, callback_url),
        duration_seconds=seconds,
        timeout_seconds=limit_seconds,
        # The wire has words for these two: any seed, and a last frame, which has no watermark there (spec ark 2.2).
        seed=request.seed,
        last_frame=request.last_frame,
        metadata=None,
        extras=own,
    )
    return without_the_obvious(told)

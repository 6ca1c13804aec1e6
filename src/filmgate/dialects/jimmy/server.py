"""The Jimmy dialect's server half (spec jimmy)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from filmgate import errors
from filmgate.catalogue.model import Offer, PriceRow
from filmgate.dialects.base import Links, Reply
from filmgate.dialects.jimmy import wire
from filmgate.dialects.jimmy.read import as_body, read_create
from filmgate.dialects.phrasing import explain, printable, reply, unix_seconds
from filmgate.dialects.writing import proven
from filmgate.ids import from_short_form, short_form
from filmgate.ledger import Balance
from filmgate.money import as_number
from filmgate.task import Status, Task
from filmgate.video import VideoRequest

ID_PREFIX = "vid_"

SuccessCode = Literal["20000", "number", "zero"]
_SUCCESS_CODES: dict[SuccessCode, int | str] = {"20000": "20000", "number": 20000, "zero": 0}

_UNAUTHENTICATED: Literal[20001] = 20001
_INVALID: Literal[20002] = 20002
_OTHER: Literal[-1] = -1
_ErrorCode = Literal[20001, 20002, -1]

# How the neutral fields are called here.
_WORDS = {"duration_seconds": "duration", "audio": "generate_audio", "media": "images"}

# Only these four words: one known client gives up at any other (spec jimmy 16).
_STATUS: dict[Status, wire.Status] = {
    "queued": "queued",
    "running": "processing",
    "saving": "processing",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "failed",
    "expired": "failed",
}


class JimmyServer:
    """Speaks Jimmy to customers. The contract of the shared methods is ``base.ServerDialect``."""

    name = "jimmy"
    title = "Jimmy AI OpenAPI"
    # Media come as links only (spec jimmy 4.9), so a body is a prompt and a few links.
    body_limit_bytes = 1 << 20
    # The order is accepted and then fails (spec jimmy 4.12).
    checks_media_at_create = False
    # Orders have no webhook of their own here; the account\'s endpoints are told in the native form.
    webhook_events: frozenset[Status] = frozenset()
    hex_signature = False

    def __init__(self, *, success_code: SuccessCode = "number") -> None:
        """
        Args:
            success_code: the form of 20000 in answers; the vendor's own pages disagree (spec jimmy 2.2).
        """
        self._success_code = _SUCCESS_CODES[success_code]

    @property
    def success_code(self) -> int | str:
        """What ``code`` says in every good answer."""
        return self._success_code

    def read_create(self, body: bytes) -> VideoRequest:
        return read_create(body)

    def write_create(self, request: VideoRequest) -> dict[str, Any]:
        return proven(as_body(request), request, self.read_create)

    def phrase_created(self, task: Task, links: Links) -> Reply:  # noqa: ARG002
        """The accepted order with its price (spec jimmy 4.2)."""
        data = wire.CreatedTask(
            task_id=self.show_id(task.id),
            model=task.request.model,
            created_at=unix_seconds(task.created_at),
            cost=as_number(task.quote.price_micros),
        )
        return reply(wire.CreateAnswer(code=self._success_code, data=data))

    def phrase_task(self, task: Task, links: Links) -> Reply:
        """The order's state (spec jimmy 5).

        No member that looks like a link is there before the film is: some clients take the first one they find
        (spec jimmy 16).
        """
        status = _STATUS[task.status]
        data = wire.TaskState(
            task_id=self.show_id(task.id),
            status=status,
            progress=_progress(task, status),
            model=task.request.model,
            created_at=unix_seconds(task.created_at),
            completed_at=unix_seconds(task.completed_at) if task.completed_at else UNSET,
            result=wire.TaskResult(video_url=links.film(task)) if status == "completed" else UNSET,
            error_message=_error_message(task, status),
            cost=as_number(task.quote.price_micros if task.cost_micros is None else task.cost_micros),
            usage=_usage(task) if status == "completed" else UNSET,
        )
        return reply(wire.TaskAnswer(code=self._success_code, data=data))

    def phrase_user_balance(self, balance: Balance) -> Reply:
        """The account's money (spec jimmy 10)."""
        data = wire.UserBalance(
            balance=as_number(balance.funded),
            used_coin=as_number(balance.used),
            available=as_number(balance.funded - balance.used),
        )
        return reply(wire.UserBalanceAnswer(code=self._success_code, data=data))

    def phrase_key_balance(self, name: str, quota_micros: int, used_micros: int) -> Reply:
        """The key's own quota; 0 is unlimited, and then nothing of it is available (spec jimmy 10)."""
        data = wire.KeyBalance(
            name=name,
            total_quota=as_number(quota_micros),
            used_quota=as_number(used_micros),
            available_quota=as_number(max(quota_micros - used_micros, 0)),
            unlimited=quota_micros == 0,
        )
        return reply(wire.KeyBalanceAnswer(code=self._success_code, data=data))

    def phrase_catalogue(self, offers: Sequence[Offer], search: str | None) -> Reply:
        """The public price list, narrowed to rows that contain ``search`` in any case (spec jimmy 11)."""
        rows = [_price_row(row) for offer in offers for row in offer.price_rows()]
        wanted = (search or "").strip().casefold()
        found = [row for row in rows if wanted in _searchable(row)]
        return reply(wire.CatalogueAnswer(code=self._success_code, data=wire.PriceList(list=found)))

    def phrase_error(self, error: errors.FilmgateError, request_id: str = "") -> Reply:  # noqa: ARG002
        """An envelope with one of three codes; HTTP 200 but for bad HTTP, rate limits and idempotency keys
        that come with another order (spec jimmy 2.1, X23, X24)."""
        code, message = _refusal(error)
        status, headers = 200, {}
        if isinstance(error, errors.BadHttp | errors.KeyReused):
            status = error.status
        elif isinstance(error, errors.RateLimited):
            status, headers = 429, {"Retry-After": str(error.retry_after_seconds)}
        return reply(wire.ErrorAnswer(code=code, msg=printable(message)), status=status, headers=headers)

    def phrase_webhook(self, task: Task, links: Links) -> bytes:
        return self.phrase_task(task, links).body

    def show_id(self, task_id: UUID) -> str:
        return short_form(ID_PREFIX, task_id)

    def read_id(self, text: str) -> UUID | None:
        return from_short_form(ID_PREFIX, text)


def _progress(task: Task, status: wire.Status) -> int:
    """Percent by the table of spec jimmy 5."""
    match status:
        case "queued" | "failed":
            return 0
        case "processing":
            return min(max(task.progress, 1), 99)
        case "completed":
            return 100


def _error_message(task: Task, status: wire.Status) -> str | UnsetType:
    if status == "completed":
        return ""
    if status != "failed":
        return UNSET
    if task.error is None:
        return "the generation failed"
    if task.error.code == "content_rejected":
        # The vendor's word for a refusal by content review (spec jimmy 2.3).
        return f"PROVIDER_MODERATION_ERROR: {task.error.message}".removesuffix(": ")
    return task.error.message


def _usage(task: Task) -> wire.Usage | UnsetType:
    if task.quote.unit != "million_tokens":
        return UNSET
    tokens = int(Decimal(task.quote.units) * 1_000_000)
    return wire.Usage(completion_tokens=tokens, total_tokens=tokens)


def _price_row(row: PriceRow) -> wire.PriceRow:
    return wire.PriceRow(
        model_name=row.billing_name,
        display_name=row.display_name,
        price_mode=row.mode,
        unit_price=as_number(row.unit_price_micros),
        remark=row.remark,
        group=row.group or UNSET,
    )


def _searchable(row: wire.PriceRow) -> str:
    return "\n".join((row.model_name, row.display_name, row.model_type, row.remark)).casefold()


def _refusal(error: errors.FilmgateError) -> tuple[_ErrorCode, str]:
    match error:
        case errors.Unauthenticated():
            return _UNAUTHENTICATED, "invalid api key"
        case errors.RulesBroken() | errors.BadRequest() | errors.MediaError():
            return _INVALID, _explained(error)
        case errors.AddressRefused():
            return _INVALID, "a link leads to an address that is not allowed"
        case errors.InsufficientFunds():
            return _OTHER, f"insufficient balance: {_needed(error)}"
        case errors.QuotaExhausted():
            return _OTHER, f"key quota exhausted: {_needed(error)}"
        case errors.NotFound():
            return _INVALID, "task not found"
        case errors.RateLimited():
            return _OTHER, error.message
        case errors.Refused():
            return _INVALID, error.message
        case errors.Unavailable():
            return _OTHER, "the service is not available right now, please try again"
        case _:
            return _OTHER, "internal error"


def _explained(error: errors.RulesBroken | errors.BadRequest | errors.MediaError) -> str:
    text = explain(error, _WORDS)
    if isinstance(error, errors.RulesBroken) and any(_is_unknown_model(broken) for broken in error.violations):
        # The vendor's words for a model that its handler does not know (spec jimmy 2.3).
        return f"不支持的模型参数: {text}"
    return text


def _is_unknown_model(violation: errors.Violation) -> bool:
    return violation.field == "model" and violation.rule == "unknown"


def _needed(error: errors.InsufficientFunds | errors.QuotaExhausted) -> str:
    needed, available = as_number(error.needed_micros), as_number(error.available_micros)
    return f"{needed} needed, {available} available"

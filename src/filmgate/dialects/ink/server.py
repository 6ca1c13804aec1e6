"""The Ink dialect's server half (spec ink)."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from filmgate import errors
from filmgate.catalogue.model import Offer
from filmgate.dialects.base import Links, Reply
from filmgate.dialects.ink.read import as_body, read_create
from filmgate.dialects.ink.wire import (
    Cancelled,
    Created,
    ErrorAnswer,
    Fault,
    Model,
    ModelList,
    Pricing,
    Status,
    TaskAnswer,
    VideoOutput,
    WebhookBody,
)
from filmgate.dialects.phrasing import explain, printable, reply
from filmgate.dialects.writing import proven
from filmgate.ids import from_short_form, short_form
from filmgate.money import Micros, as_number
from filmgate.task import TERMINAL, Task
from filmgate.task import Status as TaskStatus
from filmgate.video import Resolution, VideoRequest

ID_PREFIX = "req_"

# How the neutral fields are called here.
_WORDS = {
    "duration_seconds": "duration",
    "ratio": "aspectRatio",
    "media": "mediaUrls",
    "webhook_url": "webhookUrl",
}

# Spec ink 4.2. Bringing the film home is still work to the caller, and an order that ran out of time has failed.
_STATUS: dict[TaskStatus, Status] = {
    "queued": "queued",
    "running": "processing",
    "saving": "processing",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "failed",
}

# The codes an order can fail with (spec ink 8); whatever else went wrong is the backend's fault to the caller.
_TASK_CODES = {"content_rejected": "content_rejected", "timeout": "timeout"}

_UNITS: dict[str, Literal["credits_per_second", "credits_per_task", "credits_per_million_tokens"]] = {
    "per_second": "credits_per_second",
    "per_task": "credits_per_task",
    "per_million_tokens": "credits_per_million_tokens",
}


class InkServer:
    """Speaks Ink to customers. The contract of the shared methods is ``base.ServerDialect``."""

    name = "ink"
    title = "Seedance 2.0 Open API"
    # Media come as links only, so a body is text: a prompt, at most 16 KB of metadata and a few links.
    body_limit_bytes = 1 << 20
    checks_media_at_create = True
    # Once the task finishes, however it does (spec ink 10).
    webhook_events: frozenset[TaskStatus] = TERMINAL
    hex_signature = True

    def read_create(self, body: bytes) -> VideoRequest:
        return read_create(body)

    def write_create(self, request: VideoRequest) -> dict[str, Any]:
        return proven(as_body(request), request, self.read_create)

    def phrase_created(self, task: Task, links: Links) -> Reply:  # noqa: ARG002
        """Four members (spec ink 3.4)."""
        return reply(Created(request_id=self.show_id(task.id), credits_charged=as_number(task.quote.price_micros)))

    def phrase_task(self, task: Task, links: Links) -> Reply:
        """Nine members in every state (spec ink 4.1)."""
        return reply(TaskAnswer(**self._members(task, links)))

    def phrase_webhook(self, task: Task, links: Links) -> bytes:
        """The same, with the order's metadata and what it was charged in the end (spec ink 10)."""
        charged = task.quote.price_micros if task.cost_micros is None else task.cost_micros
        return reply(
            WebhookBody(
                **self._members(task, links), metadata=task.request.metadata, credits_charged=as_number(charged)
            )
        ).body

    def _members(self, task: Task, links: Links) -> dict[str, Any]:
        status = _STATUS[task.status]
        request = task.request
        return {
            "request_id": self.show_id(task.id),
            "status": status,
            "model": request.model,
            "prompt": request.prompt,
            "duration": 5 if request.duration_seconds is None else request.duration_seconds,
            "aspect_ratio": request.ratio or "16:9",
            "output": VideoOutput(url=links.film(task)) if status == "succeeded" else None,
            "error": _task_fault(task) if status == "failed" else None,
        }

    def phrase_cancelled(self, task: Task) -> Reply:
        """The answer to a cancel, also to a second one (spec ink 5)."""
        return reply(Cancelled(request_id=self.show_id(task.id)))

    def phrase_models(self, offers: Sequence[Offer]) -> Reply:
        """The models endpoint (spec ink 6)."""
        return reply(ModelList(data=[_model(offer) for offer in offers]))

    def phrase_error(self, error: errors.FilmgateError, request_id: str = "") -> Reply:  # noqa: ARG002
        """The table of spec ink 8."""
        status, code, message = _refusal(error)
        headers = {}
        if isinstance(error, errors.RateLimited):
            headers["Retry-After"] = str(error.retry_after_seconds)
        answer = ErrorAnswer(error=Fault(code=code, message=printable(message)))
        return reply(answer, status=status, headers=headers)

    def show_id(self, task_id: UUID) -> str:
        return short_form(ID_PREFIX, task_id)

    def read_id(self, text: str) -> UUID | None:
        return from_short_form(ID_PREFIX, text)


def _task_fault(task: Task) -> Fault:
    if task.error is None:
        return Fault(code="provider_error", message="the generation failed")
    return Fault(code=_TASK_CODES.get(task.error.code, "provider_error"), message=task.error.message)


def _model(offer: Offer) -> Model:
    return Model(
        id=offer.id,
        name=offer.display_name,
        durations=list(offer.durations),
        aspect_ratios=list(offer.ratios),
        resolutions=list(offer.resolutions),
        max_media_urls=offer.max_media,
        pricing=Pricing(
            unit=_UNITS[offer.price.mode],
            text_to_video=_credits(offer.unit_prices(with_media=False)),
            media_to_video=_credits(offer.unit_prices(with_media=True)),
        ),
    )


def _credits(prices: Mapping[Resolution, Micros]) -> dict[str, float]:
    return {resolution: as_number(micros) for resolution, micros in prices.items()}


def _refusal(error: errors.FilmgateError) -> tuple[int, str, str]:
    """HTTP status, code and message."""
    match error:
        case errors.Unauthenticated():
            return 401, "unauthorized", "Invalid API key"
        case errors.RulesBroken() | errors.BadRequest() | errors.MediaError():
            return 400, "invalid_request", explain(error, _WORDS)
        case errors.AddressRefused():
            return 400, "invalid_request", "a link leads to an address that is not allowed"
        case errors.InsufficientFunds() | errors.QuotaExhausted():
            return 402, "insufficient_credits", _too_little(error)
        case errors.NotFound() | errors.NoSuchAddress() | errors.NoSuchMethod():
            return error.status, "not_found", error.message
        case errors.WrongState():
            return 409, "invalid_state", error.message
        case errors.KeyReused():
            return 409, "idempotency_key_reused", error.message
        case errors.BodyTooLarge():
            return 413, "payload_too_large", error.message
        case errors.RateLimited():
            return 429, "rate_limited", error.message
        case errors.Refused():
            return error.status, "invalid_request", error.message
        case errors.Unavailable():
            return 503, "internal_error", "the service is not available right now, please try again"
        case _:
            return 500, "internal_error", "an unexpected error happened"


def _too_little(error: errors.InsufficientFunds | errors.QuotaExhausted) -> str:
    needed, available = as_number(error.needed_micros), as_number(error.available_micros)
    return f"{error.message}: it costs {needed} credits and {available} are left"

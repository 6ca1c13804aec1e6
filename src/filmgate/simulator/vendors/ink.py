"""Ink as a vendor: cancels and callbacks, no list; what is too much is refused (spec ink 2, 5, 8, 10)."""

import hashlib
import hmac

from filmgate.dialects.ink import InkServer
from filmgate.errors import WrongState
from filmgate.simulator import orders
from filmgate.simulator.call import Answer, Call
from filmgate.simulator.job import seen
from filmgate.simulator.studio import Door, Studio, Vendor, named_size
from filmgate.simulator.telling import task_of
from filmgate.task import TERMINAL

_BASE = "/api/open/v1"


def build_ink() -> Vendor:
    """The vendor."""
    dialect = InkServer()

    async def create(studio: Studio, call: Call) -> Answer:
        return await orders.create(studio, call, dialect.read_create(await call.body(dialect.body_limit_bytes)))

    async def cancel(studio: Studio, call: Call) -> Answer:
        job = orders.known(studio, call.id)
        await orders.slowly(studio, job)
        sight = seen(job, studio.clock())
        if sight.status not in TERMINAL:
            orders.cancel(studio, job)
        elif sight.status != "cancelled":
            raise WrongState(f"the task is {sight.status} and cannot be cancelled")
        return dialect.phrase_cancelled(task_of(studio, job, sight))

    async def models(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
        return dialect.phrase_models(studio.catalogue.sold_in(dialect.name))

    return Vendor(
        dialect=dialect,
        base_path="",
        waits_for_room=False,
        link_at=("output", "url"),
        size_of=named_size,
        sign=sign,
        doors=(
            Door("POST", f"{_BASE}/video/generations", "create", create),
            Door("GET", f"{_BASE}/video/generations/{{id}}", "query", orders.query),
            Door("POST", f"{_BASE}/video/generations/{{id}}/cancel", "cancel", cancel),
            Door("GET", f"{_BASE}/models", "models", models, "optional"),
        ),
    )


def sign(secret: str | None, event_id: str, unix_seconds: int, body: bytes) -> dict[str, str]:
    """The headers of a callback; without a secret there is no signature (spec ink 10)."""
    headers = {"X-Webhook-Id": event_id, "X-Webhook-Timestamp": str(unix_seconds)}
    if secret is not None:
        digest = hmac.new(secret.encode(), f"{unix_seconds}.".encode() + body, hashlib.sha256).hexdigest()
        headers["X-Webhook-Signature"] = f"sha256={digest}"
    return headers

"""Doors for whoever runs this: is the process alive, can it do its work."""

import asyncio
from collections.abc import Awaitable
from typing import Literal

import msgspec
import structlog
from litestar.types import Send

from filmgate.api.answers import JSON_TYPE, send_bytes
from filmgate.api.calls import Call
from filmgate.api.services import Services

_PATIENCE_SECONDS = 3.0
_FRESH = ((b"cache-control", b"no-store"),)

_log = structlog.get_logger(__name__)


class Health(msgspec.Struct, frozen=True):
    """The answer of ``/healthz``."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``/readyz``: each part that every request needs, and whether it answers."""

    status: Literal["ok", "unavailable"]
    database: Literal["ok", "unavailable"]
    objects: Literal["ok", "unavailable"]


async def healthz(call: Call, send: Send) -> None:
    """The process is alive and its event loop turns. Says nothing about what it depends on."""
    await send_bytes(call.scope, send, 200, msgspec.json.encode(Health()), JSON_TYPE, _FRESH)


async def readyz(services: Services, call: Call, send: Send) -> None:
    """The database and the object store answer; 503 and which of them does not, otherwise."""
    database, objects = await asyncio.gather(
        _answers("database", services.db.ping()), _answers("objects", services.objects.ping())
    )
    ready = Readiness(
        status="ok" if database and objects else "unavailable",
        database="ok" if database else "unavailable",
        objects="ok" if objects else "unavailable",
    )
    await send_bytes(
        call.scope, send, 200 if ready.status == "ok" else 503, msgspec.json.encode(ready), JSON_TYPE, _FRESH
    )


async def _answers(part: str, ping: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(ping, _PATIENCE_SECONDS)
    except Exception as exc:  # Whatever is wrong with it, it does not answer; that is the whole question.
        _log.warning("not_ready", part=part, error=type(exc).__name__, reason=str(exc))
        return False
    return True
